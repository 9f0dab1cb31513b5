/**
 * `npm run visualize`: the inspector of the demo's engines, live; `npm run visualize -- --file trace.jsonl`: of a trace.
 */
import { buildIfStale } from './build-if-stale.mjs'

const problem = await buildIfStale()
if (problem) {
  console.error(`npm run visualize: ${problem}`)
  process.exitCode = 2
} else {
  const { run } = await import(new URL('../dist/src/cli/program.js', import.meta.url).href)
  const { nodeIo } = await import(new URL('../dist/src/cli/node-io.js', import.meta.url).href)
  const args = process.argv.slice(2)
  const command = args.some(arg => arg === '--file' || arg.startsWith('--file=')) ? 'inspect' : 'demo'
  process.exitCode = await run([command, ...args], nodeIo(process, 'node dist/src/cli/main.js'))
}
