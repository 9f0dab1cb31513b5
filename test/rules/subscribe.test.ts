/** What a subscriber makes of lifetimes, refusals and the reasons of a notifier. RFC 6665 §4.1. */
import { describe, expect, it } from 'vitest'
import {
  adjustedBy,
  anewAfter,
  grantedBy,
  mayFork,
  refreshAgainAfter,
  saysWhen,
  subscribeHeaders,
  waitBefore,
} from '../../src/rules/subscribe.ts'
import { sameEvent } from '../../src/rules/subscription-state.ts'
import { reply } from './support.ts'

const answer = (status: number, lines: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '2 SUBSCRIBE', ...lines }, 'SUBSCRIBE')

describe('a lifetime', () => {
  it.each([
    ['600', 3600, 600],
    ['9999', 3600, 3600],
    ['1', 3600, 10],
    ['1', 5, 5],
    [undefined, 3600, 3600],
    ['nonsense', 3600, 3600],
  ])('of %s granted to %i is %i s (§4.1.2.1)', (expires, requested, seconds) => {
    expect(grantedBy(answer(200, expires === undefined ? {} : { Expires: expires }), requested)).toBe(seconds)
  })

  it.each([
    [{ state: 'active', expires: 60 }, 60.4, undefined],
    [{ state: 'active', expires: 60 }, 62, undefined],
    [{ state: 'active', expires: 60 }, 63, 60],
    [{ state: 'pending', expires: 60 }, 10, 60],
    [{ state: 'active', expires: 9999 }, 10, 3600],
    [{ state: 'active' }, 10, undefined],
    [{ state: 'active' }, undefined, 3600],
    [{ state: 'active', expires: 60 }, undefined, 60],
    [{ state: 'active', expires: 0 }, 100, 10],
    [{ state: 'terminated', expires: 60 }, 100, undefined],
  ])('by %j while %s s are left is %s (§4.1.3)', (notify, left, seconds) => {
    expect(adjustedBy(notify, left, 3600)).toBe(seconds)
  })

  it('leaves time for more attempts when a renewal has failed', () => {
    expect(refreshAgainAfter(answer(503, { 'Retry-After': '7' }), 3600)).toBe(7)
    expect(refreshAgainAfter(answer(503), 3600)).toBe(120)
    // A server that says 0 gets no storm.
    expect(refreshAgainAfter(answer(503, { 'Retry-After': '0' }), 3600)).toBe(5)
    expect(refreshAgainAfter(answer(503, { 'Retry-After': '0' }), 10)).toBe(1)
    expect(refreshAgainAfter(undefined, 100)).toBe(10)
  })
})

describe('what begins anew', () => {
  it.each([
    ['deactivated', undefined, 0],
    ['timeout', 60, 0],
    ['probation', 60, 60],
    ['giveup', undefined, 'some time'],
    ['rejected', 60, undefined],
    ['noresource', 60, undefined],
    ['invariant', undefined, undefined],
    ['moon', undefined, undefined],
    ['moon', 60, 60],
    ['giveup', 4_294_967_295, 86_400],
  ])('%s with %s: after %s (§4.1.3)', (reason, retryAfter, after) => {
    const asked = retryAfter === undefined ? {} : { retryAfter }
    expect(anewAfter({ state: 'terminated', reason, ...asked })).toBe(after)
  })
  it('without a reason: never', () => expect(anewAfter({ state: 'terminated' })).toBeUndefined())

  it.each([
    [480, { 'Retry-After': '5' }, true],
    [480, {}, false],
    [503, { 'Retry-After': '5' }, true],
    [503, {}, false],
    [403, { 'Retry-After': '5' }, false],
    [404, { 'Retry-After': '5' }, false],
  ])('%i with %j: %s (RFC 3261 §20.33)', (status, lines, when) => {
    expect(saysWhen(answer(status, lines as Record<string, string>))).toBe(when)
  })

  it('waits longer each time, the first time as long as it is told', () => {
    expect([waitBefore(1, 0, 1), waitBefore(1, 9, 1)]).toEqual([0, 9])
    const waits = [2, 3, 4, 5, 6, 7, 8, 9, 10].map(attempt => waitBefore(attempt, 0, 1))
    for (const [at, wait] of waits.entries()) {
      const most = Math.min(1800, 60 * 2 ** at)
      expect(wait).toBeGreaterThanOrEqual(most / 2)
      expect(wait).toBeLessThanOrEqual(most)
    }
    expect(waitBefore(2, 5000, 1)).toBe(5000)
    expect(waitBefore(1, 'some time', 1)).toBeGreaterThanOrEqual(30)
  })
})

it('a further notifier may come until Timer N (§4.3)', () => {
  expect([mayFork(32_000, { t1: 500 }), mayFork(32_001, { t1: 500 })]).toEqual([true, false])
})

it('an event is compared byte by byte, with its id (§8.2.1)', () => {
  expect(sameEvent({ event: 'talk', id: '1' }, { event: 'talk', id: '1' })).toBe(true)
  expect(sameEvent({ event: 'talk' }, { event: 'talk', id: '1' })).toBe(false)
  expect(sameEvent({ event: 'talk' }, { event: 'Talk' })).toBe(false)
})

it('a SUBSCRIBE says what, how long, and what is understood', () => {
  expect(subscribeHeaders({ event: 'talk', id: '1' }, ['a/b', 'c/d'], 60)).toEqual([
    ['Event', 'talk;id=1'],
    ['Accept', 'a/b, c/d'],
    ['Expires', '60'],
  ])
  expect(subscribeHeaders({ event: 'talk' }, [], 0)).toEqual([
    ['Event', 'talk'],
    ['Expires', '0'],
  ])
})
