/** sipactor trace --attach, to a WebSocket server that speaks the inspector's protocol. */
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { attachSource } from '../../src/cli/trace-source.ts'
import { type ActorRecord, type Frame, TraceModel, toWire } from '../../src/inspect/index.ts'
import { ordinaryCall } from '../inspect/scenes.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const serve = async (greet: (socket: WebSocket) => void) => {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: offered => (offered.has('sipactor-trace.1') ? 'sipactor-trace.1' : false),
  })
  ends.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const said: unknown[] = []
  server.on('connection', socket => {
    socket.on('message', data => void said.push(JSON.parse((data as Buffer).toString())))
    greet(socket)
  })
  await new Promise<void>(done => server.once('listening', done))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token/`, said, server }
}

const attach = (url: string) => {
  const model = new TraceModel()
  const notes: string[] = []
  const source = attachSource(url, {
    frames: frames => model.append(frames),
    actors: (actors, seq) => model.seed(actors, seq),
    note: text => void notes.push(text),
  })
  ends.push(() => source.close())
  return { model, notes, source }
}

describe('attached to an inspector', () => {
  it('learns who lives, takes frames and acknowledges them, until it is closed', async () => {
    const { alice } = await ordinaryCall()
    const record: ActorRecord = {
      id: 'connection.1',
      machine: 'connection',
      state: 'active',
      since: 0,
      timers: [],
    }
    const { url, said } = await serve(socket => {
      const say = (value: object): void => socket.send(JSON.stringify(value))
      say({ type: 'hello', version: 1, engine: 'pbx', now: 0, ring: 10, redacted: true })
      say({ type: 'actors', seq: 1, actors: [record] })
      socket.send('not JSON')
      say({ type: 'frames', frames: [...alice.frames.map(frame => toWire(frame)), { kind: 'nonsense' }] })
      say({ type: 'dropped', from: 1000, to: 1010 })
      socket.close()
    })
    const { model, notes, source } = attach(url)
    await source.done
    expect(model.length).toBe(alice.frames.length)
    expect(model.flows()[0]).toMatchObject({ title: 'alice → bob', state: 'ended' })
    expect(model.actor('connection.1')).toMatchObject({ state: 'active' })
    expect(notes).toEqual(['attached to pbx', 'frames 1000 to 1010 were dropped'])
    expect(said).toEqual([{ type: 'ack', seq: (alice.frames.at(-1) as Frame).seq }])
  })

  it('says in words that nobody listens, and does not repeat the token', async () => {
    const { url, server } = await serve(() => undefined)
    await new Promise<void>(done => server.close(() => done()))
    const failure = await attach(url).source.done.catch((error: unknown) => error as Error)
    expect(String(failure)).toMatch(/cannot attach to http:\/\/127\.0\.0\.1:\d+\/…: .*ECONNREFUSED/)
    expect(String(failure)).not.toContain('token')
  })

  it('ends when it is told to', async () => {
    const { url } = await serve(() => undefined)
    const { source } = attach(url)
    source.close()
    await expect(source.done).resolves.toBeUndefined()
  })
})
