/** Every actor alive at a record: kinds at the left, the tree of who serves whom, what is stuck. */
import { useMemo, useState } from 'preact/hooks'
import type { TraceModel } from '../../../src/inspect/model.ts'
import './actors.css'
import { Kinds } from './Kinds.tsx'
import { isStuck } from './resting.ts'
import { Tree } from './Tree.tsx'
import { finds, flatRows, kindsOf, rowsOf, type TreeNode, treeOf } from './tree.ts'

export interface ActorsViewProps {
  readonly model: Pick<TraceModel, 'actor' | 'actorsAt' | 'last'>
  /** Number of the record it is shown as of. */
  readonly seq: number
  /** Time of the engine's clock now, in milliseconds. */
  readonly now: number
  /** Id of the actor that is selected. */
  readonly selected?: string | undefined
  /** Only what is stuck is shown. */
  readonly stuck?: boolean | undefined
  /** Called with the id of an actor that was chosen. */
  readonly onSelect: (actor: string) => void
  /** Called with the id of an actor that is to be shown elsewhere: Enter, double click. */
  readonly onOpen?: ((actor: string) => void) | undefined
  /** Called when only what is stuck is to be shown, or all again. */
  readonly onStuck?: ((stuck: boolean) => void) | undefined
}

const limits = [10, 30, 60, 300]

export const ActorsView = (props: ActorsViewProps) => {
  const { model, seq, now, onSelect, onOpen, onStuck } = props
  const [own, setOwn] = useState<string | undefined>(undefined)
  const [ownStuck, setOwnStuck] = useState(false)
  const [query, setQuery] = useState('')
  const [kind, setKind] = useState<string | undefined>(undefined)
  const [oldest, setOldest] = useState(false)
  const [seconds, setSeconds] = useState(30)
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set())
  const onlyStuck = props.stuck ?? ownStuck
  const view = model.actorsAt(seq)
  const clock = seq >= model.last ? Math.max(now, view.t) : view.t
  // Time goes on without a new record: what is stuck is counted each second.
  const second = Math.floor(clock / 1_000)
  const alive = view.actors
  const sign = `${model.last} ${seq} ${alive.length}`
  const tree = useMemo(() => treeOf(alive), [model, sign])
  const kinds = useMemo(
    () => kindsOf(alive, actor => isStuck(actor, clock, seconds)),
    [model, sign, second, seconds],
  )
  const stuckNumber = kinds.reduce((sum, { stuck }) => sum + stuck, 0)
  const flat = onlyStuck || oldest || query.trim() !== '' || kind !== undefined
  const rows = useMemo(() => {
    if (!flat) return rowsOf(tree, turned)
    const found = finds(query)
    return flatRows(
      alive.filter(
        actor =>
          found(actor) &&
          (kind === undefined || actor.machine === kind) &&
          (!onlyStuck || isStuck(actor, clock, seconds)),
      ),
    )
  }, [model, sign, flat, tree, turned, query, kind, onlyStuck, onlyStuck ? second : 0, seconds])
  const selected = own ?? props.selected
  const choose = (node: TreeNode): void => {
    setOwn(node.is === 'group' ? node.id : undefined)
    if (node.is === 'actor') onSelect(node.id)
  }
  const fold = (node: TreeNode): void => {
    const next = new Set(turned)
    if (!next.delete(node.id)) next.add(node.id)
    setTurned(next)
  }
  const setStuck = (value: boolean): void => {
    setOwnStuck(value)
    onStuck?.(value)
  }
  return (
    <div class="actors">
      <section class="actors-left" aria-label="Kinds of actors">
        <header>
          <strong>{alive.length === 1 ? '1 actor' : `${alive.length.toLocaleString('en')} actors`}</strong>
        </header>
        <div class="actors-kindhead" aria-hidden="true">
          <span>Machine</span>
          <span class="actors-number">Alive</span>
          <span class="actors-number">Stuck</span>
        </div>
        <Kinds kinds={kinds} chosen={kind} onChoose={setKind} />
      </section>
      <section class="actors-main" aria-label="Tree of actors">
        <header class="actors-tools">
          <input
            type="search"
            class="actors-search"
            placeholder="Actor, state, owner…"
            aria-label="Search actors"
            value={query}
            onInput={event => setQuery(event.currentTarget.value)}
          />
          <span class="actors-switch">
            <button type="button" aria-pressed={!oldest} onClick={() => setOldest(false)}>
              Tree
            </button>
            <button type="button" aria-pressed={oldest} onClick={() => setOldest(true)}>
              Oldest
            </button>
          </span>
          <span class={`actors-stuck ${onlyStuck ? 'on' : ''}`}>
            <button type="button" aria-pressed={onlyStuck} onClick={() => setStuck(!onlyStuck)}>
              stuck &gt;
            </button>
            <select
              aria-label="Seconds after which an actor is stuck"
              value={seconds}
              onChange={event => setSeconds(Number(event.currentTarget.value))}
            >
              {limits.map(limit => (
                <option key={limit} value={limit}>
                  {limit} s
                </option>
              ))}
            </select>
            <b>{stuckNumber.toLocaleString('en')}</b>
          </span>
          {kind !== undefined && (
            <button type="button" class="actors-clear" onClick={() => setKind(undefined)}>
              {kind} ✕
            </button>
          )}
        </header>
        <div class="actors-row actors-heads" aria-hidden="true">
          <span class="actors-fold" />
          <span>Actor</span>
          <span>State</span>
          <span class="actors-number">In state</span>
          <span class="actors-number actors-timer">Next timer</span>
          <span class="actors-number actors-events">Events</span>
        </div>
        {rows.length === 0 ? (
          <p class="actors-none" role="status">
            {alive.length === 0
              ? 'No actor is alive at this record.'
              : onlyStuck
                ? `Nothing is stuck for more than ${seconds} s.`
                : 'No actor is like that.'}{' '}
            {alive.length > 0 && (
              <button
                type="button"
                onClick={() => {
                  setQuery('')
                  setKind(undefined)
                  setStuck(false)
                }}
              >
                Show all
              </button>
            )}
          </p>
        ) : (
          <Tree
            rows={rows}
            clock={clock}
            seconds={seconds}
            selected={selected}
            detailOf={id => model.actor(id, seq)}
            onFocus={choose}
            onFold={fold}
            onOpen={node => (node.is === 'actor' ? onOpen?.(node.id) : fold(node))}
          />
        )}
      </section>
    </div>
  )
}
