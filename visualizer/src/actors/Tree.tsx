/** The rows of the tree: only those that can be seen are in the page. One row has the focus, and keeps it when it is scrolled away. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { briefState } from '../../../src/inspect/label.ts'
import type { ActorDetail } from '../../../src/inspect/views.ts'
import { timerLetter } from '../chart/geometry.ts'
import { duration } from '../chart/words.ts'
import { useVisible } from '../list/visible.ts'
import { isStuck } from './resting.ts'
import { countsText, type TreeNode, type TreeRow } from './tree.ts'

/** Height of a row in pixels. */
const rowHeight = 24
/** Rows in the page beside those that are seen. */
const spare = 12
/** Never more rows than this are in the page. */
const most = 150

interface TreeProps {
  readonly rows: readonly TreeRow[]
  readonly clock: number
  readonly seconds: number
  readonly selected: string | undefined
  readonly detailOf: (id: string) => ActorDetail | undefined
  readonly onFocus: (node: TreeNode) => void
  readonly onFold: (node: TreeNode) => void
  readonly onOpen: (node: TreeNode) => void
}

const nextTimer = (detail: ActorDetail | undefined, clock: number): string => {
  const timer = detail?.timers[0]
  if (!timer) return ''
  const name = timer.name.split('.', 1)[0]!
  const word = /^timer[A-Z]\d?$/.test(name) ? timerLetter(name) : name
  return `${word} ${duration(timer.deadline - clock)}`
}

const Cells = ({ row, props }: { row: TreeRow; props: TreeProps }) => {
  const { node } = row
  const { clock, seconds } = props
  if (node.is === 'group')
    return (
      <>
        <span class="actors-name">
          <b>{node.machine}</b> <span>{node.number.toLocaleString('en')}</span>
        </span>
        <span class="actors-wide" title={countsText(node.counts, node.counts.length)}>
          {countsText(node.counts)}
        </span>
      </>
    )
  const { id, machine, state, since } = node.actor
  const detail = props.detailOf(id)
  const stuck = isStuck(node.actor, clock, seconds)
  // Several states at once: the one that a reader asks for, all in its title.
  const shown = state.includes('+') ? briefState(state) : state
  return (
    <>
      <span class="actors-name" title={`${machine} ${id}`}>
        <b>{machine}</b> <span class="actors-mono">{id}</span>
      </span>
      <span>
        <span class={`actors-chip ${stuck ? 'stuck' : ''}`} title={state}>
          {stuck ? `◆ ${shown}` : shown}
        </span>
      </span>
      <span class={`actors-number ${stuck ? 'stuck' : ''}`}>{duration(clock - since)}</span>
      <span class="actors-number actors-timer">{nextTimer(detail, clock)}</span>
      <span class="actors-number actors-events">{detail?.steps.length ?? ''}</span>
    </>
  )
}

const textOf = (node: TreeNode): string =>
  node.is === 'group' ? node.machine : `${node.actor.machine} ${node.id}`

