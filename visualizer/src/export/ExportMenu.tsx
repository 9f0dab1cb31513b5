/** What can be taken away. */
import { useEffect, useRef } from '../list/hooks.ts'
import { flow } from '../store/place.ts'
import { current, redacted } from '../store/trace.ts'
import { exporting, scope } from './state.ts'
import { formats, takeAway } from './take.ts'

const walk = (event: KeyboardEvent): void => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (by === undefined) return
  event.preventDefault()
  event.stopPropagation()
  const menu = event.currentTarget as HTMLElement
  const items = [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')]
  const at = items.indexOf(document.activeElement as HTMLElement)
  items[(at + by + items.length) % items.length]?.focus()
}

const Menu = () => {
  const menu = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null
    menu.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus()
    const close = (event: Event) => {
      if (!menu.current?.contains(event.target as Node)) exporting.value = false
    }
    addEventListener('click', close)
    return () => {
      removeEventListener('click', close)
      before?.focus()
    }
  }, [])
  if (current().length === 0)
    return (
      <div ref={menu} class="menu">
        <p>There is nothing to take away yet.</p>
      </div>
    )
  const one = flow.value !== undefined && scope.value === 'flow'
  return (
    <div ref={menu} class="menu">
      <fieldset class="seg" aria-label="How much">
        {(['flow', 'all'] as const).map(id => (
          <button
            type="button"
            aria-pressed={scope.value === id}
            onClick={() => {
              scope.value = id
            }}
          >
            {id === 'flow' ? 'This flow' : 'Everything'}
          </button>
        ))}
      </fieldset>
      <div role="menu" aria-label="Export" tabIndex={-1} onKeyDown={walk}>
        {formats
          .filter(({ ofFlow }) => one || !ofFlow)
          .map(format => (
            <button
              type="button"
              role="menuitem"
              data-format={format.id}
              onClick={() => {
                exporting.value = false
                void takeAway(format)
              }}
            >
              <b>{format.title}</b>
              <span class="dim">{format.text}</span>
            </button>
          ))}
      </div>
      <hr />
      <p>{redacted.value ? 'Secrets stay hidden in what is taken away.' : 'Secrets are not hidden.'}</p>
    </div>
  )
}

export const ExportMenu = () => (exporting.value ? <Menu /> : null)
