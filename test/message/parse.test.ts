import { describe, expect, it } from 'vitest'
import {
  isMalformed,
  type Malformed,
  parse,
  type SipMessage,
  serialize,
  toText,
} from '../../src/message/index.ts'

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const head = [
  'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
  'From: <sip:a@example.com>;tag=1',
  'To: <sip:b@example.com>',
  'Call-ID: 1@192.0.2.1',
  'CSeq: 1 MESSAGE',
]
const request = (lines: readonly string[] = [], body = '', start = 'MESSAGE sip:b@example.com SIP/2.0') =>
  bytes([start, ...head, ...lines, '', body].join('\r\n'))
const good = (input: Uint8Array): SipMessage => {
  const message = parse(input)
  if (isMalformed(message)) throw new Error(message.reason)
  return message
}
const bad = (input: Uint8Array): Malformed => {
  const message = parse(input)
  if (!isMalformed(message)) throw new Error('this parses')
  return message
}

describe('parse', () => {
  it('reads bytes of a plain Uint8Array and of a platform buffer alike', () => {
    const plain = request(['Content-Length: 2'], 'hi')
    expect(good(plain).text).toBe('hi')
    expect(good(Buffer.from(plain)).text).toBe('hi')
  })
  it('skips line ends before the start line (§7.5)', () => {
    expect(good(bytes('\r\n\r\n' + Buffer.from(request()).toString())).callId).toBe('1@192.0.2.1')
    expect(bad(bytes('\r\n\r\n')).message).toBeUndefined()
    expect(bad(bytes('')).status).toBe(400)
  })
  it('takes the rest of the datagram as body when there is no Content-Length (§18.3)', () => {
    expect(good(request([], 'rest')).text).toBe('rest')
  })
  it('keeps the headers as written, folding apart (§7.3.1)', () => {
    const message = good(request(['X-Own:  a\r\n\t b  ', 'x-OWN: c, d', 'L : 0']))
    expect(message.fields.slice(5)).toEqual([
      { name: 'X-Own', value: 'a b' },
      { name: 'x-OWN', value: 'c, d' },
      { name: 'L', value: '0' },
    ])
    expect(message.headers('x-own')).toEqual(['a b', 'c, d'])
    expect(message.header('Content-Length')).toBe('0')
    expect(message.header('__proto__')).toBeUndefined()
  })
  it('reads a response, its version in any case (§7.2)', () => {
    const message = good(bytes(['sip/2.0 180 Ringing', ...head, '', ''].join('\r\n')))
    expect(message).toMatchObject({ kind: 'response', status: 180, reason: 'Ringing' })
  })
  it('decodes UTF-8 and keeps other bytes as they came', () => {
    const message = good(request(['Subject: J\xc3\xbcrgen', 'Organization: J\xfcrgen']))
    expect(message.header('s')).toBe('Jürgen')
    expect(message.parsed('organization')).toBe('J\u00fcrgen')
    const sent = Buffer.from(serialize(message)).toString('latin1')
    expect(sent).toContain('Subject: J\xc3\xbcrgen\r\nOrganization: J\xfcrgen\r\n')
    expect(toText(message)).toContain('Call-ID: 1@192.0.2.1\r\n')
  })
  it('cannot be changed through the bytes it was read from', () => {
    const input = request(['Content-Length: 2'], 'hi')
    const message = good(input)
    input.fill(0)
    expect(message.text + message.callId).toBe('hi1@192.0.2.1')
  })
  it('hands out frozen header lines', () => {
    const { fields } = good(request())
    expect(Object.isFrozen(fields) && Object.isFrozen(fields[0])).toBe(true)
  })
  it('pollutes nothing by header or parameter names', () => {
    const message = good(request(['__proto__: polluted', 'Contact: <sip:a@b>;__proto__=x;constructor=y']))
    expect(message.header('__PROTO__')).toBe('polluted')
    const contact = message.parsed('contact')
    expect(contact !== '*' && [...(contact?.[0]?.params ?? [])]).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it.each([
    ['Via', 'via', 0],
    ['From', 'from', 1],
    ['To', 'to', 2],
    ['Call-ID', 'call-id', 3],
    ['CSeq', 'cseq', 4],
  ])('refuses a request without %s (§8.1.1)', (_, header, index) => {
    const lines = ['MESSAGE sip:b@example.com SIP/2.0', ...head.filter((__, i) => i !== index), '', '']
    expect(bad(bytes(lines.join('\r\n')))).toMatchObject({ header, status: 400 })
    expect(bad(bytes(lines.join('\r\n'))).message).toBeUndefined()
  })
  it.each([
    ['From: <sip:x@y>', 'from'],
    ['t: <sip:x@y>', 'to'],
    ['i: 2', 'call-id'],
    ['CSEQ: 1 MESSAGE', 'cseq'],
    ['Max-Forwards: 1\r\nMax-Forwards: 1', 'max-forwards'],
    ['Content-Length: 0\r\nl: 0', 'content-length'],
    ['Content-Type: a/b\r\nc: a/b', 'content-type'],
  ])('refuses a second %j (§7.3.1)', (line, header) => {
    expect(bad(request([line]))).toMatchObject({ header, status: 400 })
  })
  it.each([
    ['Content-Length: +1'],
    ['Content-Length: 4294967297'],
    ['Content-Length: 0x1'],
    ['Content-Length:'],
    ['Content-Length: 1 1'],
    ['no colon'],
    [': no name'],
    ['na me: x'],
    ['X: a\nVia: SIP/2.0/UDP evil'],
    ['X: a\rb'],
    ['X: a\r\n b\nc'],
    ['Via: SIP/2.0/UDP'],
    ['Via: SIP/2.0/UDP h;branch=a;branch=b'],
    ['Via: SIP/2.0/UDP h,'],
  ])('refuses %j', line => {
    expect(bad(request([line]))).toMatchObject({ status: 400 })
  })
  it.each([
    ['MESSAGE sip:b@example.com SIP/3.0', 505],
    ['MESSAGE sip:b@example.com sip/2.0', 0],
    ['MESSAGE sip:b@example.com HTTP/1.1', 400],
    ['MESSAGE sip:b@example.com', 400],
    ['MESSAGE  SIP/2.0', 400],
    ['MES(SAGE sip:b@example.com SIP/2.0', 400],
    ['MESSAGE sip:b@ex\xe4mple.com SIP/2.0', 400],
    [`MESSAGE sip:${'b'.repeat(2_049)}@example.com SIP/2.0`, 414],
    ['SIP/2.0 99 Low', 400],
    ['SIP/2.0 700 High', 400],
    ['SIP/2.0 2000 Long', 400],
    ['SIP/2.0 20 Short', 400],
    ['SIP/2.0 200', 0],
    ['', 400],
  ])('start line %j: %i', (start, status) => {
    const message = parse(request([], '', start))
    expect(isMalformed(message) ? message.status : 0).toBe(status)
  })

  it('states its limits: 256 headers, 8 KiB a line, 64 KiB of headers, 70 Via, 256 KiB of body', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: y`)
    expect(good(request(many(251))).fields).toHaveLength(256)
    expect(bad(request(many(252))).status).toBe(513)
    expect(good(request([`X: ${'y'.repeat(8_189)}`])).header('x')).toHaveLength(8_189)
    expect(bad(request([`X: ${'y'.repeat(8_190)}`])).status).toBe(513)
    expect(bad(request(Array.from({ length: 9 }, () => `X: ${'y'.repeat(8_000)}`))).status).toBe(513)
    const vias = (count: number) => Array.from({ length: count }, () => 'v: SIP/2.0/UDP h')
    expect(good(request(vias(69))).parsed('via')).toHaveLength(70)
    expect(bad(request(vias(70))).status).toBe(513)
    expect(good(request([], 'x'.repeat(262_144))).body).toHaveLength(262_144)
    expect(bad(request([], 'x'.repeat(262_145))).status).toBe(413)
  })
  it('gives enough of a refused request to answer it, and never throws from it', () => {
    const { message } = bad(request(['From: again', 'Content-Length: x']))
    expect(message?.headers('from')).toHaveLength(2)
    expect(message?.from.uri).toEqual({ scheme: '', opaque: '' })
    expect(message?.via.params.get('branch')).toBe('z9hG4bK1')
    expect(message?.cseq).toEqual({ seq: 1, method: 'MESSAGE' })
    expect(message?.fault('content-length')?.header).toBe('content-length')
  })
})
