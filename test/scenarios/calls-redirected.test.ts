/** Acceptance scenario D31 of docs/scenarios.md: redirections. RFC 3261 §8.1.3.4, §21.3. */
import { describe, expect, it } from 'vitest'
import type { HeaderPair, SipRequest } from '../../src/message/types.ts'
import { createScene, theirs, transports } from './support.ts'

const contact = (...values: readonly string[]): readonly HeaderPair[] => [['Contact', values.join(', ')]]

const scene = async (options: Parameters<typeof createScene>[0] = {}) => {
  const made = await createScene(options)
  const [carol, dave] = [made.another('192.0.2.3', 'carol'), made.another('192.0.2.4', 'dave')]
  return { ...made, carol, dave }
}

const identity = (invite: SipRequest) => [invite.callId, invite.header('from'), invite.header('to')]

describe('D31', () => {
  it.for(transports)(
    'D31 over %s: the Contacts of a 302 are tried by q, with the same Call-ID, From and To',
    async wire => {
      const { call: begin, bob, carol, dave, run } = await scene({ wire })
      const { call, story, invite } = await begin()
      bob.reply(invite, 302, { headers: contact(`<${dave.uri}>;q=0.2`, `<${carol.uri}>;q=0.7`) })
      await run(10)
      bob.next('ACK')
      const second = carol.next('INVITE')
      dave.nothing('INVITE')
      expect(call.state.is).toBe('redirecting')
      expect(identity(second)).toEqual(identity(invite))
      expect([second.uri, second.cseq.seq]).toEqual([carol.uri, invite.cseq.seq + 1])
      expect(second.text).toBe(invite.text)
      carol.reply(second, 486)
      await run(10)
      carol.next('ACK')
      const third = dave.next('INVITE')
      expect(third.cseq.seq).toBe(invite.cseq.seq + 2)
      dave.reply(third, 180)
      dave.reply(third, 200, { body: theirs })
      await run(10)
      expect(dave.next('ACK').cseq.seq).toBe(third.cseq.seq)
      expect(story.states).toEqual(['calling', 'redirecting', 'early', 'confirmed'])
      expect(
        story.events.map(event =>
          event.type === 'redirected' ? [event.uri, event.response?.status] : event.type,
        ),
      ).toEqual([[carol.uri, 302], [dave.uri, 486], 'answered'])
      expect(story.errors).toEqual([])
      const over = call.hangUp()
      await run(10)
      dave.reply(dave.next('BYE'), 200)
      await run(10)
      await over
    },
  )

  it('D31: in surface mode the application gets the 302', async () => {
    const { call: begin, bob, carol, run } = await scene()
    const { call, invite, story } = await begin({ redirects: 'surface' })
    bob.reply(invite, 302, { headers: contact(`<${carol.uri}>`) })
    await run(10)
    carol.nothing('INVITE')
    expect(call.state).toMatchObject({
      is: 'terminated',
      end: { by: 'remote', reason: 'rejected', status: 302 },
    })
    expect([story.statuses, story.errors]).toEqual([[302], [['rejected', 302]]])
  })

  it.for([305, 380])('D31: a %i is never followed', async status => {
    const { call: begin, bob, carol, run } = await scene()
    const { call, invite } = await begin()
    bob.reply(invite, status, { headers: contact(`<${carol.uri}>`) })
    await run(10)
    carol.nothing('INVITE')
    expect(call.state).toMatchObject({ is: 'terminated', end: { status } })
  })

  it('D31: nobody is asked twice: a loop ends with the redirection', async () => {
    const { call: begin, bob, carol, run } = await scene()
    const { call, invite, story } = await begin()
    bob.reply(invite, 302, { headers: contact(`<${carol.uri}>`) })
    await run(10)
    carol.reply(carol.next('INVITE'), 302, { headers: contact(`<${bob.uri}>`, `<${carol.uri}>`) })
    await run(10)
    bob.nothing('INVITE')
    expect(call.state).toMatchObject({ is: 'terminated', end: { status: 302 } })
    expect(story.errors).toEqual([['rejected', 302]])
  })

  it('D31: after five further targets it ends', async () => {
    const { call: begin, bob, run } = await scene()
    const { call, invite } = await begin()
    let at = invite
    let count = 0
    for (let index = 1; index <= 7; index += 1) {
      bob.reply(at, 302, { headers: contact(`<sip:bob-${index}@192.0.2.2:5060>`) })
      await run(10)
      const next = bob.unread.find(message => message.kind === 'request' && message.method === 'INVITE')
      if (!next) break
      at = bob.next('INVITE')
      count += 1
    }
    expect(count).toBe(5)
    expect(call.state).toMatchObject({ is: 'terminated', end: { status: 302 } })
  })

  it('D31: a 6xx ends the search (§21.6)', async () => {
    const { call: begin, bob, carol, dave, run } = await scene()
    const { call, invite } = await begin()
    bob.reply(invite, 300, { headers: contact(`<${carol.uri}>`, `<${dave.uri}>`) })
    await run(10)
    carol.reply(carol.next('INVITE'), 603)
    await run(10)
    dave.nothing('INVITE')
    expect(call.state).toMatchObject({ is: 'terminated', end: { status: 603 } })
  })

  it('D31: of a sips: target only sips: is followed, of any only what is a SIP URI', async () => {
    const { call: begin, bob, carol, run } = await scene()
    const { call, invite } = await begin()
    bob.reply(invite, 302, { headers: contact('<tel:+15551234>', '<mailto:bob@example.com>') })
    await run(10)
    carol.nothing('INVITE')
    expect(call.state).toMatchObject({ is: 'terminated', end: { status: 302 } })
  })

  it('D31: the early dialogs of the first target end', async () => {
    const { call: begin, bob, carol, run } = await scene()
    const { call, invite, story } = await begin()
    bob.reply(invite, 183, { toTag: 'a' })
    await run(10)
    bob.reply(invite, 302, { toTag: 'p', headers: contact(`<${carol.uri}>`) })
    await run(10)
    expect(story.dialogs.map(({ state }) => state.is)).toEqual(['terminated'])
    const second = carol.next('INVITE')
    carol.reply(second, 200, { body: theirs })
    await run(10)
    carol.next('ACK')
    expect(call.dialog?.remoteTarget).toBe(carol.uri)
    expect(story.dialogs.map(({ state }) => state.is)).toEqual(['terminated', 'confirmed'])
  })

  it('D31: the call is cancelled where it is now', async () => {
    const { call: begin, bob, carol, run } = await scene()
    const { call, invite } = await begin()
    bob.reply(invite, 302, { headers: contact(`<${carol.uri}>`, '<sip:dave@192.0.2.4>') })
    await run(10)
    const second = carol.next('INVITE')
    carol.reply(second, 180)
    await run(10)
    call.cancel()
    await run(10)
    const cancel = carol.next('CANCEL')
    expect(cancel.cseq.seq).toBe(second.cseq.seq)
    carol.reply(cancel, 200)
    carol.reply(second, 487)
    await run(10)
    expect(call.state).toMatchObject({
      is: 'terminated',
      end: { by: 'local', reason: 'cancelled', status: 487 },
    })
    carol.nothing('INVITE')
  })

  it('D31: a target that cannot be reached gives way to the next', async () => {
    const { call: begin, bob, carol, run } = await scene()
    const { call, invite } = await begin()
    bob.reply(invite, 302, { headers: contact('<sip:nobody@192.0.2.77:5060>;q=0.9', `<${carol.uri}>;q=0.1`) })
    await run(33_000)
    const second = carol.next('INVITE')
    carol.reply(second, 200, { body: theirs })
    await run(10)
    carol.next('ACK')
    expect(call.state.is).toBe('confirmed')
  })

  it('D31: misuse is refused before anything is sent', async () => {
    const { connection, bob, run } = await scene()
    for (const options of [
      { redirects: 'always' },
      { forking: 'all' },
      { reliable: 'yes' },
      { expires: 0 },
    ]) {
      expect(() => connection.invite(bob.uri, options as never)).toThrow(
        expect.objectContaining({ code: 'argument' }),
      )
    }
    await run(10)
    bob.nothing('INVITE')
  })
})
