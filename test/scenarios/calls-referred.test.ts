/** REFER beside a scripted peer: what it may send, when, and what we make of it. Scenarios E12, E13; RFC 3515, 4488, 6665. */
import { describe, expect, it } from 'vitest'
import type { IncomingReferral } from '../../src/index.ts'
import type { HeaderPair, SipRequest } from '../../src/message/types.ts'
import { sdpIn } from '../../src/rules/body.ts'
import type { PeerDialog } from '../support/peer-dialog.ts'
import { createScene, ourOffer, record, theirs } from './support.ts'

const carol = 'sip:carol@192.0.2.3:5060'
const notice = (status: number | undefined, state = 'active;expires=60', event = 'refer') => ({
  headers: [
    ['Event', event],
    ['Subscription-State', state],
  ] as HeaderPair[],
  ...(status !== undefined && {
    body: `SIP/2.0 ${status} So\r\n`,
    contentType: 'message/sipfrag;version=2.0',
  }),
})
const lastNotice = (status: number | undefined) => notice(status, 'terminated;reason=noresource')

describe('a REFER of ours within a call', () => {
  const referring = async () => {
    const scene = await createScene()
    const { call, dialog } = await scene.established()
    const referral = call.refer(carol)
    const errors = record(referral.errors$)
    await scene.run(10)
    return { ...scene, call, dialog, referral, errors, refer: scene.bob.next('REFER') }
  }

  it('E12: is within the dialog, with a Contact (RFC 3515 §2.1)', async () => {
    const { refer, call } = await referring()
    expect(refer.header('refer-to')).toBe(`<${carol}>`)
    expect([refer.callId, refer.toTag]).toEqual([call.dialog!.callId, call.dialog!.remoteTag])
    expect(refer.headers('contact')).toHaveLength(1)
    expect(refer.header('referred-by')).toBeUndefined()
  })

  it('E12: takes a NOTIFY that comes before the 202 (RFC 6665 §4.1.2.4)', async () => {
    const { bob, dialog, referral, refer, run } = await referring()
    const progress = record(referral.progress$)
    dialog.request('NOTIFY', notice(100))
    await run(10)
    bob.next(200)
    expect([referral.state.is, progress.values.map(({ status }) => status)]).toEqual(['accepted', [100]])
    bob.reply(refer, 202)
    await run(10)
    dialog.request('NOTIFY', lastNotice(200))
    await run(10)
    bob.next(200)
    expect(referral.state).toEqual({ is: 'done', status: 200, reason: 'So' })
    expect(await referral.completed()).toEqual({ status: 200, reason: 'So', succeeded: true })
  })

  it('E12: a NOTIFY that belongs to nothing draws 481', async () => {
    const { bob, dialog, referral, refer, run } = await referring()
    bob.reply(refer, 202)
    await run(10)
    for (const stray of [notice(100, 'active', 'refer;id=99'), notice(100, 'active', 'presence')]) {
      dialog.request('NOTIFY', stray)
      await run(10)
      expect(bob.next(481).cseq.method).toBe('NOTIFY')
    }
    dialog.request('NOTIFY', lastNotice(486))
    await run(10)
    bob.next(200)
    // The subscription is over.
    dialog.request('NOTIFY', lastNotice(486))
    await run(10)
    bob.next(481)
    expect(referral.state).toMatchObject({ is: 'done', status: 486 })
  })

  it.each([
    ['without Subscription-State', { headers: [['Event', 'refer']] as HeaderPair[] }, 400],
    ['without a status line', { ...notice(100), body: 'From: x\r\n' }, 400],
    ['that is no sipfrag', { ...notice(100), contentType: 'text/plain' }, 415],
  ])('refuses a NOTIFY %s, and waits on', async (_, given, status) => {
    const { bob, dialog, referral, refer, run } = await referring()
    bob.reply(refer, 202)
    await run(10)
    dialog.request('NOTIFY', given)
    await run(10)
    expect(bob.next(status).cseq.method).toBe('NOTIFY')
    expect(referral.state.is).toBe('accepted')
  })

  it('has expired when no NOTIFY comes within Timer N, 64·T1 (RFC 6665 §4.1.2.4)', async () => {
    const { bob, call, referral, refer, run } = await referring()
    bob.reply(refer, 202)
    await run(31_900)
    expect(referral.state.is).toBe('accepted')
    await run(200)
    expect(referral.state).toEqual({ is: 'expired' })
    await expect(referral.completed()).rejects.toMatchObject({ code: 'timeout' })
    expect(call.state.is).toBe('confirmed')
  })

  it('has expired when the subscription does and nothing final was told', async () => {
    const { bob, dialog, referral, refer, run } = await referring()
    bob.reply(refer, 202)
    await run(10)
    dialog.request('NOTIFY', notice(100))
    await run(10)
    bob.next(200)
    await run(91_900)
    expect(referral.state.is).toBe('accepted')
    await run(200)
    expect(referral.state.is).toBe('expired')
  })

  it('is done by a NOTIFY that ends it without a status only when the outcome is known', async () => {
    const { bob, dialog, referral, refer, run } = await referring()
    bob.reply(refer, 202)
    await run(10)
    dialog.request('NOTIFY', notice(200))
    await run(10)
    bob.next(200)
    // Final is final: nobody has to wait for the end of the subscription.
    expect(await referral.completed()).toMatchObject({ status: 200, succeeded: true })
    dialog.request('NOTIFY', lastNotice(undefined))
    await run(10)
    bob.next(200)
    expect(referral.state).toMatchObject({ is: 'done', status: 200 })
  })

  it('is rejected by a final response, told once', async () => {
    const { bob, call, referral, errors, refer, run } = await referring()
    bob.reply(refer, 403)
    await run(10)
    expect(referral.state).toMatchObject({ is: 'rejected', status: 403 })
    expect(errors.values.map(({ code, status }) => [code, status])).toEqual([['rejected', 403]])
    await expect(referral.completed()).rejects.toMatchObject({ code: 'rejected', status: 403 })
    expect(call.state.is).toBe('confirmed')
  })

  it('ends the call when the peer does not know the dialog any more (RFC 5057 §5.1)', async () => {
    const { bob, call, refer, run } = await referring()
    bob.reply(refer, 481)
    await run(10)
    bob.reply(bob.next('BYE'), 481)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('fails when nobody answers', async () => {
    const { referral, run, bob, call } = await referring()
    await run(32_100)
    expect(referral.state).toMatchObject({ is: 'failed', error: { code: 'timeout' } })
    await expect(referral.completed()).rejects.toMatchObject({ code: 'timeout' })
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('wants no subscription with Refer-Sub: false, and is done with the 2xx (RFC 4488 §4)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const referral = call.refer(carol, { subscription: false, referredBy: '<sip:alice@example.com>' })
    await run(10)
    const refer = bob.next('REFER')
    expect([refer.header('refer-sub'), refer.header('referred-by')]).toEqual([
      'false',
      '<sip:alice@example.com>',
    ])
    bob.reply(refer, 200, { headers: [['Refer-Sub', 'false']] })
    await run(10)
    expect(referral.state).toEqual({ is: 'done' })
    expect(await referral.completed()).toEqual({ succeeded: true })
  })

  it('hears NOTIFYs all the same from a peer that makes a subscription nevertheless', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const referral = call.refer(carol, { subscription: false })
    await run(10)
    bob.reply(bob.next('REFER'), 202)
    await run(10)
    dialog.request('NOTIFY', lastNotice(200))
    await run(10)
    bob.next(200)
    expect(referral.state).toMatchObject({ is: 'done', status: 200 })
  })
})

describe('a REFER of ours that is challenged', () => {
  it('is sent again, and its NOTIFYs name the number that was accepted (RFC 3515 §2.4.6)', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const credentials = { username: 'alice', password: 's3cret' }
    const referral = call.refer(carol, { credentials })
    await run(10)
    bob.reply(bob.next('REFER'), 407, {
      headers: [['Proxy-Authenticate', 'Digest realm="example.com", nonce="n", qop="auth"']],
    })
    await run(10)
    const again = bob.next('REFER')
    expect(again.header('proxy-authorization')).toContain('username="alice"')
    bob.reply(again, 202)
    await run(10)
    dialog.request('NOTIFY', notice(180, 'active', `refer;id=${again.cseq.seq - 1}`))
    await run(10)
    bob.next(481)
    dialog.request('NOTIFY', notice(180, 'active', `refer;id=${again.cseq.seq}`))
    await run(10)
    bob.next(200)
    expect(referral.lastProgress?.status).toBe(180)
  })
})

describe('a REFER of ours outside dialogs', () => {
  const begin = async () => {
    const scene = await createScene()
    const referral = scene.connection.refer(scene.bob.uri, { referTo: carol })
    await scene.run(10)
    return { ...scene, referral, refer: scene.bob.next('REFER') }
  }

  it('makes a dialog by its 2xx, which ends with the subscription', async () => {
    const { bob, referral, refer, run } = await begin()
    const dialog = bob.inDialog(refer, bob.reply(refer, 202))
    await run(10)
    dialog.request('NOTIFY', notice(180))
    await run(10)
    bob.next(200)
    expect(referral.lastProgress?.status).toBe(180)
    // No call is in this dialog.
    dialog.request('BYE')
    await run(10)
    bob.next(481)
    dialog.request('NOTIFY', lastNotice(200))
    await run(10)
    bob.next(200)
    expect(referral.state).toMatchObject({ is: 'done', status: 200 })
    dialog.request('NOTIFY', lastNotice(200))
    await run(10)
    bob.next(481)
  })

  it('makes it by a NOTIFY that overtakes the 2xx (RFC 6665 §4.4.1)', async () => {
    const { bob, referral, refer, run } = await begin()
    const notify = (cseq: number, toTag: string, given: ReturnType<typeof notice>): SipRequest =>
      bob.request('NOTIFY', {
        to: { host: '192.0.2.1', port: 5060 },
        uri: 'sip:alice@192.0.2.1:5060',
        callId: refer.callId,
        from: refer.header('to')!,
        fromTag: 'peer-1',
        toUri: refer.header('from')!.replace(/;tag=.*/, ''),
        toTag,
        cseq,
        ...given,
      })
    notify(1, refer.fromTag!, notice(100))
    await run(10)
    bob.next(200)
    expect(referral.state.is).toBe('accepted')
    // Another tag is another dialog.
    notify(2, 'nobody', notice(100))
    await run(10)
    bob.next(481)
    bob.reply(refer, 202, { toTag: 'peer-1' })
    await run(10)
    notify(3, refer.fromTag!, lastNotice(503))
    await run(10)
    bob.next(200)
    expect(referral.state).toMatchObject({ is: 'done', status: 503 })
  })
})

describe("the peer's REFER", () => {
  const within = async (lines: readonly HeaderPair[] = [['Refer-To', `<${carol}>`]]) => {
    const scene = await createScene()
    const { call, dialog } = await scene.answered()
    const referrals = record(call.referrals$)
    const refer = dialog.request('REFER', { headers: lines })
    await scene.run(10)
    const [referral] = referrals.values as IncomingReferral[]
    const told = () => {
      const notify = scene.bob.next('NOTIFY')
      scene.bob.reply(notify, 200)
      return notify
    }
    return { ...scene, call, dialog, referral: referral!, referrals, refer, told }
  }
  const answerOf = (notify: SipRequest) => [notify.text, notify.header('subscription-state')]

  it('E13: accepted, a NOTIFY follows at once, and one for what becomes of the call (RFC 3515 §2.4.4)', async () => {
    const { another, bob, referral, run, told } = await within([
      ['Refer-To', `<${carol}?Subject=hello%20there>`],
      ['Referred-By', '"Bob" <sip:bob@example.com>'],
    ])
    const target = another('192.0.2.3', 'carol')
    expect(referral.referredBy).toMatchObject({ displayName: 'Bob' })
    const call = referral.accept({ offer: ourOffer })
    await run(10)
    expect(bob.next(202).headers('contact')).toHaveLength(1)
    const first = told()
    expect(answerOf(first)).toEqual(['SIP/2.0 100 Trying\r\n', 'active;expires=300'])
    expect([first.header('event'), first.header('content-type')]).toEqual([
      'refer',
      'message/sipfrag;version=2.0',
    ])
    const invite = target.next('INVITE')
    expect([invite.header('subject'), invite.header('referred-by'), invite.text]).toEqual([
      'hello there',
      '"Bob" <sip:bob@example.com>',
      ourOffer,
    ])
    target.reply(invite, 180)
    await run(10)
    expect(answerOf(told())).toEqual(['SIP/2.0 180 Ringing\r\n', 'active;expires=300'])
    target.reply(invite, 200, { body: theirs })
    await run(10)
    expect(answerOf(told())).toEqual(['SIP/2.0 200 OK\r\n', 'terminated;reason=noresource'])
    await run(10)
    expect([referral.state.is, call.state.is]).toEqual(['terminated', 'confirmed'])
  })

  it('E13: a Replaces in Refer-To goes into the INVITE (RFC 5589 §7)', async () => {
    const { another, referral, run } = await within([
      ['Refer-To', `<${carol}?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces>`],
    ])
    const target = another('192.0.2.3', 'carol')
    expect(referral.replaces).toMatchObject({ callId: 'x@y', toTag: '1', fromTag: '2' })
    referral.accept({ offer: ourOffer })
    await run(10)
    const invite = target.next('INVITE')
    expect([invite.uri, invite.header('replaces'), invite.header('require')]).toEqual([
      carol,
      'x@y;to-tag=1;from-tag=2',
      'replaces',
    ])
  })

  it('E13: the token of a Referred-By goes along as it is (RFC 3892 §3)', async () => {
    const { answered, another, run } = await createScene()
    const { call, dialog } = await answered()
    const target = another('192.0.2.3', 'carol')
    call.referrals$.subscribe(referral => void referral.accept({ offer: ourOffer }))
    const token = [
      'Content-Type: multipart/signed;boundary=inner',
      'Content-Disposition: aib;handling=optional',
      'Content-ID: <token@example.com>',
      '',
      '--inner\r\n\r\nsigned\r\n--inner--',
    ].join('\r\n')
    dialog.request('REFER', {
      headers: [
        ['Refer-To', `<${carol}>`],
        ['Referred-By', '<sip:bob@example.com>;cid="token@example.com"'],
      ],
      contentType: 'multipart/mixed;boundary=outer',
      body: `--outer\r\n\r\nsomething else\r\n--outer\r\n${token}\r\n--outer--\r\n`,
    })
    await run(10)
    const invite = target.next('INVITE')
    expect(invite.header('referred-by')).toBe('<sip:bob@example.com>;cid="token@example.com"')
    expect(invite.parsed('content-type')?.value).toBe('multipart/mixed')
    expect(sdpIn(invite)).toBe(ourOffer)
    expect(invite.text).toContain(token)
    expect(invite.text).not.toContain('something else')
  })

  it.each([
    ['no Refer-To', []],
    ['two of them', [['Refer-To', '<sip:a@b>'] as const, ['Refer-To', '<sip:c@d>'] as const]],
  ])('with %s draws 400 and is not told of (RFC 3515 §2.4.2)', async (_, lines) => {
    const { bob, referrals } = await within(lines)
    expect(bob.next(400).cseq.method).toBe('REFER')
    expect(referrals.values).toEqual([])
  })

  it('draws no NOTIFY with Refer-Sub: false (RFC 4488 §4)', async () => {
    const { another, bob, referral, run } = await within([
      ['Refer-To', `<${carol}>`],
      ['Refer-Sub', 'false'],
      ['Require', 'norefersub'],
    ])
    const target = another('192.0.2.3', 'carol')
    const call = referral.accept({ offer: ourOffer })
    await run(10)
    expect(bob.next(200).header('refer-sub')).toBe('false')
    target.reply(target.next('INVITE'), 200, { body: theirs })
    await run(100)
    expect([call.state.is, bob.all('NOTIFY').length, referral.state.is]).toEqual([
      'confirmed',
      0,
      'terminated',
    ])
  })

  it('for another method is carried out by the application, which tells how it went', async () => {
    const { bob, referral, run, told } = await within([['Refer-To', `<${carol};method=MESSAGE>`]])
    expect(referral.referTo).toMatchObject({ method: 'MESSAGE', uri: carol })
    expect(() => referral.accept()).toThrow(expect.objectContaining({ code: 'not-supported' }))
    referral.notify(100)
    await run(10)
    bob.next(202)
    expect(told().text).toBe('SIP/2.0 100 Trying\r\n')
    await run(10)
    expect(told().text).toBe('SIP/2.0 100 Trying\r\n')
    await run(10)
    referral.notify(404, 'Nobody Here')
    await run(10)
    expect(answerOf(told())).toEqual(['SIP/2.0 404 Nobody Here\r\n', 'terminated;reason=noresource'])
    await run(10)
    expect(referral.state.is).toBe('terminated')
    expect(() => referral.notify(200)).toThrow(expect.objectContaining({ code: 'invalid-transaction-state' }))
  })

  it('is answered once', async () => {
    const { referral, bob, run } = await within()
    referral.reject(486)
    const late = expect.objectContaining({ code: 'invalid-transaction-state' })
    expect(() => referral.accept()).toThrow(late)
    expect(() => referral.reject()).toThrow(late)
    expect(() => referral.notify(200)).toThrow(late)
    await run(10)
    bob.next(486)
    expect(referral.state.is).toBe('rejected')
  })

  it('is refused when the only one who listens fails', async () => {
    const { bob, run, answered } = await createScene({ sip: { onCallbackError: () => {} } })
    const { call, dialog } = await answered()
    call.referrals$.subscribe(() => {
      throw new Error('unprepared')
    })
    dialog.request('REFER', { headers: [['Refer-To', `<${carol}>`]] })
    await run(10)
    expect(bob.next(500).cseq.method).toBe('REFER')
  })

  it('is refused with 480 when nobody decides in time for 64·T1 (RFC 4320 §4.2)', async () => {
    const { bob, referral, run } = await within()
    await run(30_100)
    expect(bob.next(480).cseq.method).toBe('REFER')
    expect(referral.state.is).toBe('rejected')
  })

  it('ends with a NOTIFY that the peer refuses (RFC 6665 §4.2.2)', async () => {
    const { bob, referral, run } = await within()
    referral.notify(100)
    await run(10)
    bob.next(202)
    bob.reply(bob.next('NOTIFY'), 481)
    await run(10)
    expect(referral.state.is).toBe('terminated')
  })

  it('ends with terminated;reason=timeout when nothing final comes in five minutes', async () => {
    const { bob, referral, run } = await within()
    const told: (readonly (string | undefined)[])[] = []
    bob.on('NOTIFY', notify => {
      told.push(answerOf(notify))
      bob.reply(notify, 200)
    })
    referral.notify(180)
    await run(299_000)
    expect(referral.state.is).toBe('accepted')
    await run(2000)
    expect(referral.state.is).toBe('terminated')
    expect(told).toEqual([
      ['SIP/2.0 100 Trying\r\n', 'active;expires=300'],
      ['SIP/2.0 180 Ringing\r\n', 'active;expires=300'],
      ['SIP/2.0 180 Ringing\r\n', 'terminated;reason=timeout'],
    ])
  })

  it('keeps the dialog of a call that is over, and nothing else of the call (RFC 5057 §3)', async () => {
    const { bob, call, dialog, referral, run } = await within()
    const told: string[] = []
    bob.on('NOTIFY', notify => {
      told.push(notify.text)
      bob.reply(notify, 200)
    })
    referral.notify(180)
    await run(20)
    bob.next(202)
    dialog.request('BYE')
    await run(10)
    bob.next(200)
    expect([call.state.is, call.dialog!.state.is, referral.state.is]).toEqual([
      'terminated',
      'confirmed',
      'accepted',
    ])
    for (const method of ['INVITE', 'INFO', 'REFER', 'BYE']) {
      dialog.request(method, method === 'INVITE' ? { body: theirs } : {})
      await run(10)
      expect(bob.next(481).cseq.method).toBe(method)
    }
    referral.notify(200)
    await run(20)
    expect(told.at(-1)).toBe('SIP/2.0 200 OK\r\n')
    expect(call.dialog!.state.is).toBe('terminated')
  })

  const outside = async (listens: boolean) => {
    const scene = await createScene()
    const referrals: IncomingReferral[] = []
    if (listens) scene.connection.referrals$.subscribe(referral => void referrals.push(referral))
    const refer = scene.bob.request('REFER', {
      to: scene.address,
      uri: scene.ourUri,
      headers: [['Refer-To', `<${carol}>`]],
    })
    await scene.run(10)
    return { ...scene, referrals, refer }
  }

  it('outside dialogs draws 603 while nobody listens', async () => {
    const { bob } = await outside(false)
    expect(bob.next(603).cseq.method).toBe('REFER')
  })

  it('outside dialogs makes a dialog of its own for the NOTIFYs', async () => {
    const { another, bob, refer, referrals, run } = await outside(true)
    const target = another('192.0.2.3', 'carol')
    referrals[0]!.accept({ offer: ourOffer })
    await run(10)
    const accepted = bob.next(202)
    const dialog: PeerDialog = bob.inDialog(refer, accepted)
    const notify = bob.next('NOTIFY')
    expect([notify.callId, notify.fromTag, notify.toTag]).toEqual([
      dialog.callId,
      dialog.remoteTag,
      dialog.localTag,
    ])
    bob.reply(notify, 200)
    target.reply(target.next('INVITE'), 486)
    await run(10)
    const last = bob.next('NOTIFY')
    expect(last.text).toBe('SIP/2.0 486 Busy Here\r\n')
    bob.reply(last, 200)
    await run(10)
    expect(referrals[0]!.state.is).toBe('terminated')
    dialog.request('MESSAGE', { body: 'still there?' })
    await run(10)
    bob.next(481)
  })
})
