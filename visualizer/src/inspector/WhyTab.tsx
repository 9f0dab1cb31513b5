/** Why it was so: what refused first, then the chain of steps from the cause on, their effects and their timers. */
import type { LadderRow, StepFrame } from '../../../src/inspect/index.ts'
import { spanText } from '../app/time.ts'
import { actorId, tab } from '../store/place.ts'
import { model } from '../store/trace.ts'

/** Steps shown; longer chains say how many there are. */
const most = 60

const after = 'xstate.after.'

export const eventText = (event: string): string => {
  if (event === 'xstate.init') return 'born'
  if (!event.startsWith(after)) return event
  return `after ${event.slice(after.length).split('.')[0]}`
}

const Movement = ({ step }: { readonly step: StepFrame }) => {
  const { event, from, to, through } = step
  if (from === undefined)
    return (
      <>
        born → <code>{to}</code>
      </>
    )
  if (from === to)
    return (
      <>
        <code>{eventText(event)}</code>, stays in <code>{to}</code>
      </>
    )
  const between = through?.length ? ` (through ${through.join(', ')})` : ''
  return (
    <>
      <code>{eventText(event)}</code>: {from} → <code>{to}</code>
      {between}
    </>
  )
}

const look = (id: string): void => {
  actorId.value = id
  tab.value = 'actor'
}

const Step = ({ step, own }: { readonly step: StepFrame; readonly own: boolean }) => (
  <li class={own ? 'own' : ''}>
    <span class="q">{step.seq}</span>
    <div>
      <button type="button" class="step-name" title={step.actor} onClick={() => look(step.actor)}>
        {step.machine}
      </button>
      <p>
        <Movement step={step} />
      </p>
      {step.sent?.map(({ to, event }) => (
        <p class="dim">
          sent <code>{event}</code> to {to}
        </p>
      ))}
      {step.ended && <p class="dim">ended</p>}
    </div>
  </li>
)

const Refused = ({ steps }: { readonly steps: readonly StepFrame[] }) => {
  const all = steps.flatMap(step => (step.guards ?? []).map(guard => ({ step, ...guard })))
  if (all.length === 0) return null
  return (
    <div class="block">
      <h2>
        Guards that refused <span>{all.length}</span>
      </h2>
      {all.slice(0, 40).map(({ step, guard, target }) => (
        <div class="guard">
          <span class="c-fail" role="img" aria-label="refused">
            ✕
          </span>
          <code>{guard}</code>
          <p>
            {step.machine} took <code>{eventText(step.event)}</code> in {step.from ?? 'no state'}
            {target === undefined ? (
              '; the transition without target was not taken.'
            ) : (
              <>
                {' '}
                and did not go to <code>{target}</code>.
              </>
            )}
          </p>
        </div>
      ))}
    </div>
  )
}

const Effects = ({ steps }: { readonly steps: readonly StepFrame[] }) => {
  const some = steps.filter(({ actions }) => actions && actions.length > 0)
  if (some.length === 0) return null
  return (
    <div class="block">
      <h2>Effects</h2>
      <dl class="facts">
        {some.slice(0, 40).map(({ machine, actions }) => (
          <>
            <dt>{machine}</dt>
            <dd>{actions!.join(', ')}</dd>
          </>
        ))}
      </dl>
    </div>
  )
}

const Timers = ({ steps }: { readonly steps: readonly StepFrame[] }) => {
  const all = steps.flatMap(({ machine, timers }) => (timers ?? []).map(timer => ({ machine, ...timer })))
  const [armed, cancelled] = [
    all.filter(({ delay }) => delay !== undefined),
    all.filter(({ delay }) => delay === undefined),
  ]
  return (
    <div class="block">
      <h2>Timers</h2>
      <dl class="facts">
        <dt>armed</dt>
        <dd>
          {armed.length === 0 && 'none'}
          {armed.slice(0, 20).map(({ machine, timer, delay }) => (
            <div title={timer}>
              {machine}.{timer.split('.')[0]} <span class="c-timer">{spanText(delay!)}</span>
            </div>
          ))}
        </dd>
        <dt>cancelled</dt>
        <dd>
          {cancelled.length === 0 && 'none'}
          {cancelled.slice(0, 20).map(({ machine, timer }) => (
            <div title={timer}>
              {machine}.{timer.split('.')[0]}
            </div>
          ))}
        </dd>
      </dl>
    </div>
  )
}

/** Whose events begin so. */
const senders = [
  [after, 'a timer'],
  ['resolver.', "a resolver's answer"],
  ['network.', 'the network monitor'],
  ['tu.', 'the application'],
] as const

/** What began a chain that no message has set off. */
const beganBy = ({ event, machine }: StepFrame): string => {
  if (event === 'xstate.init') return `Began when ${machine} was born.`
  const sender = senders.find(([prefix]) => event.startsWith(prefix))?.[1]
  return `Set off by ${sender ? `${sender}: ` : ''}${eventText(event)}.`
}

export const WhyTab = ({ row }: { readonly row: LadderRow }) => {
  const { cause, steps } = model.value.why(row.seq)
  if (steps.length === 0)
    return (
      <p class="remark">
        {row.kind === 'missing'
          ? 'Nothing came, so nothing was set off.'
          : 'No machine took part in this, or the records of it were dropped.'}
      </p>
    )
  const began = cause
    ? `${cause.direction === 'in' ? 'Set off by' : 'Sent with'} ${cause.message.kind === 'request' ? cause.message.method : `${cause.message.status} ${cause.message.reason}`}, record ${cause.seq}.`
    : beganBy(steps[0]!)
  return (
    <>
      <p class="tab-note">{began}</p>
      <Refused steps={steps} />
      <div class="block">
        <h2>
          Steps <span>{steps.length > most ? `${most} of ${steps.length}` : steps.length}</span>
        </h2>
        <ol class="steps">
          {steps.slice(0, most).map(step => (
            <Step key={step.seq} step={step} own={step.message === row.seq} />
          ))}
        </ol>
      </div>
      <Effects steps={steps} />
      <Timers steps={steps} />
    </>
  )
}
