/**
 * A clock that moves only when told to: hours of protocol in milliseconds of test, the same every time.
 */
import type { Clock } from '../engine/ports.ts'
import { SipError } from '../errors.ts'

/** More callbacks than this at one instant are a loop of zero-length timers, not a test. */
const maxCallbacksAtOneInstant = 1_000_000

/** How often `settle` lets the microtask queue run. Promise chains of the resolver and of user code are far shorter. */
const turnsToSettle = 50

/** Settings of a virtual clock. */
export interface VirtualClockOptions {
  /** What `now()` says at first, in milliseconds. Default 0. */
  readonly start?: number
}

/** A {@link Clock} for tests. Nothing happens until `advance`, `run` or `runUntil` is called. */
export interface VirtualClock extends Clock {
  /** Timers that are armed. */
  readonly pending: number
  /** When the next timer is due, in milliseconds of this clock; `undefined` when none is armed. */
  readonly next: number | undefined
  /**
   * Moves time on by `milliseconds` and runs what falls due, in order of deadline, ties in order of arming; also
   * what those callbacks arm. Synchronous: promises settle only after it returns, so prefer {@link VirtualClock.run}
   * where resolvers or user code await something. An error thrown by a callback leaves through here.
   *
   * @throws SipError `argument` for a negative or infinite time, or when called from inside a callback.
   */
  advance(milliseconds: number): void
  /** As `advance`, but stops at every deadline and lets promises settle there before it goes on. */
  run(milliseconds: number): Promise<void>
  /**
   * Goes from deadline to deadline until `predicate` holds; looks once at the start and after every step.
   * Rejects with SipError `timeout` when `limit` milliseconds (default 120,000) have passed in vain; time has then moved on by `limit`.
   */
  runUntil(predicate: () => boolean, limit?: number): Promise<void>
  /** Lets promises settle without moving time. Timers that are due now do not run. */
  settle(): Promise<void>
}

interface Timer {
  readonly deadline: number
  readonly order: number
  callback: (() => void) | undefined
}

const before = (a: Timer, b: Timer): boolean =>
  a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order)

/** A binary heap of timers, the earliest on top. */
const createHeap = () => {
  const items: Timer[] = []

  const push = (timer: Timer): void => {
    let index = items.push(timer) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(timer, items[parent]!)) break
      items[index] = items[parent]!
      index = parent
    }
    items[index] = timer
  }

  const pop = (): void => {
    const last = items.pop()!
    const size = items.length
    if (size === 0) return
    let index = 0
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && before(items[child + 1]!, items[child]!)) child += 1
      if (!before(items[child]!, last)) break
      items[index] = items[child]!
      index = child
    }
    items[index] = last
  }

  return { push, pop, top: (): Timer | undefined => items[0] }
}

/**
 * Makes a clock that stands still until it is moved. Whoever awaits what takes time, waits for ever while nobody moves it:
 * keep the promise, run the clock, then wait.
 *
 * @example
 * const clock = virtualClock()
 * const sip = createSip({ platform: simulatedNetwork({ clock }).platform({ host: '192.0.2.1' }) })
 * const closed = sip.close()
 * await clock.run(60_000)
 * await closed
 */
export const virtualClock = (options: VirtualClockOptions = {}): VirtualClock => {
  const heap = createHeap()
  let now = options.start ?? 0
  let order = 0
  let pending = 0
  let running = false

  /** The earliest armed timer; cancelled ones are taken off on the way. */
  const earliest = (): Timer | undefined => {
    let top = heap.top()
    while (top && !top.callback) {
      heap.pop()
      top = heap.top()
    }
    return top
  }

  /** Runs all that is due at or before `until` and at the first deadline only; false when there is nothing. */
  const step = (until: number): boolean => {
    const first = earliest()
    if (!first || first.deadline > until) return false
    now = Math.max(now, first.deadline)
    let budget = maxCallbacksAtOneInstant
    for (let timer: Timer | undefined = first; timer && timer.deadline <= now; timer = earliest()) {
      if (budget-- === 0) throw new SipError('argument', 'timers of no length arm each other for ever')
      heap.pop()
      const callback = timer.callback!
      timer.callback = undefined
      pending -= 1
      callback()
    }
    return true
  }

  const guarded = (until: number): boolean => {
    if (running) throw new SipError('argument', 'the clock is moved from inside one of its callbacks')
    running = true
    try {
      return step(until)
    } finally {
      running = false
    }
  }

  const deadlineOf = (milliseconds: number): number => {
    if (milliseconds >= 0 && milliseconds < Number.POSITIVE_INFINITY) return now + milliseconds
    throw new SipError('argument', `cannot move time by ${milliseconds} ms`)
  }

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < turnsToSettle; turn += 1) await Promise.resolve()
  }

  return {
    now: () => now,
    setTimeout: (callback, milliseconds) => {
      // As hosts do: what is no positive number is zero.
      const timer: Timer = { deadline: now + Math.max(0, milliseconds || 0), order: order++, callback }
      pending += 1
      heap.push(timer)
      return timer
    },
    clearTimeout: handle => {
      const timer = handle as Timer | undefined
      if (!timer?.callback) return
      timer.callback = undefined
      pending -= 1
    },
    get pending() {
      return pending
    },
    get next() {
      return earliest()?.deadline
    },
    advance: milliseconds => {
      const until = deadlineOf(milliseconds)
      while (guarded(until));
      now = until
    },
    run: async milliseconds => {
      const until = deadlineOf(milliseconds)
      await settle()
      while (guarded(until)) await settle()
      now = Math.max(now, until)
    },
    runUntil: async (predicate, limit = 120_000) => {
      const until = deadlineOf(limit)
      await settle()
      while (!predicate()) {
        if (!guarded(until)) {
          now = Math.max(now, until)
          const left =
            pending === 0
              ? 'no timer is armed'
              : `${pending} timers are armed, the next for ${earliest()!.deadline} ms`
          throw new SipError('timeout', `the condition did not come true within ${limit} ms: ${left}`)
        }
        await settle()
      }
    },
    settle,
  }
}
