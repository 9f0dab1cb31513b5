import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clampExpires, readSeconds, refreshAt } from '../../src/rules/expiry.ts'
import { grantedExpires, ownContact, readRegistered } from '../../src/rules/registered.ts'
import { nameAddr, reply } from './support.ts'

it.each([
  [3600, 3000],
  [1201, 601],
  [1200, 600],
  [600, 300],
  [100, 50],
  [30, 15],
  [10, 5],
  [1, 0.5],
])('renews what lasts %d s after %d s', (expires, expected) => {
  expect(refreshAt(expires)).toBe(expected)
})

it('renews before the end, whatever it is (RFC 3261 §10.2.4)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4_294_967_295 }), expires => {
      expect(refreshAt(expires)).toBeGreaterThan(0)
      expect(refreshAt(expires)).toBeLessThan(expires)
    }),
    { seed: 3261 },
  )
})

it.each([
  [600, 600, 30, 600],
  [300, 600, 30, 300],
  [10, 600, 30, 30],
  [10, 600, 1, 10],
  [999_999, 600, 30, 600],
  [999_999, undefined, 30, 3600],
  [10, 20, 30, 20],
])(
  'counts a grant of %d s, %s s asked for and %d s the least, as %d s',
  (granted, requested, minGranted, expected) => {
    expect(clampExpires(granted, requested, { minGranted })).toBe(expected)
  },
)

it('counts with half a minute at least by default', () => {
  expect(clampExpires(5, 600)).toBe(30)
})

