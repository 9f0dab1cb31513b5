/** The trace that is shown. Frames come in batches; what is drawn from them follows, as often as it is cheap. */
import { batch, computed, signal } from '@preact/signals'
import {
  type ActorRecord,
  type Finding,
  type FlowSummary,
  type Frame,
  redactFrame,
  TraceModel,
} from '../../../src/inspect/index.ts'

/** Where the frames come from. */
export type Origin =
  | { readonly is: 'none' }
  | { readonly is: 'engine'; readonly name: string }
  /** A recording: dropped on the page, or served to it. */
  | { readonly is: 'file'; readonly name: string }

export const origin = signal<Origin>({ is: 'none' })
/** The model, as often as it has grown. */
const grown = signal({ model: new TraceModel() })
/** The same, as often as flows and findings are to be read again. */
const listed = signal(grown.peek())
/** The model of this trace. Read by itself it does not tell that it has grown: {@link current} does. */
export const model = computed(() => grown.value.model)
/** The model; what reads it is drawn anew with every batch. */
export const current = (): TraceModel => grown.value.model
/** Most records that are held. */
export const capacity = signal(100_000)
/** Hidden secrets: of what is shown and of all that is exported. */
export const redacted = signal(true)
/** Actors read and to be read, while the present state comes in. */
export const loading = signal<{ readonly read: number; readonly of: number } | undefined>(undefined)
/** One line about what could not be read. */
export const notice = signal<string | undefined>(undefined)

export const flows = computed<readonly FlowSummary[]>(() => listed.value.model.flows())
export const findings = computed<readonly Finding[]>(() => listed.value.model.findings())

/** The engine's clock at the last word of it, and ours then. */
let heard = { engine: 0, page: performance.now() }
/** Our clock, told once a second while an engine is watched. */
const ticked = signal(heard.page)

const estimated = (page: number): number => heard.engine + Math.max(0, page - heard.page)

/** Milliseconds of the engine's clock, now; of the last record for a file. */
export const now = computed(() => {
  const whole = current()
  const last = whole.timeAt(whole.last)
  return origin.value.is === 'engine' ? Math.max(estimated(ticked.value), last) : last
})

/** The same once a second, whatever comes: for what would be too much with every batch. */
export const ticks = computed(() => (origin.value.is === 'engine' ? estimated(ticked.value) : 0))

/** The engine says what time it is. */
export const setClock = (engine: number): void => {
  heard = { engine, page: performance.now() }
  ticked.value = heard.page
}

/** The engine is not heard any more: its clock is not guessed on. */
export const stopClock = (): void => {
  heard = { engine: estimated(performance.now()), page: Number.POSITIVE_INFINITY }
}

setInterval(() => {
  if (origin.value.is === 'engine') ticked.value = performance.now()
}, 1_000)

/** Begins anew. */
export const clear = (from: Origin, most = 100_000): void =>
  batch(() => {
    queue = []
    grown.value = { model: new TraceModel({ capacity: most }) }
    listed.value = grown.value
    capacity.value = most
    origin.value = from
    loading.value = undefined
    notice.value = undefined
  })

let queue: { readonly frames: readonly Frame[]; readonly taken?: (() => void) | undefined }[] = []
let awaited = false
let listTimer: ReturnType<typeof setTimeout> | undefined
let listCost = 0

/** Milliseconds of one animation frame that taking records may use. */
const budget = 8
const piece = 500

/** Reading ten thousand flows takes longer than a picture may: the pause is ten times what it took. */
const list = (): void => {
  if (listTimer !== undefined) return
  listTimer = setTimeout(
    () => {
      listTimer = undefined
      const began = performance.now()
      listed.value = { model: model.peek() }
      flows.peek()
      listCost = performance.now() - began
    },
    Math.min(2_000, Math.max(16, listCost * 10)),
  )
}

const take = (): void => {
  awaited = false
  const until = performance.now() + budget
  const whole = model.peek()
  while (queue.length > 0 && performance.now() < until) {
    const { frames, taken } = queue.shift()!
    whole.append(frames.slice(0, piece))
    if (frames.length > piece) queue.unshift({ frames: frames.slice(piece), taken })
    else taken?.()
  }
  grown.value = { model: whole }
  list()
  if (queue.length > 0) wake()
}

const wake = (): void => {
  if (awaited) return
  awaited = true
  // A page that nobody sees gets no animation frames.
  if (document.hidden) setTimeout(take, 100)
  else requestAnimationFrame(take)
}

/** Takes frames with the next pictures. @param taken called when the model holds them */
export const append = (frames: readonly Frame[], taken?: () => void): void => {
  queue.push({ frames, taken })
  wake()
}

/** Takes the same with its secrets hidden. */
export const appendHidden = (frames: readonly Frame[]): void => append(frames.map(redactFrame))

/** The actors that are alive, when one comes late. */
export const seed = (actors: readonly ActorRecord[], seq: number): void => {
  queue.push({
    frames: [],
    taken: () => {
      model.peek().seed(actors, seq)
    },
  })
  wake()
}
