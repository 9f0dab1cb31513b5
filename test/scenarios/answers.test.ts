/** Requests outside dialogs that come in: rows B07, B08, B13 to B18 of docs/scenarios.md. */
import { describe, expect, it } from 'vitest'
import type { ServerTransaction } from '../../src/index.ts'
import { record, refused } from '../api/support.ts'
import { createPeer, type PeerOptions } from '../support/peer.ts'
import { wire as lines, sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { watch } from './wire.ts'

const alice = '192.0.2.1'
const to = { host: alice, port: 5060 }

const withPeer = async (peerOptions: Partial<PeerOptions> = {}, options = {}) => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2', ...peerOptions })
  const { sip, connection } = await world.party(alice, {}, options)
  return { world, peer, sip, connection, wire: watch(world.network) }
}

/** Answers every request with 200 and keeps it. */
const answering = async (peerOptions: Partial<PeerOptions> = {}) => {
  const all = await withPeer(peerOptions)
  const taken: ServerTransaction[] = []
  all.connection.requests$.subscribe(transaction => {
    taken.push(transaction)
    transaction.respond(200)
  })
  return { ...all, taken }
}

it('B07: a MESSAGE gets exactly one 200, made of its own headers and a tag (§8.2.6)', async () => {
  const { world, peer, taken } = await answering()
  const request = peer.request('MESSAGE', { to, body: 'hello' })
  await world.run(40_000)
  const ok = peer.next(200)
  peer.nothing()
  for (const name of ['From', 'Call-ID', 'CSeq']) expect(ok.header(name)).toBe(request.header(name))
  expect(ok.headers('via').length).toBe(1)
  expect(ok.via.params.get('branch')).toBe(request.via.params.get('branch'))
  expect(ok.header('to')).toMatch(/^<sip:192\.0\.2\.1:5060>;tag=.+/)
  expect(taken.map(({ request: { text } }) => text)).toEqual(['hello'])
  expect(taken[0]!.canRespond).toBe(false)
  refused('invalid-transaction-state', () => taken[0]!.respond(200))
  expect(record(taken[0]!.state$)).toEqual({ values: [{ is: 'terminated' }], complete: true })
})

it('B08: 100 to a MESSAGE leaves only when the application is slower than 3.5 s (RFC 4320 §4.1)', async () => {
  const { world, peer, connection } = await withPeer()
  let taken: ServerTransaction | undefined
  connection.requests$.subscribe(transaction => (taken = transaction))
  peer.request('MESSAGE', { to, body: 'hello' })
  const start = world.clock.now()
  await world.run(3499)
  peer.nothing()
  await world.run(100)
  expect(peer.next(100).header('to')).not.toContain('tag')
  expect(peer.times(100)[0]! - start).toBe(3502)
  taken!.respond(200)
  await world.run(10)
  peer.next(200)
  await world.run(40_000)
  peer.nothing()
})

describe('B13: OPTIONS', () => {
  it('is answered with all that we can, and no stream (§11.2)', async () => {
    const { world, peer } = await withPeer()
    peer.request('OPTIONS', { to, headers: [['Accept', 'application/sdp']] })
    await world.run(10)
    const ok = peer.next(200)
    expect(ok.header('allow')).toBe(
      'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY, MESSAGE, INFO',
    )
    expect(ok.header('accept')).toContain('application/sdp')
    expect(ok.header('accept-encoding')).toBe('identity')
    expect(ok.header('accept-language')).toBe('en')
    expect(ok.header('supported')).toBeDefined()
    const media = ok.text.split('\r\n').filter(line => line.startsWith('m='))
    expect(media.map(line => line.split(' ')[1])).toEqual(['0'])
  })

  it('is answered 486 when an INVITE would be (§11.2)', async () => {
    const { world, peer, connection } = await withPeer({}, { maxCalls: 1 })
    connection.calls$.subscribe(call => call.ring())
    peer.request('INVITE', { to, body: sdp('192.0.2.2') })
    await world.run(10)
    peer.next(180)
    peer.request('OPTIONS', { to })
    peer.request('INVITE', { to, body: sdp('192.0.2.2') })
    await world.run(10)
    expect([peer.next(486).cseq.method, peer.next(486).cseq.method].sort()).toEqual(['INVITE', 'OPTIONS'])
  })
})

describe('B14: Require', () => {
  it('of what we do not know is answered 420 with Unsupported (§8.2.2.3)', async () => {
    const { world, peer, connection, taken } = await answering()
    const calls = record(connection.calls$)
    peer.request('MESSAGE', { to, headers: [['Require', 'foo']] })
    peer.request('INVITE', { to, headers: [['Require', 'foo, bar']] })
    await world.run(100)
    expect([peer.next(420).header('unsupported'), peer.next(420).header('unsupported')]).toEqual([
      'foo',
      'foo, bar',
    ])
    expect([taken, calls.values]).toEqual([[], []])
  })

  it('does not count for CANCEL and ACK, and Proxy-Require is not ours (§8.2.2.3)', async () => {
    const { world, peer, connection, taken } = await answering()
    connection.calls$.subscribe(call => call.ring())
    const invite = peer.request('INVITE', { to, body: sdp('192.0.2.2') })
    await world.run(10)
    peer.send(
      lines`
        CANCEL ${invite.uri} SIP/2.0
        Via: ${invite.header('via')!}
        Max-Forwards: 70
        From: ${invite.header('from')!}
        To: ${invite.header('to')!}
        Call-ID: ${invite.callId}
        CSeq: ${invite.cseq.seq} CANCEL
        Require: foo
        Content-Length: 0
      `,
      to,
    )
    await world.run(10)
    expect(peer.next(200).cseq.method).toBe('CANCEL')
    const refusal = peer.next(487)
    peer.ackFor(refusal, { headers: [['Require', 'foo']] })
    peer.request('MESSAGE', { to, headers: [['Proxy-Require', 'foo']] })
    await world.run(40_000)
    // The ACK was taken: the 487 is not repeated.
    expect(peer.all(487).length).toBe(1)
    expect(peer.all(420)).toEqual([])
    expect(taken.length).toBe(1)
  })
})

