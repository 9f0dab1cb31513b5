/**
 * Every living actor: by its id where the application or a command may name it, by the key that messages find it with,
 * and from the actor itself. Sizes return to the idle count after load.
 */
import type { AnyActorRef } from 'xstate'
import { ChurnMap } from '../churn-map.ts'
import type { Entry, Kind } from './entries.ts'

/** Where an actor carries its entry: a look-up in a map of everything, for every effect, would cost more. */
const entryKey = Symbol('entry')
type Holder = { [entryKey]?: Entry | undefined }

/** The entry of an actor of ours. */
export const entryOf = (actor: AnyActorRef): Entry | undefined => (actor as unknown as Holder)[entryKey]

export const attach = (actor: object, entry: Entry | undefined): void => {
  ;(actor as Holder)[entryKey] = entry
}

/** What only messages look for is not kept by its id: there may be a hundred thousand such rows. */
const isNamed = (entry: Entry): boolean => entry.visible || entry.kind !== 'parked'

export class Registry {
  readonly #byId = new ChurnMap<Entry>()
  readonly #byKey = new ChurnMap<Entry>()
  #unnamed = 0

  /** How many things live. */
  get size(): number {
    return this.#byId.size + this.#unnamed
  }

  get keys(): number {
    return this.#byKey.size
  }

  get(id: string): Entry | undefined {
    return this.#byId.get(id)
  }

  find(key: string): Entry | undefined {
    return this.#byKey.get(key)
  }

  add(entry: Entry): void {
    entry.alive = true
    if (isNamed(entry)) this.#byId.set(entry.id, entry)
    else this.#unnamed += 1
    if (entry.key !== undefined) this.#byKey.set(entry.key, entry)
  }

  remove(entry: Entry): void {
    if (!entry.alive) return
    entry.alive = false
    if (isNamed(entry)) this.#byId.delete(entry.id)
    else this.#unnamed -= 1
    if (entry.key !== undefined) this.unbind(entry.key, entry)
    if (entry.kind === 'parked' && entry.mergeKey !== undefined) this.unbind(entry.mergeKey, entry)
  }

  /** Puts another entry in the place of one, under the same id and keys. */
  replace(entry: Entry, by: Entry): void {
    entry.alive = false
    by.alive = true
    if (isNamed(by)) this.#byId.set(by.id, by)
    else {
      this.#byId.delete(entry.id)
      this.#unnamed += 1
    }
    for (const key of [entry.key, 'mergeKey' in entry ? entry.mergeKey : undefined]) {
      if (key !== undefined && this.#byKey.get(key) === entry) this.#byKey.set(key, by)
    }
  }

  /** A further key for a thing, such as the merge key of a server transaction. */
  bind(key: string, entry: Entry): void {
    this.#byKey.set(key, entry)
  }

  unbind(key: string, entry: Entry): void {
    if (this.#byKey.get(key) === entry) this.#byKey.delete(key)
  }

  *ofKind<K extends Kind>(kind: K): Generator<Extract<Entry, { kind: K }>> {
    for (const entry of this) if (entry.kind === kind) yield entry as Extract<Entry, { kind: K }>
  }

  *[Symbol.iterator](): Generator<Entry> {
    yield* this.#byId.values()
    for (const [key, entry] of this.#byKey.entries()) if (!isNamed(entry) && entry.key === key) yield entry
  }
}
