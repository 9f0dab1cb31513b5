/** The platform for browsers, run in Node with another WebSocket class, against our own server. RFC 7118. */
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { type BrowserOptions, browser, type DomWebSocketClass } from '../../src/browser/index.ts'
import type { Flow } from '../../src/engine/ports.ts'
import { createSip, isSipError } from '../../src/index.ts'
import { recorder } from '../node/support/recorder.ts'
import { bundle, source } from '../support/bundle.ts'
import { answer, webServer } from '../support/web-server.ts'

const injected = WebSocket as unknown as DomWebSocketClass
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const client = (url: string | readonly string[], options: Partial<BrowserOptions> = {}) => {
  const sip = createSip({ platform: browser({ url, WebSocket: injected, ...options }) })
  closers.push(() => sip.close())
  return { sip, connection: sip.connect({ user: 'alice' }) }
}

const serving = async () => {
  const server = await webServer()
  closers.push(() => server.sip.close())
  return server
}

describe('an engine on browser()', () => {
  it('registers, calls, and is called on its one connection', async () => {
    const server = await serving()
    const { connection } = client(`ws://127.0.0.1:${server.port}/sip`)
    await connection.active()
    const registration = connection.register({ aor: 'sip:alice@example.com' })
    await registration.registered()
    expect(server.contacts[0]).toMatch(/^<sip:alice@[0-9a-f]{16}\.invalid;transport=ws>/)
    expect(server.vias[0]).toMatch(/^SIP\/2\.0\/WS [0-9a-f]{16}\.invalid;.*received=127\.0\.0\.1/)
    const call = connection.invite('sip:bob@example.com', { offer: answer })
    await call.established()
    expect(call.answer).toBe(answer)
    await server.calls[0]!.hangUp()
    await call.ended()
    connection.calls$.subscribe(incoming => void incoming.accept(answer))
    const uri = /<([^>]+)>/.exec(server.contacts[0]!)![1]!
    const back = server.connection.invite(uri, { offer: answer })
    await back.established()
    await back.hangUp()
    await registration.unregister()
  })

  it('answers a challenge: the hashes are there when the connection is', async () => {
    const server = await webServer()
    closers.push(() => server.sip.close())
    const platform = browser({ url: `ws://127.0.0.1:${server.port}`, WebSocket: injected })
    expect(() => platform.digest('MD5', new Uint8Array())).toThrow('not loaded')
    const events = recorder()
    const transport = platform.transports[0]!
    const target = { host: '127.0.0.1', port: server.port, transport: 'WS' } as const
    const flow: Flow = transport.connect!(target, { host: platform.defaultHost, port: 0 }, events)
    await events.first('opened')
    expect(platform.digest('MD5', new Uint8Array())).toBe('d41d8cd98f00b204e9800998ecf8427e')
    flow.close()
    await events.first('closed')
  })

  it('goes to the next URL when one cannot be reached', async () => {
    const gone = await webServer()
    await gone.sip.close()
    const server = await serving()
    const { connection } = client([`ws://127.0.0.1:${gone.port}`, `ws://127.0.0.1:${server.port}`])
    await connection.active()
    const response = await connection
      .request({ method: 'MESSAGE', uri: 'sip:bob@example.com', body: 'x', contentType: 'text/plain' })
      .response()
    expect(response.status).toBe(200)
  })

  it('tells which server could not be reached', async () => {
    const gone = await webServer()
    await gone.sip.close()
    const { connection } = client(`ws://127.0.0.1:${gone.port}`)
    await connection.active()
    const error = await connection
      .request({ method: 'OPTIONS', uri: 'sip:bob@example.com' })
      .response()
      .catch((cause: unknown) => cause)
    expect(isSipError(error) && error.code).toBe('transport')
    expect(String(error)).toContain(`ws://127.0.0.1:${gone.port}/: could not be opened`)
  })

  it('refuses a server without the sub-protocol, as a browser does', async () => {
    const other = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => false })
    closers.push(() => {
      for (const socket of other.clients) socket.terminate()
      other.close()
    })
    await new Promise(done => other.once('listening', done))
    const { port } = other.address() as { port: number }
    const { connection } = client(`ws://127.0.0.1:${port}`)
    await connection.active()
    const error = await connection
      .request({ method: 'OPTIONS', uri: 'sip:bob@example.com' })
      .response()
      .catch((cause: unknown) => cause)
    expect(isSipError(error) && error.code).toBe('transport')
  })
})

describe('browser()', () => {
  it('has the transports of its URLs, and never a plain one for sips:', async () => {
    const both = browser({ url: ['wss://a.example/x', 'ws://b.example:81'], WebSocket: injected })
    expect(both.transports.map(({ name }) => name)).toEqual(['WSS', 'WS'])
    const available = ['WSS', 'WS'] as const
    const a = { host: 'a.example', port: 443, transport: 'WSS', name: 'a.example' }
    const b = { host: 'b.example', port: 81, transport: 'WS', name: 'b.example' }
    expect(await both.resolver.resolve({ host: 'x.example', secure: false, available })).toEqual([a, b])
    expect(await both.resolver.resolve({ host: 'x.example', secure: true, available })).toEqual([a])
    const { connection } = client('ws://127.0.0.1:9')
    await connection.active()
    const error = await connection
      .request({ method: 'OPTIONS', uri: 'sips:bob@example.com' })
      .response()
      .catch((cause: unknown) => cause)
    expect(isSipError(error) && error.code).toBe('not-supported')
  })

  it.each([
    [{ url: 'https://a.example' }, 'must be a ws: or wss: URL'],
    [{ url: 'nonsense' }, 'must be a ws: or wss: URL'],
    [{ url: [] }, 'url is missing'],
    [{ url: 'ws://a.example', connectTimeout: 0 }, 'connectTimeout must be a whole number'],
  ])('refuses %j', (options, text) => {
    expect(() => browser({ WebSocket: injected, ...options })).toThrow(text)
  })
})

describe('the bundle', () => {
  it('of the engine and sipactor/browser has nothing of Node, and the hashes in a chunk of their own', async () => {
    const chunks = await bundle(
      `export { createSip } from ${source('index.ts')}\nexport { browser } from ${source('browser/index.ts')}\n`,
    )
    const main = chunks.find(({ isEntry }) => isEntry)!
    expect(main.imports).toEqual([])
    for (const { code } of chunks) expect(code).not.toMatch(/["'`]node:|browser-external|\brequire\(/)
    const lazy = chunks.filter(one => one !== main)
    expect(lazy).toHaveLength(1)
    expect(main.dynamicImports).toEqual([lazy[0]!.fileName])
    expect(lazy[0]!.code.length).toBeGreaterThan(5000)
  })
})
