/**
 * `bench steady`: a minute of calls at a fixed rate. A burst flatters a server that keeps what has ended: transactions
 * stay for 32 s (Timer J, Timer L), so from then on memory should be flat.
 */
import { cores, stop, usage } from './lib/processes.mjs'
import { available, open } from './lib/servers.mjs'
import { callsAt, hasSipp } from './lib/sipp.mjs'

/** When the first transactions have gone: 32 s, and something for the garbage collector. */
const full = 36

const slice = (samples, from, to) =>
  samples.filter(({ at }) => at >= from && at < to).map(({ megabytes }) => megabytes)
const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length

export const run = async ({ subjects = ['sipactor', 'sip'], rates = [3000, 5000], seconds = 60 }, report) => {
  if (!hasSipp()) return report.fail('steady', 'sipactor', 'needs SIPp (sip-tester)')
  report.say(`steady: ${cores}; ${seconds} s a run`)
  const found = available('steady', subjects, report)
  for (const rate of rates) {
    for (const subject of found) {
      const bench = `steady.${rate}`
      let server
      try {
        server = await open(subject)
        const samples = []
        const result = await callsAt(server, rate, seconds, at => {
          const megabytes = usage(server)?.megabytes
          if (megabytes !== undefined && (samples.length === 0 || at - samples.at(-1).at >= 1))
            samples.push({ at, megabytes })
        })
        const { name } = subject
        const given = result.ok < result.calls ? `given up after ${result.made} calls` : ''
        report.add(`${bench}.answered`, name, (100 * result.ok) / result.calls, '% of calls', given)
        report.add(`${bench}.failed`, name, result.failed, 'calls')
        report.add(
          `${bench}.repeated`,
          name,
          (100 * result.repeated) / result.made,
          '% of calls',
          '0.1 is allowed',
        )
        if (result.cpu !== undefined) report.add(`${bench}.cpu`, name, result.cpu, 'µs/call')
        // The minute from 36 s on, its first against its last quarter.
        const span = (seconds - full) / 4
        const [early, late] = [slice(samples, full, full + span), slice(samples, seconds - span, seconds)]
        if (early.length > 0 && late.length > 0) {
          const [before, after] = [mean(early), mean(late)]
          report.add(`${bench}.memory`, name, after, 'MB', `${before.toFixed(0)} MB after ${full} s`)
          report.add(
            `${bench}.growth`,
            name,
            (100 * (after - before)) / before,
            '%',
            `from ${full} s to the end`,
          )
        } else if (samples.length > 0)
          report.add(`${bench}.memory`, name, samples.at(-1).megabytes, 'MB', 'at the end')
      } catch (error) {
        report.fail(bench, subject.name, error.message)
      } finally {
        if (server) await stop(server)
      }
    }
  }
}
