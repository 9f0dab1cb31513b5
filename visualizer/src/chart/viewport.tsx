/**
 * A window on a drawing: it scrolls by itself (wheel, touch, keys), is dragged by the pointer, and zooms by Ctrl and
 * wheel, by its buttons and by + − 0. What is lit is brought into view when it moved out of it, never otherwise.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Box } from './types.ts'

/** Below this the words of a chart fall under 10 px: only the button that shows all goes further. */
const readable = 0.92
const [least, most] = [0.15, 3]

interface ViewportProps {
  readonly width: number
  readonly height: number
  readonly label: string
  /** What must be seen. */
  readonly target: Box | undefined
  /** Tells what it is that must be seen: it is brought into view when this changes. */
  readonly targetKey: string
  /** Further controls beside those of the zoom. */
  readonly controls?: ComponentChildren
  /** Tells the width of the window. */
  readonly onWidth?: (width: number) => void
  readonly onKeyDown?: (event: KeyboardEvent) => void
  readonly children: ComponentChildren
}

const clamp = (value: number): number => Math.min(most, Math.max(least, value))

export const Viewport = (props: ViewportProps) => {
  const { width, height, label, target, targetKey, controls, onWidth, onKeyDown, children } = props
  const pane = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(0)
  const [chosen, setChosen] = useState<number | undefined>(undefined)
  const fit = room === 0 ? 1 : room / width
  const scale = chosen ?? Math.min(1, Math.max(readable, fit))

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const now = Math.floor(entry!.contentRect.width)
      setRoom(now)
      onWidth?.(now)
    })
    observer.observe(pane.current!)
    return () => observer.disconnect()
  }, [onWidth])

  useLayoutEffect(() => {
    const { current } = pane
    if (!current || !target || room === 0) return
    const [left, top, right, bottom] = [
      target[0] * scale,
      target[1] * scale,
      (target[0] + target[2]) * scale,
      (target[1] + target[3]) * scale,
    ]
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = current
    const sees =
      left >= scrollLeft &&
      right <= scrollLeft + clientWidth &&
      top >= scrollTop &&
      bottom <= scrollTop + clientHeight
    if (sees) return
    current.scrollLeft = (left + right - clientWidth) / 2
    current.scrollTop = (top + bottom - clientHeight) / 2
    // A zoom by hand keeps its own place.
  }, [targetKey, room > 0])

  const zoomTo = (next: number | undefined, at?: { readonly x: number; readonly y: number }): void => {
    const { current } = pane
    if (!current) return
    const to = next ?? Math.min(1, Math.max(readable, fit))
    const { x, y } = at ?? { x: current.clientWidth / 2, y: current.clientHeight / 2 }
    const [left, top] = [(current.scrollLeft + x) / scale, (current.scrollTop + y) / scale]
    setChosen(next)
    requestAnimationFrame(() => {
      current.scrollLeft = left * to - x
      current.scrollTop = top * to - y
    })
  }

  useEffect(() => {
    const { current } = pane
    if (!current) return undefined
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const { left, top } = current.getBoundingClientRect()
      zoomTo(clamp(scale * Math.exp(-event.deltaY / 300)), {
        x: event.clientX - left,
        y: event.clientY - top,
      })
    }
    current.addEventListener('wheel', wheel, { passive: false })
    return () => current.removeEventListener('wheel', wheel)
  })

  const drag = useRef<{ x: number; y: number } | undefined>(undefined)
  const all = clamp(Math.min(1, fit, pane.current ? pane.current.clientHeight / height : 1))
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => zoomTo(clamp(scale * 1.25)),
    '=': () => zoomTo(clamp(scale * 1.25)),
    '-': () => zoomTo(clamp(scale / 1.25)),
    '0': () => zoomTo(undefined),
    '9': () => zoomTo(all),
  }
  return (
    <div class="chart-window">
      <div class="chart-tools" role="toolbar" aria-label="Zoom">
        {controls}
        <button type="button" aria-label="Smaller" title="Smaller (-)" onClick={keys['-']}>
          −
        </button>
        <button type="button" aria-label="Larger" title="Larger (+)" onClick={keys['+']}>
          +
        </button>
        <button type="button" title="The whole chart (9)" onClick={keys['9']}>
          whole
        </button>
        <button type="button" title="As large as it reads well (0)" onClick={keys['0']}>
          {Math.round(scale * 100)} %
        </button>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only hears what bubbles from its states and the pointer that drags */}
      <div
        class="chart-pane"
        ref={pane}
        onKeyDown={event => {
          const key = keys[event.key]
          if (key && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault()
            event.stopPropagation()
            key()
          } else onKeyDown?.(event)
        }}
        onPointerDown={event => {
          if (event.pointerType !== 'mouse' || event.button !== 0) return
          drag.current = { x: event.clientX, y: event.clientY }
        }}
        onPointerMove={event => {
          if (!drag.current || !pane.current) return
          pane.current.scrollLeft -= event.clientX - drag.current.x
          pane.current.scrollTop -= event.clientY - drag.current.y
          drag.current = { x: event.clientX, y: event.clientY }
        }}
        onPointerUp={() => {
          drag.current = undefined
        }}
        onPointerLeave={() => {
          drag.current = undefined
        }}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: HTML's groups cannot stand in SVG */}
        <svg
          class="chart"
          role="group"
          aria-label={label}
          width={Math.ceil(width * scale)}
          height={Math.ceil(height * scale)}
          viewBox={`0 0 ${width} ${height}`}
        >
          {children}
        </svg>
      </div>
    </div>
  )
}
