/**
 * What npm would publish, as a user gets it: packed, installed into an empty folder, and every entry of `exports` taken
 * by `import`, by `require` and by the type checker. One line for each check; their number goes into the file named by
 * the first argument, as `passed failed`. Needs a build.
 */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entries = Object.keys(exports)
  .filter(entry => !entry.endsWith('.json'))
  .map(entry => name + entry.slice(1))
const folder = mkdtempSync(join(tmpdir(), `${name}-package-`))
const consumer = join(folder, 'consumer')

const run = (command, args, cwd) =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })

/** A program of a user that touches every entry, with what it has to be. */
const program = `import assert from 'node:assert/strict'
import { createSip, isSipError } from '${name}'
import { browser } from '${name}/browser'
import { TraceModel } from '${name}/inspect'
import { serveInspector } from '${name}/inspect/node'
import * as machines from '${name}/machines'
import { parse } from '${name}/message'
import { node } from '${name}/node'
import * as testing from '${name}/testing'

const sip = createSip({ platform: node({ host: '127.0.0.1' }) })
const inspector = await serveInspector(sip)
const page = await fetch(inspector.url)
assert.equal(page.status, 200)
const assets = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path)
assert.ok(assets.some(path => path.endsWith('.js')) && assets.every(path => path.startsWith('./')))
for (const path of assets) assert.equal((await fetch(new URL(path, inspector.url))).status, 200, path)
assert.equal((await fetch(new URL('/', inspector.url))).status, 404)
await inspector.close()
assert.equal(new TraceModel().last, 0)
const connection = sip.connect({ transports: ['UDP'] })
await connection.active()
const options = connection.request({ method: 'OPTIONS', uri: \`sip:127.0.0.1:\${connection.addresses[0]?.port}\` })
const response = await options.response()
assert.equal(response.status, 200)
await sip.close()
try {
  sip.connect()
  assert.fail('a closed Sip connects')
} catch (error) {
  assert.ok(isSipError(error))
}
assert.throws(() => browser({ url: 'https://example.com' }), isSipError)
assert.equal(parse(new Uint8Array()).kind, 'malformed')
assert.ok(Object.keys(machines).length > 0 && Object.keys(testing).length > 0)
`

const typed = `import { createSip, type Call, type Connection, isSipError, type RegistrationState } from '${name}'
import { browser } from '${name}/browser'
import * as machines from '${name}/machines'
import { parse, type SipMessage } from '${name}/message'
import { node } from '${name}/node'
import * as testing from '${name}/testing'

const connection: Connection = createSip({ platform: node() }).connect({ transports: ['UDP', 'TCP'] })
const registration = connection.register({
  aor: 'sip:alice@example.com',
  credentials: { username: 'alice', password: 's3cret' },
})
registration.state$.subscribe((state: RegistrationState) => {
  if (state.is === 'registered') {
    const granted: number = state.granted
    void granted
  }
})
export const call = async (offer: string): Promise<Call> => {
  const made = connection.invite('sip:bob@example.com', { offer, from: registration })
  try {
    await made.established()
  } catch (error) {
    if (isSipError(error) && error.code === 'rejected') void error.status
  }
  return made
}
export const read = (bytes: Uint8Array): SipMessage | undefined => {
  const message = parse(bytes)
  return message.kind === 'malformed' ? undefined : message
}
export const all: readonly object[] = [machines, testing, browser({ url: 'wss://edge.example.com/sip' })]
// @ts-expect-error the types are there: a connection has no such option
connection.invite('sip:bob@example.com', { nonsense: true })
`

const typeCheck = (module, moduleResolution, more = {}) => {
  const config = {
    compilerOptions: {
      module,
      moduleResolution,
      target: 'ES2023',
      lib: ['ES2023', 'DOM'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      ...more,
    },
    files: ['consumer.ts'],
  }
  const file = join(consumer, 'tsconfig.json')
  writeFileSync(file, JSON.stringify(config))
  writeFileSync(join(consumer, 'consumer.ts'), typed)
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', file], consumer)
}

/** The declarations themselves too; those of XState do not hold under exactOptionalPropertyTypes. */
const declarations = {
  skipLibCheck: false,
  exactOptionalPropertyTypes: false,
  types: ['node'],
  typeRoots: [join(root, 'node_modules', '@types')],
}

const checks = [
  [
    'the tarball installs into an empty folder',
    () => {
      run('npm', ['pack', '--pack-destination', folder, '--loglevel', 'error'], root)
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
      mkdirSync(consumer)
      writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n')
      const tarball = join(folder, `${name}-${version}.tgz`)
      console.log(`        ${(statSync(tarball).size / 1e6).toFixed(2)} MB packed`)
      run('npm', ['install', tarball, '--no-audit', '--no-fund', '--loglevel', 'error'], consumer)
    },
  ],
  [
    'a clone without the page is packed with it',
    () => {
      const clone = join(folder, 'clone')
      const left = new Set(
        ['node_modules', '.git', 'coverage', join('dist', 'visualizer')].map(path => join(root, path)),
      )
      cpSync(root, clone, { recursive: true, preserveTimestamps: true, filter: path => !left.has(path) })
      symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'), 'junction')
      const [packed] = JSON.parse(run('npm', ['pack', '--dry-run', '--json', '--loglevel', 'error'], clone))
      if (!packed.files.some(({ path }) => path === 'dist/visualizer/index.html'))
        throw new Error('there is no page')
    },
  ],
  [
    'the page of the inspector is there, without source maps',
    () => {
      const page = join(consumer, 'node_modules', name, 'dist', 'visualizer')
      const files = readdirSync(page, { recursive: true })
      if (!files.includes('index.html')) throw new Error(`no index.html among ${files}`)
      const maps = files.filter(file => file.endsWith('.map'))
      if (maps.length > 0) throw new Error(`source maps: ${maps}`)
    },
  ],
  ...entries.flatMap(entry => [
    [
      `import('${entry}')`,
      () => {
        const source = `if (Object.keys(await import('${entry}')).length === 0) throw new Error('empty')`
        run(process.execPath, ['--input-type=module', '-e', source], consumer)
      },
    ],
    [
      `require('${entry}')`,
      () => {
        const source = `if (Object.keys(require('${entry}')).length === 0) throw new Error('empty')`
        run(process.execPath, ['--input-type=commonjs', '-e', source], consumer)
      },
    ],
  ]),
  [
    'a program over all entries runs',
    () => {
      writeFileSync(join(consumer, 'program.mjs'), program)
      run(process.execPath, ['program.mjs'], consumer)
    },
  ],
  ['types under moduleResolution nodenext', () => typeCheck('NodeNext', 'NodeNext')],
  ['types under moduleResolution bundler', () => typeCheck('ESNext', 'Bundler')],
  ['types with every declaration checked', () => typeCheck('NodeNext', 'NodeNext', declarations)],
]

let [passed, failed] = [0, 0]
for (const [what, check] of checks) {
  try {
    check()
    passed += 1
    console.log(`ok      package: ${what}`)
  } catch (error) {
    failed += 1
    console.log(`${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message)
    console.log(`FAILED  package: ${what}`)
  }
}
rmSync(folder, { recursive: true, force: true })
if (process.argv[2]) writeFileSync(process.argv[2], `${passed} ${failed}\n`)
process.exitCode = failed === 0 ? 0 : 1
