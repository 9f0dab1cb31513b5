/** Secrets at rest: AES-256-GCM with a key in a file of its own, which only its owner may read. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import type { ProfileSecrets } from '../../profiles/data.ts'

const cipher = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16
const keyLength = 32

/** Seals and opens the secrets of profiles. */
export interface Sealer {
  /** Tells one key from another without telling anything about it. */
  readonly keyId: string
  /** Bound to the id of the profile: what was sealed for one cannot be opened as another's. */
  seal(profile: string, secrets: ProfileSecrets): Uint8Array
  /** Throws for what was not sealed with this key for this profile. */
  open(profile: string, sealed: Uint8Array): ProfileSecrets
}

export const sealer = (key: Uint8Array): Sealer => ({
  keyId: createHash('sha256').update('sipactor profile key').update(key).digest('hex').slice(0, 16),
  seal: (profile, secrets) => {
    const nonce = randomBytes(nonceLength)
    const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(profile))
    const text = Buffer.concat([sealing.update(JSON.stringify(secrets), 'utf8'), sealing.final()])
    return Buffer.concat([nonce, sealing.getAuthTag(), text])
  },
  open: (profile, sealed) => {
    const nonce = sealed.subarray(0, nonceLength)
    const tag = sealed.subarray(nonceLength, nonceLength + tagLength)
    const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagLength })
    opening.setAAD(Buffer.from(profile)).setAuthTag(tag)
    const text = Buffer.concat([opening.update(sealed.subarray(nonceLength + tagLength)), opening.final()])
    return JSON.parse(text.toString('utf8')) as ProfileSecrets
  },
})

const read = (path: string): Uint8Array | undefined => {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** The key of a file, which is made when there is none. One of the wrong length is moved aside, never overwritten. */
export const keyOf = (path: string, aside: (path: string) => string): Uint8Array => {
  const there = read(path)
  if (there?.length === keyLength) {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    return there
  }
  if (there) aside(path)
  const key = randomBytes(keyLength)
  const fresh = `${path}.new`
  const file = openSync(fresh, 'w', 0o600)
  try {
    writeSync(file, key)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(fresh, path)
  return key
}
