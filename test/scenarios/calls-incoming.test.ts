/** Acceptance scenarios D09 to D14, D24 of docs/scenarios.md: calls that come in. RFC 3261 §13.3, §9.2, §8.2. */
import { describe, expect, it } from 'vitest'
import type { SipResponse } from '../../src/message/types.ts'
import { branchOf, brief, createScene, follow, ourOffer, record, theirs, transports } from './support.ts'

const t1 = 500
const t2 = 4000
const sixtyFourT1 = 64 * t1

describe('D09', () => {
  it.for(transports)(
    'D09 over %s: P sees 100 after 200 ms without the application, then its 180 and 200 (§17.2.1)',
    async wire => {
      const { called, bob, run, timesOf, clock } = await createScene({ wire })
      const since = clock.now()
      const { call, story, invite } = await called()
      bob.nothing()
      await run(300)
      const trying = bob.next(100)
      expect(trying.header('to')).toBe(invite.header('to'))
      expect(timesOf('100 INVITE', since)[0]).toBeLessThanOrEqual(210)
      await run(5000)
      call.ring()
      await run(1000)
      const ringing = bob.next(180)
      void call.accept(ourOffer)
      await run(10)
      const ok = bob.next(200)
      expect(ok.toTag).toBe(ringing.toTag)
      for (const name of ['from', 'call-id', 'cseq']) expect(ok.header(name)).toBe(invite.header(name))
      // What came is stamped: RFC 3581 §4.
      expect(ok.via).toMatchObject({ host: '192.0.2.2', port: 5060, transport: wire })
      expect(branchOf(ok)).toBe(branchOf(invite))
      expect(ok.via.params.get('received')).toBe('192.0.2.2')
      expect(ok.text).toBe(ourOffer)
      expect(ok.header('contact')).toBe(`<sip:alice@192.0.2.1:5060${wire === 'TCP' ? ';transport=tcp' : ''}>`)
      expect(story.states).toEqual(['incoming', 'ringing', 'accepted'])
      bob.inDialog(invite, ok).ack()
      await run(10)
      expect(story.states).toEqual(['incoming', 'ringing', 'accepted', 'confirmed'])
      expect([call.offer, call.dialog?.state.is]).toEqual([theirs, 'confirmed'])
      await run(2 * sixtyFourT1)
      bob.nothing()
    },
  )

  it('D09: over a connection that P has closed meanwhile the answers go to the port of its Via (§18.2.2)', async () => {
    const { called, bob, run } = await createScene({ wire: 'TCP' })
    const { call, invite } = await called()
    bob.disconnect()
    await run(300)
    expect(brief(bob.next(100))).toBe('100 INVITE')
    expect(bob.connections).toBe(1)
    void call.accept(ourOffer)
    await run(10)
    const dialog = bob.inDialog(invite, bob.next(200))
    dialog.ack()
    await run(10)
    expect(call.state.is).toBe('confirmed')
  })

  it('D09: and when P cannot be reached there either, no-ack ends the call', async () => {
    const { called, bob, run } = await createScene({ wire: 'TCP' })
    const { call, story } = await called()
    bob.close()
    await run(10)
    void call.accept(ourOffer)
    await run(2 * sixtyFourT1)
    expect(story.errors).toEqual([['no-ack']])
    expect([call.state.is, story.complete]).toEqual(['terminated', true])
  })

  it('D09: one that was not answered yet ends with the failure', async () => {
    const { called, bob, run } = await createScene({ wire: 'TCP' })
    const { call, story } = await called()
    bob.close()
    await run(10)
    call.ring()
    await run(1000)
    expect(story.errors).toEqual([['transport']])
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'network', reason: 'failed' } })
  })

  it('D09: no 100 when the application rings at once', async () => {
    const { connection, bob, run, address, ourUri } = await createScene()
    connection.calls$.subscribe(call => call.ring())
    bob.request('INVITE', { to: address, uri: ourUri, body: theirs })
    await run(1000)
    expect(bob.received.map(brief)).toEqual(['180 INVITE'])
  })

  it('D09: early media goes out in a 183, and the answer may follow (§13.3.1.1)', async () => {
    const { called, bob, run } = await createScene()
    const { call, story } = await called()
    call.progress(183, { contentType: 'application/sdp', body: ourOffer })
    await run(10)
    const early = bob.next(183)
    expect([early.text, early.header('content-type')]).toEqual([ourOffer, 'application/sdp'])
    expect([early.header('contact'), early.toTag]).toEqual([
      '<sip:alice@192.0.2.1:5060>',
      call.dialog?.localTag,
    ])
    call.ring()
    await run(10)
    expect(bob.next(180).toTag).toBe(early.toTag)
    void call.accept(ourOffer)
    await run(10)
    expect(bob.next(200).toTag).toBe(early.toTag)
    expect([story.dialogs.length, story.states]).toEqual([1, ['incoming', 'ringing', 'accepted']])
  })

  it('D09 over IPv6', async () => {
    const { answered, bob, run } = await createScene({ ours: '2001:db8::1', theirs: '2001:db8::2' })
    const { call, ok, dialog } = await answered()
    expect(ok.header('contact')).toBe('<sip:alice@[2001:db8::1]:5060>')
    dialog.request('BYE')
    await run(10)
    expect(brief(bob.next(200))).toBe('200 BYE')
    expect(call.state.is).toBe('terminated')
  })

  it('D09: a repeated INVITE draws the latest provisional answer again, and is one call (§17.2.1)', async () => {
    const { called, bob, run, sip, address } = await createScene()
    const calls = record(sip.events$)
    const { call, invite } = await called()
    await run(300)
    bob.next(100)
    bob.send(invite, address)
    await run(10)
    bob.next(100)
    call.ring()
    await run(10)
    const ringing = bob.next(180)
    bob.send(invite, address)
    await run(10)
    expect(bob.next(180).toTag).toBe(ringing.toTag)
    expect(calls.values.filter(({ type }) => type === 'call')).toHaveLength(1)
  })

  it('D09: an INVITE without offer is answered with ours, and the answer comes in the ACK (§13.2.1)', async () => {
    const { connection, bob, run, address, ourUri } = await createScene()
    const acked: unknown[] = []
    connection.calls$.subscribe(call => {
      expect(call.offer).toBeUndefined()
      void call.accept(ourOffer).then(() => acked.push(call.state.is, call.answer))
    })
    const invite = bob.request('INVITE', { to: address, uri: ourUri })
    await run(10)
    const ok = bob.next(200)
    expect(ok.text).toBe(ourOffer)
    bob.inDialog(invite, ok).ack({ body: theirs })
    await run(10)
    expect(acked).toEqual(['confirmed', theirs])
  })

  it('D09: the application can neither send 100 nor answer twice', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called()
    expect(() => call.progress(100)).toThrow(expect.objectContaining({ code: 'argument' }))
    call.reject(603)
    expect(() => call.accept(ourOffer)).toThrow(
      expect.objectContaining({ code: 'invalid-transaction-state' }),
    )
    await run(10)
    expect(bob.received.map(brief)).toEqual(['603 INVITE'])
  })
})

