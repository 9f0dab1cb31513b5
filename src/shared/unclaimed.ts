/**
 * Requests outside dialogs that no object of an application claims: they came to a connection of the server itself, or to
 * one that all share. A hook says whose they are; meanwhile they wait, and what becomes of them waits with them.
 */
import type { EngineEvent, EnginePort, Id } from '../engine/commands.ts'
import type { Clock, Source } from '../engine/ports.ts'
import { isSipError } from '../errors.ts'
import type { SipRequest } from '../message/types.ts'
import type { Owner } from './owner.ts'
import type { Owners } from './owners.ts'
import { refusalOf } from './refusals.ts'
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
  /** The networks on which it has connections. */
  readonly networks: readonly string[]
}

/** Whose it is; or what the peer is answered. */
export type Claim = Candidate | { readonly status: number }

/**
 * Says which application gets a request. A promise may take its time (an application that has to be started first); after
 * 0.9·64·T1 the peer gets 480 whatever comes of it, and a call that its caller takes back is told nobody.
 */
export type ClaimHook = (unclaimed: Unclaimed, candidates: readonly Candidate[]) => Claim | Promise<Claim>

/** Temporarily unavailable: nobody is there. RFC 3261 §21.4.18 */
const unavailable = 480

/** The one who has a connection on that network, else who came first. */
export const firstComer: ClaimHook = ({ networkId }, candidates) => {
  const able = candidates.filter(({ scopes }) => scopes.includes('send'))
  return able.find(({ networks }) => networks.includes(networkId)) ?? able[0] ?? { status: unavailable }
}

type Birth = EngineEvent & { readonly id: Id; readonly connection: Id; readonly request: SipRequest }

/** True for an event that begins something with a request of a peer. */
export const isUnclaimed = (event: EngineEvent): event is Birth =>
  'connection' in event && 'request' in event && 'id' in event && refusalOf(event, unavailable) !== undefined

/** An application as this part sees it. */
export interface Claimer extends Candidate, Owner {
  /** Gets a request that is its own now. */
  adopt(birth: EngineEvent, networkId: string): void
}

export interface UnclaimedParts {
  readonly engine: Pick<EnginePort, 'dispatch'>
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>
  readonly owners: Owners<Owner>
  readonly hook: ClaimHook
  /** How long an answer may take, in milliseconds. */
  readonly patience: number
  claimers(): readonly Claimer[]
  networkOf(connection: Id): string
}

/** Keeps what is told of a request until it is known whose it is. */
class Waiting implements Owner {
  events: EngineEvent[] = []
  over = false

  take(event: EngineEvent): void {
    this.events.push(event)
    if (event.type === 'closed') this.over = true
  }
}

/** Hears what becomes of a request that was answered for nobody. */
const nobody: Owner = { take: () => undefined }

export class UnclaimedRequests {
  readonly #parts: UnclaimedParts
  /** Those without an answer, and whose they are by now. */
  readonly #open = new Map<Id, { readonly timer: unknown; owner: Owner; readonly birth: Birth }>()

  constructor(parts: UnclaimedParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#open.size
  }

  take(birth: Birth): void {
    const { clock, owners, hook, patience, claimers, networkOf } = this.#parts
    const { id, request } = birth
    const waiting = new Waiting()
    owners.give(id, waiting)
    const timer = clock.setTimeout(() => this.#late(id), patience)
    this.#open.set(id, { timer, owner: waiting, birth })
    const networkId = networkOf(birth.connection)
    const from = 'from' in birth ? (birth.from as Source) : undefined
    const settle = (claim: Claim): void => this.#settle(birth, waiting, networkId, claim)
    const fail = (): void => settle({ status: unavailable })
    try {
      const claim = hook({ request, networkId, from }, claimers())
      if (claim instanceof Promise) void claim.then(settle, fail)
      else settle(claim)
    } catch {
      fail()
    }
  }

  /** Somebody has dealt with it, or it is over. */
  answered(id: Id): void {
    const open = this.#open.get(id)
    if (!open) return
    this.#parts.clock.clearTimeout(open.timer)
    this.#open.delete(id)
  }

  #settle(birth: Birth, waiting: Waiting, networkId: string, claim: Claim): void {
    const { owners, claimers } = this.#parts
    const open = this.#open.get(birth.id)
    // Its caller has taken it back, or the answer took too long.
    if (waiting.over || open?.owner !== waiting) return
    if ('status' in claim) return this.#refuse(birth, claim.status)
    const claimer = claimers().find(({ client }) => client === claim.client)
    if (!claimer) return this.#refuse(birth, unavailable)
    open.owner = claimer
    for (const id of [...owners.held(waiting)]) owners.give(id, claimer)
    claimer.adopt(birth, networkId)
    for (const event of waiting.events) claimer.take(event)
  }

  /** `owner`: who hears of its end. */
  #refuse(birth: Birth, status: number, owner = nobody): void {
    const { engine, owners } = this.#parts
    this.answered(birth.id)
    owners.give(birth.id, owner)
    try {
      engine.dispatch(refusalOf(birth, status)!)
    } catch (error) {
      // It has had its answer already.
      if (!isSipError(error)) throw error
    }
  }

  #late(id: Id): void {
    const open = this.#open.get(id)
    if (!open) return
    const { owner, birth } = open
    if (owner instanceof Waiting) return this.#refuse(birth, unavailable)
    owner.take({ type: 'unanswered', id })
    this.#refuse(birth, unavailable, owner)
  }
}
