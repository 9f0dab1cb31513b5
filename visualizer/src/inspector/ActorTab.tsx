/** One actor as of the row: where it stands, whom it serves, what it did. */
import type { ActorDetail } from '../../../src/inspect/index.ts'
import { clockText } from '../app/time.ts'
import { duration, timerTitle } from '../chart/words.ts'
import { actorId, ladder, open, playhead, playtime, view } from '../store/place.ts'
import { model } from '../store/trace.ts'
import { Remembered } from './Remembered.tsx'
import { eventText } from './WhyTab.tsx'

const Other = ({ id }: { readonly id: string | undefined }) => {
  if (id === undefined) return <span class="dim">none</span>
  if (!model.value.actor(id)) return <>{id}</>
  return (
    <button
      type="button"
      class="link mono"
      onClick={() => {
        actorId.value = id
      }}
    >
      {id}
    </button>
  )
}

const Last = ({ detail }: { readonly detail: ActorDetail }) => {
  const steps = detail.steps.slice(-12).reverse()
  if (steps.length === 0) return null
  return (
    <div class="block">
      <h2>
        Last events <span>{detail.steps.length}</span>
      </h2>
      <ol class="steps">
        {steps.map(({ seq, t, event, from, to }, index) => (
          <li key={seq} class={index === 0 ? 'own' : ''}>
            <span class="q">{clockText(t - ladder.value.start)}</span>
            <div>
              <button
                type="button"
                class="step-name"
                title={`record ${seq}`}
                onClick={() => detail.flow && open(detail.flow, seq)}
              >
                {eventText(event)}
              </button>
              <p>
                {from === undefined ? `born → ${to}` : from === to ? `stays in ${to}` : `${from} → ${to}`}
              </p>
            </div>
          </li>
        ))}
      </ol>
    </div>
  )
}

export const ActorTab = ({ id }: { readonly id: string | undefined }) => {
  const detail = id === undefined ? undefined : model.value.actor(id, playhead.value)
  if (!detail)
    return (
      <p class="remark">
        {id === undefined ? (
          'No actor took part in this.'
        ) : (
          <>
            At this record <code>{id}</code> was not born yet, or its records were dropped.
          </>
        )}
      </p>
    )
  const [next] = detail.timers
  return (
    <>
      <dl class="facts">
        <dt>Machine</dt>
        <dd>{detail.machine}</dd>
        <dt>Actor</dt>
        <dd>{detail.id}</dd>
        <dt>State</dt>
        <dd>
          <span class={detail.ended ? 'pill' : 'pill lit'}>{detail.state}</span>
          {detail.ended && <span class="dim"> ended</span>}
        </dd>
        <dt>In state</dt>
        <dd>{duration(playtime.value - detail.since)}</dd>
        <dt>Owner</dt>
        <dd>
          <Other id={detail.owner} />
        </dd>
        <dt>Parent</dt>
        <dd>
          <Other id={detail.parent} />
        </dd>
        <dt>Next timer</dt>
        <dd>
          {next ? (
            <span class="c-timer" title={next.name}>
              {timerTitle(next.name.split('.')[0]!)} {duration(next.deadline - playtime.value)}
            </span>
          ) : (
            <span class="dim">none</span>
          )}
        </dd>
        <dt>Serves it</dt>
        <dd>
          {detail.served.length === 0 && <span class="dim">none</span>}
          {detail.served.slice(0, 20).map(one => (
            <div>
              <Other id={one} />
            </div>
          ))}
        </dd>
      </dl>
      <Last detail={detail} />
      <Remembered id={detail.id} ended={detail.ended === true} />
      {view.value === 'ladder' && (
        <button
          type="button"
          class="tool block"
          onClick={() => {
            actorId.value = detail.id
            view.value = 'actors'
          }}
        >
          Show among the actors <kbd>A</kbd>
        </button>
      )}
    </>
  )
}
