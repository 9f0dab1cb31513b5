/** Every event with the message behind it. Scenarios E14 and E20 of docs/scenarios.md; Windows CE RTC, features of S3. */
import { describe, expect, it } from 'vitest'
import { getSipMessage, isSipError, ofType, type RtcEvent, type SipEvent } from '../../src/index.ts'
import type { HeaderPair, SipMessage } from '../../src/message/types.ts'
import { sdp } from '../support/text.ts'
import { brief, createScene, ourOffer, record, registrarScene, theirs } from './support.ts'

/** What its message says, in short; nothing for an event without one. */
const said = (event: SipEvent): string | undefined => event.message && brief(event.message)

/** The events of Windows CE RTC with that name. */
const named = <Type extends RtcEvent['type']>(
  values: readonly SipEvent[],
  type: Type,
): readonly Extract<RtcEvent, { type: Type }>[] =>
  values.filter((event): event is Extract<RtcEvent, { type: Type }> => event.type === type)

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
  } catch (error) {
    return isSipError(error) ? error.code : 'another error'
  }
  return undefined
}

describe('E14', () => {
  const repeated: readonly HeaderPair[] = [
    ['Record-Route', '<sip:p2.example.com;lr>, <sip:p1.example.com;lr>'],
    ['X-Note', 'one, two'],
    ['s', 'compact'],
    ['x-note', 'three'],
    ['k', '100rel'],
    ['Supported', 'timer'],
    ['X-NOTE', 'four'],
  ]

  const invited = async () => {
    const scene = await createScene()
    const events = record(scene.sip.events$)
    const called = await scene.called({ headers: repeated })
    const event = named(events.values, 'sessionState')[0]!
    return { scene, events, called, event, message: getSipMessage(event) }
  }

  it('E14: the message is that which came, its repeated headers in their order, comma lists not split', async () => {
    const { event, message, called } = await invited()
    expect(message).toBe(called.call.request)
    expect(event).toMatchObject({ source: 'rtc', call: called.call, state: { is: 'incoming' } })
    expect(message.headers('X-Note')).toEqual(['one, two', 'three', 'four'])
    expect([...message.headers('record-route')]).toEqual(['<sip:p2.example.com;lr>, <sip:p1.example.com;lr>'])
    expect(message.header('x-note')).toBe('one, two')
    const iterated: string[] = []
    for (const value of message.headers('x-nOTE')) iterated.push(value)
    expect(iterated).toEqual(['one, two', 'three', 'four'])
    expect([message.header('X-Other'), message.headers('X-Other')]).toEqual([undefined, []])
  })

  it('E14: the compact form is equal to the long one, whichever the message has', async () => {
    const { message } = await invited()
    const pairs = [
      ['v', 'Via'],
      ['f', 'From'],
      ['t', 'To'],
      ['i', 'Call-ID'],
      ['m', 'Contact'],
      ['c', 'Content-Type'],
      ['l', 'Content-Length'],
      ['s', 'Subject'],
      ['k', 'Supported'],
    ] as const
    for (const [compact, long] of pairs) {
      expect(message.headers(compact)).toEqual(message.headers(long))
      expect(message.headers(long).length).toBeGreaterThan(0)
    }
    expect(message.header('Subject')).toBe('compact')
    expect(message.headers('supported')).toEqual(['100rel', 'timer'])
    expect(message.parsed('supported')).toEqual(['100rel', 'timer'])
  })

  it('E14: an event that no message has caused throws no-message', async () => {
    const { scene, events } = await invited()
    const ours = scene.connection.invite(scene.bob.uri, { offer: ourOffer })
    await scene.run(0)
    const [state] = named(events.values, 'sessionState').filter(({ call }) => call === ours)
    expect(state).toMatchObject({ state: { is: 'calling' } })
    expect(codeOf(() => getSipMessage(state!))).toBe('no-message')
  })

  it('E14: every event is of RTC or of ours, and says which; getSipMessage gives what `message` has', async () => {
    const { scene, events, called } = await invited()
    void called.call.accept(ourOffer)
    await scene.run(10)
    const dialog = scene.bob.inDialog(called.invite, scene.bob.next(200))
    dialog.ack()
    dialog.request('BYE')
    await scene.run(10)
    expect(events.values.length).toBeGreaterThan(10)
    for (const event of events.values) {
      expect(['rtc', 'sipactor']).toContain(event.source)
      const message = event.message as SipMessage | undefined
      if (message) expect(getSipMessage(event)).toBe(message)
      else expect(codeOf(() => getSipMessage(event))).toBe('no-message')
    }
  })

  it('E14: those of ours have their message, too: a dialog, a session, a session timer', async () => {
    const scene = await createScene({ connection: { sessionExpires: 1800 } })
    const { bob, run, sip } = scene
    const events = record(sip.events$.pipe(ofType('dialog', 'session', 'sessionTimer')))
    const { invite } = await scene.call()
    bob.reply(invite, 180)
    await run(10)
    bob.reply(invite, 200, { body: theirs, headers: [['Session-Expires', '1800;refresher=uac']] })
    await run(10)
    expect(events.values.map(event => [event.type, said(event)])).toEqual([
      ['dialog', '180 INVITE'],
      ['sessionTimer', '200 INVITE'],
      ['session', '200 INVITE'],
    ])
  })

  it('E14: what we have done ourselves has none: the dialog of our 180, the session of our 200', async () => {
    const scene = await createScene()
    const events = record(scene.sip.events$.pipe(ofType('dialog', 'session')))
    const { call } = await scene.called()
    call.progress(183, { body: ourOffer, contentType: 'application/sdp', reliable: false })
    void call.accept(ourOffer)
    await scene.run(10)
    expect(events.values.map(event => [event.type, said(event)])).toEqual([
      ['dialog', undefined],
      ['session', undefined],
    ])
    for (const event of events.values) expect(codeOf(() => getSipMessage(event))).toBe('no-message')
  })
})

