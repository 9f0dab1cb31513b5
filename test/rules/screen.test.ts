import { describe, expect, it } from 'vitest'
import { type Abilities, screen } from '../../src/rules/screen.ts'
import { sdp } from '../support/text.ts'
import { make } from './support.ts'

const abilities: Abilities = {
  methods: [
    'INVITE',
    'ACK',
    'CANCEL',
    'BYE',
    'OPTIONS',
    'MESSAGE',
    'SUBSCRIBE',
    'NOTIFY',
    'REFER',
    'INFO',
    'UPDATE',
  ],
  extensions: ['100rel', 'timer', 'replaces'],
  contentTypes: ['application/sdp', 'text/*'],
  events: ['presence', 'refer'],
}

const typed = (type: string, more: Record<string, string> = {}) =>
  make('INVITE', { 'Content-Type': type, ...more }, sdp('192.0.2.2').replaceAll('\r\n', '\n'))
const status = (request: ReturnType<typeof make>, more: Partial<Abilities> = {}) =>
  screen(request, { ...abilities, ...more })?.reply.status

describe('the checks of a user agent server (§8.2)', () => {
  it.each(['INVITE', 'BYE', 'OPTIONS', 'MESSAGE', 'REFER', 'INFO'])('let a good %s pass', method => {
    expect(screen(make(method), abilities)).toBeUndefined()
  })

  it.each(['REGISTER', 'PUBLISH', 'NEWMETHOD', 'invite'])(
    'refuse the method %s with 405 and Allow (§8.2.1)',
    method => {
      const reply = screen(make(method), abilities)?.reply
      expect(reply).toEqual({ status: 405, headers: [['Allow', abilities.methods.join(', ')]] })
    },
  )

  it.each([
    ['sip:bob@example.com', undefined],
    ['sips:bob@example.com', undefined],
    ['tel:+15550100', undefined],
    ['nobodyKnowsThisScheme:totallyopaquecontent', 416],
    ['soap.beep://192.0.2.103:3002', 416],
  ])('judge the Request-URI %s: %s (§8.2.2.1)', (uri, expected) => {
    expect(status(make('OPTIONS', { uri, Contact: undefined }))).toBe(expected)
  })

  it('refuse a Request-URI that is not ours with 404, outside dialogs (§8.2.2.1)', () => {
    const strangers = { acceptsUri: () => false }
    expect(status(make('MESSAGE'), strangers)).toBe(404)
    expect(status(make('MESSAGE', { To: '<sip:bob@example.com>;tag=b' }), strangers)).toBeUndefined()
  })

  it('name in Unsupported only what is not understood (§8.2.2.3)', () => {
    const request = make('INVITE', { Require: ['100rel, foo', 'Timer, bar'], 'Proxy-Require': 'baz' })
    expect(screen(request, abilities)?.reply).toEqual({ status: 420, headers: [['Unsupported', 'foo, bar']] })
  })

  it('leave Proxy-Require to proxies (§20.29)', () => {
    expect(screen(make('INVITE', { 'Proxy-Require': 'foo' }), abilities)).toBeUndefined()
  })

  it.each(['ACK', 'CANCEL'])('never refuse %s (§8.2.2.3)', method => {
    expect(
      screen(make(method, { Require: 'foo', uri: 'soap.beep://x' }), { ...abilities, methods: [] }),
    ).toBeUndefined()
  })

  it.each([
    ['application/sdp', {}, undefined],
    ['Application/SDP;charset=utf-8', {}, undefined],
    ['text/plain', {}, undefined],
    ['texts/plain', {}, 415],
    ['application/unknown', {}, 415],
    ['application/unknown', { 'Content-Disposition': 'render;handling=optional' }, undefined],
    ['application/unknown', { 'Content-Disposition': 'render;handling=required' }, 415],
    ['application/unknown', { 'Content-Disposition': 'session' }, 415],
    ['application/sdp', { 'Content-Encoding': 'gzip' }, 415],
    ['application/sdp', { 'Content-Encoding': 'identity' }, undefined],
    [
      'application/sdp',
      { 'Content-Encoding': 'gzip', 'Content-Disposition': 'session;handling=optional' },
      undefined,
    ],
  ])('judge a body of %s with %o: %s (§8.2.3)', (type, more, expected) => {
    expect(status(typed(type, more))).toBe(expected)
  })

  it('say with a 415 what can be read', () => {
    expect(screen(typed('application/unknown'), abilities)?.reply.headers).toEqual([
      ['Accept', 'application/sdp, text/*'],
    ])
    expect(
      screen(typed('application/sdp', { 'Content-Encoding': 'gzip' }), abilities)?.reply.headers,
    ).toEqual([['Accept-Encoding', 'identity']])
  })

  it('do not judge the type of no body (§8.2.3)', () => {
    expect(
      screen(
        make('INVITE', { 'Content-Type': 'application/unknown', 'Content-Encoding': 'gzip' }),
        abilities,
      ),
    ).toBeUndefined()
  })

  it('leave the type of a body to the application when no types are named', () => {
    expect(status(typed('application/unknown'), { contentTypes: undefined })).toBeUndefined()
  })

  it.each([
    ['application/sdp', undefined],
    ['text/plain, application/*', undefined],
    ['*/*', undefined],
    ['text/nobodyKnowsThis', 406],
    ['', 406],
  ])('answer an INVITE whose sender takes "%s" with %s (§21.4.7)', (accept, expected) => {
    expect(status(make('INVITE', { Accept: accept }))).toBe(expected)
  })

  it.each(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE'])('demand one SIP Contact of %s (§8.1.1.8)', method => {
    for (const Contact of [
      undefined,
      '*',
      '<mailto:a@example.com>',
      ['<sip:a@192.0.2.1>', '<sip:a@192.0.2.2>'],
    ]) {
      expect(status(make(method, { Contact, Event: 'presence' }))).toBe(400)
    }
    expect(status(make(method, { Event: 'presence' }))).toBeUndefined()
  })

  it('let an RFC 2543 peer call without Contact, and only with none at all', () => {
    const Via = 'SIP/2.0/UDP 192.0.2.1;branch=1'
    expect(status(make('INVITE', { Via, Contact: undefined }))).toBeUndefined()
    expect(status(make('INVITE', { Via, Contact: '<tel:+15550100>' }))).toBe(400)
  })

  it('refuse a Record-Route that is no SIP URI (§12.1.1)', () => {
    expect(status(make('INVITE', { 'Record-Route': '<tel:+15550100>' }))).toBe(400)
    expect(status(make('INVITE', { 'Record-Route': '<sip:p.example.com;lr>' }))).toBeUndefined()
  })

  it.each([
    ['presence', undefined],
    ['Presence;id=7', undefined],
    ['winfo', 489],
    [undefined, 489],
  ])('answer a SUBSCRIBE for %s with %s (RFC 6665 §4.2.1.1)', (event, expected) => {
    expect(status(make('SUBSCRIBE', { Event: event }))).toBe(expected)
  })

  it('say with a 489 which packages there are (RFC 6665 §7.3.2)', () => {
    expect(screen(make('SUBSCRIBE', { Event: 'winfo' }), abilities)?.reply.headers).toEqual([
      ['Allow-Events', 'presence, refer'],
    ])
  })

  it.each([
    ['Require', { Require: 'a b' }, 400],
    ['Accept', { Accept: 'no slash' }, 400],
    ['Content-Type', { 'Content-Type': 'no slash' }, 400],
    ['Content-Encoding', { 'Content-Type': 'application/sdp', 'Content-Encoding': 'a b' }, 415],
    ['Record-Route', { 'Record-Route': 'garbage' }, 400],
    ['Contact', { Contact: '<sip:alice@' }, 400],
  ])('do not guess at a %s that cannot be read', (_, lines, expected) => {
    expect(status(make('INVITE', lines, 'v=0'))).toBe(expected)
  })

  it('go in the order of §8.2: method, URI, Require, content, Contact', () => {
    const lines = { uri: 'soap.beep://x', Require: 'foo', 'Content-Type': 'a/b', Contact: undefined }
    const steps = [
      make('NEWMETHOD', lines, 'x'),
      make('INVITE', lines, 'x'),
      make('INVITE', { ...lines, uri: 'sip:bob@example.com' }, 'x'),
      make('INVITE', { ...lines, uri: 'sip:bob@example.com', Require: undefined }, 'x'),
      make(
        'INVITE',
        { ...lines, uri: 'sip:bob@example.com', Require: undefined, 'Content-Type': undefined },
        'x',
      ),
    ]
    expect(steps.map(request => status(request))).toEqual([405, 416, 420, 415, 400])
  })
})
