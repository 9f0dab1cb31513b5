/** The end of a run after Ctrl-C: in order (CANCEL, BYE, un-REGISTER), but no peer keeps anybody waiting for long. */
import type { Clock } from '../index.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io } from './io.ts'

/** Milliseconds from Ctrl-C until the wait is explained, and until it is given up. */
const [explained, givenUp] = [500, 4000]

/** The outcome of the work; after Ctrl-C it has only so long, then what it holds is left behind. Status 130 then. */
export const inOrder = async <T>(
  io: Io,
  clock: Clock,
  interrupted: Promise<void>,
  work: Promise<T>,
): Promise<T> => {
  const timers: unknown[] = []
  let over = false
  const tooLong = new Promise<never>((_, reject) => {
    void interrupted.then(() => {
      if (over) return
      const say = (): void => io.err('waiting for the peer; Ctrl-C again to leave now')
      const leave = (): void => {
        io.leave()
        const text = `interrupted; the peer did not answer for ${givenUp / 1000} s, so this left without it`
        reject(new CliError(exitStatus.interrupted, text))
      }
      timers.push(clock.setTimeout(say, explained), clock.setTimeout(leave, givenUp))
    })
  })
  try {
    return await Promise.race([work, tooLong])
  } finally {
    over = true
    for (const timer of timers) clock.clearTimeout(timer)
  }
}
