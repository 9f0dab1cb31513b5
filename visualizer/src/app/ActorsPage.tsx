/** Every actor at the playhead; the chosen one at the right. */
import { ActorsView } from '../actors/ActorsView.tsx'
import { ActorTab } from '../inspector/ActorTab.tsx'
import { actorId, open, playhead, playtime, stuckOnly } from '../store/place.ts'
import { current, model, now } from '../store/trace.ts'

/** Shows what an actor did last in the ladder of its flow. */
const show = (id: string): void => {
  const detail = model.peek().actor(id)
  const last = detail?.messages.at(-1) ?? detail?.steps.at(-1)?.seq
  if (detail?.flow === undefined) return
  open(detail.flow, last)
  actorId.value = id
}

export const ActorsPage = () => {
  const id = actorId.value
  const detail = id === undefined ? undefined : model.value.actor(id, playhead.value)
  const behind = playhead.value < current().last
  return (
    <main class="view actors-page" aria-label="Actors">
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
