/** Listeners, connections and raw sockets for the TCP tests; everything is closed, and checked to be closed, after each test. */
import { createServer, type Server, Socket } from 'node:net'
import { afterEach, beforeEach, expect } from 'vitest'
import type { Address, Flow, Listener, Target, Transport } from '../../../src/engine/ports.ts'
import { type NodeOptions, node } from '../../../src/node/index.ts'
import { type Acceptor, acceptor, leftOver, openHandles, recorder } from './recorder.ts'

const anyPort = 0
const listeners: Listener[] = []
const flows: Flow[] = []
const sockets: Socket[] = []
const servers: Server[] = []
let before: string[] = []

export const transport = (options: NodeOptions = {}): Transport =>
  node({ udp: false, ...options }).transports[0]!

export const listen = async (
  host: string,
  options: NodeOptions = {},
  port = anyPort,
): Promise<Acceptor & { readonly local: Address; readonly listener: Listener }> => {
  const accepted = acceptor()
  const listener = await transport(options).listen({ host, port }, accepted.accept)
  listeners.push(listener)
  return { ...accepted, listener, local: listener.local }
}

const target = ({ host, port }: Address): Target => ({ host, port, transport: 'TCP' })

export const connect = (
  to: Address,
  options: NodeOptions = {},
  from: Address = { host: '0.0.0.0', port: 5060 },
) => {
  const events = recorder()
  const flow = transport(options).connect!(target(to), from, events)
  flows.push(flow)
  return { flow, events }
}

export const raw = (to: Address, options: { readonly allowHalfOpen?: boolean } = {}): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = new Socket(options)
    sockets.push(socket)
    socket.once('error', reject)
    socket.connect(to.port, to.host, () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })

/** A server that accepts and then does what `use` says; by default it never reads. */
export const rawServer = (
  host: string,
  use: (socket: Socket) => void = socket => void socket.pause(),
): Promise<Address> =>
  new Promise(resolve => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, socket => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      use(socket)
    })
    servers.push(server)
    server.listen(0, host, () => {
      const bound = server.address()
      resolve({ host, port: typeof bound === 'object' && bound ? bound.port : 0 })
    })
  })

export const allText = (socket: Socket): Promise<string> =>
  new Promise(resolve => {
    let text = ''
    socket.on('data', piece => (text += String(piece)))
    socket.on('end', () => resolve(text))
  })

export const closedPort = async (host: string): Promise<Address> => {
  const { listener, local } = await listen(host)
  listener.close()
  await leftOver(before)
  return local
}

/** To be called once at the top of a test file. */
export const closeAfterEach = (): void => {
  beforeEach(() => {
    before = openHandles()
  })

  afterEach(async () => {
    for (const flow of flows.splice(0)) flow.close()
    for (const listener of listeners.splice(0)) listener.close()
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const server of servers.splice(0)) server.close()
    expect(await leftOver(before)).toEqual([])
  })
}
