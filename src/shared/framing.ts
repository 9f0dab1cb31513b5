/** Frames on a stream: four bytes of length, the most significant first, then as many of JSON in UTF-8. */
import { SipError } from '../errors.ts'
import { decodeValue, encodeValue } from './codec.ts'

const headSize = 4
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes of a frame. Throws `argument` for what is no data and for what is longer than `limit` bytes. */
export const frameBytes = (value: unknown, limit: number): Uint8Array => {
  const text = encoder.encode(encodeValue(value))
  if (text.length > limit)
    throw new SipError('argument', `a frame of ${text.length} bytes: ${limit} are the most`)
  const bytes = new Uint8Array(headSize + text.length)
  new DataView(bytes.buffer).setUint32(0, text.length)
  bytes.set(text, headSize)
  return bytes
}

/** Takes pieces of a stream and gives frames. */
export class FrameReader {
  readonly #limit: number
  #pieces: Uint8Array[] = []
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Each frame that is complete by now. Throws `malformed` for what is none; the stream is of no use then. */
  *push(piece: Uint8Array): Generator<unknown> {
    if (piece.length > 0) this.#pieces.push(piece)
    this.#size += piece.length
    for (;;) {
      if (this.#size < headSize) return
      const length = this.#length()
      if (length > this.#limit)
        throw new SipError('malformed', `a frame of ${length} bytes: ${this.#limit} are the most`)
      if (this.#size < headSize + length) return
      const whole = this.#join()
      const body = whole.subarray(headSize, headSize + length)
      this.#pieces = whole.length > headSize + length ? [whole.subarray(headSize + length)] : []
      this.#size = whole.length - headSize - length
      yield readFrame(body)
    }
  }

  /** Of the frame that begins here, however the pieces were cut. */
  #length(): number {
    if ((this.#pieces[0]?.length ?? 0) < headSize) this.#join()
    const [first] = this.#pieces
    return new DataView(first!.buffer, first!.byteOffset, headSize).getUint32(0)
  }

  #join(): Uint8Array {
    if (this.#pieces.length === 1) return this.#pieces[0]!
    const whole = new Uint8Array(this.#size)
    let at = 0
    for (const piece of this.#pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    this.#pieces = [whole]
    return whole
  }
}

const readFrame = (body: Uint8Array): unknown => {
  try {
    return decodeValue(decoder.decode(body))
  } catch (cause) {
    throw new SipError('malformed', 'a frame that cannot be read', { cause })
  }
}
