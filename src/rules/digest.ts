/** Digest at the client: reads challenges, answers them, checks the server's own proof. RFC 7616, RFC 2617, RFC 8760 §2.4. */
import type { Digest } from '../engine/ports.ts'
import { quote } from '../message/chars.ts'
import type { AuthValue, HeaderPair, Params, SipResponse } from '../message/types.ts'
import { readAkaNonce } from './aka.ts'
import {
  type Algorithm,
  algorithmOf,
  digestResponse,
  hashText,
  type Qop,
  type Secret,
  sameSecret,
} from './digest-hash.ts'
import { sameText } from './text.ts'

/** A challenge that we can answer. */
export interface DigestChallenge {
  /** From Proxy-Authenticate: the answer goes into Proxy-Authorization. */
  readonly proxy: boolean
  readonly realm: string
  readonly nonce: string
  readonly algorithm: Algorithm
  /** As the server wrote it, to be echoed; absent when it named none. */
  readonly algorithmName?: string
  /** The protection to use, `auth` rather than `auth-int`; absent for a server of RFC 2069. */
  readonly qop?: Qop
  readonly opaque?: string
  /** The nonce was too old and the credentials may be right. */
  readonly stale: boolean
  /** The server wants the user's name hashed. */
  readonly userhash: boolean
}

/** Whose credentials, and the password or its hash. */
export interface DigestCredentials extends Secret {
  readonly username: string
}

/** `undefined` when the server names protections and we have none of them; `'none'` when it names none. */
const chosenQop = (offered: string | undefined): Qop | 'none' | undefined => {
  if (offered === undefined) return 'none'
  const names = offered.split(',').map(name => name.trim().toLowerCase())
  if (names.includes('auth')) return 'auth'
  return names.includes('auth-int') ? 'auth-int' : undefined
}

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === 'true'

const readChallenge = (
  { scheme, params }: AuthValue,
  proxy: boolean,
  aka: boolean,
): DigestChallenge | undefined => {
  if (!sameText(scheme, 'Digest')) return undefined
  const realm = params.get('realm')
  const nonce = params.get('nonce')
  const algorithmName = params.get('algorithm')
  const algorithm = algorithmOf(algorithmName)
  const qop = chosenQop(params.get('qop'))
  const opaque = params.get('opaque')
  if (realm === undefined || nonce === undefined || !algorithm || !qop) return undefined
  if (algorithm.aka !== undefined && !(aka && readAkaNonce(nonce))) return undefined
  return {
    proxy,
    realm,
    nonce,
    algorithm,
    ...(algorithmName === undefined ? undefined : { algorithmName }),
    ...(qop === 'none' ? undefined : { qop }),
    ...(opaque === undefined ? undefined : { opaque }),
    stale: isTrue(params.get('stale')),
    userhash: isTrue(params.get('userhash')),
  }
}

/** The challenges to answer, one for each realm and kind: the first in the order of the headers that we can. `aka`: there is a SIM to ask. RFC 8760 §2.4 */
export const readChallenges = (response: SipResponse, aka = false): readonly DigestChallenge[] => {
  const found: DigestChallenge[] = []
  const take = (values: readonly AuthValue[] | undefined, proxy: boolean): void => {
    for (const value of values ?? []) {
      const challenge = readChallenge(value, proxy, aka)
      if (challenge && !found.some(other => other.proxy === proxy && other.realm === challenge.realm)) {
        found.push(challenge)
      }
    }
  }
  take(response.parsed('www-authenticate'), false)
  take(response.parsed('proxy-authenticate'), true)
  return found
}

/** What an answer is made of. */
export interface AnswerInput {
  readonly challenge: DigestChallenge
  readonly credentials: DigestCredentials
  readonly method: string
  /** Request-URI of the request. */
  readonly uri: string
  readonly body?: Uint8Array | undefined
  /** How often this nonce has been used, this time included. */
  readonly nc: number
  readonly cnonce: string
  /** Of a SIM that asks for resynchronisation. RFC 3310 §3.4 */
  readonly auts?: string | undefined
  readonly digest: Digest
}

/** A nonce count as on the wire. */
export const formatNc = (nc: number): string => nc.toString(16).padStart(8, '0')

/** The header that answers a challenge: Authorization or Proxy-Authorization. RFC 7616 §3.4 */
export const answer = (input: AnswerInput): HeaderPair => {
  const { challenge, credentials, cnonce, digest } = input
  const { algorithm, realm, nonce, qop } = challenge
  const nc = formatNc(input.nc)
  const { username } = credentials
  const response = digestResponse(
    {
      algorithm,
      username,
      realm,
      secret: credentials,
      nonce,
      method: input.method,
      uri: input.uri,
      qop,
      nc,
      cnonce,
      body: input.body,
    },
    digest,
  )
  const shown = challenge.userhash ? hashText(digest, algorithm, `${username}:${realm}`) : username
  const parts = [
    `username=${quote(shown)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(input.uri)}`,
    `response="${response}"`,
  ]
  if (challenge.algorithmName !== undefined) parts.push(`algorithm=${challenge.algorithmName}`)
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${nc}`)
  if (qop !== undefined || algorithm.session) parts.push(`cnonce=${quote(cnonce)}`)
  if (challenge.opaque !== undefined) parts.push(`opaque=${quote(challenge.opaque)}`)
  if (challenge.userhash) parts.push('userhash=true')
  if (input.auts !== undefined) parts.push(`auts=${quote(input.auts)}`)
  return [challenge.proxy ? 'Proxy-Authorization' : 'Authorization', `Digest ${parts.join(', ')}`]
}

/** The nonce to use next, when the server names one. RFC 7616 §3.5 */
export const nextNonce = (info: Params): string | undefined => info.get('nextnonce') || undefined

/**
 * Whether the server proved that it knows the password too: `undefined` when it did not try. `sent` is what the request
 * was answered with. RFC 7616 §3.5
 */
export const checkProof = (
  info: Params,
  sent: AnswerInput,
  responseBody: Uint8Array,
): boolean | undefined => {
  const proof = info.get('rspauth')
  const { algorithm, realm, nonce, qop } = sent.challenge
  if (proof === undefined || qop === undefined) return undefined
  const expected = digestResponse(
    {
      algorithm,
      username: sent.credentials.username,
      realm,
      secret: sent.credentials,
      nonce,
      method: '',
      uri: sent.uri,
      qop: info.get('qop')?.toLowerCase() === 'auth-int' ? 'auth-int' : qop,
      nc: formatNc(sent.nc),
      cnonce: sent.cnonce,
      body: responseBody,
    },
    sent.digest,
  )
  return sameSecret(expected, proof.toLowerCase())
}
