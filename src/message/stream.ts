/** Messages from a byte stream, framed by Content-Length. RFC 3261 §18.3, RFC 5626 §3.5.1 (keep-alive). */
import { learn, toBinary } from './bytes.ts'
import { type Head, readHead } from './head.ts'
import { limits } from './limits.ts'
import { malformed } from './malformed.ts'
import { finish } from './parse.ts'
import type { Malformed, SipMessage } from './types.ts'

/**
 * What a stream brings: a message, a fault, a double CRLF (`ping`, to be answered with a CRLF) or a single CRLF
 * (`pong`). A double CRLF that arrives in two pieces is a `pong`, then a `ping`.
 */
export type StreamItem = SipMessage | Malformed | 'ping' | 'pong'

/**
 * Cuts a byte stream (TCP, TLS) into messages. The cost grows with the bytes, however they are cut up.
 *
 * @example
 * const stream = new MessageStream()
 * for (const item of stream.push(bytes)) …
 * if (stream.broken) flow.close()
 */
export class MessageStream {
  private buffer = new Uint8Array(2_048)
  private start = 0
  private end = 0
  /** Up to where the end of the header section has been looked for. */
  private scanned = 0
  private head: Head | undefined
  /** The last item was the first half of what may become a double CRLF. */
  private halfPing = false
  private failed = false
  private headBytes: Uint8Array | undefined
  private lastBody: Uint8Array | undefined
  /**
   * True: `bytes` has what each item of the latest `push` was on the wire. For traces; costs a copy of everything, so it
   * is false until somebody sets it.
   */
  keepsBytes = false
  /** True: we ask by double CRLFs on this stream, so a single one is an answer and never half a question. */
  asks = false
  /** The bytes of the items of the latest `push`, at the same places; holes where they were not kept. */
  bytes: (Uint8Array | undefined)[] = []

  /** True after bytes that cannot be framed: the flow must be closed, nothing more will be read. */
  get broken(): boolean {
    return this.failed
  }

  /** How many bytes of an unfinished message are held. Above 0 for too long, the flow should be closed. */
  get pending(): number {
    return this.end - this.start
  }

  /** Takes the next bytes and returns what they complete, in order. Never throws. */
  push(bytes: Uint8Array): readonly StreamItem[] {
    const items: StreamItem[] = []
    if (this.bytes.length > 0) this.bytes = []
    if (this.failed) return items
    learn(bytes)
    this.append(bytes)
    for (let item = this.next(); item !== undefined; item = this.next()) {
      if (this.headBytes && typeof item === 'object') this.keep(items.length, this.headBytes)
      items.push(item)
      if (this.failed) break
    }
    return items
  }

  private append(bytes: Uint8Array): void {
    const size = this.end - this.start + bytes.length
    if (this.end + bytes.length > this.buffer.length) {
      // Moved only when the free half is in front, so that each byte is copied a bounded number of times.
      const target = size * 2 > this.buffer.length ? new Uint8Array(size * 2) : this.buffer
      target.set(this.buffer.subarray(this.start, this.end))
      this.buffer = target
      this.scanned -= this.start
      this.end -= this.start
      this.start = 0
    }
    this.buffer.set(bytes, this.end)
    this.end += bytes.length
  }

  private next(): StreamItem | undefined {
    if (this.head === undefined) {
      const blank = this.keepAlive()
      if (blank !== undefined) return blank
      if (this.start === this.end) return this.rest()
      const head = this.headEnd()
      if (head < 0) {
        if (this.end - this.start <= limits.head) return undefined
        return this.fail(malformed('the header section is longer than 64 KiB', undefined, limits.head, 513))
      }
      if (this.keepsBytes) this.headBytes = this.buffer.slice(this.start, head)
      const text = toBinary(this.buffer, this.start, head)
      this.head = readHead(text, this.buffer.subarray(this.start, head), 0)
      this.start = head
    }
    return this.complete(this.head)
  }

  /** Nothing is held: a buffer that a large message has left behind is given back. */
  private rest(): undefined {
    this.start = this.end = this.scanned = 0
    if (this.buffer.length > 65_536) this.buffer = new Uint8Array(2_048)
  }

  private keepAlive(): 'ping' | 'pong' | undefined {
    const { buffer, start, end } = this
    if (end - start < 2 || buffer[start] !== 13 || buffer[start + 1] !== 10) {
      if (end > start && buffer[start] !== 13) this.halfPing = false
      return undefined
    }
    if (this.halfPing) {
      this.halfPing = false
      this.start += 2
      return 'ping'
    }
    if (end - start >= 4 && buffer[start + 2] === 13 && buffer[start + 3] === 10) {
      this.start += 4
      return 'ping'
    }
    this.halfPing = !this.asks
    this.start += 2
    return 'pong'
  }

  /** The index behind the empty line, or -1 as long as it has not come. */
  private headEnd(): number {
    const { buffer, end } = this
    let i = Math.max(this.scanned, this.start + 3)
    const last = Math.min(end, this.start + limits.head + 4)
    for (; i < last; i++) {
      if (buffer[i] !== 10) continue
      if (buffer[i - 1] === 13 && buffer[i - 2] === 10 && buffer[i - 3] === 13) return i + 1
    }
    this.scanned = Math.max(i, this.start + 3)
    return -1
  }

  private complete(head: Head): StreamItem | undefined {
    if (head.contentLength < 0) head.fail('a stream needs a Content-Length', 'content-length', head.end)
    const size = head.contentLength
    if (size > limits.body) head.fail('the body is longer than 256 KiB', 'content-length', head.end, 413)
    if (head.fault !== undefined && (size < 0 || size > limits.body || head.ambiguous)) {
      return this.fail(finish(head, ''))
    }
    if (this.end - this.start < size) return undefined
    const item = finish(head, this.buffer.slice(this.start, this.start + size))
    this.start += size
    this.scanned = this.start
    this.head = undefined
    this.lastBody = this.headBytes && this.buffer.subarray(this.start - size, this.start)
    return item
  }

  private keep(at: number, head: Uint8Array): void {
    const body = this.lastBody ?? new Uint8Array(0)
    const whole = new Uint8Array(head.length + body.length)
    whole.set(head)
    whole.set(body, head.length)
    this.bytes[at] = whole
    this.headBytes = this.lastBody = undefined
  }

  private fail(item: StreamItem): StreamItem {
    this.failed = true
    this.buffer = new Uint8Array(0)
    this.start = this.end = 0
    this.head = undefined
    return item
  }
}
