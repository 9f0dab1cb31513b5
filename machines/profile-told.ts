/** What those who hold a profile hear of it, beside its states. TEvent of MSIPProfileRegistryObserver. */
import type { SipError } from '../src/errors.ts'

/** What those who hold a profile hear of it. */
export interface ProfileTold {
  readonly is:
    | 'registered'
    | 'forciblyDisabled'
    | 'error'
    | 'migrationAvailable'
    | 'migrationStarted'
    | 'migrationCompleted'
    | 'migrationFailed'
  readonly error?: SipError
  readonly network?: number
}
