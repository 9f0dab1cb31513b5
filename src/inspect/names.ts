/** Words of a trace: what machines are called in short, who parties are, how states read. */

import type { NameAddr, SipMessage } from '../message/types.ts'
import { isSipUri } from '../message/uri.ts'
import type { StepFrame } from './frame.ts'
import { briefState } from './label.ts'
import type { Chip } from './views.ts'

const short: Readonly<Record<string, string>> = {
  inviteServer: 'IS',
  inviteClient: 'IC',
  nonInviteServer: 'NS',
  nonInviteClient: 'NC',
  dialog: 'D',
  registration: 'R',
  subscription: 'S',
  notifier: 'N',
  publication: 'P',
  profile: 'PF',
  line: 'L',
  outgoingCall: 'C',
  incomingCall: 'C',
  surfacedCall: 'C',
}

/** `IS`, `IC`, `NS`, `NC`, `D`, `R`, `S`, `N`, `P`, `PF`, `L`, `C`; the machine's id where there is nothing shorter. */
export const shortKind = (machine: string): string => short[machine] ?? machine

/** True for what a reader of SIP looks for. */
export const isMain = (machine: string): boolean => Object.hasOwn(short, machine)

export const isTransaction = (machine: string): boolean => /^(?:nonI|i)nvite(?:Client|Server)$/.test(machine)

export const isCall = (machine: string): boolean => short[machine] === 'C'

/** Chips of steps: one for each actor whose state changed for a reader, from where it was to where it is. */
export const chipsOf = (steps: readonly StepFrame[]): Chip[] => {
  const chips = new Map<string, Chip>()
  for (const { actor, machine, from, to, seq } of steps) {
    const before = chips.get(actor)
    const start = before ? before.from : from
    const base = { actor, machine, kind: shortKind(machine), to, seq, main: isMain(machine) }
    chips.set(actor, start === undefined ? base : { ...base, from: start })
  }
  return [...chips.values()].filter(
    ({ from, to }) => from === undefined || briefState(from) !== briefState(to),
  )
}

/** `bob`, or the host when there is no user. */
export const userOf = (address: NameAddr | undefined): string => {
  const uri = address?.uri
  if (!uri) return '?'
  if (isSipUri(uri)) return uri.user ?? uri.host
  return 'number' in uri ? uri.number : uri.opaque
}

/** `bob@example.com`. */
export const aorOf = (address: NameAddr | undefined): string => {
  const uri = address?.uri
  if (!uri) return '?'
  if (isSipUri(uri)) return uri.user === undefined ? uri.host : `${uri.user}@${uri.host}`
  return 'number' in uri ? uri.number : uri.opaque
}

/** `INVITE`, `180 Ringing`. */
export const labelOf = (message: SipMessage): string =>
  message.kind === 'request' ? message.method : `${message.status} ${message.reason}`.trim()

/** An address as a reader writes it. */
export const addressText = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Refusals after which one tries again. */
export const isRetried = (status: number): boolean =>
  (status >= 300 && status < 400) || [401, 407, 412, 422, 423, 491, 494].includes(status)
