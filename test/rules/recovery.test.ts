import { describe, expect, it } from 'vitest'
import { given, spend, turnOf, unpaced, waitFor } from '../../src/rules/pace.ts'
import {
  defaultBackOff,
  fractionOf,
  isPathFailure,
  passes,
  retryAfterOf,
  waitAfter,
} from '../../src/rules/recovery.ts'
import { throughProxy } from '../../src/rules/route-set.ts'
import { reply } from './support.ts'

describe('what passes', () => {
  it.each([
    [408, undefined, true],
    [500, undefined, true],
    [503, '5', true],
    [599, undefined, true],
    [480, '5', true],
    [413, '5', true],
    [486, '5', true],
    [480, undefined, false],
    [403, '5', false],
    [404, '5', false],
    // RFC 5626 §11.5: a 400 to an endpoint.
    [430, '5', false],
    [439, undefined, false],
    [600, '5', false],
    [302, undefined, false],
  ])('%i with Retry-After %s: %s', (status, retryAfter, expected) => {
    expect(passes(reply(status, retryAfter === undefined ? {} : { 'Retry-After': retryAfter }))).toBe(
      expected,
    )
  })

  it.each([
    ['timeout', true],
    ['transport', true],
    ['resolving', true],
    ['could-not-connect', true],
    ['forbidden', false],
    ['in-use', false],
    ['argument', false],
  ] as const)('%s: %s', (code, expected) => expect(isPathFailure(code)).toBe(expected))

  it('reads Retry-After with comment and parameters, up to a day', () => {
    const read = (value: string) => retryAfterOf(reply(503, { 'Retry-After': value }))
    expect([read('18 (I am away);duration=60'), read('4294967295'), read('soon')]).toEqual([
      18,
      86_400,
      undefined,
    ])
  })
})

describe('the wait (RFC 5626 §4.5)', () => {
  it.each([
    [0, 0, 15],
    [1, 0, 30],
    [1, 1, 60],
    [2, 0.5, 90],
    [6, 0, 900],
    [6, 1, 1800],
    [5000, 1, 1800],
  ])('after %i failures with a dice of %f: %f s', (failures, fraction, expected) => {
    expect(waitAfter(failures, fraction, defaultBackOff)).toBe(expected)
  })

  it('rolls evenly between 0 and 1, the same again for the same seed', () => {
    const rolls = Array.from({ length: 1000 }, (_, index) => fractionOf(-77, index))
    expect(rolls.every(roll => roll >= 0 && roll <= 1)).toBe(true)
    expect(Math.abs(rolls.reduce((sum, roll) => sum + roll) / 1000 - 0.5)).toBeLessThan(0.03)
    expect(new Set(rolls).size).toBe(1000)
    expect(fractionOf(-77, 3)).toBe(rolls[3])
    expect(fractionOf(-78, 3)).not.toBe(rolls[3])
  })
})

describe('the pace', () => {
  it('lets one go at once and the next after 25 ms at 40 a second', () => {
    expect(waitFor(unpaced, 1000)).toBe(0)
    const one = spend(unpaced, 1000, 40)
    expect([waitFor(one, 1000), waitFor(one, 1020), waitFor(one, 1025)]).toEqual([25, 5, 0])
    expect(waitFor(spend(one, 1000, 40), 1000)).toBe(50)
    // What was not used is lost: no burst after a pause.
    expect(waitFor(spend(one, 9000, 40), 9000)).toBe(25)
    expect(waitFor(spend(unpaced, 1000, Infinity), 1000)).toBe(0)
  })

  it('gives three turns of four to renewals while others wait', () => {
    const both = { renewals: true, others: true }
    let pace = unpaced
    const turns = Array.from({ length: 8 }, () => {
      const turn = turnOf(pace, both)
      pace = given(pace, turn)
      return turn === 'renewal' ? 'r' : 'o'
    })
    expect(turns.join('')).toBe('rrrorrro')
    expect(turnOf(pace, { renewals: false, others: true })).toBe('other')
    expect(turnOf({ ...pace, renewals: 9 }, { renewals: true, others: false })).toBe('renewal')
  })
})

describe('the route of a request from a registration (RFC 3608 §5)', () => {
  const [proxy, other] = ['<sip:p.example.com;lr>', '<sip:home.example.com;lr>']
  it.each([
    ['nothing', undefined, [], []],
    ['the proxy alone', proxy, [], [proxy]],
    ['the Service-Route alone', undefined, [other], [other]],
    ['the proxy, then the Service-Route', proxy, [other], [proxy, other]],
    ['the proxy once', proxy, ['<sip:P.example.com;lr;x=1>', other], ['<sip:P.example.com;lr;x=1>', other]],
    [
      'both when the port differs',
      proxy,
      ['<sip:p.example.com:5070;lr>'],
      [proxy, '<sip:p.example.com:5070;lr>'],
    ],
    [
      'both when the transport differs',
      proxy,
      ['<sip:p.example.com;transport=tcp;lr>'],
      [proxy, '<sip:p.example.com;transport=tcp;lr>'],
    ],
    [
      'the proxy once when one of them says UDP and the other means it (RFC 3263 §4.1)',
      '<sip:192.0.2.9;transport=udp;lr>',
      ['<sip:192.0.2.9;lr>', other],
      ['<sip:192.0.2.9;lr>', other],
    ],
    [
      'both when the name of one decides by DNS',
      '<sip:p.example.com;transport=udp;lr>',
      [proxy],
      ['<sip:p.example.com;transport=udp;lr>', proxy],
    ],
  ])('%s', (_, first, serviceRoute, expected) => {
    expect(throughProxy(first, serviceRoute)).toEqual(expected)
  })
})
