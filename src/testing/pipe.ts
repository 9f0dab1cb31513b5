/**
 * One direction of a stream connection: everything arrives, in order, however the path is.
 */
import type { Fabric } from './fabric.ts'

/** What is on its way from one host to another. */
export interface Pipe {
  /** Runs `effect` at the far end, after everything before it. Returns when; `undefined` while the path is cut. */
  put(effect: () => void): number | undefined
  /** Drops what is on its way. */
  cut(): void
}

/** Makes a pipe; `stalled` is called when something could not be delivered for the network's `stallTimeout`. */
export const createPipe = (fabric: Fabric, from: string, to: string, stalled: () => void): Pipe => {
  const { clock, weather } = fabric
  let queue: (() => void)[] = []
  let held: (() => void)[] = []
  let last = 0
  let stopHealing: (() => void) | undefined
  let stall: unknown

  const dispatch = (effect: () => void): number => {
    last = Math.max(last, clock.now() + weather.latency(from, to))
    queue.push(effect)
    // By queue and not by timer, so that order survives clocks that round.
    const mine = queue
    clock.setTimeout(() => mine.shift()?.(), last - clock.now())
    return last
  }

  const release = (): void => {
    stopHealing?.()
    stopHealing = undefined
    clock.clearTimeout(stall)
  }

  const heal = (): void => {
    if (!fabric.connected(from, to)) return
    release()
    const effects = held
    held = []
    for (const effect of effects) dispatch(effect)
  }

  return {
    put: effect => {
      if (fabric.connected(from, to)) return dispatch(effect)
      // TCP repeats what is not acknowledged: it arrives once the path is back.
      held.push(effect)
      if (!stopHealing) {
        stopHealing = fabric.onHeal(heal)
        stall = clock.setTimeout(stalled, fabric.stallTimeout)
      }
      return undefined
    },
    cut: () => {
      // Timers of what was on its way find the old queue empty.
      queue.length = 0
      queue = []
      held = []
      release()
    },
  }
}
