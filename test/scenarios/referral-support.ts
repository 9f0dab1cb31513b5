/** Three engines on one network: alice, who refers; bob, who is referred; carol, whom he is to call. */
import { afterEach } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { Call, Connection, ConnectionOptions, IncomingReferral, SipEvent } from '../../src/index.ts'
import { isMalformed, parse } from '../../src/message/index.ts'
import type { SipMessage, SipRequest } from '../../src/message/types.ts'
import { type Packet, simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { sdp } from '../support/text.ts'
import { brief } from './support.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of open.splice(0)) await end()
})

export const hosts = { alice: '192.0.2.1', bob: '192.0.2.2', carol: '192.0.2.3' } as const
export type Name = keyof typeof hosts
export const uriOf = (name: Name): string => `sip:${name}@${hosts[name]}:5060`
export const sdpOf = (name: Name): string => sdp(hosts[name])

const read = ({ bytes }: Packet): SipMessage | undefined => {
  const message = parse(bytes)
  return isMalformed(message) ? undefined : message
}

/** `200 NOTIFY`, and for a NOTIFY what it tells: `NOTIFY 180 active`. */
const named = (message: SipMessage): string => {
  const name = brief(message)
  if (name !== 'NOTIFY') return name
  const state = message.parsed('subscription-state')?.value ?? '?'
  return `NOTIFY ${message.text.split(' ')[1] ?? '-'} ${state}`
}

export interface ThreeOptions {
  readonly seed?: number
  readonly connection?: ConnectionOptions
}

export const threeParties = async (options: ThreeOptions = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({
    clock,
    latency: 5,
    ...(options.seed !== undefined && { seed: options.seed }),
  })
  const packets: Packet[] = []
  network.onPacket(packet => void packets.push(packet))
  const party = async (name: Name) => {
    const engine = createEngine(network.platform({ host: hosts[name] }))
    const sip = sipOver(engine, {})
    const connection = sip.connect({ port: 5060, user: name, ...options.connection })
    await connection.active()
    open.push(async () => {
      const closed = sip.close()
      await clock.run(200_000)
      await closed
    })
    const calls: Call[] = []
    connection.calls$.subscribe(call => void calls.push(call))
    const events: SipEvent[] = []
    sip.events$.subscribe(event => void events.push(event))
    return { name, engine, sip, connection, calls, events }
  }
  const [alice, bob, carol] = [await party('alice'), await party('bob'), await party('carol')]
  const run = (milliseconds: number): Promise<void> => clock.run(milliseconds)

  /** A call between two of them, up; both handles. */
  const connect = async (
    from: { readonly connection: Connection; readonly name: Name },
    to: { readonly calls: Call[]; readonly name: Name },
  ) => {
    const outgoing = from.connection.invite(uriOf(to.name), { offer: sdpOf(from.name) })
    await run(50)
    const incoming = to.calls.at(-1)!
    void incoming.accept(sdpOf(to.name))
    await run(50)
    return [outgoing, incoming] as const
  }

  /** What went from one to another, in short, each once: what was lost and repeated does not count. */
  const between = (from: Name, to: Name): readonly string[] => {
    const seen = new Set<string>()
    return packets
      .filter(packet => packet.from.host === hosts[from] && packet.to.host === hosts[to])
      .flatMap(packet => {
        if (seen.has(packet.text)) return []
        seen.add(packet.text)
        const message = read(packet)
        return message ? [named(message)] : []
      })
  }

  /** Requests of a method that one sent. */
  const requests = (from: Name, method: string): readonly SipRequest[] =>
    packets.flatMap(packet => {
      const message = packet.from.host === hosts[from] ? read(packet) : undefined
      return message?.kind === 'request' && message.method === method ? [message] : []
    })

  return {
    clock,
    network,
    packets,
    alice,
    bob,
    carol,
    run,
    connect,
    between,
    requests,
    /** Forgets what has crossed the wire. */
    hush: () => void packets.splice(0),
    census: () =>
      [alice, bob, carol].map(({ engine }) => {
        const { kinds, keys } = engine.census()
        const { flow: _, network: __, ...others } = kinds
        return { ...others, keys }
      }),
  }
}

/** Nothing lives but the connections. */
export const idle = [
  { connection: 1, keys: 0 },
  { connection: 1, keys: 0 },
  { connection: 1, keys: 0 },
]

/** REFERs as they come, each accepted with an offer of its own. */
export const obey = (source: Call | Connection, offer: string) => {
  const taken: { readonly referral: IncomingReferral; readonly call: Call }[] = []
  source.referrals$.subscribe(referral => void taken.push({ referral, call: referral.accept({ offer }) }))
  return taken
}
