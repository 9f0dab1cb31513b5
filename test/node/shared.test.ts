/** The shared server with real processes and sockets: rows A01 to A06 of docs/scenarios.md, and who starts it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSip } from '../../src/index.ts'
import { node } from '../../src/node/index.ts'
import {
  type AttachedSip,
  type AttachOptions,
  attachSip,
  serverStatus,
  serveShared,
} from '../../src/shared/index.ts'
import { testRegistrar } from '../../src/testing/index.ts'
import { fails, record, refused } from '../api/support.ts'
import { buildProgram } from './support/build.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const main = `${root}dist/src/cli/main.js`
const script = fileURLToPath(new URL('support/shared-process.mjs', import.meta.url))
const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n'

let folder = ''
let socket = ''
const children: ChildProcess[] = []
const sips: AttachedSip[] = []
const closing: (() => unknown)[] = []

beforeAll(buildProgram, 120_000)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipactor-shared-'))
  chmodSync(folder, 0o700)
  socket = join(folder, 's')
})

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const until = async (
  done: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limit = 15_000,
): Promise<void> => {
  const end = Date.now() + limit
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`in vain waited for: ${typeof what === 'string' ? what : what()}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  const pid = await serverStatus({ socket }).then(
    status => status.pid,
    () => 0,
  )
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await Promise.allSettled(
    sips.splice(0).map(sip => Promise.race([sip.close(), new Promise(r => setTimeout(r, 500))])),
  )
  if (pid > 0 && pid !== process.pid && isAlive(pid)) process.kill(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Attaches from this process; the server, if it is to be started, is the program. */
const attach = async (clientId: string, options: Partial<AttachOptions> = {}): Promise<AttachedSip> => {
  const start = { args: [main, 'serve', '--socket', socket, '--idle', '1', '--host', '127.0.0.1'] }
  const sip = await attachSip({ clientId, socket, start, ...options })
  sips.push(sip)
  return sip
}

/** A process of the script. */
const run = (given: object) => {
  const child = spawn(process.execPath, [script, JSON.stringify({ socket, ...given })], { cwd: root })
  children.push(child)
  const told: Record<string, unknown>[] = []
  let [text, err] = ['', '']
  child.stdout.on('data', piece => {
    text += String(piece)
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) told.push(JSON.parse(line) as Record<string, unknown>)
  })
  child.stderr.on('data', piece => (err += String(piece)))
  return {
    child,
    told,
    seen: (wanted: Record<string, unknown>, limit?: number) =>
      until(
        () => told.some(line => Object.entries(wanted).every(([key, value]) => line[key] === value)),
        `${JSON.stringify(wanted)} of ${JSON.stringify(given)}: ${JSON.stringify(told)} ${err}`,
        limit,
      ),
    kill: () => {
      child.kill('SIGKILL')
      return new Promise(resolve => child.on('close', resolve))
    },
  }
}

