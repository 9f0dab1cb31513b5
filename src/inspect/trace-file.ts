/**
 * Frames as lines of JSON: a trace file, and what the inspector's socket carries.
 *
 * The first line says what it is, each other line is one frame. A message is there by its bytes alone (base64), and is
 * read again from them. Secrets are hidden unless one asks for them. What cannot be read is a value, never an exception.
 */
import { isMalformed } from '../message/malformed.ts'
import { parse } from '../message/parse.ts'
import { fromBase64, toBase64 } from '../rules/base64.ts'
import { check } from './check.ts'
import type { Frame, MalformedFrame, MessageFrame, StepFrame } from './frame.ts'
import { redactFrame } from './redact.ts'

/** The first line of a trace file. */
export interface TraceHeader {
  readonly format: 'sipactor-trace'
  readonly version: 1
  /** Name of the engine that was watched. */
  readonly engine?: string
  /** Wall-clock time of the first frame, in milliseconds since 1970, and the time of the engine's clock then. */
  readonly began?: { readonly wall: number; readonly t: number }
  /** Secrets are hidden. */
  readonly redacted: boolean
}

/** A frame as JSON has it: a message frame has its bytes as base64 and no `message`. */
export type WireFrame =
  | StepFrame
  | MalformedFrame
  | (Omit<MessageFrame, 'message' | 'bytes'> & { readonly bytes: string })

/** A line that was no frame. */
export interface TraceFault {
  readonly kind: 'fault'
  /** Counted from 1; 0 where there are no lines. */
  readonly line: number
  /** One sentence. */
  readonly reason: string
}

/** How frames are written. */
export interface TraceWriteOptions {
  /** Hide secrets; default true. */
  readonly redact?: boolean
}

/** What a trace file may cost. */
export const traceLimits = {
  /** Characters of one line: a message of 300 KiB as base64. */
  line: 600_000,
  /** Frames of one file. */
  frames: 1_000_000,
  /** Faults remembered; reading ends there. */
  faults: 1_000,
} as const

/** A frame ready for `JSON.stringify`. */
export const toWire = (frame: Frame, { redact = true }: TraceWriteOptions = {}): WireFrame => {
  const shown = redact ? redactFrame(frame) : frame
  if (shown.kind !== 'message') return shown
  const { message: _message, bytes, local, remote, ...rest } = shown
  return { ...rest, local: place(local), remote: place(remote), bytes: toBase64(bytes) }
}

const place = ({ host, port }: MessageFrame['local']) => ({ host, port })

const fault = (reason: string, line = 0): TraceFault => ({ kind: 'fault', line, reason })

/** True for what stands in place of a frame that could not be read. */
export const isTraceFault = (value: Frame | TraceFault): value is TraceFault => value.kind === 'fault'

/** A frame from what `JSON.parse` gave, checked. */
export const fromWire = (value: unknown): Frame | TraceFault => {
  const wrong = check(value)
  if (wrong !== undefined) return fault(wrong)
  const wire = value as WireFrame
  if (wire.kind !== 'message') return wire
  const bytes = fromBase64(wire.bytes)
  if (!bytes) return fault('the bytes of a message are no base64')
  const parsed = parse(bytes)
  const message = isMalformed(parsed) ? parsed.message : parsed
  if (!message) return fault(`the bytes of a message are none: ${(parsed as { reason: string }).reason}`)
  return { ...wire, bytes, message }
}

/** The first line of a file, without a line end. */
export const traceHeader = (
  options: Pick<TraceHeader, 'engine' | 'began'> & TraceWriteOptions = {},
): string => {
  const { engine, began, redact = true } = options
  const header: TraceHeader = {
    format: 'sipactor-trace',
    version: 1,
    ...(engine === undefined ? {} : { engine }),
    ...(began === undefined ? {} : { began: { wall: began.wall, t: began.t } }),
    redacted: redact,
  }
  return JSON.stringify(header)
}

/** One frame as a line of a file, without a line end. */
export const traceLine = (frame: Frame, options?: TraceWriteOptions): string =>
  JSON.stringify(toWire(frame, options))

