import { describe, expect, it } from 'vitest'
import { isSipError } from '../../src/errors.ts'
import {
  appendHeader,
  type BodyPart,
  createRequest,
  createResponse,
  formatMultipart,
  isMalformed,
  parse,
  parseMultipart,
  prependHeader,
  replaceHeader,
  type SipMessage,
  serialize,
  toText,
  withBody,
} from '../../src/message/index.ts'

const text = (message: SipMessage): string => Buffer.from(serialize(message)).toString('latin1')
const code = (act: () => unknown): string | undefined => {
  try {
    act()
  } catch (error) {
    return isSipError(error) ? error.code : 'another error'
  }
  return undefined
}

const invite = createRequest({
  method: 'INVITE',
  uri: 'sip:bob@example.com',
  headers: [
    ['v', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
    ['From', 'Jürgen <sip:a@example.com>;tag=1'],
    ['To', '<sip:bob@example.com>'],
    ['Call-ID', '1'],
    ['CSeq', '7 INVITE'],
    ['Route', '<sip:p1;lr>'],
    ['route', '<sip:p2;lr>'],
  ],
  body: 'grüße',
})

describe('createRequest, createResponse and serialize', () => {
  it('counts the body in bytes, keeps names as given and encodes UTF-8 (§20.14)', () => {
    expect(text(invite)).toBe(
      'INVITE sip:bob@example.com SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n' +
        'From: J\xc3\xbcrgen <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: 1\r\n' +
        'CSeq: 7 INVITE\r\nRoute: <sip:p1;lr>\r\nroute: <sip:p2;lr>\r\nContent-Length: 7\r\n\r\n' +
        'gr\xc3\xbc\xc3\x9fe',
    )
    expect(toText(invite)).toContain('From: Jürgen <sip:a@example.com>')
    expect(toText(invite).endsWith('\r\n\r\ngrüße')).toBe(true)
  })
  it('replaces a Content-Length that is given, also a second and a compact one', () => {
    const request = createRequest({
      method: 'A',
      uri: 'sip:a@b',
      headers: [
        ['l', '5'],
        ['Content-Length', '6'],
        ['X', 'y'],
      ],
    })
    expect(text(request)).toBe('A sip:a@b SIP/2.0\r\nl: 0\r\nX: y\r\n\r\n')
  })
  it('answers the typed getters of a built message', () => {
    expect(invite.via.host).toBe('192.0.2.1')
    expect([invite.fromTag, invite.toTag, invite.callId]).toEqual(['1', undefined, '1'])
    expect(invite.cseq).toEqual({ seq: 7, method: 'INVITE' })
    expect(invite.parsed('route')).toHaveLength(2)
    expect(invite.target).toMatchObject({ user: 'bob' })
    expect(invite.header('content-length')).toBeUndefined()
  })
  it('gives a response the phrase of its status (§21)', () => {
    expect(text(createResponse({ status: 486, headers: [] }))).toBe(
      'SIP/2.0 486 Busy Here\r\nContent-Length: 0\r\n\r\n',
    )
    expect(createResponse({ status: 200, reason: 'Très bien', headers: [] }).reason).toBe('Très bien')
  })
  it('refuses whatever would end its line, and what is no token', () => {
    const headers = [['X', 'a\r\nVia: evil']] as const
    expect(code(() => createRequest({ method: 'A', uri: 'sip:a@b', headers }))).toBe('argument')
    expect(code(() => createRequest({ method: 'A', uri: 'sip:a@b', headers: [['X', 'a\nb']] }))).toBe(
      'argument',
    )
    expect(code(() => createRequest({ method: 'A', uri: 'sip:a@b', headers: [['X:', 'a']] }))).toBe(
      'argument',
    )
    expect(code(() => createRequest({ method: 'A B', uri: 'sip:a@b', headers: [] }))).toBe('argument')
    expect(code(() => createRequest({ method: 'A', uri: 'sip:a@b SIP/2.0\r\nX: y', headers: [] }))).toBe(
      'argument',
    )
    expect(code(() => createResponse({ status: 200, reason: 'a\rb', headers: [] }))).toBe('argument')
    expect(code(() => createResponse({ status: 700, headers: [] }))).toBe('argument')
    expect(code(() => appendHeader(invite, 'X', 'a\nb'))).toBe('argument')
    expect(code(() => createRequest({ method: 'A', uri: 'sip:a@b', headers: [] }).via)).toBe('argument')
  })
})

describe('messages derived from messages', () => {
  const names = (message: SipMessage) => message.fields.map(({ name, value }) => `${name}=${value}`)
  it('replaces a header where its first line stood', () => {
    expect(names(replaceHeader(invite, 'ROUTE', ['<sip:x>', '<sip:y>'])).slice(5)).toEqual([
      'ROUTE=<sip:x>',
      'ROUTE=<sip:y>',
    ])
    expect(replaceHeader(invite, 'Via', 'SIP/2.0/TCP h').fields[0]).toEqual({
      name: 'Via',
      value: 'SIP/2.0/TCP h',
    })
    expect(names(replaceHeader(invite, 'route', undefined))).toHaveLength(5)
    expect(names(replaceHeader(invite, 'X-New', 'y')).at(-1)).toBe('X-New=y')
    expect(names(invite)).toHaveLength(7)
  })
  it('puts a header before the first or behind the last of its name', () => {
    expect(names(prependHeader(invite, 'Route', '<sip:p0>'))[5]).toBe('Route=<sip:p0>')
    expect(names(prependHeader(invite, 'X', 'y'))[0]).toBe('X=y')
    expect(names(appendHeader(invite, 'Via', 'SIP/2.0/TCP h'))[1]).toBe('Via=SIP/2.0/TCP h')
    expect(names(appendHeader(invite, 'X', 'y')).at(-1)).toBe('X=y')
  })
  it('gives another body and type', () => {
    const message = withBody(invite, 'application/sdp', new Uint8Array([255, 0]))
    expect(message.kind).toBe('request')
    expect([...message.body]).toEqual([255, 0])
    expect(message.parsed('content-type')?.value).toBe('application/sdp')
    expect(withBody(message, undefined, '').header('c')).toBeUndefined()
  })
  it('keeps bytes that are not UTF-8 as they came', () => {
    const head =
      'SIP/2.0 200 J\xfcrgen\r\nVia: SIP/2.0/UDP h\r\nFrom: "J\xfc" <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n'
    const found = parse(
      Buffer.from(`${head}Call-ID: 1\r\nCSeq: 1 X\r\nSubject: \xc3\xbc\r\n\r\n\xfe\xff`, 'latin1'),
    )
    if (isMalformed(found)) throw new Error(found.reason)
    const sent = text(replaceHeader(prependHeader(found, 'X', 'ä'), 'CSeq', '2 X'))
    expect(sent).toContain('X: \xc3\xa4\r\n')
    expect(sent).toContain('"J\xfc" <sip:a@b>')
    expect(sent).toContain('Subject: \xc3\xbc\r\n')
    expect(sent.startsWith('SIP/2.0 200 J\xfcrgen\r\n')).toBe(true)
    expect(sent.endsWith('\r\n\r\n\xfe\xff')).toBe(true)
    expect(text(replaceHeader(appendHeader(found, 'X', 'ä'), 'From', '<sip:a@b>'))).toMatch(
      /^SIP\/2.0 200 J\xfcrgen\r/,
    )
  })
})

describe('parseMultipart and formatMultipart (RFC 2046 §5.1)', () => {
  const body = (content: string, type = 'multipart/mixed;boundary="b c"') =>
    createRequest({ method: 'A', uri: 'sip:a@b', headers: [['Content-Type', type]], body: content })
  const parts: readonly BodyPart[] = [
    { fields: [{ name: 'Content-Type', value: 'text/plain' }], body: new Uint8Array([104, 105, 13, 10]) },
    { fields: [], body: new Uint8Array([0, 255, 45, 45]) },
  ]
  it('gives back what was put in, byte for byte', () => {
    const bytes = formatMultipart(parts, 'b c')
    const read = parseMultipart(withBody(body(''), 'multipart/mixed;boundary="b c"', bytes))
    if (isMalformed(read)) throw new Error(read.reason)
    expect(read.map(part => [part.fields, [...part.body]])).toEqual(
      parts.map(part => [part.fields, [...part.body]]),
    )
    expect(read[0]?.contentType?.value).toBe('text/plain')
  })
  it('ignores preamble, epilogue and lines that only begin like the boundary', () => {
    const read = parseMultipart(body('pre\r\n--b c \r\n\r\nx\r\n--b cd\r\n\r\n--b c--\r\nepilogue'))
    if (isMalformed(read)) throw new Error(read.reason)
    expect(read.map(part => Buffer.from(part.body).toString())).toEqual(['x\r\n--b cd\r\n'])
  })
  it.each(['', 'x', '--b c\r\n\r\nx', '--b c--', '--b c\r\nno colon\r\n\r\nx\r\n--b c--'])(
    'refuses %j',
    content => {
      expect(isMalformed(parseMultipart(body(content)))).toBe(true)
    },
  )
  it('refuses a body that is not multipart, has no boundary or too many parts', () => {
    expect(isMalformed(parseMultipart(body('x', 'text/plain')))).toBe(true)
    expect(isMalformed(parseMultipart(body('--\r\n', 'multipart/mixed')))).toBe(true)
    expect(isMalformed(parseMultipart(body(`${'--b c\r\n\r\n\r\n'.repeat(65)}--b c--`)))).toBe(true)
  })
  it('stops at a depth of 4', () => {
    const type = 'multipart/mixed;boundary=b'
    let depth = 0
    let current: SipMessage | BodyPart = body('--b\r\n\r\n\r\n--b--', type)
    for (; depth < 10; depth++) {
      const read = parseMultipart(current)
      if (isMalformed(read)) break
      const inner = read[0]!
      current = Object.assign(inner, {
        contentType: { value: 'multipart/mixed', params: new Map([['boundary', 'b']]) },
        body: new Uint8Array(Buffer.from('--b\r\n\r\n\r\n--b--')),
      })
    }
    expect(depth).toBe(4)
  })
  it('refuses to write a boundary that occurs in a part, or a header with a line end', () => {
    expect(code(() => formatMultipart([{ fields: [], body: new Uint8Array(Buffer.from('--x')) }], 'x'))).toBe(
      'argument',
    )
    expect(code(() => formatMultipart(parts, 'a\r\n'))).toBe('argument')
    expect(code(() => formatMultipart([], 'x'))).toBe('argument')
    const fields = [{ name: 'X', value: 'a\r\n' }]
    expect(code(() => formatMultipart([{ fields, body: new Uint8Array() }], 'x'))).toBe('argument')
  })
})
