/** Letting in who knows a password: for whoever takes calls, requests and subscriptions. RFC 3261 §22.1, RFC 7616, RFC 8760. */
import type { HashName, Platform } from '../engine/ports.ts'
import { DigestGuard, isVerifiable } from '../rules/digest-guard.ts'
import { checkText } from '../rules/text.ts'
import type { Call } from './call/call.ts'
import { badArgument, checkList, checkObject } from './check.ts'
import type { Notifier } from './notifier.ts'
import type { ServerTransaction } from './server-transaction.ts'

/** A password, or `H(username:realm:password)` by the hash asked for; `undefined` for a user that there is not. */
export type KnownPassword = string | { readonly ha1: string } | undefined

/** How to ask who is there. */
export interface RequireDigestOptions {
  /** The same platform as that of the `Sip`: its clock, randomness and hashes are used. */
  readonly platform: Pick<Platform, 'clock' | 'random' | 'digest'>
  readonly realm: string
  /** By user name, or a function, which may have to look it up. */
  readonly passwords:
    | Readonly<Record<string, string>>
    | ((username: string, realm: string, hash: HashName) => KnownPassword | Promise<KnownPassword>)
  /**
   * Of `MD5`, `SHA-256` and `SHA-512-256`, each also with `-sess`; one challenge of each in this order, of which a client
   * takes the first that it can. Default `['SHA-256', 'MD5']`. RFC 8760 §2.4
   */
  readonly algorithms?: readonly string[]
  /** `auth-int` protects the body as well. Default `['auth']`; empty for clients of RFC 2069, who can be replayed. */
  readonly qop?: readonly ('auth' | 'auth-int')[]
  /** Milliseconds until a nonce is stale, which a client renews without asking anybody. Default 300,000. */
  readonly nonceLifetime?: number
}

/** Asks who is there, see {@link requireDigest}. */
export interface DigestGate {
  /**
   * The name of whoever sent the call, request or subscription, proved by a password. Else `undefined`, and it has been answered with
   * 401 and new challenges. Rejects with what a function for the passwords throws. ACK and CANCEL cannot be challenged,
   * and do not come here.
   */
  admit(incoming: Call | ServerTransaction | Notifier): Promise<string | undefined>
}

/** Names of algorithms, all of which must be ours. */
const checkAlgorithms = (algorithms: readonly string[]): readonly string[] => {
  if (checkList(algorithms, 'algorithms').length === 0) throw badArgument('algorithms are missing')
  for (const name of algorithms) {
    if (!isVerifiable(checkText(name, 'an algorithm'))) throw badArgument(`there is no algorithm ${name}`)
  }
  return algorithms
}

/**
 * Makes a gate for calls and requests. Its nonces need no memory, a count comes once, and passwords are compared in a
 * time that tells nothing.
 *
 * @throws SipError `argument` for options that cannot be used.
 *
 * @example
 * const gate = requireDigest({ platform, realm: 'example.com', passwords: { alice: 's3cret' } })
 * connection.calls$.subscribe(async call => {
 *   const caller = await gate.admit(call)
 *   if (caller !== undefined) call.ring()
 * })
 */
export const requireDigest = (options: RequireDigestOptions): DigestGate => {
  const {
    platform,
    passwords,
    realm,
    algorithms,
    qop = ['auth'],
    nonceLifetime = 300_000,
  } = checkObject(options, 'the options of requireDigest')
  const { clock, random, digest } = checkObject(platform, 'platform')
  if (!clock || !random || !digest)
    throw badArgument('platform must be the one that createSip was given, such as node()')
  if (checkText(realm, 'the realm') === '') throw badArgument('the realm is empty')
  if (typeof passwords !== 'function') checkObject(passwords, 'passwords')
  for (const name of checkList(qop, 'qop'))
    if (name !== 'auth' && name !== 'auth-int') throw badArgument('qop must be auth or auth-int')
  if (!(nonceLifetime > 0)) throw badArgument('nonceLifetime must be a number of milliseconds')
  const guard = new DigestGuard(platform, {
    realm,
    algorithms: checkAlgorithms(algorithms ?? ['SHA-256', 'MD5']),
    qop,
    nonceLifetime,
    maxNonces: 10_000,
  })
  const lookUp = typeof passwords === 'function' ? passwords : undefined
  const users = lookUp ? {} : (passwords as Readonly<Record<string, string>>)

  return {
    async admit(incoming) {
      const { request } = incoming
      if (!request) throw badArgument('an outgoing call has nobody to admit')
      const params = guard.credentials(request)?.params
      const named = params?.get('username')
      const hash = params?.get('algorithm')?.toUpperCase().startsWith('SHA-')
        ? params.get('algorithm')!.toUpperCase().replace('-SESS', '')
        : 'MD5'
      const found = lookUp && named !== undefined ? await lookUp(named, realm, hash as HashName) : undefined
      const verdict = guard.check(
        request,
        username => (lookUp ? found : Object.hasOwn(users, username) ? users[username] : undefined),
        Object.keys(users),
      )
      if (verdict.username !== undefined) return verdict.username
      if (incoming.kind === 'call') {
        if (incoming.can('reject')) incoming.reject(401, { headers: verdict.headers })
      } else if (incoming.kind === 'notifier') {
        if (incoming.canAnswer) incoming.reject(401, { headers: verdict.headers })
      } else if (incoming.canRespond) incoming.respond(401, { headers: verdict.headers })
      return undefined
    },
  }
}
