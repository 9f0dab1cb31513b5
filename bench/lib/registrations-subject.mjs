/**
 * One subject of `bench registrations`, in a process of its own: bindings by the hundred thousand, each renewed by
 * itself, at a registrar that is a function. Virtual time: an hour takes as long as its work does.
 * usage: node --expose-gc registrations-subject.mjs SUBJECT COUNT; prints one JSON object.
 */
const [subject, count] = [process.argv[2], Number(process.argv[3])]
if (subject !== 'sipactor') throw new Error(`${subject} renews nothing by itself`)

const { createSip } = await import(new URL('../../dist/src/index.js', import.meta.url))
const { node } = await import(new URL('../../dist/src/node/index.js', import.meta.url))

const hour = 3_600_000
const lifetime = 3600
const local = { host: '127.0.0.1', port: 5070 }
const registrar = { host: '127.0.0.1', port: 5061 }

/** sipactor asks a host for one timer at a time. */
let now = 0
let pending
const clock = {
  now: () => now,
  setTimeout: (callback, milliseconds) => (pending = { callback, at: now + milliseconds }),
  clearTimeout: handle => {
    if (pending === handle) pending = undefined
  },
}

/** Who is bound, and until when; a number a user, so that the registrar weighs next to nothing. */
const until = new Float64Array(count)
let [refreshes, missed, received] = [0, 0, 0]
const answers = []
const line = (text, name) => {
  const at = text.indexOf(`\r\n${name}: `)
  return text.slice(at + 2, text.indexOf('\r\n', at + 2))
}
const decoder = new TextDecoder('latin1')
const encoder = new TextEncoder()
const register = bytes => {
  const text = decoder.decode(bytes)
  const to = line(text, 'To')
  const user = Number(to.slice(to.indexOf(':u') + 2, to.indexOf('@')))
  received += 1
  if (until[user] > 0) {
    refreshes += 1
    if (until[user] < now) missed += 1
  }
  until[user] = now + lifetime * 1000
  const lines = [
    line(text, 'Via'),
    line(text, 'From'),
    `${to};tag=r`,
    line(text, 'Call-ID'),
    line(text, 'CSeq'),
  ]
  answers.push(
    encoder.encode(
      `SIP/2.0 200 OK\r\n${lines.join('\r\n')}\r\n${line(text, 'Contact')}\r\nContent-Length: 0\r\n\r\n`,
    ),
  )
}

let handler
const flow = { transport: 'UDP', local, send: register, close: () => {} }
const transport = {
  name: 'UDP',
  reliable: false,
  framing: 'message',
  listen: async (_local, accept) => {
    handler = accept(flow)
    return { local, close: () => {} }
  },
}

/** How long the process was held, in milliseconds, for each 100 ms of virtual time. */
const held = []
const run = async (milliseconds, measured) => {
  for (const end = now + milliseconds; now < end; ) {
    const next = now + 100
    const began = performance.now()
    for (let busy = true; busy; ) {
      busy = false
      while (pending && pending.at <= next) {
        const { callback, at } = pending
        pending = undefined
        now = Math.max(now, at)
        callback()
        busy = true
      }
      // What is located leaves with the next turn of promises.
      await new Promise(resolve => setImmediate(resolve))
      for (const answer of answers.splice(0)) {
        handler.received(answer, registrar)
        busy = true
      }
    }
    if (measured) held.push(performance.now() - began)
    now = next
  }
}

const heap = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}

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
const refreshed = refreshes
const cpu = process.cpuUsage()
await run(hour, true)
const { user, system } = process.cpuUsage(cpu)
held.sort((a, b) => a - b)

console.log(
  JSON.stringify({
    bytes,
    active: registrations.filter(({ isActive }) => isActive).length,
    refreshes: refreshes - refreshed,
    missed: missed + until.filter(end => end < now).length,
    p99: held[Math.floor(held.length * 0.99)],
    cpu: (user + system) / Math.max(1, refreshes - refreshed),
  }),
)
process.exit(received > 0 ? 0 : 1)