describe('D11', () => {
  it.for(transports)(
    'D11 over %s: no ACK: the 200 at T1, 2·T1 … T2, then no-ack, and BYE (§13.3.1.4)',
    async wire => {
      const { called, bob, run, timesOf, clock } = await createScene({ wire })
      const { call, story } = await called()
      const told: [string, string, string | undefined][] = []
      call.errors$.subscribe(({ code }) => told.push([code, call.state.is, call.dialog?.state.is]))
      const since = clock.now()
      const settled = call.accept(ourOffer).then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      )
      await run(sixtyFourT1 - 100)
      const expected = [0]
      for (let at = 0, step = t1; at + step < sixtyFourT1; step = Math.min(2 * step, t2))
        expected.push((at += step))
      expect(timesOf('200 INVITE', since)).toEqual(expected)
      expect(new Set((bob.all(200) as SipResponse[]).map(({ toTag }) => toTag)).size).toBe(1)
      expect([call.state.is, call.dialog?.state.is]).toEqual(['accepted', 'confirmed'])
      bob.nothing('BYE')
      await run(200)
      expect(await settled).toBe('no-ack')
      expect(told).toEqual([['no-ack', 'terminating', 'confirmed']])
      const bye = bob.next('BYE')
      bob.reply(bye, 200)
      await run(100)
      expect(call.state).toMatchObject({ is: 'terminated', end: { reason: 'no-ack' } })
      expect(call.dialog?.state.is).toBe('terminated')
      await run(sixtyFourT1)
      expect(timesOf('200 INVITE', since)).toHaveLength(expected.length)
      expect(story.errors).toEqual([['no-ack']])
    },
  )

  it('D11: an ACK that was lost is made good by the next; nobody hears of it', async () => {
    const { called, bob, run, network, timesOf } = await createScene()
    const { call, story, invite } = await called()
    network.drop(({ text }) => text.startsWith('ACK'), { count: 1 })
    void call.accept(ourOffer)
    await run(10)
    const dialog = bob.inDialog(invite, bob.next(200))
    dialog.ack()
    await run(10)
    expect(call.state.is).toBe('accepted')
    await run(t1)
    bob.next(200)
    dialog.ack()
    await run(10)
    expect(call.state.is).toBe('confirmed')
    dialog.ack()
    await run(sixtyFourT1)
    expect(timesOf('200 INVITE')).toHaveLength(2)
    expect([story.errors, story.states]).toEqual([[], ['incoming', 'accepted', 'confirmed']])
  })

  it('D11: the 200 that was lost is repeated by its own time, not by the repeated INVITE (RFC 6026 §7.1)', async () => {
    const { called, bob, run, address, timesOf, clock } = await createScene()
    const { call, invite } = await called()
    const since = clock.now()
    void call.accept(ourOffer)
    await run(100)
    bob.send(invite, address)
    await run(100)
    expect(timesOf('200 INVITE', since)).toEqual([0])
    bob.inDialog(invite, bob.next(200)).ack()
    await run(10)
    expect(call.state.is).toBe('confirmed')
  })
})

