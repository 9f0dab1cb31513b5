/** `npm start`: builds what is stale, then runs the demo. Arguments go to it: `npm start -- --exit`. */
import { buildIfStale } from './build-if-stale.mjs'

const problem = await buildIfStale({ page: !process.argv.includes('--exit') })
if (problem) {
  console.error(`npm start: ${problem}`)
  process.exitCode = 2
} else {
  const { run } = await import(new URL('../dist/src/cli/program.js', import.meta.url).href)
  const { nodeIo } = await import(new URL('../dist/src/cli/node-io.js', import.meta.url).href)
  process.exitCode = await run(
    ['demo', ...process.argv.slice(2)],
    nodeIo(process, 'node dist/src/cli/main.js'),
  )
}
