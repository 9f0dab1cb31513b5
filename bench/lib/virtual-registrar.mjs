/** A clock that is moved by hand, and a registrar that is a function: what an engine with many bindings is measured by. */
const local = { host: '127.0.0.1', port: 5070 }
const registrar = { host: '127.0.0.1', port: 5061 }

const decoder = new TextDecoder('latin1')
const encoder = new TextEncoder()
const line = (text, name) => {
  const at = text.indexOf(`\r\n${name}: `)
  return text.slice(at + 2, text.indexOf('\r\n', at + 2))
}

/** Users are `sip:uN@127.0.0.1:5061` with N below `count`; each is bound for `lifetime` seconds. */
export const virtualRegistrar = (count, lifetime) => {
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
  const counts = { refreshes: 0, missed: 0, received: 0 }
  const answers = []
  const register = bytes => {
    const text = decoder.decode(bytes)
    const to = line(text, 'To')
    const user = Number(to.slice(to.indexOf(':u') + 2, to.indexOf('@')))
    counts.received += 1
    if (until[user] > 0) {
      counts.refreshes += 1
      if (until[user] < now) counts.missed += 1
    }
    until[user] = now + lifetime * 1000
    const lines = [
      line(text, 'Via'),
      line(text, 'From'),
      `${to};tag=r`,
      line(text, 'Call-ID'),
      line(text, 'CSeq'),
      line(text, 'Contact'),
    ]
    answers.push(encoder.encode(`SIP/2.0 200 OK\r\n${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`))
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

  /** Lets time pass. `held`, a list, gets how long the process was held, in milliseconds, for each 100 ms of it. */
  const run = async (milliseconds, held) => {
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
      held?.push(performance.now() - began)
      now = next
    }
  }

  return {
    clock,
    transport,
    local,
    counts,
    run,
    /** Bindings that have ended without anybody renewing them. */
    ended: () => until.filter(end => end < now).length,
  }
}

/** Bytes that are kept. */
export const heap = () => {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}
