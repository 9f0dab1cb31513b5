/** What is looked at: view, flow, row, tab; and whether the page follows the engine or stands somewhere in the past. */
import { batch, computed, effect, signal } from '@preact/signals'
import type { LadderRow, LadderView } from '../../../src/inspect/index.ts'
import { unfolded } from '../ladder/unfold.ts'
import { current, findings, flows, model, notice, now } from './trace.ts'

export type View = 'ladder' | 'actors'
export type Tab = 'message' | 'machine' | 'why' | 'actor'
export type Mode = 'text' | 'parsed' | 'diff'

/** Tabs of the inspector, in the order of their keys. */
export const tabs = signal<readonly { readonly id: Tab; readonly title: string }[]>([
  { id: 'message', title: 'Message' },
  { id: 'machine', title: 'Machine' },
  { id: 'why', title: 'Why' },
  { id: 'actor', title: 'Actor' },
])
export const modes: readonly { readonly id: Mode; readonly title: string }[] = [
  { id: 'text', title: 'Text' },
  { id: 'parsed', title: 'Parsed' },
  { id: 'diff', title: 'Diff' },
]

export const view = signal<View>('ladder')
export const tab = signal<Tab>('message')
export const mode = signal<Mode>('text')
/** Id of the flow that is open. */
export const flowId = signal<string | undefined>(undefined)
/** Number of the row that is selected: that of its frame, with a sign of its own for rows without one. */
export const selected = signal<string | undefined>(undefined)
/** The other message of a comparison that was chosen by hand. */
export const compared = signal<number | undefined>(undefined)
/** The newest row is the selected one. */
export const following = signal(true)
/** Somewhere in the past on purpose: what comes after the selected row is faded. */
export const travelling = signal(false)
/** An actor that was asked for, in place of the one of the row. */
export const actorId = signal<string | undefined>(undefined)
export const folded = signal(true)
/** Times since the first message, or since the row before. */
export const sinceStart = signal(true)
export const drawer = signal(false)
/** Among the actors only those that are stuck. */
export const stuckOnly = signal(false)
/** Number of the newest record when the page stopped following. */
const left = signal(0)

export const flow = computed(() => {
  const id = flowId.value
  return flows.value.find(one => one.id === id)
})

const empty: LadderView = { flow: '', start: 0, columns: [], rows: [], lifelines: [], cut: false }

/** Read again when something of the flow has changed. */
export const ladder = computed<LadderView>(() => {
  const one = flow.value
  return one ? model.value.ladder(one.id) : empty
})

export const rowKey = (row: LadderRow): string =>
  row.kind === 'arrow' ? `${row.seq}` : `${row.kind} ${row.seq}`

/** Rows as they are drawn. */
export const rows = computed<readonly LadderRow[]>(() =>
  folded.value ? ladder.value.rows : unfolded(ladder.value.rows, seq => model.value.timeAt(seq)),
)

/** Rows that can be selected. */
export type StepRow = Exclude<LadderRow, { kind: 'silence' }>
export const steps = computed(() => rows.value.filter((one): one is StepRow => one.kind !== 'silence'))

export const row = computed<StepRow | undefined>(() => {
  const key = selected.value
  return steps.value.find(one => rowKey(one) === key)
})

/** Number of the last frame that belongs to a row: what it set off is told with it. */
export const endOf = (one: LadderRow): number =>
  Math.max(
    one.seq,
    ...('chips' in one ? one.chips.map(({ seq }) => seq) : []),
    ...(one.kind === 'arrow' ? one.copies : []),
  )

/** Number of the last frame of the run to completion in which a frame stands: in between no machine can be looked at. */
const runEnd = (seq: number): number => Math.max(seq, model.value.why(seq).steps.at(-1)?.seq ?? seq)

/** The point in time that everything is shown at. */
export const playhead = computed(() => {
  const { first, last } = current()
  return following.value || !row.value ? last : Math.max(runEnd(endOf(row.value)), first)
})

/** Milliseconds of the engine's clock at the playhead. */
export const playtime = computed(() => (following.value ? now.value : model.value.timeAt(playhead.value)))

/** Records that came since the page stopped following. */
export const waiting = computed(() => (following.value ? 0 : Math.max(0, current().last - left.value)))

const leave = (): void => {
  if (following.peek()) left.value = model.peek().last
  following.value = false
}

export const select = (one: LadderRow, how: 'look' | 'travel' = 'look'): void =>
  batch(() => {
    leave()
    if (how === 'travel') travelling.value = true
    actorId.value = undefined
    compared.value = undefined
    selected.value = rowKey(one)
  })

/** Compares the selected message with another, chosen by hand. */
export const compareWith = (one: LadderRow): void =>
  batch(() => {
    if (one.kind !== 'arrow') return
    compared.value = one.seq
    tab.value = 'message'
    mode.value = 'diff'
  })

export const failureIn = (some: readonly LadderRow[]): LadderRow | undefined =>
  some.find(
    one =>
      one.kind === 'missing' ||
      one.kind === 'malformed' ||
      (one.kind === 'arrow' && one.is === 'failure' && !one.again),
  )

/** Opens a flow at a frame; else at what failed, else at its beginning. */
export const open = (id: string, seq?: number): void =>
  batch(() => {
    leave()
    flowId.value = id
    travelling.value = false
    drawer.value = false
    view.value = 'ladder'
    actorId.value = undefined
    compared.value = undefined
    const all = steps.peek()
    const at =
      seq === undefined
        ? failureIn(all)
        : (all.find(one => one.seq === seq || (one.kind === 'arrow' && one.copies.includes(seq))) ??
          all.find(one => endOf(one) >= seq))
    const one = at ?? all[0]
    selected.value = one && rowKey(one)
  })

/** Selects the row that many further on. @returns false at an end */
export const move = (by: number, how: 'look' | 'travel' = 'look'): boolean => {
  const all = steps.peek()
  const at = row.peek() ? all.indexOf(row.peek()!) : by > 0 ? -1 : all.length
  const next = all[at + by]
  if (next) select(next, how)
  return next !== undefined
}

/** Nothing is open; a trace is about to be shown. */
export const leaveAll = (follow: boolean): void =>
  batch(() => {
    following.value = follow
    travelling.value = false
    flowId.value = undefined
    selected.value = undefined
    actorId.value = undefined
    compared.value = undefined
  })

/** Back to what happens now. */
export const goLive = (): void =>
  batch(() => {
    following.value = true
    travelling.value = false
    actorId.value = undefined
  })

/** The first failure of the flow; of the whole trace when the flow has none. */
export const goFirstFailure = (): void => {
  const own = failureIn(steps.peek())
  if (own) return select(own, 'travel')
  const first = findings.peek().find(({ flow: id, severity }) => id !== undefined && severity === 'failure')
  if (first?.flow) return open(first.flow, first.seq)
  const failed = [...flows.peek()].reverse().find(({ standing }) => standing === 'failed')
  if (failed) open(failed.id)
  else notice.value = 'Nothing has failed in this trace.'
}

/** A page that has just begun shows the latest call; a flow that was taken into another is that one. */
effect(() => {
  const all = flows.value
  if (all.length === 0) return
  if (flow.value) return
  const gone = flowId.peek()
  const joined = gone === undefined ? undefined : model.peek().ladder(gone).flow
  const next = all.find(({ id }) => id === joined) ?? all.find(({ kind }) => kind === 'call') ?? all[0]!
  if (following.peek() || joined) flowId.value = next.id
  else open(next.id)
})

/** Following, the newest row is the selected one. */
effect(() => {
  const last = steps.value.at(-1)
  if (following.value && last) selected.value = rowKey(last)
})
