/** The public state of a profile. CSIPProfile, MSIPProfileRegistryObserver. */
import type { SipError } from '../errors.ts'
import type { Id } from './commands.ts'

interface ProfileBase {
  /** How many use it. */
  readonly users: number
  /** It registers by itself: nothing has stopped that. */
  readonly autoRegister: boolean
  /** The connection and the registration that it has at present. */
  readonly connection?: Id
  readonly registration?: Id
  /** Why it is not registered: the latest failure since the last enable or disable. */
  readonly error?: SipError
}

/**
 * Where a profile stands. `unregistered → waitingForNetwork → registering → registered → unregistering`; `delayed`: a failure
 * that may pass, another attempt follows; `migrating`: registered on one network, registering on another.
 */
export type ProfileState =
  | (ProfileBase & {
      readonly is: 'unregistered' | 'waitingForNetwork' | 'registering' | 'unregistering'
    })
  | (ProfileBase & {
      readonly is: 'registered' | 'migrating'
      /** The addresses of record that are registered: those that the registrar named, else the one that was asked for. */
      readonly aors: readonly string[]
      /** Our Contact as the registrar wrote it. */
      readonly contact: string
    })
  | (ProfileBase & {
      readonly is: 'delayed'
      /** Number of the attempt that comes next, from 1. */
      readonly attempt: number
      /** When it comes, in milliseconds of the platform's clock. */
      readonly retryAt: number
    })
