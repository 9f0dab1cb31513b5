/** Who gives a name and password when a server asks. RFC 3261 §22, RFC 7616; CSIPHttpDigest. */
import type { ChallengedRealm, EngineEvent, Id } from '../engine/commands.ts'
import { SipError } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'
import { badArgument } from './check.ts'
import type { SipObject } from './events.ts'
import { type CredentialsOption, checkCredentials } from './options.ts'
import type { Scope } from './scope.ts'

/**
 * Answers challenges for which no credentials are known. What it returns, or its promise gives, is used and remembered
 * for the realm; `undefined` passes the challenge on to `challenges$`, or gives it up when nobody listens there. One
 * that throws, or whose promise rejects, gives it up.
 */
export type CredentialProvider = (
  challenge: Challenge,
) => CredentialsOption | undefined | Promise<CredentialsOption | undefined>

/**
 * A server asks for credentials. Answer with `provide` or `ignore`, once; without an answer the request fails with
 * `forbidden` after a while, as it does after `ignore`.
 */
export class Challenge {
  /** Unique within one `Sip`. */
  readonly id: Id
  /** Who asks. All realms of one response; credentials for one of them may suffice. */
  readonly realms: readonly ChallengedRealm[]
  /** What was challenged: a client transaction, a registration, a call. */
  readonly object: SipObject | undefined
  /** The 401 or 407. */
  readonly response: SipResponse
  readonly #scope: Scope
  #settled = false

  constructor(scope: Scope, event: Extract<EngineEvent, { type: 'challenge' }>) {
    this.#scope = scope
    this.id = event.id
    this.realms = event.realms
    this.object = scope.handles.get(event.object)
    this.response = event.response
  }

  /** True once it has been answered. */
  get settled(): boolean {
    return this.#settled
  }

  /**
   * Sends the request again with these credentials. Throws `argument` for empty ones, `not-found` for a realm that did
   * not ask and for a challenge that has been answered already.
   */
  provide(credentials: CredentialsOption): void {
    const list = checkCredentials(credentials)
    if (list.length === 0) throw badArgument('no credentials were given')
    for (const { realm } of list) {
      if (realm === undefined || this.realms.some(asking => asking.realm === realm)) continue
      throw new SipError('not-found', `the realm ${realm} did not ask for credentials`)
    }
    this.#settle()
    this.#scope.dispatch({ type: 'challenge.provide', id: this.id, credentials: list })
  }

  /** Gives up: the request fails with `forbidden`. Throws `not-found` when it has been answered already. */
  ignore(): void {
    this.#settle()
    this.#scope.dispatch({ type: 'challenge.ignore', id: this.id })
  }

  #settle(): void {
    if (this.#settled) throw new SipError('not-found', 'the challenge has been answered')
    this.#settled = true
  }
}

/** Asks the provider, then whoever listens. Nobody's mistake goes further than this challenge. */
export const answerChallenge = async (
  challenge: Challenge,
  scope: Scope,
  provider: CredentialProvider | undefined,
  announce: (challenge: Challenge) => boolean,
): Promise<void> => {
  try {
    const credentials = await provider?.(challenge)
    if (challenge.settled || scope.closed) return
    if (credentials !== undefined) challenge.provide(credentials)
    else if (!announce(challenge)) challenge.ignore()
  } catch (error) {
    scope.onCallbackError?.(error)
    if (!challenge.settled && !scope.closed) challenge.ignore()
  }
}
