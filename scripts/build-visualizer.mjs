/** Builds the page of the inspector into dist/visualizer: by itself always, `buildPageIfStale` when it is missing or older. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'visualizer')
const product = join(root, 'dist', 'visualizer', 'index.html')
/** What the page is made of. */
const sources = [
  ...['src', 'layouts', 'public', 'index.html', 'vite.config.ts'].map(name => join(folder, name)),
  ...['src/inspect', 'src/message', 'src/rules', 'machines'].map(name => join(root, name)),
]

const latest = path => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0
  return Math.max(0, ...readdirSync(path).map(name => latest(join(path, name))))
}

const isStale = () => !existsSync(product) || Math.max(...sources.map(latest)) > statSync(product).mtimeMs

/** Throws what the build says. */
export const buildPage = async () => {
  const { build } = await import('vite')
  await build({
    configFile: join(folder, 'vite.config.ts'),
    root: folder,
    logLevel: 'warn',
    build: { sourcemap: false },
  })
  if (!existsSync(product)) throw new Error(`the build of the page has made no ${product}`)
}

/** Returns what went wrong, or `undefined`. */
export const buildPageIfStale = async () => {
  if (!existsSync(join(folder, 'index.html')) || !isStale()) return undefined
  process.stderr.write('building the page of the inspector …\n')
  try {
    await buildPage()
    return undefined
  } catch (error) {
    return `the build of the page failed: ${error.message}`
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage()
