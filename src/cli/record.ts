/** `--record`: the trace of an engine into a file, secrets hidden, for its owner's eyes. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Clock, Sip } from '../index.ts'
import { traceHeader, traceLine } from '../inspect/index.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io } from './io.ts'

/** A name of its own for each of several engines: `trace-alice.jsonl`. */
export const fileFor = (path: string, engine: string): string =>
  path.replace(/(\.[^./\\]*)?$/, extension => `-${engine.replace(/[^\w-]/g, '_')}${extension}`)

/** Writes every frame from now on. @returns what ends it */
export const record = (io: Io, path: string, engine: string, sip: Sip, clock: Clock): (() => void) => {
  let file: number
  try {
    file = openSync(path, 'w', 0o600)
  } catch (error) {
    throw new CliError(exitStatus.usage, `cannot write ${path}: ${(error as Error).message}`, {
      cause: error,
    })
  }
  writeSync(file, `${traceHeader({ engine, began: { wall: io.now(), t: clock.now() } })}\n`)
  const frames = sip.trace$.subscribe(frame => void writeSync(file, `${traceLine(frame)}\n`))
  return () => {
    frames.unsubscribe()
    closeSync(file)
  }
}
