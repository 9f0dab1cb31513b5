/** The arithmetic of Digest: A1, A2, response. RFC 7616 §3.4; RFC 2069 without qop; RFC 8760 for the algorithms of SIP. */
import type { Digest, HashName } from '../engine/ports.ts'
import { encodeUtf8 } from '../message/bytes.ts'

/** An algorithm taken apart. */
export interface Algorithm {
  readonly hash: HashName
  /** `-sess`: A1 takes in nonce and cnonce. */
  readonly session: boolean
  /** The password is a SIM's answer: version of AKA. RFC 3310, RFC 4169 */
  readonly aka?: 1 | 2
}

export type Qop = 'auth' | 'auth-int'

const algorithms: Readonly<Record<string, Algorithm>> = {
  MD5: { hash: 'MD5', session: false },
  'MD5-SESS': { hash: 'MD5', session: true },
  'SHA-256': { hash: 'SHA-256', session: false },
  'SHA-256-SESS': { hash: 'SHA-256', session: true },
  'SHA-512-256': { hash: 'SHA-512-256', session: false },
  'SHA-512-256-SESS': { hash: 'SHA-512-256', session: true },
  'AKAV1-MD5': { hash: 'MD5', session: false, aka: 1 },
  'AKAV2-MD5': { hash: 'MD5', session: false, aka: 2 },
}

/** The algorithm of a challenge, whatever the case of its letters; MD5 when it names none, `undefined` for one we do not have. */
export const algorithmOf = (name: string | undefined): Algorithm | undefined => {
  if (name === undefined) return algorithms.MD5
  const key = name.toUpperCase()
  return Object.hasOwn(algorithms, key) ? algorithms[key] : undefined
}

/** What proves it: the password, or the hash of `username:realm:password` with the challenge's algorithm, which wins. */
export interface Secret {
  readonly password?: string | undefined
  readonly ha1?: string | undefined
}

/** All that goes into a response. */
export interface DigestInput {
  readonly algorithm: Algorithm
  readonly username: string
  readonly realm: string
  readonly secret: Secret
  readonly nonce: string
  /** Empty for the `rspauth` of an answer. */
  readonly method: string
  readonly uri: string
  readonly qop?: Qop | undefined
  /** Eight hexadecimal digits. */
  readonly nc?: string | undefined
  readonly cnonce?: string | undefined
  /** Counts with `auth-int` alone. */
  readonly body?: Uint8Array | undefined
}

const noBody = new Uint8Array()

/** H(text), the text as UTF-8. */
export const hashText = (digest: Digest, algorithm: Algorithm, text: string): string =>
  digest(algorithm.hash, encodeUtf8(text))

/** The value of `response`, or of `rspauth` when the method is empty. */
export const digestResponse = (input: DigestInput, digest: Digest): string => {
  const { algorithm, secret, nonce, qop, nc = '', cnonce = '' } = input
  const hash = (text: string): string => hashText(digest, algorithm, text)
  const base = secret.ha1?.toLowerCase() ?? hash(`${input.username}:${input.realm}:${secret.password ?? ''}`)
  const ha1 = algorithm.session ? hash(`${base}:${nonce}:${cnonce}`) : base
  const a2 = `${input.method}:${input.uri}`
  const ha2 = hash(qop === 'auth-int' ? `${a2}:${digest(algorithm.hash, input.body ?? noBody)}` : a2)
  return hash(qop === undefined ? `${ha1}:${nonce}:${ha2}` : `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}`)
}

/** Equal or not, in a time that does not tell how far they agree. */
export const sameSecret = (one: string, other: string): boolean => {
  let difference = one.length ^ other.length
  for (let index = 0; index < one.length; index += 1)
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index)
  return difference === 0
}
