/** UDP of the Node platform over real sockets on loopback. RFC 3261 §18. */
import { createSocket, type Socket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Address, Flow, Listener, Transport } from '../../src/engine/ports.ts'
import type { SipError } from '../../src/errors.ts'
import { node } from '../../src/node/index.ts'
import { widen } from '../../src/node/udp.ts'
import { acceptor, bytes, leftOver, loopbacks, openHandles, type Recorder } from './support/recorder.ts'

const request = bytes('OPTIONS sip:a@example.com SIP/2.0\r\n\r\n')
const response = bytes('SIP/2.0 200 OK\r\n\r\n')

interface Bound {
  readonly flow: Flow
  readonly events: Recorder
  readonly listener: Listener
}

const listeners: Listener[] = []
const sockets: Socket[] = []
let before: string[] = []

const transport = (options: Parameters<typeof node>[0] = {}): Transport => node(options).transports[0]!

const bind = async (host: string, port = 0, udp = transport()): Promise<Bound> => {
  const accepted = acceptor()
  const listener = await udp.listen({ host, port }, accepted.accept)
  listeners.push(listener)
  return { listener, flow: accepted.flows[0]!, events: accepted.recorders[0]! }
}

const raw = (host: string): Promise<Socket> =>
  new Promise(resolve => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    sockets.push(socket)
    socket.bind(0, host, () => resolve(socket))
  })

const nextMessage = (socket: Socket): Promise<{ readonly text: string; readonly port: number }> =>
  new Promise(resolve =>
    socket.once('message', (message, from) => resolve({ text: String(message), port: from.port })),
  )

/** A port that was free a moment ago. */
const closedPort = async (host: string): Promise<Address> => {
  const socket = await raw(host)
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(resolve))
  sockets.splice(sockets.indexOf(socket), 1)
  return { host, port }
}

beforeEach(() => {
  before = openHandles()
})

afterEach(async () => {
  for (const listener of listeners.splice(0)) listener.close()
  for (const socket of sockets.splice(0)) socket.close()
  expect(await leftOver(before)).toEqual([])
})

