/** What a faulty or hostile application may say to the shared server: it hurts itself alone. */
import { describe, expect, it } from 'vitest'
import type { EngineEvent } from '../../src/engine/commands.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { ClaimHook } from '../../src/shared/claims.ts'
import { FrameReader, frameBytes } from '../../src/shared/framing.ts'
import type { PipeHandler } from '../../src/shared/pipe.ts'
import type { ServerFrame } from '../../src/shared/protocol.ts'
import { SharedServer, type SharedServerOptions } from '../../src/shared/server.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'

const limit = 1_000_000

const stage = (options: Partial<SharedServerOptions> = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const engine = createEngine(network.platform({ host: '192.0.2.1' }))
  const server = new SharedServer({ engine, clock, ...options })
  return { clock, network, engine, server }
}

/** An application that speaks frames by hand, and does not hang up when the server does. */
const bare = ({ server }: ReturnType<typeof stage>, client?: string) => {
  const frames: ServerFrame[] = []
  const reader = new FrameReader(limit)
  let handler: PipeHandler | undefined
  const pipe = {
    waiting: 0,
    ended: false,
    destroyed: false,
    send: (bytes: Uint8Array) => void frames.push(...([...reader.push(bytes)] as ServerFrame[])),
    end: () => {
      pipe.ended = true
    },
    destroy: () => {
      pipe.destroyed = true
    },
    listen: (given: PipeHandler) => {
      handler = given
    },
  }
  server.accept(pipe)
  const raw = (bytes: Uint8Array): void => handler?.received(bytes)
  const say = (value: unknown): void => raw(frameBytes(value, limit))
  if (client !== undefined) say({ is: 'hello', version: 1, client })
  return {
    frames,
    pipe,
    raw,
    say,
    command: (command: unknown) => say({ is: 'command', command }),
    codes: () => frames.flatMap(frame => (frame.is === 'refused' ? [frame.error.code] : [])),
  }
}

describe('who has been sent away', () => {
  it('is heard no more: nothing is made for it that nobody would end', () => {
    const world = stage()
    const one = bare(world, 'one')
    one.say({ is: 'announce', capabilities: 5 })
    expect(one.pipe.ended).toBe(true)
    one.command({ type: 'connection.open', id: 'connection.s1-1', options: {} })
    expect(world.engine.census().actors).toBe(0)
  })

  it('is not greeted any more after the time for it', async () => {
    const world = stage()
    const late = bare(world)
    await world.clock.run(5000)
    expect(late.pipe.ended).toBe(true)
    late.say({ is: 'hello', version: 1, client: 'late' })
    expect(world.server.sessions).toEqual([])
  })
})

describe('who takes nothing', () => {
  it('is cut off, whatever it asks for', () => {
    const world = stage({ limits: { waiting: 10_000 } })
    const one = bare(world, 'one')
    one.pipe.waiting = 10_001
    one.say({ is: 'status' })
    expect(one.pipe.destroyed).toBe(true)
    expect(world.server.sessions).toEqual([])
  })
})

describe('ids', () => {
  it.each([undefined, 5, null, true, { a: 1 }, ['connection.s1-1']])('are texts: %j makes nothing', id => {
    const world = stage()
    const one = bare(world, 'one')
    one.command({ type: 'connection.open', id, options: {} })
    expect(one.codes()).toHaveLength(1)
    expect(world.engine.census().actors).toBe(0)
  })
})

describe('a command of the wrong shape', () => {
  const request = { method: 'OPTIONS', uri: 'sip:bob@192.0.2.2' }
  const repeated = { ...request, refresh: { id: 'refresh.s1-3' } }
  it.each([
    { ...repeated, credentials: {} },
    { ...repeated, credentials: [5] },
    { ...repeated, headers: null },
    { ...repeated, headers: [['X-A', 5]] },
    { ...request, refresh: true },
    { ...request, refresh: { interval: 60 } },
    { ...request, refresh: { id: 5 } },
    { ...repeated, refresh: { id: 'refresh.s1-3', interval: 0 } },
    { ...repeated, refresh: { id: 'refresh.s1-3', interval: 'x' } },
    { ...repeated, refresh: { id: 'request.s1-2' } },
  ])('is refused before a machine fails of it: %j', async wrong => {
    const world = stage()
    const one = bare(world, 'one')
    one.command({ type: 'connection.open', id: 'connection.s1-1', options: { port: 5060 } })
    await world.clock.run(10)
    const before = world.engine.census()
    one.command({ type: 'request.send', id: 'request.s1-2', connection: 'connection.s1-1', request: wrong })
    expect(one.codes()).toHaveLength(1)
    expect(world.engine.census()).toEqual(before)
    one.command({ type: 'connection.close', id: 'connection.s1-1' })
    await world.clock.run(100)
    expect(world.engine.census().actors).toBe(0)
    expect(world.server.owners.size).toBe(0)
  })

  it('takes lists where there are lists, and null where it takes something back', async () => {
    const world = stage()
    const one = bare(world, 'one')
    one.command({ type: 'connection.open', id: 'connection.s1-1', options: { port: 5060 } })
    await world.clock.run(10)
    const set = (headers: unknown) => one.command({ type: 'headers.set', id: 'call.s1-2', headers })
    one.command({
      type: 'call.invite',
      id: 'call.s1-2',
      connection: 'connection.s1-1',
      invite: { uri: 'sip:bob@192.0.2.2', offer: sdp('192.0.2.1'), headers: [['X-A', 'b']] },
    })
    set([['X-A', 'b']])
    set(null)
    expect(one.codes()).toEqual([])
    set([5])
    expect(one.codes()).toEqual(['argument'])
  })
})

describe('a hook', () => {
  it('that promises and then says nothing draws 480', async () => {
    const claim = (async () => undefined) as unknown as ClaimHook
    const world = stage({ claim })
    const bob = createPeer(world.network, { host: '192.0.2.2', name: 'bob', transport: 'UDP' })
    world.server.listen({ port: 5060 })
    await world.clock.run(10)
    bob.request('MESSAGE', { to: { host: '192.0.2.1', port: 5060 }, uri: 'sip:alice@192.0.2.1' })
    await world.clock.run(100)
    expect(bob.next(480)).toBeDefined()
  })
})

describe('profiles that are removed', () => {
  it('are nobody’s any more', () => {
    let tell: (event: EngineEvent) => void = () => undefined
    const { engine, clock } = stage()
    const server = new SharedServer({
      engine: { ...engine, onEvent: listener => void (tell = listener) },
      clock,
      profiles: true,
    })
    tell({ type: 'profileChanged', profile: 'profile.1', change: 'created' })
    expect(server.owners.size).toBe(1)
    tell({ type: 'profileChanged', profile: 'profile.1', change: 'removed' })
    expect(server.owners.size).toBe(0)
  })
})
