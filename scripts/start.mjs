/** `npm start`: builds what is stale, then runs the demo. Arguments go to it: `npm start -- --exit`. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const main = join(root, 'dist', 'src', 'cli', 'main.js')
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

const fail = text => {
  console.error(`npm start: ${text}`)
  process.exit(2)
}

/** The latest change below a folder. */
const latest = folder =>
  readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(folder, entry.name)
    return Math.max(newest, entry.isDirectory() ? latest(path) : statSync(path).mtimeMs)
  }, 0)

const stamps = ['core', 'node'].map(name => join(root, 'dist', `${name}.tsbuildinfo`))
const built = [main, ...stamps].every(path => existsSync(path))
const sources = ['src', 'machines'].map(name => latest(join(root, name)))
const stale = !built || Math.max(...sources) > Math.min(...stamps.map(path => statSync(path).mtimeMs))

if (stale) {
  if (!existsSync(compiler)) fail('the dependencies are not installed; run `npm ci` first')
  process.stderr.write('building …\n')
  const { status } = spawnSync(process.execPath, [compiler, '-b'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) fail('the build failed, see above')
}

const { run } = await import(new URL('../dist/src/cli/program.js', import.meta.url).href)
const { nodeIo } = await import(new URL('../dist/src/cli/node-io.js', import.meta.url).href)
process.exitCode = await run(['demo', ...process.argv.slice(2)], nodeIo(process))
