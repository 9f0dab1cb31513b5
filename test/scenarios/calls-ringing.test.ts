/** Acceptance scenarios of calls that wait for their answer: D23 (ringing kept alive), Expires, Reason. RFC 3261 §13.3.1, RFC 3326. */
import { describe, expect, it } from 'vitest'
import { createScene, ourOffer, theirs, transports } from './support.ts'

describe('ringing', () => {
  it.for(transports)(
    'D23 over %s: 180 is sent again every minute until the answer (§13.3.1.1)',
    async wire => {
      const { called, bob, run, timesOf, clock } = await createScene({ wire })
      const { call, invite } = await called()
      const start = clock.now()
      call.ring()
      await run(200_000)
      expect(timesOf('180 INVITE', start)).toEqual([0, 60_000, 120_000, 180_000])
      void call.accept(ourOffer)
      await run(10)
      bob.inDialog(invite, bob.next(200)).ack()
      await run(200_000)
      expect(timesOf('180 INVITE', start)).toHaveLength(4)
    },
  )

  it('D23: it is the latest provisional response that is repeated', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called()
    call.ring()
    call.progress(183, { headers: [['X-Queue', '3']] })
    await run(10)
    bob.next(180)
    bob.next(183)
    await run(60_000)
    expect(bob.next(183).header('x-queue')).toBe('3')
    bob.nothing(180)
  })
})

describe('Expires', () => {
  it('an INVITE of the peer’s is answered 487 when it has expired (§13.3.1)', async () => {
    const { called, bob, run } = await createScene()
    const { call, story } = await called({ headers: [['Expires', '20']] })
    call.ring()
    await run(19_900)
    expect(call.state.is).toBe('ringing')
    await run(200)
    bob.ackFor(bob.next(487))
    await run(10)
    expect(call.state).toMatchObject({
      is: 'terminated',
      end: { by: 'remote', reason: 'expired', status: 487 },
    })
    expect(story.errors).toEqual([])
  })

  it('an answered one does not expire', async () => {
    const { answered, run } = await createScene()
    const { call } = await answered({ headers: [['Expires', '20']] })
    await run(30_000)
    expect(call.state.is).toBe('confirmed')
  })

  it('ours says so and is taken back by CANCEL (§13.2.1)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin({ expires: 15 })
    expect(invite.parsed('expires')).toBe(15)
    bob.reply(invite, 180)
    await run(14_900)
    bob.nothing('CANCEL')
    await run(200)
    bob.reply(bob.next('CANCEL'), 200)
    bob.reply(invite, 487)
    await run(10)
    expect(call.state).toMatchObject({
      is: 'terminated',
      end: { by: 'local', reason: 'expired', status: 487 },
    })
    await expect(call.established()).rejects.toMatchObject({ code: 'timeout', status: 487 })
  })

  it('ours does not, once it is answered', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin({ expires: 15 })
    bob.reply(invite, 200, { body: theirs })
    await run(30_000)
    bob.nothing('CANCEL')
    expect(call.state.is).toBe('confirmed')
  })
})

describe('Reason (RFC 3326)', () => {
  const reason = { protocol: 'SIP', cause: 200, text: 'Call completed "elsewhere"' }
  const written = 'SIP;cause=200;text="Call completed \\"elsewhere\\""'

  it('stands in our CANCEL, BYE and refusal', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const begun = await scene.call()
    bob.reply(begun.invite, 180)
    await run(10)
    begun.call.cancel({ reason })
    await run(10)
    expect(bob.next('CANCEL').header('reason')).toBe(written)
    const up = await scene.established()
    void up.call.hangUp({ reason: { protocol: 'Q.850', cause: 16 }, headers: [['X-Why', 'bored']] })
    await run(10)
    const bye = bob.next('BYE')
    expect([bye.header('reason'), bye.header('x-why')]).toEqual(['Q.850;cause=16', 'bored'])
    const { call } = await scene.called()
    call.reject(486, { reason: { protocol: 'Q.850', cause: 17 } })
    await run(10)
    const busy = bob.next(486)
    expect([busy.reason, busy.header('reason')]).toEqual(['Busy Here', 'Q.850;cause=17'])
  })

  it('of the peer stands in the end of the call: of its BYE, CANCEL and refusal', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const up = await scene.established()
    up.dialog.request('BYE', { headers: [['Reason', `Q.850;cause=16, ${written}`]] })
    await run(10)
    expect(up.call.state).toMatchObject({
      is: 'terminated',
      end: { reasons: [{ protocol: 'Q.850', cause: 16 }, reason] },
    })
    const refused = await scene.call()
    bob.reply(refused.invite, 503, { headers: [['Reason', 'Q.850;cause=41']] })
    await run(10)
    expect(refused.call.state).toMatchObject({
      end: { status: 503, reasons: [{ protocol: 'Q.850', cause: 41 }] },
    })
    const plain = await scene.established()
    plain.dialog.request('BYE')
    await run(10)
    expect(plain.call.state).not.toHaveProperty('end.reasons')
  })

  it('that cannot be written is refused, and nothing has happened', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    for (const bad of [
      { protocol: 'no token' },
      { protocol: 'SIP', cause: -1 },
      { protocol: 'SIP', text: 'a\r\nX: y' },
      'SIP;cause=200',
    ]) {
      expect(() => call.hangUp({ reason: bad as never })).toThrow(
        expect.objectContaining({ code: 'argument' }),
      )
    }
    await run(10)
    bob.nothing('BYE')
    expect(call.state.is).toBe('confirmed')
  })
})

describe('D11', () => {
  it('hung up before the ACK, the limit is one 64·T1 from the 2xx on (§13.3.1.4, §15)', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called()
    void call.accept(ourOffer)
    await run(20_000)
    void call.hangUp()
    await run(11_900)
    bob.nothing('BYE')
    await run(200)
    bob.next('BYE')
  })
})
