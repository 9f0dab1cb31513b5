/** Where `sipactor trace` has its frames from: a file, which may grow, or an inspector that runs. */
import { open } from 'node:fs/promises'
import { WebSocket } from 'ws'
import { type ActorRecord, type Frame, fromWire, isTraceFault, TraceReader } from '../inspect/index.ts'
import { CliError, exitStatus } from './exit.ts'

/** Who takes frames. */
export interface TraceSink {
  frames(frames: readonly Frame[]): void
  actors?(actors: readonly ActorRecord[], seq: number): void
  /** One sentence about the source. */
  note(text: string): void
}

/** A source that was opened. */
export interface TraceSource {
  /** Settles when it is at its end; rejects when it fails. */
  readonly done: Promise<void>
  close(): void
}

const piece = 256 * 1024
/** How often a file that may grow is looked at, in milliseconds. */
const poll = 200

/** Why a file cannot be read, for people. */
export const explainOpen = (path: string, error: unknown): CliError => {
  const code = (error as { code?: string }).code
  const what =
    code === 'ENOENT'
      ? 'there is no such file'
      : code === 'EISDIR'
        ? 'it is a directory'
        : String((error as Error).message)
  return new CliError(exitStatus.usage, `cannot read ${path}: ${what}`, { cause: error })
}

/** Frames of a trace file; with `follow` also those that are written to it from now on. */
export const fileSource = (path: string, follow: boolean, sink: TraceSink): TraceSource => {
  let closed = false
  let wake = (): void => undefined
  const work = async (): Promise<void> => {
    const file = await open(path, 'r').catch((error: unknown) => Promise.reject(explainOpen(path, error)))
    const reader = new TraceReader()
    const decoder = new TextDecoder()
    const buffer = new Uint8Array(piece)
    let faults = 0
    const told = (frames: readonly Frame[]): void => {
      if (frames.length > 0) sink.frames(frames)
      for (const { line, reason } of reader.faults.slice(faults, faults + 3))
        sink.note(`${path}:${line}: ${reason}`)
      faults = reader.faults.length
    }
    try {
      for (let at = 0; ; ) {
        const { bytesRead } = await file.read(buffer, 0, piece, at)
        at += bytesRead
        if (bytesRead > 0) told(reader.push(decoder.decode(buffer.subarray(0, bytesRead), { stream: true })))
        else if (!follow || closed) break
        else
          await new Promise<void>(done => {
            const timer = setTimeout(done, poll)
            wake = () => {
              clearTimeout(timer)
              done()
            }
          })
      }
      told(reader.end())
      if (!reader.header)
        throw new CliError(
          exitStatus.usage,
          `${path}: ${reader.faults[0]?.reason ?? 'this is no trace of sipactor'}`,
        )
    } catch (error) {
      throw error instanceof CliError ? error : explainOpen(path, error)
    } finally {
      await file.close()
    }
  }
  return {
    done: work(),
    close: () => {
      closed = true
      wake()
    },
  }
}

/** Frames of an inspector, by its own WebSocket protocol. */
export const attachSource = (url: string, sink: TraceSink): TraceSource => {
  const address = url.replace(/^http/, 'ws')
  let closed = false
  const socket = new WebSocket(address, 'sipactor-trace.1', { maxPayload: 64 * 1024 * 1024 })
  const done = new Promise<void>((resolve, reject) => {
    const fail = (what: string): void => reject(new CliError(exitStatus.unreachable, what))
    let greeted = false
    socket.on('message', data => {
      let said: { readonly type?: unknown; readonly [field: string]: unknown }
      try {
        said = JSON.parse((data as Buffer).toString()) as typeof said
      } catch {
        return
      }
      if (said.type === 'hello') {
        greeted = true
        sink.note(`attached to ${String(said.engine)}`)
      } else if (said.type === 'frames' && Array.isArray(said.frames)) {
        const read = said.frames.map(fromWire)
        const frames = read.filter((frame): frame is Frame => !isTraceFault(frame))
        sink.frames(frames)
        const last = frames.at(-1)
        if (last) socket.send(JSON.stringify({ type: 'ack', seq: last.seq }))
      } else if (said.type === 'actors' && Array.isArray(said.actors))
        sink.actors?.(said.actors as ActorRecord[], Number(said.seq))
      else if (said.type === 'dropped')
        sink.note(`frames ${String(said.from)} to ${String(said.to)} were dropped`)
    })
    socket.on('unexpected-response', (_request, response) =>
      fail(
        response.statusCode === 404
          ? 'the inspector does not know this token'
          : `the inspector answered ${response.statusCode}`,
      ),
    )
    socket.on('error', error =>
      closed ? resolve() : fail(`cannot attach to ${url.replace(/(:\d+\/).*/, '$1…')}: ${error.message}`),
    )
    socket.on('close', () => (closed || greeted ? resolve() : fail('the inspector closed the connection')))
  })
  return {
    done,
    close: () => {
      closed = true
      socket.terminate()
    },
  }
}