it.each([
  ['60', 60],
  ['0', 0],
  ['99999999999999999999', 4_294_967_295],
  ['', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['abc', undefined],
  [undefined, undefined],
])('reads %s as %s seconds (§25.1)', (text, expected) => {
  expect(readSeconds(text)).toBe(expected)
})

const own = nameAddr('<sip:x7Kq@192.0.2.1:5060>')
const registered = (contacts: readonly string[], lines: Record<string, string | string[]> = {}) =>
  reply(200, { To: '<sip:alice@example.com>;tag=r', Contact: contacts, ...lines }, 'REGISTER')

describe('our Contact among those of the answer (§10.3)', () => {
  const instance = '"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
  const flow = nameAddr(`<sip:x7Kq@192.0.2.1:5060;ob>;reg-id=1;+sip.instance=${instance}`)

  it.each([
    ['the same', own, ['<sip:x7Kq@192.0.2.1:5060>;expires=60'], '60'],
    [
      'the same among others',
      own,
      ['<sip:other@192.0.2.9>;expires=30', '<sip:x7Kq@192.0.2.1:5060>;expires=60'],
      '60',
    ],
    [
      'the same on one line with others',
      own,
      ['<sip:other@192.0.2.9>;expires=30, <sip:x7Kq@192.0.2.1:5060>;expires=60'],
      '60',
    ],
    [
      'rewritten by a NAT',
      own,
      ['<sip:other@198.51.100.7:40000>;expires=30', '<sip:x7Kq@198.51.100.7:40000>;expires=60'],
      '60',
    ],
    [
      'ours rather than a rewritten older one',
      own,
      ['<sip:x7Kq@198.51.100.7:40000>;expires=30', '<sip:x7Kq@192.0.2.1:5060>;expires=60'],
      '60',
    ],
    [
      'of the same instance and flow',
      flow,
      [
        `<sip:gw@203.0.113.1>;expires=30;reg-id=2;+sip.instance=${instance}`,
        `<sip:gw@203.0.113.1>;expires=60;reg-id=1;+sip.instance=${instance}`,
      ],
      '60',
    ],
  ])('%s', (_, contact, contacts, expected) => {
    expect(ownContact(registered(contacts), contact)?.params.get('expires')).toBe(expected)
  })

  it.each([
    ['there is none', own, []],
    ['the user differs', own, ['<sip:other@192.0.2.1:5060>']],
    ['the transport differs', own, ['<sip:x7Kq@198.51.100.7:40000;transport=tcp>']],
    [
      'the instance differs',
      flow,
      ['<sip:x7Kq@198.51.100.7:40000;ob>;+sip.instance="<urn:uuid:11111111-0000-1000-8000-AABBCCDDEEFF>"'],
    ],
    ['ours has no user to know it by', nameAddr('<sip:192.0.2.1:5060>'), ['<sip:198.51.100.7:40000>']],
  ])('is none when %s', (_, contact, contacts) => {
    expect(ownContact(registered(contacts), contact)).toBeUndefined()
  })
})

describe('the granted expiry (§10.2.4)', () => {
  it.each([
    ['the parameter of our Contact', '<sip:x7Kq@192.0.2.1:5060>;expires=60', '120', 600, 60],
    ['the Expires header', '<sip:x7Kq@192.0.2.1:5060>', '120', 600, 120],
    ['the header when the parameter is no number', '<sip:x7Kq@192.0.2.1:5060>;expires=soon', '120', 600, 120],
    ['what was asked for', '<sip:x7Kq@192.0.2.1:5060>', undefined, 600, 600],
    ['an hour', '<sip:x7Kq@192.0.2.1:5060>', undefined, undefined, 3600],
  ])('is %s', (_, contact, header, requested, expected) => {
    const response = registered([contact], header === undefined ? {} : { Expires: header })
    expect(grantedExpires(response, ownContact(response, own), requested)).toBe(expected)
  })
})

describe('the 2xx to a REGISTER', () => {
  const read = (
    response: ReturnType<typeof reply>,
    requested: number | undefined = 600,
    minGranted?: number,
  ) => readRegistered(response, { aor: 'sip:alice@example.com', contact: own, requested, minGranted })
  const mine = '<sip:x7Kq@192.0.2.1:5060>'

  it('confirms a binding with all that belongs to it (RFC 3327, RFC 3608)', () => {
    const routes = {
      'Service-Route': ['<sip:p1.example.com;lr>, <sip:p2.example.com;lr>', '<sip:p3.example.com;lr>'],
    }
    const more = {
      Path: '<sip:edge.example.com;lr>',
      'P-Associated-URI': '<sip:alice@example.com>, <tel:+15550100>',
    }
    expect(read(registered([`${mine};expires=60`], { ...routes, ...more }))).toMatchObject({
      granted: 60,
      registrarExpires: 60,
      belowMinimum: false,
      serviceRoute: ['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>', '<sip:p3.example.com;lr>'],
      path: ['<sip:edge.example.com;lr>'],
      associated: ['<sip:alice@example.com>', '<tel:+15550100>'],
    })
  })

  it('counts a short grant as half a minute and says what the registrar named', () => {
    expect(read(registered([`${mine};expires=10`]))).toMatchObject({
      granted: 30,
      registrarExpires: 10,
      belowMinimum: true,
    })
    expect(read(registered([`${mine};expires=10`]), 600, 1)).toMatchObject({
      granted: 10,
      belowMinimum: false,
    })
  })

  it('counts a long grant as what was asked for', () => {
    expect(read(registered([`${mine};expires=999999`]))).toMatchObject({
      granted: 600,
      registrarExpires: 999_999,
    })
  })

  it('lets contacts of others have no say in our expiry', () => {
    expect(
      read(registered(['<sip:b@192.0.2.9>;expires=10, <sip:c@192.0.2.8>', `${mine};expires=90`])),
    ).toMatchObject({ granted: 90 })
  })

  it('names what an earlier start has left behind: our user part, elsewhere, of no other instance and no flow', () => {
    const instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
    const another = instance.replace('AABB', 'BBBB')
    const sent = nameAddr(`<sip:x7Kq@192.0.2.1:5060>;${instance}`)
    const leftOf = (contacts: readonly string[], contactUser: string | undefined = 'x7Kq') => {
      const result = readRegistered(registered(contacts), {
        aor: 'sip:alice@example.com',
        contact: sent,
        requested: 600,
        contactUser,
      })
      return 'fault' in result ? result.fault : result.left
    }
    const old = '<sip:x7Kq@192.0.2.1:5999;transport=tcp>'
    expect(leftOf([mine, `${old};${instance};expires=9`])).toEqual([old.slice(1, -1)])
    expect(leftOf([old, mine])).toEqual([old.slice(1, -1)])
    const foreign = [
      '<sip:bob@192.0.2.1:5999>',
      '<sip:192.0.2.1:5999>',
      `${old};${another}`,
      `${old};${instance};reg-id=1`,
      mine,
    ]
    for (const other of foreign) expect(leftOf([mine, other])).toBeUndefined()
    // The user part may be another program's, too.
    expect(
      readRegistered(registered([mine, old]), { aor: 'sip:alice@example.com', contact: sent }),
    ).not.toHaveProperty('left')
    // A NAT has changed ours: which of them it is nobody knows.
    expect(leftOf([`<sip:x7Kq@203.0.113.1:4444>;${instance}`, `${old};${instance}`])).toBeUndefined()
    expect(
      leftOf([mine, ...Array.from({ length: 40 }, (_, at) => `<sip:x7Kq@192.0.2.7:${at + 1}>`)]),
    ).toHaveLength(16)
  })

  it('reads GRUUs of our Contact and Require: outbound (RFC 5626 §6, RFC 5627 §4.2)', () => {
    const gruus = 'pub-gruu="sip:alice@example.com;gr=urn:uuid:1";temp-gruu="sip:tgruu.7@example.com;gr"'
    expect(read(registered([`${mine};expires=60;${gruus}`], { Require: 'outbound' }))).toMatchObject({
      outbound: true,
      publicGruu: 'sip:alice@example.com;gr=urn:uuid:1',
      temporaryGruu: 'sip:tgruu.7@example.com;gr',
    })
    const plain = read(registered([`${mine};pub-gruu="tel:+1"`]))
    expect(plain).toMatchObject({ outbound: false })
    expect(plain).not.toHaveProperty('publicGruu')
  })

  it('takes a Service-Route that leads nowhere for a fault of the way', () => {
    const response = registered([mine], { 'Service-Route': '<sip:p1.example.com>' })
    expect(read(response)).toMatchObject({ code: 'transport' })
    expect(read(registered([]))).not.toHaveProperty('code')
  })

  it('never takes another flow of the same instance for ours', () => {
    const instance = '"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
    const ours = nameAddr(`${mine};reg-id=1;+sip.instance=${instance}`)
    const second = registered([`${mine};reg-id=2;+sip.instance=${instance}`])
    expect(ownContact(second, ours)).toBeUndefined()
  })

  it.each([
    ['our Contact is missing', registered(['<sip:b@192.0.2.9>;expires=60'])],
    ['there is no Contact', registered([])],
    ['it grants no time', registered([`${mine};expires=0`])],
    ['the header grants no time', registered([mine], { Expires: '0' })],
    ['To is somebody else', registered([mine], { To: '<sip:bob@example.com>;tag=r' })],
    ['a Service-Route is not loose', registered([mine], { 'Service-Route': '<sip:p1.example.com>' })],
    ['a Service-Route is not SIP', registered([mine], { 'Service-Route': '<tel:+15550100;lr>' })],
  ])('is of no use when %s', (_, response) => {
    expect(read(response)).toMatchObject({ fault: expect.any(String) })
  })
})
