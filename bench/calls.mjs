/** `bench calls`: answered calls per second of each server, by SIPp's built-in uac; one core each for server and load. */
import { capacity } from './lib/capacity.mjs'
import { cores, stop } from './lib/processes.mjs'
import { median, spread, tellRatio } from './lib/rounds.mjs'
import { available, open } from './lib/servers.mjs'
import { hasSipp } from './lib/sipp.mjs'

export const run = async ({ subjects, rounds = 3, seconds = 5 }, report) => {
  if (!hasSipp()) return report.fail('calls', 'sipactor', 'needs SIPp (sip-tester)')
  report.say(`calls: ${cores}; ${seconds} s a run`)
  const found = available('calls', subjects, report).map(server => ({ ...server, best: [] }))
  // A B A B: whatever else the machine does meets all of them.
  for (let round = 0; round < rounds; round++) {
    for (const subject of found) {
      if (subject.error) continue
      let server
      try {
        server = await open(subject)
        const say = text => report.say(`  ${subject.name} ${text}`)
        const best = await capacity(server, seconds, say, subject.best.at(-1)?.rate)
        if (!best) throw new Error('not even the lowest rate was good')
        subject.best.push(best)
      } catch (error) {
        subject.error = error
      } finally {
        if (server) await stop(server)
      }
    }
  }
  for (const { name, best, error } of found) {
    if (error) report.fail('calls', name, error.message)
    if (best.length === 0) continue
    const rates = best.map(({ rate }) => rate)
    const full = best.some(({ loadShare }) => loadShare > 0.9)
      ? 'SIPp’s own core was full: at least this'
      : ''
    report.add('calls', name, median(rates), 'calls/s', [full, spread(rates)].filter(Boolean).join('; '))
    const times = best.map(({ cpu }) => cpu).filter(cpu => cpu !== undefined)
    if (times.length > 0)
      report.add('calls.cpu', name, median(times), 'µs/call', 'of the server, kernel included')
  }
  const rates = found.map(({ name, best }) => [name, best.map(({ rate }) => rate)])
  tellRatio(report, 'calls', new Map(rates))
}
