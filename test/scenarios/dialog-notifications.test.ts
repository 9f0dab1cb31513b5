/** NOTIFYs that nobody subscribed to: within calls, and outside dialogs. Scenarios E17, E18, E19 and E21; Windows CE RTC, RFC 6665. */
import { describe, expect, it } from 'vitest'
import { getSipMessage, type Notification, ofType } from '../../src/index.ts'
import type { HeaderPair } from '../../src/message/types.ts'
import { sdp } from '../support/text.ts'
import { sentMessages, withHeader } from './events-support.ts'
import { brief, createScene, ourOffer, record, type Scene, theirs } from './support.ts'

const talk: readonly HeaderPair[] = [
  ['Event', 'talk'],
  ['Subscription-State', 'active;expires=600'],
]
const about = (event: string): readonly HeaderPair[] => [['Event', event]]
const hint = ['hold', 'talk']

/** An outgoing call through everything that an INVITE usage sends. */
const everything = async (scene: Scene, allow: (call: ReturnType<Scene['connection']['invite']>) => void) => {
  const { bob, run } = scene
  const call = scene.connection.invite(bob.uri, { offer: ourOffer })
  allow(call)
  await run(10)
  const invite = bob.next('INVITE')
  bob.reply(invite, 183, {
    headers: [
      ['Require', '100rel'],
      ['RSeq', '1'],
    ],
  })
  await run(10)
  bob.reply(bob.next('PRACK'), 200)
  const ok = bob.reply(invite, 200, { body: theirs })
  await run(10)
  bob.next('ACK')
  const held = call.hold()
  await run(10)
  bob.reply(bob.next('INVITE'), 200, { body: theirs })
  await run(10)
  await held
  const updated = call.update()
  await run(10)
  bob.reply(bob.next('UPDATE'), 200)
  await run(10)
  await updated
  const dialog = bob.inDialog(invite, ok)
  call.dialog!.request('INFO')
  call.dialog!.request('MESSAGE', { body: 'hi', contentType: 'text/plain' })
  call.refer('sip:carol@example.com')
  await run(10)
  for (const method of ['INFO', 'MESSAGE']) bob.reply(bob.next(method), 200)
  bob.reply(bob.next('REFER'), 603)
  dialog.request('INFO')
  dialog.request('OPTIONS')
  dialog.request('INVITE', { body: sdp('192.0.2.2', { version: 2, port: 4002 }) })
  await run(10)
  dialog.ack()
  await run(10)
  const ended = call.hangUp()
  await run(10)
  bob.reply(bob.next('BYE'), 200)
  await run(10)
  await ended
}

const carriers = ['INVITE', 'PRACK', 'ACK', 'UPDATE', 'BYE', '200 INVITE']
const others = ['INFO', 'MESSAGE', 'REFER', '405 INFO', '200 OPTIONS']