describe('D12', () => {
  it.for(transports)('D12 over %s: a CANCEL draws 200 and 487, the ACK is absorbed (§9.2)', async wire => {
    const { called, bob, run, sip, timesOf } = await createScene({ wire })
    const requests = record(sip.events$)
    const { call, story, invite } = await called()
    call.ring()
    await run(10)
    const { toTag } = bob.next(180)
    const cancel = bob.cancel(invite)
    await run(10)
    const ok = bob.next(200)
    expect([brief(ok), branchOf(ok), ok.toTag]).toEqual(['200 CANCEL', branchOf(cancel), toTag])
    const terminated = bob.next(487)
    expect([brief(terminated), terminated.toTag]).toEqual(['487 INVITE', toTag])
    bob.ackFor(terminated)
    await run(sixtyFourT1)
    expect(timesOf('487 INVITE')).toHaveLength(1)
    bob.nothing()
    expect(story.eventTypes).toEqual(['canceled'])
    expect(story.events[0]).not.toHaveProperty('tooLate')
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'remote', reason: 'cancelled' } })
    expect([story.errors, story.complete]).toEqual([[], true])
    expect(requests.values.filter(({ type }) => type === 'request')).toEqual([])
  })

  it('D12: before anything was sent, too', async () => {
    const { called, bob, run } = await createScene()
    const { story, invite } = await called()
    bob.cancel(invite)
    await run(10)
    expect(bob.received.map(brief).toSorted()).toEqual(['200 CANCEL', '487 INVITE'])
    expect(story.eventTypes).toEqual(['canceled'])
  })

  it('D12: the 487 is repeated on UDP until its ACK comes, and not on TCP (§17.2.1)', async () => {
    for (const wire of transports) {
      const { called, bob, run, timesOf } = await createScene({ wire })
      const { invite, call } = await called()
      bob.cancel(invite)
      await run(4000)
      expect(timesOf('487 INVITE')).toHaveLength(wire === 'UDP' ? 4 : 1)
      bob.ackFor(bob.next(487))
      await run(sixtyFourT1)
      expect(timesOf('487 INVITE')).toHaveLength(wire === 'UDP' ? 4 : 1)
      expect(call.state.is).toBe('terminated')
    }
  })

  it('D12: a CANCEL that comes twice draws its 200 twice, and one event', async () => {
    const { called, bob, run, address } = await createScene()
    const { story, invite } = await called()
    const cancel = bob.cancel(invite)
    await run(10)
    bob.send(cancel, address)
    await run(10)
    expect(bob.received.map(brief).filter(name => name === '200 CANCEL')).toHaveLength(2)
    expect(story.eventTypes).toEqual(['canceled'])
  })

  it('D12: one who answers when the CANCEL is already there is refused, and no 200 leaves', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called()
    bob.cancel(invite)
    await run(10)
    expect(() => call.accept(ourOffer)).toThrow(
      expect.objectContaining({ code: 'invalid-transaction-state' }),
    )
    await run(1000)
    expect(bob.received.map(brief)).not.toContain('200 INVITE')
  })
})

