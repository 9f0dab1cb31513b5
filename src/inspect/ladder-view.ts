/** One flow as a ladder: its columns and its rows. */
import type { ActorLog } from './actor-log.ts'
import { attribute } from './attribution.ts'
import { type Columns, columnsOf } from './columns.ts'
import { eventWords } from './event-words.ts'
import type { Missing } from './findings.ts'
import type { Flow } from './flow.ts'
import type { MessageFrame, StepFrame } from './frame.ts'
import { briefState } from './label.ts'
import { legByActor, lifelinesOf } from './lifelines.ts'
import { chipsOf, isCall, isRetried, isTransaction, labelOf } from './names.ts'
import { badgeOf } from './sdp-badge.ts'
import { legsOf } from './summary.ts'
import type { ArrowRow, Chip, Finding, LadderRow, LadderView, MovedRow } from './views.ts'

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
type Draft = Writable<ArrowRow> & { copies: number[]; touched: number; chips: Chip[] }
type Row = Draft | Exclude<LadderRow, ArrowRow>

/** Arrows in order, repetitions folded into the row before them. */
const arrowsOf = (messages: readonly MessageFrame[], columns: Columns, flagged: ReadonlySet<number>) => {
  const known = new Map<string, Draft>()
  const requests = new Map<string, Draft>()
  const rows: Draft[] = []
  const rowOf = new Map<number, Draft>()
  for (const frame of messages) {
    const { message, seq, t, direction } = frame
    const identity = identityOf(frame)
    const before = known.get(identity)
    const last = rows.at(-1)
    const gap = before ? t - before.touched : 0
    if (before) before.touched = t
    if (before && last?.repeats === before.seq) {
      last.copies.push(seq)
      last.spread = [Math.min(gap, last.spread![0]), Math.max(gap, last.spread![1])]
      last.touched = t
      last.flagged ||= flagged.has(seq)
      rowOf.set(seq, last)
      continue
    }
    const transaction = transactionOf(frame)
    const request = message.kind === 'response' ? requests.get(transaction) : undefined
    const sdp = badgeOf(message)
    const row: Draft = {
      kind: 'arrow',
      seq,
      t,
      touched: t,
      ...columns.ends(frame),
      direction,
      label: labelOf(message) + (eventWords(message)?.[1] ?? ''),
      is: kindOf(frame),
      method: message.cseq.method,
      cseq: message.cseq.seq,
      leg: message.callId,
      transaction,
      copies: before ? [seq] : [],
      gap: 0,
      again: message.kind === 'response' && isRetried(message.status),
      chips: [],
      flagged: flagged.has(seq),
      ...(before ? { repeats: before.seq, spread: [gap, gap] as const } : {}),
      ...(request && !before && request.touched === request.t ? { rtt: t - request.t } : {}),
      ...(sdp ? { sdp } : {}),
    }
    if (message.kind === 'request' && !requests.has(transaction)) requests.set(transaction, row)
    known.set(identity, before ?? row)
    rows.push(row)
    rowOf.set(seq, row)
  }
  return { rows, rowOf }
}

/** What set machines off that moved by themselves. */
const wordOf = (event: string): string => {
  const [name = event] = event.replace(/^xstate\.(?:after|error\.actor|done\.actor)\./, '').split('.')
  return event.startsWith('xstate.after.') ? name : event
}

const settled: ReadonlySet<string> = new Set(['completed', 'accepted', 'confirmed', 'terminated'])

/** A transaction that has done its work and goes, an object let go that had ended, a line before it starts: nobody looks for that. */
const quiet = ({ machine, from, to }: Chip): boolean =>
  (isTransaction(machine) && briefState(to) === 'terminated' && settled.has(briefState(from ?? ''))) ||
  (from !== undefined && to === 'released' && briefState(from) === 'terminated') ||
  (from === undefined && machine === 'line')

const movedRow = (run: readonly StepFrame[], leg: string): MovedRow | undefined => {
  const chips = chipsOf(run).filter(chip => chip.main && !quiet(chip))
  const [first] = run
  if (chips.length === 0 || !first) return undefined
  const { seq, t, event } = first
  return {
    kind: 'moved',
    seq,
    t,
    label: wordOf(event),
    timer: event.startsWith('xstate.after.'),
    gap: 0,
    leg,
    chips,
  }
}

/** Requests of two sides that were under way at the same time. */
const markCrossed = (rows: readonly Row[]): void => {
  const arrows = rows.filter((row): row is Draft => row.kind === 'arrow')
  const open = new Map<string, Draft>()
  for (const row of arrows) {
    const changes = row.method === 'INVITE' || row.method === 'UPDATE'
    if (row.is === 'request') {
      const other = changes ? open.get(`${row.leg} ${row.direction === 'in' ? 'out' : 'in'}`) : undefined
      if (other && row.repeats === undefined) {
        row.crossed = other.seq
        other.crossed = row.seq
      }
      if (changes) open.set(`${row.leg} ${row.direction}`, row)
    } else if (row.is !== 'provisional' && changes)
      open.delete(`${row.leg} ${row.direction === 'in' ? 'out' : 'in'}`)
  }
}

