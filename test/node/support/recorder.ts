/** Records what a flow reports and lets a test wait for it: no sleeping. */
import { createSocket } from 'node:dgram'
import { readdirSync, readlinkSync } from 'node:fs'
import type { Accept, Address, Flow, FlowHandler } from '../../../src/engine/ports.ts'
import type { SipError } from '../../../src/errors.ts'

export type FlowEvent =
  | { readonly type: 'opened' }
  | { readonly type: 'received'; readonly text: string; readonly from: Address }
  | { readonly type: 'failed'; readonly error: SipError; readonly to: Address | undefined }
  | { readonly type: 'closed'; readonly error: SipError | undefined }

type EventOf<Type extends FlowEvent['type']> = Extract<FlowEvent, { type: Type }>

export interface Recorder extends FlowHandler {
  readonly events: readonly FlowEvent[]
  /** The first event of this type, as soon as there is one. */
  first<Type extends FlowEvent['type']>(type: Type): Promise<EventOf<Type>>
  /** Settles when the condition holds; looked at after each event. */
  until(holds: (events: readonly FlowEvent[]) => boolean): Promise<void>
  /** All text received so far. */
  text(): string
}

export const recorder = (): Recorder => {
  const events: FlowEvent[] = []
  const waiting = new Set<() => void>()
  const add = (event: FlowEvent): void => {
    events.push(event)
    for (const look of waiting) look()
  }
  const until = (holds: (events: readonly FlowEvent[]) => boolean): Promise<void> =>
    new Promise(resolve => {
      const look = (): void => {
        if (!holds(events)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  return {
    events,
    until,
    first: async <Type extends FlowEvent['type']>(type: Type) => {
      await until(seen => seen.some(event => event.type === type))
      return events.find((event): event is EventOf<Type> => event.type === type)!
    },
    text: () => events.map(event => (event.type === 'received' ? event.text : '')).join(''),
    opened: () => add({ type: 'opened' }),
    received: (bytes, from) => add({ type: 'received', text: new TextDecoder().decode(bytes), from }),
    failed: (error, to) => add({ type: 'failed', error, to }),
    closed: error => add({ type: 'closed', error }),
  }
}

export interface Acceptor {
  readonly accept: Accept
  readonly flows: readonly Flow[]
  readonly recorders: readonly Recorder[]
  /** The flow and the recorder of the n-th accepted flow, from 0. */
  accepted(index?: number): Promise<{ readonly flow: Flow; readonly events: Recorder }>
}

/** Accepts every flow with a recorder. */
export const acceptor = (): Acceptor => {
  const flows: Flow[] = []
  const recorders: Recorder[] = []
  const waiting = new Set<() => void>()
  return {
    flows,
    recorders,
    accept: flow => {
      flows.push(flow)
      const events = recorder()
      recorders.push(events)
      for (const look of waiting) look()
      return events
    },
    accepted: (index = 0) =>
      new Promise(resolve => {
        const look = (): void => {
          const flow = flows[index]
          const events = recorders[index]
          if (!flow || !events) return
          waiting.delete(look)
          resolve({ flow, events })
        }
        waiting.add(look)
        look()
      }),
  }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Loopback addresses to test over; says so when the host has no IPv6. */
export const loopbacks = async (): Promise<readonly string[]> => {
  const socket = createSocket('udp6')
  const has = await new Promise<boolean>(resolve => {
    socket.once('error', () => resolve(false))
    socket.once('listening', () => resolve(true))
    socket.bind(0, '::1')
  })
  socket.close()
  if (!has) console.warn('not tested over ::1: this host has no IPv6 loopback')
  return has ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}

/** Sockets of this process that the kernel knows, also those that do not keep it alive. Counted on Linux only. */
const openSockets = (): number => {
  if (process.platform !== 'linux') return 0
  const isSocket = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false
    }
  }
  return readdirSync('/proc/self/fd').filter(isSocket).length
}

/** What keeps the process alive now, apart from the test runner's own pipes, and the number of sockets. */
export const openHandles = (): string[] => [
  ...process
    .getActiveResourcesInfo()
    .filter(name => /^(UDPWrap|TCP|Timeout|GetAddrInfo|Query|Dns)/.test(name))
    .sort(),
  `${openSockets()} sockets`,
]

/** What is open now and was not before. */
const extra = (before: readonly string[]): string[] => {
  const rest = [...before]
  return openHandles().filter(name => {
    const known = rest.indexOf(name)
    if (known >= 0) rest.splice(known, 1)
    return known < 0
  })
}

/** Waits, for 2 s at most, until no more is open than before (the runner's own timers come and go), and returns what is left over. */
export const leftOver = async (before: readonly string[]): Promise<string[]> => {
  const start = performance.now()
  while (extra(before).length > 0 && performance.now() - start < 2000)
    await new Promise(resolve => setImmediate(resolve))
  return extra(before)
}
