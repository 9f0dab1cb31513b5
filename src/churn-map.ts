/**
 * A map from strings for entries that come and go fast.
 *
 * V8's own Map links every outgrown table to the next one. Once a dead table has been promoted, it keeps its successors
 * alive, and with them whatever lived in the map at that moment, until a full collection: under load most of the young
 * generation survives. Here entries are chained in buckets that only ever double, so nothing outlives its removal.
 */

interface Link<V> {
  readonly key: string
  readonly hash: number
  value: V
  next: Link<V> | undefined
}

/** FNV-1a. */
const hashOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash
}

export class ChurnMap<V> {
  #buckets: (Link<V> | undefined)[] = new Array(64).fill(undefined)
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    return this.#find(key, hashOf(key))?.value
  }

  set(key: string, value: V): void {
    const hash = hashOf(key)
    const known = this.#find(key, hash)
    if (known) {
      known.value = value
      return
    }
    if (this.#size >= this.#buckets.length) this.#grow()
    const at = hash & (this.#buckets.length - 1)
    this.#buckets[at] = { key, hash, value, next: this.#buckets[at] }
    this.#size += 1
  }

  /** True when there was such a key. */
  delete(key: string): boolean {
    const hash = hashOf(key)
    const at = hash & (this.#buckets.length - 1)
    let before: Link<V> | undefined
    for (let link = this.#buckets[at]; link; before = link, link = link.next) {
      if (link.hash !== hash || link.key !== key) continue
      if (before) before.next = link.next
      else this.#buckets[at] = link.next
      this.#size -= 1
      return true
    }
    return false
  }

  /** The values, in no particular order. What is added meanwhile may be left out. */
  *values(): Generator<V, void> {
    for (const [, value] of this.entries()) yield value
  }

  *entries(): Generator<[string, V], void> {
    for (const bucket of [...this.#buckets]) {
      for (let link = bucket; link; link = link.next) yield [link.key, link.value]
    }
  }

  #find(key: string, hash: number): Link<V> | undefined {
    let link = this.#buckets[hash & (this.#buckets.length - 1)]
    while (link && (link.hash !== hash || link.key !== key)) link = link.next
    return link
  }

  #grow(): void {
    const old = this.#buckets
    const mask = old.length * 2 - 1
    const buckets: (Link<V> | undefined)[] = new Array(old.length * 2).fill(undefined)
    for (let at = 0; at < old.length; at++) {
      for (let link = old[at]; link; ) {
        const { next } = link
        const to = link.hash & mask
        link.next = buckets[to]
        buckets[to] = link
        link = next
      }
      old[at] = undefined
    }
    this.#buckets = buckets
  }
}
