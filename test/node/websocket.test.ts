/** SIP over WebSocket on the Node platform, with `ws` as the peer. RFC 7118. */
import { createServer, request as httpRequest } from 'node:http'
import { connect as connectPlain } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import type { NodeOptions, WebSocketVisitor } from '../../src/node/index.ts'
import { authority } from './support/certificates.ts'
import { bytes } from './support/recorder.ts'
import { closeAfterEach, later, listen, open, outcome, platform } from './support/streams.ts'

closeAfterEach()

type Options = Exclude<NodeOptions['webSocket'], false | undefined>

const serve = (options: Options = {}) => listen(platform({ webSocket: { listen: true, ...options } }), 'WS')
const client = (options: Options = {}) => platform({ webSocket: options })

/** A raw client of ours, and how its attempt ended: `open`, or the HTTP status. */
const raw = async (
  port: number,
  protocols: readonly string[],
  { path = '/', ...options }: ClientOptions & { readonly path?: string } = {},
): Promise<{ readonly socket: WebSocket; readonly ended: string | number }> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, [...protocols], options)
  later(() => socket.terminate())
  socket.on('error', () => undefined)
  const ended = await new Promise<string | number>(resolve => {
    socket.on('open', () => resolve('open'))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('close', () => resolve('closed'))
  })
  return { socket, ended }
}

/** A server that is not ours. */
const rawServer = async (
  options: object,
  use: (socket: WebSocket) => void = () => undefined,
): Promise<number> => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options })
  later(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  server.on('connection', use)
  await new Promise(resolve => server.once('listening', resolve))
  return (server.address() as { port: number }).port
}

const target = (port: number) => ({ host: '127.0.0.1', port, transport: 'WS' as const })
const closeCode = (socket: WebSocket): Promise<number> =>
  new Promise(resolve => socket.once('close', resolve))

