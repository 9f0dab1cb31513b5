/**
 * Whose credentials answer a challenge, how often, and when to give up. RFC 3261 §22, RFC 7616 §3.3, §5.
 *
 * A secret goes to a realm once, and once more only when the nonce was stale. What was learnt from one server is never
 * shown to another: the cache hands out only what belongs to the place that asks.
 */

import type { Digest } from '../engine/ports.ts'
import type { SipResponse, SipUri } from '../message/types.ts'
import { type AkaAnswer, akaHash, autsOf } from './aka.ts'
import type { AnswerInput, DigestChallenge, DigestCredentials } from './digest.ts'
import { checkProof, nextNonce } from './digest.ts'

/** A name with its secret, and the realm it is for. */
export interface KnownCredentials extends DigestCredentials {
  /** Absent: any that challenges this request. */
  readonly realm?: string | undefined
  /** For challenges of a proxy (407) or of whom the request is for (401) alone; absent: for both. */
  readonly only?: 'user' | 'proxy' | undefined
  /** What a SIM has answered to one nonce. */
  readonly aka?: (AkaAnswer & { readonly nonce: string }) | undefined
}

/** Credentials and where they come from: given with the request or for its challenge, the registration's, the cache's. */
export interface Candidate {
  readonly credentials: KnownCredentials
  readonly from: 'request' | 'registration' | 'cache'
}

/** What the request is that was challenged. */
export interface Situation {
  readonly method: string
  /** Then it is not the registrar's domain that asks, unless a proxy does; without a route there is none. */
  readonly withinDialog: 'routed' | 'direct' | undefined
  /** Realms in which the registrar itself has asked. */
  readonly registrarRealms: readonly string[]
}

/** One text for one secret. */
export const secretOf = ({ username, password, ha1, aka }: KnownCredentials): string =>
  JSON.stringify([username, password, ha1, aka?.nonce])

/** A registration's credentials without a realm are its registrar's and the proxies', and not for whoever is called. */
const isForRegistration = (challenge: DigestChallenge, situation: Situation): boolean => {
  const { method, withinDialog, registrarRealms } = situation
  if (method === 'REGISTER') return true
  if (withinDialog === 'direct') return false
  if (challenge.proxy) return true
  return (
    withinDialog === undefined && (registrarRealms.length === 0 || registrarRealms.includes(challenge.realm))
  )
}

const mayAnswer = (
  { credentials, from }: Candidate,
  challenge: DigestChallenge,
  situation: Situation,
): boolean => {
  if (credentials.realm !== undefined && credentials.realm !== challenge.realm) return false
  if (credentials.only !== undefined && (credentials.only === 'proxy') !== challenge.proxy) return false
  if ((credentials.aka?.nonce ?? undefined) !== (challenge.algorithm.aka && challenge.nonce)) return false
  return from !== 'registration' || isForRegistration(challenge, situation)
}

/** The first that may go to this realm and has not been refused there. `tried`: how often each secret went to it. */
export const chooseCredentials = (
  challenge: DigestChallenge,
  candidates: readonly Candidate[],
  tried: ReadonlyMap<string, number> | undefined,
  situation: Situation,
): Candidate | undefined =>
  candidates.find(candidate => {
    if (!mayAnswer(candidate, challenge, situation)) return false
    const times = tried?.get(secretOf(candidate.credentials)) ?? 0
    return times === 0 || (times === 1 && challenge.stale)
  })

/**
 * A request that was authorised before anybody asked was refused: its secret is at fault when the server keeps to that
 * nonce, and else perhaps the nonce alone was too old.
 */
export const blamesSecret = (nonce: string, challenge: DigestChallenge): boolean =>
  challenge.nonce === nonce && !challenge.stale

/** What to do about a response that asks, when for `open` of its challenges no credentials were found. */
export const decideChallenge = (
  challenges: readonly DigestChallenge[],
  open: readonly DigestChallenge[],
  asked: number,
  limit: number,
): 'again' | 'ask' | 'refused' | 'unanswerable' => {
  if (challenges.length === 0) return 'unanswerable'
  if (open.length === 0) return 'again'
  return asked < limit ? 'ask' : 'refused'
}

/** The secret as the arithmetic wants it. */
export const answerSecret = (
  credentials: KnownCredentials,
  { algorithm, realm }: DigestChallenge,
  digest: Digest,
): { readonly credentials: DigestCredentials; readonly auts?: string | undefined } => {
  const { username, password, ha1, aka } = credentials
  if (aka) {
    return {
      credentials: { username, ha1: akaHash(algorithm, username, realm, aka, digest) },
      auts: autsOf(aka),
    }
  }
  return { credentials: { username, ...(ha1 === undefined ? { password: password ?? '' } : { ha1 }) } }
}

/** Where a request goes: the address, and whether the way there is encrypted. */
export interface Way {
  readonly host: string
  readonly port: number
  readonly secure: boolean
}

/** `maddr` leads somewhere else than the name says, and a peer may have written it. §19.1.1 */
const nameOf = ({ host, port, params }: SipUri): string =>
  `${(params.get('maddr') ?? host).toLowerCase()}:${port ?? ''}`

/**
 * The places that a request speaks to: who answers 401 is known by the Request-URI, a proxy that answers 407 by the name
 * of the next hop and by its address. What was said on an encrypted way is not repeated on another.
 */
export const placesOf = (
  uri: string,
  nextHop: SipUri,
  way: Way | undefined,
): { readonly user: readonly string[]; readonly proxy: readonly string[] } => {
  const [user, proxy] = way?.secure ? ['user by TLS', 'proxy by TLS'] : ['user', 'proxy']
  return {
    user: [`${user} ${uri}`],
    proxy: [`${proxy} ${nameOf(nextHop)}`, ...(way ? [`${proxy} ${way.host}:${way.port}`] : [])],
  }
}

/** What a final response says about our credentials: `accepted`, `refused` for good, or nothing. */
export const judgeAnswer = (status: number): 'accepted' | 'refused' | undefined => {
  if (status === 100 || status === 401 || status === 407 || status === 421 || status === 494) return undefined
  return status === 403 ? 'refused' : 'accepted'
}

/** Authentication-Info, or the proxy's: the nonce to use next, and whether the proof is good. RFC 7616 §3.5, RFC 7615 */
export const readInfo = (
  response: SipResponse,
  sent: AnswerInput,
): { readonly next?: string | undefined; readonly proof?: boolean | undefined } => {
  const info = response.parsed(sent.challenge.proxy ? 'proxy-authentication-info' : 'authentication-info')
  return info ? { next: nextNonce(info), proof: checkProof(info, sent, response.body) } : {}
}
