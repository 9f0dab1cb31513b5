/** Our side of an interop test: one `Sip` on a real socket of the loopback address, with everything it did. */
import { onTestFailed, onTestFinished } from 'vitest'
import type { Resolver } from '../../../src/engine/ports.ts'
import {
  type Connection,
  type ConnectionOptions,
  createSip,
  type MessageFrame,
  type Platform,
  rfc3261,
  type Sip,
  type SipEvent,
  type SipOptions,
  type TimerConfig,
  type TransportName,
} from '../../../src/index.ts'
import { toText } from '../../../src/message/index.ts'
import { type NodeOptions, node } from '../../../src/node/index.ts'
import { freePort } from './ports.ts'
import { within } from './program.ts'

export const host = '127.0.0.1'

/** A `Sip` with one connection that is active. */
export interface Party {
  readonly sip: Sip
  readonly connection: Connection
  readonly port: number
  /** Every message since the start, both directions. */
  readonly wire: readonly MessageFrame[]
  /** What left and what came: `INVITE`, `180 INVITE`. */
  readonly sent: () => readonly string[]
  readonly received: () => readonly string[]
  /** When it left or came, in milliseconds. */
  readonly times: (direction: MessageFrame['direction'], name: string) => readonly number[]
  readonly events: readonly SipEvent[]
  /** Settles when that is so; looked at whenever something happened. */
  readonly until: (condition: () => boolean, ms?: number) => Promise<void>
}

const nameOf = ({ message }: MessageFrame): string =>
  message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`

const text = ({ direction, t, message }: MessageFrame): string =>
  `--- ${direction} ${t.toFixed(0)}\n${toText(message)}`

/** The platform, with a clock that runs so many times faster. */
const at = (speed: number, platform: Platform): Platform => {
  const { clock } = platform
  if (speed === 1) return platform
  return {
    ...platform,
    clock: {
      ...clock,
      now: () => clock.now() * speed,
      setTimeout: (callback, ms) => clock.setTimeout(callback, ms / speed),
      clearTimeout: timer => clock.clearTimeout(timer),
    },
  }
}

/** The timers of RFC 3261 as they are by the wall clock. */
const slower = (speed: number): TimerConfig => ({
  ...rfc3261,
  t1: rfc3261.t1 * speed,
  t2: rfc3261.t2 * speed,
  t4: rfc3261.t4 * speed,
  d: rfc3261.d * speed,
})

/** Starts a party for the test that runs; it is closed with the test. */
export const party = async (
  options: ConnectionOptions &
    Pick<SipOptions, 'credentials' | 'limits'> & {
      readonly transports: readonly TransportName[]
      /** So many seconds go by in one, for what takes minutes; retransmissions keep their pace. */
      readonly speed?: number
      /** Of the platform, beyond UDP and TCP. */
      readonly node?: NodeOptions
      /** Where names are, instead of in the DNS. */
      readonly places?: Resolver['resolve']
    },
): Promise<Party> => {
  const { credentials, limits, speed = 1, node: more, places, ...rest } = options
  const port = await freePort()
  const platform = {
    ...at(speed, node({ host, ...more })),
    ...(places && { resolver: { resolve: places } }),
  }
  const sip = createSip({ platform, ...(credentials && { credentials }), ...(limits && { limits }) })
  const wire: MessageFrame[] = []
  const events: SipEvent[] = []
  const watchers = new Set<() => void>()
  sip.trace$.subscribe(frame => {
    if (frame.kind === 'message') wire.push(frame)
    for (const watcher of watchers) watcher()
  })
  sip.events$.subscribe(event => {
    events.push(event)
    for (const watcher of watchers) watcher()
  })
  onTestFinished(() => within(sip.close(), 5000, 'the engine did not close'))
  onTestFailed(() => {
    console.log(wire.map(text).join('\n'))
  })
  const connection = sip.connect({
    host,
    port,
    userAgent: 'sipactor',
    ...(speed === 1 ? {} : { timers: slower(speed) }),
    ...rest,
  })
  await connection.active()
  const names = (direction: MessageFrame['direction']) => () =>
    wire.filter(frame => frame.direction === direction).map(nameOf)
  const times: Party['times'] = (direction, name) =>
    wire.filter(frame => frame.direction === direction && nameOf(frame) === name).map(({ t }) => t)
  const until = (condition: () => boolean, ms = 5000): Promise<void> => {
    let look = (): void => {}
    const met = new Promise<void>(resolve => {
      look = () => condition() && resolve()
    })
    watchers.add(look)
    look()
    return within(met, ms, 'what the test waits for did not happen').finally(() => watchers.delete(look))
  }
  return { sip, connection, port, wire, events, sent: names('out'), received: names('in'), times, until }
}
