/** Our side of an interop test: one `Sip` on a real socket of the loopback address, with everything it did. */
import { onTestFailed, onTestFinished } from 'vitest'
import {
  type Connection,
  type ConnectionOptions,
  createSip,
  type MessageFrame,
  type Sip,
  type SipEvent,
  type SipOptions,
  type TransportName,
} from '../../../src/index.ts'
import { toText } from '../../../src/message/index.ts'
import { node } from '../../../src/node/index.ts'
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
  readonly events: readonly SipEvent[]
  /** Settles when that is so; looked at whenever something happened. */
  readonly until: (condition: () => boolean, ms?: number) => Promise<void>
}

const nameOf = ({ message }: MessageFrame): string =>
  message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`

const text = ({ direction, t, message }: MessageFrame): string =>
  `--- ${direction} ${t.toFixed(0)}\n${toText(message)}`

/** Starts a party for the test that runs; it is closed with the test. */
export const party = async (
  options: ConnectionOptions &
    Pick<SipOptions, 'credentials'> & { readonly transports: readonly TransportName[] },
): Promise<Party> => {
  const { credentials, ...rest } = options
  const port = await freePort()
  const sip = createSip({ platform: node({ host }), ...(credentials && { credentials }) })
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
  onTestFinished(() => sip.close())
  onTestFailed(() => {
    console.log(wire.map(text).join('\n'))
  })
  const connection = sip.connect({ host, port, userAgent: 'sipactor', ...rest })
  await connection.active()
  const names = (direction: MessageFrame['direction']) => () =>
    wire.filter(frame => frame.direction === direction).map(nameOf)
  const until = (condition: () => boolean, ms = 5000): Promise<void> => {
    let look = (): void => {}
    const met = new Promise<void>(resolve => {
      look = () => condition() && resolve()
    })
    watchers.add(look)
    look()
    return within(met, ms, 'what the test waits for did not happen').finally(() => watchers.delete(look))
  }
  return { sip, connection, port, wire, events, sent: names('out'), received: names('in'), until }
}
