/** Acceptance scenarios D27, D30 of docs/scenarios.md: re-INVITE and UPDATE. RFC 3261 §14, RFC 3311, RFC 6141. */
import { describe, expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { plainMedia } from '../../src/sdp/plain-media.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { sdp } from '../support/text.ts'
import { brief, createScene, ourOffer, record, theirs } from './support.ts'

const sixtyFourT1 = 32_000
const refused = (code: string) => expect.objectContaining({ code })
const next = (version: number, host = '192.0.2.2') => sdp(host, { version, port: 4002 })

describe('D27', () => {
  it('D27: UPDATE both ways in the early dialog of our call, once the offer is answered (RFC 3311 §5)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin({ offer: ourOffer })
    const early = bob.reply(invite, 183, {
      body: theirs,
      headers: [
        ['Require', '100rel'],
        ['RSeq', '1'],
      ],
    })
    await run(10)
    bob.reply(bob.next('PRACK'), 200)
    await run(10)
    const dialog = bob.inDialog(invite, early)
    const updated = call.update({ offer: next(2, '192.0.2.1') })
    await run(10)
    const update = bob.next('UPDATE')
    expect([update.text, update.header('contact')?.includes('alice')]).toEqual([next(2, '192.0.2.1'), true])
    bob.reply(update, 200, { body: next(2) })
    await run(10)
    expect((await updated).status).toBe(200)
    expect([call.localDescription, call.remoteDescription]).toEqual([next(2, '192.0.2.1'), next(2)])
    dialog.request('UPDATE', { body: next(3) })
    await run(10)
    const ok = bob.next(200)
    expect([brief(ok), ok.text.includes('m=audio')]).toEqual(['200 UPDATE', true])
    expect([call.remoteDescription, call.state.is]).toEqual([next(3), 'early'])
    bob.reply(invite, 200, {})
    await run(10)
    bob.next('ACK')
    expect(call.state.is).toBe('confirmed')
  })

  it('D27: an UPDATE of the peer with an offer while ours is unanswered draws 491 (RFC 3311 §5.2)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    const dialog = bob.inDialog(invite, bob.reply(invite, 180))
    await run(10)
    dialog.request('UPDATE', { body: next(2) })
    await run(10)
    expect(brief(bob.next(491))).toBe('491 UPDATE')
    // Without an offer it moves the target and no more.
    dialog.request('UPDATE', { headers: [['Contact', '<sip:bob@192.0.2.2:5062>']] })
    await run(10)
    const ok = bob.next(200)
    expect([brief(ok), ok.text]).toEqual(['200 UPDATE', ''])
    // Nor may we offer meanwhile.
    expect(() => call.update({ offer: next(2, '192.0.2.1') })).toThrow(refused('request-pending'))
  })

  it('D27: an offer of the peer while its first is unanswered draws 500 with Retry-After (RFC 3311 §5.2)', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called()
    call.ring()
    await run(10)
    const dialog = bob.inDialog(invite, bob.next(180))
    dialog.request('UPDATE', { body: next(2) })
    await run(10)
    const refusal = bob.next(500)
    expect(Number(refusal.header('retry-after'))).toBeLessThanOrEqual(10)
  })

  it('D27: an UPDATE of ours that meets one of the peer is sent again in time (RFC 3311 §5.3)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const updated = call.update({ offer: next(2, '192.0.2.1') })
    await run(10)
    bob.reply(bob.next('UPDATE'), 491)
    await run(2_000)
    bob.nothing('UPDATE')
    await run(2_020)
    bob.reply(bob.next('UPDATE'), 200, { body: next(2) })
    await run(10)
    expect((await updated).text).toBe(next(2))
  })

  it('D27: UPDATE stands in Allow, timer in Supported', async () => {
    const { call: begin } = await createScene()
    const { invite } = await begin()
    expect([invite.header('allow'), invite.header('supported')]).toEqual([
      expect.stringContaining('UPDATE'),
      expect.stringContaining('timer'),
    ])
  })
})

describe('D30', () => {
  it('D30: a second change while one is pending is thrown, and nothing is sent', async () => {
    const { established, bob, run, ourWords } = await createScene()
    const { call } = await established()
    const first = call.reinvite({ offer: next(2, '192.0.2.1') })
    expect(() => call.hold()).toThrow(refused('request-pending'))
    expect(() => call.update()).toThrow(refused('request-pending'))
    await run(10)
    expect(ourWords().filter(word => word === 'INVITE')).toHaveLength(2)
    bob.reply(bob.next('INVITE'), 200, { body: next(2) })
    await run(10)
    expect((await first).text).toBe(next(2))
  })

  it('D30: with queue they follow one another; the ninth does not fit', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const ended: number[] = []
    for (let index = 0; index < 8; index += 1) {
      void call
        .reinvite({ offer: next(index + 2, '192.0.2.1'), queue: true })
        .then(() => void ended.push(index))
    }
    expect(() => call.hold({ queue: true })).toThrow(refused('request-pending'))
    for (let index = 0; index < 8; index += 1) {
      await run(10)
      const invite = bob.next('INVITE')
      bob.nothing()
      expect(invite.text).toBe(next(index + 2, '192.0.2.1'))
      bob.reply(invite, 200, { body: next(index + 2) })
      await run(10)
      bob.next('ACK')
    }
    await run(10)
    expect(ended).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('D30: a change waits for one of the peer that is asked for', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const offers = record(call.offers$)
    const theirs = dialog.request('INVITE', { body: next(2) })
    await run(10)
    expect(() => call.hold()).toThrow(refused('request-pending'))
    const held = call.hold({ queue: true })
    await run(100)
    bob.nothing('INVITE')
    void offers.values[0]?.accept(next(2, '192.0.2.1'))
    await run(10)
    bob.next(200)
    dialog.ack({ invite: theirs })
    await run(10)
    const invite = bob.next('INVITE')
    bob.reply(invite, 200, { body: sdp('192.0.2.2', { version: 3, direction: 'recvonly' }) })
    await run(10)
    await held
  })
})

