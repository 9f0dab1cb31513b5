/** Requests outside dialogs that we send: rows B01 to B04, B06, B09 to B11 of docs/scenarios.md. */

import { expect, it } from 'vitest'
import { fails, record, refused } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { watch } from './wire.ts'

const alice = '192.0.2.1'
const uri = 'sip:bob@192.0.2.2:5060'
const message = { method: 'MESSAGE', uri, contentType: 'text/plain', body: 'hello' } as const

const withPeer = async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { sip, connection } = await world.party(alice)
  return { world, peer, sip, connection, wire: watch(world.network) }
}

it('B01: the application sees a provisional response, then the 200; one MESSAGE was sent (§17.1.2)', async () => {
  const { world, peer, connection, wire } = await withPeer()
  const transaction = connection.request(message)
  const statuses = record(transaction.responses$)
  const states = record(transaction.state$)
  await world.run(10)
  const received = peer.next('MESSAGE')
  peer.reply(received, 182)
  await world.run(100)
  peer.reply(received, 200)
  await world.run(100)
  expect(statuses.values.map(({ status }) => status)).toEqual([182, 200])
  expect((await transaction.response()).status).toBe(200)
  await world.run(40_000)
  expect(wire.sentBy(alice)).toEqual(['MESSAGE 1'])
  expect(received.text).toBe('hello')
  expect(states.values.map(({ is }) => is).slice(-2)).toEqual(['proceeding', 'terminated'])
  expect([statuses.complete, states.complete]).toEqual([true, true])
})

it('B01: the call has returned before any packet leaves, whatever is asked for', async () => {
  const { world, connection, wire } = await withPeer()
  connection.request(message)
  connection.invite(uri, { offer: sdp('192.0.2.1') })
  connection.register({ aor: 'sip:alice@192.0.2.2:5060' })
  expect(wire.packets).toEqual([])
  await world.run(0)
  expect(wire.sentBy(alice)).toEqual(['MESSAGE 1', 'INVITE 1', 'REGISTER 1'])
})

it('B01: a response that is told in the call itself would be missed: nothing is told before it returns', async () => {
  const { world, connection, sip } = await withPeer()
  const told: string[] = []
  sip.events$.subscribe(event => void told.push(event.type))
  connection.request(message)
  expect(told.filter(type => type !== 'state')).toEqual([])
  await world.run(100)
})

it('B02: a name that does not resolve is an error later, and no packet (RFC 3263)', async () => {
  const { world, connection, wire } = await withPeer()
  const transaction = connection.request({ ...message, uri: 'sip:bob@nowhere.example' })
  const seen: string[] = []
  transaction.errors$.subscribe(({ code }) => void seen.push(`${code} in ${transaction.state.is}`))
  expect(seen).toEqual([])
  await world.run(100)
  expect(seen).toEqual(['resolving in terminated'])
  await fails('resolving', transaction.response())
  await world.run(40_000)
  expect(wire.packets).toEqual([])
})

it('B03: a request that nobody watches any more is repeated until 64·T1 and never cancelled (RFC 4320 §4.1)', async () => {
  const { world, peer, connection } = await withPeer()
  const subscription = connection.request(message).state$.subscribe()
  await world.run(100)
  subscription.unsubscribe()
  await world.run(40_000)
  expect(peer.all('MESSAGE').length).toBe(11)
  expect(peer.all('CANCEL')).toEqual([])
})

it('B04: sends a MESSAGE 11 times, then gives up (§17.1.2.2)', async () => {
  const { world, peer, connection } = await withPeer()
  const transaction = connection.request(message)
  const responses = record(transaction.responses$)
  const seen: string[] = []
  transaction.errors$.subscribe(({ code }) => void seen.push(`${code} in ${transaction.state.is}`))
  await world.run(31_999)
  expect(seen).toEqual([])
  await world.run(1)
  expect(seen).toEqual(['timeout in terminated'])
  await world.run(60_000)
  const times = peer.times('MESSAGE').map(time => time - peer.times('MESSAGE')[0]!)
  expect(times).toEqual([0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500])
  const copies = new Set(peer.all('MESSAGE').map(copy => copy.header('via')))
  expect(copies.size).toBe(1)
  // The 408 of §8.1.3.1 is an error here, never a response.
  expect(responses).toEqual({ values: [], complete: true })
  expect(transaction.lastResponse).toBeUndefined()
  expect((await fails('timeout', transaction.response())).status).toBeUndefined()
})

