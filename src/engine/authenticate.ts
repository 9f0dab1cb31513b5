/**
 * Answering challenges: effect `authenticate` of `client-request`. RFC 3261 §22, RFC 7616, RFC 8760.
 *
 * The same secret goes to a realm once, and once more only when the nonce was stale. Credentials that came with the
 * request are tried first; then the application is asked, a limited number of times.
 */
import { SipError } from '../errors.ts'
import type { HeaderPair, SipResponse } from '../message/types.ts'
import { answer, type DigestChallenge, readChallenges } from '../rules/digest.ts'
import type { Credentials, Id } from './commands.ts'
import type { AuthRecord, RequestEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

const keyOf = ({ proxy, realm }: DigestChallenge): string => `${proxy ? 'proxy' : 'user'} ${realm}`
const secretOf = ({ username, password, ha1 }: Credentials): string =>
  JSON.stringify([username, password, ha1])

const notAccepted = 'the credentials were not accepted'

interface Pending {
  readonly entry: RequestEntry
  readonly response: SipResponse
  /** True when a realm that asks has been answered before, and is not content. */
  readonly refused: boolean
}

export class Authenticator {
  readonly #runtime: Runtime
  readonly #pending = new Map<Id, Pending>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Effect `authenticate`. */
  authenticate(entry: RequestEntry, response: SipResponse): void {
    const record = (entry.auth ??= {
      tried: new Map(),
      answers: new Map(),
      headers: [],
      provided: [],
      asked: 0,
    })
    const challenges = readChallenges(response)
    if (challenges.length === 0) return this.#refuse(entry, response, 'no challenge that can be answered')
    const open = challenges.filter(challenge => !this.#try(entry, record, challenge))
    if (open.length === 0) return this.#again(entry, record)
    if (record.asked >= this.#runtime.limits.credentialRequests)
      return this.#refuse(entry, response, notAccepted)
    record.asked += 1
    const id = this.#runtime.newId('challenge')
    const refused = open.some(challenge => record.tried.has(keyOf(challenge)))
    this.#pending.set(id, { entry, response, refused })
    this.#runtime.news({
      type: 'challenge',
      id,
      connection: entry.connection.id,
      object: entry.visible ? entry.id : (entry.owner?.id ?? entry.id),
      realms: open.map(({ realm, proxy, algorithmName = 'MD5' }) => ({
        realm,
        kind: proxy ? 'proxy' : 'user',
        algorithm: algorithmName,
      })),
      response,
    })
  }

  /** The application gives credentials, for one realm or several. */
  provide(id: Id, credentials: readonly Credentials[]): void {
    const pending = this.#take(id)
    if (!pending) return
    pending.entry.auth!.provided = [...credentials, ...pending.entry.auth!.provided]
    this.authenticate(pending.entry, pending.response)
  }

  /** The application has none, or declines. */
  ignore(id: Id): void {
    const pending = this.#take(id)
    if (!pending) return
    const why = pending.refused ? notAccepted : 'no credentials were provided'
    this.#refuse(pending.entry, pending.response, why)
  }

  isPending(id: Id): boolean {
    return this.#pending.has(id)
  }

  /** A request has ended: its question is void. */
  forget(entry: RequestEntry): void {
    for (const [id, pending] of this.#pending) if (pending.entry === entry) this.#pending.delete(id)
  }

  #take(id: Id): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  /** Takes the first credentials that this challenge has not seen yet. */
  #try({ draft }: RequestEntry, record: AuthRecord, challenge: DigestChallenge): boolean {
    const key = keyOf(challenge)
    const tried = record.tried.get(key) ?? new Map<string, number>()
    const chosen = [...record.provided, ...draft.credentials].find(credentials => {
      if (credentials.realm !== undefined && credentials.realm !== challenge.realm) return false
      const times = tried.get(secretOf(credentials)) ?? 0
      return times === 0 || (times === 1 && challenge.stale)
    })
    if (!chosen) return false
    tried.set(secretOf(chosen), (tried.get(secretOf(chosen)) ?? 0) + 1)
    record.tried.set(key, tried)
    record.answers.set(key, { challenge, credentials: chosen, nc: 0 })
    return true
  }

  /** The request goes out again with the next number, every realm answered in it. §22.2, §22.3 */
  #again(entry: RequestEntry, record: AuthRecord): void {
    const { draft, sent, numbering } = entry
    const headers: HeaderPair[] = []
    for (const given of record.answers.values()) {
      given.nc += 1
      const { username, password, ha1 } = given.credentials
      headers.push(
        answer({
          challenge: given.challenge,
          credentials: { username, ...(ha1 === undefined ? { password: password ?? '' } : { ha1 }) },
          method: draft.method,
          uri: draft.uri,
          body: sent?.body,
          nc: given.nc,
          cnonce: this.#runtime.token(),
          digest: this.#runtime.platform.digest,
        }),
      )
    }
    record.headers = headers
    numbering.seq += 1
    entry.seq = numbering.seq
    this.#runtime.post(entry, { type: 'credentials.given' })
  }

  #refuse(entry: RequestEntry, response: SipResponse, why: string): void {
    const error = new SipError('forbidden', `${response.status} to ${entry.draft.method}: ${why}`, {
      response,
    })
    this.#runtime.post(entry, { type: 'credentials.refused', error })
  }
}
