/** One end of a joint walk, and how both are set up. */
import type { Call, Connection, Sip } from '../../src/index.ts'
import type { Conditions, simulatedNetwork } from '../../src/testing/index.ts'

/** How the two are set up. */
export interface Setup {
  readonly wire?: 'UDP' | 'TCP'
  /** Session timers of 90 s. */
  readonly timers?: boolean
  /** Where the offer of the INVITE comes from. */
  readonly offer?: 'media' | 'none'
  readonly autoAck?: boolean
  readonly reliable?: 'supported' | 'required' | 'off'
  /** Changes are answered by hand: after so many milliseconds. */
  readonly byHand?: number
  /** Media takes so many milliseconds for each description. */
  readonly slow?: number
  /** Packets that are lost, by number; of datagrams only. */
  readonly lose?: readonly number[]
  readonly weather?: Conditions
  readonly seed?: number
}

/** One end. */
export interface Party {
  readonly name: string
  readonly sip: Sip
  readonly connection: Connection
  readonly calls: Call[]
  readonly setup: Setup
  /** The address of the one it calls. */
  readonly peer: string
  readonly network: ReturnType<typeof simulatedNetwork>
  /** Takes a call among its own. */
  readonly follow: (call: Call) => void
  /** A promise that has to settle. */
  readonly expect: (what: string, promise: Promise<unknown>) => void
}

export const hosts = { A: '192.0.2.1', B: '192.0.2.2', C: '192.0.2.3' } as const
