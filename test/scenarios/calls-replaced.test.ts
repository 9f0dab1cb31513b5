/** An INVITE that asks for the place of another call. RFC 3891; the other half of E13. */
import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/index.ts'
import type { HeaderPair } from '../../src/message/types.ts'
import { createScene, ourOffer, record, theirs } from './support.ts'

type Dialog = { readonly callId: string; readonly localTag: string; readonly remoteTag: string }
/** As somebody writes it who has heard of our dialog: to-tag is ours. */
const replaces = ({ callId, localTag, remoteTag }: Dialog, more = ''): HeaderPair => [
  'Replaces',
  `${callId};to-tag=${localTag};from-tag=${remoteTag}${more}`,
]

const scene = async () => {
  const given = await createScene()
  const carol = given.another('192.0.2.3', 'carol')
  const calls = record(given.connection.calls$)
  const ask = async (header: HeaderPair | readonly HeaderPair[]) => {
    const before = calls.values.length
    const headers = typeof header[0] === 'string' ? [header as HeaderPair] : (header as HeaderPair[])
    const invite = carol.request('INVITE', { to: given.address, uri: given.ourUri, body: theirs, headers })
    await given.run(10)
    return { invite, call: calls.values[before] as Call | undefined }
  }
  return { ...given, carol, ask }
}

describe('an INVITE with Replaces', () => {
  it('takes the place of a call that is up when it is accepted: BYE for that one (§3)', async () => {
    const { established, ask, bob, carol, run } = await scene()
    const { call: first } = await established()
    const { invite, call } = await ask(replaces(first.dialog!))
    expect(call!.replaces).toBe(first)
    expect(call!.referCookie).toMatchObject({ callId: first.dialog!.callId })
    call!.ring()
    await run(10)
    // Until it is accepted nothing happens to the other.
    expect(first.state.is).toBe('confirmed')
    void call!.accept(ourOffer)
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    carol.inDialog(invite, carol.next(200)).ack()
    await run(10)
    expect([first.state, call!.state.is]).toMatchObject([
      { is: 'terminated', end: { by: 'local', reason: 'bye' } },
      'confirmed',
    ])
  })

  it('leaves that one alone when it is refused', async () => {
    const { established, ask, bob, carol, run } = await scene()
    const { call: first } = await established()
    const { call } = await ask(replaces(first.dialog!))
    call!.reject(486)
    await run(10)
    carol.next(486)
    expect([first.state.is, bob.all('BYE').length]).toEqual(['confirmed', 0])
  })

  it('takes the place of one that we began and nobody has answered: CANCEL (§3)', async () => {
    const { call: begin, ask, bob, run } = await scene()
    const { call: first, invite } = await begin()
    bob.reply(invite, 180)
    await run(10)
    const { call } = await ask(replaces(first.dialog!, ';early-only'))
    expect(call!.replaces).toBe(first)
    void call!.accept(ourOffer)
    await run(10)
    bob.reply(bob.next('CANCEL'), 200)
    bob.reply(invite, 487)
    await run(10)
    expect(first.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'cancelled' } })
  })

  it('draws 481 for a dialog that nobody knows, or with tags the wrong way round (§3)', async () => {
    const { established, ask, carol } = await scene()
    const { call: first } = await established()
    const { callId, localTag, remoteTag } = first.dialog!
    for (const wrong of [
      { callId: 'nobody', localTag: 'a', remoteTag: 'b' },
      { callId, localTag: remoteTag, remoteTag: localTag },
    ]) {
      expect((await ask(replaces(wrong))).call).toBeUndefined()
      carol.next(481)
    }
    expect(first.state.is).toBe('confirmed')
  })

  it('draws 481 for an early dialog that the peer began (§3)', async () => {
    const { called, ask, carol, run } = await scene()
    const { call: first } = await called()
    first.ring()
    await run(10)
    await ask(replaces(first.dialog!))
    carol.next(481)
    expect(first.state.is).toBe('ringing')
  })

  it('draws 486 for a call that is up when only an early one was meant (§7.1)', async () => {
    const { established, ask, carol } = await scene()
    const { call: first } = await established()
    await ask(replaces(first.dialog!, ';early-only'))
    carol.next(486)
    expect(first.state.is).toBe('confirmed')
  })

  it('draws 603 for a call that is ending, or has ended (§3)', async () => {
    const { established, ask, bob, carol, run } = await scene()
    const { call: first } = await established()
    const dialog = {
      callId: first.dialog!.callId,
      localTag: first.dialog!.localTag,
      remoteTag: first.dialog!.remoteTag,
    }
    void first.hangUp()
    await run(10)
    await ask(replaces(dialog))
    carol.next(603)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(first.state.is).toBe('terminated')
    await ask(replaces(dialog))
    carol.next(603)
  })

  it('draws 400 when it stands twice, or beside a Join (§3, RFC 3911 §4)', async () => {
    const { established, ask, carol } = await scene()
    const { call: first } = await established()
    const header = replaces(first.dialog!)
    await ask([header, header])
    carol.next(400)
    await ask([header, ['Join', header[1]]])
    carol.next(400)
  })

  it('may be required, and is supported (RFC 3891 §5)', async () => {
    const { established, ask } = await scene()
    const { call: first, invite } = await established()
    expect(invite.header('supported')).toMatch(/\breplaces\b/)
    expect(invite.header('supported')).toMatch(/\bnorefersub\b/)
    expect(invite.parsed('allow')).toEqual(expect.arrayContaining(['REFER', 'NOTIFY']))
    const { call } = await ask([replaces(first.dialog!), ['Require', 'replaces']])
    expect(call!.replaces).toBe(first)
  })

  it('is no further call where no further one is taken', async () => {
    const { ask, established, carol } = await (async () => {
      const given = await createScene({ connection: { maxCalls: 1 } })
      const other = given.another('192.0.2.3', 'carol')
      const calls = record(given.connection.calls$)
      return {
        ...given,
        carol: other,
        ask: async (headers: HeaderPair[]) => {
          other.request('INVITE', { to: given.address, uri: given.ourUri, body: theirs, headers })
          await given.run(10)
          return calls.values.at(-1)
        },
      }
    })()
    const { call: first } = await established()
    await ask([])
    carol.next(486)
    expect((await ask([replaces(first.dialog!)]))!.replaces).toBe(first)
  })
})
