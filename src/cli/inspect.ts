/** The inspector: for the engines of a command, and `sipactor inspect` for a recorded trace. */
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Sip } from '../index.ts'
import { type Trace, TraceReader } from '../inspect/index.ts'
import { serveTrace } from '../inspect-node/index.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io } from './io.ts'
import { explainOpen } from './trace-source.ts'

/** Frames kept for who opens the page later. */
const ring = 100_000

/** Serves the inspector for these engines and says where. Returns the way to stop. */
export const inspecting = async (
  io: Io,
  sips: Readonly<Record<string, Sip>>,
  say: (line: string) => void = line => io.err(line),
): Promise<() => Promise<void>> => {
  const inspector = await io.inspector?.(shortNames(sips), { ring })
  for (const [name, url] of Object.entries(inspector?.urls ?? {})) say(`see ${name} think: ${url}`)
  return async () => inspector?.close()
}

/** A user part may hold what a name of an engine may not. */
const shortNames = (sips: Readonly<Record<string, Sip>>): Record<string, Sip> =>
  Object.fromEntries(
    Object.entries(sips).map(([name, sip]) => [name.replaceAll(/[^\w .@-]/g, '_').slice(0, 64), sip]),
  )

export interface InspectOptions {
  readonly file: string
  readonly port?: number
  readonly debug?: boolean
}

const read = async (path: string): Promise<Trace> => {
  const reader = new TraceReader()
  const frames: Trace['frames'][number][] = []
  try {
    const file = await open(path)
    for await (const piece of file.createReadStream({ encoding: 'utf8' }))
      for (const frame of reader.push(String(piece))) frames.push(frame)
  } catch (error) {
    throw explainOpen(path, error)
  }
  for (const frame of reader.end()) frames.push(frame)
  return { header: reader.header, frames, faults: reader.faults }
}

/** `sipactor inspect --file <path>`: the page with a recorded trace, until Ctrl-C. */
export const inspectCommand = async (io: Io, { file, port }: InspectOptions): Promise<number> => {
  const trace = await read(file)
  const [fault] = trace.faults
  if (!trace.header) throw new CliError(exitStatus.usage, `${file}: ${fault?.reason ?? 'this is no trace'}`)
  const inspector = await serveTrace(trace, {
    name: basename(file),
    ...(port === undefined ? {} : { port }),
  })
  let stop = (): void => undefined
  const interrupted = new Promise<void>(resolve => {
    stop = io.onInterrupt(resolve)
  })
  io.out(`${trace.frames.length} frames of ${file}; Ctrl-C ends`)
  if (fault) io.err(`sipactor: line ${fault.line}: ${fault.reason} (${trace.faults.length} in all)`)
  io.out(inspector.url)
  try {
    await interrupted
  } finally {
    stop()
    await inspector.close()
  }
  return exitStatus.ok
}
