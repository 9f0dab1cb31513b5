/** TCP of the Node platform over real sockets on loopback. RFC 3261 §18. */
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { bytes, leftOver, loopbacks, openHandles } from './support/recorder.ts'
import { allText, closeAfterEach, closedPort, connect, listen, raw, transport } from './support/tcp.ts'

closeAfterEach()

describe.each(await loopbacks())('TCP over %s', host => {
  it('is a reliable stream transport (§18)', () => {
    expect(transport()).toMatchObject({ name: 'TCP', reliable: true, framing: 'stream' })
  })

  it('carries bytes both ways, and both sides agree on their addresses', async () => {
    const server = await listen(host)
    const client = connect(server.local)
    await client.events.first('opened')
    const accepted = await server.accepted()
    expect(accepted.flow.remote).toEqual(client.flow.local)
    expect(accepted.flow.local).toEqual(server.local)
    expect(client.flow.remote).toEqual(server.local)
    client.flow.send(bytes('ping'), server.local)
    expect(await accepted.events.first('received')).toMatchObject({ text: 'ping', from: client.flow.local })
    accepted.flow.send(bytes('pong'), client.flow.local)
    expect(await client.events.first('received')).toMatchObject({ text: 'pong', from: server.local })
  })

  it('sends what was queued before the connection was there, in order', async () => {
    const server = await listen(host)
    const client = connect(server.local)
    for (const piece of ['a', 'b', 'c']) client.flow.send(bytes(piece), server.local)
    const { events } = await server.accepted()
    await events.until(() => events.text() === 'abc')
  })

  it('hands over pieces as they come and leaves framing to the engine (§18.3)', async () => {
    const server = await listen(host)
    const peer = await raw(server.local)
    const { events } = await server.accepted()
    peer.setNoDelay(true)
    for (const [index, piece] of ['OPTI', 'ONS sip:a', '@b SIP/2.0\r\n'].entries()) {
      peer.write(piece)
      await events.until(seen => seen.length === index + 1)
    }
    expect(events.text()).toBe('OPTIONS sip:a@b SIP/2.0\r\n')
  })

  it('leaves from the address the listener is bound to', async () => {
    const server = await listen(host)
    const own = host === '::1' ? '::1' : '127.0.0.2'
    connect(server.local, {}, { host: own, port: 5060 })
    const { flow } = await server.accepted()
    expect(flow.remote?.host).toBe(own)
    expect(flow.remote?.port).not.toBe(5060)
  })

  it('flushes what is queued when closed, then closes on both sides without an error', async () => {
    const server = await listen(host)
    const client = connect(server.local)
    // More than the kernel takes at once.
    const size = 16_000_000
    await client.events.first('opened')
    client.flow.send(new Uint8Array(size).fill(65), server.local)
    client.flow.close()
    const { events } = await server.accepted()
    expect((await events.first('closed')).error).toBeUndefined()
    expect(events.text().length).toBe(size)
    expect((await client.events.first('closed')).error).toBeUndefined()
  })

  it('reports nothing after it was closed but closed, once', async () => {
    const server = await listen(host)
    const client = connect(server.local)
    await client.events.first('opened')
    const { flow } = await server.accepted()
    client.flow.close()
    client.flow.close()
    flow.send(bytes('too late'), client.flow.local)
    await client.events.first('closed')
    client.flow.send(bytes('far too late'), server.local)
    expect(client.events.events.map(event => event.type)).toEqual(['opened', 'closed'])
  })

  it('gives up a connection attempt when closed before it opens', async () => {
    const server = await listen(host)
    const client = connect(server.local)
    client.flow.close()
    expect((await client.events.first('closed')).error).toBeUndefined()
    expect(client.events.events).toHaveLength(1)
  })

  it('closes when the peer ends its side, after sending what is queued', async () => {
    const server = await listen(host)
    const peer = await raw(server.local, { allowHalfOpen: true })
    const { flow, events } = await server.accepted()
    const answer = allText(peer)
    flow.send(new Uint8Array(16_000_000).fill(65), flow.remote!)
    peer.end('last words')
    expect((await answer).length).toBe(16_000_000)
    expect((await events.first('closed')).error).toBeUndefined()
    expect(events.text()).toBe('last words')
  })

  it('reports bytes that come too late for a peer that ended its side while others wait', async () => {
    const server = await listen(host, { tcp: { outgoingLimit: 64_000_000 } })
    const peer = await raw(server.local, { allowHalfOpen: true })
    const { flow, events } = await server.accepted()
    flow.send(new Uint8Array(16_000_000), flow.remote!)
    peer.end()
    const failed = events.first('failed')
    for (let turn = 0; turn < 1000 && events.events.length === 0; turn += 1) {
      flow.send(bytes('late'), flow.remote!)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(await failed).toMatchObject({ to: flow.remote, error: { code: 'transport' } })
    expect((await failed).error.message).toContain('closed by the peer')
    peer.destroy()
    await events.first('closed')
  })

  it('sends small messages at once and looks after silent peers, on both sides', async () => {
    const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
    const keepAlive = vi.spyOn(Socket.prototype, 'setKeepAlive')
    const server = await listen(host)
    const { events } = connect(server.local)
    await Promise.all([events.first('opened'), server.accepted()])
    expect(noDelay.mock.calls).toEqual([[true], [true]])
    expect(keepAlive.mock.calls).toEqual([
      [true, 60_000],
      [true, 60_000],
    ])
    vi.restoreAllMocks()
  })

  it('sets its sockets as told', async () => {
    const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay')
    const keepAlive = vi.spyOn(Socket.prototype, 'setKeepAlive')
    const server = await listen(host, { tcp: { noDelay: false, keepAlive: 5000 } })
    const { events } = connect(server.local, { tcp: { noDelay: false, keepAlive: 0 } })
    await Promise.all([events.first('opened'), server.accepted()])
    expect(noDelay.mock.calls).toEqual([[false], [false]])
    expect(keepAlive.mock.calls).toEqual([
      [false, 0],
      [true, 5000],
    ])
    vi.restoreAllMocks()
  })

  it('reports a reset by the peer, with its address', async () => {
    const server = await listen(host)
    const peer = await raw(server.local)
    const { flow, events } = await server.accepted()
    peer.resetAndDestroy()
    const { error } = await events.first('closed')
    expect(error).toMatchObject({ code: 'transport' })
    expect(error?.message).toContain(`${flow.remote?.port}: reset by the peer (ECONNRESET)`)
  })

  it('reports a refused connection as closed with a transport error that names the address', async () => {
    const to = await closedPort(host)
    const { events } = connect(to)
    const { error } = await events.first('closed')
    expect(error).toMatchObject({
      code: 'transport',
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
    })
    const shown = host === '::1' ? `[::1]:${to.port}` : `127.0.0.1:${to.port}`
    expect(error?.message).toBe(`TCP to ${shown}: refused, nothing listens there (ECONNREFUSED)`)
    expect(events.events).toHaveLength(1)
  })

  it('refuses to listen where somebody listens, with an error that names the address', async () => {
    const { local } = await listen(host)
    await expect(listen(host, {}, local.port)).rejects.toMatchObject({
      code: 'transport',
      message: expect.stringContaining(`${local.port}: the address is in use (EADDRINUSE)`) as unknown,
    })
  })

  it('closes accepted connections with their listener, queued bytes first', async () => {
    const server = await listen(host)
    const peer = await raw(server.local)
    const { flow, events } = await server.accepted()
    const heard = allText(peer)
    flow.send(bytes('goodbye'), flow.remote!)
    server.listener.close()
    expect(await heard).toBe('goodbye')
    expect((await events.first('closed')).error).toBeUndefined()
    expect(await connect(server.local).events.first('closed')).toMatchObject({ error: { code: 'transport' } })
  })

  it.each([0, 70_000])('reports port %d, which a peer may ask for, instead of throwing', async port => {
    const { events } = connect({ host, port })
    expect((await events.first('closed')).error).toMatchObject({ code: 'transport' })
  })

  it('leaves no handle when all is closed', async () => {
    const before = openHandles()
    const server = await listen(host)
    const client = connect(server.local)
    await client.events.first('opened')
    await server.accepted()
    expect(openHandles()).not.toEqual(before)
    client.flow.close()
    server.listener.close()
    await client.events.first('closed')
    expect(await leftOver(before)).toEqual([])
  })
})

describe('TCP', () => {
  it('reports an address that is not numeric instead of asking DNS', async () => {
    const { events } = connect({ host: 'localhost', port: 5060 })
    expect((await events.first('closed')).error?.message).toContain('not a numeric address')
  })

  it('names IPv4 peers of a socket bound to :: without the mapping', async () => {
    if (!(await loopbacks()).includes('::1')) return
    const server = await listen('::')
    await raw({ host: '127.0.0.1', port: server.local.port })
    await raw({ host: '::1', port: server.local.port })
    await server.accepted(1)
    expect(server.flows.map(flow => flow.remote?.host ?? '').sort()).toEqual(['127.0.0.1', '::1'])
    expect(server.flows.map(flow => flow.local.host).sort()).toEqual(['127.0.0.1', '::1'])
  })

  it('refuses an address that is not ours', async () => {
    await expect(listen('192.0.2.77')).rejects.toMatchObject({
      code: 'transport',
      message: expect.stringContaining('192.0.2.77') as unknown,
    })
  })
})
