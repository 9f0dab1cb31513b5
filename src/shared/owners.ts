/** Who has which object. */

import { ChurnMap } from '../churn-map.ts'
import type { EngineEvent, Id } from '../engine/commands.ts'
import { deliveryOf, idsOf, overWith } from './deliveries.ts'

interface Owned<Owner> {
  readonly owner: Owner
  /** Ids that were lent while it lives. */
  lent?: Id[]
  /** The object it was lent with. */
  readonly lender?: Id
}

export class Owners<Owner extends object> {
  readonly #owned = new ChurnMap<Owned<Owner>>()

  /** How many ids belong to somebody. */
  get size(): number {
    return this.#owned.size
  }

  of(id: Id): Owner | undefined {
    return this.#owned.get(id)?.owner
  }

  give(id: Id, owner: Owner): void {
    this.#owned.set(id, { owner })
  }

  take(id: Id): void {
    const owned = this.#owned.get(id)
    if (!owned) return
    this.#owned.delete(id)
    for (const lent of owned.lent ?? []) this.#owned.delete(lent)
    const lender = owned.lender === undefined ? undefined : this.#owned.get(owned.lender)
    if (lender?.lent) lender.lent = lender.lent.filter(other => other !== id)
  }

  /** An id that ends with another. */
  lend(id: Id, with_: Id): void {
    const lender = this.#owned.get(with_)
    if (!lender || this.#owned.get(id) !== undefined) return
    ;(lender.lent ??= []).push(id)
    this.#owned.set(id, { owner: lender.owner, lender: with_ })
  }

  /** Whom an event is for; what comes to be with it is theirs from now on. Ends are noted by `settle`. */
  route(event: EngineEvent): Owner | undefined {
    const { to, makes, lends } = deliveryOf(event)
    if (to === 'everybody') return undefined
    const about = idsOf(event, to).find(id => this.#owned.get(id) !== undefined)
    if (about === undefined) return undefined
    const { owner } = this.#owned.get(about)!
    for (const id of idsOf(event, makes)) if (this.#owned.get(id) === undefined) this.give(id, owner)
    for (const id of idsOf(event, lends)) this.lend(id, about)
    return owner
  }

  /** What has ended with an event belongs to nobody any more. */
  settle(event: EngineEvent): void {
    for (const id of overWith(event)) this.take(id)
    for (const id of idsOf(event, deliveryOf(event).returns)) this.take(id)
  }

  /** All that one has, the oldest first. */
  *held(by: Owner): Generator<Id> {
    for (const [id, { owner }] of this.#owned.entries()) if (owner === by) yield id
  }
}