describe('the server', () => {
  it('demands the sub-protocol sip, and answers with it (§4.1, §4.2)', async () => {
    const server = await serve()
    expect((await raw(server.local.port, [])).ended).toBe(400)
    expect((await raw(server.local.port, ['chat'])).ended).toBe(400)
    const { socket, ended } = await raw(server.local.port, ['chat', 'sip'])
    expect([ended, socket.protocol]).toEqual(['open', 'sip'])
    expect(server.flows).toHaveLength(1)
    expect(server.refused.map(error => error.code)).toEqual(['transport', 'transport'])
  })

  it('takes a message from each frame, text or binary (§4.2)', async () => {
    const server = await serve()
    const { socket } = await raw(server.local.port, ['sip'])
    socket.send('OPTIONS é')
    socket.send(Buffer.from([0x4f, 0xff, 0x50]))
    const { events } = await server.accepted()
    await events.until(seen => seen.filter(event => event.type === 'received').length === 2)
    expect(events.events.map(event => event.type === 'received' && event.text)).toEqual([
      'OPTIONS é',
      'O\ufffdP',
    ])
  })

  it('sends text where it can, binary where the bytes are no text', async () => {
    const server = await serve()
    const { socket } = await raw(server.local.port, ['sip'])
    const { flow } = await server.accepted()
    const got: [string, boolean][] = []
    const both = new Promise<void>(resolve =>
      socket.on('message', (data: Buffer, binary) => {
        got.push([data.toString(), binary])
        if (got.length === 2) resolve()
      }),
    )
    flow.send(bytes('text é'), flow.remote!)
    flow.send(Uint8Array.of(0x4f, 0xff), flow.remote!)
    await both
    expect(got).toEqual([
      ['text é', false],
      ['O\ufffd', true],
    ])
  })

  it('closes with 1009 on a message that is too long', async () => {
    const server = await serve({ messageLimit: 1000 })
    const { socket } = await raw(server.local.port, ['sip'])
    socket.send('x'.repeat(1000))
    const { events } = await server.accepted()
    await events.first('received')
    socket.send('x'.repeat(1001))
    expect(await closeCode(socket)).toBe(1009)
    expect((await events.first('closed')).error?.code).toBe('transport')
    expect(events.text()).toHaveLength(1000)
  })

  it('has no permessage-deflate', async () => {
    const server = await serve()
    const { socket } = await raw(server.local.port, ['sip'], { perMessageDeflate: true })
    expect(socket.extensions).toBe('')
  })

  it('serves one path if told to, and asks its policy about the origin', async () => {
    const seen: WebSocketVisitor[] = []
    const origin = (visitor: WebSocketVisitor): boolean => {
      seen.push(visitor)
      return visitor.origin === 'https://good.example'
    }
    const server = await serve({ path: '/sip', origin })
    const { port } = server.local
    expect((await raw(port, ['sip'], { path: '/other' })).ended).toBe(404)
    expect((await raw(port, ['sip'], { path: '/sip', origin: 'https://evil.example' })).ended).toBe(403)
    expect((await raw(port, ['sip'], { path: '/sip' })).ended).toBe(403)
    expect((await raw(port, ['sip'], { path: '/sip?x=1', origin: 'https://good.example' })).ended).toBe(
      'open',
    )
    expect(seen.at(-1)).toEqual({
      origin: 'https://good.example',
      path: '/sip?x=1',
      host: `127.0.0.1:${port}`,
      address: '127.0.0.1',
    })
  })

  it('refuses when its policy throws', async () => {
    const server = await serve({
      origin: () => {
        throw new Error('broken')
      },
    })
    expect((await raw(server.local.port, ['sip'])).ended).toBe(500)
  })

  it('is no web server', async () => {
    const server = await serve()
    const status = await new Promise(resolve =>
      httpRequest({ ...server.local, agent: false }, response => {
        response.resume()
        resolve(response.statusCode)
      }).end(),
    )
    expect(status).toBe(426)
  })

  it.each(['', 'GET / HTTP/1.1\r\nHost: x\r\n'])(
    'does not wait for a client that says only %j',
    async text => {
      const server = await serve({ handshakeTimeout: 60 })
      const socket = connectPlain(server.local.port, server.local.host)
      later(() => socket.destroy())
      socket.on('error', () => undefined)
      socket.resume()
      if (text !== '') socket.write(text)
      await new Promise(resolve => socket.once('close', resolve))
      expect(server.flows).toHaveLength(0)
    },
  )

  it('finds out by pings that a peer is dead', async () => {
    const server = await serve({ pingInterval: 30 })
    const { socket } = await raw(server.local.port, ['sip'], { autoPong: false })
    expect(socket.readyState).toBe(WebSocket.OPEN)
    const { events } = await server.accepted()
    expect((await events.first('closed')).error?.message).toContain('nothing heard for 0.03 s after a ping')
  })

  it('leaves a peer alone that answers pings', async () => {
    const server = await serve({ pingInterval: 20 })
    const { socket } = await raw(server.local.port, ['sip'])
    let pings = 0
    await new Promise<void>(resolve =>
      socket.on('ping', () => {
        pings += 1
        if (pings === 4) resolve()
      }),
    )
    const { events } = await server.accepted()
    expect(events.events).toEqual([])
  })

  it('lets no more connections of one peer in than its limit, and tells once', async () => {
    const server = await serve({ connectionsPerPeer: 1 })
    expect((await raw(server.local.port, ['sip'])).ended).toBe('open')
    expect((await raw(server.local.port, ['sip'])).ended).toBe('closed')
    expect((await raw(server.local.port, ['sip'])).ended).toBe('closed')
    expect(server.refused.map(error => error.message)).toEqual([
      expect.stringContaining('more than 1 connections'),
    ])
  })
})

