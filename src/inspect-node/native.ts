/**
 * The inspector's own sub-protocol, `sipactor-trace.1`: JSON in text messages. To the client: `hello`, `frames` (as lines
 * of a trace file hold them), `actors` (who lives after the frame of that number), `dropped`, `context`. From it: `ack`,
 * `context`.
 */
import type { Presence } from '../index.ts'
import type { Client, Speaker } from './client.ts'
import type { Encoder, Source } from './source.ts'

export const nativeProtocol = 'sipactor-trace.1'

/** Most records in one message. */
const records = 2000

export interface NativeOptions {
  readonly allowContext: boolean
  /** All names at this address. */
  readonly engines: readonly string[]
}

export class NativeSpeaker implements Speaker {
  readonly #client: Client
  readonly #source: Source
  readonly #encoder: Encoder
  readonly #options: NativeOptions
  /** Who lived when it was asked last; told when the frames up to then are. */
  #presence: Presence | undefined

  constructor(client: Client, source: Source, encoder: Encoder, options: NativeOptions) {
    this.#client = client
    this.#source = source
    this.#encoder = encoder
    this.#options = options
  }

  greet(): void {
    const { name, instance, redacted, recorded, ring } = this.#source
    this.#presence = this.#source.presence()
    this.#client.say({
      type: 'hello',
      version: 1,
      engine: name,
      engines: this.#options.engines,
      instance,
      now: this.#presence?.t ?? this.#source.now(),
      ring: ring.capacity,
      first: ring.first,
      actors: this.#presence?.actors.length ?? 0,
      redacted,
      recorded,
    })
  }

  reached(seq: number): void {
    const presence = this.#presence
    if (!presence || presence.seq > seq) return
    this.#presence = undefined
    const { actors } = presence
    for (let at = 0; at < Math.max(1, actors.length); at += records)
      this.#client.say({
        type: 'actors',
        seq: presence.seq,
        of: actors.length,
        actors: actors.slice(at, at + records),
      })
  }

  send(from: number, to: number): void {
    const upTo = this.#presence?.seq ?? to
    if (upTo >= from && upTo < to) {
      // Records stand between the frames that are in them and those that follow.
      this.#client.sayText(this.#encoder.frames(from, upTo))
      this.reached(upTo)
      this.#client.sayText(this.#encoder.frames(upTo + 1, to))
    } else this.#client.sayText(this.#encoder.frames(from, to))
  }

  missed(from: number, to: number): void {
    this.#client.say({ type: 'dropped', from, to })
    // What happened in between is not known: all are told anew.
    this.#presence = this.#source.presence()
  }

  hear(message: unknown): boolean {
    const { type, seq, actor } = (message ?? {}) as { type?: unknown; seq?: unknown; actor?: unknown }
    if (type === 'ack' && Number.isSafeInteger(seq)) {
      this.#client.acknowledge(seq as number)
      return true
    }
    if (type !== 'context' || typeof actor !== 'string' || actor.length > 256) return false
    const value = this.#options.allowContext ? this.#source.context(actor) : undefined
    this.#client.say({ type: 'context', actor, value: value ?? null })
    return true
  }
}
