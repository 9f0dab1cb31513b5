import { expect, it } from 'vitest'
import { isSipError } from '../../src/errors.ts'
import { allowEventsFor, checkEvents, notAllowed } from '../../src/rules/allow-events.ts'
import { checkStaticHeaders, hasStatic, reservedStaticHeaders } from '../../src/rules/static-headers.ts'

const codeOf = (act: () => unknown): unknown => {
  try {
    act()
  } catch (error) {
    return isSipError(error) ? [error.code, error.header] : error
  }
  return undefined
}

it('what may be static is returned as it is; the stack keeps its own, by any spelling', () => {
  const pairs = [
    ['Call-Info', '<urn:x>'],
    ['Allow-Events', 'talk'],
    ['X-Any', 'x'],
  ] as const
  expect(checkStaticHeaders(pairs)).toBe(pairs)
  for (const name of reservedStaticHeaders)
    expect(codeOf(() => checkStaticHeaders([[name.toUpperCase(), 'x']]))).toEqual([
      'header-not-allowed',
      name.toUpperCase(),
    ])
  expect(codeOf(() => checkStaticHeaders([['o', 'x']]))).toEqual(['header-not-allowed', 'o'])
})

it('at most 64 headers, and 8,192 characters', () => {
  const list = (count: number) => Array.from({ length: count }, () => ['X-A', 'x'] as const)
  expect(checkStaticHeaders(list(64))).toHaveLength(64)
  expect(codeOf(() => checkStaticHeaders(list(65)))).toEqual(['argument', undefined])
  expect(checkStaticHeaders([['X-A', 'x'.repeat(8189)]])).toHaveLength(1)
  expect(codeOf(() => checkStaticHeaders([['X-A', 'x'.repeat(8190)]]))).toEqual(['argument', undefined])
})

it('a header is found by its long name, however it was written', () => {
  const given = { headers: [['u', 'talk']] as const, requestsOnly: false }
  expect(hasStatic(given, 'allow-events')).toBe(true)
  expect(hasStatic(given, 'call-info')).toBe(false)
  expect(hasStatic(undefined, 'allow-events')).toBe(false)
})

it.each([
  ['request', 'INVITE', true],
  ['request', 'ACK', true],
  ['request', 'PRACK', true],
  ['request', 'UPDATE', true],
  ['request', 'BYE', true],
  ['request', 'CANCEL', true],
  ['request', 'INFO', false],
  ['request', 'REFER', false],
  ['request', 'SUBSCRIBE', false],
  ['request', 'NOTIFY', false],
  ['response', 'INVITE', true],
  ['response', 'BYE', false],
  ['response', 'UPDATE', false],
  ['response', 'PRACK', false],
  ['response', 'CANCEL', false],
  ['response', 'NOTIFY', false],
] as const)('Allow-Events on a %s of %s: %s', (kind, method, there) => {
  expect(allowEventsFor(['hold', 'talk'], kind, method)).toEqual(
    there ? [['Allow-Events', 'hold, talk']] : [],
  )
})

it('a NOTIFY nobody subscribed to is taken when its package is in the list, byte by byte (RFC 6665 §8.2.1)', () => {
  expect(notAllowed('talk', ['hold', 'talk'])).toBeUndefined()
  expect(notAllowed('Talk', ['hold', 'talk'])).toEqual({
    reply: { status: 489, headers: [['Allow-Events', 'hold, talk']] },
  })
  expect(notAllowed('anything')).toBeUndefined()
  expect(notAllowed(undefined)).toMatchObject({ reply: { status: 400 } })
  expect(notAllowed(undefined, ['talk'])).toMatchObject({ reply: { status: 400 } })
})

it('a list of events has 1 to 64 names', () => {
  expect(checkEvents(['presence.winfo'])).toEqual(['presence.winfo'])
  for (const bad of [[], ['a b'], [''], 'talk', [1], Array.from({ length: 65 }, () => 'x')])
    expect(codeOf(() => checkEvents(bad as never))).toEqual(['argument', undefined])
})
