/**
 * Applications and the shared server are killed at random while calls run: nothing is left at the peer, and who comes
 * next finds a server that works. SIPACTOR_KILLS: how many, default 20; SIPACTOR_KILLS_SEED repeats a run.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { type Call, type Clock, createSip } from '../../src/index.ts'
import { node } from '../../src/node/index.ts'
import { serverStatus } from '../../src/shared/index.ts'
import { buildProgram } from './support/build.ts'

const kills = Number(process.env.SIPACTOR_KILLS ?? 20)
const seed = Number(process.env.SIPACTOR_KILLS_SEED ?? Math.floor(Math.random() * 2 ** 31))
const script = fileURLToPath(new URL('support/shared-process.mjs', import.meta.url))
const root = fileURLToPath(new URL('../..', import.meta.url))
const t1 = 50
const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n'

const children: ChildProcess[] = []
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const close of closing.splice(0)) await close()
})

/** Numbers from 0 to 1, the same for the same seed. */
const dice = (start: number) => {
  let state = start
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const wait = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

const until = async (
  done: () => boolean | Promise<boolean>,
  what: () => string,
  limit: number,
): Promise<void> => {
  const end = Date.now() + limit
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`seed ${seed}: in vain waited for: ${what()}`)
    await wait(20)
  }
}

/** How much faster the callee's clock runs: its sessions of 90 s, the least there are (RFC 4028 §4), are over in 9 s. */
const pace = 10

const fastClock = (): Clock => ({
  now: () => performance.now() * pace,
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds / pace),
  clearTimeout: handle => clearTimeout(handle as NodeJS.Timeout),
})

/** Answers every call. */
const callee = async () => {
  const platform = { ...node({ host: '127.0.0.1' }), clock: fastClock() }
  const sip = createSip({ platform })
  closing.push(() => Promise.race([sip.close(), wait(5000)]))
  const connection = sip.connect({ host: '127.0.0.1', sessionExpires: 90 })
  await connection.active()
  const calls = new Set<Call>()
  let taken = 0
  connection.calls$.subscribe(call => {
    taken += 1
    calls.add(call)
    call.state$.subscribe({ complete: () => calls.delete(call) })
    void call.accept(sdp)
  })
  const up = () => [...calls].filter(({ state }) => state.is !== 'terminated').length
  return { uri: `sip:127.0.0.1:${connection.addresses[0]!.port}`, up, taken: () => taken }
}

it(
  `leaves no orphan at the peer after ${kills} kills of applications and of the server`,
  async () => {
    await buildProgram()
    const folder = mkdtempSync(join(tmpdir(), 'sipactor-kills-'))
    chmodSync(folder, 0o700)
    closing.push(() => rmSync(folder, { recursive: true, force: true }))
    const socket = join(folder, 's')
    const bob = await callee()
    const roll = dice(seed)
    const start = { args: [script, JSON.stringify({ role: 'server', socket, t1, idle: 2000 })] }
    const pidOf = () =>
      serverStatus({ socket }).then(
        ({ pid }) => pid,
        () => 0,
      )
    let names = 0
    const application = () => {
      names += 1
      const given = { role: 'client', client: `app ${names}`, socket, start, call: bob.uri, calls: 2 }
      const child = spawn(process.execPath, [script, JSON.stringify(given)], { cwd: root, stdio: 'ignore' })
      children.push(child)
      return child
    }
    const running = [application(), application()]
    let servers = 0
    for (let kill = 0; kill < kills; kill += 1) {
      const before = bob.taken()
      running.push(application())
      await until(
        () => bob.taken() > before,
        () => `a call after kill ${kill} (${servers} of servers)`,
        20_000,
      )
      await wait(roll() * 300)
      const pid = roll() < 0.2 ? await pidOf() : 0
      if (pid > 0) {
        process.kill(pid, 'SIGKILL')
        servers += 1
      } else running.splice(Math.floor(roll() * running.length), 1)[0]!.kill('SIGKILL')
    }
    for (const child of running) child.kill('SIGKILL')
    await until(
      () => bob.up() === 0,
      () => `the end of ${bob.up()} calls of ${bob.taken()}, ${servers} servers were killed`,
      64 * t1 + 90_000 / pace + 5000,
    )
    // Who comes now finds a server that works.
    const before = bob.taken()
    const last = application()
    await until(
      () => bob.taken() > before,
      () => 'a call of the last',
      20_000,
    )
    expect(await pidOf()).toBeGreaterThan(0)
    last.kill('SIGKILL')
    await until(
      async () => (await pidOf()) === 0,
      () => 'the end of the server, which is idle',
      20_000,
    )
    expect(bob.taken()).toBeGreaterThanOrEqual(kills)
  },
  120_000 + kills * 6000,
)
