/** Acceptance scenario D32 of docs/scenarios.md: session timers. RFC 4028. */
import { describe, expect, it } from 'vitest'
import type { HeaderPair, SipMessage } from '../../src/message/types.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { brief, createScene, ourOffer, record, theirs } from './support.ts'

const timer = (seconds: number, refresher?: 'uac' | 'uas'): HeaderPair[] => [
  ['Session-Expires', `${seconds}${refresher ? `;refresher=${refresher}` : ''}`],
]
const knows: HeaderPair = ['Supported', 'timer']
const asked = (message: SipMessage) => [message.header('session-expires'), message.header('min-se')]

/** Our call with a timer, answered with these headers. */
const up = async (headers: readonly HeaderPair[], sessionExpires?: number) => {
  const scene = await createScene()
  const begun = await scene.call(sessionExpires === undefined ? {} : { sessionExpires })
  const ok = scene.bob.reply(begun.invite, 200, { body: theirs, headers })
  await scene.run(10)
  scene.bob.next('ACK')
  return { ...scene, ...begun, dialog: scene.bob.inDialog(begun.invite, ok) }
}

describe('D32', () => {
  it('D32: we refresh by UPDATE at half of the interval, each time', async () => {
    const { invite, bob, run, timesOf, call } = await up(
      [...timer(90, 'uac'), ['Allow', 'INVITE, UPDATE']],
      90,
    )
    expect(asked(invite)).toEqual(['90', undefined])
    for (let times = 1; times <= 3; times += 1) {
      await run(45_000)
      const update = bob.next('UPDATE')
      expect([...asked(update), update.text]).toEqual(['90;refresher=uac', undefined, ''])
      bob.reply(update, 200, { headers: timer(90, 'uac') })
      await run(10)
    }
    const [first = 0, second = 0] = timesOf('UPDATE')
    expect(second - first).toBeGreaterThanOrEqual(45_000)
    expect(call.state.is).toBe('confirmed')
  })

  it('D32: by re-INVITE with the same version when the peer does not allow UPDATE (§7.4)', async () => {
    const { bob, run, call, story } = await up(timer(90, 'uac'), 90)
    await run(45_000)
    const again = bob.next('INVITE')
    expect([again.text, asked(again)[0]]).toEqual([ourOffer, '90;refresher=uac'])
    bob.reply(again, 200, { body: theirs, headers: timer(90, 'uac') })
    await run(10)
    bob.next('ACK')
    expect([call.state.is, story.errors]).toEqual(['confirmed', []])
  })

  it('D32: when the peer does not refresh, BYE at 90 − min(32, 30) s (§10)', async () => {
    const { bob, run, call, story } = await up(timer(90, 'uas'), 90)
    await run(59_900)
    bob.nothing()
    await run(200)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'network', reason: 'failed' } })
    expect(story.errors).toEqual([['timeout']])
  })

  it('D32: a refresh of the peer keeps it alive, by UPDATE or re-INVITE, and may end the timer', async () => {
    const { bob, run, call, dialog } = await up(timer(90, 'uas'), 90)
    await run(45_000)
    dialog.request('UPDATE', { headers: [...timer(90, 'uac'), knows] })
    await run(10)
    const ok = bob.next(200)
    expect([ok.header('session-expires'), ok.header('require')]).toEqual(['90;refresher=uac', 'timer'])
    await run(45_000)
    const invite = dialog.request('INVITE', { body: theirs, headers: [...timer(90, 'uac'), knows] })
    await run(10)
    expect(bob.next(200).header('session-expires')).toBe('90;refresher=uac')
    dialog.ack({ invite })
    await run(59_000)
    expect(call.state.is).toBe('confirmed')
    await run(1_500)
    bob.next('BYE')
  })

  it.for([481, 408])('D32: a refresh answered %s ends the call (§10)', async status => {
    const { bob, run, call } = await up([...timer(90, 'uac'), ['Allow', 'UPDATE']], 90)
    await run(45_000)
    bob.reply(bob.next('UPDATE'), status)
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('D32: a refresh that fails otherwise is tried again, until the session expires (§10)', async () => {
    const { bob, run, call, timesOf } = await up([...timer(90, 'uac'), ['Allow', 'UPDATE']], 90)
    bob.on('UPDATE', update => void bob.reply(update, 503))
    await run(60_100)
    expect(timesOf('UPDATE')).toHaveLength(3)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('D32: the timer is to be seen: who refreshes, how often, and its end', async () => {
    const { bob, run, call } = await up(timer(90, 'uas'), 90)
    const states = record(call.sessionTimer!.state$)
    expect(call.sessionTimer?.state).toEqual({ is: 'running', interval: 90, refresher: 'remote' })
    await run(60_100)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect([states.values.at(-1), states.complete, call.sessionTimer]).toEqual([
      { is: 'expired' },
      true,
      undefined,
    ])
  })

  it.for([89, 90.5, 0, Number.NaN])('D32: %s s are refused as misuse', async sessionExpires => {
    const { connection, bob } = await createScene()
    const misuse = expect.objectContaining({ code: 'argument' })
    expect(() => connection.invite(bob.uri, { sessionExpires })).toThrow(misuse)
    expect(() => connection.invite(bob.uri, { minSE: sessionExpires })).toThrow(misuse)
  })

  it('D32: no timer without Session-Expires in the 2xx (§7.2)', async () => {
    const { bob, run, call } = await up([], 90)
    await run(600_000)
    bob.nothing()
    expect(call.state.is).toBe('confirmed')
  })

  it('D32: off by default, and known all the same', async () => {
    const { invite } = await up([])
    expect([...asked(invite), invite.header('supported')?.includes('timer')]).toEqual([
      undefined,
      undefined,
      true,
    ])
  })
})

describe('D32: a 422', () => {
  const small = (least: number) => ({ headers: [['Min-SE', String(least)]] as HeaderPair[] })

  it('to the INVITE is followed with the interval that it demands (§7.3)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin({ sessionExpires: 90 })
    bob.reply(invite, 422, small(300))
    await run(10)
    bob.next('ACK')
    const second = bob.next('INVITE')
    expect([...asked(second), second.cseq.seq, second.callId, second.fromTag]).toEqual([
      '300',
      '300',
      invite.cseq.seq + 1,
      invite.callId,
      invite.fromTag,
    ])
    bob.reply(second, 200, { body: theirs, headers: timer(300, 'uac') })
    await run(10)
    expect(call.state.is).toBe('confirmed')
  })

  it('three times at most, and only while it rises (§7.3)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite, story } = await begin({ sessionExpires: 90 })
    let last = invite
    for (const least of [100, 200, 300]) {
      bob.reply(last, 422, small(least))
      await run(10)
      bob.next('ACK')
      last = bob.next('INVITE')
      expect(asked(last)[0]).toBe(String(least))
    }
    bob.reply(last, 422, small(400))
    await run(10)
    expect([call.state.is, story.errors]).toEqual(['terminated', [['rejected', 422]]])
    const other = await begin({ sessionExpires: 90 })
    bob.reply(other.invite, 422, small(90))
    await run(10)
    expect(other.call.state.is).toBe('terminated')
  })

  it('to an UPDATE is followed, too', async () => {
    const { bob, run, call } = await up([...timer(90, 'uac'), ['Allow', 'UPDATE']], 90)
    await run(45_000)
    bob.reply(bob.next('UPDATE'), 422, small(180))
    await run(10)
    const again = bob.next('UPDATE')
    expect(asked(again)).toEqual(['180;refresher=uac', '180'])
    bob.reply(again, 200, { headers: timer(180, 'uac') })
    await run(80_000)
    bob.nothing()
    await run(10_100)
    bob.next('UPDATE')
    expect(call.state.is).toBe('confirmed')
  })

  it('is our answer to a peer that knows timers, and to no other (§9)', async () => {
    const { bob, run, address, ourUri, called } = await createScene({ connection: { minSE: 120 } })
    bob.request('INVITE', { to: address, uri: ourUri, body: theirs, headers: [...timer(90), knows] })
    await run(10)
    const refusal = bob.next(422)
    bob.ackFor(refusal)
    expect(refusal.header('min-se')).toBe('120')
    const { call } = await called({ headers: timer(90) })
    expect(call.state.is).toBe('incoming')
  })

  it('is our answer to a re-INVITE with too short a timer as well', async () => {
    const { answered, bob, run } = await createScene({ connection: { minSE: 120 } })
    const { dialog, call } = await answered()
    dialog.request('INVITE', { body: theirs, headers: [...timer(90), knows] })
    await run(10)
    bob.ackFor(bob.next(422))
    expect(call.state.is).toBe('confirmed')
  })
})

