/**
 * Requests outside dialogs that no object of an application claims: they came to a connection of the server itself, or to
 * one that all share. While it is not known whose they are they wait, and what becomes of them waits with them.
 */
import type { EngineEvent, EnginePort, Id } from '../engine/commands.ts'
import type { Clock, Source } from '../engine/ports.ts'
import { isSipError } from '../errors.ts'
import type { HeaderPair } from '../message/types.ts'
import type { Applications } from './applications.ts'
import type { Birth, Claim, Claimer, ClaimHook, Unclaimed } from './claims.ts'
import type { Owner } from './owner.ts'
import type { Owners } from './owners.ts'
import { refusalOf } from './refusals.ts'

/** Temporarily unavailable: nobody is there. RFC 3261 §21.4.18 */
const unavailable = 480

/** True for an event that begins something with a request of a peer. */
export const isUnclaimed = (event: EngineEvent): event is Birth =>
  'connection' in event && 'request' in event && 'id' in event && refusalOf(event, unavailable) !== undefined

export interface UnclaimedParts {
  readonly engine: Pick<EnginePort, 'dispatch'>
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>
  readonly owners: Owners<Owner>
  readonly applications: Applications
  /** Says whose they are, instead of what the applications have said. */
  readonly hook?: ClaimHook | undefined
  /** How long an answer may take, in milliseconds. */
  readonly patience: number
  claimers(): readonly Claimer[]
  networkOf(connection: Id): string
}

/** Keeps what is told of a request until it is known whose it is. */
class Waiting implements Owner {
  events: EngineEvent[] = []
  over = false
  /** Nobody needs to look any more whose it is. */
  giveUp = (): void => {}

  take(event: EngineEvent): void {
    this.events.push(event)
    // Its caller does not want it any more, whatever else is to happen to it.
    if (event.type !== 'closed' && event.type !== 'canceled') return
    this.over = true
    this.giveUp()
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
    const { clock, owners, hook, patience, applications, networkOf } = this.#parts
    const { id, request } = birth
    const waiting = new Waiting()
    owners.give(id, waiting)
    const timer = clock.setTimeout(() => this.#late(id), patience)
    this.#open.set(id, { timer, owner: waiting, birth })
    const networkId = networkOf(birth.connection)
    const from = 'from' in birth ? (birth.from as Source) : undefined
    const settle = (claim: Claim): void => this.#settle(birth, waiting, networkId, claim)
    const unclaimed = { request, networkId, from }
    if (hook) this.#ask(hook, unclaimed, settle)
    else waiting.giveUp = applications.resolve(birth, unclaimed, settle)
  }

  #ask(hook: ClaimHook, unclaimed: Unclaimed, settle: (claim: Claim) => void): void {
    const fail = (): void => settle({ status: unavailable })
    try {
      const claim = hook(unclaimed, this.#parts.claimers())
      if (claim instanceof Promise) void claim.then(settle).catch(fail)
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
    if ('status' in claim) return this.#refuse(birth, claim.status, { headers: claim.headers })
    const claimer = claimers().find(({ client }) => client === claim.client)
    if (!claimer) return this.#refuse(birth, unavailable)
    open.owner = claimer
    for (const id of [...owners.held(waiting)]) owners.give(id, claimer)
    claimer.adopt(birth, networkId)
    for (const event of waiting.events) claimer.take(event)
  }

  /** `owner`: who hears of its end. */
  #refuse(
    birth: Birth,
    status: number,
    { owner = nobody, headers }: { owner?: Owner; headers?: readonly HeaderPair[] | undefined } = {},
  ): void {
    const { engine, owners } = this.#parts
    this.answered(birth.id)
    owners.give(birth.id, owner)
    try {
      engine.dispatch(refusalOf(birth, status, headers)!)
    } catch (error) {
      // It has had its answer already.
      if (!isSipError(error)) throw error
    }
  }

  #late(id: Id): void {
    const open = this.#open.get(id)
    if (!open) return
    const { owner, birth } = open
    if (owner instanceof Waiting) {
      owner.giveUp()
      return this.#refuse(birth, unavailable)
    }
    owner.take({ type: 'unanswered', id })
    this.#refuse(birth, unavailable, { owner })
  }
}
