/** Digest with the secret of a SIM in place of a password. RFC 3310 (AKAv1), RFC 4169 (AKAv2). */
import type { Digest } from '../engine/ports.ts'
import { encodeUtf8 } from '../message/bytes.ts'
import { fromBase64, toBase64 } from './base64.ts'
import type { Algorithm } from './digest-hash.ts'
import { fromHex, hmac, joined } from './hmac.ts'

/** What the network asks the SIM. */
export interface AkaChallenge {
  /** 16 bytes. */
  readonly rand: Uint8Array
  /** 16 bytes: proves the network to the SIM. */
  readonly autn: Uint8Array
}

/** What the SIM says: who it is by, or that its counter has run away from the network's. */
export type AkaAnswer =
  | {
      /** The response, 4 to 16 bytes. */
      readonly res: Uint8Array
      /** Keys for ciphering and integrity, 16 bytes each. Only AKAv2 needs them. */
      readonly ck?: Uint8Array
      readonly ik?: Uint8Array
    }
  /** 14 bytes, for resynchronisation. */
  | { readonly auts: Uint8Array }

/** RAND and AUTN of a nonce; `undefined` when it has none. RFC 3310 §3.2 */
export const readAkaNonce = (nonce: string): AkaChallenge | undefined => {
  const bytes = fromBase64(nonce)
  return bytes && bytes.length >= 32
    ? { rand: bytes.subarray(0, 16), autn: bytes.subarray(16, 32) }
    : undefined
}

const akav2 = encodeUtf8('http-digest-akav2-password')

/** The binary password. RFC 3310 §3.3, RFC 4169 §3; empty for a resynchronisation (RFC 3310 §3.4). */
const passwordOf = ({ aka }: Algorithm, answer: AkaAnswer, digest: Digest): Uint8Array => {
  if ('auts' in answer) return new Uint8Array()
  if (aka !== 2) return answer.res
  const key = joined(answer.res, answer.ik ?? new Uint8Array(), answer.ck ?? new Uint8Array())
  return encodeUtf8(toBase64(fromHex(hmac(digest, 'MD5', key, akav2))))
}

/** H(username:realm:password), in which the password is binary. */
export const akaHash = (
  algorithm: Algorithm,
  username: string,
  realm: string,
  answer: AkaAnswer,
  digest: Digest,
): string =>
  digest(algorithm.hash, joined(encodeUtf8(`${username}:${realm}:`), passwordOf(algorithm, answer, digest)))

/** The parameter that asks for resynchronisation, ready to be quoted. RFC 3310 §3.4 */
export const autsOf = (answer: AkaAnswer): string | undefined =>
  'auts' in answer ? toBase64(answer.auts) : undefined
