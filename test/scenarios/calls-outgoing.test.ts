/** Acceptance scenarios D01 to D05 of docs/scenarios.md: calls of ours. RFC 3261 §13.2. */
import { describe, expect, it } from 'vitest'
import type { SipRequest } from '../../src/message/types.ts'
import { credentialsFor } from '../support/credentials.ts'
import { branchOf, createScene, lines, ourOffer, theirs, transports } from './support.ts'

const t1 = 500
const sixtyFourT1 = 64 * t1

const challenge: readonly (readonly [string, string])[] = [
  ['WWW-Authenticate', 'Digest realm="bob", nonce="n1", qop="auth", algorithm=MD5'],
]

describe('D01', () => {
  it.for(transports)('D01 over %s: INVITE, 180, 200, ACK; the call is confirmed (§13.2)', async wire => {
    const { call: begin, bob, run, ourWords } = await createScene({ wire })
    const { call, story, invite } = await begin()
    expect(invite.header('content-type')).toBe('application/sdp')
    expect(invite.text).toBe(ourOffer)
    expect(invite.via.transport).toBe(wire)
    expect(invite.parsed('max-forwards')).toBe(70)
    bob.reply(invite, 180)
    await run(2000)
    expect(call.state.is).toBe('early')
    const ok = bob.reply(invite, 200, { body: theirs })
    await run(10)
    const ack = bob.next('ACK')
    expect(ack.uri).toBe(bob.uri)
    expect([ack.callId, ack.cseq.seq, ack.header('from')]).toEqual([
      invite.callId,
      invite.cseq.seq,
      invite.header('from'),
    ])
    expect(ack.header('to')).toBe(ok.header('to'))
    // §17.1.1.3: the ACK of a 2xx is a transaction of its own.
    expect(branchOf(ack)).not.toBe(branchOf(invite))
    await call.established()
    expect(story.states).toEqual(['calling', 'early', 'confirmed'])
    expect(story.statuses).toEqual([180, 200])
    expect(call.answer).toBe(theirs)
    expect(call.dialog?.state.is).toBe('confirmed')
    await run(2 * sixtyFourT1)
    expect(ourWords()).toEqual(['INVITE', 'ACK'])
    expect(story.errors).toEqual([])
  })

  it('D01: the INVITE and the 200 say what we allow, once (§13.2.1, §13.3.1.4)', async () => {
    const { call: begin, called, bob, run } = await createScene({ connection: { methods: ['INFO'] } })
    const allowed = ['INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY, INFO']
    const { invite } = await begin()
    expect(invite.headers('allow')).toEqual(allowed)
    bob.reply(invite, 486)
    await run(10)
    const own = await begin({ headers: [['allow', 'INVITE, ACK, BYE']] })
    expect(own.invite.headers('allow')).toEqual(['INVITE, ACK, BYE'])
    bob.reply(own.invite, 486)
    const { call } = await called()
    void call.accept(ourOffer)
    await run(10)
    expect(bob.next(200).headers('allow')).toEqual(allowed)
  })

  it('D01 over IPv6', async () => {
    const { call: begin, bob, run } = await createScene({ ours: '2001:db8::1', theirs: '2001:db8::2' })
    const { call, invite } = await begin()
    expect(invite.header('contact')).toBe('<sip:alice@[2001:db8::1]:5060>')
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    const ack = bob.next('ACK')
    expect([ack.uri, ack.via.host]).toEqual(['sip:bob@[2001:db8::2]:5060', '2001:db8::1'])
    expect(call.state.is).toBe('confirmed')
  })

  it('D01: the INVITE is repeated at T1, 2·T1 … on UDP until something is heard (§17.1.1.2)', async () => {
    const { call: begin, bob, run, timesOf } = await createScene()
    const { invite } = await begin()
    await run(3600)
    const [first, ...repeats] = bob.all('INVITE') as SipRequest[]
    expect(timesOf('INVITE')).toEqual([0, 500, 1500, 3500])
    for (const repeat of repeats) expect(lines(repeat)).toEqual(lines(first!))
    bob.reply(invite, 100, { contact: false })
    await run(20_000)
    expect(timesOf('INVITE')).toHaveLength(4)
  })

  it('D01: it leaves once over TCP', async () => {
    const { call: begin, run, timesOf } = await createScene({ wire: 'TCP' })
    await begin()
    await run(30_000)
    expect(timesOf('INVITE')).toHaveLength(1)
  })
})

it('D02: of 100, 180, 183, 200 the application gets all but the 100, and the dialog goes from early to confirmed', async () => {
  const { call: begin, bob, run } = await createScene()
  const { call, story, invite } = await begin()
  for (const status of [100, 180, 183]) {
    bob.reply(invite, status, status === 183 ? { body: theirs } : {})
    await run(10)
    if (status === 100) expect(call.state.is).toBe('proceeding')
    else expect([call.state.is, call.dialog?.state.is]).toEqual(['early', 'early'])
  }
  expect(call.answer).toBe(theirs)
  bob.reply(invite, 200, { body: theirs })
  await run(10)
  expect(story.statuses).toEqual([180, 183, 200])
  expect(story.states).toEqual(['calling', 'proceeding', 'early', 'confirmed'])
  expect(story.dialogs).toHaveLength(1)
  expect(story.dialogs[0]?.state.is).toBe('confirmed')
})

