/** Platforms, listeners and flows of TLS and WebSocket for tests; all is closed, and checked to be closed, after each test. */
import { afterEach, beforeEach, expect } from 'vitest'
import type { Address, Flow, Listener, Target, TransportName } from '../../../src/engine/ports.ts'
import type { SipError } from '../../../src/errors.ts'
import { type NodeOptions, type NodePlatform, node } from '../../../src/node/index.ts'
import { type Acceptor, acceptor, leftOver, openHandles, type Recorder, recorder } from './recorder.ts'

const closers: (() => unknown)[] = []
let before: string[] = []

/** Runs when the test is over. */
export const later = (close: () => unknown): void => void closers.push(close)

export const closeAfterEach = (): void => {
  beforeEach(() => {
    before = openHandles()
  })
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
    expect(await leftOver(before)).toEqual([])
  })
}

/** A platform on loopback without datagrams. */
export const platform = (options: NodeOptions): NodePlatform =>
  node({ host: '127.0.0.1', udp: false, tcp: false, ...options })

const transportOf = ({ transports }: NodePlatform, name: TransportName) =>
  transports.find(transport => transport.name === name)!

export interface Listening extends Acceptor {
  readonly local: Address
  readonly listener: Listener
  /** Who was turned away. */
  readonly refused: readonly SipError[]
}

export const listen = async (on: NodePlatform, name: TransportName = 'TLS'): Promise<Listening> => {
  const accepted = acceptor()
  const refused: SipError[] = []
  const listener = await transportOf(on, name).listen(
    { host: '127.0.0.1', port: 0 },
    accepted.accept,
    error => refused.push(error),
  )
  later(() => listener.close())
  return { ...accepted, listener, local: listener.local, refused }
}

export const open = (
  from: NodePlatform,
  to: Omit<Target, 'transport'> & { readonly transport?: TransportName },
): { readonly flow: Flow; readonly events: Recorder } => {
  const events = recorder()
  const { transport = 'TLS' } = to
  const local = { host: '127.0.0.1', port: 0 }
  const flow = transportOf(from, transport).connect!({ ...to, transport }, local, events)
  later(() => flow.close())
  return { flow, events }
}

/** How an attempt to connect ends: `opened`, or the text of the error. */
export const outcome = async (events: Recorder): Promise<string> => {
  const first = await Promise.race([events.first('opened'), events.first('closed')])
  return first.type === 'opened' ? 'opened' : (first.error?.message ?? 'closed')
}
