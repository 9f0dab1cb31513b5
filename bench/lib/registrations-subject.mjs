/**
 * One subject of `bench registrations`, in a process of its own: bindings by the hundred thousand, each renewed by
 * itself, at a registrar that is a function. Virtual time: an hour takes as long as its work does.
 * usage: node --expose-gc registrations-subject.mjs SUBJECT COUNT; prints one JSON object.
 */
import { heap, virtualRegistrar } from './virtual-registrar.mjs'

const [subject, count] = [process.argv[2], Number(process.argv[3])]
if (subject !== 'sipactor') throw new Error(`${subject} renews nothing by itself`)

const { createSip } = await import(new URL('../../dist/src/index.js', import.meta.url))
const { node } = await import(new URL('../../dist/src/node/index.js', import.meta.url))

const hour = 3_600_000
const lifetime = 3600
const { clock, transport, local, counts, run, ended } = virtualRegistrar(count, lifetime)

const sip = createSip({ platform: { ...node({ host: local.host }), clock, transports: [transport] } })
const connection = sip.connect({ port: local.port, transports: ['UDP'] })
await connection.active()
await run(1000)

const before = heap()
const registrations = []
for (let user = 0; user < count; user += 1) {
  registrations.push(
    connection.register({
      aor: `sip:u${user}@127.0.0.1:5061`,
      contact: `<sip:u${user}@127.0.0.1:5070>`,
      expires: lifetime,
    }),
  )
}
// 40 a second: they come in over the better part of an hour, and so do their refreshes.
await run((count / 40) * 1000 + 40_000)
const bytes = (heap() - before) / count
const refreshed = counts.refreshes
const cpu = process.cpuUsage()
const held = []
await run(hour, held)
const { user, system } = process.cpuUsage(cpu)
held.sort((a, b) => a - b)

console.log(
  JSON.stringify({
    bytes,
    active: registrations.filter(({ isActive }) => isActive).length,
    refreshes: counts.refreshes - refreshed,
    missed: counts.missed + ended(),
    p99: held[Math.floor(held.length * 0.99)],
    cpu: (user + system) / Math.max(1, counts.refreshes - refreshed),
  }),
)
process.exit(counts.received > 0 ? 0 : 1)