it('D02: a 180 without To tag makes no dialog', async () => {
  const { call: begin, bob, run } = await createScene()
  const { call, story, invite } = await begin()
  bob.send(
    `SIP/2.0 180 Ringing\r\nVia: ${invite.header('via')}\r\nFrom: ${invite.header('from')}\r\nTo: ${invite.header('to')}\r\n` +
      `Call-ID: ${invite.callId}\r\nCSeq: ${invite.header('cseq')}\r\nContent-Length: 0\r\n\r\n`,
    bob.sourceOf(invite),
  )
  await run(10)
  expect([call.state.is, call.dialog, story.statuses]).toEqual(['proceeding', undefined, [180]])
})

describe('D03', () => {
  it.for(transports)(
    'D03 over %s: with autoAck false the ACK leaves when the application says so (§13.2.2.4)',
    async wire => {
      const { call: begin, bob, run, ourWords } = await createScene({ wire })
      const { call, story, invite } = await begin({ autoAck: false })
      const answer = () => bob.reply(invite, 200, { body: theirs, toTag: 'b' })
      answer()
      for (const pause of [500, 1000, 2000]) {
        await run(pause)
        answer()
      }
      await run(10)
      expect(ourWords()).toEqual(['INVITE'])
      expect(story.eventTypes).toEqual(['answered'])
      expect(story.statuses).toEqual([200])
      expect(call.can('ack')).toBe(true)
      call.ack()
      await run(10)
      expect(ourWords()).toEqual(['INVITE', 'ACK'])
      expect(call.can('ack')).toBe(false)
      expect(() => call.ack()).toThrow('no 2xx waits')
      answer()
      await run(10)
      expect(ourWords()).toEqual(['INVITE', 'ACK', 'ACK'])
    },
  )

  it('D03: to an INVITE without offer the answer goes into the ACK, and every repeated ACK has it (§13.2.1)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin({ offer: 'none', autoAck: false })
    expect([invite.text, invite.header('content-type')]).toEqual(['', undefined])
    const ok = bob.reply(invite, 200, { body: theirs })
    await run(3000)
    bob.nothing('ACK')
    expect(call.offer).toBe(theirs)
    call.ack(ourOffer)
    await run(10)
    bob.send(ok, bob.sourceOf(invite))
    await run(10)
    const [first, second] = [bob.next('ACK'), bob.next('ACK')]
    expect(first.text).toBe(ourOffer)
    expect(first.header('content-type')).toBe('application/sdp')
    expect(lines(second)).toEqual(lines(first))
  })

  it('D03: one who hangs up instead of acknowledging sends ACK and BYE (§13.2.2.4, §15)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin({ autoAck: false })
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    void call.hangUp()
    await run(10)
    const [ack, bye] = [bob.next('ACK'), bob.next('BYE')]
    expect([ack.cseq.seq, bye.cseq.seq]).toEqual([invite.cseq.seq, invite.cseq.seq + 1])
    bob.reply(bye, 200)
    await run(10)
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
  })
})

