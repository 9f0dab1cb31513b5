/** Acceptance scenario D28 of docs/scenarios.md: hold and resume, by us and by the peer. RFC 3264 §8.4, RFC 3261 §14. */
import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/index.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { createScene, ourOffer, record, transports } from './support.ts'

const directionOf = (text: string): string | undefined =>
  /a=(sendrecv|sendonly|recvonly|inactive)/.exec(text)?.[1]
const versionOf = (text: string): number => Number(/^o=\S+ \S+ (\d+)/m.exec(text)?.[1])

describe('D28', () => {
  it.for(transports)(
    'D28 over %s: hold and resume by re-INVITE, version+1 each (RFC 3264 §8.4)',
    async wire => {
      const { established, bob, run } = await createScene({ wire })
      const { call, invite, dialog, story } = await established()
      const sessions = record(call.session$)
      expect([call.held, call.can('hold')]).toEqual([{ local: false, remote: false }, true])

      const held = call.hold()
      expect(call.can('hold')).toBe(false)
      await run(10)
      const first = bob.next('INVITE')
      expect([first.cseq.seq, first.toTag, first.fromTag]).toEqual([
        invite.cseq.seq + 1,
        dialog.localTag,
        dialog.remoteTag,
      ])
      expect([directionOf(first.text), versionOf(first.text)]).toEqual(['sendonly', versionOf(ourOffer) + 1])
      const ok = bob.reply(first, 200, { body: sdp('192.0.2.2', { direction: 'recvonly', version: 2 }) })
      await run(10)
      await held
      expect(bob.next('ACK').cseq.seq).toBe(first.cseq.seq)
      expect(call.held).toEqual({ local: true, remote: false })

      // §13.2.2.4: every repetition of the 2xx draws the same ACK.
      bob.send(ok, bob.sourceOf(first))
      await run(10)
      expect(bob.next('ACK').cseq.seq).toBe(first.cseq.seq)

      const resumed = call.resume()
      await run(10)
      const second = bob.next('INVITE')
      expect([directionOf(second.text) ?? 'sendrecv', versionOf(second.text)]).toEqual([
        'sendrecv',
        versionOf(ourOffer) + 2,
      ])
      bob.reply(second, 200, { body: sdp('192.0.2.2', { version: 3 }) })
      await run(10)
      await resumed
      bob.next('ACK')
      expect(call.held).toEqual({ local: false, remote: false })
      expect(sessions.values.map(({ local }) => local)).toEqual([first.text, second.text])
      expect([call.state.is, story.errors]).toEqual(['confirmed', []])
    },
  )

  it.for(transports)('D28 over %s: the peer holds us: the media answers, and the ACK ends it', async wire => {
    const { answered, bob, run, timesOf } = await createScene({ wire })
    const { call, dialog, story } = await answered()
    const again = dialog.request('INVITE', { body: sdp('192.0.2.2', { direction: 'sendonly', version: 2 }) })
    await run(10)
    const ok = bob.next(200)
    expect([ok.cseq.seq, directionOf(ok.text), versionOf(ok.text)]).toEqual([
      again.cseq.seq,
      'recvonly',
      versionOf(ourOffer) + 1,
    ])
    expect(ok.header('contact')).toContain('alice@192.0.2.1')
    expect(call.held).toEqual({ local: false, remote: true })
    // §13.3.1.4: on every transport the 2xx is repeated until its ACK.
    const before = timesOf('200 INVITE').length
    await run(1600)
    expect(timesOf('200 INVITE').length).toBe(before + 2)
    dialog.ack({ invite: again })
    await run(10)
    const acknowledged = timesOf('200 INVITE').length
    await run(40_000)
    expect(timesOf('200 INVITE').length).toBe(acknowledged)
    const back = dialog.request('INVITE', { body: sdp('192.0.2.2', { version: 3 }) })
    await run(10)
    bob.next((message): boolean => message.kind === 'response' && message.cseq.seq === back.cseq.seq)
    dialog.ack({ invite: back })
    await run(10)
    expect([call.held, call.state.is, story.errors]).toEqual([
      { local: false, remote: false },
      'confirmed',
      [],
    ])
  })

  it('D28: between two engines: each holds the other, both know', async () => {
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
    const [theirs] = taken
    expect([ours.state.is, theirs?.state.is]).toEqual(['confirmed', 'confirmed'])
    const steps: unknown[] = []
    for (const step of [ours.hold, theirs!.hold, ours.resume, theirs!.resume] as const) {
      const who = steps.length % 2 === 0 ? ours : theirs!
      const change = step.call(who)
      await world.run(100)
      await change
      steps.push([ours.held, theirs!.held])
    }
    const both = (local: boolean, remote: boolean) => [
      { local, remote },
      { local: remote, remote: local },
    ]
    expect(steps).toEqual([both(true, false), both(true, true), both(false, true), both(false, false)])
    await world.end()
  })

  it('D28: a hold that is refused leaves the session as it was (RFC 6141)', async () => {
    const { established, bob, run } = await createScene()
    const { call, story } = await established()
    const before = [call.localDescription, call.remoteDescription]
    const held = call.hold()
    await run(10)
    bob.reply(bob.next('INVITE'), 488)
    await run(10)
    await expect(held).rejects.toMatchObject({ code: 'rejected', status: 488 })
    expect([call.localDescription, call.remoteDescription]).toEqual(before)
    expect([call.state.is, story.errors, call.can('hold')]).toEqual(['confirmed', [['rejected', 488]], true])
    // The next one begins where the session stands.
    const again = call.hold()
    await run(10)
    bob.next('ACK')
    const second = bob.next('INVITE')
    expect(versionOf(second.text)).toBeGreaterThan(versionOf(ourOffer))
    bob.reply(second, 200, { body: sdp('192.0.2.2', { direction: 'recvonly', version: 2 }) })
    await run(10)
    await again
    expect(call.held.local).toBe(true)
  })
})
