/** What every handle of one `Sip` shares: the way to the engine, and who is alive. */
import { ChurnMap } from '../churn-map.ts'
import type { Command, EnginePort, Id } from '../engine/commands.ts'
import { isSipError, SipError, type SipErrorCode } from '../errors.ts'
import type { Connection } from './connection.ts'
import type { SipObject } from './events.ts'
import type { CallbackErrorHandler, Report } from './isolated.ts'
import type { Sip } from './sip.ts'

/** The method by which the router hands an event to a handle. A symbol: it is no business of the application. */
export const receive: unique symbol = Symbol('receive')

/** The method by which the router gives a handle another one that belongs to it. */
export const attach: unique symbol = Symbol('attach')

/** The method by which the router gives a call the timer of its session. */
export const attachTimer: unique symbol = Symbol('attachTimer')

/** The method by which the router hands on a request; false when nobody listens. */
export const receiveRequest: unique symbol = Symbol('receiveRequest')

/** The method by which the router hands on a REFER; false when nobody listens. */
export const receiveReferral: unique symbol = Symbol('receiveReferral')

/** The method by which the router hands a NOTIFY that nobody subscribed to on to those who listen. */
export const receiveNotification: unique symbol = Symbol('receiveNotification')

/** The method by which the router hands on a subscription of a peer's; false when nobody listens. */
export const receiveSubscription: unique symbol = Symbol('receiveSubscription')

/** The method by which a call learns of the REFER that it was made for. */
export const takeReferral: unique symbol = Symbol('takeReferral')

/** True on an incoming call or request that one subscriber got, and nobody else. */
export const alone: unique symbol = Symbol('alone')

/** The method that ends an incoming call or request whose only taker failed. */
export const abandon: unique symbol = Symbol('abandon')

/** Throws `resource-not-available` when the connection is closed. */
export const requireOpen = (connection: Pick<Connection, 'state'>): void => {
  if (connection.state.is !== 'closed') return
  throw new SipError('resource-not-available', 'the connection it belongs to is closed')
}

/** Throws `not-ready` as well, when the connection cannot send at present. */
export const requireActive = (connection: Connection): void => {
  requireOpen(connection)
  if (connection.state.is === 'active') return
  throw new SipError('not-ready', `the connection is ${connection.state.is}`)
}

/** What no peer and no lost packet can cause: the application itself was wrong. */
const mistakes: ReadonlySet<SipErrorCode> = new Set<SipErrorCode>([
  'argument',
  'header-not-allowed',
  'already-exists',
  'no-message',
])

/** What a `Sip` may do with profiles: see and use them, change them, end the use of others. */
export type ProfileScope = 'profile.read' | 'profile.write' | 'profile.admin'

export class Scope {
  /** Live objects by id. */
  readonly handles = new ChurnMap<SipObject>()
  /** Whose handles they are; set when it is made. */
  sip!: Sip
  readonly onCallbackError: CallbackErrorHandler | undefined
  /** Our address as that host sees it; unknown without a platform. */
  readonly localAddressFor: ((remote: string) => string) | undefined
  readonly #port: EnginePort
  readonly #granted: readonly ProfileScope[] | undefined
  #closed = false

  constructor(
    port: EnginePort,
    onCallbackError: CallbackErrorHandler | undefined,
    localAddressFor?: (remote: string) => string,
    granted?: readonly ProfileScope[],
  ) {
    this.#port = port
    this.#granted = granted
    this.localAddressFor = localAddressFor
    this.onCallbackError = onCallbackError
  }

  /**
   * A callback of the application failed, at that value. Without a handler the fault is the host's, as with RxJS, unless
   * it is none of the callback: what a peer or the path did must not end a process.
   */
  readonly report: Report = (error, value, ended = false) => {
    if (typeof value === 'object' && value !== null && abandon in value) {
      ;(value as { [abandon](): void })[abandon]()
    }
    if (this.onCallbackError) this.onCallbackError(error)
    else if (ended || !isSipError(error) || mistakes.has(error.code)) throw error
  }

  /** Throws `permission` for what this `Sip` was not granted. */
  demand(scope: ProfileScope): void {
    if (this.#granted === undefined || this.#granted.includes(scope)) return
    throw new SipError('permission', `this takes the scope ${scope}`)
  }

  newId(kind: string): Id {
    return this.#port.newId(kind)
  }

  /** True when the `Sip` is closed. */
  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
  }

  /** An answer given for the application. That it may be too late is no matter. */
  attempt(answer: () => void): void {
    try {
      answer()
    } catch (error) {
      if (!isSipError(error)) throw error
    }
  }

  dispatch(command: Command): void {
    if (this.#closed) throw new SipError('resource-not-available', 'the Sip it belongs to is closed')
    this.#port.dispatch(command)
  }

  /** Makes an object known, so that it hears what its own command causes; forgets it when the command is refused. */
  open<Opened extends SipObject>(handle: Opened, command: Command): Opened {
    this.handles.set(handle.id, handle)
    try {
      this.dispatch(command)
    } catch (error) {
      this.handles.delete(handle.id)
      throw error
    }
    return handle
  }
}
