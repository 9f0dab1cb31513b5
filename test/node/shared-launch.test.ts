/** Applications that `sipactor serve` starts for requests, with real processes and sockets: rows D10 and D15. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstValueFrom } from 'rxjs'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createSip } from '../../src/index.ts'
import { node } from '../../src/node/index.ts'
import { attachSip, readApplications, serverStatus } from '../../src/shared/index.ts'
import { fails, record, refused } from '../api/support.ts'
import { buildProgram } from './support/build.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = `${root}dist/src/cli/main.js`
const launched = fileURLToPath(new URL('support/launched.mjs', import.meta.url))

let folder = ''
const children: ChildProcess[] = []

beforeAll(buildProgram, 120_000)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipactor-launch-'))
  chmodSync(folder, 0o700)
})

afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = new Promise(resolve => child.on('close', resolve))
    if (child.exitCode === null && child.kill('SIGKILL')) await ended
  }
  rmSync(folder, { recursive: true, force: true })
})

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const udp = createSocket('udp4')
    udp.bind(0, '127.0.0.1', () => {
      const { port } = udp.address()
      udp.close(() => resolve(port))
    })
  })

const until = async (done: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  const end = Date.now() + 15_000
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`in vain waited for: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** The program, with these applications; and a peer of its. */
const serving = async (applications: object) => {
  const file = join(folder, 'applications.json')
  writeFileSync(file, JSON.stringify(applications))
  const socket = join(folder, 's')
  const port = await freePort()
  const args = ['serve', '--socket', socket, '--listen', `127.0.0.1:${port}`, '--applications', file]
  children.push(spawn(process.execPath, [main, ...args], { cwd: root, stdio: 'ignore' }))
  const isListening = async (): Promise<boolean> => {
    const { connections } = await serverStatus({ socket })
    return connections.some(({ state }) => state === 'active')
  }
  await until(() => isListening().catch(() => false), 'the server')
  const sip = createSip({ platform: node({ host: '127.0.0.1' }) })
  const connection = sip.connect()
  await connection.active()
  return { sip, connection, socket, uri: `sip:alice@127.0.0.1:${port}` }
}

it('D10: the application whose document takes a request is started, and gets what it was started for', async () => {
  const started = (client: string) => ({ command: process.execPath, args: [launched, client] })
  const { sip, connection, uri } = await serving({
    calls: { capabilities: { methods: ['INVITE'] }, ...started('calls') },
    messages: { capabilities: { methods: ['MESSAGE'] }, ...started('messages') },
  })
  const message = connection.request({ method: 'MESSAGE', uri })
  expect((await firstValueFrom(message.responses$)).status).toBe(202)
  const error = await fails('rejected', connection.invite(uri, { offer: 'none' }).established())
  expect(error.status).toBe(603)
  await sip.close()
}, 60_000)

it('B13: OPTIONS says what the applications have said, when they attach and later', async () => {
  const { sip, connection, socket, uri } = await serving({})
  const allowed = async () => {
    const { responses$ } = connection.request({ method: 'OPTIONS', uri })
    return (await firstValueFrom(responses$)).header('allow-events')
  }
  const wrong = { media: [{ media: 'audio', codecs: ['opus'] }] }
  const error = await fails(
    'argument',
    attachSip({ clientId: 'app', socket, start: false, capabilities: wrong }),
  )
  expect(error.message).toContain('capabilities.media[0].codecs[0]')
  const app = await attachSip({
    clientId: 'app',
    socket,
    start: false,
    capabilities: { events: ['presence'] },
  })
  expect(await allowed()).toBe('presence')
  refused('argument', () => app.announce({ priority: 0.5 }))
  app.announce({ events: ['dialog'] })
  await app.serverStatus()
  expect(await allowed()).toBe('dialog')
  await app.close()
  refused('not-ready', () => app.announce({}))
  await until(async () => (await allowed()) === undefined, 'nobody says anything')
  await sip.close()
}, 60_000)

it('D15: a call is taken back while its application is started: 200 and 487, and nobody is told', async () => {
  const mark = join(folder, 'started')
  const code = `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); setTimeout(() => {}, 2000)`
  const { sip, connection, uri } = await serving({
    slow: { command: process.execPath, args: ['-e', code] },
    other: { capabilities: { methods: ['MESSAGE'] }, command: join(folder, 'there-is-no-such-program') },
  })
  const call = connection.invite(uri, { offer: 'none' })
  const states = record(call.state$)
  const answers: string[] = []
  sip.trace$.subscribe(frame => {
    if (frame.kind !== 'message' || frame.message.kind !== 'response') return
    answers.push(`${frame.message.status} ${frame.message.cseq.method}`)
  })
  await until(() => existsSync(mark), 'the application')
  call.cancel()
  await until(() => states.complete, 'the end of the call')
  expect(states.values.at(-1)).toMatchObject({ is: 'terminated' })
  expect(answers).toEqual(expect.arrayContaining(['200 CANCEL', '487 INVITE']))
  expect(answers).not.toContain('480 INVITE')
  await sip.close()
}, 60_000)

it('a program that cannot be started, or fails, draws 480', async () => {
  const { sip, connection, uri } = await serving({
    absent: { capabilities: { methods: ['MESSAGE'] }, command: join(folder, 'there-is-no-such-program') },
    failing: {
      capabilities: { methods: ['INVITE'] },
      command: process.execPath,
      args: ['-e', 'process.exit(3)'],
    },
  })
  const message = connection.request({ method: 'MESSAGE', uri })
  expect((await firstValueFrom(message.errors$)).status).toBe(480)
  const error = await fails('rejected', connection.invite(uri, { offer: 'none' }).established())
  expect(error.status).toBe(480)
  await sip.close()
}, 60_000)

it('a file of applications that makes no sense is refused with argument, saying whose', () => {
  for (const [text, says] of [
    ['{', 'not JSON'],
    ['[]', 'not an object'],
    ['{ "a": [] }', 'the application a: it is no object'],
    ['{ "a": { "program": "x" } }', 'it has no program'],
    ['{ "a": { "args": ["x"] } }', 'args and no command'],
    ['{ "a": { "command": "" } }', 'command'],
    ['{ "a": { "command": "x", "args": [1] } }', 'args'],
    ['{ "a": { "capabilities": { "priority": "x" } } }', 'the capabilities of a.priority'],
    ['{ "": {} }', 'the name of an application'],
  ] as const)
    expect(refused('argument', () => readApplications(text)).message).toContain(says)
})
