/** What is watched: an engine, with its last frames while somebody watches (or always), or a trace that was recorded. */
import { randomUUID } from 'node:crypto'
import type { Presence, RecordedFrame, Sip } from '../index.ts'
import { Ring, type Trace, toWire } from '../inspect/index.ts'

/** Something with frames that clients read, each at its own pace. */
export interface Source {
  readonly name: string
  /** Of this run: another one under the same name is another trace. */
  readonly instance: string
  readonly redacted: boolean
  /** True: a trace, in which nothing more happens. */
  readonly recorded: boolean
  readonly ring: Ring<RecordedFrame>
  /** Milliseconds of the clock that the frames have. */
  now(): number
  /** Who lives; undefined where nothing does. */
  presence(): Presence | undefined
  context(actor: string): unknown
  /** Hears that there are new frames. Returns the way to stop. */
  watch(listener: () => void): () => void
  close(): void
}

/** Frames kept for clients that read while nothing else is kept. */
const transit = 20_000

/** An engine. `keep` frames are kept from now on, also while nobody watches; 0: none, and then nothing is attached. */
export const liveSource = (name: string, sip: Sip, keep: number, redacted: boolean): Source => {
  const ring = new Ring<RecordedFrame>(keep || transit)
  const listeners = new Set<() => void>()
  let detach: (() => void) | undefined
  const attach = (): void => {
    if (detach) return
    ring.clear()
    detach = sip.record(recorded => {
      ring.push(recorded)
      for (const listener of listeners) listener()
    })
  }
  const rest = (): void => {
    if (keep > 0 || listeners.size > 0) return
    detach?.()
    detach = undefined
    ring.clear()
  }
  if (keep > 0) attach()
  return {
    name,
    instance: randomUUID(),
    redacted,
    recorded: false,
    ring,
    now: () => sip.actors().t,
    presence: () => sip.actors(),
    context: actor => sip.actorContext(actor),
    watch: listener => {
      const own = (): void => listener()
      listeners.add(own)
      attach()
      return () => {
        listeners.delete(own)
        rest()
      }
    },
    close: () => {
      listeners.clear()
      detach?.()
      detach = undefined
      ring.clear()
    },
  }
}

/** A trace from a file: it says all it has, and nothing more happens. */
export const recordedSource = (name: string, { frames, header }: Trace, redacted: boolean): Source => {
  const ring = new Ring<RecordedFrame>(Math.max(1, frames.length))
  for (const frame of frames) ring.push({ seq: frame.seq, frame: () => frame })
  return {
    name: header?.engine ?? name,
    instance: randomUUID(),
    redacted: redacted || header?.redacted === true,
    recorded: true,
    ring,
    now: () => frames.at(-1)?.t ?? 0,
    presence: () => undefined,
    context: () => undefined,
    watch: () => () => undefined,
    close: () => ring.clear(),
  }
}

/** The frames from one number to another as JSON has them. The last piece is kept: several clients ask for the same. */
export class Encoder {
  readonly #source: Source
  #key = ''
  #text = ''

  constructor(source: Source) {
    this.#source = source
  }

  frames(from: number, to: number): string {
    const key = `${from} ${to}`
    if (key === this.#key) return this.#text
    const parts: string[] = []
    for (const recorded of this.#source.ring.between(from, to))
      parts.push(JSON.stringify(toWire(recorded.frame(), { redact: this.#source.redacted })))
    this.#key = key
    this.#text = `{"type":"frames","frames":[${parts.join(',')}]}`
    return this.#text
  }
}