describe('E17', () => {
  it.each(['connection', 'call'])(
    'E17: allowed on the %s, Allow-Events is on what the INVITE usage sends, on responses to INVITE, on nothing else',
    async where => {
      const scene = await createScene()
      if (where === 'connection') scene.connection.allowDialogNotifications(hint)
      await everything(scene, call => {
        if (where === 'call') call.allowDialogNotifications(hint)
      })
      const all = withHeader(scene, 'allow-events').filter(([name]) => name !== '100 INVITE')
      expect(new Set(all.map(([name]) => name))).toEqual(new Set([...carriers, ...others]))
      for (const [name, value] of all)
        expect([name, value]).toEqual([name, carriers.includes(name) ? 'hold, talk' : undefined])
      expect(all.filter(([name]) => name === 'INVITE')).toHaveLength(2)
    },
  )

  it('E17: with packages that peers may subscribe to, static headers and our own, it is one list without repeats', async () => {
    const scene = await createScene({ connection: { events: ['presence', 'talk'] } })
    const { bob, run } = scene
    const lines = (): readonly (readonly [string, readonly string[]])[] =>
      sentMessages(scene).flatMap(message => {
        const values = message.headers('allow-events')
        return values.length > 0 ? [[brief(message), values] as const] : []
      })
    const call = scene.connection.invite(bob.uri, {
      offer: ourOffer,
      headers: [['allow-events', 'dialog,presence']],
    })
    call.allowDialogNotifications(['Talk', 'hold'])
    call.setStaticHeaders([['Allow-Events', 'conference, hold']])
    await run(10)
    const invite = bob.next('INVITE')
    const ok = bob.reply(invite, 200, { body: theirs })
    await run(10)
    bob.next('ACK')
    call.setStaticHeaders(null)
    const dialog = bob.inDialog(invite, ok)
    dialog.request('INVITE', { body: sdp('192.0.2.2', { version: 2, port: 4002 }) })
    await run(10)
    await run(10)
    dialog.ack()
    await run(10)
    const held = call.hold()
    await run(10)
    bob.reply(bob.next('INVITE'), 200, { body: theirs })
    await run(10)
    await held
    expect(lines().filter(([name]) => name !== '100 INVITE')).toEqual([
      ['INVITE', ['dialog, presence, conference, hold, Talk']],
      ['ACK', ['conference, hold, Talk']],
      ['200 INVITE', ['presence, talk, hold']],
      ['INVITE', ['presence, talk, hold']],
      ['ACK', ['Talk, hold']],
    ])
  })

  it('E17: an incoming call answers with one list, too', async () => {
    const scene = await createScene({ connection: { events: ['presence', 'talk'] } })
    const { bob, run } = scene
    scene.connection.allowDialogNotifications(hint)
    scene.connection.calls$.subscribe(call => {
      call.ring()
      void call.accept(ourOffer)
    })
    bob.request('INVITE', { to: scene.address, uri: scene.ourUri, body: theirs })
    await run(10)
    expect(bob.next(180).headers('allow-events')).toEqual(['hold, talk'])
    expect(bob.next(200).headers('allow-events')).toEqual(['presence, talk, hold'])
  })

  it('E17: on CANCEL and the ACK to its 487', async () => {
    const scene = await createScene()
    scene.connection.allowDialogNotifications(hint)
    const { call, invite } = await scene.call()
    scene.bob.reply(invite, 180)
    await scene.run(10)
    call.cancel()
    await scene.run(10)
    scene.bob.reply(scene.bob.next('CANCEL'), 200)
    scene.bob.reply(invite, 487)
    await scene.run(10)
    expect(withHeader(scene, 'allow-events')).toEqual([
      ['INVITE', 'hold, talk'],
      ['CANCEL', 'hold, talk'],
      ['ACK', 'hold, talk'],
    ])
  })

  it('E17: in a call of the peer on responses to its INVITE, not on the 200 to its BYE', async () => {
    const scene = await createScene()
    scene.connection.allowDialogNotifications(hint)
    const { call, invite } = await scene.called()
    call.ring()
    void call.accept(ourOffer)
    await scene.run(10)
    const dialog = scene.bob.inDialog(invite, scene.bob.next(200))
    dialog.ack()
    dialog.request('BYE')
    await scene.run(10)
    expect(withHeader(scene, 'allow-events').filter(([name]) => name !== '100 INVITE')).toEqual([
      ['180 INVITE', 'hold, talk'],
      ['200 INVITE', 'hold, talk'],
      ['200 BYE', undefined],
    ])
  })

  it('E17: the list of a call goes before that of its connection, null gives it back; requests outside calls have none', async () => {
    const scene = await createScene()
    const { bob, run, connection } = scene
    connection.allowDialogNotifications(['hold'])
    const { call, invite } = await scene.call()
    expect(invite.header('allow-events')).toBe('hold')
    call.allowDialogNotifications(['talk'])
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    expect(bob.next('ACK').header('allow-events')).toBe('talk')
    call.allowDialogNotifications(null)
    const held = call.hold()
    await run(10)
    const again = bob.next('INVITE')
    expect(again.header('allow-events')).toBe('hold')
    connection.allowDialogNotifications(null)
    bob.reply(again, 200, { body: theirs })
    await run(10)
    await held
    expect(bob.next('ACK').header('allow-events')).toBeUndefined()
    connection.allowDialogNotifications(hint)
    connection.request({ method: 'MESSAGE', uri: bob.uri, body: 'hi', contentType: 'text/plain' })
    await run(10)
    expect(bob.next('MESSAGE').header('allow-events')).toBeUndefined()
  })

  it.each([
    [[]],
    [['a b']],
    [['talk\r\nVia: x']],
    ['talk'],
    [[7]],
    [Array.from({ length: 65 }, (_, at) => `e${at}`)],
  ])('E17: what is no list of names is refused: %j', async given => {
    const scene = await createScene()
    const { call } = await scene.established()
    for (const object of [call, scene.connection])
      expect(() => object.allowDialogNotifications(given as never)).toThrow(
        expect.objectContaining({ code: 'argument' }),
      )
  })
})