describe('a change of ours', () => {
  it('without an offer takes that of the 2xx, and answers in the ACK (§14.1)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const changed = call.reinvite({ offer: 'none' })
    await run(10)
    const invite = bob.next('INVITE')
    expect(invite.text).toBe('')
    bob.reply(invite, 200, { body: sdp('192.0.2.2', { version: 2, direction: 'sendonly' }) })
    await run(10)
    const ack = bob.next('ACK')
    expect(ack.text).toContain('a=recvonly')
    await changed
    expect([call.localDescription, call.held.remote]).toEqual([ack.text, true])
  })

  it('goes to the new target that a 2xx has named, the ACK too (§12.2.1.2)', async () => {
    const { established, bob, another, run } = await createScene()
    const moved = another('192.0.2.5', 'moved')
    const { call } = await established()
    const changed = call.hold()
    await run(10)
    bob.reply(bob.next('INVITE'), 200, {
      contact: moved.contact,
      body: sdp('192.0.2.2', { version: 2, direction: 'recvonly' }),
    })
    await run(10)
    await changed
    moved.next('ACK')
    void call.hangUp()
    await run(10)
    moved.reply(moved.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it.for([481, 408])('answered %s ends the call: BYE (§14.1, RFC 5057)', async status => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const held = call.hold()
    await run(10)
    bob.reply(bob.next('INVITE'), status)
    await run(10)
    await expect(held).rejects.toMatchObject({ code: 'rejected', status })
    bob.reply(bob.next('BYE'), 481)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('that nobody answers ends the call: BYE (§14.1)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const held = call.hold()
    await run(sixtyFourT1 + 100)
    await expect(held).rejects.toMatchObject({ code: 'timeout' })
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('that gets no final answer behind its 1xx is cancelled, and given up at 64·T1 (§9.1)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const held = call.hold()
    await run(10)
    const invite = bob.next('INVITE')
    bob.reply(invite, 183)
    await run(180_100)
    expect(bob.next('CANCEL').cseq.seq).toBe(invite.cseq.seq)
    await run(sixtyFourT1 + 100)
    await expect(held).rejects.toMatchObject({ code: 'timeout' })
    bob.next('BYE')
  })

  it('is given up by hanging up: BYE at once, a 2xx that crosses it is acknowledged (§15)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const held = call.hold()
    await run(10)
    const invite = bob.next('INVITE')
    void call.hangUp()
    await run(10)
    const bye = bob.next('BYE')
    bob.reply(bye, 200)
    await run(10)
    await expect(held).rejects.toMatchObject({ code: 'closed' })
    expect(call.state.is).toBe('terminated')
    bob.reply(invite, 200, { body: next(2) })
    await run(10)
    expect(bob.next('ACK').cseq.seq).toBe(invite.cseq.seq)
  })

  it('without an offer from the media is given up, and nothing is sent', async () => {
    const media = {
      open: () => ({
        offer: () => {
          throw new Error('no camera')
        },
        answer: () => theirs,
      }),
    }
    const { established, bob, run } = await createScene({ sip: { media } })
    const { call } = await established()
    const held = call.hold()
    await run(10)
    await expect(held).rejects.toMatchObject({ code: 'media' })
    bob.nothing()
    expect([call.state.is, call.can('hold')]).toEqual(['confirmed', true])
  })
})

describe('what is left', () => {
  it('nothing: neither of changes nor of timers, however they ended', async () => {
    const clock = virtualClock()
    const network = simulatedNetwork({ clock, latency: 10 })
    const parties = ['192.0.2.1', '192.0.2.2'].map(host => {
      const engine = createEngine(network.platform({ host }))
      const sip = sipOver(engine, { media: plainMedia() })
      return { engine, connection: sip.connect({ port: 5060, sessionExpires: 90 }) }
    })
    await Promise.all(parties.map(({ connection }) => connection.active()))
    const [us, peer] = parties
    const idle = parties.map(({ engine }) => engine.census())
    peer!.connection.calls$.subscribe(call => {
      call.offers$.subscribe(offer => {
        if (offer.request.cseq.seq % 3 === 0) offer.reject()
        else if (offer.request.cseq.seq % 3 === 1) void offer.accept()
      })
      void call.accept()
    })
    for (let times = 0; times < 10; times += 1) {
      const call = us!.connection.invite('sip:bob@192.0.2.2:5060')
      await clock.run(1000)
      for (let change = 0; change < 4; change += 1) void call.hold({ queue: true })
      await clock.run(100_000)
      void call.hangUp()
      await clock.run(1000)
      expect(call.state.is).toBe('terminated')
    }
    await clock.run(400_000)
    expect(parties.map(({ engine }) => engine.census())).toEqual(idle)
  })
})
