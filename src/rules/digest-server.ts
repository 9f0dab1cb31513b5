/** Digest at the server: makes a challenge and verifies its answer. RFC 7616 §3.3, §3.4; RFC 3261 §22. */
import type { Digest, HashName } from '../engine/ports.ts'
import { quote } from '../message/chars.ts'
import type { AuthValue } from '../message/types.ts'
import { algorithmOf, digestResponse, hashText, type Qop, type Secret, sameSecret } from './digest-hash.ts'
import { sameText } from './text.ts'

/** What a challenge says. */
export interface ChallengeInput {
  readonly realm: string
  readonly nonce: string
  /** For example `SHA-256`; default: unnamed, which means MD5. */
  readonly algorithm?: string | undefined
  /** Default: `auth` alone. An empty list makes a challenge of RFC 2069. */
  readonly qop?: readonly Qop[] | undefined
  readonly stale?: boolean | undefined
  readonly opaque?: string | undefined
  readonly userhash?: boolean | undefined
}

/** The value of WWW-Authenticate or Proxy-Authenticate. */
export const makeChallenge = (input: ChallengeInput): string => {
  const { qop = ['auth'] } = input
  const parts = [`realm=${quote(input.realm)}`, `nonce=${quote(input.nonce)}`]
  if (input.algorithm !== undefined) parts.push(`algorithm=${input.algorithm}`)
  if (qop.length > 0) parts.push(`qop="${qop.join(',')}"`)
  if (input.opaque !== undefined) parts.push(`opaque=${quote(input.opaque)}`)
  if (input.stale) parts.push('stale=true')
  if (input.userhash) parts.push('userhash=true')
  return `Digest ${parts.join(', ')}`
}

/** The password of a user, or its hash by the algorithm at hand; `undefined` for nobody. */
export type PasswordOf = (username: string, realm: string, hash: HashName) => string | Secret | undefined

/** What a verification needs to know. */
export interface VerifyInput {
  readonly authorization: AuthValue
  readonly method: string
  readonly body?: Uint8Array | undefined
  /** What becomes of a nonce, with its count (0 without qop): `stale` when it is too old or the count was seen before. */
  nonceKnown(nonce: string, nc: number): 'good' | 'stale' | 'unknown'
  readonly password: PasswordOf
  /** The users that may come with a hashed name; without them `userhash` is refused. */
  readonly usernames?: readonly string[] | undefined
  readonly digest: Digest
}

/** Who it is, or why not: `stale` asks for a new challenge with `stale=true`, all else for one without. */
export type Verified =
  | {
      readonly ok: true
      readonly username: string
      readonly realm: string
      readonly nonce: string
      readonly nc: number
    }
  | { readonly ok: false; readonly why: 'malformed' | 'unknown-nonce' | 'wrong' | 'stale' }

const readQop = (value: string | undefined): Qop | 'none' | undefined => {
  const name = value?.toLowerCase()
  if (name === undefined) return 'none'
  return name === 'auth' || name === 'auth-int' ? name : undefined
}

const isCount = (text: string): boolean => {
  for (const character of text) if (!'0123456789abcdefABCDEF'.includes(character)) return false
  return text.length === 8
}

/** Verifies an Authorization or Proxy-Authorization. The nonce is judged last, so that `stale` means right credentials. */
export const verify = (input: VerifyInput): Verified => {
  const { digest } = input
  const { scheme, params } = input.authorization
  const named = params.get('username')
  const realm = params.get('realm')
  const nonce = params.get('nonce')
  const uri = params.get('uri')
  const response = params.get('response')
  const algorithm = algorithmOf(params.get('algorithm'))
  const qop = readQop(params.get('qop'))
  const cnonce = params.get('cnonce')
  const nc = params.get('nc') ?? ''
  const complete = qop === 'none' || (qop !== undefined && cnonce !== undefined && isCount(nc))
  if (!sameText(scheme, 'Digest') || !algorithm || algorithm.aka || !complete)
    return { ok: false, why: 'malformed' }
  if (
    named === undefined ||
    realm === undefined ||
    nonce === undefined ||
    uri === undefined ||
    response === undefined
  ) {
    return { ok: false, why: 'malformed' }
  }
  const hashed = params.get('userhash')?.toLowerCase() === 'true'
  const username = hashed
    ? input.usernames?.find(user =>
        sameSecret(hashText(digest, algorithm, `${user}:${realm}`), named.toLowerCase()),
      )
    : named
  const known = username === undefined ? undefined : input.password(username, realm, algorithm.hash)
  if (username === undefined || known === undefined) return { ok: false, why: 'wrong' }
  const protection = qop === 'none' ? undefined : qop
  const expected = digestResponse(
    {
      algorithm,
      username,
      realm,
      secret: typeof known === 'string' ? { password: known } : known,
      nonce,
      method: input.method,
      uri,
      qop: protection,
      nc,
      cnonce,
      body: input.body,
    },
    digest,
  )
  if (!sameSecret(expected, response.toLowerCase())) return { ok: false, why: 'wrong' }
  const count = protection === undefined ? 0 : Number.parseInt(nc, 16)
  const judged = input.nonceKnown(nonce, count)
  if (judged !== 'good') return { ok: false, why: judged === 'stale' ? 'stale' : 'unknown-nonce' }
  return { ok: true, username, realm, nonce, nc: count }
}
