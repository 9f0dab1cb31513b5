/** What is known of the selected row, in tabs. A tab and its scroll stay while rows change. */
import type { ArrowRow, LadderRow } from '../../../src/inspect/index.ts'
import { clockText, spanText } from '../app/time.ts'
import { peerName } from '../ladder/names.ts'
import { messagesOf } from '../ladder/unfold.ts'
import { actorId, flow, ladder, row, steps, tab, tabs } from '../store/place.ts'
import { model } from '../store/trace.ts'
import { ActorTab } from './ActorTab.tsx'
import { actorsOf } from './actors-of.ts'
import { MachineTab } from './MachineTab.tsx'
import { MessageTab } from './MessageTab.tsx'
import { WhyTab } from './WhyTab.tsx'
import './inspector.css'

const hueOf = (one: LadderRow): string => {
  if (one.kind === 'missing' || one.kind === 'malformed') return 'c-fail'
  if (one.kind === 'moved') return one.timer ? 'c-timer' : ''
  if (one.kind !== 'arrow') return ''
  if (one.copies.length > 0 || one.repeats !== undefined) return 'c-rtx'
  return { request: 'c-req', provisional: 'c-prov', success: 'c-ok', failure: 'c-fail' }[one.is]
}

const titleOf = (one: LadderRow): string => {
  if (one.kind === 'arrow' || one.kind === 'moved') return one.label
  if (one.kind === 'missing') return `${one.label} expected`
  return one.kind === 'malformed' ? 'Malformed' : ''
}

/** Which messages of the flow, repetitions counted, as the list counts them. */
const placeOf = (one: LadderRow): string => {
  const arrows = steps.value.filter((other): other is ArrowRow => other.kind === 'arrow')
  const count = (some: readonly ArrowRow[]) => some.reduce((sum, arrow) => sum + messagesOf(arrow), 0)
  const at = arrows.findIndex(({ seq }) => seq === one.seq && one.kind === 'arrow')
  if (at < 0) return ''
  const first = count(arrows.slice(0, at)) + 1
  const last = first + messagesOf(arrows[at]!) - 1
  return `${first === last ? first : `${first}–${last}`} of ${flow.value?.messages ?? count(arrows)}`
}

const wayOf = (one: LadderRow): string => {
  const { start, columns } = ladder.value
  const nameOf = (id: string) => {
    const column = columns.find(other => other.id === id)
    return !column || column.is === 'engine' ? 'engine' : peerName(column)
  }
  const leg = 'leg' in one ? flow.value?.legs.find(({ id }) => id === one.leg) : undefined
  const many = (flow.value?.legs.length ?? 0) > 1
  const frame = model.value.frame(one.seq)
  return [
    'from' in one ? `${nameOf(one.from)} to ${nameOf(one.to)}` : 'inside the engine',
    ...(leg && many ? [`leg ${leg.letter}`] : []),
    `${clockText(one.t - start)} s`,
    ...(frame && frame.kind !== 'step' ? [frame.transport] : []),
    ...(one.kind === 'arrow' && one.rtt !== undefined ? [`${spanText(one.rtt)} after the request`] : []),
    ...(one.kind === 'missing' ? [`waited ${spanText(one.waited)}`] : []),
  ].join(', ')
}

const Tabs = () => {
  const walk = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const all = tabs.value
    const at = all.findIndex(({ id }) => id === tab.value)
    tab.value = all[(at + by + all.length) % all.length]!.id
    const list = event.currentTarget as HTMLElement
    requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected=true]')?.focus())
  }
  return (
    <div class="tabs" role="tablist" aria-label="What is shown" onKeyDown={walk}>
      {tabs.value.map(({ id, title }, index) => (
        <button
          type="button"
          role="tab"
          id={`tab-${id}`}
          aria-selected={tab.value === id}
          aria-controls="tab-panel"
          tabIndex={tab.value === id ? 0 : -1}
          onClick={() => {
            tab.value = id
          }}
        >
          {title}
          <kbd>{index + 1}</kbd>
        </button>
      ))}
    </div>
  )
}

export const Inspector = () => {
  const one = row.value
  if (!one)
    return (
      <p class="inspector-none">
        {flow.value ? 'Pick an arrow to see its bytes and the machine it hit.' : ''}
      </p>
    )
  const others = actorsOf(one)
  const asked = actorId.value === undefined ? undefined : model.value.actor(actorId.value)
  const actor = asked ? { id: asked.id, machine: asked.machine } : others[0]
  const copies = one.kind === 'arrow' ? one.copies.length : 0
  return (
    <>
      <div class="inspector-head">
        <div class="inspector-title">
          <span class={`cut ${hueOf(one)}`} title={titleOf(one)}>
            {titleOf(one)}
          </span>
          {copies > 0 && <span class="c-rtx inspector-copies">↻ ×{copies}</span>}
          <span class="grow" />
          <span class="mono dim inspector-place">{placeOf(one)}</span>
        </div>
        <div class="inspector-way">{wayOf(one)}</div>
      </div>
      <Tabs />
      <div
        class="inspector-body"
        role="tabpanel"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a panel that scrolls is scrolled by keys
        tabIndex={0}
        id="tab-panel"
        aria-labelledby={`tab-${tab.value}`}
        key={tab.value}
      >
        {tab.value === 'message' && <MessageTab row={one} />}
        {tab.value === 'machine' && <MachineTab actor={actor} others={others} />}
        {tab.value === 'why' && <WhyTab row={one} />}
        {tab.value === 'actor' && <ActorTab id={actor?.id} />}
      </div>
    </>
  )
}
