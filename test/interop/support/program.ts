/** Programs that a test starts as its peers: their output kept, their end awaited, shown when the test fails. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { onTestFailed, onTestFinished } from 'vitest'

/** How a program ended: by itself with a status, or by a signal. */
export interface Exit {
  readonly status: number | undefined
  readonly signal: NodeJS.Signals | undefined
}

/** A program that runs. */
export interface Program {
  /** All it has written so far, both streams as they came. */
  readonly output: string
  /** Settles when this text has been written; rejects when the program ends before, or after `ms`. */
  readonly wrote: (text: string, ms?: number) => Promise<void>
  /** Settles when it has ended; rejects after `ms`. */
  readonly ended: (ms?: number) => Promise<Exit>
  /** Ends it by its process id, the hard way if it does not go, and waits until it is gone. */
  readonly end: () => Promise<void>
  /** Ends it and its children from one moment to the next (SIGKILL, each by its id), and waits until all are gone. Linux only. */
  readonly kill: () => Promise<void>
}

const running = new Set<ChildProcess>()
// A run that is broken off takes its programs along.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** The promise, or an error when it does not settle in time. */
export const within = <T>(promise: Promise<T>, ms: number, complaint: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${complaint} within ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/**
 * Starts a program for the test that runs. It is ended with the test, and its output is printed if that fails.
 * `more` adds to what is printed, for example the content of a log file.
 */
export const start = (
  command: string,
  args: readonly string[],
  { cwd, more }: { readonly cwd?: string; readonly more?: () => string } = {},
): Program => {
  const child = spawn(command, args, { ...(cwd && { cwd }), stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let output = ''
  const watchers = new Set<() => void>()
  let gone = false
  const keep = (bytes: Buffer): void => {
    output += bytes.toString('latin1')
    for (const watcher of watchers) watcher()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  child.on('error', error => keep(Buffer.from(`\n${error.message}\n`)))
  const exit = new Promise<Exit>(resolve => {
    child.on('close', (status, signal) => {
      gone = true
      running.delete(child)
      resolve({ status: status ?? undefined, signal: signal ?? undefined })
      for (const watcher of watchers) watcher()
    })
  })

  const program: Program = {
    get output() {
      return output
    },
    wrote: (text, ms = 10_000) => {
      let look = (): void => {}
      const written = new Promise<void>((resolve, reject) => {
        look = () => {
          if (output.includes(text)) resolve()
          else if (gone) reject(new Error(`${command} ended without writing '${text}'`))
        }
      })
      watchers.add(look)
      look()
      return within(written, ms, `${command} did not write '${text}'`).finally(() => watchers.delete(look))
    },
    ended: (ms = 20_000) => within(exit, ms, `${command} did not end`),
    end: async () => {
      if (gone) return
      child.kill('SIGTERM')
      const hard = setTimeout(() => child.kill('SIGKILL'), 3000)
      await exit
      clearTimeout(hard)
    },
    kill: async () => {
      if (gone || child.pid === undefined) return
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1')
      child.kill('SIGKILL')
      for (const id of children.split(' ').filter(Boolean)) {
        try {
          process.kill(Number(id), 'SIGKILL')
        } catch {
          // Gone with its parent.
        }
      }
      await exit
    },
  }
  let rest = ''
  onTestFinished(async () => {
    await program.end()
    rest = more?.() ?? ''
  })
  onTestFailed(() => console.log(`--- ${[command, ...args].join(' ')}\n${output}${rest}\n---`))
  return program
}
