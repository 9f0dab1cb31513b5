/** Headers that ride on every message of a call. Scenarios E15 and E16 of docs/scenarios.md; Windows CE RTC. */
import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/errors.ts'
import type { HeaderPair, SipRequest } from '../../src/message/types.ts'
import { sdp } from '../support/text.ts'
import { sentMessages, withHeader } from './events-support.ts'
import { brief, createScene, ourOffer, record, type Scene, theirs } from './support.ts'

const icon = '<https://example.com/alice.png>;purpose=icon'
const callInfo: readonly HeaderPair[] = [['Call-Info', icon]]
const reliably: readonly HeaderPair[] = [
  ['Require', '100rel'],
  ['RSeq', '7'],
]

/** The names of messages that carry it, and of those that do not. */
const split = (scene: Scene) => {
  const all = withHeader(scene, 'call-info')
  return {
    with: all.filter(([, value]) => value === icon).map(([name]) => name),
    without: all.filter(([, value]) => value === undefined).map(([name]) => name),
  }
}

describe('E15, a call of ours', () => {
  it('E15: a static Call-Info is in INVITE, PRACK, ACK, re-INVITE, UPDATE, INFO and BYE, and in our responses', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const call = scene.connection.invite(bob.uri, { offer: ourOffer })
    call.setStaticHeaders(callInfo)
    await run(10)
    const invite = bob.next('INVITE')
    bob.reply(invite, 183, { headers: reliably })
    await run(10)
    bob.reply(bob.next('PRACK'), 200)
    const ok = bob.reply(invite, 200, { body: theirs })
    await run(10)
    bob.next('ACK')
    const held = call.hold()
    await run(10)
    const again = bob.next('INVITE')
    bob.reply(again, 200, { body: theirs })
    await run(10)
    await held
    const updated = call.update()
    await run(10)
    bob.reply(bob.next('UPDATE'), 200)
    await run(10)
    await updated
    call.dialog!.request('INFO')
    await run(10)
    bob.reply(bob.next('INFO'), 200)
    const dialog = bob.inDialog(invite, ok)
    dialog.request('INFO')
    dialog.request('INVITE', { body: sdp('192.0.2.2', { version: 2, port: 4002 }) })
    await run(10)
    dialog.ack()
    const ended = call.hangUp()
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    await ended
    const { with: marked, without } = split(scene)
    expect(without).toEqual(['100 INVITE'].filter(name => without.includes(name)))
    expect(new Set(marked)).toEqual(
      new Set(['INVITE', 'PRACK', 'ACK', 'UPDATE', 'INFO', 'BYE', '405 INFO', '200 INVITE']),
    )
    expect(marked.filter(name => name === 'INVITE')).toHaveLength(2)
    // Once each, as it was given.
    for (const message of sentMessages(scene))
      if (marked.includes(brief(message))) expect(message.headers('call-info')).toEqual([icon])
  })

  it('E15: in CANCEL, and in the ACK to the 487', async () => {
    const scene = await createScene()
    const { call, invite } = await scene.call()
    call.setStaticHeaders(callInfo)
    scene.bob.reply(invite, 180)
    await scene.run(10)
    call.cancel()
    await scene.run(10)
    scene.bob.reply(scene.bob.next('CANCEL'), 200)
    scene.bob.reply(invite, 487)
    await scene.run(10)
    expect(split(scene)).toEqual({ with: ['CANCEL', 'ACK'], without: ['INVITE'] })
  })

  it('E15: until null, from the next message on; another list takes its place', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const { call } = await scene.established()
    let latest: SipRequest
    const values = (name: string) => latest.headers(name)
    const info = async () => {
      call.dialog!.request('INFO')
      await run(10)
      latest = bob.next('INFO')
      bob.reply(latest, 200)
      await run(10)
    }
    call.setStaticHeaders([...callInfo, ['Subject', 'one'], ['Call-Info', '<urn:second>']])
    await info()
    expect([values('call-info'), values('subject')]).toEqual([[icon, '<urn:second>'], ['one']])
    call.setStaticHeaders([['Subject', 'two']])
    await info()
    expect([values('call-info'), values('subject')]).toEqual([[], ['two']])
    call.setStaticHeaders(null)
    await info()
    expect([values('call-info'), values('subject')]).toEqual([[], []])
  })

  it('E15: a request that is sent again to answer a challenge has what is set by then', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const call = scene.connection.invite(bob.uri, {
      offer: ourOffer,
      credentials: { username: 'alice', password: 'x' },
    })
    await run(10)
    call.setStaticHeaders(callInfo)
    bob.reply(bob.next('INVITE'), 401, {
      headers: [['WWW-Authenticate', 'Digest realm="r", nonce="n", algorithm=MD5']],
    })
    await run(10)
    expect(bob.next('INVITE').header('call-info')).toBe(icon)
  })
})

