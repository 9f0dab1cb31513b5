/** An end to every wait. */
import type { Clock } from '../engine/ports.ts'

/** What comes first: the outcome of the work, or `late` after so many milliseconds. */
export const within = <T>(clock: Clock, milliseconds: number, work: Promise<T>, late: T): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => resolve(late), milliseconds)
    void work.then(resolve, reject).then(() => clock.clearTimeout(timer))
  })
