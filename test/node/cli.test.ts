/** The program and the examples as processes, on real sockets of 127.0.0.1. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { node } from '../../src/node/index.ts'
import { testRegistrar } from '../../src/testing/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = `${root}dist/src/cli/main.js`
const running: ChildProcess[] = []
const closing: (() => void)[] = []

interface Started {
  readonly process: ChildProcess
  readonly out: () => string
  readonly err: () => string
  readonly status: Promise<number | null>
  /** Settles when its output matches. */
  seen(pattern: RegExp): Promise<RegExpMatchArray>
}

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Started => {
  const inherited = { PATH: process.env.PATH ?? '', NO_COLOR: '1' }
  const child = spawn(process.execPath, args, { cwd: root, env: { ...inherited, ...env } })
  running.push(child)
  let [out, err] = ['', '']
  let look = (): void => undefined
  child.stdout.on('data', piece => {
    out += String(piece)
    look()
  })
  child.stderr.on('data', piece => (err += String(piece)))
  const status = new Promise<number | null>(resolve => child.on('close', resolve))
  return {
    process: child,
    out: () => out,
    err: () => err,
    status,
    seen: pattern =>
      new Promise((resolve, reject) => {
        look = () => {
          const match = out.match(pattern)
          if (match) resolve(match)
        }
        look()
        void status.then(() => reject(new Error(`it ended without ${pattern}: ${out}${err}`)))
      }),
  }
}

const cli = (args: readonly string[], env?: Readonly<Record<string, string>>): Started =>
  start([main, ...args], env)

beforeAll(async () => {
  const build = start([
    '--input-type=module',
    '-e',
    'import { buildIfStale } from "./scripts/build-if-stale.mjs"; process.exitCode = (await buildIfStale()) ? 1 : 0',
  ])
  expect(await build.status, build.err()).toBe(0)
}, 120_000)