describe('E15, an INVITE with several answers', () => {
  it('E15: a further 2xx that nobody wants gets it in ACK and BYE', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const { call, invite } = await scene.call()
    call.setStaticHeaders(callInfo)
    bob.reply(invite, 200, { toTag: 'b', body: theirs })
    bob.reply(invite, 200, { toTag: 'c', body: theirs })
    await run(10)
    expect(split(scene)).toEqual({ with: ['ACK', 'ACK', 'BYE'], without: ['INVITE'] })
  })

  it('E15: a call of a further 2xx begins with those of the first, and changes its own', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const { call, invite } = await scene.call()
    call.setStaticHeaders(callInfo)
    const forks = record(call.forks$)
    bob.reply(invite, 200, { toTag: 'b', body: theirs })
    bob.reply(invite, 200, { toTag: 'c', body: theirs })
    await run(10)
    expect(split(scene).with).toEqual(['ACK', 'ACK'])
    const other = forks.values[1]!.call!
    other.setStaticHeaders(null)
    void other.hangUp()
    void call.hangUp()
    await run(10)
    expect(split(scene)).toEqual({ with: ['ACK', 'ACK', 'BYE'], without: ['INVITE', 'BYE'] })
  })

  it('E15: in the INVITE that follows a redirection', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const { call, invite } = await scene.call()
    call.setStaticHeaders(callInfo)
    bob.reply(invite, 302, { contact: '<sip:bobby@192.0.2.2>' })
    await run(10)
    expect(split(scene)).toEqual({ with: ['ACK', 'INVITE'], without: ['INVITE'] })
  })
})