it('B04: T1 of the connection scales all of it (§17.1.2.2)', async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const timers = { t1: 50, t2: 400, t4: 500, d: 3200, inviteProceeding: 0 }
  const { connection } = await world.party(alice, { timers })
  const transaction = connection.request(message)
  await world.run(3200)
  await fails('timeout', transaction.response())
  const times = peer.times('MESSAGE').map(time => time - peer.times('MESSAGE')[0]!)
  expect(times).toEqual([0, 50, 150, 350, 750, 1150, 1550, 1950, 2350, 2750, 3150])
})

it('B06: a request of more than 1300 bytes goes by TCP, and its Via says so (§18.1.1)', async () => {
  const { world, peer, connection, wire } = await withPeer()
  const transaction = connection.request({ ...message, body: 'x'.repeat(1400) })
  await world.run(100)
  const received = peer.next('MESSAGE')
  expect(received.via.transport).toBe('TCP')
  expect(received.text.length).toBe(1400)
  peer.reply(received, 200)
  await world.run(100)
  expect((await transaction.response()).status).toBe(200)
  expect(new Set(wire.packets.map(({ transport }) => transport))).toEqual(new Set(['TCP']))
})

it('B06: where nobody listens on TCP, UDP is tried after all (§18.1.1)', async () => {
  const world = createWorld()
  const udpOnly = world.network.platform({ host: '192.0.2.2', transports: ['UDP'] })
  const seen: number[] = []
  await udpOnly.transports[0]!.listen({ host: '192.0.2.2', port: 5060 }, () => ({
    opened: () => {},
    received: bytes => void seen.push(bytes.length),
    failed: () => {},
    closed: () => {},
  }))
  const { connection } = await world.party(alice)
  connection.request({ ...message, body: 'x'.repeat(1400) })
  await world.run(1000)
  expect(seen.length).toBeGreaterThan(0)
})

it('B09: a response with status 100, or 408 to a MESSAGE, is refused (RFC 4320 §4.2)', async () => {
  const { world, peer, connection } = await withPeer()
  connection.requests$.subscribe(transaction => {
    refused('argument', () => transaction.respond(100))
    refused('argument', () => transaction.respond(408))
    refused('argument', () => transaction.respond(99))
    refused('argument', () => transaction.respond(700))
    refused('argument', () => transaction.respond(Number.NaN))
  })
  peer.request('MESSAGE', { to: { host: alice, port: 5060 }, body: 'hello' })
  await world.run(3000)
  peer.nothing()
})

it.each([
  'Via',
  'v',
  'CSeq',
  'Call-ID',
  'i',
  'Max-Forwards',
  'Record-Route',
  'record-ROUTE',
  'Content-Length',
  'l',
])('B10: the header %s belongs to the stack (§8.1.1)', async name => {
  const { world, connection, wire } = await withPeer()
  refused('header-not-allowed', () => connection.request({ ...message, headers: [[name, 'x']] }))
  refused('header-not-allowed', () => connection.invite(uri, { headers: [[name, 'x']] }))
  await world.run(1000)
  expect(wire.packets).toEqual([])
})

it.each([
  'INFO',
  'REGISTER',
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'UPDATE',
  'PRACK',
])('B11: %s cannot be sent outside dialogs by hand', async method => {
  const { world, connection, wire } = await withPeer()
  refused('argument', () => connection.request({ method, uri }))
  await world.run(1000)
  expect(wire.packets).toEqual([])
})
