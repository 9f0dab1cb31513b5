/**
 * Keeps timers in order of deadline: one queue a duration, because SIP uses a dozen and within one duration deadlines
 * come in the order of arming; arm and cancel are O(1). Durations beyond the first 64 share a binary heap.
 */
import type { AnyActorRef, AnyEventObject } from 'xstate'

/** One armed timer, linked into its queue (or indexed in the heap) and into the timers of its actor. */
export class TimerEntry {
  /** Whose it is; handed on by `Timers.move`, as the target. */
  actor: AnyActorRef
  readonly id: string
  readonly deadline: number
  readonly delay: number
  readonly event: AnyEventObject
  target: AnyActorRef
  /** Order of arming: decides between equal deadlines. */
  readonly order: number
  /** The next timer of the same actor. */
  sibling: TimerEntry | undefined = undefined
  queue: Queue | undefined = undefined
  previous: TimerEntry | undefined = undefined
  next: TimerEntry | undefined = undefined
  /** Place in the heap, -1 outside it. */
  index = -1

  constructor(
    actor: AnyActorRef,
    id: string,
    deadline: number,
    delay: number,
    event: AnyEventObject,
    target: AnyActorRef,
    order: number,
  ) {
    this.actor = actor
    this.id = id
    this.deadline = deadline
    this.delay = delay
    this.event = event
    this.target = target
    this.order = order
  }
}

interface Queue {
  readonly delay: number
  head: TimerEntry | undefined
  tail: TimerEntry | undefined
}

const before = (a: TimerEntry, b: TimerEntry): boolean =>
  a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order)

const append = (queue: Queue, entry: TimerEntry): void => {
  entry.queue = queue
  entry.previous = queue.tail
  if (queue.tail === undefined) queue.head = entry
  else queue.tail.next = entry
  queue.tail = entry
}

const unlink = (queue: Queue, entry: TimerEntry): void => {
  if (entry.previous === undefined) queue.head = entry.next
  else entry.previous.next = entry.next
  if (entry.next === undefined) queue.tail = entry.previous
  else entry.next.previous = entry.previous
  entry.queue = entry.previous = entry.next = undefined
}

/** A binary heap whose entries know their place, so that any of them can be taken out. */
class Heap {
  readonly items: TimerEntry[] = []

  insert(entry: TimerEntry): void {
    this.items.push(entry)
    this.#up(this.items.length - 1, entry)
  }

  remove(entry: TimerEntry): void {
    const at = entry.index
    const last = this.items.pop()!
    entry.index = -1
    if (last === entry) return
    if (at > 0 && before(last, this.items[(at - 1) >> 1]!)) this.#up(at, last)
    else this.#down(at, last)
  }

  #put(at: number, entry: TimerEntry): void {
    this.items[at] = entry
    entry.index = at
  }

  #up(from: number, entry: TimerEntry): void {
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      if (before(this.items[above]!, entry)) break
      this.#put(at, this.items[above]!)
      at = above
    }
    this.#put(at, entry)
  }

  #down(from: number, entry: TimerEntry): void {
    const { items } = this
    const parents = items.length >> 1
    let at = from
    while (at < parents) {
      let child = 2 * at + 1
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++
      if (before(entry, items[child]!)) break
      this.#put(at, items[child]!)
      at = child
    }
    this.#put(at, entry)
  }
}

export class TimerQueues {
  readonly #most: number
  readonly #byDelay = new Map<number, Queue>()
  readonly #queues: Queue[] = []
  readonly #rest = new Heap()

  /** `most` is the number of durations that get a queue of their own. */
  constructor(most = 64) {
    this.#most = most
  }

  insert(entry: TimerEntry): void {
    const queue = this.#byDelay.get(entry.delay) ?? this.#open(entry.delay)
    // A clock that stepped back would break the order of a queue; the heap does not mind.
    if (queue === undefined || (queue.tail !== undefined && entry.deadline < queue.tail.deadline)) {
      this.#rest.insert(entry)
    } else append(queue, entry)
  }

  remove(entry: TimerEntry): void {
    if (entry.queue === undefined) this.#rest.remove(entry)
    else unlink(entry.queue, entry)
  }

  nextDeadline(): number {
    return this.#first()?.deadline ?? Infinity
  }

  /** Takes out the next timer that is due at `now` and was armed no later than the `last`-th. */
  shift(now: number, last: number): TimerEntry | undefined {
    const first = this.#first()
    if (first === undefined || first.deadline > now || first.order > last) return undefined
    this.remove(first)
    return first
  }

  /** All entries, in no particular order. */
  *[Symbol.iterator](): Generator<TimerEntry, void> {
    for (const { head } of this.#queues) {
      for (let entry = head; entry !== undefined; entry = entry.next) yield entry
    }
    yield* this.#rest.items
  }

  #first(): TimerEntry | undefined {
    let best = this.#rest.items[0]
    for (const { head } of this.#queues) {
      if (head !== undefined && (best === undefined || before(head, best))) best = head
    }
    return best
  }

  /** A queue for a new duration, in the place of an idle one when there are enough; undefined when all are in use. */
  #open(delay: number): Queue | undefined {
    if (this.#queues.length >= this.#most) {
      const idle = this.#queues.findIndex(queue => queue.head === undefined)
      if (idle < 0) return undefined
      this.#byDelay.delete(this.#queues[idle]!.delay)
      this.#queues.splice(idle, 1)
    }
    const queue: Queue = { delay, head: undefined, tail: undefined }
    this.#byDelay.set(delay, queue)
    this.#queues.push(queue)
    return queue
  }
}
