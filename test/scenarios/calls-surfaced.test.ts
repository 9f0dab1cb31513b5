/** Acceptance scenarios D06 to D08 of docs/scenarios.md with the branches told to the application. RFC 3261 §13.2.2.4. */
import { describe, expect, it } from 'vitest'
import type { Fork } from '../../src/index.ts'
import { testForkingProxy } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { createScene, follow, lines, ourOffer, record, theirs } from './support.ts'

const scene = async () => {
  const made = await createScene()
  const carol = made.another('192.0.2.3', 'carol')
  const begin = async (given: Parameters<typeof made.call>[0] = {}) => {
    const begun = await made.call(given)
    return { ...begun, forks: record(begun.call.forks$) }
  }
  return { ...made, carol, begin }
}

describe('D06', () => {
  it('D07: a fork that is told can be read: its dialog is early, or confirmed when it never rang', async () => {
    const { bob, run, begin } = await scene()
    const { call, invite } = await begin()
    const told: (readonly [string, string])[] = []
    call.forks$.subscribe(({ dialog }) => told.push([dialog.state.is, dialog.remoteTag]))
    bob.reply(invite, 180, { toTag: 'b' })
    await run(10)
    bob.reply(invite, 200, { toTag: 'c', body: theirs })
    await run(10)
    expect(told).toEqual([
      ['early', 'b'],
      ['confirmed', 'c'],
    ])
  })

  it('D06: of two 200 each makes a call, acknowledged by an ACK of its own; each is hung up by itself', async () => {
    const { bob, carol, run, begin } = await scene()
    const { call, story, invite, forks } = await begin()
    bob.reply(invite, 180, { toTag: 'b' })
    bob.reply(invite, 180, { toTag: 'c', contact: `<${carol.uri}>` })
    await run(10)
    const [first, second] = forks.values as [Fork, Fork]
    expect(forks.values.map(({ state }) => state.is)).toEqual(['early', 'early'])
    bob.reply(invite, 200, { toTag: 'b', body: theirs })
    await run(10)
    const ok = bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    await run(10)
    const [ackOfBob, ackOfCarol] = [bob.next('ACK'), carol.next('ACK')]
    expect([ackOfBob.toTag, ackOfCarol.toTag]).toEqual(['b', 'c'])
    expect([ackOfBob.cseq.seq, ackOfCarol.cseq.seq]).toEqual([invite.cseq.seq, invite.cseq.seq])
    expect(first.call).toBe(call)
    const other = second.call!
    expect(other).not.toBe(call)
    expect([call.state.is, other.state.is]).toEqual(['confirmed', 'confirmed'])
    expect([other.direction, other.dialog, other.answer]).toEqual(['outgoing', second.dialog, theirs])
    expect(second.dialog.call).toBe(other)
    expect([second.localDescription, second.remoteDescription]).toEqual([ourOffer, theirs])
    expect(other.forks).toEqual(call.forks)
    // Its 200 once more: the same ACK, and nobody hears of it.
    const otherStory = follow(other)
    bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    await run(10)
    expect(lines(carol.next('ACK'))).toEqual(lines(ackOfCarol))
    expect(otherStory.eventTypes).toEqual([])
    expect(ok.toTag).toBe('c')
    carol.nothing('BYE')
    const over = other.hangUp()
    await run(10)
    const bye = carol.next('BYE')
    expect(bye.toTag).toBe('c')
    carol.reply(bye, 200)
    await run(10)
    await over
    expect([call.state.is, other.state.is]).toEqual(['confirmed', 'terminated'])
    bob.nothing('BYE')
    expect(story.errors).toEqual([])
    // Late repetitions find the ACK still, and no second BYE.
    bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    await run(10)
    carol.next('ACK')
    carol.nothing('BYE')
  })

  it('D06: a second 200 of a branch that never rang makes a fork as well', async () => {
    const { bob, carol, run, begin } = await scene()
    const { call, invite, forks } = await begin()
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    await run(10)
    expect(forks.values).toHaveLength(2)
    const other = forks.values[1]!.call!
    expect(other.state.is).toBe('confirmed')
    carol.next('ACK')
    bob.inDialog(invite, bob.reply(invite, 180, { toTag: 'x' }))
    carol.request('BYE', {
      to: { host: '192.0.2.1', port: 5060 },
      uri: invite.parsed('contact') === '*' ? '' : 'sip:alice@192.0.2.1:5060',
      callId: invite.callId,
      fromTag: 'c',
      toTag: invite.fromTag!,
      cseq: 1,
    })
    await run(10)
    carol.next(200)
    expect([call.state.is, other.state.is]).toEqual(['confirmed', 'terminated'])
  })

  it.for(['surface', 'first'] as const)(
    'D08: with `forking: %s` and nobody who listens, or `first`, it gets ACK and BYE',
    async forking => {
      const { bob, carol, run, begin, call: plain } = await scene()
      const { call, invite, story } = forking === 'first' ? await begin({ forking }) : await plain()
      bob.reply(invite, 200, { body: theirs })
      await run(10)
      bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
      await run(10)
      expect(carol.next('ACK').toTag).toBe('c')
      expect(carol.next('BYE').toTag).toBe('c')
      expect(story.dialogs).toHaveLength(1)
      expect(call.state.is).toBe('confirmed')
    },
  )

  it('D08: a 2xx that nobody wants is acknowledged where it says, not where its branch rang (§13.2.2.4)', async () => {
    const { bob, carol, run, begin } = await scene()
    const { invite } = await begin({ forking: 'first' })
    bob.reply(invite, 180, { toTag: 'c' })
    bob.reply(invite, 200, { toTag: 'b', body: theirs })
    await run(10)
    expect(bob.next('ACK').toTag).toBe('b')
    bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    await run(10)
    expect(carol.next('ACK').toTag).toBe('c')
    expect(carol.next('BYE').toTag).toBe('c')
    bob.nothing('ACK')
  })

  it('D06: without automatic ACK each call waits for its own', async () => {
    const { bob, carol, run, begin } = await scene()
    const { call, invite, forks } = await begin({ autoAck: false })
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    await run(10)
    expect(forks.values).toHaveLength(2)
    carol.nothing('ACK')
    forks.values[1]!.call!.ack()
    await run(10)
    expect(carol.next('ACK').toTag).toBe('c')
    bob.nothing('ACK')
    call.ack()
    await run(10)
    bob.next('ACK')
  })
})