/** A peer that is a datagram socket. */
const peer = async () => {
  const udp: Socket = createSocket('udp4')
  await new Promise<void>(resolve => udp.bind(0, '127.0.0.1', resolve))
  const got: string[] = []
  udp.on('message', bytes => got.push(bytes.toString()))
  closing.push(() => new Promise<void>(resolve => udp.close(() => resolve())))
  const { port } = udp.address()
  let number = 0
  return {
    port,
    got,
    answers: (status: number) => got.filter(text => text.startsWith(`SIP/2.0 ${status} `)),
    ask: (method: string, to: number) => {
      number += 1
      const text = [
        `${method} sip:alice@127.0.0.1:${to} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${number}`,
        'Max-Forwards: 70',
        'From: <sip:p@127.0.0.1>;tag=p',
        `To: <sip:alice@127.0.0.1:${to}>`,
        `Call-ID: ${number}@p`,
        `CSeq: 1 ${method}`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n')
      udp.send(text, to, '127.0.0.1')
    },
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

describe('the starter', () => {
  it('A01: starts the server that is not there; a connection is init, then active, and only then OPTIONS is answered', async () => {
    expect(existsSync(socket)).toBe(false)
    const sip = await attach('one')
    expect(sip.attachment).toEqual({ is: 'attached' })
    const p = await peer()
    const port = await freePort()
    p.ask('OPTIONS', port)
    const connection = sip.connect({ host: '127.0.0.1', port })
    const states = record(connection.state$)
    expect(connection.state.is).toBe('init')
    await connection.active()
    expect(states.values.map(({ is }) => is)).toEqual(['init', 'active'])
    expect(p.got).toEqual([])
    p.ask('OPTIONS', port)
    await until(() => p.answers(200).length === 1, 'the answer to OPTIONS')
    const status = await sip.serverStatus()
    expect(status.pid).not.toBe(process.pid)
    expect(status.clients.map(({ client }) => client)).toEqual(['one'])
  })

  it('A02: a connection in init refuses with not-ready, and nothing is sent', async () => {
    const sip = await attach('one')
    const p = await peer()
    const connection = sip.connect({ host: '127.0.0.1' })
    refused('not-ready', () => connection.request({ method: 'OPTIONS', uri: `sip:127.0.0.1:${p.port}` }))
    refused('not-ready', () => connection.invite(`sip:127.0.0.1:${p.port}`, { offer: sdp }))
    await connection.active()
    expect(p.got).toEqual([])
    connection.request({ method: 'OPTIONS', uri: `sip:127.0.0.1:${p.port}` })
    await until(() => p.got.length > 0, 'the OPTIONS')
  })

  it('has one winner when ten start at once, also where a dead server has left its socket behind', async () => {
    writeFileSync(join(folder, 'never'), '')
    for (const round of ['fresh', 'stale'] as const) {
      const all = await Promise.all(Array.from({ length: 10 }, (_, number) => attach(`${round} ${number}`)))
      const pids = await Promise.all(all.map(async sip => (await sip.serverStatus()).pid))
      expect(new Set(pids).size).toBe(1)
      const { mode } = statSync(socket)
      expect(mode & 0o777).toBe(0o600)
      await Promise.all(all.map(sip => sip.close()))
      // Killed, it leaves its socket behind.
      process.kill(pids[0]!, 'SIGKILL')
      await until(() => !isAlive(pids[0]!), 'its death')
      expect(existsSync(socket)).toBe(true)
    }
    expect(readdirSync(folder).filter(name => name.includes('guard'))).toEqual([])
  }, 60_000)

  it('leaves after its idle time, and takes its socket along', async () => {
    const sip = await attach('one')
    const { pid } = await sip.serverStatus()
    await sip.close()
    await until(() => !isAlive(pid), 'its end', 5000)
    expect(existsSync(socket)).toBe(false)
    await fails('could-not-connect', attach('two', { start: false }))
  })

  it('does not enter a folder that others may enter', async () => {
    chmodSync(folder, 0o755)
    await fails('permission', attach('one'))
  })
})

describe('a server that somebody runs', () => {
  const server = async (given: object = {}) => {
    const running = run({ role: 'server', t1: 50, ...given })
    await running.seen({ is: 'serving' })
    return running
  }

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'is not replaced when it ends by %s: its applications wait for the next one',
    async signal => {
      const first = await server()
      // Started as anybody would be who looks for one now, were it not theirs.
      const marker = join(folder, 'started')
      const start = {
        command: process.execPath,
        args: ['-e', `fs.writeFileSync(${JSON.stringify(marker)}, '')`],
      }
      const sip = await attach('phone', { start })
      first.child.kill(signal)
      await until(() => sip.attachment.is === 'detached', 'the loss')
      const states = record(sip.attachment$)
      await until(() => states.values.length > 3, 'attempts in vain')
      expect(new Set(states.values.map(({ error }) => error?.code).slice(1))).toEqual(
        new Set(['could-not-connect']),
      )
      expect(existsSync(marker)).toBe(false)
      const next = await server()
      await until(() => sip.attachment.is === 'attached', 'the next one')
      expect((await sip.serverStatus()).pid).toBe(next.child.pid)
    },
  )

  it('with tokens: who has one starts no server of its own accord, also where there is none', async () => {
    const token = 'a token for calls'
    await fails('could-not-connect', attachSip({ clientId: 'phone', socket, token }))
    await fails('argument', attachSip({ clientId: 'phone', socket, token, start: { idle: 5 } }))
    expect(existsSync(socket)).toBe(false)
    const tokens = join(folder, 'tokens.json')
    writeFileSync(tokens, JSON.stringify({ [token]: ['send'] }))
    const args = [main, 'serve', '--socket', socket, '--idle', '5', '--tokens', tokens]
    // With arguments of its own it may: it is the same server again.
    const sip = await attach('phone', { token, start: { args } })
    await fails('permission', serverStatus({ socket }))
    const { pid } = await sip.serverStatus()
    process.kill(pid, 'SIGKILL')
    await until(() => sip.attachment.is === 'detached', 'the loss')
    await until(() => sip.attachment.is === 'attached', 'another server')
    await fails('permission', serverStatus({ socket }))
    process.kill((await sip.serverStatus()).pid, 'SIGKILL')
    await sip.close()
  })
})

describe('wrong options', () => {
  it.each<[string, unknown]>([
    ['nothing at all', undefined],
    ['null', null],
    ['text', 'phone'],
    ['no name', {}],
    ['a name that is none', { clientId: 'a\nb' }],
    ['a token that is no text', { token: 1 }],
    ['a socket that is empty', { socket: '' }],
    ['start that is text', { start: 'yes' }],
    ['start that is null', { start: null }],
    ['args that are no list', { start: { args: 'serve' } }],
    ['env that is no text', { start: { env: { A: 1 } } }],
    ['an idle time below a second', { start: { idle: 0 } }],
    ['reconnect that is a number', { reconnect: 1 }],
    ['a timeout that is none', { timeout: Number.NaN }],
    ['a limit that is text', { wireLimits: { frame: 'much' } }],
    ['credentials that are no function', { credentials: 'secret' }],
    ['capabilities that are a list', { capabilities: [] }],
  ])('%s: argument, and nothing is started', async (_, given) => {
    const whole = typeof given === 'object' && given !== null && _ !== 'no name'
    const options = whole ? { clientId: 'one', socket, ...given } : given
    await fails('argument', attachSip(options as AttachOptions))
    expect(existsSync(socket)).toBe(false)
  })
})

describe('wrong options of a server', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['a socket that is a number', { socket: 5060 }],
    ['an idle time that is text', { idle: '30' }],
    ['places that are no list', { listen: 5060 }],
    ['a place that is text', { listen: ['5060'] }],
    ['access that is a list', { access: [] }],
    ['applications without names', { applications: [{}] }],
    ['a port that is none', { inspect: -1 }],
    ['timers that are missing', { timers: {} }],
  ])('%s: argument, and the socket is free', async (_, given) => {
    const options = given === null ? given : { socket, ...(given as object) }
    await fails('argument', serveShared(options as Parameters<typeof serveShared>[0]))
    expect(existsSync(socket)).toBe(false)
  })
})

