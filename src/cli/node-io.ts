/** The terminal, signals and sockets of this process. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { serveInspector } from '../inspect-node/index.ts'
import { type NodeOptions, node, sqliteProfileStore } from '../node/index.ts'
import { wantsColour } from './ansi.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io, Ways } from './io.ts'
import { screenOf } from './screen.ts'

/** The package by its own name: the path to its description is another one in the sources than in what is built. */
const { version } = createRequire(import.meta.url)('sipactor/package.json') as { readonly version: string }

/** Swallows the echo of what is typed. */
const silent = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() })

/** What is typed at the terminal, echoed there; `undefined` where there is none. */
const asked = (
  host: NodeJS.Process,
  question: string,
  echo: NodeJS.WritableStream,
): Promise<string | undefined> =>
  new Promise(resolve => {
    if (host.stdin.isTTY !== true) {
      resolve(undefined)
      return
    }
    const shown = echo === host.stderr
    if (!shown) host.stderr.write(question)
    const reader = createInterface({ input: host.stdin, output: echo, terminal: true })
    reader.once('SIGINT', () => host.exit(exitStatus.interrupted))
    reader.question(shown ? question : '', answer => {
      reader.close()
      if (!shown) host.stderr.write('\n')
      resolve(answer)
    })
  })

/** Tells lines until it is stopped. The input of a process would keep it alive. */
export const linesOf = (
  input: NodeJS.ReadableStream,
  told: (line: string) => void,
  ended: () => void,
): (() => void) => {
  const reader = createInterface({ input, terminal: false })
  reader.on('line', told)
  reader.once('close', ended)
  return () => {
    reader.off('close', ended)
    reader.off('line', told)
    reader.close()
    input.pause()
  }
}

/** Columns to draw in. A terminal that knows no size says 0. */
export const columnsOf = (
  terminal: number | undefined,
  env: Readonly<Record<string, string | undefined>>,
): number => terminal || Number(env.COLUMNS) || 100

const contentOf = (option: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new CliError(exitStatus.usage, `--${option} ${path} cannot be read: ${why}`, { cause })
  }
}

/** The options of the platform that go with these ways. */
const waysOf = ({ servers, tls, ca, cert, key, webSocket, webSocketUrl }: Ways): NodeOptions => ({
  ...(servers && { dns: { servers } }),
  ...(tls && {
    tls: {
      ...(ca !== undefined && { ca: contentOf('ca', ca) }),
      ...(cert !== undefined &&
        key !== undefined && {
          certificates: [{ cert: contentOf('cert', cert), key: contentOf('key', key) }],
        }),
    },
  }),
  ...(webSocket && {
    webSocket: {
      listen: webSocket === 'listen',
      ...(webSocketUrl !== undefined && { url: webSocketUrl }),
    },
  }),
})

export const nodeIo = (host: NodeJS.Process, program = 'npx sipactor'): Io => {
  const listeners = new Set<() => void>()
  let signals = 0
  const onSignal = (): void => {
    signals += 1
    // The second Ctrl-C means now.
    if (signals > 1 || listeners.size === 0) host.exit(exitStatus.interrupted)
    host.stderr.write('\n')
    for (const listener of [...listeners]) listener()
  }
  host.on('SIGINT', onSignal)
  host.on('SIGTERM', onSignal)
  // A reader that went away (`| head`) is no fault.
  host.stdout.on('error', () => host.exit(exitStatus.ok))
  return {
    program,
    version,
    out: line => void host.stdout.write(`${line}\n`),
    err: line => void host.stderr.write(`${line}\n`),
    columns: columnsOf(host.stdout.columns, host.env),
    colour: wantsColour(host.env, host.stdout.isTTY === true),
    env: host.env,
    now: () => Date.now(),
    screen: () => screenOf(host),
    secret: question => asked(host, question, silent()),
    ask: question => asked(host, question, host.stderr),
    lines: (told, ended) => linesOf(host.stdin, told, ended),
    profileStore: path => sqliteProfileStore(path === undefined ? {} : { path }),
    scratch: () => {
      const path = mkdtempSync(join(tmpdir(), 'sipactor-'))
      return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
    },
    platform: (address, ways = {}) =>
      node({ ...(address !== undefined && { host: address }), ...waysOf(ways) }),
    onInterrupt: listener => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    inspector: serveInspector,
    // After a moment, in which the last lines get out and the status is set.
    leave: () => void setTimeout(() => host.exit(), 100).unref(),
  }
}
