/** The digest port over `node:crypto`. RFC 7616, RFC 8760. */
import { createHash } from 'node:crypto'
import type { Digest, HashName } from '../engine/ports.ts'

const names: Readonly<Record<HashName, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
}

/** Hash as lower-case hexadecimal. */
export const nodeDigest: Digest = (algorithm, data) => createHash(names[algorithm]).update(data).digest('hex')