describe('one application', () => {
  it('A03: once its connection is closed every operation on what it had is resource-not-available, and nothing is sent', async () => {
    const sip = await attach('one')
    const registrar = testRegistrar({
      platform: node({ host: '127.0.0.1' }),
      users: { alice: 'a' },
      challenge: false,
    })
    const port = (await registrar.listen()).find(({ transport }) => transport === 'UDP')!.port
    closing.push(() => registrar.close())
    const bob = createSip({ platform: node({ host: '127.0.0.1' }) })
    closing.push(() => bob.close())
    const far = bob.connect({ host: '127.0.0.1' })
    await far.active()
    far.calls$.subscribe(call => void call.accept(sdp))
    const connection = sip.connect({ host: '127.0.0.1' })
    await connection.active()
    const registration = connection.register({
      aor: 'sip:alice@example.com',
      registrar: `sip:127.0.0.1:${port}`,
    })
    await registration.registered()
    const there = `sip:127.0.0.1:${far.addresses[0]!.port}`
    const call = connection.invite(there, { offer: sdp })
    await call.established()
    const options = connection.request({
      method: 'OPTIONS',
      uri: there,
      refresh: { interval: 60 },
    } as Parameters<typeof connection.request>[0])
    await options.response()
    await connection.close()
    const before = registrar.log.length
    refused('resource-not-available', () => connection.request({ method: 'OPTIONS', uri: there }))
    refused('resource-not-available', () => connection.invite(there, { offer: sdp }))
    refused('resource-not-available', () => connection.register({ aor: 'sip:alice@example.com' }))
    refused('resource-not-available', () => registration.update())
    refused('resource-not-available', () => registration.unregister())
    refused('resource-not-available', () => call.dialog!.request('INFO'))
    refused('resource-not-available', () => connection.refresh())
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(registrar.log.length).toBe(before)
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local' } })
  })

  it('A05: a second connection on a network is already-exists; on another it is allowed, and its Contact shows that address', async () => {
    const other = Object.values(networkInterfaces())
      .flat()
      .find(address => address && !address.internal && address.family === 'IPv4')
    const sip = await attach('one')
    const first = sip.connect({ network: '127.0.0.1' })
    await first.active()
    const second = sip.connect({ network: '127.0.0.1' })
    const errors = record(second.errors$)
    await until(() => second.state.is === 'closed', 'the refusal')
    expect(errors.values.map(({ code }) => code)).toEqual(['already-exists'])
    // Another application has a connection of its own there.
    const neighbour = await attach('two')
    const third = neighbour.connect({ network: '127.0.0.1' })
    await third.active()
    if (!other) return
    const wired = sip.connect({ network: other.address })
    await wired.active()
    const p = await peer()
    wired.request({ method: 'OPTIONS', uri: `sip:127.0.0.1:${p.port}` })
    expect(wired.addresses.every(({ host }) => host === other.address)).toBe(true)
  })

  it('sees the server die: closed on every object; then it attaches again to one that it starts', async () => {
    const sip = await attach('one')
    const connection = sip.connect({ host: '127.0.0.1' })
    await connection.active()
    const silent = await peer()
    const call = connection.invite(`sip:127.0.0.1:${silent.port}`, { offer: sdp })
    const told = [record(connection.errors$), record(call.errors$)]
    const { pid } = await sip.serverStatus()
    process.kill(pid, 'SIGKILL')
    await until(() => connection.state.is === 'closed', 'the loss')
    for (const { values } of told) expect(values.at(-1)?.code).toBe('closed')
    await until(() => sip.attachment.is === 'attached', 'another server')
    const again = sip.connect({ host: '127.0.0.1' })
    await again.active()
    expect((await sip.serverStatus()).pid).not.toBe(pid)
  })
})