describe('D07', () => {
  it('D07: the early dialogs that lose end 64·T1 after the first 2xx', async () => {
    const { bob, run, begin } = await scene()
    const { story, invite, forks } = await begin()
    for (const toTag of ['a', 'b', 'c']) bob.reply(invite, 180, { toTag })
    bob.reply(invite, 200, { toTag: 'b', body: theirs })
    await run(31_000)
    expect(forks.values.map(({ state }) => state.is)).toEqual(['early', 'confirmed', 'early'])
    expect(forks.values.map(({ call }) => call !== undefined)).toEqual([false, true, false])
    await run(1100)
    expect(forks.values.map(({ state }) => state.is)).toEqual(['terminated', 'confirmed', 'terminated'])
    expect(story.eventTypes).toEqual(['answered', 'inviteCompleted'])
  })

  it('D07: no more than 16 early dialogs are kept', async () => {
    const { bob, run, begin } = await scene()
    const { invite, forks, call } = await begin()
    for (let index = 0; index < 20; index += 1) bob.reply(invite, 180, { toTag: `t${index}` })
    await run(10)
    expect([forks.values.length, call.forks.length]).toEqual([16, 16])
  })

  it('D07: one branch is left by BYE, its 2xx is ended, and the next one makes the call (§15.1.1)', async () => {
    const { bob, carol, run, begin } = await scene()
    const { call, invite, forks } = await begin()
    bob.reply(invite, 180, { toTag: 'b' })
    bob.reply(invite, 180, { toTag: 'c', contact: `<${carol.uri}>` })
    await run(10)
    const left = forks.values[1]!.hangUp({ headers: [['X-Why', 'other']] })
    await run(10)
    const bye = carol.next('BYE')
    expect([bye.toTag, bye.header('x-why')]).toEqual(['c', 'other'])
    carol.reply(bye, 200)
    await left
    expect(forks.values.map(({ state }) => state.is)).toEqual(['early', 'terminated'])
    // Its 200 had crossed our BYE.
    bob.reply(invite, 200, { toTag: 'c', contact: `<${carol.uri}>`, body: theirs })
    await run(10)
    carol.next('ACK')
    carol.reply(carol.next('BYE'), 481)
    expect(call.state.is).toBe('early')
    bob.reply(invite, 200, { toTag: 'b', body: theirs })
    await run(10)
    expect(bob.next('ACK').toTag).toBe('b')
    expect(call.state.is).toBe('confirmed')
    expect(() => forks.values[1]!.hangUp()).not.toThrow()
  })

  it('D07: when only the branch left has answered, the call ends with the INVITE', async () => {
    const { bob, run, begin } = await scene()
    const { call, invite, forks } = await begin()
    bob.reply(invite, 180, { toTag: 'b' })
    await run(10)
    void forks.values[0]!.hangUp()
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    bob.reply(invite, 200, { toTag: 'b', body: theirs })
    await run(10)
    bob.next('ACK')
    await run(33_000)
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'cancelled' } })
  })
})

