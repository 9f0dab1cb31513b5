import { describe, expect, it } from 'vitest'
import {
  escapeUser,
  formatUri,
  isMalformed,
  isSipUri,
  parseUri,
  unescape as resolve,
  sameUri,
  type Uri,
} from '../../src/message/index.ts'

const uri = (text: string): Uri => {
  const value = parseUri(text)
  if (isMalformed(value)) throw new Error(`${text}: ${value.reason}`)
  return value
}

describe('parseUri', () => {
  it('takes a SIP URI apart (§19.1.1)', () => {
    const value = uri(
      'SIP:alice:secret@EXAMPLE.com:5070;Transport=tcp;lr?Subject=project%20x&priority=urgent',
    )
    expect(isSipUri(value) && { ...value, params: [...value.params], headers: [...value.headers] }).toEqual({
      scheme: 'sip',
      user: 'alice',
      password: 'secret',
      host: 'example.com',
      port: 5070,
      params: [
        ['transport', 'tcp'],
        ['lr', undefined],
      ],
      headers: [
        ['subject', 'project%20x'],
        ['priority', 'urgent'],
      ],
    })
  })
  it.each([
    ['sip:[2001:DB8::1]:5070', '2001:db8::1', 5070],
    ['sips:alice@[::1]', '::1', undefined],
    ['sip:[::ffff:192.0.2.10]', '::ffff:192.0.2.10', undefined],
    ['sip:[2001:db8:::192.0.2.1]', '2001:db8::192.0.2.1', undefined],
    ['sip:192.0.2.1', '192.0.2.1', undefined],
  ])('reads the host of %s (§19.1.1, RFC 5118)', (text, host, port) => {
    const value = uri(text)
    expect(isSipUri(value) && [value.host, value.port]).toEqual([host, port])
  })
  it.each([
    ['tel:+1-201-555-0123;ext=12', '+1-201-555-0123'],
    ['tel:7042;phone-context=example.com', '7042'],
  ])('reads %s (RFC 3966 §3)', (text, number) => {
    expect(uri(text)).toMatchObject({ scheme: 'tel', number })
  })
  it('keeps any other scheme as text', () => {
    expect(uri('URN:service:sos')).toEqual({ scheme: 'urn', opaque: 'service:sos' })
  })
  it.each([
    '',
    'alice',
    'sip:',
    'sip:@example.com',
    'sip:alice@',
    'sip:a@b@c',
    'sip:alice@example.com:',
    'sip:alice@example.com:99999',
    'sip:alice@example.com:5060x',
    'sip:2001:db8::10',
    'sip:[2001:db8::1',
    'sip:[1:2:3:4:5:6:7:8:9]',
    'sip:[1::2::3]',
    'sip:[12345::1]',
    'sip:[::1.2.3]',
    'sip:[]',
    'sip:a b@example.com',
    'sip:alice@exa mple.com',
    'sip:alice@example.com;',
    'sip:alice@example.com;;lr',
    'sip:alice@example.com;=1',
    'sip:alice@example.com?',
    'sip:al"ice@example.com',
    'sip:alice@example.com\r\n',
    'tel:',
    'tel:abcxyz',
    'tel:+1;',
    '1ab:x',
    ':x',
    'urn:',
    `sip:${'a'.repeat(2_048)}@example.com`,
  ])('refuses %j without throwing', text => {
    expect(isMalformed(parseUri(text))).toBe(true)
  })
  it('is not fooled by names of Object.prototype', () => {
    const value = uri('sip:a@b;__proto__=x;constructor=y?toString=z')
    expect(isSipUri(value) && [...value.params.keys(), ...value.headers.keys()]).toEqual([
      '__proto__',
      'constructor',
      'tostring',
    ])
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })
})

describe('formatUri', () => {
  it.each([
    'sip:alice@example.com',
    'sips:alice:pw@example.com:5061;transport=tcp;lr?subject=x&a=b',
    'sip:[2001:db8::1]:5070;lr',
    'sip:sips%3Auser%40example.com@example.net',
    "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com",
    'tel:+1-201-555-0123;ext=12',
    'urn:service:sos',
  ])('writes %s as it was read', text => {
    expect(formatUri(uri(text))).toBe(text)
  })
  it('escapes what would end the part', () => {
    const params = new Map([['x', 'a;b>\r\n%zz']])
    const headers = new Map([['body', 'a&b']])
    const text = formatUri({ scheme: 'sip', user: 'a@b c', host: 'h', params, headers })
    expect(text).toBe('sip:a%40b%20c@h;x=a%3Bb%3E%0D%0A%zz?body=a%26b')
    expect(isMalformed(parseUri(text))).toBe(false)
  })
  it('escapes a user for a URI and resolves it (§19.1.2)', () => {
    expect(escapeUser('jo@hö%')).toBe('jo%40h%C3%B6%25')
    expect(resolve('jo%40h%C3%B6%25')).toBe('jo@hö%')
    expect(resolve('%zz%4')).toBe('%zz%4')
    expect(resolve('%ff')).toBe('\u00ff')
  })
})

describe('sameUri', () => {
  const same: readonly (readonly [string, string])[] = [
    // RFC 3261 §19.1.4
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:[2001:DB8::1]', 'sip:[2001:db8::1]'],
    // RFC 3966 §4
    ['tel:+1-201-555-0123', 'tel:+1(201)555.0123'],
    ['TEL:7042;Phone-Context=EXAMPLE.com', 'tel:7042;phone-context=example.com'],
    ['urn:a:B', 'URN:a:B'],
  ]
  const different: readonly (readonly [string, string])[] = [
    // RFC 3261 §19.1.4
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
    ['sip:biloxi.com', 'sip:bob@biloxi.com'],
    ['sip:bob:pw@biloxi.com', 'sip:bob@biloxi.com'],
    ['sip:bob@biloxi.com;user=phone', 'sip:bob@biloxi.com'],
    ['sip:bob@biloxi.com;maddr=192.0.2.1', 'sip:bob@biloxi.com'],
    // RFC 3966 §4
    ['tel:+12015550123', 'tel:2015550123'],
    ['tel:7042;phone-context=example.com', 'tel:7042'],
    ['tel:7042;phone-context=a.bc.example', 'tel:7042;phone-context=ab.c.example'],
    ['urn:a:B', 'urn:a:b'],
    ['tel:+1', 'sip:+1@example.com'],
  ]
  it.each(same)('%s is %s', (a, b) => {
    expect(sameUri(uri(a), uri(b))).toBe(true)
    expect(sameUri(uri(b), uri(a))).toBe(true)
  })
  it.each(different)('%s is not %s', (a, b) => {
    expect(sameUri(uri(a), uri(b))).toBe(false)
    expect(sameUri(uri(b), uri(a))).toBe(false)
  })
})
