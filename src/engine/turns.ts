/**
 * One request at a time to one place: PUBLISH and MESSAGE may not overlap there (RFC 3903 §4, RFC 3428 §8). What waits is an
 * actor in its state `queued`, which gets `turn.go` when its turn has come, and has it until it leaves.
 */
import { ChurnMap } from '../churn-map.ts'
import { SipError } from '../errors.ts'
import { formatUri } from '../message/uri.ts'
import { checkUri } from '../rules/arguments.ts'
import type { ConnectionEntry, Entry } from './entries.ts'
import type { Waiting } from './publication-entries.ts'
import type { Runtime } from './runtime.ts'

/** What a place is called: where two URIs differ in spelling alone it is the same. */
export const placeOf = (connection: ConnectionEntry, method: string, uri: string): string =>
  `${method} ${connection.id} ${formatUri(checkUri(uri, 'the Request-URI'))}`

type Waiter = Waiting & Entry

export class Turns {
  readonly #runtime: Runtime
  /** The first of each line has its turn. */
  readonly #lines = new ChurnMap<Waiter[]>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Gets in line. When too many wait there already, the request has failed. */
  join(entry: Waiter): void {
    const line = this.#lines.get(entry.place)
    if (!line) {
      this.#lines.set(entry.place, [entry])
    } else if (line.length > this.#runtime.limits.waitingRequests) {
      const error = new SipError('in-use', 'too many requests to this place wait for their turn')
      return this.#runtime.post(entry, { type: 'transaction.failed', error })
    } else line.push(entry)
    entry.inLine = true
    if (!line) this.#runtime.post(entry, { type: 'turn.go' })
  }

  /** Leaves the line: it has its answer, has given up, or is gone. */
  leave(entry: Waiter): void {
    if (!entry.inLine) return
    entry.inLine = false
    const line = this.#lines.get(entry.place)!
    const at = line.indexOf(entry)
    line.splice(at, 1)
    if (line.length === 0) this.#lines.delete(entry.place)
    else if (at === 0) this.#runtime.post(line[0], { type: 'turn.go' })
  }
}