describe('E15, a call of the peer', () => {
  it('E15: in what the stack answers by itself: OPTIONS, and what it refuses', async () => {
    const scene = await createScene()
    const { call, dialog } = await scene.answered()
    call.setStaticHeaders(callInfo)
    dialog.request('OPTIONS')
    dialog.request('INFO', { headers: [['Require', 'nobodys']] })
    dialog.request('NOTIFY', { headers: [['Event', 'talk']] })
    dialog.request('INVITE', { body: 'hello', contentType: 'text/html' })
    await scene.run(10)
    expect(split(scene).with).toEqual(['200 OPTIONS', '420 INFO', '481 NOTIFY', '415 INVITE'])
  })

  it('E15: set as the call comes up it is in 180, 200, the 200 to the PRACK and to the BYE', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const subscription = scene.connection.calls$.subscribe(call => call.setStaticHeaders(callInfo))
    const { call, invite } = await scene.called({ headers: [['Supported', '100rel']] })
    subscription.unsubscribe()
    call.ring({ reliable: true })
    await run(10)
    const ringing = bob.next(180)
    const dialog = bob.inDialog(invite, ringing)
    dialog.request('PRACK', { headers: [['RAck', `${ringing.header('rseq')} ${invite.cseq.seq} INVITE`]] })
    await run(10)
    void call.accept(ourOffer)
    await run(10)
    dialog.ack()
    dialog.request('BYE')
    await run(10)
    expect(call.state.is).toBe('terminated')
    expect(split(scene)).toEqual({
      with: ['180 INVITE', '200 PRACK', '200 INVITE', '200 BYE'],
      without: ['100 INVITE'].filter(name => scene.ourWords().includes(name)),
    })
  })

  it('E15: cancelled by the peer it is in the 200 to the CANCEL and in the 487', async () => {
    const scene = await createScene()
    const { call, invite } = await scene.called()
    call.setStaticHeaders(callInfo)
    scene.bob.cancel(invite)
    await scene.run(10)
    expect(split(scene).with).toEqual(['200 CANCEL', '487 INVITE'])
  })

  it('E15: with requestsOnly no response has it', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const { call, dialog } = await scene.answered()
    call.setStaticHeaders(callInfo, { requestsOnly: true })
    dialog.request('INFO')
    await run(10)
    void call.hangUp()
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(split(scene).with).toEqual(['BYE'])
  })

  it('E15: one call knows nothing of what another has', async () => {
    const scene = await createScene()
    const one = await scene.call()
    one.call.setStaticHeaders(callInfo)
    const other = await scene.call()
    expect(other.invite.header('call-info')).toBeUndefined()
    const transaction = scene.connection.request({ method: 'OPTIONS', uri: scene.bob.uri })
    await scene.run(10)
    expect(scene.bob.next('OPTIONS').header('call-info')).toBeUndefined()
    expect(transaction.state.is).toBe('trying')
  })
})

describe('E15, a subscription of ours', () => {
  const mwi = (state: string): readonly HeaderPair[] => [
    ['Event', 'message-summary'],
    ['Subscription-State', state],
  ]

  const subscribed = async (options = {}) => {
    const scene = await createScene()
    const { bob, run, connection } = scene
    const subscription = connection.subscribe(bob.uri, { event: 'message-summary', expires: 100 })
    // In the same turn: then it is in the first SUBSCRIBE.
    subscription.setStaticHeaders(callInfo, options)
    await run(10)
    const subscribe = bob.next('SUBSCRIBE')
    const dialog = bob.inDialog(subscribe, bob.reply(subscribe, 200, { headers: [['Expires', '100']] }))
    dialog.request('NOTIFY', { headers: mwi('active;expires=100') })
    await run(10)
    return { scene, subscription, dialog }
  }

  it('E15: it is in SUBSCRIBE, its refresh, un-SUBSCRIBE and the 200 to NOTIFY, until null', async () => {
    const { scene, subscription, dialog } = await subscribed()
    const { bob, run } = scene
    await run(50_000)
    bob.reply(bob.next('SUBSCRIBE'), 200, { headers: [['Expires', '100']] })
    await run(10)
    const ended = subscription.unsubscribe()
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200, { headers: [['Expires', '0']] })
    subscription.setStaticHeaders(null)
    dialog.request('NOTIFY', { headers: mwi('terminated;reason=timeout') })
    await run(10)
    await ended
    expect(withHeader(scene, 'call-info')).toEqual([
      ['SUBSCRIBE', icon],
      ['200 NOTIFY', icon],
      ['SUBSCRIBE', icon],
      ['SUBSCRIBE', icon],
      ['200 NOTIFY', undefined],
    ])
    expect(subscription.state.is).toBe('terminated')
  })

  it('E15: with requestsOnly the 200 to NOTIFY has it not', async () => {
    const { scene } = await subscribed({ requestsOnly: true })
    expect(withHeader(scene, 'call-info')).toEqual([
      ['SUBSCRIBE', icon],
      ['200 NOTIFY', undefined],
    ])
  })

  it('E15: in the dialog of a call, the call and its subscription each have their own', async () => {
    const scene = await createScene()
    const { bob, run } = scene
    const { call, dialog } = await scene.established()
    call.setStaticHeaders([['Subject', 'call']])
    const subscription = call.subscribe({ event: 'message-summary' })
    subscription.setStaticHeaders(callInfo)
    await run(10)
    const subscribe = bob.next('SUBSCRIBE')
    bob.reply(subscribe, 200, { headers: [['Expires', '3600']] })
    dialog.request('NOTIFY', { headers: mwi('active;expires=3600') })
    dialog.request('INFO')
    await run(10)
    const both = sentMessages(scene)
      .slice(-3)
      .map(message => [brief(message), message.header('call-info'), message.header('subject')])
    expect(both).toEqual([
      ['SUBSCRIBE', icon, undefined],
      ['200 NOTIFY', icon, undefined],
      ['405 INFO', undefined, 'call'],
    ])
  })

  it('E15: a subscription of the peer has it in our answers and NOTIFYs', async () => {
    const scene = await createScene({ connection: { events: ['message-summary'] } })
    const { bob, run, connection, address, ourUri } = scene
    connection.subscriptions$.subscribe(notifier => {
      notifier.setStaticHeaders(callInfo)
      notifier.accept({ body: 'Messages-Waiting: no', contentType: 'application/simple-message-summary' })
    })
    bob.request('SUBSCRIBE', {
      to: address,
      uri: ourUri,
      headers: [
        ['Event', 'message-summary'],
        ['Expires', '600'],
      ],
    })
    await run(10)
    bob.reply(bob.next('NOTIFY'), 200)
    await run(10)
    expect(withHeader(scene, 'call-info')).toEqual([
      ['200 SUBSCRIBE', icon],
      ['NOTIFY', icon],
    ])
  })
})