it.for(transports)('D13 over %s: a CANCEL for nothing draws 481 (§9.2)', async wire => {
  const { connection, bob, run, address, ourUri, sip } = await createScene({ wire })
  const events = record(sip.events$)
  connection.calls$.subscribe()
  bob.request('CANCEL', { to: address, uri: ourUri, branch: 'z9hG4bK-never-seen' })
  await run(100)
  expect(bob.received.map(brief)).toEqual(['481 CANCEL'])
  expect(events.values.filter(({ type }) => type === 'canceled' || type === 'call')).toEqual([])
})

describe('D14', () => {
  it.for(['before', 'after'] as const)(
    'D14: a CANCEL after our 200 and %s its ACK draws 200 and leaves the call up (§9.2)',
    async when => {
      const { called, bob, run } = await createScene()
      const { call, story, invite } = await called()
      void call.accept(ourOffer)
      await run(10)
      const ok = bob.next(200)
      const dialog = bob.inDialog(invite, ok)
      if (when === 'after') dialog.ack()
      await run(10)
      bob.cancel(invite)
      await run(10)
      const answer = bob.next(200)
      expect([brief(answer), answer.toTag]).toEqual(['200 CANCEL', ok.toTag])
      if (when === 'before') dialog.ack()
      await run(1000)
      bob.nothing(487)
      const late = story.events.filter(({ type }) => type === 'canceled')
      expect(late).toMatchObject([{ type: 'canceled', tooLate: true }])
      expect([call.state.is, call.dialog?.state.is]).toEqual(['confirmed', 'confirmed'])
      dialog.request('BYE')
      await run(10)
      expect(brief(bob.next(200))).toBe('200 BYE')
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'remote', reason: 'bye' } })
    },
  )

  it('D14: one after we refused draws 200 and no event', async () => {
    const { called, bob, run } = await createScene()
    const { call, story, invite } = await called()
    call.reject(486)
    await run(10)
    bob.next(486)
    bob.cancel(invite)
    await run(10)
    expect(brief(bob.next(200))).toBe('200 CANCEL')
    expect(story.eventTypes).toEqual([])
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', status: 486 } })
  })
})

describe('D24', () => {
  it.for(transports)('D24 over %s: an INVITE that nobody takes draws 480, once acknowledged', async wire => {
    const { bob, run, address, ourUri, timesOf } = await createScene({ wire })
    bob.request('INVITE', { to: address, uri: ourUri, body: theirs })
    await run(100)
    bob.ackFor(bob.next(480))
    await run(sixtyFourT1)
    expect(timesOf('480 INVITE')).toHaveLength(1)
    bob.nothing()
  })

  it('D24: calls above maxCalls draw 486, also in the answer to OPTIONS (§11.2), until one ends', async () => {
    const { answered, bob, run, address, ourUri, connection } = await createScene({
      connection: { maxCalls: 1 },
    })
    const { dialog } = await answered()
    const stories: ReturnType<typeof follow>[] = []
    connection.calls$.subscribe(call => stories.push(follow(call)))
    bob.ackFor(await busy('INVITE'))
    await busy('OPTIONS')
    dialog.request('BYE')
    await run(10)
    bob.skip()
    bob.request('INVITE', { to: address, uri: ourUri, body: theirs })
    await run(300)
    expect(brief(bob.next(100))).toBe('100 INVITE')
    expect(stories).toHaveLength(1)

    async function busy(method: string): Promise<SipResponse> {
      bob.request(method, { to: address, uri: ourUri })
      await run(10)
      return bob.next(486)
    }
  })
})