describe('the ACK', () => {
  it('D04: goes to the next address of the Contact, when the first cannot be reached (RFC 3263 §4.3)', async () => {
    const { call: begin, bob, another, run, network } = await createScene({ wire: 'TCP' })
    const carol = another('192.0.2.3', 'carol')
    network.names.set('twice.example', [
      { host: '192.0.2.77', port: 5060 },
      { host: '192.0.2.3', port: 5060 },
    ])
    const { call, story, invite } = await begin()
    bob.reply(invite, 200, { body: theirs, contact: '<sip:carol@twice.example:5060;transport=tcp>' })
    await run(60_000)
    expect(carol.next('ACK').cseq.seq).toBe(invite.cseq.seq)
    expect([call.state.is, story.errors]).toEqual(['confirmed', []])
    expect(call.dialog?.remoteTarget).toBe('sip:carol@twice.example:5060;transport=tcp')
  })
})

describe('through a proxy that forks', () => {
  const through = async (recordRoute: 'loose' | 'strict' | 'none') => {
    const made = await createScene({ ours: '192.0.2.1' })
    const { world, network } = made
    const parties = [
      await world.party('192.0.2.4', {}, { user: 'dora' }),
      await world.party('192.0.2.5', {}, { user: 'eve' }),
    ]
    const proxy = testForkingProxy({
      platform: network.platform({ host: '192.0.2.9', transports: ['UDP'] }),
      host: '192.0.2.9',
      targets: ['sip:dora@192.0.2.4:5060', 'sip:eve@192.0.2.5:5060'],
      recordRoute,
      cancelsLosers: false,
    })
    await proxy.listen()
    return { ...made, parties, proxy }
  }

  it.for(['none', 'loose', 'strict'] as const)(
    'D06, D34: two engines answer behind it (Record-Route: %s), both are talked to and hung up',
    async recordRoute => {
      const { connection, parties, proxy, run } = await through(recordRoute)
      const incoming = parties.map(party => record(party.connection.calls$))
      const call = connection.invite(proxy.uri, { offer: ourOffer })
      const forks = record(call.forks$)
      await run(50)
      for (const { values } of incoming) values[0]!.ring()
      await run(50)
      expect(forks.values.map(({ state }) => state.is)).toEqual(['early', 'early'])
      for (const { values } of incoming) void values[0]!.accept(theirs)
      await run(100)
      const calls = forks.values.map(fork => fork.call!)
      expect(calls.map(({ state }) => state.is)).toEqual(['confirmed', 'confirmed'])
      expect(incoming.map(({ values }) => values[0]!.state.is)).toEqual(['confirmed', 'confirmed'])
      expect(new Set(calls).size).toBe(2)
      const acks = proxy.log.filter(message => message.kind === 'request' && message.method === 'ACK')
      expect(acks).toHaveLength(recordRoute === 'none' ? 0 : 2)
      for (const one of calls) void one.hangUp()
      await run(100)
      expect(incoming.map(({ values }) => values[0]!.state.is)).toEqual(['terminated', 'terminated'])
      proxy.close()
    },
  )

  it('D06: it lets the best refusal through, when all refuse', async () => {
    const { connection, parties, proxy, run } = await through('none')
    parties[0]!.connection.calls$.subscribe(call => call.reject(486))
    parties[1]!.connection.calls$.subscribe(call => call.reject(603))
    const call = connection.invite(proxy.uri, { offer: ourOffer })
    await run(100)
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'remote', status: 603 } })
    proxy.close()
  })

  it('D16: a CANCEL goes to every branch', async () => {
    const { connection, parties, proxy, run, network } = await through('none')
    expect(createPeer(network, { host: '192.0.2.77' }).unread).toEqual([])
    const incoming = parties.map(party => record(party.connection.calls$))
    const call = connection.invite(proxy.uri, { offer: ourOffer })
    await run(50)
    call.cancel()
    await run(100)
    expect(call.state).toMatchObject({ is: 'terminated', end: { reason: 'cancelled', status: 487 } })
    expect(incoming.map(({ values }) => values[0]!.state)).toMatchObject([
      { is: 'terminated', end: { reason: 'cancelled' } },
      { is: 'terminated', end: { reason: 'cancelled' } },
    ])
    proxy.close()
  })
})
