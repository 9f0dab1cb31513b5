/** REFER, its sipfrag and its subscription as values. RFC 3515, 3892, 4488, 3420, 6665. */
import { describe, expect, it } from 'vitest'
import { decodeUtf8, toBinary } from '../../src/message/bytes.ts'
import { formatReferTo, referOf, referredBy, referTo, wantsSubscription } from '../../src/rules/refer.ts'
import { formatReplaces, replacesHeaders } from '../../src/rules/replaces.ts'
import { formatSipfrag, parseSipfrag } from '../../src/rules/sipfrag.ts'
import { eventOf, notifyHeaders, subscriptionStateOf } from '../../src/rules/subscription-state.ts'
import { make, nameAddr } from './support.ts'

const refused = (lines: Parameters<typeof make>[1]) => {
  const found = referOf(make('REFER', lines))
  return 'reply' in found ? found.reply.status : undefined
}
const target = (value: string) => {
  const found = referOf(make('REFER', { 'Refer-To': value }))
  if ('reply' in found) throw new Error(String(found.reply.reason))
  return found
}

describe('Refer-To', () => {
  it('is an address to invite (RFC 3515 §2.1)', () => {
    expect(target('"Carol" <sip:carol@example.com;transport=tcp>')).toMatchObject({
      method: 'INVITE',
      uri: 'sip:carol@example.com;transport=tcp',
      headers: [],
      address: { displayName: 'Carol' },
    })
  })
  it('may name another method, which is no part of the Request-URI', () => {
    expect(target('<sip:carol@example.com;method=BYE>')).toMatchObject({
      method: 'BYE',
      uri: 'sip:carol@example.com',
    })
  })
  it('carries headers for the request, escapes resolved (RFC 3261 §19.1.1)', () => {
    const { uri, headers } = target(
      '<sip:carol@example.com?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces&Subject=hi%20you>',
    )
    expect(uri).toBe('sip:carol@example.com')
    expect(headers).toEqual([
      ['replaces', 'a@b;to-tag=1;from-tag=2'],
      ['require', 'replaces'],
      ['subject', 'hi you'],
    ])
  })
  it('sets nothing that says whose the request is or how it travels (RFC 3261 §19.1.5)', () => {
    const dangerous = ['From', 'Call-ID', 'Via', 'Route', 'v', 'm', 'Authorization', 'Referred-By', 'body']
    const { headers } = target(
      `<sip:a@example.com?${dangerous.map(name => `${name}=x`).join('&')}&Priority=urgent>`,
    )
    expect(headers).toEqual([['priority', 'urgent']])
  })
  it('smuggles no line in', () => {
    expect(target('<sip:a@example.com?Subject=x%0d%0aVia:%20y>').headers).toEqual([])
  })
  it('may be no SIP URI at all', () => {
    expect(target('<https://example.com/a>')).toMatchObject({
      method: 'INVITE',
      uri: 'https://example.com/a',
    })
  })
  it.each([
    ['missing', {}],
    ['there twice', { 'Refer-To': ['<sip:a@example.com>', '<sip:b@example.com>'] }],
    ['two addresses', { 'Refer-To': '<sip:a@example.com>, <sip:b@example.com>' }],
    ['headers without brackets', { 'Refer-To': 'sip:a@example.com?Subject=x' }],
    ['a method that is no token', { 'Refer-To': '<sip:a@example.com;method=a%20b>' }],
    ['an unreadable Referred-By', { 'Refer-To': '<sip:a@example.com>', 'Referred-By': '<sip:' }],
  ])('is refused with 400: %s (RFC 3515 §2.4.2)', (_, lines) => {
    expect(refused(lines)).toBe(400)
  })
})

