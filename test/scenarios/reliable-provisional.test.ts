/** Acceptance scenarios D25 and D26 of docs/scenarios.md: reliable provisional responses. RFC 3262. */
import { describe, expect, it } from 'vitest'
import type { HeaderPair, SipRequest, SipResponse } from '../../src/message/types.ts'
import { createScene, ourOffer, theirs, transports } from './support.ts'

const supported: readonly HeaderPair[] = [['Supported', '100rel']]
const required: readonly HeaderPair[] = [['Require', '100rel']]
const reliably = (rseq: number): readonly HeaderPair[] => [
  ['Require', '100rel'],
  ['RSeq', String(rseq)],
]
const rseqOf = (response: SipResponse): number => response.parsed('rseq')!
const rackOf = (request: SipRequest): string | undefined => request.header('rack')

describe('D25, we call', () => {
  it.for(transports)(
    'D25 over %s: a reliable 183 is acknowledged with its RAck, then the call goes on',
    async wire => {
      const { call: begin, bob, run } = await createScene({ wire })
      const { call, story, invite } = await begin()
      expect(invite.parsed('supported')).toContain('100rel')
      expect(invite.parsed('allow')).toContain('PRACK')
      bob.reply(invite, 183, { headers: reliably(4711), body: theirs })
      await run(10)
      const prack = bob.next('PRACK')
      expect(rackOf(prack)).toBe(`4711 ${invite.cseq.seq} INVITE`)
      expect(prack.cseq.seq).toBe(invite.cseq.seq + 1)
      expect(prack.header('contact')).toBeUndefined()
      bob.reply(prack, 200)
      bob.reply(invite, 180, { headers: reliably(4712) })
      await run(10)
      const second = bob.next('PRACK')
      expect(rackOf(second)).toBe(`4712 ${invite.cseq.seq} INVITE`)
      bob.reply(second, 200)
      bob.reply(invite, 200, { body: theirs })
      await run(10)
      bob.next('ACK')
      expect(story.statuses).toEqual([183, 180, 200])
      expect(call.state.is).toBe('confirmed')
      expect(call.remoteDescription).toBe(theirs)
      expect(story.errors).toEqual([])
    },
  )

  it('D25: repeated ones are acknowledged once, those out of order are dropped (§4)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { story, invite } = await begin()
    bob.reply(invite, 183, { headers: reliably(10) })
    await run(10)
    bob.reply(bob.next('PRACK'), 200)
    await run(10)
    bob.reply(invite, 183, { headers: reliably(10) })
    bob.reply(invite, 180, { headers: reliably(12) })
    await run(10)
    bob.nothing('PRACK')
    bob.reply(invite, 180, { headers: reliably(11) })
    await run(10)
    expect(rackOf(bob.next('PRACK'))).toBe(`11 ${invite.cseq.seq} INVITE`)
    expect(story.statuses).toEqual([183, 180])
  })

  it('D25: each dialog of a fork has its own order', async () => {
    const { call: begin, bob, run } = await createScene()
    const { invite } = await begin()
    bob.reply(invite, 183, { headers: reliably(5), toTag: 'a' })
    bob.reply(invite, 183, { headers: reliably(900), toTag: 'b' })
    await run(10)
    expect([bob.next('PRACK'), bob.next('PRACK')].map(prack => [prack.toTag, rackOf(prack)])).toEqual([
      ['a', `5 ${invite.cseq.seq} INVITE`],
      ['b', `900 ${invite.cseq.seq} INVITE`],
    ])
  })

  it('D25: with autoPrack false the application acknowledges, once', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, story, invite } = await begin({ autoPrack: false })
    bob.reply(invite, 183, { headers: reliably(7) })
    await run(10)
    bob.nothing('PRACK')
    const [event] = story.events
    if (event?.type !== 'reliable') throw new Error('the application was not asked')
    call.prack(event.response)
    expect(() => call.prack(event.response)).toThrow(
      expect.objectContaining({ code: 'invalid-transaction-state' }),
    )
    await run(10)
    const prack = bob.next('PRACK')
    expect(rackOf(prack)).toBe(`7 ${invite.cseq.seq} INVITE`)
    bob.reply(prack, 200)
    bob.reply(invite, 180, { headers: reliably(8) })
    await run(10)
    bob.nothing('PRACK')
    expect(story.eventTypes).toEqual(['reliable', 'reliable'])
  })

  it('D25: the offer in a reliable response to an INVITE without one is answered in its PRACK (§5)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin({ offer: 'none' })
    expect(invite.text).toBe('')
    bob.reply(invite, 183, { headers: reliably(1), body: theirs })
    await run(10)
    const prack = bob.next('PRACK')
    expect(prack.header('content-type')).toBe('application/sdp')
    expect(prack.text).toMatch(/^v=0/)
    bob.reply(prack, 200)
    bob.reply(invite, 200)
    await run(10)
    const ack = bob.next('ACK')
    expect(ack.text).toBe('')
    expect(call.state.is).toBe('confirmed')
    expect([call.localDescription, call.remoteDescription]).toEqual([prack.text, theirs])
  })

  it('D25: `required` says so, `off` says nothing and acknowledges nothing', async () => {
    const { call: begin, bob, run } = await createScene()
    const { invite } = await begin({ reliable: 'required' })
    expect(invite.parsed('require')).toEqual(['100rel'])
    const other = await begin({ reliable: 'off' })
    expect(other.invite.header('require')).toBeUndefined()
    expect(other.invite.parsed('supported') ?? []).not.toContain('100rel')
    bob.reply(other.invite, 183, { headers: reliably(7) })
    await run(10)
    bob.nothing('PRACK')
    expect(other.story.statuses).toEqual([183])
  })

  it('D25: a refused PRACK ends the call when the peer knows no such dialog (RFC 5057 §5.1), and only then', async () => {
    const { call: begin, bob, run } = await createScene()
    const { story, invite } = await begin()
    bob.reply(invite, 183, { headers: reliably(1) })
    await run(10)
    bob.reply(bob.next('PRACK'), 400)
    await run(10)
    expect(story.errors).toEqual([['rejected', 400]])
    expect(story.states.at(-1)).toBe('early')
    bob.reply(invite, 180, { headers: reliably(2) })
    await run(10)
    bob.reply(bob.next('PRACK'), 481)
    await run(10)
    expect(story.errors.at(-1)).toEqual(['rejected', 481])
    expect(story.states.at(-1)).toBe('terminating')
    bob.next('BYE')
  })
})

