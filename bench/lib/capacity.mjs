/** How many calls a second a server answers: the highest rate at which a run is good. */
import { callsAt } from './sipp.mjs'

/** How near the result is to the truth: 5 % above it was too much. */
const step = 1.05
const least = 50
const most = 60_000

/** A run that fails is tried once more: the machine has other things to do as well. */
const attempt = async (server, rate, seconds, say) => {
  for (let i = 0; ; i++) {
    const result = await callsAt(server, Math.round(rate), seconds)
    const { achieved, failed, repeated, good } = result
    say(
      `${result.rate}/s: ${good ? 'good' : 'too much'} (${Math.round(achieved)}/s, ${failed} failed, ${repeated} repeated)`,
    )
    if (good || i === 1 || !server.isRunning()) return result
  }
}

/**
 * Searches from `from`, the result of an earlier search, or from 1000/s: strides up or down, growing, until the answer
 * lies between two rates, then the middle of them.
 *
 * @returns the best good run, or undefined when even the lowest rate is too much
 */
export const capacity = async (server, seconds, say, from) => {
  let best
  let high = Infinity
  let stride = from === undefined ? 1.5 : step
  let rate = from ?? 1000
  while (rate >= least && rate <= most && server.isRunning()) {
    const run = await attempt(server, rate, seconds, say)
    if (run.good) best = run
    else high = rate
    if (best !== undefined && high / best.rate <= step) break
    if (high === Infinity) rate *= stride
    else if (best === undefined) rate /= stride
    else rate = (best.rate + high) / 2
    stride = Math.min(stride ** 2, 1.5)
  }
  return best
}
