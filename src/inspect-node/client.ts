/**
 * One WebSocket that reads an engine's frames at its own pace. It never holds the engine up: frames wait in the ring
 * that all clients share; what the ring has dropped before a client has read it is told, and one that does not keep up
 * at all is closed.
 */
import type { RawData, WebSocket } from 'ws'
import type { Source } from './source.ts'

/** A text frame: `ws` hands over what it was cut into. */
const textOf = (data: RawData): string =>
  Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as Buffer).toString()

/** What one client may cost. */
export interface ClientLimits {
  /** Bytes that may wait in its socket before it gets nothing more. */
  readonly buffered: number
  /** Frames that it may have been sent without a word, once it has begun to acknowledge. */
  readonly unacknowledged: number
  /** Frames that it may miss in all before it is closed. */
  readonly missed: number
  /** Milliseconds for which it may take nothing at all. */
  readonly stalled: number
  /** Messages that it may send in a second. */
  readonly rate: number
}

export const clientLimits: ClientLimits = {
  buffered: 1_048_576,
  unacknowledged: 20_000,
  missed: 1_000_000,
  stalled: 30_000,
  rate: 500,
}

/** Most frames in one message. */
export const batch = 500

/** What a sub-protocol makes of frames. */
export interface Speaker {
  /** Words before the first frame; `history`: frames that are kept will follow. */
  greet(): void
  /** All frames up to this number were sent, or missed. */
  reached(seq: number): void
  /** Sends the frames numbered so. */
  send(from: number, to: number): void
  /** These were dropped before they could be sent. */
  missed(from: number, to: number): void
  /** A message; false when it is none of this protocol. */
  hear(message: unknown): boolean
}

export class Client {
  readonly socket: WebSocket
  readonly #source: Source
  readonly #limits: ClientLimits
  #speaker!: Speaker
  /** The last frame sent or missed. */
  #cursor: number
  #acknowledged: number | undefined
  #missed = 0
  #stalledSince: number | undefined
  #heard = { second: 0, count: 0 }
  #alive = true

  constructor(socket: WebSocket, source: Source, limits: ClientLimits) {
    this.socket = socket
    this.#source = source
    this.#limits = limits
    this.#cursor = (source.ring.first || source.ring.last + 1) - 1
    socket.on('pong', () => {
      this.#alive = true
    })
  }

  /** Where a client begins that has seen frames before, or that no frame was kept for. */
  begin(speaker: Speaker, cursor: number): void {
    this.#speaker = speaker
    this.#cursor = Math.max(this.#cursor, cursor)
    speaker.greet()
    speaker.reached(this.#cursor)
  }

  say(value: unknown): void {
    this.sayText(JSON.stringify(value))
  }

  sayText(text: string): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(text)
  }

  acknowledge(seq: number): void {
    if (seq <= this.#cursor) this.#acknowledged = Math.max(this.#acknowledged ?? 0, seq)
  }

  /** Sends what it may have, until that time. True when there is more. */
  pump(now: number, until: () => boolean): boolean {
    const { ring } = this.#source
    while (this.socket.readyState === this.socket.OPEN && this.#cursor < ring.last) {
      if (!this.#ready()) {
        this.#stalledSince ??= now
        if (now - this.#stalledSince > this.#limits.stalled) this.close(1013, 'too slow')
        return true
      }
      this.#stalledSince = undefined
      if (ring.first > this.#cursor + 1) {
        const [from, to] = [this.#cursor + 1, ring.first - 1]
        this.#missed += to - from + 1
        this.#cursor = to
        // What it never gets it cannot acknowledge.
        if (this.#acknowledged !== undefined) this.#acknowledged += to - from + 1
        this.#speaker.missed(from, to)
        if (this.#missed > this.#limits.missed) this.close(1013, 'too much was missed')
        continue
      }
      const to = Math.min(this.#cursor + batch, ring.last)
      this.#speaker.send(this.#cursor + 1, to)
      this.#cursor = to
      this.#speaker.reached(to)
      if (until()) break
    }
    return this.#cursor < ring.last
  }

  /** A message came. */
  heard(data: RawData, isBinary: boolean, now: number): void {
    const second = Math.floor(now / 1000)
    if (this.#heard.second !== second) this.#heard = { second, count: 0 }
    this.#heard.count += 1
    if (this.#heard.count > this.#limits.rate) return this.close(1008, 'too many messages')
    let message: unknown
    try {
      message = isBinary ? undefined : JSON.parse(textOf(data))
    } catch {
      message = undefined
    }
    if (!this.#speaker.hear(message)) this.close(1008, 'this is no message of the protocol')
  }

  /** Is it there still? */
  check(): void {
    if (!this.#alive) return this.socket.terminate()
    this.#alive = false
    this.socket.ping()
  }

  close(code: number, why: string): void {
    this.socket.close(code, why)
    // One that reads nothing does not hear of it either.
    if (code === 1013) this.socket.terminate()
  }

  #ready(): boolean {
    const { buffered, unacknowledged } = this.#limits
    if (this.socket.bufferedAmount > buffered) return false
    return this.#acknowledged === undefined || this.#cursor - this.#acknowledged < unacknowledged
  }
}
