import { describe, expect, it } from 'vitest'
import { parseHeader } from '../../src/message/headers/parsers.ts'
import {
  canonicalName,
  createRequest,
  formatAuth,
  formatNameAddr,
  formatParams,
  formatVia,
  type HeaderName,
  isMalformed,
  longName,
  parseAuth,
  parseNameAddr,
  parseVia,
  reasonPhrase,
} from '../../src/message/index.ts'
import { typedNames } from '../../src/message/names.ts'

const good = <T>(value: T): Exclude<T, { kind: 'malformed' }> => {
  if (isMalformed(value)) throw new Error(value.reason)
  return value as Exclude<T, { kind: 'malformed' }>
}

describe('parseNameAddr and formatNameAddr', () => {
  it.each([
    [
      '"Alice \\"A\\" L" <sip:alice@example.com>;tag=1',
      'Alice "A" L',
      '"Alice \\"A\\" L" <sip:alice@example.com>;tag=1',
    ],
    ['Bob Bobson<sip:bob@example.com>', 'Bob Bobson', 'Bob Bobson <sip:bob@example.com>'],
    ['sip:bob@example.com;tag=2', undefined, '<sip:bob@example.com>;tag=2'],
    ['< sip:bob@example.com >', undefined, '<sip:bob@example.com>'],
    ['"" <sip:bob@example.com>', '', '<sip:bob@example.com>'],
    ['Jürgen <sip:j@example.com>', 'Jürgen', '"Jürgen" <sip:j@example.com>'],
    ['<tel:+1-201;ext=1>;tag=x', undefined, '<tel:+1-201;ext=1>;tag=x'],
    [
      '<sip:a@b>;+sip.instance="<urn:uuid:1>";q=0.5',
      undefined,
      '<sip:a@b>;+sip.instance="<urn:uuid:1>";q=0.5',
    ],
  ])('reads %j (§20.10)', (text, displayName, written) => {
    const value = good(parseNameAddr(text))
    expect(value.displayName).toBe(displayName)
    expect(formatNameAddr(value)).toBe(written)
  })
  it.each([
    '',
    '<>',
    '<sip:a@b',
    'sip:a@b>',
    '"Alice <sip:a@b>',
    '"Alice" sip:a@b',
    'sip:a@b?subject=x',
    'sip:a@b, sip:c@d',
    '<sip:a@b> x',
    '<sip:a@b>;',
    '<sip:a@b>;;lr',
    '<sip:a@b>;x="',
  ])('refuses %j', text => {
    expect(isMalformed(parseNameAddr(text))).toBe(true)
  })
})

describe('parseVia and formatVia', () => {
  it.each([
    [
      'SIP/2.0/UDP host.example.com:5060;branch=z9hG4bK1;rport',
      'SIP/2.0/UDP host.example.com:5060;branch=z9hG4bK1;rport',
    ],
    ['SIP / 2.0 / tcp  Host : 5062 ; branch = x', 'SIP/2.0/TCP host:5062;branch=x'],
    ['SIP/2.0/WSS [2001:db8::1];received=2001:db8::2', 'SIP/2.0/WSS [2001:db8::1];received=2001:db8::2'],
  ])('reads %j (§20.42)', (text, written) => {
    expect(formatVia(good(parseVia(text)))).toBe(written)
  })
  it.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0/ host',
    'HTTP/1.1/TCP h',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP h;;',
    'SIP/2.0/UDP a, SIP/2.0/UDP b',
  ])('refuses %j', text => {
    expect(isMalformed(parseVia(text))).toBe(true)
  })
})

describe('formatParams', () => {
  it('quotes what needs quotes, and what an RFC wants in quotes (RFC 3840 §9, RFC 3326 §2)', () => {
    const params = new Map([
      ['lr', undefined],
      ['q', '0.7'],
      ['text', 'OK'],
      ['+a', 'x'],
      ['s', 'a "b"'],
      ['e', ''],
    ])
    expect(formatParams(params)).toBe(';lr;q=0.7;text="OK";+a="x";s="a \\"b\\"";e=""')
  })
})

describe('parseAuth and formatAuth (RFC 7616 §3)', () => {
  it.each([
    'Digest realm="a, \\"b\\"", nonce="n", algorithm=SHA-256, qop="auth,auth-int", stale=true',
    'Digest username="u", realm="r", nonce="n", uri="sip:a@b", response="00", algorithm=MD5, cnonce="c", qop=auth, nc=00000001',
    'Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc-_==',
    'Negotiate',
  ])('reads and writes %s', text => {
    expect(formatAuth(good(parseAuth(text)))).toBe(text)
  })
  it('gives parameters by lower-case name without quotes', () => {
    const { scheme, params } = good(parseAuth('DIGEST Realm = "x" ,NONCE=abc'))
    expect([scheme, ...params]).toEqual(['DIGEST', ['realm', 'x'], ['nonce', 'abc']])
  })
  it.each([
    '',
    '"x"',
    'Digest realm',
    'Digest realm="x',
    'Digest realm="x" nonce="y"',
    'Digest a=1, a=2',
    'Digest a=1,',
  ])('refuses %j', text => {
    expect(isMalformed(parseAuth(text))).toBe(true)
  })
})

