/** Everything the commands get from outside: terminal, environment, platform. Tests give another one. */
import type { Platform, ProfileStore } from '../index.ts'
import type { serveInspector } from '../inspect-node/index.ts'

/** A terminal that a program has for itself. */
export interface Screen {
  readonly columns: number
  readonly rows: number
  /** Replaces all that is shown. */
  show(lines: readonly string[]): void
  /** Names of keys: `up`, `return`, `escape` …, or the character. */
  onKey(listener: (key: string) => void): void
  onResize(listener: () => void): void
  /** Gives the terminal back as it was. */
  close(): void
}

/** What a platform is to have besides UDP and TCP. Certificates, keys and authorities are names of PEM files. */
export interface Ways {
  /** DNS servers to ask. */
  readonly servers?: readonly string[]
  readonly tls?: boolean
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** `listen`: also as a server. */
  readonly webSocket?: 'connect' | 'listen'
  /** The WebSocket server that everything goes to. */
  readonly webSocketUrl?: string
}

export interface Io {
  /** How this program is called, for the examples it shows. */
  readonly program: string
  /** Of this package. */
  readonly version: string
  /** A line for the user, to standard output. */
  out(line: string): void
  /** A line about the run itself, to standard error. */
  err(line: string): void
  /** Columns of the terminal. */
  readonly columns: number
  /** True when colours are wanted. */
  readonly colour: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since 1970. */
  now(): number
  /** The whole terminal; `undefined` where input or output is none. */
  screen?(): Screen | undefined
  /** Asks without echo; `undefined` when there is no terminal to ask at. */
  secret(question: string): Promise<string | undefined>
  /** Asks, and shows what is typed; `undefined` when there is no terminal to ask at. */
  ask?(question: string): Promise<string | undefined>
  /** Tells each line of the input, then that it has ended, unless it was stopped before. Returns the way to stop. */
  lines?(told: (line: string) => void, ended: () => void): () => void
  /** The stored profiles: in this file, else in the user's own. */
  profileStore?(path?: string): ProfileStore
  /** A folder for as long as the program runs. */
  scratch?(): { readonly path: string; remove(): void }
  /** Sockets, clock and the rest, bound to this address by default. Throws for a file that cannot be read or used. */
  platform(host?: string, ways?: Ways): Platform
  /** Called at Ctrl-C and when the process is told to end. Returns the way to stop. */
  onInterrupt(listener: () => void): () => void
  /** Serves the inspector on this machine; where there is none, nobody looks. */
  readonly inspector?: typeof serveInspector
  /** What is still open or waited for does not keep the program: it ends as soon as its status is known. */
  leave(): void
}