describe.each(await loopbacks())('UDP over %s', host => {
  it('is a message transport that may lose and cannot connect (§18)', () => {
    const udp = transport()
    expect(udp).toMatchObject({ name: 'UDP', reliable: false, framing: 'message' })
    expect(udp.connect).toBeUndefined()
  })

  it('calls accept before listening settles and names the port that was picked', async () => {
    const { flow, listener } = await bind(host)
    expect(listener.local.host).toBe(host)
    expect(listener.local.port).toBeGreaterThan(0)
    expect(flow.local).toEqual(listener.local)
    expect(flow.remote).toBeUndefined()
  })

  it('carries datagrams both ways and names their senders', async () => {
    const a = await bind(host)
    const b = await bind(host)
    a.flow.send(request, b.flow.local)
    expect(await b.events.first('received')).toMatchObject({ from: a.flow.local })
    b.flow.send(response, a.flow.local)
    expect(await a.events.first('received')).toMatchObject({
      text: 'SIP/2.0 200 OK\r\n\r\n',
      from: b.flow.local,
    })
  })

  it('sends from the port it listens at, requests and responses alike (§18.1.1)', async () => {
    const { flow } = await bind(host)
    const peer = await raw(host)
    for (const sent of [request, request, response]) {
      const arrived = nextMessage(peer)
      flow.send(sent, { host, port: peer.address().port })
      expect(await arrived).toMatchObject({ port: flow.local.port })
    }
  })

  it('keeps every datagram whole and tells apart senders at the same host', async () => {
    const { flow, events } = await bind(host)
    const peers = await Promise.all([raw(host), raw(host), raw(host)])
    peers.forEach((peer, index) => peer.send(`from ${index}`, flow.local.port, host))
    await events.until(seen => seen.length === 3)
    for (const [index, peer] of peers.entries())
      expect(events.events).toContainEqual({
        type: 'received',
        text: `from ${index}`,
        from: { host, port: peer.address().port },
      })
  })

  it('delivers datagrams of other peers while one peer is watched', async () => {
    const { flow, events } = await bind(host)
    const [watched, other] = await Promise.all([raw(host), raw(host)])
    const arrived = nextMessage(watched)
    flow.send(request, { host, port: watched.address().port })
    await arrived
    watched.send('from the watched', flow.local.port, host)
    other.send('from the other', flow.local.port, host)
    await events.until(seen => seen.length === 2)
    expect(events.text()).toContain('from the watched')
    expect(events.text()).toContain('from the other')
  })

  it('refuses a port that is in use, with an error that names it', async () => {
    const { flow } = await bind(host)
    await expect(bind(host, flow.local.port)).rejects.toMatchObject({
      code: 'transport',
      message: expect.stringContaining(`${flow.local.port}: the address is in use (EADDRINUSE)`) as unknown,
    })
  })

  it('refuses a port that another program uses while it sends requests', async () => {
    const peer = await raw(host)
    await expect(bind(host, peer.address().port)).rejects.toMatchObject({ code: 'transport' })
  })

  it('reports a datagram that is too large, with its destination', async () => {
    const { flow, events } = await bind(host)
    flow.send(new Uint8Array(70_000), { host, port: 5060 })
    const { error, to } = await events.first('failed')
    expect(error).toMatchObject({
      code: 'transport',
      message: expect.stringContaining('EMSGSIZE') as unknown,
    })
    expect(error.icmp).toBeUndefined()
    expect(to).toEqual({ host, port: 5060 })
  })

  it.each([0, 70_000])('reports port %d, which a peer may ask for, instead of throwing', async port => {
    const { flow, events } = await bind(host)
    flow.send(request, { host, port })
    expect(await events.first('failed')).toMatchObject({ to: { host, port }, error: { code: 'transport' } })
  })

  it('reports an address that is not numeric instead of asking DNS', async () => {
    const { flow, events } = await bind(host)
    flow.send(request, { host: 'pbx.example', port: 5060 })
    expect(await events.first('failed')).toMatchObject({ to: { host: 'pbx.example', port: 5060 } })
  })

  it('says closed once, as the last word, and frees the port', async () => {
    const { flow, events, listener } = await bind(host)
    flow.close()
    listener.close()
    await events.first('closed')
    flow.send(request, { host, port: 5060 })
    const again = await bind(host, flow.local.port)
    again.listener.close()
    await again.events.first('closed')
    expect(events.events).toEqual([{ type: 'closed', error: undefined }])
  })

  it('sends what is queued before it closes', async () => {
    const { flow } = await bind(host)
    const peer = await raw(host)
    let count = 0
    const all = new Promise<void>(resolve => peer.on('message', () => (count += 1) === 20 && resolve()))
    for (let sent = 0; sent < 20; sent += 1) flow.send(request, { host, port: peer.address().port })
    flow.close()
    await all
  })

  it('leaves no handle when it closes, watching sockets included', async () => {
    const { flow, events, listener } = await bind(host)
    const peer = await bind(host)
    flow.send(request, peer.flow.local)
    await peer.events.first('received')
    expect(openHandles()).not.toEqual(before)
    listener.close()
    peer.listener.close()
    await Promise.all([events.first('closed'), peer.events.first('closed')])
    expect(await leftOver(before)).toEqual([])
  })

  describe.runIf(process.platform === 'linux')('closed ports (§18.4)', () => {
    it('are reported within a second of the first request, with icmp and the address', async () => {
      const { flow, events } = await bind(host)
      const to = await closedPort(host)
      const start = performance.now()
      flow.send(request, to)
      const failure = await events.first('failed')
      expect(performance.now() - start).toBeLessThan(1000)
      expect(failure.to).toEqual(to)
      expect(failure.error).toMatchObject({ code: 'transport', icmp: true })
      expect(failure.error.message).toContain(`:${to.port}: refused`)
    })

    it('are reported again for a repeated request', async () => {
      const { flow, events } = await bind(host)
      const to = await closedPort(host)
      flow.send(request, to)
      await events.until(seen => seen.length === 1)
      flow.send(request, to)
      await events.until(seen => seen.length === 2)
      expect(events.events.every(event => event.type === 'failed' && event.error.icmp)).toBe(true)
    })

    it('are told apart from open ports that are asked at the same time', async () => {
      const { flow, events } = await bind(host)
      const peer = await raw(host)
      const to = await closedPort(host)
      const arrived = nextMessage(peer)
      flow.send(request, { host, port: peer.address().port })
      flow.send(request, to)
      await arrived
      await events.first('failed')
      peer.send(response, flow.local.port, host)
      await events.first('received')
      expect(events.events.filter(event => event.type === 'failed')).toMatchObject([{ to }])
    })

    it('are noticed when a peer that answered goes away', async () => {
      const { flow, events } = await bind(host)
      const peer = await bind(host)
      flow.send(request, peer.flow.local)
      await peer.events.first('received')
      peer.flow.send(response, flow.local)
      await events.first('received')
      peer.listener.close()
      await peer.events.first('closed')
      flow.send(request, peer.flow.local)
      expect(await events.first('failed')).toMatchObject({ to: peer.flow.local, error: { icmp: true } })
    })

    it('are reported from a socket bound to every interface as well', async () => {
      const { flow, events } = await bind(host === '::1' ? '::' : '0.0.0.0')
      const to = await closedPort(host)
      flow.send(request, to)
      expect(await events.first('failed')).toMatchObject({ to, error: { icmp: true } })
    })

    it('stay unheard, and the port unshared, with icmp: false', async () => {
      const { flow, events } = await bind(host, 0, transport({ udp: { icmp: false } }))
      flow.send(request, await closedPort(host))
      // A datagram to ourselves, sent later, comes through the same kernel queues: whatever was to come has come.
      flow.send(response, flow.local)
      await events.first('received')
      expect(events.events).toHaveLength(1)
      const sharing = createSocket({ type: host === '::1' ? 'udp6' : 'udp4', reuseAddr: true })
      const refused = new Promise<SipError>(resolve =>
        sharing.once('error', resolve as (error: Error) => void),
      )
      sharing.bind(flow.local.port, host)
      expect(await refused).toMatchObject({ code: 'EADDRINUSE' })
      sharing.close()
    })

    it('are watched for as long as requests or answers go, and no socket stays for a silent peer', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
      try {
        const { flow } = await bind(host)
        const peer = await raw(host)
        const idle = openHandles()
        const arrived = nextMessage(peer)
        flow.send(request, { host, port: peer.address().port })
        await arrived
        const watching = openHandles()
        expect(watching).not.toEqual(idle)
        vi.advanceTimersByTime(5000)
        flow.send(request, { host, port: peer.address().port })
        vi.advanceTimersByTime(5000)
        await nextMessage(peer)
        expect(openHandles()).toEqual(watching)
        vi.advanceTimersByTime(5000)
        expect(await leftOver(idle)).toEqual([])
      } finally {
        vi.useRealTimers()
      }
    })

    it('cost a socket for at most 32 peers at a time; the others are still reached', async () => {
      const { flow } = await bind(host)
      const peer = await raw(host)
      const sockets = (): number => Number.parseInt(openHandles().at(-1) ?? '', 10)
      const idle = sockets()
      for (let dead = 1; dead <= 40; dead += 1) flow.send(request, { host, port: dead })
      expect(sockets()).toBe(idle + 32)
      const arrived = nextMessage(peer)
      flow.send(request, { host, port: peer.address().port })
      expect(await arrived).toMatchObject({ port: flow.local.port })
    })

    it('cost nothing where only responses are sent', async () => {
      const { flow } = await bind(host)
      const peer = await raw(host)
      const sockets = (): string | undefined => openHandles().at(-1)
      const idle = sockets()
      const arrived = nextMessage(peer)
      flow.send(response, { host, port: peer.address().port })
      await arrived
      expect(sockets()).toBe(idle)
    })
  })
})

