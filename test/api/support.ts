/** A `Sip` over a fake port, with an active connection. */
import type { Observable } from 'rxjs'
import { expect } from 'vitest'
import { type ApiOptions, sipOver } from '../../src/api/sip.ts'
import { isSipError, type SipError, type SipErrorCode } from '../../src/errors.ts'
import { fakePort } from '../support/fake-port.ts'

/** What a registrar may say besides, when it says nothing. */
export const plainRegistration = {
  serviceRoute: [],
  path: [],
  associated: [],
  outbound: false,
  temporaryGruus: [],
} as const

export const activeSip = (options: ApiOptions = {}) => {
  const fake = fakePort()
  const sip = sipOver(fake.port, options)
  const connection = sip.connect()
  fake.tell({
    type: 'listening',
    id: connection.id,
    addresses: [{ host: '192.0.2.1', port: 5060, transport: 'UDP' }],
  })
  fake.state(connection.id, { is: 'active' })
  return { fake, sip, connection }
}

/** Expects misuse: thrown at once, with this code. */
export const refused = (code: SipErrorCode, action: () => unknown): SipError => {
  try {
    action()
  } catch (error) {
    if (!isSipError(error)) throw error
    expect(error.code).toBe(code)
    return error
  }
  throw new Error(`expected ${code}, and nothing was thrown`)
}

/** Expects a promise to reject with this code. */
export const fails = async (code: SipErrorCode, promise: Promise<unknown>): Promise<SipError> => {
  const error: unknown = await promise.then(
    () => new Error('the promise was kept'),
    (reason: unknown) => reason,
  )
  if (!isSipError(error)) throw error
  expect(error.code).toBe(code)
  return error
}

/** All that a stream gives from now on, and whether it is over. */
export const record = <T>(stream: Observable<T>) => {
  const seen = { values: [] as T[], complete: false }
  stream.subscribe({
    next: value => {
      seen.values.push(value)
    },
    complete: () => {
      seen.complete = true
    },
  })
  return seen
}
