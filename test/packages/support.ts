/** What tests of event bodies share. */
import { expect } from 'vitest'
import type { Malformed } from '../../src/index.ts'
import { isMalformed } from '../../src/message/index.ts'

/** The value that was read; fails the test when there is none. */
export const good = <T>(value: T | Malformed | undefined): T => {
  if (isMalformed(value)) throw new Error(`not read: ${value.reason}`)
  if (value === undefined) throw new Error('not of a type that is read')
  return value as T
}

/** Why a body was not read. */
export const reasonOf = (value: unknown): string => {
  expect(isMalformed(value)).toBe(true)
  return (value as Malformed).reason
}
