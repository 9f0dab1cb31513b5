/** Acceptance scenario D29 of docs/scenarios.md: changes of the session that meet. RFC 3261 §14.1, §14.2; RFC 3311 §5. */
import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/index.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { brief, createScene, record } from './support.ts'

const next = (version: number, host = '192.0.2.2') => sdp(host, { version, port: 4002 })
const held = (version: number) => sdp('192.0.2.2', { version, direction: 'recvonly' })

describe('D29', () => {
  it.for([
    ['established', 2100, 4000],
    ['answered', 0, 2000],
  ] as const)(
    'D29: a 491 to a call that was %s: again after %s to %s ms, by tens (§14.1)',
    async ([how, least, most]) => {
      const scene = await createScene()
      const { call } = await scene[how]()
      const { bob, run, clock } = scene
      const pauses: number[] = []
      for (let times = 0; times < 6; times += 1) {
        const changed = times % 2 === 0 ? call.hold() : call.resume()
        await run(10)
        const first = bob.next('INVITE')
        const at = clock.now()
        bob.reply(first, 491)
        // The 491 is one millisecond on its way, and so is what comes then.
        while (!bob.unread.some(message => brief(message) === 'INVITE')) await run(1)
        pauses.push(clock.now() - at - 2)
        bob.next('ACK')
        const second = bob.next('INVITE')
        expect(second.cseq.seq).toBe(first.cseq.seq + 1)
        bob.reply(second, 200, { body: times % 2 === 0 ? held(times + 2) : next(times + 2) })
        await run(10)
        bob.next('ACK')
        await changed
      }
      expect(pauses.every(pause => pause >= least && pause <= most + 1)).toBe(true)
      expect(new Set(pauses).size).toBeGreaterThan(1)
    },
  )

  it('D29: four times in all, then it has failed and the session is as before (RFC 6141)', async () => {
    const { established, bob, run, ourWords } = await createScene()
    const { call } = await established()
    const before = call.localDescription
    const changed = call.hold()
    bob.on('INVITE', invite => void bob.reply(invite, 491))
    await run(60_000)
    await expect(changed).rejects.toMatchObject({ code: 'rejected', status: 491 })
    expect(ourWords().filter(word => word === 'INVITE')).toHaveLength(5)
    expect([call.localDescription, call.state.is]).toEqual([before, 'confirmed'])
  })

  it('D29: a 500 with Retry-After is followed when that time has passed (§14.2)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const changed = call.hold()
    await run(10)
    bob.reply(bob.next('INVITE'), 500, { headers: [['Retry-After', '7']] })
    await run(6_900)
    bob.next('ACK')
    bob.nothing('INVITE')
    await run(200)
    bob.reply(bob.next('INVITE'), 200, { body: held(2) })
    await run(10)
    await changed
  })

  it('D29: an INVITE of P meets ours: 491, and ours goes on (§14.2)', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const changed = call.hold()
    await run(10)
    const ours = bob.next('INVITE')
    dialog.request('INVITE', { body: next(2) })
    await run(10)
    bob.ackFor(bob.next(491))
    // RFC 3311 §5.2: the same for an offer by UPDATE.
    dialog.request('UPDATE', { body: next(2) })
    await run(10)
    expect(brief(bob.next(491))).toBe('491 UPDATE')
    bob.reply(ours, 200, { body: held(2) })
    await run(10)
    await changed
  })

  it('D29: a second change of P while the first waits for us draws 500 with Retry-After (§14.2)', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const offers = record(call.offers$)
    const first = dialog.request('INVITE', { body: next(2) })
    await run(10)
    for (const method of ['INVITE', 'UPDATE']) {
      dialog.request(method, { body: next(3) })
      await run(10)
      const refusal = bob.next(500)
      expect(Number(refusal.header('retry-after'))).toBeLessThanOrEqual(10)
    }
    expect(offers.values).toHaveLength(1)
    void offers.values[0]?.accept(next(2, '192.0.2.1'))
    await run(10)
    bob.next(200)
    dialog.ack({ invite: first })
    await run(10)
    expect(call.remoteDescription).toBe(next(2))
  })

  it('D29: while we wait to try again, the change of P passes', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const changed = call.hold()
    await run(10)
    bob.reply(bob.next('INVITE'), 491)
    await run(10)
    bob.next('ACK')
    const theirs = dialog.request('INVITE', { body: next(2) })
    await run(10)
    expect(brief(bob.next(200))).toBe('200 INVITE')
    dialog.ack({ invite: theirs })
    await run(4_000)
    const again = bob.next('INVITE')
    bob.reply(again, 200, { body: held(3) })
    await run(10)
    await changed
    expect(call.held).toEqual({ local: true, remote: false })
  })

  it('D29: two engines hold each other at the same moment, and both come through', async () => {
    const world = createWorld()
    const alice = await world.party('192.0.2.1')
    const bob = await world.party('192.0.2.2')
    const taken: Call[] = []
    bob.connection.calls$.subscribe(call => {
      taken.push(call)
      void call.accept()
    })
    const ours = alice.connection.invite('sip:bob@192.0.2.2:5060')
    await world.run(100)
    const theirs = taken[0]!
    const both = Promise.all([ours.hold(), theirs.hold()])
    await world.run(10_000)
    await both
    expect([ours.held, theirs.held]).toEqual([
      { local: true, remote: true },
      { local: true, remote: true },
    ])
    expect([ours.localDescription, ours.remoteDescription]).toEqual([
      theirs.remoteDescription,
      theirs.localDescription,
    ])
    await world.end()
  })
})
