/** What a call asks its media, and what becomes of the answer. RFC 3264. */
import { isSipError, SipError } from '../../errors.ts'
import type { HeaderPair } from '../../message/types.ts'
import type { MediaPort, MediaSession } from '../../sdp/media-port.ts'
import { badArgument } from '../check.ts'
import type { Scope } from '../scope.ts'
import type { Call } from './call.ts'

/** The media of calls. */
export type CallMediaPort = MediaPort<Call>

/** Who gives the media of the calls of a connection. */
export const mediaPort: unique symbol = Symbol('mediaPort')

/** What is done with a description. */
export interface Described {
  described(sdp: string): void
  /** There is none: `media` with the status and warning for the peer. */
  failed(error: SipError): void
  /** It will be there later. */
  pending?(): void
}

/** Throws `argument` for what is no media port. */
export const checkMedia = <Port extends MediaPort<never> | undefined>(port: Port): Port => {
  if (port !== undefined && typeof (port as MediaPort<never> | null)?.open !== 'function') {
    throw badArgument('media must have a method open(call)')
  }
  return port
}

/** What a media session threw, as an error of the call: 488 for its own refusal, 500 for a fault. RFC 3261 §21.4.26 */
const mediaError = (cause: unknown): SipError => {
  if (isSipError(cause) && cause.code === 'media') return cause
  return new SipError('media', 'the media of the call failed', { cause, status: 500 })
}

/** Status and headers of the response to the peer whose offer was not met. RFC 3261 §20.43 */
export const refusalOf = ({ status = 488, warning, message }: SipError) => ({
  status,
  headers: (warning === undefined
    ? []
    : [['Warning', `${warning} sipactor "${message.replaceAll(/["\\\r\n\0]/g, ' ')}"`]]) as HeaderPair[],
})

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** The media of one call: opened when it is first asked, closed with the call. */
export class CallMedia {
  readonly #scope: Scope
  readonly #call: Call
  readonly #port: CallMediaPort
  #session: MediaSession | undefined
  /** Questions without an answer yet. */
  readonly #open = new Map<string, Described>()

  constructor(scope: Scope, call: Call, port: CallMediaPort) {
    this.#scope = scope
    this.#call = call
    this.#port = port
  }

  /** True once it was asked anything. */
  get isOpen(): boolean {
    return this.#session !== undefined
  }

  get session(): MediaSession {
    this.#session ??= this.#port.open(this.#call)
    return this.#session
  }

  /** Asks for a description. `told` hears the outcome once: before this returns, or later. */
  ask(question: (session: MediaSession) => string | Promise<string>, told: Described): void {
    let given: unknown
    try {
      given = question(this.session)
    } catch (error) {
      return told.failed(mediaError(error))
    }
    if (!isPromise(given)) return this.#tell(told, given)
    told.pending?.()
    const id = this.#scope.newId('description')
    this.#open.set(id, told)
    this.#scope.dispatch({ type: 'description.ask', id, call: this.#call.id })
    given.then(
      sdp => this.#settle(id, open => this.#tell(open, sdp)),
      (error: unknown) => this.#settle(id, open => open.failed(mediaError(error))),
    )
  }

  /** 64·T1 have passed. */
  giveUp(id: string): void {
    const error = new SipError('media', 'the media gave no description within 64·T1', { status: 500 })
    this.#settle(id, open => open.failed(error))
  }

  /** The call is over. */
  close(): void {
    for (const id of this.#open.keys()) this.#settle(id, () => {})
    const session = this.#session
    if (session?.close) this.guard(() => session.close?.())
  }

  /** A callback of the media's that nobody waits for. */
  guard(callback: () => void): boolean {
    try {
      callback()
      return true
    } catch (error) {
      this.fault(mediaError(error))
      return false
    }
  }

  /** Tells an error of the call. */
  fault(error: SipError): void {
    this.#scope.attempt(() => this.#scope.dispatch({ type: 'call.fault', id: this.#call.id, error }))
  }

  #tell(told: Described, given: unknown): void {
    if (typeof given === 'string') told.described(given)
    else told.failed(mediaError(new TypeError('a media session gave no text')))
  }

  #settle(id: string, tell: (open: Described) => void): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    // The call may have ended meanwhile, or the application done it by hand.
    this.#scope.attempt(() => this.#scope.dispatch({ type: 'description.settle', id }))
    this.#scope.attempt(() => tell(open))
  }
}
