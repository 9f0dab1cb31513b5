/**
 * Answering challenges: effects `authenticate` and `verify` of `client-request`, and the credentials of requests that
 * nobody has asked yet. RFC 3261 §22, RFC 7616, RFC 8760. What may be answered with what stands in
 * `rules/digest-credentials.ts`.
 */
import { SipError } from '../errors.ts'
import { encodeUtf8 } from '../message/bytes.ts'
import type { HeaderPair, SipResponse } from '../message/types.ts'
import { readAkaNonce } from '../rules/aka.ts'
import { type AnswerInput, answer, type DigestChallenge, readChallenges } from '../rules/digest.ts'
import {
  answerSecret,
  blamesSecret,
  chooseCredentials,
  decideChallenge,
  judgeAnswer,
  readInfo,
  secretOf,
} from '../rules/digest-credentials.ts'
import type { Credentials, Id } from './commands.ts'
import { CredentialStore } from './credential-store.ts'
import { emptyRecord, fromCache, ownCandidates, placesFor, scopeOf, situationOf } from './credentials-of.ts'
import type { AuthRecord, GivenAnswer, RequestEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

const keyOf = ({ proxy, realm }: { readonly proxy: boolean; readonly realm: string }): string =>
  `${proxy ? 'proxy' : 'user'} ${realm}`

const notAccepted = 'the credentials were not accepted'

interface Pending {
  readonly entry: RequestEntry
  readonly response: SipResponse
  /** True when a realm that asks has been answered before, and is not content. */
  readonly refused: boolean
}

export class Authenticator {
  readonly #runtime: Runtime
  readonly #store: CredentialStore
  /** There is a SIM to ask. */
  readonly #aka: boolean
  readonly #pending = new Map<Id, Pending>()

  constructor(runtime: Runtime, aka: boolean) {
    this.#runtime = runtime
    this.#store = new CredentialStore(runtime.platform.clock, runtime.limits)
    this.#aka = aka
  }

  /** Before it goes out: what the cache knows for its place is put into it. True when its 2xx will have to be looked at. */
  prepare(entry: RequestEntry): boolean {
    if (!entry.auth && !this.#store.empty && (entry.connection.options.securityHandling ?? true))
      this.#authoriseUnasked(entry)
    return entry.auth !== undefined
  }

  /** The headers for one more sending. Every time a nonce goes out, it has a new count. RFC 7616 §3.4 */
  authorise(entry: RequestEntry): void {
    const { auth } = entry
    if (auth) auth.headers = [...auth.answers.values()].map(given => this.#header(entry, given))
  }

  /** Effect `authenticate`. */
  authenticate(entry: RequestEntry, response: SipResponse): void {
    const record = (entry.auth ??= emptyRecord())
    const challenges = readChallenges(response, this.#aka)
    const open = challenges.filter(challenge => !this.#try(entry, record, challenge))
    const { credentialRequests } = this.#runtime.limits
    switch (decideChallenge(challenges, open, record.asked, credentialRequests)) {
      case 'unanswerable':
        return this.#refuse(entry, response, 'no challenge that can be answered')
      case 'refused':
        return this.#refuse(entry, response, notAccepted)
      case 'again':
        return this.again(entry)
      case 'ask':
        record.asked += 1
        return this.#ask(entry, record, response, open)
    }
  }

  /** The request goes out again with the next number, every realm answered in it. §22.2, §22.3 */
  again(entry: RequestEntry, event: { readonly targets?: readonly object[] } = {}): void {
    const { numbering } = entry
    numbering.seq += 1
    entry.seq = numbering.seq
    this.#runtime.post(entry, { type: 'credentials.given', ...event })
  }

  /** A response to a request that carries credentials: what it teaches about them. */
  heard(entry: RequestEntry, response: SipResponse): void {
    const verdict = judgeAnswer(response.status)
    if (!entry.auth || verdict === undefined) return
    for (const { space, sent } of entry.auth.answers.values()) {
      if (verdict === 'accepted') space.proven = true
      else if (!space.proven) this.#store.drop(space)
      if (!sent || response.status < 200 || response.status >= 300) continue
      const { next } = readInfo(response, sent)
      if (next !== undefined)
        space.nonce = this.#store.nonce({ ...sent.challenge, nonce: next, stale: false })
    }
  }

  /** Why a 2xx is not to be believed: the server's proof is wrong. RFC 7616 §3.5 */
  doubts(entry: RequestEntry, response: SipResponse): SipError | undefined {
    if (entry.connection.options.checkServerProof === false) return undefined
    for (const { sent } of entry.auth?.answers.values() ?? []) {
      if (!sent || readInfo(response, sent).proof !== false) continue
      const text = `${response.status} to ${entry.draft.method}: the server does not know the password`
      return new SipError('forbidden', text, { response })
    }
    return undefined
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
    this.#runtime.because(pending.response)
    const why = pending.refused ? notAccepted : 'no credentials were provided'
    this.#refuse(pending.entry, pending.response, why)
  }

  isPending(id: Id): boolean {
    return this.#pending.has(id)
  }

  clear(realm?: string): void {
    this.#store.clear(realm)
  }

  /** A request has ended: its question is void. A connection or registration: what it knew is forgotten. */
  forget(entry: { readonly kind: string; readonly id: Id }): void {
    if (entry.kind === 'request') {
      for (const [id, pending] of this.#pending) if (pending.entry === entry) this.#pending.delete(id)
    } else this.#store.forget(entry.id)
  }

  #take(id: Id): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }

  #ask(
    entry: RequestEntry,
    record: AuthRecord,
    response: SipResponse,
    open: readonly DigestChallenge[],
  ): void {
    const id = this.#runtime.newId('challenge')
    const refused = open.some(challenge => record.tried.has(keyOf(challenge)))
    this.#pending.set(id, { entry, response, refused })
    this.#runtime.news({
      type: 'challenge',
      id,
      connection: entry.connection.id,
      object:
        entry.visible && entry.owner?.kind !== 'registration' ? entry.id : (entry.owner?.id ?? entry.id),
      realms: open.map(({ realm, proxy, nonce, algorithm, algorithmName = 'MD5' }) => ({
        realm,
        kind: proxy ? 'proxy' : 'user',
        algorithm: algorithmName,
        ...(algorithm.aka ? { aka: { ...readAkaNonce(nonce)!, nonce } } : {}),
      })),
      response,
    })
  }

  /** Takes the first credentials that this challenge has not seen yet. */
  #try(entry: RequestEntry, record: AuthRecord, challenge: DigestChallenge): boolean {
    const key = keyOf(challenge)
    const before = record.answers.get(key)
    const tried = record.tried.get(key) ?? new Map<string, number>()
    if (before?.unasked && blamesSecret(before.nonce.challenge.nonce, challenge))
      tried.set(secretOf(before.space.credentials), 1)
    if (before && !challenge.stale) this.#store.drop(before.space)
    const places = placesFor(entry)[challenge.proxy ? 'proxy' : 'user']
    const scope = scopeOf(this.#runtime, entry)
    const candidates = [
      ...ownCandidates(this.#runtime, entry, record),
      ...(before ? [before.space] : []).map(fromCache),
      ...this.#store
        .find(scope, places)
        .filter(
          ({ realm, proxy, shared }) => shared && realm === challenge.realm && proxy === challenge.proxy,
        )
        .map(fromCache),
    ]
    const chosen = chooseCredentials(
      challenge,
      candidates,
      tried,
      situationOf(this.#runtime, this.#store, entry),
    )
    if (!chosen) return false
    const { credentials, from } = chosen
    tried.set(secretOf(credentials), (tried.get(secretOf(credentials)) ?? 0) + 1)
    record.tried.set(key, tried)
    const nonce = this.#store.nonce(challenge)
    const shared = from !== 'request' || record.provided.some(given => given === credentials)
    const { realm, proxy } = challenge
    const registrar = entry.draft.method === 'REGISTER'
    const space = this.#store.keep({ scope, places, realm, proxy, registrar, credentials, shared, nonce })
    record.answers.set(key, { space, nonce, unasked: false })
    return true
  }

  #authoriseUnasked(entry: RequestEntry): void {
    const { user, proxy } = placesFor(entry)
    const spaces = this.#store.find(scopeOf(this.#runtime, entry), [...user, ...proxy])
    if (spaces.length === 0) return
    const own = ownCandidates(this.#runtime, entry)
    const situation = situationOf(this.#runtime, this.#store, entry)
    for (const space of spaces) {
      const chosen = chooseCredentials(space.nonce.challenge, own, undefined, situation)
      const same = chosen ? secretOf(chosen.credentials) === secretOf(space.credentials) : space.shared
      if (!same) continue
      this.#store.used(space)
      const record = (entry.auth ??= emptyRecord())
      record.answers.set(keyOf(space), { space, nonce: space.nonce, unasked: true })
    }
  }

  #header(entry: RequestEntry, given: GivenAnswer): HeaderPair {
    const { nonce, space } = given
    const { challenge } = nonce
    const { digest } = this.#runtime.platform
    const { body } = entry.draft
    nonce.use.count += 1
    const input: AnswerInput = {
      challenge,
      ...answerSecret(space.credentials, challenge, digest),
      method: entry.draft.method,
      uri: entry.draft.uri,
      body: typeof body === 'string' ? encodeUtf8(body) : body,
      nc: nonce.use.count,
      cnonce: challenge.algorithm.session
        ? (nonce.use.cnonce ??= this.#runtime.token())
        : this.#runtime.token(),
      digest,
    }
    given.sent = input
    return answer(input)
  }

  #refuse(entry: RequestEntry, response: SipResponse, why: string): void {
    const text = `${response.status} to ${entry.draft.method}: ${why}`
    this.#runtime.post(entry, {
      type: 'credentials.refused',
      error: new SipError('forbidden', text, { response }),
    })
  }
}
