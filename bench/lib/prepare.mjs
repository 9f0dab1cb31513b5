/** Before a bench: the package built, the packages compared installed. Both say so, and only when there is work. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bench = join(root, 'bench')

/** The latest change below a folder. */
const latest = folder =>
  readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(folder, entry.name)
    return Math.max(newest, entry.isDirectory() ? latest(path) : statSync(path).mtimeMs)
  }, 0)

const isStale = () => {
  const stamps = ['core', 'node'].map(name => join(root, 'dist', `${name}.tsbuildinfo`))
  if (!stamps.every(path => existsSync(path))) return true
  const built = Math.min(...stamps.map(path => statSync(path).mtimeMs))
  return Math.max(latest(join(root, 'src')), latest(join(root, 'machines'))) > built
}

const build = () => {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(compiler)) {
    console.error('bench: the dependencies are not installed; run `npm ci` first')
    return false
  }
  console.error('building …')
  return spawnSync(process.execPath, [compiler, '-b'], { cwd: root, stdio: ['ignore', 2, 2] }).status === 0
}

const isInstalled = () => {
  const marker = join(bench, 'node_modules', '.package-lock.json')
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(bench, 'package-lock.json')).mtimeMs
}

const install = () => {
  console.error('installing the packages to compare with: npm ci in bench/ …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  return (
    spawnSync(npm, ['ci', '--no-audit', '--no-fund'], {
      cwd: bench,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    }).status === 0
  )
}

/** True when everything is there. What failed has been told. */
export const prepare = () => (!isStale() || build()) && (isInstalled() || install())
