/** Calls, registrations, subscriptions and the rest, with search and filters. */
import type { FlowSummary } from '../../../src/inspect/index.ts'
import { Mark, shapeOf } from '../app/Mark.tsx'
import { ageText, numberText } from '../app/time.ts'
import { useRef } from '../list/hooks.ts'
import { VirtualList } from '../list/VirtualList.tsx'
import {
  chips,
  clearFilters,
  filtering,
  isStuck,
  type Line,
  lines,
  order,
  press,
  pressed,
  query,
} from '../store/filters.ts'
import { flowId, open } from '../store/place.ts'
import { findings, now } from '../store/trace.ts'

/** By touch rows are taller. */
const narrow = matchMedia('(max-width: 760px)')

const SearchGlass = () => (
  <svg
    width="12"
    height="12"
    viewBox="0 0 12 12"
    fill="none"
    stroke="currentColor"
    stroke-width="1.5"
    aria-hidden="true"
  >
    <circle cx="5" cy="5" r="3.7" />
    <path d="m8 8 3 3" />
  </svg>
)

const Section = ({ line }: { readonly line: Line & { is: 'section' } }) => (
  <div class="flow-section" role="presentation">
    <span>{line.title}</span>
    <span>
      {filtering.value ? `${numberText(line.count)} of ` : ''}
      {numberText(line.of)}
    </span>
  </div>
)

const Counts = ({ flow }: { readonly flow: FlowSummary }) => {
  const own = findings.value.filter(({ flow: id }) => id === flow.id)
  const failure = own.some(({ severity }) => severity === 'failure')
  return (
    <span class="counts">
      {own.length > 0 && (
        <span class={failure ? 'c-fail' : 'c-rtx'} title={own.map(({ title }) => title).join(', ')}>
          <Mark is={failure ? 'failed' : 'warning'} />
          {own.length}
        </span>
      )}
      <span title={`${flow.messages} messages`}>{numberText(flow.messages)}</span>
    </span>
  )
}

const Flow = ({ flow }: { readonly flow: FlowSummary }) => {
  const chosen = flowId.value === flow.id
  const ends = flow.standing === 'ended' || flow.standing === 'failed'
  return (
    <button
      type="button"
      class="flow"
      role="option"
      aria-selected={chosen}
      tabIndex={chosen ? 0 : -1}
      data-flow={flow.id}
      onClick={() => open(flow.id)}
    >
      <Mark is={shapeOf(flow, isStuck(flow, now.value))} />
      <b class="cut" title={flow.title}>
        {flow.title}
      </b>
      <span class="age" title={ends ? 'ended so long ago' : 'in this state for so long'}>
        {ageText(now.value - flow.since)}
      </span>
      <span class="state cut" title={flow.state}>
        {flow.state}
      </span>
      <Counts flow={flow} />
    </button>
  )
}

/** Arrow keys go through the list, wherever in it the focus is. */
const walk = (event: KeyboardEvent): void => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (by === undefined) return
  event.preventDefault()
  event.stopPropagation()
  const all = order.peek()
  const at = all.findIndex(({ id }) => id === flowId.peek())
  const next = all[at + by]
  if (!next) return
  open(next.id)
  const list = event.currentTarget as HTMLElement
  requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected=true]')?.focus())
}

export const Flows = () => {
  const field = useRef<HTMLInputElement>(null)
  const all = lines.value
  const at = all.findIndex(line => line.is === 'flow' && line.flow.id === flowId.value)
  return (
    <>
      <label class="search flows-search">
        <SearchGlass />
        <input
          ref={field}
          id="search"
          placeholder="Name, Call-ID, method…"
          aria-label="Search flows"
          value={query}
          onInput={event => {
            query.value = event.currentTarget.value
          }}
        />
        <kbd>/</kbd>
      </label>
      <fieldset class="chips" aria-label="Filters">
        {chips.value.map(name => (
          <button
            type="button"
            class="chip"
            aria-pressed={pressed.value.has(name)}
            onClick={() => press(name)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      {all.length === 0 && filtering.value ? (
        <p class="flows-none">
          No flow matches.{' '}
          <button type="button" class="link" onClick={clearFilters}>
            Clear filters
          </button>
        </p>
      ) : (
        <VirtualList
          label="Flows"
          onKeyDown={walk}
          class="flows"
          items={all}
          heightOf={line => (line.is === 'section' ? 24 : narrow.matches ? 44 : 40)}
          keyOf={line => (line.is === 'section' ? line.title : line.flow.id)}
          at={at}
        >
          {line => (line.is === 'section' ? <Section line={line} /> : <Flow flow={line.flow} />)}
        </VirtualList>
      )}
    </>
  )
}