afterEach(async () => {
  for (const close of closing.splice(0)) close()
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

describe('the program', () => {
  it('npm start -- --exit shows every step succeed on real sockets and ends by itself: status 0', async () => {
    const demo = start(['scripts/start.mjs', '--exit'])
    expect(await demo.status, demo.out() + demo.err()).toBe(0)
    expect(demo.out()).toContain('8 of 8 steps seen to succeed at both ends')
    expect(demo.out()).toMatch(/├─ 1 · SDP ─+▶│/)
    expect(demo.out()).not.toContain('\x1b[')
  })

  it('listens, is called and told something over UDP and TCP, and ends at Ctrl-C: status 0', async () => {
    const listener = cli(['listen', '--host', '127.0.0.1', '--port', '0'])
    const [, port] = await listener.seen(/udp 127\.0\.0\.1:(\d+)/)
    await listener.seen(/tcp 127\.0\.0\.1:\d+/)
    const call = cli(['call', `sip:bob@127.0.0.1:${port}`, '--duration', '1', '--trace'])
    expect(await call.status, call.err()).toBe(0)
    expect(call.out()).toMatch(/├─ 2 ─+▶│/)
    const text = cli([
      'message',
      `sip:bob@127.0.0.1:${port};transport=tcp`,
      'hello',
      '--from',
      'alice@example.com',
    ])
    expect(await text.status, text.err()).toBe(0)
    await listener.seen(/<sip:alice@example\.com>: hello/)
    listener.process.kill('SIGINT')
    expect(await listener.status).toBe(0)
    expect(listener.out()).toMatch(/terminated: bye by remote/)
  })

  it('notifies from a file, again when another takes its place; whoever subscribes is told, and unsubscribes at Ctrl-C', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sipactor-cli-'))
    closing.push(() => rmSync(folder, { recursive: true, force: true }))
    const [file, next] = [join(folder, 'mailbox.txt'), join(folder, 'next.txt')]
    writeFileSync(file, 'Messages-Waiting: no\r\n')
    const at = ['--host', '127.0.0.1', '--port', '0']
    const server = cli(['notify', '--event', 'message-summary', '--body', file, ...at])
    const [, port] = await server.seen(/udp 127\.0\.0\.1:(\d+)/)
    const client = cli(['subscribe', `sip:bob@127.0.0.1:${port};transport=tcp`, '--event', 'message-summary'])
    await client.seen(/Messages-Waiting: no/)
    writeFileSync(next, 'Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n')
    renameSync(next, file)
    await client.seen(/Messages-Waiting: yes\n {2}Voice-Message: 1\/0/)
    client.process.kill('SIGINT')
    expect(await client.status, client.err()).toBe(0)
    expect(client.out()).toMatch(/terminated: timeout/)
    await server.seen(/1 subscriber is told.*terminated: timeout/s)
    server.process.kill('SIGINT')
    expect(await server.status, server.err()).toBe(0)
  })

  it('redirects a call to a listener that answers late, holds it, and ends with status 0', async () => {
    const bob = cli(['listen', '--host', '127.0.0.1', '--port', '0', '--answer', '1', '--reliable'])
    const [, port] = await bob.seen(/udp 127\.0\.0\.1:(\d+)/)
    const moved = cli([
      'listen',
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--redirect',
      `sip:bob@127.0.0.1:${port}`,
    ])
    const [, first] = await moved.seen(/udp 127\.0\.0\.1:(\d+)/)
    const call = cli(['call', `sip:bob@127.0.0.1:${first}`, '--hold-after', '1', '--duration', '1'])
    expect(await call.status, call.err()).toBe(0)
    expect(call.out()).toMatch(
      /redirected to .*early \(180 Ringing\).*on hold by us.*off hold.*bye by local/s,
    )
    expect(bob.out()).toMatch(/acknowledged by PRACK.*on hold by the peer.*off hold.*bye by remote/s)
    for (const listener of [bob, moved]) {
      listener.process.kill('SIGINT')
      expect(await listener.status).toBe(0)
    }
  })

  it.skipIf(process.platform === 'win32')(
    'ends at once at the second Ctrl-C, when the BYE stays unanswered: 130',
    async () => {
      const listener = cli(['listen', '--host', '127.0.0.1', '--port', '0'])
      const [, port] = await listener.seen(/udp 127\.0\.0\.1:(\d+)/)
      const call = cli(['call', `sip:bob@127.0.0.1:${port}`])
      await call.seen(/confirmed/)
      listener.process.kill('SIGSTOP')
      call.process.kill('SIGINT')
      await call.seen(/terminating/)
      call.process.kill('SIGINT')
      expect(await call.status).toBe(130)
    },
  )

  it.skipIf(process.platform === 'win32')(
    'ends by itself 4 s after Ctrl-C, when nobody answers the call, with sockets and timers left open: 130',
    async () => {
      const silent = createSocket('udp4')
      closing.push(() => void silent.close())
      await new Promise<void>(resolve => void silent.bind(0, '127.0.0.1', resolve))
      const call = cli(['call', `sip:bob@127.0.0.1:${silent.address().port}`])
      await call.seen(/calling/)
      call.process.kill('SIGINT')
      expect(await call.status).toBe(130)
      expect(call.err()).toMatch(
        /waiting for the peer; Ctrl-C again to leave now\nsipactor: interrupted; .*\n$/,
      )
    },
  )

  it('refuses wrong usage in one line, without a stack: status 2', async () => {
    const wrong = cli(['call'])
    expect(await wrong.status).toBe(2)
    expect(wrong.err()).toBe("sipactor: missing required argument 'uri'. See sipactor call --help\n")
  })

  it('--version is that of the package', async () => {
    const version = cli(['--version'])
    expect(await version.status).toBe(0)
    const { version: own } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
    expect(version.out()).toBe(`${own}\n`)
  })

  it('nobody listens there: status 3 at once, by ICMP or by TCP reset', async () => {
    const options = cli(['options', 'sip:127.0.0.1:9;transport=tcp'])
    expect(await options.status).toBe(3)
    expect(options.err()).toMatch(/^sipactor: TCP to 127\.0\.0\.1:9: refused.*\n$/)
  })
})

const registrarUp = async () => {
  const platform = node({ host: '127.0.0.1' })
  const registrar = testRegistrar({ platform, port: 0, users: { alice: 's3cret' } })
  closing.push(registrar.close)
  const [udp] = await registrar.listen()
  return { registrar, uri: `sip:127.0.0.1:${udp!.port}` }
}
const registrarAt = async (): Promise<string> => (await registrarUp()).uri

describe('the examples', () => {
  it('are all run here', () => {
    const files = readdirSync(`${root}examples`).filter(name => /\.m?[jt]s$/.test(name))
    expect(files.sort()).toEqual([
      'answering-machine.mjs',
      'line.mjs',
      'register-and-call.mjs',
      'test-without-network.mjs',
    ])
  })

  it('test-without-network.mjs lives through an hour in no time', async () => {
    const example = start(['examples/test-without-network.mjs'])
    expect(await example.status, example.err()).toBe(0)
    expect(example.out()).toMatch(/^an hour of a lossy network: \d+ REGISTERs served/)
  })

  it('register-and-call.mjs calls answering-machine.mjs', async () => {
    const machine = start(['examples/answering-machine.mjs', '0'])
    const [, port] = await machine.seen(/UDP 0\.0\.0\.0:(\d+)/)
    const peer = `sip:bob@127.0.0.1:${port}`
    const args = ['examples/register-and-call.mjs', 'sip:alice@sipactor.test', peer, await registrarAt()]
    const caller = start(args, { SIPACTOR_PASSWORD: 's3cret' })
    expect(await caller.status, caller.err()).toBe(0)
    expect(caller.out()).toMatch(/^registered sip:alice@sipactor\.test for 3600 s\ncall: calling\n/)
    expect(caller.out()).toContain('the answer describes m=audio 40002 RTP/AVP 0')
    await machine.seen(/called by alice[\s\S]*call: terminated/)
    machine.process.kill('SIGINT')
    expect(await machine.status).toBe(0)
  })

  it('answering-machine.mjs outlives a caller that hangs up without an ACK (RFC 3261 §13.3.1.4)', async () => {
    const machine = start(['examples/answering-machine.mjs', '0'])
    const [, port = ''] = await machine.seen(/UDP 0\.0\.0\.0:(\d+)/)
    const socket = createSocket('udp4')
    closing.push(() => void socket.close())
    await new Promise<void>(resolve => void socket.bind(0, '127.0.0.1', resolve))
    const own = `127.0.0.1:${socket.address().port}`
    const send = (method: string, seq: number, tag = ''): void => {
      const lines = [
        `${method} sip:bob@127.0.0.1:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${own};branch=z9hG4bK-${method}`,
        'Max-Forwards: 70',
        'From: <sip:carol@sipactor.test>;tag=c',
        `To: <sip:bob@127.0.0.1>${tag}`,
        'Call-ID: hasty',
        `CSeq: ${seq} ${method}`,
        `Contact: <sip:carol@${own}>`,
        'Content-Length: 0',
      ]
      socket.send(`${lines.join('\r\n')}\r\n\r\n`, Number(port), '127.0.0.1')
    }
    let hasty = true
    socket.on('message', data => {
      const text = String(data)
      if (!hasty || !/^SIP\/2\.0 200 [\s\S]*CSeq: 1 INVITE/.test(text)) return
      hasty = false
      send('BYE', 2, text.match(/^To: <.*?>(;tag=\S+)/m)?.[1])
    })
    send('INVITE', 1)
    await machine.seen(/called by carol[\s\S]*call: terminated\n[\s\S]*call: [a-z-]+: /)
    machine.process.kill('SIGINT')
    expect(await machine.status, machine.err()).toBe(0)
    expect(machine.err()).toBe('')
  })

  it('line.mjs, killed while it is registered, goes on with its registration when it runs again', async () => {
    const { registrar, uri } = await registrarUp()
    const folder = mkdtempSync(join(tmpdir(), 'sipactor-line-'))
    closing.push(() => rmSync(folder, { recursive: true, force: true }))
    const silent = createSocket('udp4')
    closing.push(() => void silent.close())
    await new Promise<void>(resolve => void silent.bind(0, '127.0.0.1', resolve))
    const aor = 'sip:alice@sipactor.test'
    const nobody = `sip:bob@127.0.0.1:${silent.address().port}`
    const run = (peer: string): Started =>
      start(['examples/line.mjs', join(folder, 'profiles.db'), aor, peer, uri], {
        SIPACTOR_PASSWORD: 's3cret',
      })
    const first = run(nobody)
    await first.seen(/a new profile is stored[\s\S]*line: active/)
    // The INVITE, and once more: by then the binding stands in the store.
    await new Promise<void>(resolve => {
      let copies = 0
      silent.on('message', () => {
        copies += 1
        if (copies === 2) resolve()
      })
    })
    first.process.kill('SIGKILL')
    await first.status
    const before = registrar.log.at(-1)!.request
    expect(registrar.bindings(aor)).toHaveLength(1)
    const second = run('')
    await second.seen(/the profile was stored already[\s\S]*line: active/)
    const after = registrar.log.find(
      ({ request, response }) => response?.status === 200 && request.cseq.seq > before.cseq.seq,
    )
    expect(after?.request.callId).toBe(before.callId)
    await second.seen(/Ctrl-C ends it/)
    second.process.kill('SIGINT')
    expect(await second.status, second.err()).toBe(0)
    expect(registrar.bindings(aor)).toEqual([])
  })

  it('register-and-call.mjs says in one line what went wrong: status 1', async () => {
    const args = [
      'examples/register-and-call.mjs',
      'sip:alice@sipactor.test',
      'sip:bob@127.0.0.1:9',
      await registrarAt(),
    ]
    const caller = start(args, { SIPACTOR_PASSWORD: 'wrong' })
    expect(await caller.status).toBe(1)
    expect(caller.err()).toMatch(/^forbidden: .*\n$/)
  })
})