describe('E16', () => {
  it.each([
    'To',
    't',
    'From',
    'f',
    'Call-ID',
    'i',
    'CSeq',
    'Require',
    'Via',
    'Route',
    'Contact',
    'm',
    'Content-Type',
    'RAck',
    'Event',
    'o',
    'Subscription-State',
    'Expires',
    'Authorization',
  ])('E16: %s is refused, and what was set stays', async name => {
    const scene = await createScene()
    const { call } = await scene.established()
    call.setStaticHeaders(callInfo)
    expect(() =>
      call.setStaticHeaders([
        ['Subject', 'x'],
        [name, 'x'],
      ]),
    ).toThrow(expect.objectContaining({ code: 'header-not-allowed', header: name }))
    call.dialog!.request('INFO')
    await scene.run(10)
    const info = scene.bob.next('INFO')
    expect([info.header('call-info'), info.header('subject')]).toEqual([icon, undefined])
  })

  it.each([
    [['Call-Info', 'a\r\nTo: <sip:mallory@example.com>']],
    [['Call-Info', 'a\nb']],
    [['Call-Info', 'a\0b']],
    [['Call-Info\r\nX', 'a']],
    [['Call Info', 'a']],
    ['Call-Info: a'],
    [[7, 'a']],
  ])('E16: a line that would become two, and what is no header, is refused: %j', async given => {
    const scene = await createScene()
    const { call } = await scene.established()
    const set = () => call.setStaticHeaders([given] as never)
    expect(set).toThrow(SipError)
    expect(set).toThrow(expect.objectContaining({ code: 'argument' }))
  })

  it('E16: no message grows without end', async () => {
    const scene = await createScene()
    const { call } = await scene.established()
    const many = Array.from({ length: 65 }, (_, at): HeaderPair => [`X-${at}`, 'x'])
    expect(() => call.setStaticHeaders(many)).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(() => call.setStaticHeaders([['X-Long', 'x'.repeat(8192)]])).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    expect(() => call.setStaticHeaders([], { requestsOnly: 1 as never })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    call.setStaticHeaders(many.slice(0, 64))
  })

  it('E16: a call that is over takes none', async () => {
    const scene = await createScene()
    const { call, dialog } = await scene.established()
    dialog.request('BYE')
    await scene.run(64_000)
    expect(() => call.setStaticHeaders(callInfo)).toThrow(
      expect.objectContaining({ code: 'resource-not-available' }),
    )
  })
})
