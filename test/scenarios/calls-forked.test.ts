/** Acceptance scenarios D07 and D08 of docs/scenarios.md: answers of several branches to one INVITE. RFC 3261 §13.2.2.4. */
import { describe, expect, it } from 'vitest'
import type { SipResponse } from '../../src/message/types.ts'
import { createScene, lines, theirs } from './support.ts'

describe('D08', () => {
  const forked = async (when: 'confirmed' | 'unacknowledged' | 'hung up') => {
    const scene = await createScene()
    const { bob, run, another } = scene
    const carol = another('192.0.2.3', 'carol')
    const begun = await scene.call(when === 'unacknowledged' ? { autoAck: false } : {})
    bob.reply(begun.invite, 200, { body: theirs })
    await run(10)
    if (when === 'hung up') {
      void begun.call.hangUp()
      await run(10)
      bob.reply(bob.next('BYE'), 200)
      await run(10)
    }
    // A proxy on the way has sent the INVITE to Carol, too; her 200 comes by the same way.
    const second = (): SipResponse =>
      bob.reply(begun.invite, 200, { toTag: 'carol-1', body: theirs, contact: `<${carol.uri}>` })
    return { ...scene, ...begun, carol, second }
  }

  it.for(['confirmed', 'unacknowledged', 'hung up'] as const)(
    'D08: another 2xx of a fork, the call being %s, gets ACK and BYE, and the application hears nothing (§13.2.2.4)',
    async when => {
      const { story, carol, second, run, invite, call } = await forked(when)
      const before = { states: story.states, events: story.eventTypes, statuses: story.statuses }
      const ok = second()
      await run(10)
      const [ack, bye] = [carol.next('ACK'), carol.next('BYE')]
      expect([ack.header('to'), bye.header('to')]).toEqual([ok.header('to'), ok.header('to')])
      expect([ack.uri, bye.uri]).toEqual([carol.uri, carol.uri])
      expect(ack.cseq.seq).toBe(invite.cseq.seq)
      expect(bye.cseq.seq).toBeGreaterThan(invite.cseq.seq)
      carol.reply(bye, 200)
      await run(1000)
      // Repeated because our ACK was lost: the ACK again, no second BYE.
      second()
      await run(10)
      expect(lines(carol.next('ACK'))).toEqual(lines(ack))
      carol.nothing('BYE')
      expect({ states: story.states, events: story.eventTypes, statuses: story.statuses }).toEqual(before)
      expect(story.dialogs).toHaveLength(1)
      expect(story.errors).toEqual([])
      expect(call.state.is).toBe(when === 'hung up' ? 'terminated' : 'confirmed')
    },
  )

  it('D07: several early dialogs do not break the call; the one of the 2xx is its dialog', async () => {
    const { call: begin, bob, another, run } = await createScene()
    const carol = another('192.0.2.3', 'carol')
    const { call, story, invite } = await begin()
    bob.reply(invite, 180, { toTag: 'b' })
    bob.reply(invite, 183, { toTag: 'c', contact: `<${carol.uri}>` })
    bob.reply(invite, 180, { toTag: 'd' })
    bob.reply(invite, 183, { toTag: 'b' })
    await run(10)
    expect(story.dialogs.map(({ remoteTag }) => remoteTag)).toEqual(['b', 'c', 'd'])
    expect(story.dialogs.map(({ state }) => state.is)).toEqual(['early', 'early', 'early'])
    expect(story.statuses).toEqual([180, 183, 180, 183])
    bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    await run(10)
    expect(carol.next('ACK').toTag).toBe('c')
    expect(call.dialog).toMatchObject({ remoteTag: 'c', state: { is: 'confirmed' } })
    expect(call.state.is).toBe('confirmed')
    const over = call.hangUp()
    await run(10)
    const bye = carol.next('BYE')
    expect(bye.toTag).toBe('c')
    carol.reply(bye, 200)
    await run(10)
    await over
    expect(story.dialogs.map(({ state }) => state.is)).toEqual(['terminated', 'terminated', 'terminated'])
    bob.nothing('BYE')
  })
})
