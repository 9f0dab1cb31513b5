/**
 * Credentials and nonces that have served, by who used them and where. RFC 3261 §22.1, §22.3; RFC 7616 §3.3, §3.6.
 *
 * The use of a nonce is one object for all who use it, so that its count is never used twice.
 */
import type { DigestChallenge } from '../rules/digest.ts'
import type { KnownCredentials } from '../rules/digest-credentials.ts'
import type { Id } from './commands.ts'
import type { Limits } from './limits.ts'
import type { Clock } from './ports.ts'

/** How a nonce was used so far. */
export interface NonceUse {
  count: number
  /** With `-sess` one for all requests, since the session key is made of it. RFC 7616 §3.4.2 */
  cnonce?: string
}

/** A challenge, and how its nonce was used: by a server and by a proxy it may be the same one. */
export interface Nonce {
  readonly challenge: DigestChallenge
  readonly use: NonceUse
}

/** What one realm at one place knows us by. */
export interface Space {
  /** The connection or registration that it belongs to. */
  readonly scope: Id
  readonly places: readonly string[]
  readonly realm: string
  readonly proxy: boolean
  readonly credentials: KnownCredentials
  /** Learnt by REGISTER. */
  readonly registrar: boolean
  /** Requests that bring no credentials of their own may use it. */
  readonly shared: boolean
  nonce: Nonce
  /** The server has taken them. */
  proven: boolean
  usedAt: number
}

const within = (space: Space, scope: Id, places: readonly string[]): boolean =>
  space.scope === scope && space.places.some(place => places.includes(place))

export class CredentialStore {
  readonly #clock: Clock
  readonly #limits: Limits
  #spaces: Space[] = []
  readonly #uses = new Map<string, NonceUse>()

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** True while there is nothing that a request could be authorised with. */
  get empty(): boolean {
    return this.#spaces.length === 0
  }

  /** The nonce of a challenge, with its count when it is known. */
  nonce(challenge: DigestChallenge): Nonce {
    const key = `${challenge.realm}\n${challenge.nonce}`
    const known = this.#uses.get(key)
    if (known) return { challenge, use: known }
    const use: NonceUse = { count: 0 }
    this.#uses.set(key, use)
    if (this.#uses.size > 4 * this.#limits.credentialSpaces)
      this.#uses.delete(this.#uses.keys().next().value!)
    return { challenge, use }
  }

  /** Remembers what a realm was answered with, in place of what it was answered with before. */
  keep(space: Omit<Space, 'proven' | 'usedAt'>): Space {
    const kept = { ...space, proven: false, usedAt: this.#clock.now() }
    this.#spaces = this.#spaces.filter(
      other =>
        !(
          other.realm === space.realm &&
          other.proxy === space.proxy &&
          within(other, space.scope, space.places)
        ),
    )
    this.#spaces.push(kept)
    if (this.#spaces.length > this.#limits.credentialSpaces) {
      this.drop(this.#spaces.reduce((oldest, other) => (other.usedAt < oldest.usedAt ? other : oldest)))
    }
    return kept
  }

  /** What the server took at one of these places, and not too long ago. */
  find(scope: Id, places: readonly string[]): readonly Space[] {
    const since = this.#clock.now() - this.#limits.credentialLifetime
    if (this.#spaces.some(({ usedAt }) => usedAt < since))
      this.#spaces = this.#spaces.filter(({ usedAt }) => usedAt >= since)
    return this.#spaces.filter(space => space.proven && within(space, scope, places))
  }

  /** Realms in which the registrar has asked. */
  registrarRealms(scope: Id): readonly string[] {
    return this.#spaces.filter(space => space.scope === scope && space.registrar).map(({ realm }) => realm)
  }

  used(space: Space): void {
    space.usedAt = this.#clock.now()
  }

  drop(space: Space): void {
    this.#spaces = this.#spaces.filter(other => other !== space)
  }

  /** Forgets the credentials of one realm, or all. Counts of nonces stay. */
  clear(realm?: string): void {
    this.#spaces = realm === undefined ? [] : this.#spaces.filter(space => space.realm !== realm)
  }

  /** A connection or registration has ended. */
  forget(scope: Id): void {
    if (this.#spaces.length > 0) this.#spaces = this.#spaces.filter(space => space.scope !== scope)
  }
}
