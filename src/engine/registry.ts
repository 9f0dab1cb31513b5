/** Every living actor by its id, and by the key that messages find it with. Sizes return to the idle count after load. */
import type { Entry, Kind } from './entries.ts'

export class Registry {
  readonly #byId = new Map<string, Entry>()
  readonly #byKey = new Map<string, Entry>()

  get size(): number {
    return this.#byId.size
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

  has(entry: Entry): boolean {
    return this.#byId.get(entry.id) === entry
  }

  add(entry: Entry): void {
    this.#byId.set(entry.id, entry)
    if (entry.key !== undefined) this.#byKey.set(entry.key, entry)
  }

  remove(entry: Entry): void {
    if (!this.has(entry)) return
    this.#byId.delete(entry.id)
    if (entry.key !== undefined && this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key)
  }

  /** Puts another entry in the place of one, under the same id and key. */
  replace(entry: Entry, by: Entry): void {
    this.#byId.set(entry.id, by)
    if (entry.key !== undefined && this.#byKey.get(entry.key) === entry) this.#byKey.set(entry.key, by)
    if ('mergeKey' in entry && this.#byKey.get(entry.mergeKey) === entry) this.#byKey.set(entry.mergeKey, by)
  }

  /** A further key for a thing, such as the merge key of a server transaction. */
  bind(key: string, entry: Entry): void {
    this.#byKey.set(key, entry)
  }

  unbind(key: string, entry: Entry): void {
    if (this.#byKey.get(key) === entry) this.#byKey.delete(key)
  }

  *ofKind<K extends Kind>(kind: K): Generator<Extract<Entry, { kind: K }>> {
    for (const entry of this.#byId.values())
      if (entry.kind === kind) yield entry as Extract<Entry, { kind: K }>
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this.#byId.values()
  }
}