describe('the client', () => {
  it('asks for the sub-protocol sip and refuses a server that does not speak it (§4.1)', async () => {
    const asked: unknown[] = []
    const port = await rawServer({
      handleProtocols: (protocols: Set<string>) => {
        asked.push([...protocols])
        return false
      },
    })
    const { events } = open(client(), target(port))
    expect(await outcome(events)).toContain('subprotocol')
    expect(asked).toEqual([['sip']])
  })

  it('opens the path of its options, and carries messages', async () => {
    const paths: (string | undefined)[] = []
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'sip' })
    later(() => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    })
    server.on('connection', (socket, request) => {
      paths.push(request.url)
      socket.on('message', (data: Buffer) => socket.send(data.toString().toUpperCase()))
    })
    await new Promise(resolve => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const { flow, events } = open(client({ path: '/sip' }), target(port))
    flow.send(bytes('queued'), flow.remote!)
    await events.first('opened')
    expect((await events.first('received')).text).toBe('QUEUED')
    expect(paths).toEqual(['/sip'])
  })

  it('says what the server answered instead of an upgrade, and that nobody listens', async () => {
    const server = createServer((_request, response) => void response.writeHead(403).end())
    later(() => server.close())
    const port = await new Promise<number>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    expect(await outcome(open(client(), target(port)).events)).toContain('Unexpected server response: 403')
    server.close()
    server.closeAllConnections()
    const refused = open(client(), target(port))
    expect(await outcome(refused.events)).toContain('refused, nothing listens there')
  })

  it('gives up connecting after the time allowed', async () => {
    const server = createServer()
    server.on('upgrade', (_request, socket) => later(() => socket.destroy()))
    later(() => server.close())
    const port = await new Promise<number>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    const { events } = open(platform({ connectTimeout: 50, webSocket: {} }), target(port))
    expect(await outcome(events)).toContain('handshake has timed out')
  })

  it('fails a connection whose peer does not read once the limit waits', async () => {
    const port = await rawServer({ handleProtocols: () => 'sip' }, socket => socket.pause())
    const { flow, events } = open(client({ outgoingLimit: 500_000 }), target(port))
    await events.first('opened')
    const piece = new Uint8Array(256 * 1024).fill(65)
    for (let sent = 0; sent < 400 && events.events.length === 1; sent += 1) {
      flow.send(piece, flow.remote!)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect((await events.first('closed')).error?.message).toMatch(/does not read, \d+ bytes wait/)
    expect(events.events.map(event => event.type)).toEqual(['opened', 'failed', 'closed'])
  })

  it('cannot be reached: its listener is a name of nobody, another one each time (§5)', async () => {
    const [one, two] = [await listen(client(), 'WS'), await listen(client(), 'WSS')]
    expect(one.local).toEqual({ host: expect.stringMatching(/^[0-9a-f]{16}\.invalid$/), port: 0 })
    expect(two.local.host).not.toBe(one.local.host)
  })

  it('goes to its URL whatever the target, without the DNS procedures of SIP', async () => {
    const on = client({ url: 'wss://edge.example:8443/sip' })
    expect(on.transports.map(({ name }) => name)).toEqual(['WSS'])
    const edge = { host: 'edge.example', port: 8443, transport: 'WSS', name: 'edge.example' }
    const question = { host: 'example.com', secure: false, available: ['WSS'] } as const
    expect(await on.resolver.resolve(question)).toEqual([edge])
    expect(await on.resolver.plan!(question)).toMatchObject({ steps: [{ is: 'skipped' }], targets: [edge] })
    expect(on.transports[0]!.reroute!({ host: '192.0.2.1', port: 443, transport: 'WSS' })).toEqual(edge)
    expect(() => client({ url: 'https://edge.example' })).toThrow('must be a ws: or wss: URL')
    expect(() => client({ url: 'edge' })).toThrow('must be a ws: or wss: URL')
  })
})

describe('secure WebSocket', () => {
  const root = authority()
  const certificates = [root.issue({ names: ['DNS:edge.example'] })]

  it('verifies the name of the server as TLS does (RFC 5922)', async () => {
    const server = await listen(platform({ tls: { certificates }, webSocket: { listen: true } }), 'WSS')
    const from = platform({ tls: { ca: root.ca }, webSocket: {} })
    const to = { ...server.local, transport: 'WSS' as const }
    const good = open(from, { ...to, name: 'edge.example' })
    expect(await outcome(good.events)).toBe('opened')
    expect(good.flow.identities).toEqual(['edge.example'])
    good.flow.send(bytes('OPTIONS'), server.local)
    const { events, flow } = await server.accepted()
    expect((await events.first('received')).text).toBe('OPTIONS')
    expect(flow.remote).toEqual(good.flow.local)
    expect(await outcome(open(from, { ...to, name: 'other.example' }).events)).toContain(
      'the certificate is for edge.example, not for other.example',
    )
    expect(await outcome(open(client(), { ...to, name: 'edge.example' }).events)).toContain('certificate')
  })
})
