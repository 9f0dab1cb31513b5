/** What shares the dialog of a call, and how handles lead to each other. RFC 5057, RFC 6665 §4.5.1. */
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Dialog } from '../../src/index.ts'
import type { HeaderPair } from '../../src/message/types.ts'
import { createScene, record, theirs } from './support.ts'

const talk = [['Event', 'talk']] as const
const active = [...talk, ['Subscription-State', 'active;expires=600']] as const
const icon: readonly HeaderPair[] = [['Call-Info', '<https://example.com/alice.png>']]

/** In whatever order. */
const present = ({ usages }: Dialog) => usages.map(({ id }) => id).sort()
const ids = (...handles: readonly { readonly id: string }[]) => handles.map(({ id }) => id).sort()

describe('the usages of a dialog', () => {
  it('it has its call, and the subscriptions and referrals of both sides, while they live', async () => {
    const scene = await createScene({ connection: { events: ['talk'] } })
    const { bob, run, connection } = scene
    const subscriptions = record(connection.subscriptions$)
    const referrals = record(connection.referrals$)
    const { call, dialog: peer } = await scene.established()
    const dialog = call.dialog!
    expect(dialog.usages).toEqual([call])

    const subscription = call.subscribe({ event: 'talk' })
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200, { headers: [['Expires', '600']] })
    peer.request('NOTIFY', { headers: active })
    await run(10)
    expect(present(dialog)).toEqual(ids(call, subscription))
    expect(subscription.dialog).toBe(dialog)

    peer.request('SUBSCRIBE', { headers: [...talk, ['Expires', '600']] })
    await run(10)
    const [notifier] = subscriptions.values
    notifier!.accept()
    await run(10)
    bob.reply(bob.next('NOTIFY'), 200)
    expect(notifier!.dialog).toBe(dialog)
    const referral = call.refer('sip:carol@example.com')
    await run(10)
    bob.reply(bob.next('REFER'), 603)
    peer.request('REFER', { headers: [['Refer-To', '<sip:carol@example.com>']] })
    await run(10)
    const [asked] = referrals.values
    expect(referral.state.is).toBe('rejected')
    expect(present(dialog)).toEqual(ids(call, subscription, notifier!, asked!))
    asked!.reject()
    expect(present(dialog)).toEqual(ids(call, subscription, notifier!))

    const over = call.hangUp()
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    await over
    expect([call.state.is, present(dialog)]).toEqual(['terminated', ids(subscription, notifier!)])
  })

  it('a subscription in a dialog of its own has no handle of it', async () => {
    const { connection, bob, run } = await createScene()
    const subscription = connection.subscribe(bob.uri, { event: 'talk' })
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200, { headers: [['Expires', '600']] })
    await run(10)
    expect([subscription.call, subscription.dialog]).toEqual([undefined, undefined])
  })

  it('of another call it has nothing', async () => {
    const scene = await createScene()
    const first = await scene.established()
    const second = await scene.established()
    expect([first.call.dialog!.usages, second.call.dialog!.usages]).toEqual([[first.call], [second.call]])
  })
})

describe('the way back', () => {
  it('a connection leads to its Sip, and who prints it does not print everything', async () => {
    const { sip, connection } = await createScene()
    expect(connection.sip).toBe(sip)
    expect(inspect(connection, { depth: 4 })).not.toContain('Sip {')
    expect(JSON.stringify(connection)).not.toContain('credentials')
  })
})

describe('static headers', () => {
  it('they are told again as they were set, also when the list changes afterwards', async () => {
    const { connection, bob } = await createScene()
    const subscription = connection.subscribe(bob.uri, { event: 'talk' })
    const call = connection.invite(bob.uri, { offer: theirs })
    const given = [...icon]
    for (const one of [subscription, call]) {
      expect(one.staticHeaders).toEqual([])
      one.setStaticHeaders(given)
      expect(one.staticHeaders).toEqual(icon)
    }
    given.push(['Subject', 'x'])
    expect(call.staticHeaders).toEqual(icon)
    expect(() => call.setStaticHeaders([['Via', 'x']])).toThrow()
    expect(call.staticHeaders).toEqual(icon)
    call.setStaticHeaders(null)
    expect([call.staticHeaders, subscription.staticHeaders]).toEqual([[], icon])
  })

  it('a peer’s subscription tells them, too, and a fork begins with those of its call', async () => {
    const scene = await createScene({ connection: { events: ['talk'] } })
    const { connection, bob, run, address, ourUri } = scene
    const subscriptions = record(connection.subscriptions$)
    bob.request('SUBSCRIBE', { to: address, uri: ourUri, headers: talk })
    await run(10)
    const [notifier] = subscriptions.values
    notifier!.setStaticHeaders(icon, { requestsOnly: true })
    expect(notifier!.staticHeaders).toEqual(icon)
    const { call, invite } = await scene.call()
    call.setStaticHeaders(icon)
    const forks = record(call.forks$)
    bob.reply(invite, 200, { toTag: 'b', body: theirs })
    bob.reply(invite, 200, { toTag: 'c', body: theirs })
    await run(10)
    expect(forks.values.map(({ call: surfaced }) => surfaced?.staticHeaders)).toEqual([icon, icon])
  })
})
