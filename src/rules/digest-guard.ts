/**
 * A server that lets in who knows a password: challenges, nonces without memory, counts that come once. RFC 7616 §3.3,
 * §3.4, §5.4; RFC 3261 §22; RFC 8760.
 *
 * A nonce says when it was made and is signed, so that none has to be kept. Kept are the counts of those that have served,
 * and not without end: a nonce older than what was forgotten is stale.
 */
import type { Digest } from '../engine/ports.ts'
import { encodeUtf8 } from '../message/bytes.ts'
import type { AuthValue, HeaderPair, SipRequest } from '../message/types.ts'
import { algorithmOf, type Qop, sameSecret } from './digest-hash.ts'
import { makeChallenge, type PasswordOf, verify } from './digest-server.ts'
import { hmac, toHex } from './hmac.ts'
import { sameText } from './text.ts'

/** How a server asks who is there. */
export interface DigestGuardOptions {
  readonly realm: string
  /** One challenge of each, in this order. RFC 8760 §2.4 */
  readonly algorithms: readonly string[]
  /** Empty for a challenge of RFC 2069. */
  readonly qop: readonly Qop[]
  /** Milliseconds until a nonce is stale. */
  readonly nonceLifetime: number
  /** Nonces whose counts are kept. */
  readonly maxNonces: number
}

/** What it needs of a platform. */
export interface GuardPorts {
  readonly clock: { now(): number }
  readonly random: { bytes(length: number): Uint8Array }
  readonly digest: Digest
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

interface Counts {
  readonly serial: number
  highest: number
  /** Which of the 32 counts up to the highest have come, the highest in the lowest bit. */
  seen: number
}

/** True for a count that has not come yet and is not too far behind to tell; it has come now. */
const comesOnce = (counts: Counts, nc: number): boolean => {
  const ahead = nc - counts.highest
  if (ahead > 0) {
    counts.seen = ahead < 32 ? (counts.seen << ahead) | 1 : 1
    counts.highest = nc
    return true
  }
  const bit = ahead > -32 ? 1 << -ahead : 0
  if (bit === 0 || (counts.seen & bit) !== 0) return false
  counts.seen |= bit
  return true
}

export class DigestGuard {
  readonly #ports: GuardPorts
  readonly #options: DigestGuardOptions
  readonly #key: Uint8Array
  readonly #counts = new Map<string, Counts>()
  #serial = 0
  /** Nonces up to this one are stale. */
  #floor = 0

  constructor(ports: GuardPorts, options: DigestGuardOptions) {
    this.#ports = ports
    this.#options = options
    this.#key = ports.random.bytes(32)
  }

  /** The credentials for our realm; those for others are as none. */
  credentials(request: SipRequest): AuthValue | undefined {
    const values = request.parsed('authorization') ?? []
    return values.find(
      ({ scheme, params }) => sameText(scheme, 'Digest') && params.get('realm') === this.#options.realm,
    )
  }

  /** Judges a request. `usernames`: those that may come hashed. */
  check(request: SipRequest, password: PasswordOf, usernames: readonly string[] = []): Verdict {
    const authorization = this.credentials(request)
    // A first request may name the user with an empty response (RFC 3310 §3.1): that is a question, not a guess.
    if (!authorization || authorization.params.get('response') === '') {
      return { wrong: false, headers: this.challenges(false) }
    }
    const verified = verify({
      authorization,
      method: request.method,
      body: request.body,
      nonceKnown: (nonce, nc) => this.#judge(nonce, nc),
      password,
      usernames,
      digest: this.#ports.digest,
    })
    if (verified.ok && this.#offered(authorization, request)) return { username: verified.username }
    const why = verified.ok ? 'wrong' : verified.why
    return { wrong: why === 'wrong' || why === 'malformed', headers: this.challenges(why === 'stale') }
  }

  /** Headers of a 401. */
  challenges(stale: boolean): readonly HeaderPair[] {
    const { realm, algorithms, qop } = this.#options
    const nonce = this.newNonce()
    return algorithms.map(
      (algorithm): HeaderPair => ['WWW-Authenticate', makeChallenge({ realm, nonce, algorithm, qop, stale })],
    )
  }

  newNonce(): string {
    const { clock, random } = this.#ports
    this.#serial += 1
    const body = `${Math.floor(clock.now()).toString(36)}.${this.#serial.toString(36)}.${toHex(random.bytes(8))}`
    return `${body}.${this.#sign(body)}`
  }

  /** Makes every nonce stale. */
  expire(): void {
    this.#floor = this.#serial
    this.#counts.clear()
  }

  #sign(body: string): string {
    const { realm } = this.#options
    return hmac(this.#ports.digest, 'SHA-256', this.#key, encodeUtf8(`${body}\n${realm}`)).slice(0, 32)
  }

  #judge(nonce: string, nc: number): 'good' | 'stale' | 'unknown' {
    const end = nonce.lastIndexOf('.')
    const body = nonce.slice(0, Math.max(end, 0))
    if (!sameSecret(this.#sign(body), nonce.slice(end + 1))) return 'unknown'
    const [time = '', count = ''] = body.split('.')
    const serial = Number.parseInt(count, 36)
    const age = this.#ports.clock.now() - Number.parseInt(time, 36)
    if (age >= this.#options.nonceLifetime || serial <= this.#floor) return 'stale'
    if (nc === 0) return 'good'
    let counts = this.#counts.get(nonce)
    if (!counts) {
      counts = { serial, highest: 0, seen: 0 }
      this.#counts.set(nonce, counts)
      if (this.#counts.size > this.#options.maxNonces) this.#forgetOldest()
    }
    // A count seen before is a replay. RFC 7616 §3.4.
    return comesOnce(counts, nc) ? 'good' : 'stale'
  }

  #forgetOldest(): void {
    const [nonce, { serial }] = this.#counts.entries().next().value!
    this.#counts.delete(nonce)
    this.#floor = Math.max(this.#floor, serial)
  }

  /** It answers a challenge of ours and no weaker one, for this very request. */
  #offered({ params }: AuthValue, request: SipRequest): boolean {
    const { algorithms, qop } = this.#options
    const named = params.get('qop')?.toLowerCase()
    return (
      algorithms.some(name => sameText(name, params.get('algorithm') ?? 'MD5')) &&
      (named === undefined ? qop.length === 0 : qop.some(name => name === named)) &&
      params.get('uri') === request.uri
    )
  }
}

/** True for an algorithm that a server can verify by a password. */
export const isVerifiable = (name: string): boolean => {
  const algorithm = algorithmOf(name)
  return algorithm !== undefined && algorithm.aka === undefined
}
