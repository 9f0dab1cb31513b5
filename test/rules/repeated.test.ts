/** Provisional responses that say nothing new. */
import { expect, it } from 'vitest'
import { isRepeated } from '../../src/rules/repeated.ts'
import { answerTo, invite } from '../support/build.ts'

const ringing = (toTag: string, body = '') => answerTo(invite(), 180, { toTag, body })

it('knows a copy by status, tag and text; another tag, status or body is news (§13.3.1.1)', () => {
  const seen = new Map<string, string>()
  expect(isRepeated(seen, ringing('a'))).toBe(false)
  expect(isRepeated(seen, ringing('b'))).toBe(false)
  expect(isRepeated(seen, ringing('a'))).toBe(true)
  expect(isRepeated(seen, answerTo(invite(), 183, { toTag: 'a' }))).toBe(false)
  expect(isRepeated(seen, ringing('a', 'v=0'))).toBe(false)
  expect(isRepeated(seen, ringing('a', 'v=0'))).toBe(true)
})

it('never a final response, and it remembers no more than 32', () => {
  const seen = new Map<string, string>()
  const ok = answerTo(invite(), 200)
  expect([isRepeated(seen, ok), isRepeated(seen, ok)]).toEqual([false, false])
  for (let fork = 0; fork < 100; fork += 1) expect(isRepeated(seen, ringing(`fork-${fork}`))).toBe(false)
  expect(seen.size).toBe(32)
})
