/** Subscriptions on a line beside a scripted notifier. RConnection with CSubConSIPSubscribeParamSet; E01 to E06, F11. */
import { describe, expect, it } from 'vitest'
import type { LineSubscribeOptions } from '../../src/index.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { respond } from '../../src/rules/respond.ts'
import type { PeerDialog } from '../support/peer-dialog.ts'
import { home, lineStage, outcome } from './line-support.ts'
import { notice } from './subscribe-support.ts'
import { record } from './support.ts'

const summary = 'Messages-Waiting: yes\r\n'

/** A line that has subscribed to P's mailbox. */
const subscribed = async (given: Partial<LineSubscribeOptions> = {}) => {
  const stage = await lineStage()
  const { bob, create, active, run } = stage
  await create({ ...home, registrar: { ...home.registrar!, realm: 'sipactor.test' } })
  const line = await active()
  const session = line.subscribe({
    requestUri: bob.uri,
    event: 'message-summary',
    accept: 'application/simple-message-summary',
    expires: 3600,
    ...given,
  })
  const events = record(session.events$)
  const notifications = record(session.notifications$)
  const states = record(session.state$)
  await run(10)
  const request = bob.next('SUBSCRIBE')
  const grant = async (subscribe: SipRequest = request, expires = 3600): Promise<PeerDialog> => {
    const ok = bob.reply(subscribe, 200, { headers: [['Expires', String(expires)]] })
    await run(10)
    return bob.inDialog(subscribe, ok)
  }
  const notify = async (dialog: PeerDialog, state: string, body = summary) => {
    dialog.request('NOTIFY', notice(state, body, given.event ?? 'message-summary'))
    await run(10)
    return bob.next(200)
  }
  return { ...stage, line, session, events, notifications, states, request, grant, notify }
}

