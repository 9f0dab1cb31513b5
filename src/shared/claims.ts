/** Requests that no object of an application claims, and who may have them. */
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { Source } from '../engine/ports.ts'
import type { HeaderPair, SipRequest } from '../message/types.ts'
import type { ClientCapabilities } from '../rules/capabilities.ts'
import type { Owner } from './owner.ts'
import type { Scope } from './scopes.ts'

/** A request that nobody claims. */
export interface Unclaimed {
  readonly request: SipRequest
  /** The network it came by. */
  readonly networkId: string
  readonly from: Source | undefined
}

/** An application that could have it. */
export interface Candidate {
  /** Its name. */
  readonly client: string
  readonly scopes: readonly Scope[]
  /** The networks on which it has connections; `*` for one on all of them. */
  readonly networks: readonly string[]
}

/** Whose it is, by name; or what the peer is answered. */
export type Claim =
  | Pick<Candidate, 'client'>
  | { readonly status: number; readonly headers?: readonly HeaderPair[] }

/**
 * Says which application gets a request, instead of what their documents say. A promise may take its time; after
 * 0.9·64·T1 the peer gets 480 whatever comes of it, and a call that its caller takes back is told nobody.
 */
export type ClaimHook = (unclaimed: Unclaimed, candidates: readonly Candidate[]) => Claim | Promise<Claim>

/** An event that begins something with a request of a peer. */
export type Birth = EngineEvent & { readonly id: Id; readonly connection: Id; readonly request: SipRequest }

/** An application, as the parts see it that give out requests. */
export interface Claimer extends Candidate, Owner {
  /** What it has said that it can do. */
  readonly capabilities: ClientCapabilities | undefined
  /** It uses this profile, by a line or otherwise. */
  uses(profile: Id): boolean
  /** It has what a request takes that came to this connection: one on that network, somebody who listens, a use of its profile. */
  isReady(connection: Id): boolean
  /** Gets a request that is its own now. */
  adopt(birth: EngineEvent, networkId: string): void
}
