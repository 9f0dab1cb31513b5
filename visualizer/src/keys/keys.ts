/** Every key of the page, once: what it does, and how the footer and the list of keys name it. */
import { batch } from '@preact/signals'
import { exporting } from '../export/state.ts'
import { play, step } from '../scrubber/play.ts'
import { order, press } from '../store/filters.ts'
import {
  drawer,
  flowId,
  folded,
  goFirstFailure,
  goLive,
  mode,
  move,
  open,
  stuckOnly,
  tab,
  tabs,
  view,
} from '../store/place.ts'
import { toggleTheme } from '../theme/theme.ts'
import { showKeys } from './state.ts'

export interface Key {
  readonly keys: readonly string[]
  /** As it is written. */
  readonly shown: string
  readonly text: string
  /** A shorter text for the footer of that view. */
  readonly foot?: { readonly ladder?: string; readonly actors?: string }
  readonly act: (key: string) => void
  /** The view in which it acts; both when absent. */
  readonly in?: 'ladder' | 'actors'
}

const goFlow = (by: number): void => {
  const all = order.peek()
  const next = all[all.findIndex(({ id }) => id === flowId.peek()) + by]
  if (next) open(next.id)
}

const focusSearch = (): void => {
  const focus = () => {
    const field = document.querySelector<HTMLInputElement>('.view input')
    field?.focus()
    return document.activeElement === field
  }
  if (focus()) return
  // It stands in the drawer, which has to open first.
  drawer.value = true
  requestAnimationFrame(focus)
}

export const toggleView = (): void => {
  view.value = view.peek() === 'ladder' ? 'actors' : 'ladder'
}

export const keys: readonly Key[] = [
  {
    keys: ['ArrowUp', 'ArrowDown'],
    shown: '↑ ↓',
    text: 'arrow before, after',
    foot: { ladder: 'message', actors: 'actor' },
    in: 'ladder',
    act: key => void move(key === 'ArrowDown' ? 1 : -1),
  },
  {
    keys: ['ArrowLeft', 'ArrowRight'],
    shown: '← →',
    text: 'fold, unfold repeats',
    foot: { actors: 'fold' },
    in: 'ladder',
    act: key => {
      folded.value = key === 'ArrowLeft'
    },
  },
  {
    keys: ['[', ']'],
    shown: '[ ]',
    text: 'flow before, after',
    foot: { ladder: 'flow' },
    act: key => goFlow(key === ']' ? 1 : -1),
  },
  {
    keys: ['1', '2', '3', '4'],
    shown: '1–4',
    text: 'Message, Machine, Why, Actor',
    foot: { ladder: 'tab' },
    in: 'ladder',
    act: key => {
      const next = tabs.peek()[Number(key) - 1]
      if (next) tab.value = next.id
    },
  },
  {
    keys: ['d'],
    shown: 'D',
    text: 'diff with the one before',
    foot: { ladder: 'diff' },
    in: 'ladder',
    act: () =>
      batch(() => {
        mode.value = tab.peek() === 'message' && mode.peek() === 'diff' ? 'text' : 'diff'
        tab.value = 'message'
      }),
  },
  { keys: ['/'], shown: '/', text: 'search', act: focusSearch },
  { keys: [' '], shown: 'Space', text: 'play, pause', foot: { ladder: 'play' }, in: 'ladder', act: play },
  { keys: ['j', 'k'], shown: 'J K', text: 'step back, forward', act: key => step(key === 'k' ? 1 : -1) },
  { keys: ['f'], shown: 'F', text: 'first failure', foot: { ladder: 'first failure' }, act: goFirstFailure },
  { keys: ['l'], shown: 'L', text: 'back to live', act: goLive },
  {
    keys: ['a'],
    shown: 'A',
    text: 'ladder, actors',
    foot: { ladder: 'actors', actors: 'ladder' },
    act: toggleView,
  },
  {
    keys: ['s'],
    shown: 'S',
    text: 'only what is stuck',
    foot: { actors: 'stuck only' },
    act: () => {
      if (view.peek() === 'actors') stuckOnly.value = !stuckOnly.peek()
      else press('stuck > 30 s')
    },
  },
  {
    keys: ['e'],
    shown: 'E',
    text: 'export',
    act: () => {
      exporting.value = !exporting.peek()
    },
  },
  { keys: ['t'], shown: 'T', text: 'dark, light', act: toggleTheme },
  {
    keys: ['?'],
    shown: '?',
    text: 'these keys',
    act: () => {
      showKeys.value = true
    },
  },
]

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement ||
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement

const leave = (event: KeyboardEvent): void => {
  if (typing(event.target)) (event.target as HTMLElement).blur()
  exporting.value = false
  drawer.value = false
}

/** Space and Enter belong to a button that has the focus. */
const pressesButton = ({ key, target }: KeyboardEvent): boolean =>
  target instanceof HTMLButtonElement &&
  // What was chosen from a list needs no second press: there Space plays.
  (key === 'Enter' || (key === ' ' && target.role !== 'option'))

const act = (event: KeyboardEvent): boolean => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return false
  if (typing(event.target) || pressesButton(event) || showKeys.peek()) return false
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const key = keys.find(one => one.keys.includes(name) && (one.in === undefined || one.in === view.peek()))
  if (!key) return false
  event.preventDefault()
  key.act(name)
  return true
}

export const listen = (): void => {
  addEventListener('keydown', event => {
    if (event.key === 'Escape') leave(event)
    else act(event)
  })
  // The tree of actors would look for a name by its first letter; here letters mean the same everywhere.
  addEventListener(
    'keydown',
    event => {
      if (event.key.length === 1 && act(event)) event.stopPropagation()
    },
    true,
  )
}
