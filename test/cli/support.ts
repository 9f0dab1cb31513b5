/** The command line over a simulated network in virtual time. */

import type { Io, Ways } from '../../src/cli/io.ts'
import { run } from '../../src/cli/program.ts'
import type { ProfileStore, TransportName } from '../../src/index.ts'
import { createWorld, type WorldOptions } from '../support/world.ts'

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What is typed at a password prompt. */
  readonly typed?: string
  readonly host?: string
  readonly columns?: number
  readonly colour?: boolean
  readonly inspector?: NonNullable<Io['inspector']>
  readonly store?: ProfileStore
  readonly screen?: NonNullable<Io['screen']>
  /** What is typed at the other questions, in turn; nothing at those after them. */
  readonly answers?: readonly string[]
}

export const createTerminalWorld = (options: WorldOptions = {}) => {
  const world = createWorld(options)
  /** A terminal on a host of the network, and a command that runs there. */
  const command = (args: readonly string[], settings: TerminalOptions = {}) => {
    const out: string[] = []
    const err: string[] = []
    const questions: string[] = []
    const bound: (string | undefined)[] = []
    const wanted: (Ways | undefined)[] = []
    const listeners = new Set<() => void>()
    const answers = [...(settings.answers ?? [])]
    let left = false
    let typing: { told(line: string): void; ended(): void } | undefined
    const io: Io = {
      program: 'npx sipactor',
      version: '1.2.3',
      out: line => void out.push(line),
      err: line => void err.push(line),
      columns: settings.columns ?? 100,
      colour: settings.colour ?? false,
      env: settings.env ?? {},
      now: () => world.clock.now(),
      secret: question => {
        questions.push(question)
        return Promise.resolve(settings.typed)
      },
      ask: question => {
        questions.push(question)
        return Promise.resolve(answers.shift())
      },
      lines: (told, ended) => {
        typing = { told, ended }
        return () => {
          typing = undefined
        }
      },
      ...(settings.screen && { screen: settings.screen }),
      ...(settings.store && { profileStore: () => settings.store! }),
      ...(settings.inspector ? { inspector: settings.inspector } : {}),
      platform: (host, ways) => {
        bound.push(host)
        wanted.push(ways)
        // The simulated network has no wildcards.
        const own = host === undefined || host === '::' ? settings.host : host
        const more: readonly TransportName[] = [
          ...(ways?.tls ? (['TLS'] as const) : []),
          ...(ways?.webSocket ? (['WS', 'WSS'] as const) : []),
        ]
        return world.network.platform({ host: own ?? '192.0.2.1', transports: ['UDP', 'TCP', ...more] })
      },
      onInterrupt: listener => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      leave: () => {
        left = true
      },
    }
    let status: number | undefined
    const done = run(args, io).then(result => {
      status = result
      return result
    })
    return {
      out,
      err,
      questions,
      /** Addresses that platforms were wanted for, and with what. */
      bound,
      wanted,
      done,
      get status() {
        return status
      },
      /** True when it left something behind that would keep a process. */
      get left() {
        return left
      },
      /** True while it takes lines from its input. */
      get listens() {
        return typing !== undefined
      },
      /** Lines of its input; nobody hears those that come before it listens. */
      type: (...lines: readonly string[]) => {
        for (const line of lines) typing?.told(line)
      },
      endInput: () => typing?.ended(),
      interrupt: () => {
        for (const listener of [...listeners]) listener()
      },
      /** Lets time pass and gives the status, `undefined` while it runs. */
      async after(milliseconds: number): Promise<number | undefined> {
        await world.run(milliseconds)
        return status
      },
    }
  }
  return { ...world, command }
}
