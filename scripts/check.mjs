/**
 * `npm run check`: types, lint, format and the shape of the package. Every step runs, also after one that failed; each
 * ends in one line with its time and result. Exit status 1 when any failed.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = name => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)

/** Name, command and arguments. The first builds `dist`, which those that pack the package need. */
const steps = [
  ['types of the package', 'tsc', '-b'],
  ['types of the tests', 'tsc', '-p', 'tsconfig.test.json', '--noEmit'],
  ['types of the page', 'tsc', '-p', 'visualizer/tsconfig.json', '--noEmit'],
  ['types of the page and its tests', 'tsc', '-p', 'visualizer/tsconfig.test.json', '--noEmit'],
  ['biome: lint and format', 'biome', 'check', '--assist-enabled=false', '--error-on-warnings'],
  ['oxlint: type-aware lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['publint: package.json', 'publint', '--strict'],
  // ESM only: CommonJS gets it by require(esm), of which the old resolution rules know nothing.
  [
    'attw: types of the packed files',
    'attw',
    '--pack',
    '.',
    '--profile',
    'node16',
    '--ignore-rules',
    'cjs-resolves-to-esm',
  ],
]

/** Runs a program with its output shown only if it fails. */
const run = (command, args) =>
  new Promise(done => {
    const output = []
    const child = spawn(bin(command), args, {
      cwd: root,
      // What these pack is what the first step built: no `prepack`.
      env: { ...process.env, npm_config_ignore_scripts: 'true' },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    child.stdout.on('data', bytes => output.push(bytes))
    child.stderr.on('data', bytes => output.push(bytes))
    child.on('error', error => done({ passed: false, text: error.message }))
    child.on('close', code => done({ passed: code === 0, text: Buffer.concat(output).toString() }))
  })

let failed = 0
for (const [name, command, ...args] of steps) {
  const began = performance.now()
  const { passed, text } = await run(command, args)
  if (!passed) {
    failed += 1
    process.stdout.write(text.endsWith('\n') ? text : text + '\n')
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`)
}
console.log(`check: ${steps.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
