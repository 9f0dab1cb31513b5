/** How many calls a second a server answers: the highest rate at which a run is good. */
import { callsAt } from './sipp.mjs'

/** How near the result is to the truth: the next rate tried is 5 % above. */
const step = 1.05
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
 * Searches from `from` (the result of an earlier search, which is refined) or from the bottom.
 *
 * @returns the best good run, or undefined when even the lowest rate is too much
 */
export const capacity = async (server, seconds, say, from) => {
  const at = rate => attempt(server, rate, seconds, say)
  let best
  let low = 0
  let high = Infinity
  let rate = from ?? 1000
  const up = from === undefined ? 1.5 : step
  while (rate <= most && high === Infinity) {
    const run = await at(rate)
    if (run.good) {
      best = run
      low = rate
      rate *= up
    } else high = rate
  }
  if (from !== undefined) {
    for (rate = high / step; best === undefined && rate > 50; rate /= step) {
      const run = await at(rate)
      if (run.good) best = run
    }
    return best
  }
  while (high / Math.max(low, 50) > step) {
    const middle = (Math.max(low, 50) + high) / 2
    const run = await at(middle)
    if (run.good) {
      best = run
      low = middle
    } else high = middle
    if (high < 100) break
  }
  return best
}