/** Machines whose states tell what a silence was. */
const usages: ReadonlySet<string> = new Set(['registration', 'subscription', 'notifier'])

/** What a silence was, by how the calls of the flow stood. */
const wordOfSilence = (states: ReadonlyMap<string, string>): string => {
  const all = new Set(states.values())
  if (['confirmed', 'accepted'].some(one => all.has(one))) return 'talking'
  if (['early', 'ringing'].some(one => all.has(one))) return 'ringing'
  if (all.has('registered')) return 'registered'
  if (['pending', 'active'].some(one => all.has(one))) return 'subscribed'
  return all.has('calling') || all.has('incoming') ? 'waiting for an answer' : ''
}

/** Gaps, and a break where nothing happened for more than a second. */
const spaced = (rows: readonly Row[]): LadderRow[] => {
  const shown: LadderRow[] = []
  const states = new Map<string, string>()
  let before: { readonly t: number; readonly seq: number } | undefined
  for (const row of rows) {
    const gap = before ? row.t - before.t : 0
    if (before && gap > 1000 && row.kind !== 'missing')
      shown.push({
        kind: 'silence',
        seq: before.seq,
        t: before.t,
        milliseconds: gap,
        label: wordOfSilence(states),
      })
    if ('chips' in row)
      for (const { actor, machine, to } of row.chips)
        if (isCall(machine) || usages.has(machine)) states.set(actor, briefState(to))
    if (row.kind === 'arrow') {
      const { touched, ...arrow } = row
      shown.push({ ...arrow, gap })
      // A row's own time, unless its repetitions were folded into it.
      before = { t: arrow.repeats === undefined ? arrow.t : touched, seq: arrow.copies.at(-1) ?? arrow.seq }
    } else {
      shown.push(row.kind === 'moved' ? { ...row, gap } : row)
      if (row.kind !== 'missing') before = row
    }
  }
  return shown
}

/** What a ladder is drawn from besides its flow. */
export interface LadderSources {
  /** Number of the oldest frame that is held. */
  readonly first: number
  readonly findings: readonly Finding[]
  readonly missing: readonly Missing[]
  logOf(id: string): ActorLog | undefined
}

/** The ladder of a flow, as far as its frames are held. */
export const ladderOf = (flow: Flow | undefined, sources: LadderSources): LadderView => {
  if (!flow) return { flow: '', start: 0, columns: [], rows: [], lifelines: [], cut: false }
  const legs = legsOf(flow)
  const columns = columnsOf(legs)
  const messages = legs.flatMap(leg => leg.messages.slice(leg.head)).sort((a, b) => a.seq - b.seq)
  const steps = [...flow.actors].flatMap(log => log.steps()).sort((a, b) => a.seq - b.seq)
  const flagged = new Set(sources.findings.map(({ seq }) => seq))
  const { rows: arrows, rowOf } = arrowsOf(messages, columns, flagged)
  const { beside, alone } = attribute(steps, messages, sources.logOf)
  for (const [seq, some] of beside) rowOf.get(seq)?.chips.push(...chipsOf(some))
  const legOf = legByActor(messages, sources.logOf)
  const rows: Row[] = [...arrows]
  for (const run of alone) {
    const row = movedRow(
      run,
      run.map(({ actor }) => legOf(actor)).find(leg => leg !== undefined) ?? legs[0]?.id ?? '',
    )
    if (row) rows.push(row)
  }
  for (const one of sources.missing) {
    const row = rowOf.get(one.seq)
    if (row)
      rows.push({
        kind: 'missing',
        label: one.label,
        seq: one.seq,
        t: one.t,
        from: row.to,
        to: row.from,
        leg: row.leg,
        waited: one.waited,
      })
  }
  for (const { seq, t, reason, remote } of flow.malformed) {
    const ends = columns.peerAt(remote)
    if (ends) rows.push({ kind: 'malformed', seq, t, ...ends, reason })
  }
  rows.sort((a, b) => a.t - b.t || a.seq - b.seq || (a.kind === 'missing' ? 1 : -1))
  markCrossed(rows)
  return {
    flow: flow.id,
    start: messages[0]?.t ?? flow.began,
    columns: columns.list,
    rows: spaced(rows),
    // A dialog of subscriptions serves several, so no owner tells its leg.
    lifelines: lifelinesOf(
      messages,
      steps,
      actor => legOf(actor) ?? (legs.length === 1 ? legs[0]!.id : undefined),
    ),
    cut: sources.first > flow.firstSeq,
  }
}
