/** One flow as a ladder: its columns and its rows. */

import { columnsOf } from './columns.ts'
import type { Flow, Leg } from './flow.ts'
import type { MessageFrame } from './frame.ts'
import { isRetried, labelOf } from './names.ts'
import { badgeOf } from './sdp-badge.ts'
import { legsOf } from './summary.ts'
import type { ArrowRow, Finding, LadderRow, LadderView } from './views.ts'

const none = (flow: string): LadderView => ({
  flow,
  start: 0,
  columns: [],
  rows: [],
  lifelines: [],
  cut: false,
})

/** The same message again has the same. */
const identityOf = ({ message, direction }: MessageFrame): string => {
  const { seq, method } = message.cseq
  const what = message.kind === 'request' ? message.method : message.status
  return [
    direction,
    what,
    seq,
    method,
    message.via.params.get('branch') ?? '',
    message.fromTag ?? '',
    message.toTag ?? '',
  ].join(' ')
}

const transactionOf = ({ message }: MessageFrame): string =>
  `${message.via.params.get('branch') ?? message.callId} ${message.cseq.seq} ${message.cseq.method === 'ACK' ? 'INVITE' : message.cseq.method}`

const kindOf = ({ message }: MessageFrame): ArrowRow['is'] => {
  if (message.kind === 'request') return 'request'
  if (message.status < 200) return 'provisional'
  return message.status < 300 ? 'success' : 'failure'
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
type Arrow = Writable<ArrowRow> & { copies: number[]; touched: number }

/** The ladder of a flow, as far as its frames are held. */
export const ladderOf = (flow: Flow | undefined, first: number, findings: readonly Finding[]): LadderView => {
  if (!flow) return none('')
  const legs = legsOf(flow)
  const columns = columnsOf(legs)
  const messages = legs.flatMap((leg: Leg) => leg.messages.slice(leg.head)).sort((a, b) => a.seq - b.seq)
  const flagged = new Set(findings.map(({ seq }) => seq))
  const arrows = new Map<string, Arrow>()
  const requests = new Map<string, Arrow>()
  const rows: (Arrow | LadderRow)[] = []
  const rowOf = new Map<number, Arrow>()
  for (const frame of messages) {
    const { message, seq, t, direction } = frame
    const identity = identityOf(frame)
    const before = arrows.get(identity)
    if (before && rows.at(-1) === before) {
      const gap = t - before.touched
      before.copies.push(seq)
      before.spread = [Math.min(gap, before.spread?.[0] ?? gap), Math.max(gap, before.spread?.[1] ?? gap)]
      before.touched = t
      rowOf.set(seq, before)
      continue
    }
    const transaction = transactionOf(frame)
    const request = message.kind === 'response' ? requests.get(transaction) : undefined
    const { from, to } = columns.ends(frame)
    const sdp = badgeOf(message)
    const arrow: Arrow = {
      kind: 'arrow',
      seq,
      t,
      touched: t,
      from,
      to,
      direction,
      label: labelOf(message),
      is: kindOf(frame),
      method: message.cseq.method,
      cseq: message.cseq.seq,
      leg: message.callId,
      transaction,
      copies: [],
      gap: 0,
      again: message.kind === 'response' && isRetried(message.status),
      chips: [],
      flagged: flagged.has(seq),
      ...(before ? { repeats: before.seq } : {}),
      ...(request ? { rtt: t - request.t } : {}),
      ...(sdp ? { sdp } : {}),
    }
    if (message.kind === 'request' && !requests.has(transaction)) requests.set(transaction, arrow)
    arrows.set(identity, before ?? arrow)
    rows.push(arrow)
    rowOf.set(seq, arrow)
  }
  return {
    flow: flow.id,
    start: messages[0]?.t ?? flow.began,
    columns: columns.list,
    rows,
    lifelines: [],
    cut: first > flow.firstSeq,
  }
}
