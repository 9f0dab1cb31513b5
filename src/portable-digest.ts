/**
 * Hashes in plain JavaScript, for platforms without `node:crypto`: browsers, tests. RFC 7616, RFC 8760.
 */
import { md5 } from '@noble/hashes/legacy.js'
import { sha256, sha512_256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Digest } from './engine/ports.ts'

const hashes = { MD5: md5, 'SHA-256': sha256, 'SHA-512-256': sha512_256 } as const

/** A {@link Digest} that runs anywhere: MD5, SHA-256 and SHA-512/256, synchronous, lower-case hexadecimal. */
export const portableDigest: Digest = (algorithm, data) => bytesToHex(hashes[algorithm](data))
