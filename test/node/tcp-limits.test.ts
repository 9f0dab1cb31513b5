/** Limits and times of TCP on the Node platform. RFC 3261 §18. */
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { loopbacks } from './support/recorder.ts'
import { closeAfterEach, connect, listen, raw, rawServer } from './support/tcp.ts'

closeAfterEach()

describe.each(await loopbacks())('limits of TCP over %s', host => {
  it('fails a connection whose peer does not read once 1 MiB waits, and says how much', async () => {
    const to = await rawServer(host)
    const { flow, events } = connect(to)
    await events.first('opened')
    const piece = new Uint8Array(256 * 1024)
    for (let sent = 0; sent < 200 && events.events.length === 1; sent += 1) {
      flow.send(piece, to)
      await new Promise(resolve => setImmediate(resolve))
    }
    const { error } = await events.first('closed')
    expect(events.events.map(event => event.type)).toEqual(['opened', 'failed', 'closed'])
    expect(error).toMatchObject({ code: 'transport' })
    expect(error?.message).toMatch(/does not read, \d+ bytes wait/)
  })

  it('lets one message exceed the limit while nothing waits', async () => {
    const server = await listen(host)
    const client = connect(server.local, { tcp: { outgoingLimit: 10 } })
    await client.events.first('opened')
    client.flow.send(new Uint8Array(1000).fill(65), server.local)
    const { events } = await server.accepted()
    await events.until(() => events.text().length === 1000)
  })

  it('refuses connections of one peer beyond its limit and takes new ones when old ones end', async () => {
    const server = await listen(host, { tcp: { connectionsPerPeer: 2 } })
    const first = connect(server.local)
    const second = connect(server.local)
    await Promise.all([first.events.first('opened'), second.events.first('opened')])
    const third = connect(server.local)
    expect((await third.events.first('closed')).error).toMatchObject({ code: 'transport' })
    expect(server.flows).toHaveLength(2)
    first.flow.close()
    await first.events.first('closed')
    await server.recorders[0]!.first('closed')
    const fourth = connect(server.local)
    await server.accepted(2)
    await fourth.events.first('opened')
  })

  it('accepts 100 connections of one peer by default and refuses the next (limits)', async () => {
    const server = await listen(host)
    const peers = await Promise.all(Array.from({ length: 100 }, () => raw(server.local)))
    await server.accepted(99)
    const extra = connect(server.local)
    expect((await extra.events.first('closed')).error).toMatchObject({ code: 'transport' })
    expect(server.flows).toHaveLength(100)
    peers[0]!.write('still served')
    await Promise.race(server.recorders.map(events => events.first('received')))
  })

  it('closes a connection on which nothing comes or goes, with an error that says so', async () => {
    const server = await listen(host, { tcp: { idleLimit: 50 } })
    await raw(server.local)
    const { events } = await server.accepted()
    const { error } = await events.first('closed')
    expect(error).toMatchObject({ code: 'transport' })
    expect(error?.message).toContain('nothing came or went for 0.05 s')
  })

  it('forgets the connect timeout once the connection is there', async () => {
    const server = await listen(host)
    const { events } = connect(server.local, { connectTimeout: 20, tcp: { idleLimit: 80 } })
    await events.first('opened')
    expect((await events.first('closed')).error?.message).toContain('nothing came or went')
  })

  it('does not wait longer than a second for a peer that never closes its side', async () => {
    const to = await rawServer(host, socket => void socket.resume())
    const { flow, events } = connect(to)
    await events.first('opened')
    const start = performance.now()
    flow.close()
    await events.first('closed')
    expect(performance.now() - start).toBeLessThan(1500)
  })
})

describe('limits of TCP', () => {
  it('gives up connecting after the time allowed, with an error that names the address', async () => {
    // Listens with the shortest queue and then never accepts: once the queue is full, the kernel leaves attempts unanswered.
    const deaf = new Worker(
      `const { parentPort } = require('node:worker_threads')
       const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
         parentPort.postMessage(server.address().port)
         setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
       })`,
      { eval: true },
    )
    const port = await new Promise<number>(resolve => deaf.once('message', resolve))
    try {
      const attempts = Array.from({ length: 6 }, () =>
        connect({ host: '127.0.0.1', port }, { connectTimeout: 100 }),
      )
      const { error } = await Promise.race(attempts.map(({ events }) => events.first('closed')))
      expect(error).toMatchObject({ code: 'transport' })
      expect(error?.message).toBe(`TCP to 127.0.0.1:${port}: no connection within 0.1 s (ETIMEDOUT)`)
    } finally {
      await deaf.terminate()
    }
  })
})
