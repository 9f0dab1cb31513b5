/** Which flows are listed. */
import { computed, effect, signal } from '@preact/signals'
import type { FlowKind, FlowSummary } from '../../../src/inspect/index.ts'
import { flows, model, now } from './trace.ts'

export const query = signal('')
/** Methods by which flows are picked; of several pressed one is enough. */
const methodChips = ['INVITE', 'REGISTER', 'SUBSCRIBE', 'PUBLISH', 'MESSAGE'] as const
const standingChips = ['failed', 'live', 'stuck > 30 s'] as const
export type ChipName = (typeof methodChips)[number] | (typeof standingChips)[number]

/** INVITE, the other methods as far as there are such flows, and how flows stand. */
export const chips = computed<readonly ChipName[]>(() => [
  ...methodChips.filter(
    name =>
      name === 'INVITE' ||
      pressed.value.has(name) ||
      flows.value.some(({ methods }) => methods.includes(name)),
  ),
  ...standingChips,
])
export const pressed = signal<ReadonlySet<ChipName>>(new Set())

/** Milliseconds after which something that is under way counts as stuck. */
export const stuckAfter = 30_000

export const isStuck = ({ standing, since, kind }: FlowSummary, at: number): boolean =>
  standing === 'underway' && kind !== 'subscription' && at - since > stuckAfter

const tests: Readonly<Record<(typeof standingChips)[number], (flow: FlowSummary, at: number) => boolean>> = {
  failed: ({ standing, failures }) => standing === 'failed' || failures > 0,
  live: ({ alive }) => alive > 0,
  'stuck > 30 s': isStuck,
}

export const press = (name: ChipName): void => {
  const next = new Set(pressed.peek())
  if (!next.delete(name)) next.add(name)
  pressed.value = next
}

export const clearFilters = (): void => {
  query.value = ''
  pressed.value = new Set()
}

export const filtering = computed(() => query.value.trim() !== '' || pressed.value.size > 0)

const told = ({ title, state, methods, legs }: FlowSummary): string =>
  [title, state, ...methods, ...legs.flatMap(({ id, peer, remote }) => [id, peer, remote])]
    .join(' ')
    .toLowerCase()

/** The model as it is searched: the bytes of 100,000 messages are gone through every two seconds, not with every picture. */
const searched = signal({ model: model.peek() })
let waiting: ReturnType<typeof setTimeout> | undefined
effect(() => {
  const whole = model.value
  if (searched.peek().model !== whole) searched.value = { model: whole }
  if (flows.value.length === 0 || query.value.trim() === '' || waiting !== undefined) return
  waiting = setTimeout(() => {
    waiting = undefined
    searched.value = { model: model.peek() }
  }, 2_000)
})

/** Flows whose records hold every word. */
const found = computed<ReadonlySet<string>>(() => {
  const words = query.value.trim()
  if (words.length < 3) return new Set()
  const { model: whole } = searched.value
  return new Set(whole.search(words).flatMap(seq => whole.flowOf(seq) ?? []))
})

export const shown = computed<readonly FlowSummary[]>(() => {
  const wanted = methodChips.filter(name => pressed.value.has(name))
  const names = standingChips.filter(name => pressed.value.has(name))
  const words = query.value.trim().toLowerCase().split(/\s+/).filter(Boolean)
  if (pressed.value.size === 0 && words.length === 0) return flows.value
  const at = names.includes('stuck > 30 s') ? now.value : 0
  return flows.value.filter(flow => {
    if (wanted.length > 0 && !wanted.some(name => flow.methods.includes(name))) return false
    if (!names.every(name => tests[name](flow, at))) return false
    if (words.length === 0) return true
    const text = told(flow)
    return words.every(word => text.includes(word)) || found.value.has(flow.id)
  })
})

const titles: Readonly<Record<FlowKind, string>> = {
  call: 'Calls',
  registration: 'Registrations',
  subscription: 'Subscriptions',
  publication: 'Publications',
  message: 'Messages',
  other: 'Other requests',
}

export type Line =
  | { readonly is: 'section'; readonly title: string; readonly count: number; readonly of: number }
  | { readonly is: 'flow'; readonly flow: FlowSummary }

/** Sections and flows, in the order of the list. */
export const lines = computed<readonly Line[]>(() =>
  (Object.keys(titles) as FlowKind[]).flatMap((kind): readonly Line[] => {
    const some = shown.value.filter(flow => flow.kind === kind)
    if (some.length === 0) return []
    const of = filtering.value ? flows.value.filter(flow => flow.kind === kind).length : some.length
    return [
      { is: 'section', title: titles[kind], count: some.length, of },
      ...some.map(flow => ({ is: 'flow' as const, flow })),
    ]
  }),
)

export const order = computed(() => lines.value.flatMap(line => (line.is === 'flow' ? [line.flow] : [])))