describe('a subscription on a line', () => {
  it('Request-URI, To, From and Contact by hand are those on the wire, the Contact in the dialog, too', async () => {
    const by = { to: '<sip:mailbox@example.com>', from: '"Al B" <sip:alice@example.com>' }
    const contact = '<sip:front@192.0.2.1:5060;line=2>'
    const { line, bob, run, session, request, grant, notify } = await subscribed({ ...by, contact })
    expect([request.uri, request.header('to'), request.header('contact')]).toEqual([bob.uri, by.to, contact])
    expect(request.header('from')).toMatch(/^"?Al B"? <sip:alice@example\.com>;tag=/)
    const dialog = await grant()
    await notify(dialog, 'active;expires=3600')
    const stopped = session.stop()
    await run(10)
    const last = bob.next('SUBSCRIBE')
    expect([last.header('expires'), last.header('contact')]).toEqual(['0', contact])
    bob.reply(last, 200)
    await notify(dialog, 'terminated')
    await stopped
    const options = { requestUri: bob.uri, event: 'message-summary' }
    for (const bad of ['tel:+15550100', '<sip:a@b?x=y>', 'sip:a@b\r\nX: y', '*', ''])
      expect(() => line.subscribe({ ...options, contact: bad })).toThrow(
        expect.objectContaining({ code: 'argument' }),
      )
    await run(10)
    expect(bob.received.filter(one => 'method' in one && one.method === 'SUBSCRIBE')).toHaveLength(2)
  })

  it.each([
    ['message-summary', 'application/simple-message-summary'],
    ['messagewaiting', 'application/indication'],
  ])('E01: %s: SUBSCRIBE says what is wanted, NOTIFY gets 200 and is told', async (event, accept) => {
    const { line, session, events, notifications, request, grant, notify } = await subscribed({
      event,
      accept,
    })
    expect([request.header('event'), request.header('accept'), request.header('expires')]).toEqual([
      event,
      accept,
      '3600',
    ])
    expect(request.header('from')).toMatch(/^<sip:alice@example\.com>;tag=/)
    const dialog = await grant()
    expect(session.state.is).toBe('established')
    expect(session.result).toBe('established')
    await session.established()
    expect((await notify(dialog, 'active;expires=3600')).status).toBe(200)
    expect(notifications.values.map(({ body }) => body)).toEqual([summary])
    expect(events.values).toMatchObject([
      { type: 'response', groupId: 0x10274cae, id: 1, status: 200 },
      { type: 'notification', groupId: 0x10274cae, id: 3, text: summary },
    ])
    expect(session.notification?.body).toBe(summary)
    expect(session.state.notification).toBe(session.notification)
    expect(line.sessions).toEqual([session])
  })

  it('E02: a NOTIFY before the 2xx establishes it', async () => {
    const { session, request, bob, notify, notifications } = await subscribed()
    const early = bob.inDialog(request, respond(request, { status: 200, toTag: 'early' }))
    await notify(early, 'active;expires=3600')
    expect(session.state.is).toBe('established')
    expect(notifications.values).toHaveLength(1)
  })

  it('E03: of 100 s it is renewed in its dialog at 50 s', async () => {
    const { session, request, bob, grant, notify, run } = await subscribed({ expires: 100 })
    await notify(await grant(request, 100), 'active;expires=100')
    await run(48_000)
    expect(bob.unread.filter(message => message.kind === 'request')).toEqual([])
    await run(3000)
    const again = bob.next('SUBSCRIBE')
    expect([again.callId, again.toTag, again.cseq.seq]).toEqual([
      request.callId,
      expect.any(String),
      request.cseq.seq + 1,
    ])
    bob.reply(again, 200, { headers: [['Expires', '100']] })
    await run(10)
    expect(session.state.is).toBe('established')
  })

  it('E04: without autoRefresh it is over with its time, and nothing is sent', async () => {
    const { session, request, bob, grant, notify, run, events } = await subscribed({
      expires: 100,
      autoRefresh: false,
    })
    await notify(await grant(request, 100), 'active;expires=100')
    await run(200_000)
    expect(bob.all('SUBSCRIBE')).toHaveLength(1)
    expect(session.state.is).toBe('terminated')
    expect(session.result).toBe('established')
    expect(events.values.at(-1)).toMatchObject({ type: 'terminated' })
    expect(events.complete).toBe(true)
  })

  it('E05: 481 to a refresh ends it; response, transaction and refresh are reachable', async () => {
    const { session, request, bob, grant, notify, run, events } = await subscribed({ expires: 100 })
    await notify(await grant(request, 100), 'active;expires=100')
    await run(51_000)
    bob.reply(bob.next('SUBSCRIBE'), 481)
    await run(10)
    expect(session.state).toMatchObject({
      is: 'terminated',
      by: 'remote',
      status: 481,
      error: { code: 'terminated-with-response', response: { status: 481 } },
    })
    const { refresh, transaction } = session.subscription
    expect(transaction?.lastResponse?.status).toBe(481)
    expect(refresh?.transaction?.lastResponse?.status).toBe(481)
    expect(events.values.at(-1)).toMatchObject({ type: 'terminated', by: 'remote', status: 481 })
  })

  it('E06: stop sends a lifetime of 0 and waits for the last NOTIFY, which is not shown', async () => {
    const { session, bob, grant, notify, notifications, run, line } = await subscribed()
    const dialog = await grant()
    await notify(dialog, 'active;expires=3600')
    const stopped = outcome(session.stop())
    await run(10)
    const last = bob.next('SUBSCRIBE')
    expect(last.header('expires')).toBe('0')
    bob.reply(last, 200, { headers: [['Expires', '0']] })
    await run(1000)
    expect('value' in stopped).toBe(false)
    expect((await notify(dialog, 'terminated;reason=timeout')).status).toBe(200)
    expect('value' in stopped).toBe(true)
    expect(notifications.values).toHaveLength(1)
    expect(session.state).toMatchObject({ is: 'terminated', by: 'local' })
    expect(line.sessions).toEqual([])
  })

  it('E06: without that NOTIFY it is over after 64·T1', async () => {
    const { session, bob, grant, notify, run } = await subscribed()
    await notify(await grant(), 'active;expires=3600')
    const stopped = outcome(session.stop())
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200, { headers: [['Expires', '0']] })
    await run(31_000)
    expect('value' in stopped).toBe(false)
    await run(2000)
    expect('value' in stopped).toBe(true)
  })

  it('A08: a line that is closed un-SUBSCRIBEs before it un-REGISTERs', async () => {
    const { line, bob, grant, notify, words, run } = await subscribed()
    const dialog = await grant()
    await notify(dialog, 'active;expires=3600')
    const from = words().length
    const closed = outcome(line.close())
    await run(1000)
    bob.reply(bob.next('SUBSCRIBE'), 200, { headers: [['Expires', '0']] })
    await run(10)
    expect(words().slice(from)).not.toContain('REGISTER')
    await notify(dialog, 'terminated;reason=timeout')
    await run(1000)
    expect('value' in closed).toBe(true)
    expect(
      words()
        .slice(from)
        .filter(word => word === 'SUBSCRIBE' || word === 'REGISTER')
        .at(-1),
    ).toBe('REGISTER')
  })

  it('D21: is denied with the status; F11: for want of credentials, until they are given', async () => {
    const { session, request, bob, run } = await subscribed()
    const result = outcome(session.established())
    bob.reply(request, 401, {
      headers: [['WWW-Authenticate', 'Digest realm="mailbox", nonce="n1", qop="auth", algorithm=MD5']],
    })
    await run(10)
    expect(result.error).toMatchObject({ code: 'forbidden' })
    expect([session.result, session.realms]).toEqual(['denied', ['mailbox']])
    const second = session.retryWith({ realm: 'mailbox', username: 'alice', password: 'secret' })
    await run(10)
    const again = bob.next('SUBSCRIBE')
    expect(again.callId).not.toBe(request.callId)
    bob.reply(again, 401, {
      headers: [['WWW-Authenticate', 'Digest realm="mailbox", nonce="n2", qop="auth", algorithm=MD5']],
    })
    await run(10)
    const answered = bob.next('SUBSCRIBE')
    expect(answered.header('authorization')).toContain('realm="mailbox"')
    bob.reply(answered, 403)
    await run(10)
    expect(second.state).toMatchObject({ is: 'terminated', result: 'denied', status: 403 })
  })

  it('D22: is not reachable when nobody answers', async () => {
    const { session, run, states } = await subscribed()
    await run(70_000)
    expect(session.result).toBe('notReachable')
    expect(states.values.map(({ is }) => is)).toEqual(['initiation', 'terminated'])
    expect(states.values.at(-1)).toMatchObject({ by: 'network', error: { code: 'timeout' } })
  })
})
