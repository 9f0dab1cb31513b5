/** Re-INVITE and UPDATE of the peer's: answered, refused, taken back; part of D33. RFC 3261 §14.2, RFC 3311 §5.2, RFC 6141. */
import { describe, expect, it } from 'vitest'
import type { Offer } from '../../src/index.ts'
import { sdp } from '../support/text.ts'
import { brief, createScene, theirs } from './support.ts'

const sixtyFourT1 = 32_000
const refused = (code: string) => expect.objectContaining({ code })
const next = (version: number, host = '192.0.2.2') => sdp(host, { version, port: 4002 })

describe('a change of the peer', () => {
  const scene = async () => {
    const it = await createScene()
    const begun = await it.established()
    const offers: Offer[] = []
    begun.call.offers$.subscribe(offer => void offers.push(offer))
    return { ...it, ...begun, offers }
  }

  it('is answered by hand; the promise settles with the ACK (§14.2)', async () => {
    const { call, dialog, bob, run, offers } = await scene()
    const invite = dialog.request('INVITE', { body: next(2) })
    await run(10)
    const [offer] = offers
    expect([offer?.sdp, offer?.isOpen, offer?.request.cseq.seq]).toEqual([next(2), true, invite.cseq.seq])
    const accepted = offer!.accept(next(2, '192.0.2.1'))
    expect(offer?.isOpen).toBe(false)
    expect(() => offer!.reject()).toThrow(refused('invalid-transaction-state'))
    await run(10)
    expect(bob.next(200).text).toBe(next(2, '192.0.2.1'))
    dialog.ack({ invite })
    await run(10)
    await accepted
    expect([call.localDescription, call.remoteDescription]).toEqual([next(2, '192.0.2.1'), next(2)])
  })

  it('is refused with 488 and a Warning, and the session is as before (RFC 6141)', async () => {
    const { call, dialog, bob, run, offers } = await scene()
    const before = [call.localDescription, call.remoteDescription]
    dialog.request('INVITE', { body: next(2), headers: [['Contact', '<sip:bob@192.0.2.9>']] })
    await run(10)
    offers[0]?.reject()
    await run(10)
    const refusal = bob.next(488)
    bob.ackFor(refusal)
    expect(refusal.header('warning')).toMatch(/^399 /)
    expect([call.localDescription, call.remoteDescription]).toEqual(before)
    // A refused one moves no target either (§12.2.2).
    void call.hangUp()
    await run(10)
    bob.next('BYE')
  })

  it('without an offer gets ours in the 2xx, the answer is in the ACK (§14.2)', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const invite = dialog.request('INVITE')
    await run(10)
    const ok = bob.next(200)
    expect(ok.text).toContain('m=audio')
    dialog.ack({ invite, body: next(2) })
    await run(10)
    expect([call.localDescription, call.remoteDescription]).toEqual([ok.text, next(2)])
  })

  it('that repeats the description in force gets ours unchanged, and nobody is asked (RFC 3264 §8)', async () => {
    const { call, dialog, bob, run, offers } = await scene()
    const invite = dialog.request('INVITE', { body: theirs })
    await run(10)
    expect([bob.next(200).text, offers]).toEqual([call.localDescription, []])
    dialog.ack({ invite })
    await run(40_000)
    expect(call.state.is).toBe('confirmed')
  })

  it('with a body that is no SDP draws 400', async () => {
    const { dialog, bob, run, offers } = await scene()
    dialog.request('INVITE', { body: 'hello', contentType: 'application/sdp' })
    await run(10)
    bob.ackFor(bob.next(400))
    expect(offers).toEqual([])
  })

  it('is taken back by CANCEL: 200, 487, and the call stays up (§9.2)', async () => {
    const { call, dialog, bob, run, offers } = await scene()
    const invite = dialog.request('INVITE', { body: next(2) })
    await run(300)
    bob.cancel(invite)
    await run(10)
    expect([brief(bob.next(200)), brief(bob.next(487))]).toEqual(['200 CANCEL', '487 INVITE'])
    expect([offers[0]?.isOpen, call.state.is, call.can('hold')]).toEqual([false, 'confirmed', true])
  })

  it('is answered 487 when the peer hangs up meanwhile (§15.1.2)', async () => {
    const { call, dialog, bob, run, offers } = await scene()
    dialog.request('INVITE', { body: next(2) })
    await run(10)
    dialog.request('BYE')
    await run(10)
    expect([brief(bob.next(200)), brief(bob.next(487))]).toEqual(['200 BYE', '487 INVITE'])
    expect([offers[0]?.isOpen, call.state.is]).toEqual([false, 'terminated'])
  })

  it('that is never acknowledged ends the call: BYE, no-ack (§13.3.1.4)', async () => {
    const { call, dialog, bob, run, offers, story } = await scene()
    dialog.request('INVITE', { body: next(2) })
    await run(10)
    const accepted = offers[0]!.accept(next(2, '192.0.2.1'))
    await run(sixtyFourT1 + 100)
    await expect(accepted).rejects.toMatchObject({ code: 'no-ack' })
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect([call.state, story.errors]).toEqual([
      { is: 'terminated', end: expect.objectContaining({ reason: 'no-ack' }) },
      [['no-ack']],
    ])
  })

  it('by UPDATE that nobody answers draws 504 before the peer gives the call up (RFC 3311 §5.2)', async () => {
    const { call, dialog, bob, run, offers } = await scene()
    dialog.request('UPDATE', { body: next(2) })
    await run(17_000)
    expect(brief(bob.next(504))).toBe('504 UPDATE')
    expect([offers[0]?.isOpen, call.state.is]).toEqual([false, 'confirmed'])
  })

  it('by UPDATE without a description refreshes: 200 without one, and the target moves (RFC 3311 §5.2)', async () => {
    const { call, dialog, bob, another, run, offers } = await scene()
    const moved = another('192.0.2.5', 'moved')
    dialog.request('UPDATE', { headers: [['Contact', moved.contact]] })
    await run(10)
    const ok = bob.next(200)
    expect([ok.text, ok.header('contact')?.includes('alice'), offers]).toEqual(['', true, []])
    void call.hangUp()
    await run(10)
    moved.next('BYE')
  })

  it('fails at a subscriber that throws: 500, and the call goes on', async () => {
    const faults: unknown[] = []
    const { established, bob, run } = await createScene({
      sip: { onCallbackError: fault => void faults.push(fault) },
    })
    const { call, dialog } = await established()
    call.offers$.subscribe(() => {
      throw new Error('no idea')
    })
    dialog.request('INVITE', { body: next(2) })
    await run(10)
    bob.ackFor(bob.next(500))
    expect([faults.length, call.state.is]).toEqual([1, 'confirmed'])
  })

  it('D33: an UPDATE without Contact in the dialog draws 400 (RFC 3311 §5.1)', async () => {
    const { dialog, bob, run } = await scene()
    dialog.request('UPDATE', { body: next(2), headers: [['Contact', '<tel:+1>']] })
    await run(10)
    expect(brief(bob.next(400))).toBe('400 UPDATE')
  })
})

describe('an ACK with the branch of its re-INVITE', () => {
  it('counts (§17.1.1.3)', async () => {
    const { established, bob, run, timesOf } = await createScene()
    const { call, dialog } = await established()
    const invite = dialog.request('INVITE', { body: next(2) })
    await run(10)
    bob.next(200)
    dialog.ack({ invite, branch: invite.via.params.get('branch')! })
    await run(10)
    const before = timesOf('200 INVITE').length
    await run(sixtyFourT1 + 100)
    expect([timesOf('200 INVITE').length, call.state.is]).toEqual([before, 'confirmed'])
  })
})
