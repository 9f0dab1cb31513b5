/** What stands in place of a ladder while there is none. */

import { numberText } from '../app/time.ts'
import { link } from '../store/engine.ts'
import { current, loading, origin } from '../store/trace.ts'

export const Blank = () => {
  const { value } = loading
  if (value)
    return (
      <div class="blank" role="status">
        <b>Reading the present state</b>
        <span class="dim">
          {numberText(value.read)} of {numberText(value.of)} actors
        </span>
      </div>
    )
  if (link.value.is === 'opening')
    return (
      <div class="blank" role="status">
        <b>Opening the trace</b>
        <span class="dim">Asking the engine for its present state.</span>
      </div>
    )
  if (origin.value.is === 'none')
    return (
      <div class="blank">
        <b>No trace is open</b>
        <span class="dim">
          Drop a trace file here, or watch an engine: <span class="mono">sipactor inspect</span>
        </span>
      </div>
    )
  if (origin.value.is === 'file')
    return (
      <div class="blank">
        <b>No flow in this trace</b>
        <span class="dim">
          {current().length === 0
            ? 'It holds no record that can be read.'
            : 'No record of it belongs to a flow.'}{' '}
          Drop another one here.
        </span>
      </div>
    )
  return (
    <div class="blank">
      <b>No flow yet</b>
      <span class="dim">
        {current().length === 0
          ? 'Register or place a call.'
          : 'The records that came belong to no flow yet.'}{' '}
        With nothing at hand: <span class="mono">sipactor demo</span>
      </span>
    </div>
  )
}