export const Tree = (props: TreeProps) => {
  const { rows, selected, onFocus, onFold, onOpen } = props
  const pane = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const typed = useRef({ text: '', at: 0 })
  const [focusing, setFocusing] = useState(0)
  const visible = useVisible(pane, content)
  const at = Math.max(
    0,
    rows.findIndex(({ node }) => node.id === selected),
  )
  const first = Math.max(0, Math.floor(visible.top / rowHeight) - spare)
  const last = Math.min(rows.length, Math.ceil(visible.bottom / rowHeight) + spare, first + most)
  const shown = rows.slice(first, last).map((row, index) => ({ row, index: first + index }))
  // The row with the focus stays in the page, or the keyboard would be lost.
  if (rows[at] && (at < first || at >= last)) shown.push({ row: rows[at], index: at })

  const reveal = (index: number): void => {
    const { current } = pane
    if (!current) return
    const top = index * rowHeight
    if (top < current.scrollTop) current.scrollTop = top
    else if (top + rowHeight > current.scrollTop + current.clientHeight)
      current.scrollTop = top + rowHeight - current.clientHeight
  }
  const known = useRef(selected)
  useEffect(() => {
    // Another choice is brought into view; new data moves nothing.
    if (known.current !== selected) reveal(at)
    known.current = selected
  }, [selected])
  useLayoutEffect(() => {
    if (focusing > 0)
      pane.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true })
  }, [focusing])

  const go = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (!row) return
    reveal(rows.indexOf(row))
    onFocus(row.node)
    setFocusing(focusing + 1)
  }
  const seek = (letter: string): void => {
    const now = performance.now()
    const text = now - typed.current.at < 800 ? typed.current.text + letter : letter
    typed.current = { text, at: now }
    const start = text.length === 1 ? at + 1 : at
    for (let step = 0; step < rows.length; step++) {
      const index = (start + step) % rows.length
      if (textOf(rows[index]!.node).toLowerCase().startsWith(text)) return go(index)
    }
  }
  const parentOf = (index: number): number => {
    for (let up = index - 1; up >= 0; up--) if (rows[up]!.level < rows[index]!.level) return up
    return index
  }
  const page = Math.max(1, Math.floor(visible.height / rowHeight) - 1)
  const moves: Readonly<Record<string, (row: TreeRow) => void>> = {
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(at - 1),
    PageDown: () => go(at + page),
    PageUp: () => go(at - page),
    Home: () => go(0),
    End: () => go(rows.length - 1),
    ArrowRight: row => (row.open ? go(at + 1) : row.node.children.length > 0 && onFold(row.node)),
    ArrowLeft: row => (row.open ? onFold(row.node) : go(parentOf(at))),
    Enter: row => (row.node.is === 'group' ? onFold(row.node) : onOpen(row.node)),
  }
  const key = (event: KeyboardEvent): void => {
    const row = rows[at]
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return
    const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined
    if (move) move(row)
    else if (
      typed.current.text !== '' &&
      performance.now() - typed.current.at < 800 &&
      event.key.length === 1
    )
      seek(event.key.toLowerCase())
    // Capital letters and digits belong to the page.
    else if (/^[a-z]$/.test(event.key)) seek(event.key)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const seen = [
    Math.min(rows.length, Math.floor(visible.top / rowHeight) + 1),
    Math.min(rows.length, Math.ceil(visible.bottom / rowHeight)),
  ] as const
  return (
    <>
      <div class="actors-pane" ref={pane}>
        <div
          ref={content}
          class="actors-rows"
          role="tree"
          aria-label="Actors"
          style={{ height: `${rows.length * rowHeight}px` }}
          onKeyDown={key}
        >
          {shown.map(({ row, index }) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the tree hears the keys
            <div
              key={row.node.id}
              class={`actors-row ${index === at && selected !== undefined ? 'selected' : ''}`}
              role="treeitem"
              aria-level={row.level}
              aria-expanded={row.node.children.length > 0 ? row.open : undefined}
              aria-selected={index === at}
              aria-posinset={index + 1}
              aria-setsize={rows.length}
              tabIndex={index === at ? 0 : -1}
              style={{ top: `${index * rowHeight}px`, '--level': row.level }}
              onClick={() => {
                onFocus(row.node)
                setFocusing(focusing + 1)
              }}
              onDblClick={() => onOpen(row.node)}
            >
              <button
                type="button"
                class="actors-fold"
                tabIndex={-1}
                aria-label={row.open ? 'Close' : 'Open'}
                onClick={event => {
                  event.stopPropagation()
                  onFold(row.node)
                }}
              >
                {row.node.children.length === 0 ? '' : row.open ? '▾' : '▸'}
              </button>
              <Cells row={row} props={props} />
            </div>
          ))}
        </div>
      </div>
      <footer class="actors-foot">
        <span>
          {seen[0].toLocaleString('en')}–{seen[1].toLocaleString('en')} of {rows.length.toLocaleString('en')}
        </span>
        <span>{shown.length} rows in the page</span>
      </footer>
    </>
  )
}