describe('several applications', () => {
  it('A04: one that is killed has its call ended and its binding taken back; the REFRESH and the call of the other go on', async () => {
    const registrar = testRegistrar({
      platform: node({ host: '127.0.0.1' }),
      users: { one: 'a', two: 'b' },
      challenge: false,
      port: 0,
      minExpires: 1,
    })
    const port = (await registrar.listen()).find(({ transport }) => transport === 'UDP')!.port
    closing.push(() => registrar.close())
    const bob = createSip({ platform: node({ host: '127.0.0.1' }) })
    closing.push(() => bob.close())
    const far = bob.connect({ host: '127.0.0.1' })
    await far.active()
    const calls: { readonly from: string; readonly state: () => string }[] = []
    far.calls$.subscribe(call => {
      calls.push({ from: call.remoteUser ?? '', state: () => call.state.is })
      void call.accept(sdp)
    })
    const server = run({ role: 'server', t1: 50 })
    await server.seen({ is: 'serving' })
    const there = `sip:127.0.0.1:${far.addresses[0]!.port}`
    const client = (name: string) =>
      run({
        role: 'client',
        client: name,
        register: `sip:${name}@example.com`,
        registrar: `sip:127.0.0.1:${port}`,
        call: there,
      })
    const one = client('one')
    await one.seen({ call: 'confirmed' })
    await one.seen({ registration: 'registered' })
    const two = client('two')
    await two.seen({ call: 'confirmed' })
    await two.seen({ registration: 'registered' })
    await one.kill()
    const of = (name: string) =>
      registrar.log.filter(({ request }) => request.header('to')?.includes(`${name}@`))
    /** What the latest REGISTER asks for. */
    const lifetime = (name: string): string | undefined => {
      const request = of(name).at(-1)?.request
      return /;expires=(\d+)/.exec(request?.header('contact') ?? '')?.[1] ?? request?.header('expires')
    }
    await until(
      () => lifetime('one') === '0',
      () =>
        `its REGISTER with 0: ${of('one')
          .map(({ request }) => request.header('expires'))
          .join()} ${calls[0]!.state()}`,
    )
    await until(() => calls[0]!.state() === 'terminated', 'its BYE')
    const before = of('two').length
    await until(() => of('two').length > before, 'the next refresh of the other')
    expect(lifetime('two')).toBe('4')
    expect(calls[1]!.state()).toBe('confirmed')
    const status = await serverStatus({ socket })
    expect(status.clients.map(({ client: name }) => name)).toEqual(['two'])
    expect(status.calls).toHaveLength(1)
    expect(status.registrations).toHaveLength(1)
  }, 30_000)

  it('H09: an application that is killed has its use of a profile released; the last one un-REGISTERs', async () => {
    const registrar = testRegistrar({
      platform: node({ host: '127.0.0.1' }),
      users: { alice: 'a' },
      challenge: false,
      port: 0,
    })
    const port = (await registrar.listen()).find(({ transport }) => transport === 'UDP')!.port
    closing.push(() => registrar.close())
    const server = run({ role: 'server', t1: 50, store: join(folder, 'profiles.db') })
    await server.seen({ is: 'serving' })
    const profile = {
      aors: ['sip:alice@example.com'],
      name: 'Home',
      registrar: { uri: `sip:127.0.0.1:${port}`, username: 'alice' },
    }
    const user = (client: string) => run({ role: 'user', client, profile })
    const one = user('one')
    await one.seen({ is: 'registered' })
    const two = user('two')
    await two.seen({ is: 'registered' })
    expect(registrar.log).toHaveLength(1)
    await one.kill()
    await until(async () => (await serverStatus({ socket })).clients.length === 1, 'the end of the first')
    expect(registrar.log).toHaveLength(1)
    await two.kill()
    await until(() => registrar.log.length === 2, 'the REGISTER with 0')
    expect(
      registrar.log[1]!.request.header('contact')! + registrar.log[1]!.request.header('expires'),
    ).toMatch(/expires=0|0$/)
  })

  it('H02: a server that is killed goes on with its profile as soon as another one is started', async () => {
    const registrar = testRegistrar({
      platform: node({ host: '127.0.0.1' }),
      users: { alice: 'a' },
      challenge: false,
      port: 0,
    })
    const port = (await registrar.listen()).find(({ transport }) => transport === 'UDP')!.port
    closing.push(() => registrar.close())
    const store = join(folder, 'profiles.db')
    const server = run({ role: 'server', t1: 50, store })
    await server.seen({ is: 'serving' })
    const profile = {
      aors: ['sip:alice@example.com'],
      name: 'Home',
      registrar: { uri: `sip:127.0.0.1:${port}`, username: 'alice' },
      autoRegister: true,
    }
    const one = run({ role: 'user', client: 'one', profile })
    await one.seen({ is: 'registered' })
    const [first] = registrar.log
    await server.kill()
    await one.kill()
    const again = run({ role: 'server', t1: 50, store })
    await again.seen({ is: 'serving' })
    const begun = Date.now()
    await until(() => registrar.log.length >= 2, 'its REGISTER')
    expect(Date.now() - begun).toBeLessThan(2000)
    // The same binding goes on: no second one is left at the registrar.
    expect(registrar.log[1]!.request.callId).toBe(first!.request.callId)
  })

  it('A06: a request where the application has no connection is told, then timedOut; P gets 480 at 0.9·64·T1, once', async () => {
    const port = await freePort()
    const server = run({ role: 'server', t1: 20, listen: [{ host: '127.0.0.1', port }] })
    await server.seen({ is: 'serving' })
    const application = run({ role: 'callee', client: 'one' })
    await application.seen({ is: 'attached' })
    const p = await peer()
    const begun = Date.now()
    p.ask('MESSAGE', port)
    await application.seen({ unbound: 'request', method: 'MESSAGE' })
    expect(p.answers(480)).toEqual([])
    await application.seen({ unbound: 'timedOut', method: 'MESSAGE' })
    await until(() => p.answers(480).length > 0, 'the 480')
    expect(Date.now() - begun).toBeGreaterThanOrEqual(0.9 * 64 * 20 - 5)
    await new Promise(resolve => setTimeout(resolve, 64 * 20))
    expect(p.answers(480)).toHaveLength(1)
  })
})

