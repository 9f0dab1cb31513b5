/**
 * Compiles the sources into dist and builds the page of the inspector, when they are missing or older. By itself it is the
 * `prepack` of the package: without any of it nothing is packed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPageIfStale } from './build-visualizer.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const products = [
  join(root, 'dist', 'src', 'cli', 'main.js'),
  join(root, 'dist', 'core.tsbuildinfo'),
  join(root, 'dist', 'node.tsbuildinfo'),
]

/** The latest change below a folder. */
const latest = folder =>
  readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(folder, entry.name)
    return Math.max(newest, entry.isDirectory() ? latest(path) : statSync(path).mtimeMs)
  }, 0)

const isStale = () => {
  if (!products.every(path => existsSync(path))) return true
  const built = Math.min(...products.slice(1).map(path => statSync(path).mtimeMs))
  return Math.max(...['src', 'machines'].map(name => latest(join(root, name)))) > built
}

/** The compiler's part: returns what went wrong, or `undefined`. */
const compileIfStale = () => {
  if (!isStale()) return undefined
  if (!existsSync(compiler)) return 'the dependencies are not installed; run `npm ci` first'
  process.stderr.write('building what is new; the first time takes up to half a minute …\n')
  const { status } = spawnSync(process.execPath, [compiler, '-b'], { cwd: root, stdio: ['ignore', 2, 2] })
  return status === 0 ? undefined : 'the build failed, see above'
}

/**
 * Resolves with what went wrong, or `undefined`. Without its page everything else works, so that is only said; `page` false:
 * nobody is going to look at it.
 */
export const buildIfStale = async ({ page = true } = {}) => {
  const problem = compileIfStale()
  if (problem || !page) return problem
  const without = await buildPageIfStale()
  if (without) console.error(without)
  return undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = compileIfStale() ?? (await buildPageIfStale())
  if (problem) {
    console.error(problem)
    process.exitCode = 1
  }
}