describe('UDP over both families', () => {
  it('reaches IPv4 and IPv6 from :: and names IPv4 peers without the mapping', async () => {
    if (!(await loopbacks()).includes('::1')) return
    const { flow, events } = await bind('::')
    for (const host of ['127.0.0.1', '::1']) {
      const peer = await raw(host)
      const arrived = nextMessage(peer)
      flow.send(request, { host, port: peer.address().port })
      await arrived
      peer.send(`hello from ${host}`, flow.local.port, host)
      await events.until(() => events.text().includes(`hello from ${host}`))
      expect(events.events).toContainEqual({
        type: 'received',
        text: `hello from ${host}`,
        from: { host, port: peer.address().port },
      })
    }
  })

  it('refuses an address that is not ours', async () => {
    await expect(bind('192.0.2.77')).rejects.toMatchObject({
      code: 'transport',
      message: expect.stringContaining('192.0.2.77') as unknown,
    })
  })
})

describe('socket buffers', () => {
  it('are asked for by halves where the system refuses, and what it grants is taken without an error', () => {
    const asked: string[] = []
    const refuseAbove = (name: string, limit: number) => (size: number) => {
      asked.push(`${name} ${size}`)
      if (size > limit) throw new Error('ENOBUFS')
    }
    const socket = {
      setRecvBufferSize: refuseAbove('recv', 1_048_576),
      setSendBufferSize: refuseAbove('send', 0),
    } as unknown as Socket
    widen(socket, 4 * 1_048_576)
    expect(asked).toEqual([
      'recv 4194304',
      'recv 2097152',
      'recv 1048576',
      ...[4_194_304, 2_097_152, 1_048_576, 524_288, 262_144, 131_072, 65_536].map(size => `send ${size}`),
    ])
  })

  it('take a burst of 1,000 datagrams that nobody reads meanwhile', async () => {
    const a = await bind('127.0.0.1')
    const b = await bind('127.0.0.1')
    for (let sent = 0; sent < 1000; sent += 1) a.flow.send(new Uint8Array(500).fill(65), b.flow.local)
    await b.events.until(seen => seen.length === 1000)
  })
})
