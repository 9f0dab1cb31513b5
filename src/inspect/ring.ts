/** The last frames of an engine, no more than a limit: what was dropped is counted, never a silent hole. */

/** What a ring holds: its numbers rise, also over gaps. */
export interface Numbered {
  readonly seq: number
}

/** A bounded row of numbered items in rising order. */
export class Ring<Item extends Numbered> {
  /** Most items held. */
  readonly capacity: number
  /** Items that were pushed out. */
  #dropped = 0
  /** Filled from the start once it has its full length; before, `#head` is 0. */
  #items: Item[] = []
  #head = 0

  /** @param capacity most items held; default 100,000 */
  constructor(capacity = 100_000) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError('a ring holds one item at least')
    this.capacity = capacity
  }

  /** Items held. */
  get length(): number {
    return this.#items.length
  }

  /** Items that were pushed out so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** Number of the oldest item held; 0 when there is none. */
  get first(): number {
    return this.at(0)?.seq ?? 0
  }

  /** Number of the newest item; 0 when there is none. */
  get last(): number {
    return this.at(this.length - 1)?.seq ?? 0
  }

  /** Takes the next item. @returns the one it pushed out */
  push(item: Item): Item | undefined {
    if (this.#items.length < this.capacity) {
      this.#items.push(item)
      return undefined
    }
    const old = this.#items[this.#head]
    this.#items[this.#head] = item
    this.#head = this.#head + 1 === this.capacity ? 0 : this.#head + 1
    this.#dropped += 1
    return old
  }

  /** The item at that place, 0 the oldest. */
  at(place: number): Item | undefined {
    if (place < 0 || place >= this.#items.length) return undefined
    const index = this.#head + place
    return this.#items[index < this.#items.length ? index : index - this.#items.length]
  }

  /** Place of the first item whose number is not below that one; `length` when there is none. */
  place(seq: number): number {
    // Without gaps the number tells the place.
    const guess = seq - this.first
    if (this.at(guess)?.seq === seq) return guess
    let [low, high] = [0, this.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.at(middle)!.seq < seq) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The item with that number. */
  get(seq: number): Item | undefined {
    const item = this.at(this.place(seq))
    return item?.seq === seq ? item : undefined
  }

  /** Items numbered `from` to `to`, both included, the oldest first. */
  *between(from: number, to = Number.POSITIVE_INFINITY): Generator<Item> {
    for (let place = this.place(from); place < this.length; place += 1) {
      const item = this.at(place)!
      if (item.seq > to) return
      yield item
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#items = []
    this.#head = 0
    this.#dropped = 0
  }
}