describe('E18', () => {
  it('E18: a NOTIFY of an allowed package gets 200, is in notifications$ and is the event sessionNotification', async () => {
    const scene = await createScene()
    const { bob, run, sip } = scene
    scene.connection.allowDialogNotifications(hint)
    const { call, dialog } = await scene.established()
    const events = record(sip.events$.pipe(ofType('sessionNotification')))
    const notifications = record(call.notifications$)
    const notify = dialog.request('NOTIFY', { headers: talk, body: 'now' })
    await run(10)
    expect(bob.next(200).cseq).toEqual(notify.cseq)
    const [notification] = notifications.values
    expect(notification).toMatchObject({
      event: 'talk',
      state: 'active',
      body: 'now',
      contentType: 'text/plain',
    })
    expect(events.values).toMatchObject([
      { source: 'rtc', call, notification, message: { method: 'NOTIFY' } },
    ])
    expect(getSipMessage(events.values[0]!)).toBe(notification!.message)
    expect(call.state.is).toBe('confirmed')
  })

  it('E18: nobody needs to listen, nor does it need a Subscription-State', async () => {
    const { bob, run, connection, answered } = await createScene()
    connection.allowDialogNotifications(hint)
    const { dialog } = await answered()
    dialog.request('NOTIFY', { headers: about('hold') })
    await run(10)
    expect(bob.next(200).cseq.method).toBe('NOTIFY')
  })

  it('E18: the application accepts it with a body, or refuses it, once', async () => {
    const { bob, run, answered } = await createScene()
    const { call, dialog } = await answered()
    call.allowDialogNotifications(hint)
    let answer = (notification: Notification): void => notification.accept('yes', 'text/plain')
    const taken: Notification[] = []
    call.notifications$.subscribe(notification => {
      taken.push(notification)
      answer(notification)
    })
    dialog.request('NOTIFY', { headers: talk })
    await run(10)
    expect(bob.next(200)).toMatchObject({ text: 'yes' })
    answer = notification => notification.reject(403, { headers: [['Reason', 'SIP;cause=403']] })
    dialog.request('NOTIFY', { headers: talk })
    await run(10)
    expect(bob.next(403).header('reason')).toBe('SIP;cause=403')
    const again = () => taken[1]!.accept()
    expect(again).toThrow(expect.objectContaining({ code: 'invalid-transaction-state' }))
    expect(taken.map(({ canAnswer }) => canAnswer)).toEqual([false, false])
  })

  it('E18: a callback that fails before it answered makes 500', async () => {
    const faults: unknown[] = []
    const { bob, run, answered } = await createScene({
      sip: { onCallbackError: error => faults.push(error) },
    })
    const { call, dialog } = await answered()
    call.allowDialogNotifications(hint)
    call.notifications$.subscribe(() => {
      throw new Error('a fault of the application')
    })
    dialog.request('NOTIFY', { headers: talk })
    await run(10)
    bob.next(500)
    expect(faults).toHaveLength(1)
  })

  it('E18: in a call that is over it gets 481', async () => {
    const { run, answered, bob, connection } = await createScene()
    connection.allowDialogNotifications(hint)
    const { call, dialog } = await answered()
    const notifications = record(call.notifications$)
    void call.hangUp()
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    dialog.request('NOTIFY', { headers: talk })
    await run(10)
    bob.next(481)
    expect(notifications).toEqual({ values: [], complete: true })
  })

  it('E18: nothing of it is left behind', async () => {
    const { run, answered, bob, connection } = await createScene()
    const { call, dialog } = await answered()
    await run(64_000)
    const { handles } = (connection as unknown as { scope: { handles: ReadonlyMap<string, unknown> } }).scope
    const before = handles.size
    call.allowDialogNotifications(hint)
    call.notifications$.subscribe(notification => notification.reject(403))
    for (let at = 0; at < 20; at += 1) dialog.request('NOTIFY', { headers: talk })
    await run(10)
    expect(bob.all(403)).toHaveLength(20)
    await run(64_000)
    expect(handles.size).toBe(before)
  })
})