describe('D04', () => {
  it.for(transports)(
    'D04 over %s: a repeated 200 gets the same ACK again, the application hears once (§13.2.2.4)',
    async wire => {
      const { established, bob, run } = await createScene({ wire })
      const { invite, ok, ack, story } = await established()
      for (const pause of [500, 1000, 2000, 4000]) {
        await run(pause)
        bob.send(ok, bob.sourceOf(invite), wire)
      }
      await run(10)
      const acks = bob.all('ACK') as SipRequest[]
      expect(acks).toHaveLength(5)
      for (const again of acks) expect(lines(again)).toEqual(lines(ack))
      expect([story.statuses, story.eventTypes]).toEqual([[200], ['answered']])
      expect(story.states.filter(is => is === 'confirmed')).toHaveLength(1)
    },
  )

  it('D04: the ACK has the number and the credentials of the INVITE that was let in (§22.1)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, story, invite } = await begin({ credentials: { username: 'alice', password: 'pw' } })
    const refusal = bob.reply(invite, 401, { headers: challenge })
    await run(10)
    const refused = bob.next('ACK')
    expect([branchOf(refused), refused.cseq.seq]).toEqual([branchOf(invite), invite.cseq.seq])
    const again = bob.next('INVITE')
    expect([again.callId, again.fromTag, again.cseq.seq]).toEqual([
      invite.callId,
      invite.fromTag,
      invite.cseq.seq + 1,
    ])
    expect(again.header('to')).toBe(invite.header('to'))
    expect(
      credentialsFor(refusal, { username: 'alice', password: 'pw', uri: again.uri, method: 'INVITE' })[0],
    ).toBe('Authorization')
    const ok = bob.reply(again, 200, { body: theirs })
    await run(10)
    bob.send(ok, bob.sourceOf(again))
    await run(10)
    const [ack, repeat] = [bob.next('ACK'), bob.next('ACK')]
    expect(ack.header('authorization')).toBe(again.header('authorization'))
    expect(ack.cseq.seq).toBe(again.cseq.seq)
    expect(lines(repeat)).toEqual(lines(ack))
    expect([call.state.is, story.statuses]).toEqual(['confirmed', [200]])
  })

  it('D04: 180 and 486 that come after the 200 change nothing (RFC 6026 §7.2)', async () => {
    const { established, bob, run } = await createScene()
    const { call, story, invite } = await established()
    bob.reply(invite, 180)
    bob.reply(invite, 486)
    await run(1000)
    expect([call.state.is, story.statuses, story.errors]).toEqual(['confirmed', [200], []])
    bob.nothing()
  })

  it('D04: a 200 without Contact is acknowledged where the INVITE went, and the call stands', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    bob.reply(invite, 200, { body: theirs, contact: false })
    await run(10)
    expect(bob.next('ACK').uri).toBe(invite.uri)
    expect(call.state.is).toBe('confirmed')
  })

  it('D04: an ACK that was lost is sent again on the next 200', async () => {
    const { call: begin, bob, run, network } = await createScene()
    const { invite, call } = await begin()
    network.drop(({ text }) => text.startsWith('ACK'), { count: 2 })
    const ok = bob.reply(invite, 200, { body: theirs })
    for (const pause of [500, 1000]) {
      await run(pause)
      bob.nothing('ACK')
      bob.send(ok, bob.sourceOf(invite))
    }
    await run(10)
    bob.next('ACK')
    expect(call.state.is).toBe('confirmed')
  })
})

describe('D04 while the way to the peer is not open yet', () => {
  it('D04: 200s that come meanwhile make no second ACK (§13.2.2.4)', async () => {
    const { call: begin, bob, run, network } = await createScene({ latency: 50 })
    const { call, invite } = await begin({}, 200)
    const contact = `<${bob.uri};transport=tcp>`
    for (let times = 0; times < 3; times += 1) bob.reply(invite, 200, { body: theirs, contact })
    // A fork that nobody wants, on the same kind of way.
    for (let times = 0; times < 2; times += 1)
      bob.reply(invite, 200, { toTag: 'fork', body: theirs, contact })
    await run(1000)
    const acks = bob.all('ACK') as SipRequest[]
    expect(acks.map(({ toTag }) => toTag === 'fork')).toEqual([false, true])
    expect(acks.map(({ via }) => via.transport)).toEqual(['TCP', 'TCP'])
    expect((bob.all('BYE') as SipRequest[]).map(({ toTag }) => toTag)).toEqual(['fork'])
    expect(call.state.is).toBe('confirmed')
    expect(network.connections).toBe(1)
  })

  it('D04: the ACK is repeated over a new connection when the old one is gone', async () => {
    const { established, bob, run } = await createScene({ wire: 'TCP' })
    const { ok, ack, invite, call } = await established()
    bob.disconnect()
    await run(10)
    bob.send(ok, { host: '192.0.2.1', port: 5060 }, 'TCP')
    await run(10)
    expect(lines(bob.next('ACK'))).toEqual(lines(ack))
    expect([call.state.is, invite.via.transport]).toEqual(['confirmed', 'TCP'])
  })
})

describe('D05', () => {
  it.for(transports)(
    'D05 over %s: inviteCompleted comes 64·T1 after the first 2xx (RFC 6026 §7.2)',
    async wire => {
      const { established, bob, run } = await createScene({ wire })
      const { story, ok, invite } = await established()
      await run(10_000)
      bob.send(ok, bob.sourceOf(invite), wire)
      await run(sixtyFourT1 - 10_000 - 100)
      expect(story.eventTypes).toEqual(['answered'])
      await run(200)
      expect(story.eventTypes).toEqual(['answered', 'inviteCompleted'])
      await run(sixtyFourT1)
      expect(story.eventTypes).toEqual(['answered', 'inviteCompleted'])
    },
  )

  it('D05: it does not come for an INVITE that failed', async () => {
    const { call: begin, bob, run } = await createScene()
    const { story, invite } = await begin()
    bob.reply(invite, 486)
    await run(2 * sixtyFourT1)
    expect(story.eventTypes).toEqual([])
  })

  it('D05: after it a late 2xx is not answered any more', async () => {
    const { established, bob, run } = await createScene()
    const { ok, invite } = await established()
    await run(sixtyFourT1 + 100)
    bob.send(ok, bob.sourceOf(invite))
    bob.reply(invite, 200, { toTag: 'other', body: theirs })
    await run(1000)
    expect(bob.all('ACK')).toHaveLength(1)
    bob.nothing('BYE')
  })
})