describe('D25, we are called', () => {
  it.for(transports)(
    'D25 over %s: a reliable 183 waits for its PRACK, and so does the next one',
    async wire => {
      const { called, bob, run, connection } = await createScene({ wire })
      const { call, story, invite } = await called({ headers: supported })
      call.progress(183, { reliable: true })
      call.ring({ reliable: true })
      await run(10)
      const first = bob.next(183)
      expect(first.parsed('require')).toEqual(['100rel'])
      expect(first.header('contact')).toBeDefined()
      expect(first.parsed('allow')).toContain('PRACK')
      bob.nothing(180)
      const dialog = bob.inDialog(invite, first)
      dialog.request('PRACK', { headers: [['RAck', `${rseqOf(first)} ${invite.cseq.seq} INVITE`]] })
      await run(10)
      expect(bob.next(200).cseq.method).toBe('PRACK')
      const second = bob.next(180)
      expect(rseqOf(second)).toBe(rseqOf(first) + 1)
      dialog.request('PRACK', { headers: [['RAck', `${rseqOf(second)} ${invite.cseq.seq} INVITE`]] })
      await run(10)
      expect(bob.next(200).cseq.method).toBe('PRACK')
      void call.accept(ourOffer)
      await run(10)
      dialog.ack()
      await run(10)
      expect(story.states).toEqual(['incoming', 'ringing', 'accepted', 'confirmed'])
      expect(story.eventTypes).toEqual(['pracked', 'pracked', 'acknowledged'])
      expect(connection.state.is).toBe('active')
    },
  )

  it('D25: the first RSeq is from 1 to 2^31 − 1, another one each time', async () => {
    const { called, bob, run } = await createScene()
    const seen = new Set<number>()
    for (let index = 0; index < 5; index += 1) {
      const { call } = await called({ headers: supported, callId: `rseq-${index}`, fromTag: `t-${index}` })
      call.ring({ reliable: true })
      await run(10)
      const rseq = rseqOf(bob.next(180))
      expect(rseq).toBeGreaterThan(0)
      expect(rseq).toBeLessThan(2 ** 31)
      seen.add(rseq)
    }
    expect(seen.size).toBe(5)
  })

  it('D25: a PRACK that matches nothing draws 481, one without RAck 400; the response goes on being repeated', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called({ headers: supported })
    call.progress(183, { reliable: true })
    await run(10)
    const response = bob.next(183)
    const dialog = bob.inDialog(invite, response)
    const wrong = [
      `${rseqOf(response) + 1} ${invite.cseq.seq} INVITE`,
      `${rseqOf(response)} ${invite.cseq.seq + 1} INVITE`,
      `${rseqOf(response)} ${invite.cseq.seq} UPDATE`,
    ]
    for (const rack of wrong) {
      dialog.request('PRACK', { headers: [['RAck', rack]] })
      await run(10)
      bob.next(481)
    }
    dialog.request('PRACK', {})
    await run(10)
    bob.next(400)
    await run(500)
    bob.next(183)
    dialog.request('PRACK', { headers: [['RAck', `${rseqOf(response)} ${invite.cseq.seq} INVITE`]] })
    await run(10)
    expect(bob.next(200).cseq.method).toBe('PRACK')
    // Once acknowledged, the same again matches nothing.
    dialog.request('PRACK', { headers: [['RAck', `${rseqOf(response)} ${invite.cseq.seq} INVITE`]] })
    await run(10)
    bob.next(481)
    await run(10_000)
    bob.nothing(183)
  })

  it('D25: the 2xx waits while a reliable response with SDP is not acknowledged (§3)', async () => {
    const { called, bob, run } = await createScene()
    const { call, story, invite } = await called({ headers: supported })
    call.progress(183, { reliable: true, contentType: 'application/sdp', body: ourOffer })
    const accepted = call.accept(ourOffer)
    await run(10)
    const response = bob.next(183)
    bob.nothing(200)
    expect(story.states).toEqual(['incoming', 'ringing', 'accepted'])
    const dialog = bob.inDialog(invite, response)
    dialog.request('PRACK', { headers: [['RAck', `${rseqOf(response)} ${invite.cseq.seq} INVITE`]] })
    await run(10)
    expect([bob.next(200), bob.next(200)].map(({ cseq }) => cseq.method).sort()).toEqual(['INVITE', 'PRACK'])
    dialog.ack()
    await run(10)
    await accepted
    expect(call.state.is).toBe('confirmed')
  })

  it('D25: without SDP the 2xx need not wait, the response is repeated no more, and its late PRACK is answered (§3)', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called({ headers: supported })
    call.ring({ reliable: true })
    await run(10)
    const response = bob.next(180)
    void call.accept(ourOffer)
    await run(10)
    const dialog = bob.inDialog(invite, bob.next(200))
    dialog.ack()
    await run(5000)
    bob.nothing(180)
    dialog.request('PRACK', { headers: [['RAck', `${rseqOf(response)} ${invite.cseq.seq} INVITE`]] })
    await run(10)
    expect(bob.next(200).cseq.method).toBe('PRACK')
  })

  it('D25: a PRACK with an offer is answered by media (§5)', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called({ headers: supported })
    call.progress(183, { reliable: true, contentType: 'application/sdp', body: ourOffer })
    await run(10)
    const response = bob.next(183)
    const dialog = bob.inDialog(invite, response)
    dialog.request('PRACK', {
      headers: [['RAck', `${rseqOf(response)} ${invite.cseq.seq} INVITE`]],
      body: theirs.replace(
        /o=(\S+) (\d+) (\d+)/,
        (_, name, id, version) => `o=${name} ${id} ${Number(version) + 1}`,
      ),
    })
    await run(10)
    const ok = bob.next(200)
    expect(ok.cseq.method).toBe('PRACK')
    expect(ok.text).toMatch(/^v=0/)
    expect(call.localDescription).toBe(ok.text)
  })

  it('D25: a PRACK without SDP gets a bare 200 while the offer of the INVITE is not answered, before what comes next', async () => {
    const { called, bob, run } = await createScene()
    const { call, story, invite } = await called({ headers: supported })
    call.progress(183, { reliable: true })
    call.progress(182, { reliable: true })
    await run(10)
    const response = bob.next(183)
    const dialog = bob.inDialog(invite, response)
    dialog.request('PRACK', { headers: [['RAck', `${rseqOf(response)} ${invite.cseq.seq} INVITE`]] })
    await run(10)
    const ok = bob.next(200)
    expect(ok.cseq.method).toBe('PRACK')
    expect(ok.text).toBe('')
    bob.next(182)
    expect(story.errors).toEqual([])
  })

  it('D25: to an INVITE that requires it every provisional response is reliable', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called({ headers: required })
    call.ring()
    await run(10)
    expect(bob.next(180).parsed('require')).toEqual(['100rel'])
    expect(() => call.progress(183, { reliable: false })).toThrow(
      expect.objectContaining({ code: 'not-supported' }),
    )
  })

  it('D25: a peer that does not know it gets none: `not-supported`, and nothing is sent', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called()
    expect(() => call.ring({ reliable: true })).toThrow(expect.objectContaining({ code: 'not-supported' }))
    await run(10)
    bob.nothing(180)
    expect(call.state.is).toBe('incoming')
  })

  it('D25: 16 wait for their turn, one more is `request-pending`', async () => {
    const { called } = await createScene()
    const { call } = await called({ headers: supported })
    for (let index = 0; index < 17; index += 1) call.progress(183, { reliable: true })
    expect(() => call.progress(183, { reliable: true })).toThrow(
      expect.objectContaining({ code: 'request-pending' }),
    )
  })
})

