/** The receiver of `@xstate/inspect` 0.8 itself, with XState 4, in this process: what it makes of our engine. */
import { createRequire } from 'node:module'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { inspected, sdp } from './support.ts'

/** What the receiver hands on, as far as it is looked at here. */
interface Received {
  readonly type: 'service.register' | 'service.state' | 'service.event' | 'service.stop'
  readonly sessionId: string
  readonly id?: string
  readonly parent?: string
  readonly machine?: {
    readonly id: string
    readonly stateIds: readonly string[]
    readonly events: readonly string[]
  }
  readonly state?: { matches(value: unknown): boolean; readonly value: unknown; readonly done?: boolean }
  readonly event?: { readonly name: string; readonly origin?: string }
}

interface Receiver {
  subscribe(next: (event: Received) => void): { unsubscribe(): void }
}

const require = createRequire(new URL('../../visualizer/package.json', import.meta.url))
const { createWebSocketReceiver } = require('@xstate/inspect') as {
  createWebSocketReceiver(options: { server: string }): Receiver
}

const opened: (() => Promise<void> | void)[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  for (const end of opened.splice(0).reverse()) await end()
})

/** The receiver, over the `ws` package. */
const receive = (url: string) => {
  const sockets: WebSocket[] = []
  vi.stubGlobal(
    'WebSocket',
    class extends WebSocket {
      constructor(address: string) {
        super(address)
        sockets.push(this)
      }
    },
  )
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { host, pathname } = new URL(url)
  const receiver = createWebSocketReceiver({ server: `${host}${pathname}xstate-inspect` })
  const events: Received[] = []
  let changed = (): void => undefined
  receiver.subscribe(event => {
    events.push(event)
    changed()
  })
  opened.push(() => sockets.forEach(socket => socket.terminate()))
  return {
    events,
    warnings,
    sockets,
    async until(holds: () => boolean): Promise<void> {
      while (!holds())
        await new Promise<void>(resolve => {
          changed = resolve
        })
    },
    of: (type: Received['type'], session?: string) =>
      events.filter(event => event.type === type && (session === undefined || event.sessionId === session)),
  }
}

const begin = async (options: Parameters<typeof inspected>[0] = {}) => {
  const made = await inspected(options)
  opened.push(() => made.end())
  return made
}

describe('the receiver of @xstate/inspect', () => {
  it('gets every actor from its birth to its end: its chart, its states, its events with who sent them', async () => {
    const { inspector, alice, call } = await begin()
    const receiver = receive(inspector.url)
    const present = alice.sip.actors().actors
    await receiver.until(() => receiver.of('service.register').length === present.length)
    await call()
    const transaction = (): Received | undefined =>
      receiver.of('service.register').find(({ machine }) => machine?.id === 'inviteClient')
    await receiver.until(() => {
      const session = receiver
        .of('service.register')
        .find(({ machine }) => machine?.id === 'nonInviteClient')?.sessionId
      return session !== undefined && receiver.of('service.state', session).length > 1
    })
    const born = transaction()!
    expect(born.machine?.stateIds).toEqual(expect.arrayContaining(['inviteClient.accepted']))
    expect(born.machine?.events).toEqual(expect.arrayContaining(['wire.success']))
    expect(born.parent).toBe(alice.connection.id)
    const states = receiver.of('service.state', born.sessionId)
    expect(states.at(-1)?.state?.matches('accepted')).toBe(true)
    const request = receiver.of('service.register').find(({ machine }) => machine?.id === 'clientRequest')!
    expect(
      receiver.of('service.event', request.sessionId).some(({ event }) => event?.origin === born.sessionId),
    ).toBe(true)
    expect(receiver.warnings).not.toHaveBeenCalled()
    receiver.sockets[0]!.terminate()
  })

  it('gets, coming late, all that live with id and parent, each after its parent; and stops of what ends', async () => {
    const { inspector, alice, world } = await begin({ ring: 100 })
    const call = alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
    await world.run(500)
    const { actors } = alice.sip.actors()
    const receiver = receive(inspector.url)
    await receiver.until(() => receiver.of('service.register').length === actors.length)
    const seen = new Set<string>()
    for (const { sessionId, parent, id } of receiver.of('service.register')) {
      expect([...actors.map(actor => actor.id), ...actors.map(actor => actor.machine)]).toContain(id)
      if (parent !== undefined) expect(seen.has(parent)).toBe(true)
      seen.add(sessionId)
    }
    expect(seen).toEqual(new Set(actors.map(({ id }) => id)))
    const alive = receiver.of('service.register').find(({ machine }) => machine?.id === 'outgoingCall')!
    expect(alive.state?.matches('confirmed')).toBe(true)
    const ended = call.hangUp()
    await world.run(70_000)
    await ended
    await receiver.until(() => receiver.of('service.stop', alive.sessionId).length === 1)
    expect(receiver.of('service.stop').length).toBeGreaterThan(2)
    // Nothing that had happened before it came.
    expect(receiver.of('service.register', alive.sessionId)).toHaveLength(1)
  })

  it('may ask for events to be sent to a machine, and nothing of it is done', async () => {
    const { inspector, alice } = await begin()
    const receiver = receive(inspector.url)
    await receiver.until(() => receiver.of('service.register').length > 0)
    const before = alice.sip.actors()
    receiver.sockets[0]!.send(
      JSON.stringify({ type: 'xstate.event', event: '{"type":"tu.close"}', service: alice.connection.id }),
    )
    receiver.sockets[0]!.send(JSON.stringify({ type: 'xstate.inspecting' }))
    await receiver.until(() => receiver.of('service.register').length === 2 * before.actors.length)
    expect(alice.sip.actors()).toEqual(before)
    expect(alice.connection.state.is).toBe('active')
  })
})
