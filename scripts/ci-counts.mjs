/** Reads the JSON report of vitest and prints `passed failed skipped`. A run that broke off counts as one failure more. */
import { readFileSync } from 'node:fs'

let counts = [0, 1, 0]
try {
  const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success } = report
  const broken = !success && numFailedTests === 0 ? 1 : 0
  counts = [numPassedTests, numFailedTests + broken, numPendingTests + numTodoTests]
} catch (error) {
  console.error(`no report of the tests: ${error.message}`)
}
console.log(counts.join(' '))
