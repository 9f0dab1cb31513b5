/**
 * The digest side of the test registrar: nonces with a life, challenges, verdicts. RFC 7616, RFC 3261 §22.
 */
import type { Platform } from '../engine/ports.ts'
import type { HeaderPair, SipRequest } from '../message/types.ts'
import { type ChallengeInput, makeChallenge, verify } from '../rules/digest-server.ts'

/** Nonces kept; the oldest go first. Who comes with a forgotten one is challenged anew. */
const maxNonces = 10_000

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

/** Who sent the request, or how to ask. */
export type Verdict =
  | { readonly username: string }
  | {
      readonly username?: never
      /** Credentials were there and were wrong (not merely stale). */
      readonly wrong: boolean
      readonly headers: readonly HeaderPair[]
    }

interface Nonce {
  readonly until: number
  /** Highest count seen. */
  count: number
}

const hex = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

export const createRegistrarAuth = (platform: Platform, options: RegistrarAuthOptions) => {
  const { clock, random, digest } = platform
  const nonces = new Map<string, Nonce>()

  const newNonce = (): string => {
    const nonce = hex(random.bytes(16))
    nonces.set(nonce, { until: clock.now() + options.nonceLifetime, count: 0 })
    if (nonces.size > maxNonces) nonces.delete(nonces.keys().next().value!)
    return nonce
  }

  const challenges = (stale: boolean): readonly HeaderPair[] => {
    const nonce = newNonce()
    return options.algorithms.map(algorithm => {
      const input: ChallengeInput = { realm: options.realm, nonce, algorithm, qop: options.qop, stale }
      return ['WWW-Authenticate', makeChallenge(input)]
    })
  }

  const judge = (nonce: string, count: number): 'good' | 'stale' | 'unknown' => {
    const known = nonces.get(nonce)
    if (!known) return 'unknown'
    // A count seen before is a replay. RFC 7616 §3.4.
    if (clock.now() >= known.until || (count > 0 && count <= known.count)) return 'stale'
    known.count = Math.max(known.count, count)
    return 'good'
  }

  const offered = (algorithm: string): boolean =>
    options.algorithms.some(name => name.toUpperCase() === algorithm.toUpperCase())

  return {
    /** Judges the credentials for our realm; credentials for other realms are as none. */
    check: (request: SipRequest): Verdict => {
      const values = request.parsed('authorization') ?? []
      const authorization = values.find(({ params }) => params.get('realm') === options.realm)
      // A first request may name the user with an empty response (RFC 3310 §3.1): that is a question, not a guess.
      if (!authorization || authorization.params.get('response') === '') {
        return { wrong: false, headers: challenges(false) }
      }
      const verified = verify({
        authorization,
        method: request.method,
        body: request.body,
        nonceKnown: judge,
        password: username => (Object.hasOwn(options.users, username) ? options.users[username] : undefined),
        usernames: Object.keys(options.users),
        digest,
      })
      const ours =
        offered(authorization.params.get('algorithm') ?? 'MD5') &&
        options.qop.length > 0 === authorization.params.has('qop') &&
        authorization.params.get('uri') === request.uri
      if (verified.ok && ours) return { username: verified.username }
      const why = verified.ok ? 'wrong' : verified.why
      return { wrong: why === 'wrong' || why === 'malformed', headers: challenges(why === 'stale') }
    },
    newNonce,
    /** Makes every nonce stale, as after a restart of the registrar that still knows its key. */
    expire: (): void => {
      for (const [nonce, { count }] of nonces) nonces.set(nonce, { until: Number.NEGATIVE_INFINITY, count })
    },
  }
}