describe('E19', () => {
  it.each(['INVITE of ours', 'INVITE of the peer'])(
    'E19: another package gets 489 and the list, %s',
    async whose => {
      const { bob, run, connection, answered, established } = await createScene()
      connection.allowDialogNotifications(hint)
      const { call, dialog } = await (whose === 'INVITE of ours' ? established() : answered())
      const notifications = record(call.notifications$)
      const requests = record(call.dialog!.requests$)
      dialog.request('NOTIFY', { headers: about('message-summary') })
      await run(10)
      expect(bob.next(489).header('allow-events')).toBe('hold, talk')
      // Byte by byte. RFC 6665 §8.2.1
      dialog.request('NOTIFY', { headers: about('Talk') })
      await run(10)
      bob.next(489)
      dialog.request('NOTIFY')
      await run(10)
      bob.next(400)
      expect([notifications.values, requests.values, call.state.is]).toEqual([[], [], 'confirmed'])
    },
  )

  it('E19: with a merely static Allow-Events it is a request of the dialog; 481 when nobody handles it', async () => {
    const { bob, run, answered, sip } = await createScene()
    const { call, dialog } = await answered()
    const events = record(sip.events$)
    const notifications = record(call.notifications$)
    call.setStaticHeaders([['u', 'hold, talk']])
    dialog.request('NOTIFY', { headers: talk })
    await run(10)
    bob.next(481)
    const requests = record(call.dialog!.requests$)
    dialog.request('NOTIFY', { headers: talk })
    await run(10)
    bob.nothing()
    const [transaction] = requests.values
    expect(transaction).toMatchObject({ method: 'NOTIFY', dialog: call.dialog })
    transaction!.respond(202)
    await run(10)
    expect(bob.next(202).header('allow-events')).toBe('hold, talk')
    await run(64_000)
    expect(transaction!.state.is).toBe('terminated')
    expect(requests.values).toHaveLength(1)
    expect(notifications.values).toEqual([])
    const types = events.values.map(({ type }) => type)
    expect(types).toContain('request')
    expect(types).not.toContain('sessionNotification')
    expect(call.state.is).toBe('confirmed')
  })

  it('E19: with both, the list decides', async () => {
    const { bob, run, answered } = await createScene()
    const { call, dialog } = await answered()
    call.setStaticHeaders([['Allow-Events', 'refresh']])
    call.allowDialogNotifications(['talk'])
    dialog.request('NOTIFY', { headers: about('refresh') })
    await run(10)
    bob.next(489)
  })

  it('E19: without either it gets 481', async () => {
    const { bob, run, answered } = await createScene()
    const { dialog, call } = await answered()
    const requests = record(call.dialog!.requests$)
    dialog.request('NOTIFY', { headers: talk })
    await run(10)
    bob.next(481)
    expect(requests.values).toEqual([])
  })
})

describe('E21', () => {
  const summary = 'Messages-Waiting: yes\r\nVoice-Message: 2/8\r\n'
  const mwi = {
    headers: [
      ['Event', 'message-summary'],
      ['Subscription-State', 'active'],
    ] as readonly HeaderPair[],
    body: summary,
    contentType: 'application/simple-message-summary',
  }

  it('E21: policy on: a NOTIFY outside dialogs gets 200 and is the event unsolicitedNotification', async () => {
    const scene = await createScene({ connection: { unsolicitedNotifications: true } })
    const { bob, run, connection, sip, address, ourUri } = scene
    const taken = record(connection.unsolicitedNotifications$)
    const events = record(sip.events$.pipe(ofType('unsolicitedNotification')))
    bob.request('NOTIFY', { to: address, uri: ourUri, ...mwi })
    await run(10)
    expect(bob.next(200).cseq.method).toBe('NOTIFY')
    expect(taken.values).toMatchObject([{ event: 'message-summary', body: summary }])
    expect(taken.values[0]!.parsed).toMatchObject({ waiting: true })
    expect(events.values).toMatchObject([
      { connection, source: 'rtc', notification: taken.values[0], message: { method: 'NOTIFY' } },
    ])
  })

  it('E21: nobody needs to listen; it may be refused, also by who hears of it as an event', async () => {
    const { bob, run, sip, address } = await createScene({ connection: { unsolicitedNotifications: true } })
    bob.request('NOTIFY', { to: address, ...mwi })
    await run(10)
    bob.next(200)
    sip.events$
      .pipe(ofType('unsolicitedNotification'))
      .subscribe(({ notification }) => notification.reject(403))
    bob.request('NOTIFY', { to: address, ...mwi })
    await run(10)
    bob.next(403)
    bob.request('NOTIFY', { to: address })
    await run(10)
    bob.next(400)
  })

  it('E21: policy off: 481, and nobody hears of it', async () => {
    const { bob, run, connection, sip, address } = await createScene()
    const taken = record(connection.unsolicitedNotifications$)
    const events = record(sip.events$)
    bob.request('NOTIFY', { to: address, ...mwi })
    await run(10)
    bob.next(481)
    expect([taken.values, events.values]).toEqual([[], []])
  })

  it('E21: policy on: one with a To tag belongs to a dialog, and gets 481 when there is none', async () => {
    const { bob, run, connection, address } = await createScene({
      connection: { unsolicitedNotifications: true },
    })
    const taken = record(connection.unsolicitedNotifications$)
    bob.request('NOTIFY', { to: address, ...mwi, toTag: 'nobody' })
    await run(10)
    bob.next(481)
    expect(taken.values).toEqual([])
  })
})
