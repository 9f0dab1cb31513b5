/** The shared server and its applications where the other side is stopped, or cannot begin. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { node } from '../../src/node/index.ts'
import { isServed } from '../../src/shared/claim.ts'
import { frameBytes } from '../../src/shared/framing.ts'
import { attachSip, serveShared } from '../../src/shared/index.ts'
import { fails } from '../api/support.ts'

let folder = ''
let socket = ''
const sockets: Socket[] = []
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sipactor-faults-'))
  chmodSync(folder, 0o700)
  socket = join(folder, 's')
})

afterEach(() => {
  for (const one of sockets.splice(0)) one.destroy()
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const serve = (options: object = {}) =>
  serveShared({ socket, platform: node({ host: '127.0.0.1' }), ...options })

/** Settles with the error of one that cannot connect. */
const dial = (): Promise<string | undefined> =>
  new Promise(resolve => {
    const one = connect({ path: socket, allowHalfOpen: true })
    sockets.push(one)
    one.once('connect', () => resolve(undefined))
    one.once('error', error => resolve((error as NodeJS.ErrnoException).code))
  })

it('a server that says nothing is could-not-connect in time', async () => {
  const mute = createServer(one => void sockets.push(one))
  await new Promise<void>(resolve => mute.listen(socket, resolve))
  await fails('could-not-connect', attachSip({ clientId: 'a', socket, start: false, timeout: 200 }))
  mute.close()
})

it('a server ends though an application neither reads nor hangs up', async () => {
  const running = await serve()
  expect(statSync(socket).mode & 0o777).toBe(0o600)
  await dial()
  const [stopped] = sockets
  const greeted = new Promise(resolve => stopped!.once('data', resolve))
  stopped!.write(frameBytes({ is: 'hello', version: 1, client: 'stopped' }, 1000))
  await greeted
  stopped!.pause()
  await running.close()
  await running.ended
}, 10_000)

it('a server that cannot begin leaves its socket free', async () => {
  await fails('argument', serve({ applications: [{ client: 'a\nb' }] }))
  const running = await serve()
  await running.close()
})

it('a server that is stopped is not taken for dead, however many wait at its door', async () => {
  const code = `require('net').createServer(() => {}).listen({ path: process.argv[1], backlog: 1 }, () => console.log('up'))`
  const child = spawn(process.execPath, ['-e', code, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await new Promise(resolve => child.stdout!.once('data', resolve))
  child.kill('SIGSTOP')
  let refusal: string | undefined
  for (let turn = 0; turn < 600 && refusal === undefined; turn += 1) refusal = await dial()
  // Where a full queue is told by waiting, there is nothing to be mistaken about.
  if (refusal !== undefined) expect(await isServed(socket)).toBe(true)
})