describe('D26', () => {
  it.for(transports)(
    'D26 over %s: without PRACK it is repeated at T1, 2·T1 … without T2, and after 64·T1 the INVITE gets 504',
    async wire => {
      const scene = await createScene({ wire })
      const { called, bob, run, clock, timesOf } = scene
      const { call, story } = await called({ headers: supported })
      const start = clock.now()
      call.progress(183, { reliable: true })
      await run(32_010)
      expect(timesOf('183 INVITE', start)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500])
      const final = bob.next(504)
      bob.ackFor(final)
      await run(10)
      expect(call.state).toMatchObject({
        is: 'terminated',
        end: { by: 'network', reason: 'failed', status: 504 },
      })
      expect(story.errors).toEqual([['timeout', 504]])
    },
  )

  it('D26: a 2xx that waits is given up with it', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called({ headers: supported })
    call.progress(183, { reliable: true, contentType: 'application/sdp', body: ourOffer })
    const accepted = call.accept(ourOffer)
    await run(33_000)
    await expect(accepted).rejects.toMatchObject({ code: 'timeout', status: 504 })
    bob.next(504)
    bob.nothing(200)
  })

  it('D23: while it rings, a reliable response is sent anew every 2.5 minutes (§13.3.1.1)', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called({ headers: supported })
    call.ring({ reliable: true })
    await run(10)
    const first = bob.next(180)
    const dialog = bob.inDialog(invite, first)
    dialog.request('PRACK', { headers: [['RAck', `${rseqOf(first)} ${invite.cseq.seq} INVITE`]] })
    await run(149_900)
    bob.nothing(180)
    await run(200)
    expect(rseqOf(bob.next(180))).toBe(rseqOf(first) + 1)
  })
})
