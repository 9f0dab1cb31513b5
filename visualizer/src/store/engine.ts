/**
 * An engine that is watched: WebSocket with the sub-protocol `sipactor-trace.1`, at the address that the page came from.
 * A connection that is lost is tried again, later each time; what has arrived stays.
 */
import { signal } from '@preact/signals'
import { type ActorRecord, type Frame, fromWire, isTraceFault } from '../../../src/inspect/index.ts'
import { leaveAll } from './place.ts'
import {
  append,
  appendHidden,
  clear,
  loading,
  model,
  notice,
  origin,
  redacted,
  seed,
  setClock,
  stopClock,
} from './trace.ts'

/** How things stand with the engine. */
export type Link =
  | { readonly is: 'off' }
  | { readonly is: 'opening' }
  | { readonly is: 'live' }
  /** Times of the page's clock. */
  | { readonly is: 'gone'; readonly since: number; readonly next: number; readonly stranger: boolean }
  /** The address holds no token, or a wrong one. */
  | { readonly is: 'refused' }

export const link = signal<Link>({ is: 'off' })

const protocol = 'sipactor-trace.1'
/** Milliseconds until the next try. */
const pauses = [500, 1_000, 2_000, 4_000, 8_000, 15_000]

interface Hello {
  readonly type: 'hello'
  readonly version: number
  readonly engine: string
  /** All names at this address. */
  readonly engines: readonly string[]
  readonly instance: string | number
  /** Milliseconds of the engine's clock. */
  readonly now: number
  /** Most records kept for those who come late. */
  readonly ring: number
  /** Actors that will be told of. */
  readonly actors: number
  readonly redacted: boolean
  /** It is a trace that is served, not an engine that runs. */
  readonly recorded?: boolean
}

type Word =
  | Hello
  | {
      readonly type: 'actors'
      readonly seq: number
      readonly actors: readonly ActorRecord[]
      readonly of?: number
    }
  | { readonly type: 'frames'; readonly frames: readonly unknown[] }
  | { readonly type: 'dropped'; readonly from: number; readonly to: number }
  | { readonly type: 'context'; readonly actor: string; readonly value: unknown }

/** Names of all engines at this address. */
export const engines = signal<readonly string[]>([])
/** What actors remember, as far as it was asked for. */
export const contexts = signal<ReadonlyMap<string, unknown>>(new Map())

let socket: WebSocket | undefined
let tries = 0
let since = 0
let timer: ReturnType<typeof setTimeout> | undefined
let greeted = false
/** Whom the records are of: another engine at the same address is another trace. */
let known = ''

const addressOf = (): URL => {
  const url = new URL('./', location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  // What is here already is not sent again.
  if (known !== '') url.searchParams.set('after', `${model.peek().last}`)
  return url
}

const hear = (hello: Hello): void => {
  greeted = true
  tries = 0
  const whom = `${hello.engine} ${hello.instance}`
  const is = hello.recorded ? 'file' : 'engine'
  const restarted = known !== '' && whom !== known
  if (restarted || origin.peek().is !== is) {
    clear({ is, name: hello.engine }, Math.max(hello.ring, 100_000))
    leaveAll(true)
  }
  known = whom
  engines.value = hello.engines
  present = []
  loading.value = hello.actors > 0 ? { read: 0, of: hello.actors } : undefined
  redacted.value = true
  if (restarted) {
    // It was asked for what follows records of another: all of this one is wanted.
    known = ''
    socket?.close()
    return
  }
  setClock(hello.now)
  hides = hello.redacted !== false
  link.value = { is: 'live' }
}

/** The engine hides secrets before it sends; if one does not, the page does. */
let hides = true

const takeFrames = (list: readonly unknown[], from: WebSocket): void => {
  const frames: Frame[] = []
  for (const one of list) {
    const frame = fromWire(one)
    if (isTraceFault(frame)) notice.value = `A record could not be read: ${frame.reason}.`
    else frames.push(frame)
  }
  if (!hides) appendHidden(frames)
  const last = frames.at(-1)
  append(hides ? frames : [], () => {
    if (last && from.readyState === WebSocket.OPEN) from.send(JSON.stringify({ type: 'ack', seq: last.seq }))
  })
}

/** Who is alive comes in pieces; owners may come after those they own. */
let present: ActorRecord[] = []
const takePresent = (actors: readonly ActorRecord[], seq: number, of: number): void => {
  present.push(...actors)
  if (present.length < of) {
    loading.value = { read: present.length, of }
    return
  }
  seed(present, seq)
  present = []
  loading.value = undefined
}

const take = (word: Word, from: WebSocket): void => {
  if (word.type === 'hello') {
    if (word.version === 1) hear(word)
    else
      notice.value = `This engine speaks version ${word.version} of the inspector; the page knows version 1.`
  } else if (word.type === 'actors') takePresent(word.actors, word.seq, word.of ?? word.actors.length)
  else if (word.type === 'frames') takeFrames(word.frames, from)
  else if (word.type === 'context')
    contexts.value = new Map([...contexts.peek()].slice(-20)).set(word.actor, word.value)
}

const again = (stranger = false): void => {
  const now = performance.now()
  const pause = pauses[Math.min(tries, pauses.length - 1)]!
  tries += 1
  if (link.peek().is !== 'gone') {
    since = now
    stopClock()
  }
  link.value = { is: 'gone', since, next: now + pause, stranger }
  clearTimeout(timer)
  timer = setTimeout(dial, pause)
}

/** A token that is wrong is told by the page's own address, which then is not found either. */
const ask = async (): Promise<boolean> => {
  try {
    const { status } = await fetch(new URL('./', location.href), { method: 'HEAD', cache: 'no-store' })
    return status === 401 || status === 403 || status === 404
  } catch {
    return false
  }
}

const dial = (): void => {
  const one = new WebSocket(addressOf(), protocol)
  socket = one
  greeted = false
  one.onmessage = ({ data }) => {
    let word: Word
    try {
      word = JSON.parse(String(data)) as Word
    } catch {
      notice.value = 'Something that the engine sent could not be read.'
      return
    }
    take(word, one)
  }
  one.onclose = () => {
    if (socket !== one) return
    if (greeted) return again()
    void ask().then(refused => {
      if (socket !== one) return
      if (refused && model.peek().length === 0) link.value = { is: 'refused' }
      else again(refused)
    })
  }
}

/** Begins to watch the engine that has served the page. */
export const watch = (): void => {
  if (socket) return
  link.value = { is: 'opening' }
  dial()
}

/** Tries again at once. */
export const retry = (): void => {
  clearTimeout(timer)
  dial()
}

/** Something else is shown now. */
export const unwatch = (): void => {
  clearTimeout(timer)
  const one = socket
  socket = undefined
  one?.close()
  link.value = { is: 'off' }
}

/** Asks for what an actor remembers. */
export const askContext = (actor: string): void => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'context', actor }))
}
