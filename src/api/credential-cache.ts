/** Who is asked for credentials, and what is remembered of them. RFC 3261 §22; CSIPHttpDigest. */
import { checkString } from '../rules/text.ts'
import type { CredentialProvider } from './challenge.ts'
import type { Scope } from './scope.ts'

/**
 * Credentials that have served are remembered with their nonces: later requests to the same place go out authorised,
 * and the provider is not asked again.
 */
export class CredentialCache {
  /** Asked for credentials when none are known; may be replaced at any time. Without one, see `challenges$`. */
  provider: CredentialProvider | undefined
  readonly #scope: Scope

  constructor(scope: Scope, provider: CredentialProvider | undefined) {
    this.#scope = scope
    this.provider = provider
  }

  /** Forgets what was learnt about one realm, or all of it. Credentials in options of registrations and calls stay. */
  clear(realm?: string): void {
    if (realm !== undefined) checkString(realm, 'the realm')
    this.#scope.dispatch(
      realm === undefined ? { type: 'credentials.clear' } : { type: 'credentials.clear', realm },
    )
  }
}