describe('a Refer-To that is made', () => {
  const dialog = { callId: 'a;b c@192.0.2.1', localTag: 'mine', remoteTag: 'theirs' }
  it('has Replaces as the other end of the dialog sees it, and comes back as it was (RFC 3891 §4)', () => {
    const text = formatReferTo(nameAddr('<sip:carol@192.0.2.3>'), replacesHeaders(dialog))
    expect(text).toBe(
      '<sip:carol@192.0.2.3?Replaces=a%3Bb%20c%40192.0.2.1%3Bto-tag%3Dtheirs%3Bfrom-tag%3Dmine&Require=replaces>',
    )
    expect(target(text).headers).toEqual([
      ['replaces', formatReplaces(dialog)],
      ['require', 'replaces'],
    ])
  })
  it('keeps the headers that the address has, and leaves others than SIP URIs alone', () => {
    expect(referTo('<sip:a@example.com?Subject=x>', [['Priority', 'urgent']])).toBe(
      '<sip:a@example.com?subject=x&Priority=urgent>',
    )
    expect(referTo('tel:+123', [['Priority', 'urgent']])).toBe('<tel:+123>')
    expect(referTo('nonsense')).toBeUndefined()
  })
  it('names an RFC 2543 peer by the tag 0, and marks early-only (RFC 3891 §3, §6.1)', () => {
    expect(formatReplaces({ ...dialog, callId: 'x', remoteTag: '' }, true)).toBe(
      'x;to-tag=0;from-tag=mine;early-only',
    )
  })
})

describe('the subscription of a REFER', () => {
  it('is not wanted with Refer-Sub: false (RFC 4488 §4)', () => {
    expect(wantsSubscription(make('REFER', { 'Refer-Sub': 'False' }))).toBe(false)
    expect(wantsSubscription(make('REFER', { 'Refer-Sub': 'true' }))).toBe(true)
    expect(wantsSubscription(make('REFER'))).toBe(true)
  })
  it('is told by its id, or is the first (RFC 3515 §2.4.6)', () => {
    const all = [{ seq: 2 }, { seq: 5 }]
    expect(referredBy(all, undefined)).toBe(all[0])
    expect(referredBy(all, '5')).toBe(all[1])
    expect(referredBy(all, '6')).toBeUndefined()
  })
  it('has a state in each NOTIFY (RFC 6665 §8.2.3)', () => {
    const notify = make('NOTIFY', {
      Event: 'Refer;id=7',
      'Subscription-State': 'Terminated;reason=NoResource;expires=5;retry-after=9',
    })
    expect(eventOf(notify)).toEqual({ event: 'Refer', id: '7' })
    expect(subscriptionStateOf(notify)).toEqual({
      state: 'terminated',
      reason: 'noresource',
      expires: 5,
      retryAfter: 9,
    })
  })
  it.each([
    ['no Subscription-State', { Event: 'refer' }],
    ['no Event', { 'Subscription-State': 'active' }],
  ])('is refused with 400 in a NOTIFY with %s', (_, lines) => {
    expect(subscriptionStateOf(make('NOTIFY', lines))).toMatchObject({ reply: { status: 400 } })
  })
  it('is written with what is left of it, and with why it ended', () => {
    expect(notifyHeaders({ event: 'refer' }, { state: 'active', expires: 60 })).toEqual([
      ['Event', 'refer'],
      ['Subscription-State', 'active;expires=60'],
    ])
    expect(
      notifyHeaders({ event: 'refer', id: '3' }, { state: 'terminated', expires: 60, reason: 'noresource' }),
    ).toEqual([
      ['Event', 'refer;id=3'],
      ['Subscription-State', 'terminated;reason=noresource'],
    ])
  })
})

describe('a sipfrag', () => {
  it.each([
    ['SIP/2.0 200 OK', { status: 200, reason: 'OK' }],
    ['SIP/2.0 100 Trying\r\nContact: <sip:a@b>\r\n', { status: 100, reason: 'Trying' }],
    ['SIP/2.0 486\n', { status: 486, reason: '' }],
  ])('is read from %j (RFC 3515 §2.4.5)', (body, line) => {
    expect(parseSipfrag(body)).toEqual(line)
  })
  it.each(['', 'INVITE sip:a@b SIP/2.0', 'SIP/2.0 99 Low', 'SIP/2.0 700 High', 'From: x'])(
    'has no status line in %j',
    body => expect(parseSipfrag(body)).toBeUndefined(),
  )
  it('is written as a line with the usual phrase, or a phrase of its own', () => {
    const text = (bytes: Uint8Array) => decodeUtf8(toBinary(bytes))
    expect(text(formatSipfrag(180))).toBe('SIP/2.0 180 Ringing\r\n')
    expect(text(formatSipfrag(486, 'Beschäftigt'))).toBe('SIP/2.0 486 Beschäftigt\r\n')
  })
})
