/** The ladder of the flow that is open: only the rows that can be seen are in the page. */
import type { LadderRow } from '../../../src/inspect/index.ts'
import { numberText } from '../app/time.ts'
import { useEffect, useLayoutEffect, useRef, useState } from '../list/hooks.ts'
import { offsetsOf, useVisible, windowOf } from '../list/visible.ts'
import {
  compareWith,
  flow,
  ladder,
  row,
  rowKey,
  rows,
  select,
  sinceStart,
  travelling,
} from '../store/place.ts'
import { model } from '../store/trace.ts'
import { geometryOf, heightOf } from './geometry.ts'
import { Heads } from './Heads.tsx'
import { Crossings, Lifelines } from './lifelines.tsx'
import { timeOf } from './parts.tsx'
import { RowContent, Silence } from './rows.tsx'
import { spoken } from './spoken.ts'

const touch = matchMedia('(max-width: 760px), (pointer: coarse)')

const marked = (one: LadderRow, other: LadderRow | undefined): boolean =>
  one.kind === 'arrow' && other?.kind === 'arrow' && one.transaction === other.transaction

/** Brings a row into sight; in a page that scrolls as a whole only when it is out of it. */
const show = (pane: HTMLElement, top: number, bottom: number): void => {
  if (pane.scrollHeight > pane.clientHeight + 1) {
    if (top < pane.scrollTop) pane.scrollTop = top
    else if (bottom > pane.scrollTop + pane.clientHeight) pane.scrollTop = bottom - pane.clientHeight
    return
  }
  const box = pane.getBoundingClientRect()
  const foot = innerHeight - 100
  if (box.top + top < 120) scrollBy(0, box.top + top - 120)
  else if (box.top + bottom > foot) scrollBy(0, box.top + bottom - foot)
}

export const Ladder = () => {
  const pane = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const visible = useVisible(pane, content)
  const [scroll, setScroll] = useState(0)
  const [isTouch, setTouch] = useState(touch.matches)
  const view = ladder.value
  const all = rows.value
  const chosen = row.value
  const geometry = geometryOf(view, visible.width || 600, isTouch)
  const offsets = offsetsOf(all, heightOf(geometry)).map(y => y + (view.cut ? 23 : 3))
  const [first, last] = windowOf(offsets, visible)
  const bottom = offsets.at(-1)! + 6
  const height = isTouch ? bottom : Math.max(bottom, visible.height - 1)
  const key = chosen && rowKey(chosen)
  const at = chosen ? all.indexOf(chosen) : -1

  useEffect(() => {
    const listen = () => setTouch(touch.matches)
    touch.addEventListener('change', listen)
    return () => touch.removeEventListener('change', listen)
  }, [])
  // The chosen row is shown when it becomes so; new records move nothing unless the page follows them.
  useLayoutEffect(() => {
    if (pane.current && at >= 0) show(pane.current, offsets[at]! - 4, offsets[at + 1]! + 4)
  }, [key, view.flow])
  useLayoutEffect(() => {
    const active = document.activeElement
    if (active?.closest('.ladder'))
      pane.current?.querySelector<HTMLElement>('.row.sel')?.focus({ preventScroll: true })
  }, [key])

  const from = offsets[first] ?? 0
  const to = Math.min(height, (offsets[last] ?? height) + visible.height)
  return (
    <>
      <Heads view={view} geometry={geometry} flow={flow.value} scroll={scroll} />
      <div
        ref={pane}
        class={travelling.value ? 'ladder travel' : 'ladder'}
        role="listbox"
        aria-label="Messages"
        onScroll={event => setScroll(event.currentTarget.scrollLeft)}
      >
        <div ref={content} class="tall" style={{ height: `${height}px`, width: `${geometry.width}px` }}>
          {/* biome-ignore lint/a11y/noSvgWithoutTitle: its rows are options of the list, each with a label; a title would hang over all of them */}
          <svg width={geometry.width} height={height} fill="none">
            <rect
              x={geometry.band[0]}
              y={Math.max(0, from - 40)}
              width={geometry.band[1] - geometry.band[0]}
              height={to - Math.max(0, from - 40) + 80}
              fill="var(--band)"
            />
            {view.cut && (
              <text class="note c-rtx" x="16" y="15">
                {model.value.dropped > 0
                  ? `${numberText(model.value.dropped)} older records dropped`
                  : 'What came before was not recorded'}
              </text>
            )}
            {all.slice(first, last).map((one, index) => {
              const y = offsets[first + index]!
              const id = rowKey(one)
              if (one.kind === 'silence') return null
              const lit = id === key
              const future = chosen !== undefined && one.seq > chosen.seq
              const label = spoken(one, timeOf(one, view.start, true, false))
              return (
                <g
                  key={id}
                  class={`row${lit ? ' sel' : ''}${future ? ' future' : ''}`}
                  role="option"
                  tabIndex={lit ? 0 : -1}
                  aria-selected={lit}
                  aria-label={label}
                  data-seq={one.seq}
                  onClick={event => (event.shiftKey ? compareWith(one) : select(one))}
                >
                  <rect class="hit" x="1" y={y} width={geometry.width - 2} height={geometry.rowHeight} />
                  {lit && <rect x="0" y={y} width="2" height={geometry.rowHeight} fill="var(--ink)" />}
                  {!lit && marked(one, chosen) && (
                    <rect x="0" y={y} width="2" height={geometry.rowHeight} fill="var(--edge)" />
                  )}
                  <RowContent
                    row={one}
                    y={y}
                    geometry={geometry}
                    start={view.start}
                    sinceStart={sinceStart.value}
                    lit={lit}
                  />
                </g>
              )
            })}
            <Lifelines
              view={view}
              rows={all}
              offsets={offsets}
              geometry={geometry}
              height={height}
              top={Math.max(0, from - 40)}
              bottom={Math.min(height, to + 40)}
            />
            {all
              .slice(first, last)
              .map((one, index) =>
                one.kind === 'silence' ? (
                  <Silence key={rowKey(one)} row={one} y={offsets[first + index]!} geometry={geometry} />
                ) : null,
              )}
            <Crossings rows={all} offsets={offsets} geometry={geometry} first={first} last={last} />
          </svg>
        </div>
      </div>
    </>
  )
}
