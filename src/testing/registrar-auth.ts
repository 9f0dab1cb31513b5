/**
 * The digest side of the test registrar: nonces with a life, challenges, verdicts. RFC 7616, RFC 3261 §22.
 */
import type { Platform } from '../engine/ports.ts'
import type { SipRequest } from '../message/types.ts'
import { DigestGuard, type Verdict } from '../rules/digest-guard.ts'

/** How a registrar asks who is there. */
export interface RegistrarAuthOptions {
  readonly realm: string
  /** Passwords by user name. */
  readonly users: Readonly<Record<string, string>>
  /** As in the challenge: `MD5`, `SHA-256`, `SHA-512-256`, each also with `-sess`. Several make several challenges, in this order. */
  readonly algorithms: readonly string[]
  /** Empty for a challenge of RFC 2069, without qop. */
  readonly qop: readonly ('auth' | 'auth-int')[]
  /** Milliseconds until a nonce is stale. */
  readonly nonceLifetime: number
}

export const createRegistrarAuth = (platform: Platform, options: RegistrarAuthOptions) => {
  const guard = new DigestGuard(platform, { ...options, maxNonces: 10_000 })
  return {
    /** Judges the credentials for our realm; credentials for other realms are as none. */
    check: (request: SipRequest): Verdict =>
      guard.check(
        request,
        username => (Object.hasOwn(options.users, username) ? options.users[username] : undefined),
        Object.keys(options.users),
      ),
    newNonce: (): string => guard.newNonce(),
    /** Makes every nonce stale, as after a restart of the registrar that still knows its key. */
    expire: (): void => guard.expire(),
  }
}