describe('header names', () => {
  it('knows compact names and cases (§7.3.3)', () => {
    expect(['v', 'VIA', 'i', 'X', 'o', 'call-ID'].map(longName)).toEqual([
      'via',
      'via',
      'call-id',
      'session-expires',
      'event',
      'call-id',
    ])
    expect(['v', 'cseq', 'www-authenticate', 'x-Own', 'mime-version'].map(canonicalName)).toEqual([
      'Via',
      'CSeq',
      'WWW-Authenticate',
      'x-Own',
      'MIME-Version',
    ])
  })
  it('has a parser for each typed header, and none for names of Object.prototype', () => {
    for (const name of typedNames) expect(parseHeader(name, ['x']), name).toBeDefined()
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(parseHeader(name, ['x'])).toBeUndefined()
    expect(longName('__proto__')).toBe('__proto__')
  })
})

describe('reasonPhrase', () => {
  it('falls back to the class (§8.1.3.2)', () => {
    expect([486, 499, 699].map(reasonPhrase)).toEqual(['Busy Here', 'Bad Request', 'Busy Everywhere'])
  })
})

describe('typed headers', () => {
  const typed = (name: HeaderName, ...values: readonly string[]): unknown => {
    const headers = values.map((value): [string, string] => [name, value])
    const value: unknown = createRequest({ method: 'OPTIONS', uri: 'sip:a@b', headers }).parsed(name)
    return JSON.parse(JSON.stringify(value ?? 'fault', (_, part) => (part instanceof Map ? [...part] : part)))
  }
  it.each<readonly [HeaderName, readonly string[], unknown]>([
    ['allow', ['INVITE, ACK', 'BYE'], ['INVITE', 'ACK', 'BYE']],
    ['supported', [''], []],
    [
      'accept',
      ['application/sdp;level=1, text/*'],
      [
        { value: 'application/sdp', params: [['level', '1']] },
        { value: 'text/*', params: [] },
      ],
    ],
    ['date', ['Sat, 13 Nov 2010 23:29:00 GMT'], Date.UTC(2010, 10, 13, 23, 29)],
    [
      'retry-after',
      ['18000 (in a (long) meeting);duration=3600'],
      { delay: 18000, comment: 'in a (long) meeting', params: [['duration', '3600']] },
    ],
    ['rack', ['776656 1 INVITE'], { rseq: 776656, cseq: 1, method: 'INVITE' }],
    [
      'warning',
      ['307 isi.edu "Session \\"parameter\\"", 301 x "y"'],
      [
        { code: 307, agent: 'isi.edu', text: 'Session "parameter"' },
        { code: 301, agent: 'x', text: 'y' },
      ],
    ],
    [
      'replaces',
      ['98732@a;from-tag=r33th4x0r;to-tag=ff87ff'],
      {
        callId: '98732@a',
        fromTag: 'r33th4x0r',
        toTag: 'ff87ff',
        params: [
          ['from-tag', 'r33th4x0r'],
          ['to-tag', 'ff87ff'],
        ],
      },
    ],
    ['contact', ['*'], '*'],
    ['privacy', ['id;critical'], ['id', 'critical']],
    ['session-expires', ['1800;refresher=uac'], { value: '1800', params: [['refresher', 'uac']] }],
    [
      'call-info',
      ['<http://a/b,c>;purpose=icon'],
      [{ value: 'http://a/b,c', params: [['purpose', 'icon']] }],
    ],
    [
      'reason',
      ['Q.850;cause=16;text="Terminated, ok"'],
      [
        {
          value: 'Q.850',
          params: [
            ['cause', '16'],
            ['text', 'Terminated, ok'],
          ],
        },
      ],
    ],
    [
      'accept-contact',
      ['*;audio;require'],
      [
        {
          value: '*',
          params: [
            ['audio', null],
            ['require', null],
          ],
        },
      ],
    ],
    [
      'www-authenticate',
      ['Digest realm="a"', 'Digest realm="b"'],
      [
        { scheme: 'Digest', params: [['realm', 'a']] },
        { scheme: 'Digest', params: [['realm', 'b']] },
      ],
    ],
    [
      'authentication-info',
      ['nextnonce="x", qop=auth'],
      [
        ['nextnonce', 'x'],
        ['qop', 'auth'],
      ],
    ],
    ['expires', ['4294967295'], 4_294_967_295],
    ['max-forwards', ['0'], 0],
  ])('%s: %j', (name, values, result) => {
    expect(typed(name, ...values)).toEqual(JSON.parse(JSON.stringify(result)))
  })
  it.each<[HeaderName, ...string[]]>([
    ['expires', '4294967296'],
    ['expires', '1e3'],
    ['expires', '-1'],
    ['expires', '1', '1'],
    ['max-forwards', '256'],
    ['rseq', '0'],
    ['date', 'Fri, 01 Jan 2010 16:00:00 EST'],
    ['content-type', 'sdp'],
    ['rack', '1 INVITE'],
    ['cseq', '2147483648 INVITE'],
    ['replaces', 'a;to-tag=x'],
    ['contact', '*, <sip:a@b>'],
    ['route', '<sip:a@b>,,<sip:c@d>'],
    ['route', ''],
    ['retry-after', '5 (x'],
    ['warning', '1812 overture "x"'],
    ['refer-to', '(whatever URI)'],
  ])('%s: %j is a fault', (name, ...values) => {
    expect(typed(name, ...values)).toBe('fault')
  })
})
