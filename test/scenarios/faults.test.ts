/** Faults of the path: row G09 of docs/scenarios.md, and its neighbours on streams. RFC 3261 §8.1.3.1, §18.4; RFC 3263 §4.3. */
import { describe, expect, it } from 'vitest'
import { fails, record } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { watch } from './wire.ts'

const alice = '192.0.2.1'
const message = { method: 'MESSAGE', contentType: 'text/plain', body: 'hello' } as const

const scene = async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { connection } = await world.party(alice)
  return { world, peer, connection, wire: watch(world.network) }
}

describe('G09: a closed UDP port', () => {
  it('is a transport error by ICMP, long before 64·T1 (§18.4)', async () => {
    const { world, connection, wire } = await scene()
    const transaction = connection.request({ ...message, uri: 'sip:bob@192.0.2.2:5099' })
    const states = record(transaction.state$)
    const errors = record(transaction.errors$)
    await world.run(100)
    expect(errors.values.map(({ code, icmp }) => [code, icmp])).toEqual([['transport', true]])
    expect(states.values.at(-1)?.is).toBe('terminated')
    await fails('transport', transaction.response())
    await world.run(40_000)
    expect(wire.sentBy(alice)).toEqual(['MESSAGE 1'])
  })

  it('leads to the next address with the same request and a new branch (RFC 3263 §4.3)', async () => {
    const { world, peer, connection, wire } = await scene()
    world.network.names.set('bob.example', [
      { host: '192.0.2.2', port: 5099 },
      { host: '192.0.2.2', port: 5060 },
    ])
    const transaction = connection.request({ ...message, uri: 'sip:bob@bob.example' })
    const errors = record(transaction.errors$)
    await world.run(100)
    peer.reply(peer.next('MESSAGE'), 200)
    await world.run(100)
    expect((await transaction.response()).status).toBe(200)
    expect(errors.values).toEqual([])
    const [first, second] = wire.packets.filter(({ text }) => text.startsWith('MESSAGE'))
    const same = (name: string): void =>
      expect(second?.text.match(new RegExp(`\r\n${name}: .*`))?.[0]).toBe(
        first?.text.match(new RegExp(`\r\n${name}: .*`))?.[0],
      )
    for (const name of ['Call-ID', 'CSeq', 'From', 'To']) same(name)
    const branch = (text = ''): string | undefined => /branch=[^;]*/.exec(text)?.[0]
    expect(branch(second?.text)).not.toBe(branch(first?.text))
  })

  it('ends a call that was never answered, and leaves no dialog', async () => {
    const { world, connection } = await scene()
    const call = connection.invite('sip:bob@192.0.2.2:5099', { offer: sdp(alice) })
    const errors = record(call.errors$)
    await world.run(100)
    await fails('transport', call.established())
    expect(await call.ended()).toMatchObject({ by: 'network', reason: 'failed' })
    expect(errors.values.map(({ code }) => code)).toEqual(['transport'])
    expect(call.dialog).toBeUndefined()
  })

  it('harms no other transaction on the same socket', async () => {
    const { world, peer, connection } = await scene()
    const good = connection.request({ ...message, uri: 'sip:bob@192.0.2.2:5060' })
    const bad = connection.request({ ...message, uri: 'sip:bob@192.0.2.2:5099' })
    await world.run(100)
    await fails('transport', bad.response())
    peer.reply(peer.next('MESSAGE'), 200)
    await world.run(100)
    expect((await good.response()).status).toBe(200)
  })
})

describe('G09: streams', () => {
  it('a refused TCP connection is a transport error, or the next address', async () => {
    const { world, peer, connection } = await scene()
    const refused = connection.request({ ...message, uri: 'sip:bob@192.0.2.2:5099;transport=tcp' })
    world.network.names.set('bob.example', [
      { host: '192.0.2.2', port: 5099, transport: 'TCP' },
      { host: '192.0.2.2', port: 5060, transport: 'TCP' },
    ])
    const next = connection.request({ ...message, uri: 'sip:bob@bob.example;transport=tcp' })
    await world.run(100)
    await fails('transport', refused.response())
    peer.reply(peer.next('MESSAGE'), 200)
    await world.run(100)
    expect((await next.response()).status).toBe(200)
  })

  it('a connection that is reset fails what waits on it within a second, and the next request opens another', async () => {
    const { world, peer, connection } = await scene()
    const uri = 'sip:bob@192.0.2.2:5060;transport=tcp'
    const waiting = connection.request({ ...message, uri })
    await world.run(100)
    peer.next('MESSAGE')
    expect(world.network.reset('192.0.2.2')).toBe(1)
    await world.run(1000)
    await fails('transport', waiting.response())
    const next = connection.request({ ...message, uri })
    await world.run(100)
    peer.reply(peer.next('MESSAGE'), 200)
    await world.run(100)
    expect((await next.response()).status).toBe(200)
  })

  it('a call whose connection is reset stays up: its BYE opens a new connection (§12.2.1.1)', async () => {
    const { world, peer, connection } = await scene()
    const call = connection.invite('sip:bob@192.0.2.2:5060;transport=tcp', { offer: sdp(alice) })
    await world.run(100)
    const contact = '<sip:peer@192.0.2.2:5060;transport=tcp>'
    peer.reply(peer.next('INVITE'), 200, { body: sdp('192.0.2.2'), contact })
    await world.run(100)
    peer.next('ACK')
    world.network.reset()
    await world.run(1000)
    expect(call.state.is).toBe('confirmed')
    const ended = call.hangUp()
    await world.run(100)
    peer.reply(peer.next('BYE'), 200)
    await world.run(100)
    await ended
    expect(peer.all('BYE').length).toBe(1)
  })

  it('a peer that is cut off over TCP ends in a timeout, not in silence for ever (§17.1.2.2)', async () => {
    const { world, peer, connection } = await scene()
    const uri = 'sip:bob@192.0.2.2:5060;transport=tcp'
    const first = connection.request({ ...message, uri })
    await world.run(100)
    peer.reply(peer.next('MESSAGE'), 200)
    await world.run(100)
    await first.response()
    world.network.partition('192.0.2.2')
    const cut = connection.request({ ...message, uri })
    await world.run(32_100)
    await fails('timeout', cut.response())
  })
})