/**
 * A whole trace file.
 *
 * @example
 * const frames: Frame[] = []
 * sip.trace$.subscribe(frame => frames.push(frame))
 * writeFileSync('call.jsonl', formatTrace(frames))
 */
export const formatTrace = (
  frames: Iterable<Frame>,
  options: Pick<TraceHeader, 'engine' | 'began'> & TraceWriteOptions = {},
): string => {
  const lines = [traceHeader(options)]
  for (const frame of frames) lines.push(traceLine(frame, options))
  return lines.join('\n') + '\n'
}

const headerOf = (value: unknown): TraceHeader | string => {
  const { format, version, redacted } = (value ?? {}) as Partial<Record<keyof TraceHeader, unknown>>
  if (format !== 'sipactor-trace') return 'this is no trace of sipactor'
  if (version !== 1) return `this trace has version ${String(version)}, and only version 1 is understood`
  const { engine, began } = value as { engine?: unknown; began?: { wall?: unknown; t?: unknown } }
  return {
    format,
    version,
    redacted: redacted === true,
    ...(typeof engine === 'string' ? { engine: engine.slice(0, 200) } : {}),
    ...(typeof began?.wall === 'number' && typeof began.t === 'number'
      ? { began: { wall: began.wall, t: began.t } }
      : {}),
  }
}

/** Reads a trace file piece by piece, as it grows. */
export class TraceReader {
  /** The first line, once it was read. */
  header: TraceHeader | undefined
  /** Lines that were no frames; what comes after {@link traceLimits.faults} of them is not read. */
  readonly faults: TraceFault[] = []
  #rest = ''
  #line = 0
  #frames = 0
  #last = 0
  #over = false

  /** Takes the next piece of text. @returns the frames that it completed */
  push(text: string): Frame[] {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    if (this.#rest.length > traceLimits.line) {
      this.#fail('a line is too long')
      this.#over = true
      this.#rest = ''
    }
    return lines.flatMap(line => this.#take(line))
  }

  /** The file is at its end. @returns the frame of a last line without a line end */
  end(): Frame[] {
    const rest = this.#rest
    this.#rest = ''
    const frames = rest === '' ? [] : this.#take(rest)
    if (!this.header && this.faults.length === 0) this.#fail('there is nothing in it')
    return frames
  }

  #fail(reason: string): void {
    if (this.faults.length < traceLimits.faults) this.faults.push(fault(reason, this.#line))
    else this.#over = true
  }

  #take(line: string): Frame[] {
    this.#line += 1
    if (this.#over || line.trim() === '') return []
    if (line.length > traceLimits.line) {
      this.#fail('a line is too long')
      return []
    }
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      // A file that does not even begin like one is not gone through line by line.
      this.#fail(this.header ? 'a line is no JSON' : 'this is no trace of sipactor')
      this.#over ||= !this.header
      return []
    }
    if (!this.header) {
      const header = headerOf(value)
      if (typeof header !== 'string') this.header = header
      else {
        this.#fail(header)
        this.#over = true
      }
      return []
    }
    const frame = fromWire(value)
    if (isTraceFault(frame)) this.#fail(frame.reason)
    else if (frame.seq <= this.#last) this.#fail('the numbers of frames do not rise')
    else if (this.#frames >= traceLimits.frames) {
      this.#fail(`there are more than ${traceLimits.frames} frames`)
      this.#over = true
    } else {
      this.#frames += 1
      this.#last = frame.seq
      return [frame]
    }
    return []
  }
}

/** What a trace file held. */
export interface Trace {
  /** Absent when it is no trace: then `faults` says why. */
  readonly header: TraceHeader | undefined
  readonly frames: readonly Frame[]
  readonly faults: readonly TraceFault[]
}

/** Reads a whole trace file. Never throws. */
export const parseTrace = (text: string): Trace => {
  const reader = new TraceReader()
  const frames = reader.push(text)
  frames.push(...reader.end())
  return { header: reader.header, frames, faults: reader.faults }
}
