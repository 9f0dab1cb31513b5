/** What an actor remembers now, asked of a live engine when somebody wants to see it. Secrets are hidden by the engine. */
import { askContext, contexts, link } from '../store/engine.ts'
import { origin } from '../store/trace.ts'

export const Remembered = ({ id, ended }: { readonly id: string; readonly ended: boolean }) => {
  if (link.value.is !== 'live' || origin.value.is !== 'engine' || ended) return null
  const known = contexts.value.has(id)
  const value = contexts.value.get(id)
  return (
    <div class="block">
      <h2>
        Context <span>now</span>
      </h2>
      {known && value === null && <p class="remark">The actor has ended, or this engine does not tell.</p>}
      {known && value !== null && <pre class="context">{JSON.stringify(value, undefined, 2)}</pre>}
      <button type="button" class="tool" onClick={() => askContext(id)}>
        {known ? 'Ask again' : 'Ask the engine'}
      </button>
    </div>
  )
}
