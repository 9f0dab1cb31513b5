/**
 * A parked server transaction is the same transaction: what a live actor of the stock machine does with any sequence of
 * events after its final response, the row does too, at the same times and with the same bytes.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, createActor, fromTransition, SimulatedClock } from 'xstate'
import { inviteServer, nonInviteServer, rfc3261 } from '../../machines/index.ts'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { serialize } from '../../src/message/index.ts'
import type { SipRequest, SipResponse } from '../../src/message/types.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'

const us = { host: '192.0.2.1', port: 5060 }

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** Our engine, having answered one request of P's; its transaction is parked. */
const answered = async (method: 'MESSAGE' | 'INVITE') => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, latency: 0, seed: 3 })
  const engine = createEngine(network.platform({ host: us.host }))
  const sip = sipOver(engine, {})
  const connection = sip.connect({ port: us.port })
  await connection.active()
  const peer = createPeer(network, { host: '192.0.2.2' })
  let told = 0
  connection.requests$.subscribe(transaction => {
    told += 1
    transaction.respond(200, { body: 'seen', contentType: 'text/plain' })
  })
  connection.calls$.subscribe(call => {
    told += 1
    void call.accept(sdp(us.host))
  })
  await clock.run(0)
  const request: SipRequest = peer.request(method, {
    to: us,
    ...(method === 'INVITE' ? { body: sdp('192.0.2.2') } : {}),
  })
  await clock.run(1)
  const response = peer.next(200) as SipResponse
  if (method === 'INVITE') peer.inDialog(request, response).ack()
  await clock.run(1)
  peer.skip()
  return { clock, engine, sip, peer, request, response, told: () => told }
}

/** The stock machine in the same state, and what it transmits. */
const stock = (machine: AnyStateMachine, request: SipRequest, response: SipResponse) => {
  const clock = new SimulatedClock()
  const sent: string[] = []
  const owner = createActor(fromTransition((state: number) => state, 0)).start()
  const provided = machine.provide({
    actions: {
      transmit: (_: unknown, sending: unknown) => void sent.push(latin1(serialize(sending as SipResponse))),
    },
  } as never)
  const actor = createActor(provided, {
    clock,
    input: { owner, reliable: false, timers: rfc3261 } as never,
  }).start()
  actor.send({ type: request.method === 'INVITE' ? 'tu.success' : 'tu.final', response } as never)
  sent.length = 0
  return { clock, sent, actor }
}

const steps = fc.array(
  fc.record({ wait: fc.integer({ min: 0, max: 20_000 }), what: fc.constantFrom('request', 'ack') }),
  { minLength: 1, maxLength: 6 },
)

describe('a parked server transaction', () => {
  it.each([
    ['MESSAGE', nonInviteServer, 'completed'],
    ['INVITE', inviteServer, 'accepted'],
  ] as const)(
    'of %s does what its machine does, until its timer ends it (§17.2.2, RFC 6026 §7.1)',
    async (method, machine, state) => {
      await fc.assert(
        fc.asyncProperty(steps, async schedule => {
          const world = await answered(method)
          expect(world.engine.census().kinds.parked, 'it is parked').toBe(1)
          const model = stock(machine as AnyStateMachine, world.request, world.response)
          expect(model.actor.getSnapshot().value).toBe(state)
          // The world has lived 1 ms longer in the parked state for MESSAGE, 2 ms for INVITE.
          const lead = method === 'INVITE' ? 2 : 1
          model.clock.increment(lead)
          let at = lead
          for (const { wait, what } of schedule) {
            at += wait
            if (at >= 64 * rfc3261.t1) break
            await world.clock.run(wait)
            model.clock.increment(wait)
            if (what === 'request') world.peer.send(world.request, us)
            model.actor.send({
              type: what === 'request' ? 'wire.request' : 'wire.ack',
              request: world.request,
            } as never)
            await world.clock.run(0)
          }
          const received = world.peer.received
            .slice(1)
            .filter(message => message.kind === 'response' && message.status === 200)
          expect(received.map(message => latin1(serialize(message)))).toEqual(model.sent)
          expect(world.told(), 'the application heard once').toBe(1)
          await world.clock.run(64 * rfc3261.t1)
          model.clock.increment(64 * rfc3261.t1)
          expect(model.actor.getSnapshot().status).toBe('done')
          expect(world.engine.census().kinds.parked ?? 0, 'nothing of it stays').toBe(0)
        }),
        { numRuns: 25, seed: 11 },
      )
    },
  )

  it('ends exactly when Timer J fires (§17.2.2)', async () => {
    const { clock, engine } = await answered('MESSAGE')
    await clock.run(64 * rfc3261.t1 - 2 - 1)
    expect(engine.census().kinds.parked).toBe(1)
    await clock.run(2)
    expect(engine.census().kinds.parked ?? 0).toBe(0)
  })

  it('is not in the way of a request that only looks like it', async () => {
    const { clock, peer, told } = await answered('MESSAGE')
    peer.request('MESSAGE', { to: us })
    await clock.run(1)
    expect(told()).toBe(2)
  })
})
