/** A long list, of which only what can be seen is in the page. Arrow keys go through it, one row has the focus. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from './hooks.ts'
import { offsetsOf, useVisible, windowOf } from './visible.ts'

export interface VirtualListProps<T> {
  readonly label: string
  readonly class: string
  readonly items: readonly T[]
  readonly heightOf: (item: T) => number
  readonly keyOf: (item: T) => string
  /** Index of the row that is selected; it is brought into sight when it changes. */
  readonly at?: number
  readonly onKeyDown?: (event: KeyboardEvent) => void
  readonly children: (item: T, index: number) => ComponentChildren
}

export function VirtualList<T>(props: VirtualListProps<T>) {
  const { label, items, heightOf, keyOf, at = -1, children } = props
  const pane = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const visible = useVisible(pane, content)
  const offsets = offsetsOf(items, heightOf)
  const [first, last] = windowOf(offsets, visible)
  const key = at < 0 ? undefined : keyOf(items[at]!)
  useEffect(() => {
    const box = pane.current
    if (!box || at < 0) return
    const [from, to] = [offsets[at]!, offsets[at + 1]!]
    if (from < box.scrollTop) box.scrollTop = Math.max(0, from - 24)
    else if (to > box.scrollTop + box.clientHeight) box.scrollTop = to - box.clientHeight
    // Only a new choice moves the list; what is added above it does not.
  }, [key])
  return (
    <div
      ref={pane}
      class={props.class}
      role="listbox"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={props.onKeyDown}
    >
      <div ref={content} class="tall" style={{ height: `${offsets.at(-1)}px`, position: 'relative' }}>
        {items.slice(first, last).map((item, index) => (
          <div
            key={keyOf(item)}
            role="presentation"
            style={{
              position: 'absolute',
              left: 0,
              right: 0,
              top: `${offsets[first + index]}px`,
              height: `${heightOf(item)}px`,
            }}
          >
            {children(item, first + index)}
          </div>
        ))}
      </div>
    </div>
  )
}
