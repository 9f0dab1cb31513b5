/** Session timers as tables. RFC 4028. */
import { describe, expect, it } from 'vitest'
import {
  answerTimer,
  askTimer,
  expiresAfter,
  grantedTimer,
  raised,
  readMinSE,
  readSessionExpires,
  refreshAfter,
  supportsTimer,
  tooShort,
} from '../../src/rules/session-timer.ts'
import { make, reply } from './support.ts'

const invite = (lines: Record<string, string> = {}) => make('INVITE', lines)
const expires = (value: string, more: Record<string, string> = {}) =>
  invite({ 'Session-Expires': value, Supported: 'timer', ...more })

describe('what is read', () => {
  it.for([
    ['90', { interval: 90 }],
    ['1800;refresher=uac', { interval: 1800, refresher: 'uac' }],
    ['1800 ; Refresher = UAS;x=y', { interval: 1800, refresher: 'uas' }],
    ['1800;refresher=proxy', { interval: 1800 }],
    ['0', undefined],
    ['soon', undefined],
    ['', undefined],
  ] as const)('Session-Expires: %s', ([value, read]) =>
    expect(readSessionExpires(invite({ 'Session-Expires': value }))).toEqual(read),
  )

  it('its compact form is x (§4)', () =>
    expect(readSessionExpires(invite({ x: '120;refresher=uas' }))).toEqual({
      interval: 120,
      refresher: 'uas',
    }))

  it.for([
    [undefined, 90],
    ['300', 300],
    ['300;a=b', 300],
    ['30', 90],
    ['none', 90],
  ] as const)('Min-SE %s counts as %s (§5)', ([value, read]) =>
    expect(readMinSE(invite(value === undefined ? {} : { 'Min-SE': value }))).toBe(read),
  )

  it.for([
    [{}, false],
    [{ Supported: '100rel' }, false],
    [{ Supported: '100rel, Timer' }, true],
    [{ Require: 'timer' }, true],
  ] as const)('%j: knows timers %s', ([lines, knows]) => expect(supportsTimer(invite(lines))).toBe(knows))
})

describe('what a request asks for (§7.1, §7.4)', () => {
  it.for([
    [{}, undefined, []],
    [{ minSE: 120 }, undefined, [['Min-SE', '120']]],
    [{ sessionExpires: 90 }, undefined, [['Session-Expires', '90']]],
    [{ sessionExpires: 1800 }, 'local', [['Session-Expires', '1800;refresher=uac']]],
    [{ sessionExpires: 1800 }, 'remote', [['Session-Expires', '1800;refresher=uas']]],
    [
      { sessionExpires: 100, minSE: 120 },
      undefined,
      [
        ['Session-Expires', '120'],
        ['Min-SE', '120'],
      ],
    ],
  ] as const)('%j, refresher %s', ([wish, refresher, headers]) =>
    expect(askTimer(wish, refresher)).toEqual(headers),
  )
})

describe('a 422 (§7.3)', () => {
  const refusal = (least: string) => reply(422, { 'Min-SE': least })
  it('is followed with what it demands', () =>
    expect(raised(expires('90'), refusal('300'))).toEqual({ sessionExpires: 300, minSE: 300 }))
  it.for([
    ['that demands no more than was offered', expires('300'), refusal('300')],
    ['that demands less', expires('300'), refusal('90')],
    ['that does not say what', expires('90'), reply(422)],
    ['to a request without a timer', invite(), refusal('300')],
    ['that is none', expires('90'), reply(500, { 'Min-SE': '300' })],
  ] as const)('%s is not', ([, request, response]) => expect(raised(request, response)).toBeUndefined())

  it.for([
    [expires('90'), {}, undefined],
    [expires('90'), { minSE: 120 }, 120],
    [expires('120'), { minSE: 120 }, undefined],
    [expires('30'), {}, 90],
    [invite({ 'Session-Expires': '30' }), { minSE: 120 }, undefined],
    [invite({ Supported: 'timer' }), { minSE: 120 }, undefined],
  ] as const)('is our answer to too short a timer of a peer that knows them (§9)', ([request, wish, least]) =>
    expect(tooShort(request, wish)).toBe(least),
  )
})

describe('what our 2xx says (§9, table 2)', () => {
  const none = invite()
  const knowing = invite({ Supported: 'timer' })
  const strange = (value: string) => invite({ 'Session-Expires': value })
  it.for([
    ['nobody wants one', none, {}, undefined, false],
    ['nobody wants one, though it is known', knowing, {}, undefined, false],
    ['the caller refreshes', expires('90;refresher=uac'), {}, '90;refresher=uac', true],
    ['the callee refreshes', expires('90;refresher=uas'), {}, '90;refresher=uas', false],
    ['nobody said who', expires('90'), {}, '90;refresher=uac', true],
    ['the caller knows none', strange('90'), {}, '90;refresher=uas', false],
    ['the caller knows none, and says uac', strange('90;refresher=uac'), {}, '90;refresher=uas', false],
    ['only we want one', none, { sessionExpires: 120 }, '120;refresher=uas', false],
    ['only we want one, it is known', knowing, { sessionExpires: 120 }, '120;refresher=uac', true],
    ['ours is shorter', expires('600'), { sessionExpires: 120 }, '120;refresher=uac', true],
    [
      'ours is longer: never more than asked for',
      expires('600'),
      { sessionExpires: 900 },
      '600;refresher=uac',
      true,
    ],
    [
      'ours is below the least of the way',
      expires('600', { 'Min-SE': '300' }),
      { sessionExpires: 120 },
      '300;refresher=uac',
      true,
    ],
  ] as const)('%s', ([, request, wish, value, required]) => {
    const headers = new Map(answerTimer(request, wish))
    expect([headers.get('Session-Expires'), headers.get('Require') === 'timer']).toEqual([value, required])
  })
})

describe('the timer that a 2xx sets', () => {
  it.for([
    ['90;refresher=uac', 'received', { interval: 90, refresher: 'local' }],
    ['90;refresher=uas', 'received', { interval: 90, refresher: 'remote' }],
    ['90', 'received', { interval: 90, refresher: 'local' }],
    ['90;refresher=uac', 'sent', { interval: 90, refresher: 'remote' }],
    ['90;refresher=uas', 'sent', { interval: 90, refresher: 'local' }],
    ['x', 'sent', undefined],
  ] as const)('%s, %s', ([value, way, grant]) =>
    expect(grantedTimer(reply(200, { 'Session-Expires': value }), way)).toEqual(grant),
  )

  it.for([
    [90, 45, 60],
    [96, 48, 64],
    [120, 60, 88],
    [1800, 900, 1768],
  ] as const)('%s s: refreshed after %s, over after %s (§10)', ([interval, half, end]) =>
    expect([refreshAfter(interval), expiresAfter(interval)]).toEqual([half, end]),
  )
})
