/** Every actor at the playhead; the chosen one at the right. */
import { ActorsView } from '../actors/ActorsView.tsx'
import { duration } from '../chart/words.ts'
import { ActorTab } from '../inspector/ActorTab.tsx'
import { actorId, flow, goLive, ladder, open, playhead, playtime, row, stuckOnly } from '../store/place.ts'
import { current, model, now, origin } from '../store/trace.ts'
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

export const ActorsPage = () => {
  const id = actorId.value
  const detail = id === undefined ? undefined : model.value.actor(id, playhead.value)
  const behind = playhead.value < current().last
  return (
    <main class="view actors-page" aria-label="Actors">
      {behind && <Then />}
      <ActorsView
        model={model.value}
        seq={playhead.value}
        now={behind ? playtime.value : now.value}
        selected={id}
        stuck={stuckOnly.value}
        onSelect={actor => {
          actorId.value = actor
        }}
        onOpen={show}
        onStuck={stuck => {
          stuckOnly.value = stuck
        }}
      />
      <aside class="pane right" aria-label="Actor">
        {detail ? (
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
        ) : (
          <p class="inspector-none">Pick an actor to see what it did.</p>
        )}
      </aside>
    </main>
  )
}
