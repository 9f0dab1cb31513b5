/**
 * Who stands where in a ladder. A peer is a host and a leg; the engine is a band with a line for each leg. Ports of one
 * host are one peer, but on loopback, where everybody has the same host.
 */
import type { Address } from '../engine/ports.ts'
import type { Leg } from './flow.ts'
import type { MessageFrame } from './frame.ts'
import { addressText, aorOf, userOf } from './names.ts'
import type { LadderColumn } from './views.ts'

const loopback = (host: string): boolean => /^127\.|^::1$|^::ffff:127\./.test(host)

const engineOf = (leg: string): string => `engine ${leg}`

/** Columns of a ladder, and the ends of its arrows. */
export interface Columns {
  readonly list: readonly LadderColumn[]
  ends(frame: MessageFrame): { readonly from: string; readonly to: string }
  /** Of what came from that address. */
  peerAt(remote: Address): { readonly from: string; readonly to: string; readonly leg: string } | undefined
}

/** Port by which a peer is known: behind a stream that it opened, the one it names itself. */
const portOf = ({ message, direction, remote, transport }: MessageFrame): number =>
  transport !== 'UDP' && direction === 'in' && message.kind === 'request'
    ? (message.via.port ?? remote.port)
    : remote.port

const legColumns = (leg: Leg) => {
  const peers = new Map<string, LadderColumn>()
  const ids = new Map<string, string>()
  for (const frame of leg.messages.slice(leg.head)) {
    const { remote, transport, message, direction } = frame
    const address = addressText(remote)
    if (ids.has(address)) continue
    const shown = { host: remote.host, port: portOf(frame) }
    const id = `${loopback(remote.host) ? addressText(shown) : remote.host} ${leg.id}`
    ids.set(address, id)
    if (peers.has(id)) continue
    const theirs = (direction === 'in') === (message.kind === 'request') ? message.from : message.to
    // Messages to a registrar name only whom they register.
    const registrar =
      message.cseq.method === 'REGISTER' && (direction === 'out') === (message.kind === 'request')
    const name = registrar ? (aorOf(message.to).split('@')[1] ?? userOf(theirs)) : userOf(theirs)
    peers.set(id, { id, host: addressText(shown), name, leg: leg.id, transport, is: 'peer' })
  }
  return { peers: [...peers.values()], ids }
}

/** Peers of the leg that came in stand left, all others right; the engine between them. */
export const columnsOf = (legs: readonly Leg[]): Columns => {
  const parts = new Map(legs.map(leg => [leg.id, legColumns(leg)]))
  const [incoming] = legs.filter(
    ({ opening }) => (opening.direction === 'in') === (opening.message.kind === 'request'),
  )
  const left = incoming ? [incoming] : []
  const right = legs.filter(leg => leg !== incoming)
  const peers = (some: readonly Leg[]) => some.flatMap(leg => parts.get(leg.id)!.peers)
  const engine = [...left, ...right].map(leg => ({
    id: engineOf(leg.id),
    host: 'engine',
    name: '',
    leg: leg.id,
    is: 'engine' as const,
  }))
  return {
    list: [...peers(left), ...engine, ...peers(right)],
    ends({ message, remote, direction }) {
      const us = engineOf(message.callId)
      const them = parts.get(message.callId)?.ids.get(addressText(remote)) ?? us
      return direction === 'in' ? { from: them, to: us } : { from: us, to: them }
    },
    peerAt(remote) {
      for (const [leg, { ids }] of parts) {
        const from = ids.get(addressText(remote))
        if (from !== undefined) return { from, to: engineOf(leg), leg }
      }
      return undefined
    },
  }
}
