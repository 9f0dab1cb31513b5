/** The clock port over `performance.now` and the timers that browsers and Node have in common. */
import type { Clock } from '../engine/ports.ts'

/** A longer timer fires at once. */
const longest = 2 ** 31 - 1

interface Pending {
  timer: ReturnType<typeof setTimeout> | undefined
}

const isPending = (handle: unknown): handle is Pending =>
  typeof handle === 'object' && handle !== null && 'timer' in handle

/**
 * A clock that never calls back early. Node counts whole milliseconds from the start of a loop turn, and browsers round: both
 * may be up to 1 ms early.
 */
export const hostClock = (): Clock => {
  const now = (): number => performance.now()
  const arm = (pending: Pending, callback: () => void, deadline: number, wait: number): void => {
    pending.timer = setTimeout(
      () => {
        const left = deadline - now()
        if (left > 0) return arm(pending, callback, deadline, left)
        pending.timer = undefined
        callback()
      },
      Math.min(Math.ceil(wait), longest),
    )
  }
  return {
    now,
    setTimeout: (callback, milliseconds) => {
      const pending: Pending = { timer: undefined }
      const wait = Math.max(0, milliseconds)
      arm(pending, callback, now() + wait, wait)
      return pending
    },
    clearTimeout: handle => {
      if (!isPending(handle)) return
      clearTimeout(handle.timer)
      handle.timer = undefined
    },
  }
}