describe('E20', () => {
  it('E20: info: an INFO within a call', async () => {
    const { answered, sip, run } = await createScene()
    const events = record(sip.events$.pipe(ofType('info')))
    const { call, dialog } = await answered()
    call.dialog!.requests$.subscribe(transaction => transaction.respond(200))
    dialog.request('INFO', { body: 'Signal=5', contentType: 'application/dtmf-relay' })
    await run(10)
    expect(events.values).toMatchObject([{ call, dialog: call.dialog, transaction: { method: 'INFO' } }])
    expect(getSipMessage(events.values[0]!)).toMatchObject({ method: 'INFO', text: 'Signal=5' })
  })

  it('E20: registration state: each with the response that brought it about', async () => {
    const { register, run, sip } = await registrarScene({ challenge: true })
    const events = record(sip.events$.pipe(ofType('registrationState')))
    const { registration } = register({ credentials: { username: 'alice', password: 'wonderland' } })
    await run(1000)
    const ended = registration.unregister()
    await run(1000)
    await ended
    expect(events.values.map(event => [event.state.is, said(event)])).toEqual([
      ['registering', undefined],
      ['registered', '200 REGISTER'],
      ['unregistering', undefined],
      ['unregistered', '200 REGISTER'],
    ])
    expect(events.values.every(event => event.registration === registration)).toBe(true)
  })

  it('E20: registration state: refused', async () => {
    const { register, run, sip } = await registrarScene({ challenge: true })
    const events = record(sip.events$.pipe(ofType('registrationState')))
    register({ credentials: { username: 'alice', password: 'wrong' } })
    await run(1000)
    expect(events.values.map(event => [event.state.is, said(event)]).at(-1)).toEqual([
      'unregistered',
      '401 REGISTER',
    ])
  })

  it('E20: re-INVITE: one that comes, and how it ends', async () => {
    const { answered, bob, sip, run } = await createScene()
    const { call, dialog } = await answered()
    const events = record(sip.events$.pipe(ofType('reinvite')))
    call.offers$.subscribe(offer => void offer.accept(ourOffer))
    const invite = dialog.request('INVITE', { body: sdp('192.0.2.2', { version: 2, port: 4002 }) })
    await run(10)
    bob.next(200)
    dialog.ack({ invite })
    await run(10)
    expect(events.values.map(event => [event.is, event.by, said(event)])).toEqual([
      ['incoming', 'remote', 'INVITE'],
      ['succeeded', 'remote', 'ACK'],
    ])
    expect(events.values[0]!.call).toBe(call)
  })

  it('E20: re-INVITE: ours, taken and refused; an UPDATE is none', async () => {
    const { established, bob, sip, run } = await createScene()
    const { call } = await established()
    const events = record(sip.events$.pipe(ofType('reinvite')))
    const held = call.hold()
    await run(10)
    bob.reply(bob.next('INVITE'), 200, { body: theirs })
    await run(10)
    await held
    const resumed = call.resume()
    await run(10)
    bob.reply(bob.next('INVITE'), 488)
    await run(10)
    await expect(resumed).rejects.toMatchObject({ status: 488 })
    const updated = call.update()
    await run(10)
    bob.reply(bob.next('UPDATE'), 200)
    await run(10)
    await updated
    expect(events.values.map(event => [event.is, event.by, said(event)])).toEqual([
      ['succeeded', 'local', '200 INVITE'],
      ['failed', 'local', '488 INVITE'],
    ])
  })

  it('E20: session operation complete: INVITE, change, INFO, each with its final response', async () => {
    const { established, bob, sip, run } = await createScene()
    const events = record(sip.events$.pipe(ofType('sessionOperationComplete')))
    const { call } = await established()
    const held = call.hold()
    await run(10)
    bob.reply(bob.next('INVITE'), 488)
    await run(10)
    await expect(held).rejects.toMatchObject({ status: 488 })
    call.dialog!.request('INFO')
    await run(10)
    bob.reply(bob.next('INFO'), 200)
    await run(10)
    expect(
      events.values.map(event => [event.operation, event.status, event.error?.code, said(event)]),
    ).toEqual([
      ['invite', 200, undefined, '200 INVITE'],
      ['change', 488, 'rejected', '488 INVITE'],
      ['request', 200, undefined, '200 INFO'],
    ])
    expect(events.values.every(event => event.call === call)).toBe(true)
  })

  it('E20: session operation complete: an INVITE that is refused, or that nobody answers', async () => {
    const scene = await createScene()
    const { bob, run, sip, connection } = scene
    const events = record(sip.events$.pipe(ofType('sessionOperationComplete')))
    const { invite } = await scene.call()
    bob.reply(invite, 486)
    await run(10)
    expect(events.values.map(event => [event.operation, event.status, said(event)])).toEqual([
      ['invite', 486, '486 INVITE'],
    ])
    connection.invite('sip:nobody@192.0.2.99', { offer: ourOffer })
    await run(40_000)
    expect(events.values).toHaveLength(2)
    expect(events.values[1]).toMatchObject({ operation: 'invite' })
    expect(events.values[1]!.error).toBeDefined()
    expect(codeOf(() => getSipMessage(events.values[1]!))).toBe('no-message')
  })

  it('E20: session operation complete: our answer by its ACK, a reliable 180 by its PRACK', async () => {
    const scene = await createScene()
    const events = record(scene.sip.events$.pipe(ofType('sessionOperationComplete')))
    const { call, invite } = await scene.called({ headers: [['Supported', '100rel']] })
    call.ring({ reliable: true })
    await scene.run(10)
    const ringing = scene.bob.next(180)
    const dialog = scene.bob.inDialog(invite, ringing)
    dialog.request('PRACK', { headers: [['RAck', `${ringing.header('rseq')} ${invite.cseq.seq} INVITE`]] })
    await scene.run(10)
    void call.accept(ourOffer)
    await scene.run(10)
    dialog.ack()
    await scene.run(10)
    expect(events.values.map(event => [event.operation, said(event)])).toEqual([
      ['provisional', 'PRACK'],
      ['accept', 'ACK'],
    ])
  })

  it('E20: session referred: the REFER', async () => {
    const { answered, bob, sip, run } = await createScene()
    const { call, dialog } = await answered()
    const events = record(sip.events$.pipe(ofType('sessionReferred')))
    dialog.request('REFER', { headers: [['Refer-To', '<sip:carol@example.com>']] })
    await run(10)
    bob.next(603)
    expect(events.values).toMatchObject([{ referral: { call } }])
    expect(getSipMessage(events.values[0]!).header('refer-to')).toBe('<sip:carol@example.com>')
  })

  it('E20: session state: each with what the peer sent to bring it about, in a call of ours', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const events = record(scene.sip.events$.pipe(ofType('sessionState')))
    const { invite } = await scene.call()
    bob.reply(invite, 100)
    await run(10)
    bob.reply(invite, 180)
    await run(10)
    const ok = bob.reply(invite, 200, { body: theirs })
    await run(10)
    bob.inDialog(invite, ok).request('BYE', { headers: [['Reason', 'Q.850;cause=16']] })
    await run(10)
    expect(events.values.map(event => [event.state.is, said(event)])).toEqual([
      ['calling', undefined],
      ['proceeding', '100 INVITE'],
      ['early', '180 INVITE'],
      ['confirmed', '200 INVITE'],
      ['terminated', 'BYE'],
    ])
    expect(getSipMessage(events.values.at(-1)!).header('reason')).toBe('Q.850;cause=16')
  })

  it.each(['UDP', 'TCP'] as const)('E20: session state: in a call of the peer, over %s', async wire => {
    const scene = await createScene({ wire })
    const events = record(scene.sip.events$.pipe(ofType('sessionState')))
    const { call, invite } = await scene.called()
    call.ring()
    await scene.run(10)
    void call.accept(ourOffer)
    await scene.run(10)
    scene.bob.inDialog(invite, scene.bob.next(200)).ack()
    await scene.run(10)
    void call.hangUp()
    await scene.run(10)
    scene.bob.reply(scene.bob.next('BYE'), 200)
    await scene.run(10)
    expect(events.values.map(event => [event.state.is, said(event)])).toEqual([
      ['incoming', 'INVITE'],
      ['ringing', undefined],
      ['accepted', undefined],
      ['confirmed', 'ACK'],
      ['terminating', undefined],
      ['terminated', '200 BYE'],
    ])
  })

  it('E20: of two messages in one packet of a stream each state has its own', async () => {
    const scene = await createScene({ wire: 'TCP' })
    const { bob, run } = scene
    const events = record(scene.sip.events$.pipe(ofType('sessionState')))
    const { invite, call } = await scene.call()
    const ok = bob.reply(invite, 200, { body: theirs })
    const second = bob.inDialog(invite, ok).request('BYE')
    await run(10)
    expect(events.values.map(event => [event.state.is, said(event)])).toEqual([
      ['calling', undefined],
      ['confirmed', '200 INVITE'],
      ['terminated', 'BYE'],
    ])
    expect([second.method, call.state.is]).toEqual(['BYE', 'terminated'])
  })

  it('E20: what the application does when it hears of a message is not of that message', async () => {
    const scene = await createScene()
    const events = record(scene.sip.events$.pipe(ofType('sessionState')))
    scene.connection.calls$.subscribe(call => call.ring())
    await scene.called()
    expect(events.values.map(event => [event.state.is, said(event)])).toEqual([
      ['incoming', 'INVITE'],
      ['ringing', undefined],
    ])
  })

  it('E20: subscription state and subscription notification: each with its message', async () => {
    const { bob, run, sip, connection } = await createScene()
    const states = record(sip.events$.pipe(ofType('subscriptionState')))
    const notifications = record(sip.events$.pipe(ofType('subscriptionNotification')))
    const subscription = connection.subscribe(bob.uri, { event: 'message-summary' })
    await run(10)
    const subscribe = bob.next('SUBSCRIBE')
    const dialog = bob.inDialog(subscribe, bob.reply(subscribe, 200, { headers: [['Expires', '3600']] }))
    const notify = (state: string, body: string) =>
      dialog.request('NOTIFY', {
        headers: [
          ['Event', 'message-summary'],
          ['Subscription-State', state],
        ],
        body,
        contentType: 'application/simple-message-summary',
      })
    notify('pending', '')
    await run(10)
    notify('active', 'Messages-Waiting: yes')
    await run(10)
    notify('terminated;reason=noresource', 'Messages-Waiting: no')
    await run(10)
    expect(states.values.map(event => [event.state.is, event.message && brief(event.message)])).toEqual([
      ['notifyWait', undefined],
      ['pending', 'NOTIFY'],
      ['active', 'NOTIFY'],
      ['terminated', 'NOTIFY'],
    ])
    expect(getSipMessage(states.values[2]!)).toMatchObject({ text: 'Messages-Waiting: yes' })
    expect(notifications.values.map(({ message }) => message.header('subscription-state'))).toEqual([
      'pending',
      'active',
      'terminated;reason=noresource',
    ])
    const [, active] = notifications.values
    expect(active).toMatchObject({ source: 'rtc', subscription, notification: { event: 'message-summary' } })
    expect(active!.notification.message).toBe(getSipMessage(active!))
    expect(states.values.every(event => event.subscription === subscription)).toBe(true)
  })

  it('E20: subscription state: refused, with the response', async () => {
    const { bob, run, sip, connection } = await createScene()
    const states = record(sip.events$.pipe(ofType('subscriptionState')))
    connection.subscribe(bob.uri, { event: 'presence' })
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 489, { headers: [['Allow-Events', 'talk']] })
    await run(10)
    const last = states.values.at(-1)!
    expect([last.state.is, brief(getSipMessage(last))]).toEqual(['terminated', '489 SUBSCRIBE'])
  })

  it('E20: refer status: accepted, and done by NOTIFY', async () => {
    const { established, bob, sip, run } = await createScene()
    const { call, dialog } = await established()
    const events = record(sip.events$.pipe(ofType('referStatus')))
    const referral = call.refer('sip:carol@example.com')
    await run(10)
    bob.reply(bob.next('REFER'), 202)
    await run(10)
    dialog.request('NOTIFY', {
      headers: [
        ['Event', 'refer'],
        ['Subscription-State', 'terminated;reason=noresource'],
      ],
      body: 'SIP/2.0 200 OK',
      contentType: 'message/sipfrag',
    })
    await run(10)
    expect(events.values.map(event => [event.state.is, said(event)])).toEqual([
      ['sent', undefined],
      ['accepted', '202 REFER'],
      ['done', 'NOTIFY'],
    ])
    expect(events.values[0]!.referral).toBe(referral)
  })

  it('E20: messaging: a MESSAGE outside dialogs, and within a call', async () => {
    const { answered, bob, sip, run, connection, address } = await createScene()
    const events = record(sip.events$.pipe(ofType('messaging')))
    connection.requests$.subscribe(transaction => transaction.respond(200))
    bob.request('MESSAGE', { to: address, body: 'hello', contentType: 'text/plain' })
    await run(10)
    bob.next(200)
    const { call, dialog } = await answered()
    call.dialog!.requests$.subscribe(transaction => transaction.respond(200))
    dialog.request('MESSAGE', { body: 'again', contentType: 'text/plain' })
    await run(10)
    expect(events.values.map(event => [event.call, event.message.text])).toEqual([
      [undefined, 'hello'],
      [call, 'again'],
    ])
  })
})
