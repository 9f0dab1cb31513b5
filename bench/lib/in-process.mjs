/**
 * Servers in this process, without sockets and in virtual time: what remains is the stack itself.
 *
 * Each is `{ receive(bytes), advance(milliseconds), last }`: `last` is the latest message that was sent.
 */
import dgram from 'node:dgram'
import { EventEmitter } from 'node:events'
import { pathToFileURL } from 'node:url'
import { sdp } from '../servers/sdp.mjs'

const port = 5070
const peer = { host: '127.0.0.1', port: 5061 }

/** One timer at a time is all that sipactor asks a host for. */
const oneTimerClock = () => {
  let now = 0
  let pending
  return {
    clock: {
      now: () => now,
      setTimeout: (callback, milliseconds) => (pending = { callback, at: now + milliseconds }),
      clearTimeout: handle => {
        if (pending === handle) pending = undefined
      },
    },
    advance: milliseconds => {
      const until = now + milliseconds
      while (pending && pending.at <= until) {
        const { callback, at } = pending
        pending = undefined
        now = Math.max(now, at)
        callback()
      }
      now = until
    },
  }
}

/** Stands in for the timers of Node: one queue for each delay, as Node has it. */
const manyTimersClock = () => {
  let now = 0
  const queues = new Map()
  const set = (callback, milliseconds = 0, ...args) => {
    const timer = { callback, args, at: now + milliseconds, unref: () => timer, ref: () => timer }
    let queue = queues.get(milliseconds)
    if (!queue) queues.set(milliseconds, (queue = new Set()))
    timer.queue = queue
    queue.add(timer)
    return timer
  }
  return {
    set,
    clear: timer => timer?.queue?.delete(timer),
    advance: milliseconds => {
      now += milliseconds
      for (const queue of queues.values()) {
        for (const timer of queue) {
          if (timer.at > now) break
          queue.delete(timer)
          timer.callback(...timer.args)
        }
      }
    },
  }
}

/** `watch` is given the Sip and this package: what looks on while the calls pass. */
const sipactorOf = (checkout, watch) => async () => {
  const [{ createSip }, { node }] = await Promise.all([
    import(new URL('dist/src/index.js', checkout)),
    import(new URL('dist/src/node/index.js', checkout)),
  ])
  const { clock, advance } = oneTimerClock()
  const server = { advance, receive: undefined, last: undefined }
  const local = { host: '127.0.0.1', port }
  const flow = { transport: 'UDP', local, send: bytes => (server.last = bytes), close: () => {} }
  const transport = {
    name: 'UDP',
    reliable: false,
    framing: 'message',
    listen: async (_local, accept) => {
      const handler = accept(flow)
      server.receive = bytes => handler.received(bytes, peer)
      return { local, close: () => {} }
    },
  }
  const sip = createSip({
    platform: { ...node({ host: '127.0.0.1' }), clock, transports: [transport] },
    limits: { maxServerTransactions: 10_000_000 },
  })
  const connection = sip.connect({ port, transports: ['UDP'] })
  connection.calls$.subscribe(call => {
    call.ring()
    call.accept(sdp).catch(() => {})
  })
  await connection.active()
  await watch?.(sip, checkout)
  return server
}

/** Watched, and nobody reads. */
const traced = sip => void sip.trace$.subscribe(() => {})

/** The last 100,000 frames are kept and made by nobody, as the inspector does for those who come late. */
const ringed = async (sip, checkout) => {
  const { Ring } = await import(new URL('dist/src/inspect/ring.js', checkout))
  const ring = new Ring()
  sip.record(recorded => void ring.push(recorded))
}

/** The package takes sockets and timers from Node, so both are stood in for; this process does nothing else. */
const sip = async () => {
  const { set, clear, advance } = manyTimersClock()
  globalThis.setTimeout = set
  globalThis.clearTimeout = clear
  const server = { advance, receive: undefined, last: undefined }
  dgram.createSocket = (_type, listener) => {
    const socket = new EventEmitter()
    socket.bind = () => {}
    socket.address = () => ({ address: '127.0.0.1', port })
    socket.send = (bytes, _offset, _length) => (server.last = bytes)
    if (listener) socket.on('message', listener)
    const from = { address: peer.host, port: peer.port, family: 'IPv4' }
    server.receive = bytes => socket.emit('message', bytes, from)
    return socket
  }
  const { answerCalls } = await import('../servers/npm-sip.mjs')
  answerCalls(port)
  return server
}

const nodeFloor = async () => {
  const { floor } = await import('../servers/node-floor.mjs')
  const answer = floor(port)
  const server = { advance: () => {}, receive: undefined, last: undefined }
  const send = bytes => (server.last = bytes)
  server.receive = bytes => answer(bytes, send)
  return server
}

/** By subject. Only one in a process. */
const baseline = process.env.SIPACTOR_BASELINE

const here = new URL('../../', import.meta.url)

export const inProcess = {
  sipactor: sipactorOf(here),
  'sipactor-traced': sipactorOf(here, traced),
  'sipactor-ring': sipactorOf(here, ringed),
  ...(baseline && { baseline: sipactorOf(pathToFileURL(`${baseline}/`)) }),
  sip,
  'node-floor': nodeFloor,
}

/** A request as SIPp's uac writes it; `to` carries the tag of the answer. */
const request = (method, id, seq, to = '', body = '') =>
  Buffer.from(
    `${method} sip:service@127.0.0.1:${port} SIP/2.0\r\n` +
      `Via: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK-${id}-${seq}-${method}\r\n` +
      `From: sipp <sip:sipp@127.0.0.1:5061>;tag=${id}SIPpTag00${id}\r\n` +
      `To: service <sip:service@127.0.0.1:${port}>${to}\r\n` +
      `Call-ID: ${id}-4711@127.0.0.1\r\nCSeq: ${seq} ${method}\r\nContact: sip:sipp@127.0.0.1:5061\r\n` +
      `Max-Forwards: 70\r\nSubject: Performance Test\r\n` +
      `${body ? 'Content-Type: application/sdp\r\n' : ''}Content-Length: ${body.length}\r\n\r\n${body}`,
    'latin1',
  )

const tagOf = bytes => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).latin1Slice()
  const start = text.indexOf(';tag=', text.indexOf('\r\nTo:'))
  return text.slice(start, text.indexOf('\r\n', start))
}

const expect = (server, status, seq, method) => {
  const text = Buffer.from(server.last).toString('latin1')
  if (!text.startsWith(`SIP/2.0 ${status} `) || !text.includes(`${seq} ${method}`))
    throw new Error(`expected ${status} to ${method}, got ${text.split('\r\n')[0]}`)
}

/** Calls by number: `open` up to the ACK, `close` with BYE. `check` looks at the answers as well. */
export const caller = server => {
  const open = (id, check = false) => {
    server.receive(request('INVITE', id, 1, '', sdp))
    if (check) expect(server, 200, 1, 'INVITE')
    const tag = tagOf(server.last)
    server.receive(request('ACK', id, 1, tag))
    return tag
  }
  const close = (id, tag, check = false) => {
    server.receive(request('BYE', id, 2, tag))
    if (check) expect(server, 200, 2, 'BYE')
  }
  return { open, close }
}
