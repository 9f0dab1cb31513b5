/** Every actor at the playhead; the chosen one at the right. */
import { effect, signal } from '@preact/signals'
import { ActorsView } from '../actors/ActorsView.tsx'
import { duration } from '../chart/words.ts'
import { ActorTab } from '../inspector/ActorTab.tsx'
import { useEffect } from '../list/hooks.ts'
import {
  actorId,
  flow,
  following,
  goLive,
  ladder,
  open,
  playhead,
  playtime,
  row,
  stuckOnly,
} from '../store/place.ts'
import { model, now, origin, ticks } from '../store/trace.ts'
import { clockText } from './time.ts'

/** Shows what an actor did last in the ladder of its flow. */
const show = (id: string): void => {
  const detail = model.peek().actor(id)
  const last = detail?.messages.at(-1) ?? detail?.steps.at(-1)?.seq
  if (detail?.flow === undefined) return
  open(detail.flow, last)
  actorId.value = id
}

/** Which point in time the actors are shown at, when it is not now. */
const Then = () => {
  const one = row.value
  return (
    <p class="said actors-then" role="status">
      <span class="cut">
        As of {one && 'label' in one ? one.label : 'this record'}
        {one && `, ${clockText(one.t - ladder.value.start)} s into ${flow.value?.title}`},{' '}
        {duration(now.value - playtime.value)} before {origin.value.is === 'engine' ? 'now' : 'the end'}.
      </span>
      <button type="button" class="link" onClick={goLive}>
        {origin.value.is === 'engine' ? 'Back to live' : 'To the end'}
      </button>
    </p>
  )
}

/** The playhead, no oftener than four times a second: with every batch ten thousand actors would be read anew. */
const calm = signal(0)
let waiting: ReturnType<typeof setTimeout> | undefined
let followed = false
effect(() => {
  const seq = playhead.value
  // Who comes back to what happens now sees it at once.
  const at = !followed || !following.value
  followed = following.value
  if (at || calm.peek() === 0) {
    calm.value = seq
    return
  }
  if (waiting !== undefined) return
  waiting = setTimeout(() => {
    waiting = undefined
    calm.value = playhead.peek()
  }, 250)
})

const Everyone = () => {
  const seq = calm.value
  return (
    <ActorsView
      model={model.value}
      seq={seq}
      now={following.value ? Math.max(now.peek(), ticks.value) : playtime.peek()}
      selected={actorId.value}
      stuck={stuckOnly.value}
      onSelect={actor => {
        actorId.value = actor
      }}
      onOpen={show}
      onStuck={stuck => {
        stuckOnly.value = stuck
      }}
    />
  )
}

const One = () => {
  const id = actorId.value
  const detail = id === undefined ? undefined : model.value.actor(id, calm.value)
  if (!detail) return <p class="inspector-none">Pick an actor to see what it did.</p>
  return (
    <>
      <div class="inspector-head">
        <div class="inspector-title">
          <span class="cut">{detail.machine}</span>
        </div>
        <div class="inspector-way mono">{detail.id}</div>
      </div>
      <div class="inspector-body">
        <ActorTab id={id} />
        {detail.flow !== undefined && (
          <button type="button" class="tool block" onClick={() => show(detail.id)}>
            Show in ladder <kbd>Enter</kbd>
          </button>
        )}
      </div>
    </>
  )
}

export const ActorsPage = () => {
  // Arrow keys go through the actors at once.
  useEffect(() => {
    document.querySelector<HTMLElement>('.actors-row[tabindex="0"]')?.focus({ preventScroll: true })
  }, [])
  return (
    <main class="view actors-page" aria-label="Actors">
      {!following.value && <Then />}
      <Everyone />
      <aside class="pane right" aria-label="Actor">
        <One />
      </aside>
    </main>
  )
}