describe('the program', () => {
  const program = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: root })
    children.push(child)
    let [out, err] = ['', '']
    child.stdout.on('data', piece => (out += String(piece)))
    child.stderr.on('data', piece => (err += String(piece)))
    return {
      child,
      out: () => out,
      err: () => err,
      status: new Promise<number | null>(resolve => child.on('close', resolve)),
    }
  }

  it('serves in the foreground until it is told to end, shows its status, and the page of the inspector', async () => {
    const port = await freePort()
    const serve = program('serve', '--socket', socket, '--listen', `127.0.0.1:${port}`, '--inspect')
    await until(() => serve.out().includes('think: http'), 'the server')
    const sip = await attach('phone', { start: false, reconnect: false })
    const connection = sip.connect({ host: '127.0.0.1' })
    await connection.active()
    const status = program('status', '--socket', socket)
    expect(await status.status).toBe(0)
    expect(status.out()).toMatch(/clients:\n {2}phone /)
    expect(status.out()).toContain(`udp 127.0.0.1:${port}`)
    expect(status.out()).toContain('registrations: none')
    const json = program('status', '--socket', socket, '--json')
    await json.status
    expect(JSON.parse(json.out())).toMatchObject({ clients: [{ client: 'phone' }], calls: [] })
    const page = /think: (\S+)/.exec(serve.out())![1]!
    expect((await fetch(page, { headers: { connection: 'close' } })).status).toBe(200)
    const second = program('serve', '--socket', socket)
    expect(await second.status).toBe(1)
    expect(second.err()).toContain('another shared server')
    expect(second.err()).not.toContain('fault')
    serve.child.kill('SIGTERM')
    expect(await serve.status).toBe(0)
    await until(() => connection.state.is === 'closed', 'the goodbye')
    expect(existsSync(socket)).toBe(false)
    const none = program('status', '--socket', socket)
    expect(await none.status).toBe(3)
  })

  it('that listens on one address gives what comes there to a connection on all, as connect() makes it', async () => {
    const port = await freePort()
    const serve = program('serve', '--socket', socket, '--listen', `127.0.0.1:${port}`)
    await until(() => serve.out().includes('Ctrl-C'), 'the server')
    const sip = await attach('phone', {
      start: false,
      reconnect: false,
      capabilities: { users: ['alice'], methods: ['MESSAGE'] },
    })
    const connection = sip.connect()
    await connection.active()
    expect(connection.networkId).toBe('*')
    connection.requests$.subscribe(transaction => transaction.respond(200))
    const p = await peer()
    p.ask('MESSAGE', port)
    await until(() => p.got.length > 0, 'an answer')
    expect(p.got.map(text => text.slice(0, 11))).toEqual(['SIP/2.0 200'])
  })

  it('asks for tokens where it was given some', async () => {
    const tokens = join(folder, 'tokens.json')
    writeFileSync(tokens, JSON.stringify({ 'a token for calls': ['send'] }))
    const serve = program('serve', '--socket', socket, '--tokens', tokens)
    await until(() => serve.out().includes('Ctrl-C'), 'the server')
    await fails('permission', attach('one', { start: false }))
    const status = program('status', '--socket', socket)
    expect(await status.status).toBe(4)
    expect(status.err()).toContain('SIPACTOR_TOKEN')
    const sip = await attach('one', { start: false, token: 'a token for calls' })
    expect(sip.scopes).toEqual(['send'])
    const connection = sip.connect({ host: '127.0.0.1' })
    await connection.active()
    refused('permission', () => connection.register({ aor: 'sip:a@127.0.0.1' }))
  })
})
