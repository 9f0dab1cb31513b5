/** Start, connection, closing: rows A01, A02, A07, A08 of docs/scenarios.md. */
import { expect, it } from 'vitest'
import type { Platform } from '../../src/index.ts'
import { createSip } from '../../src/index.ts'
import { testRegistrar } from '../../src/testing/index.ts'
import { record, refused } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { watch } from './wire.ts'

const alice = '192.0.2.1'
const target = { host: alice, port: 5060 }
const bob = 'sip:bob@192.0.2.2:5060'

/** A platform whose sockets bind at once and are reported a second later. */
const slowToBind = (platform: Platform): Platform => ({
  ...platform,
  transports: platform.transports.map(transport => ({
    ...transport,
    listen: async (local, accept) => {
      const listener = await transport.listen(local, accept)
      await new Promise<void>(resolve => void platform.clock.setTimeout(resolve, 1000))
      return listener
    },
  })),
})

it('A01: a connection goes from init to active, and OPTIONS is answered only then', async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const wire = watch(world.network)
  const sip = createSip({
    platform: slowToBind(world.network.platform({ host: alice, transports: ['UDP'] })),
  })
  await world.run(1000)
  expect(wire.packets).toEqual([])
  const connection = sip.connect({ port: 5060 })
  const states = record(connection.state$)
  peer.request('OPTIONS', { to: target })
  await world.run(500)
  peer.nothing()
  await world.run(1000)
  peer.request('OPTIONS', { to: target })
  await world.run(100)
  expect(peer.next(200).cseq.method).toBe('OPTIONS')
  peer.nothing()
  expect(states.values.map(({ is }) => is)).toEqual(['init', 'active'])
  await sip.close()
})

it('A01: a closed port is closed: before connect and after close nobody listens', async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { sip } = await world.party(alice)
  const closed = sip.close()
  await world.run(1000)
  await closed
  peer.request('OPTIONS', { to: target })
  await world.run(1000)
  peer.nothing()
})

it('A02: a connection in init sends nothing and says not-ready', async () => {
  const world = createWorld()
  const wire = watch(world.network)
  const sip = createSip({
    platform: slowToBind(world.network.platform({ host: alice, transports: ['UDP'] })),
  })
  const connection = sip.connect({ port: 5060 })
  refused('not-ready', () => connection.request({ method: 'OPTIONS', uri: bob }))
  refused('not-ready', () => connection.invite(bob))
  refused('not-ready', () => connection.register({ aor: 'sip:alice@192.0.2.2' }))
  await world.run(10_000)
  expect(wire.packets).toEqual([])
  connection.request({ method: 'OPTIONS', uri: bob })
  await world.run(0)
  expect(wire.sentBy(alice)).toEqual(['OPTIONS 1'])
  void sip.close()
  await world.run(100_000)
})

/** A registration, and a call to P. */
const everythingUp = async () => {
  const world = createWorld()
  const registrar = testRegistrar({
    platform: world.network.platform({ host: '192.0.2.10' }),
    users: { alice: 'secret' },
    challenge: false,
  })
  await registrar.listen()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { sip, connection } = await world.party(alice)
  const registration = connection.register({ aor: 'sip:alice@192.0.2.10', expires: 600 })
  const call = connection.invite(bob, { offer: sdp(alice) })
  await world.run(100)
  const ok = peer.reply(peer.next('INVITE'), 200, { body: sdp('192.0.2.2') })
  await world.run(100)
  peer.next('ACK')
  expect([registration.state.is, call.state.is]).toEqual(['registered', 'confirmed'])
  peer.on('BYE', bye => void peer.reply(bye, 200))
  return { world, registrar, peer, sip, connection, registration, call, ok, wire: watch(world.network) }
}

it('A07: call, registration, connection and client closed in this order: BYE, REGISTER with 0, silence', async () => {
  const { world, registrar, sip, connection, registration, call, wire } = await everythingUp()
  const states = [record(call.state$), record(registration.state$), record(connection.state$)]
  const ended = call.hangUp()
  await world.run(100)
  await ended
  const unregistered = registration.unregister()
  await world.run(100)
  await unregistered
  expect(wire.sentBy(alice)).toEqual(['BYE 2', 'REGISTER 2'])
  expect(wire.packets.find(({ text }) => text.startsWith('REGISTER'))?.text).toContain('expires=0')
  expect(registrar.bindings('sip:alice@192.0.2.10')).toEqual([])
  wire.clear()
  const closed = connection.close()
  await world.run(100)
  await closed
  const over = sip.close()
  await world.run(200_000)
  await over
  expect(wire.packets).toEqual([])
  expect(states.map(({ complete }) => complete)).toEqual([true, true, true])
  expect([call.state.is, registration.state.is, connection.state.is]).toEqual([
    'terminated',
    'unregistered',
    'closed',
  ])
})

it('A08: a connection closed first sends BYE, and REGISTER with 0 after it', async () => {
  const { world, registrar, connection, call, registration, wire } = await everythingUp()
  const closed = connection.close()
  await world.run(1000)
  await closed
  expect(wire.sentBy(alice)).toEqual(['BYE 2', 'REGISTER 2'])
  expect(registrar.bindings('sip:alice@192.0.2.10')).toEqual([])
  expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
  expect(registration.state.is).toBe('unregistered')
  expect(connection.state.is).toBe('closed')
  wire.clear()
  await world.run(4_000_000)
  expect(wire.packets).toEqual([])
})

it('A08: a peer that never answers the BYE does not hold the un-REGISTER for ever', async () => {
  const { world, peer, registrar, connection } = await everythingUp()
  peer.close()
  const closed = connection.close()
  await world.run(40_000)
  await closed
  expect(registrar.bindings('sip:alice@192.0.2.10')).toEqual([])
})