describe('D32: as the callee', () => {
  const answer = async (
    headers: readonly HeaderPair[],
    connection: { readonly sessionExpires?: number } = {},
  ) => {
    const scene = await createScene({ connection })
    return { ...scene, ...(await scene.answered({ headers })) }
  }
  const said = (message: SipMessage) => [message.header('session-expires'), message.header('require')]

  it.for([
    ['the caller refreshes when it says so', [...timer(90, 'uac'), knows], {}, '90;refresher=uac', 'timer'],
    ['we do when it wants us to', [...timer(90, 'uas'), knows], {}, '90;refresher=uas', undefined],
    ['the caller does when it does not say', [...timer(90), knows], {}, '90;refresher=uac', 'timer'],
    ['we do for one that knows no timers', timer(90), {}, '90;refresher=uas', undefined],
    ['none when nobody wants one', [knows], {}, undefined, undefined],
    ['ours when only we want one', [], { sessionExpires: 120 }, '120;refresher=uas', undefined],
    ['the shorter of two', [...timer(600), knows], { sessionExpires: 120 }, '120;refresher=uac', 'timer'],
  ] as const)('D32: %s (§9)', async ([, headers, connection, expires, require]) => {
    const { ok } = await answer(headers, connection)
    expect(said(ok)).toEqual([expires, require])
  })

  it('D32: the callee refreshes at half, ends the call when the caller does not', async () => {
    const ours = await answer([...timer(90, 'uas'), ['Allow', 'UPDATE']])
    await ours.run(45_000)
    expect(asked(ours.bob.next('UPDATE'))[0]).toBe('90;refresher=uac')
    const theirs = await answer([...timer(90), knows])
    await theirs.run(60_100)
    expect(brief(theirs.bob.next('BYE'))).toBe('BYE')
  })

  it('D32: two engines keep a call alive for an hour', async () => {
    const world = createWorld()
    const alice = await world.party('192.0.2.1', {}, { sessionExpires: 120 })
    const bob = await world.party('192.0.2.2')
    bob.connection.calls$.subscribe(call => void call.accept())
    const call = alice.connection.invite('sip:bob@192.0.2.2:5060')
    let updates = 0
    world.network.onPacket(({ bytes }) => {
      if (Buffer.from(bytes).toString().startsWith('UPDATE')) updates += 1
    })
    await world.run(3_600_000)
    expect([call.state.is, updates]).toEqual(['confirmed', 59])
    void call.hangUp()
    await world.run(100)
    expect(call.state.is).toBe('terminated')
    await world.end()
  })

  it('D32: a hold that meets a refresh follows it, and is no misuse', async () => {
    const { bob, run, call } = await up([...timer(90, 'uac'), ['Allow', 'UPDATE']], 90)
    await run(45_000)
    const update = bob.next('UPDATE')
    const held = call.hold()
    await run(10)
    bob.nothing()
    bob.reply(update, 200, { headers: timer(90, 'uac') })
    await run(10)
    bob.reply(bob.next('INVITE'), 200, { body: sdp('192.0.2.2', { version: 2, direction: 'recvonly' }) })
    await run(10)
    await held
  })

  it('D32: a hold keeps the timer, and starts it anew', async () => {
    const { bob, run, call } = await up([...timer(90, 'uac'), ['Allow', 'UPDATE']], 90)
    await run(30_000)
    const held = call.hold()
    await run(10)
    const invite = bob.next('INVITE')
    expect(asked(invite)[0]).toBe('90;refresher=uac')
    bob.reply(invite, 200, {
      body: sdp('192.0.2.2', { version: 2, direction: 'recvonly' }),
      headers: timer(90, 'uac'),
    })
    await run(10)
    await held
    bob.next('ACK')
    await run(44_900)
    bob.nothing()
    await run(200)
    bob.next('UPDATE')
  })
})
