/** The machine that the row hit, lit as of it. */
import { MachineChart } from '../chart/MachineChart.tsx'
import { actorId, playhead, playtime } from '../store/place.ts'
import { model, origin, ticks } from '../store/trace.ts'
import type { RowActor } from './actors-of.ts'

export const MachineTab = ({
  actor,
  others,
}: {
  readonly actor: RowActor | undefined
  readonly others: readonly RowActor[]
}) => {
  if (!actor) return <p class="remark">No machine took part in this.</p>
  return (
    <>
      {others.length > 1 && (
        <fieldset class="machines" aria-label="Machines of this record">
          {others.slice(0, 12).map(({ id, machine }) => (
            <button
              type="button"
              class="chip"
              aria-pressed={id === actor.id}
              title={id}
              onClick={() => {
                actorId.value = id
              }}
            >
              {machine}
            </button>
          ))}
        </fieldset>
      )}
      <MachineChart
        key={actor.machine}
        machine={actor.machine}
        actor={actor.id}
        model={model.value}
        seq={playhead.value}
        now={playtime.value}
        present={origin.value.is === 'engine' ? ticks.value : undefined}
      />
    </>
  )
}
