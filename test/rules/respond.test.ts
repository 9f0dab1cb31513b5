import { describe, expect, it } from 'vitest'
import { parse } from '../../src/message/parse.ts'
import { serialize } from '../../src/message/serialize.ts'
import { refuseMalformed, respond } from '../../src/rules/respond.ts'
import { make, malformedOf } from './support.ts'

const routed = { 'Record-Route': ['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>'], Timestamp: '54.21' }
const pairs = (message: ReturnType<typeof respond>) => message.fields.map(({ name, value }) => [name, value])

describe('a response (§8.2.6)', () => {
  it('takes Via, From, To, Call-ID and CSeq as they came, and adds our tag', () => {
    const Via = [
      'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa;received=192.0.2.1 , SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKb',
      'SIP/2.0/UDP 10.0.0.3',
    ]
    const message = respond(make('MESSAGE', { Via }), { status: 200, toTag: 'mine' })
    expect(message.status).toBe(200)
    expect(message.reason).toBe('OK')
    expect(message.headers('via')).toEqual(Via)
    expect(message.header('from')).toBe('Alice <sip:alice@example.com>;tag=alice-tag')
    expect(message.header('to')).toBe('Bob <sip:bob@example.com>;tag=mine')
    expect(message.toTag).toBe('mine')
    expect(message.callId).toBe('call-1@192.0.2.1')
    expect(message.cseq).toEqual({ seq: 1, method: 'MESSAGE' })
    expect(message.header('max-forwards')).toBeUndefined()
    expect(message.header('contact')).toBeUndefined()
  })

  it('keeps the tag of a request within a dialog', () => {
    const message = respond(make('BYE', { To: '<sip:bob@example.com>;tag=theirs' }), {
      status: 200,
      toTag: 'mine',
    })
    expect(message.header('to')).toBe('<sip:bob@example.com>;tag=theirs')
  })

  it('is not misled by a tag inside the URI or a name that begins alike', () => {
    const message = respond(make('BYE', { To: '"x;tag=1" <sip:bob@example.com;tag=2>;tags=3' }), {
      status: 200,
      toTag: 'mine',
    })
    expect(message.toTag).toBe('mine')
  })

  it('of 100 has no tag and the Timestamp (§8.2.6.1, §8.2.6.2)', () => {
    const message = respond(make('INVITE', routed), { status: 100, toTag: 'mine' })
    expect(message.toTag).toBeUndefined()
    expect(message.header('timestamp')).toBe('54.21')
    expect(message.headers('record-route')).toEqual([])
  })

  it.each([
    ['INVITE', 180, 2],
    ['INVITE', 200, 2],
    ['SUBSCRIBE', 202, 2],
    ['REFER', 202, 2],
    ['INVITE', 486, 0],
    ['MESSAGE', 200, 0],
    ['BYE', 200, 0],
  ])('to %s with %d has %d Record-Route lines (§12.1.1)', (method, status, count) => {
    const message = respond(make(method, routed), { status, toTag: 'mine' })
    expect(message.headers('record-route')).toEqual(routed['Record-Route'].slice(0, count))
    expect(message.header('timestamp')).toBeUndefined()
  })

  it('reads compact names and answers with long ones (§7.3.3)', () => {
    const message = respond(make('OPTIONS', { Via: undefined, v: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1' }), {
      status: 200,
    })
    expect(pairs(message)[0]?.[0]).not.toBe('v')
    expect(message.header('via')).toBe('SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1')
  })

  it('carries reason, headers and body', () => {
    const message = respond(make('INVITE'), {
      status: 486,
      reason: 'Gone fishing',
      toTag: 'mine',
      headers: [['Retry-After', '60']],
      contentType: 'text/plain',
      body: 'later',
    })
    expect(message.reason).toBe('Gone fishing')
    expect(message.header('retry-after')).toBe('60')
    expect(message.header('content-type')).toBe('text/plain')
    expect(message.text).toBe('later')
    expect(parse(serialize(message))).toMatchObject({ kind: 'response', status: 486, text: 'later' })
  })
})

const garbage = (start: string, more = '') =>
  malformedOf(
    `${start}
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
From: <sip:a@example.com>;tag=1
To: <sip:b@example.com>
Call-ID: x
${more}`,
  )

const broken = malformedOf(
  `OPTIONS sip:b@example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
From: <sip:a@example.com>;tag=1
To: <sip:b@\rexample.com>
Call-ID: x
CSeq: 1 OPTIONS`,
)

describe('the answer to what cannot be read (§8.2)', () => {
  it('is 400 with the fault as its reason, and the same tag every time (§8.2.7)', () => {
    const fault = garbage('OPTIONS sip:b@example.com SIP/2.0', 'CSeq: garbage OPTIONS')
    const [first, second] = [refuseMalformed(fault), refuseMalformed(fault)]
    expect(first?.status).toBe(400)
    expect(first?.reason).toMatch(/^Bad Request - ./)
    expect(first?.header('to')).toMatch(/^<sip:b@example.com>;tag=[0-9a-f]{16}$/)
    expect(second?.header('to')).toBe(first?.header('to'))
    expect(first?.header('cseq')).toBe('garbage OPTIONS')
  })

  it('is 505 for another version', () => {
    expect(refuseMalformed(garbage('OPTIONS sip:b@example.com SIP/3.0', 'CSeq: 1 OPTIONS'))?.status).toBe(505)
  })

  it('has no control characters in its reason, and no more than a line', () => {
    const message = make('OPTIONS')
    const reason = `a\r\nInjected: yes\0\t${'x'.repeat(500)}`
    const refused = refuseMalformed({ kind: 'malformed', reason, offset: 0, status: 400, message })
    expect(refused?.reason).toMatch(/^Bad Request - a {2}Injected: yes {2}x+$/)
    expect(refused?.reason.length).toBeLessThan(150)
  })

  it.each([
    ['an ACK', garbage('ACK sip:b@example.com SIP/2.0', 'CSeq: garbage ACK')],
    ['a response', garbage('SIP/2.0 200 OK', 'CSeq: garbage INVITE')],
    ['a request without CSeq', garbage('OPTIONS sip:b@example.com SIP/2.0')],
    ['a request whose To is broken by a lone CR', broken],
    ['noise', { kind: 'malformed', reason: 'noise', offset: 0, status: 400 } as const],
  ])('is none for %s', (_, fault) => {
    expect(refuseMalformed(fault)).toBeUndefined()
  })

  it('stamps the Via, but never one that is broken by a lone CR (§18.2.1)', () => {
    const from = { host: '198.51.100.7', port: 40_000 }
    const fault = garbage('OPTIONS sip:b@example.com SIP/2.0', 'CSeq: garbage OPTIONS')
    expect(refuseMalformed(fault, from)?.via.params.get('received')).toBe('198.51.100.7')
    const text =
      'OPTIONS sip:b@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;\rbranch=z9hG4bK1\nFrom: <sip:a@example.com>;tag=1\nTo: <sip:b@example.com>\nCall-ID: x\nCSeq: 1 OPTIONS'
    expect(refuseMalformed(malformedOf(text), from)).toBeUndefined()
  })
})