it('B15: a method that nobody handles is answered 405 with Allow (§8.2.1)', async () => {
  const { world, peer, taken } = await answering()
  peer.request('CHAT', { to })
  await world.run(10)
  expect(peer.next(405).header('allow')).toBe(
    'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY, MESSAGE, INFO',
  )
  expect(taken).toEqual([])
})

describe('B16', () => {
  it('Max-Forwards 0 is for forwarders: a user agent answers as usual (§8.2)', async () => {
    const { world, peer, taken } = await answering()
    peer.request('MESSAGE', { to, headers: [['Max-Forwards', '0']] })
    await world.run(10)
    peer.next(200)
    expect(taken.length).toBe(1)
  })

  it('a copy that came another way while the first lives is answered 482 (§8.2.2.2)', async () => {
    const { world, peer, connection } = await withPeer()
    const calls = record(connection.calls$)
    connection.calls$.subscribe(call => call.ring())
    const same = { to, callId: 'one', fromTag: 'one', body: sdp('192.0.2.2') }
    peer.request('INVITE', { ...same, branch: 'z9hG4bK-one' })
    peer.request('INVITE', { ...same, branch: 'z9hG4bK-two' })
    await world.run(10)
    expect(peer.next(482).via.params.get('branch')).toBe('z9hG4bK-two')
    expect(peer.next(180).via.params.get('branch')).toBe('z9hG4bK-one')
    expect(calls.values.length).toBe(1)
  })

  it('a foreign version is answered 505, an unreadable CSeq 400 (§21.5.6, §21.4.1)', async () => {
    const { world, peer, sip, taken, wire } = await answering()
    const malformed = record(sip.events$)
    const text = (version: string, cseq: string, branch: string): string => lines`
      MESSAGE sip:alice@192.0.2.1 ${version}
      Via: SIP/2.0/UDP 192.0.2.2:5060;branch=${branch}
      Max-Forwards: 70
      From: <sip:peer@192.0.2.2>;tag=a
      To: <sip:alice@192.0.2.1>
      Call-ID: ${branch}
      CSeq: ${cseq}
      Content-Length: 0
    `
    peer.send(text('SIP/3.0', '1 MESSAGE', 'z9hG4bK-v3'), to)
    peer.send(text('SIP/2.0', 'one MESSAGE', 'z9hG4bK-cseq'), to)
    await world.run(10)
    const [newer, garbled] = wire.packets.filter(({ from }) => from.host === alice).map(({ text }) => text)
    expect(newer).toMatch(/^SIP\/2\.0 505 /)
    expect(garbled).toMatch(/^SIP\/2\.0 400 /)
    // The garbage is sent back as it came.
    expect(garbled).toContain('CSeq: one MESSAGE')
    expect(malformed.values.map(event => (event.type === 'malformed' ? event.answered : event.type))).toEqual(
      [505, 400],
    )
    expect(taken).toEqual([])
  })
})

it('B17: a repeated MESSAGE draws the same 200 again, and the application hears of one (§17.2.2)', async () => {
  const { world, peer, taken, wire } = await answering()
  const request = peer.request('MESSAGE', { to, body: 'hello' })
  for (let copies = 0; copies < 3; copies += 1) {
    await world.run(500)
    peer.send(request, to)
  }
  await world.run(500)
  const answers = wire.packets.filter(({ from }) => from.host === alice)
  expect(answers.length).toBe(4)
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(taken.length).toBe(1)
})

describe('B18: rport (RFC 3581 §4)', () => {
  it('a peer behind a NAT gets its answer at the port it sent from, with rport and received', async () => {
    const { world, peer } = await answering({ host: '10.0.0.2', behind: '203.0.113.9' })
    peer.request('MESSAGE', { to, body: 'hello' })
    await world.run(10)
    const { params } = peer.next(200).via
    expect(params.get('received')).toBe('203.0.113.9')
    expect(Number(params.get('rport'))).toBeGreaterThan(0)
    expect(params.get('rport')).not.toBe('5060')
  })

  it('our own requests ask for rport, and answers filled in by the peer are taken', async () => {
    const { world, peer, connection } = await withPeer()
    const transaction = connection.request({ method: 'OPTIONS', uri: 'sip:bob@192.0.2.2:5060' })
    await world.run(10)
    const received = peer.next('OPTIONS')
    expect(received.via.params.has('rport')).toBe(true)
    const answer = peer.reply(received, 200)
    expect(answer.via.params.get('rport')).toBe('5060')
    await world.run(10)
    expect((await transaction.response()).via.params.get('rport')).toBe('5060')
  })

  it('without rport the answer goes to the port in Via', async () => {
    const { world, peer, wire } = await answering()
    peer.request('MESSAGE', {
      to,
      headers: [['Via', 'SIP/2.0/UDP 192.0.2.2:5071;branch=z9hG4bK-other-port']],
    })
    await world.run(10)
    expect(wire.packets.at(-1)?.to).toEqual({ host: '192.0.2.2', port: 5071 })
  })
})
