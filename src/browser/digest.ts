/** The digest port of a browser: the hashes are a chunk of their own, loaded with the first connection. RFC 7616. */
import type { Digest } from '../engine/ports.ts'
import { SipError } from '../errors.ts'

export interface LazyDigest {
  readonly digest: Digest
  /** Loads the hashes; every connection waits for it before it is open. Rejects when they cannot be had. */
  load(): Promise<void>
}

export const lazyDigest = (): LazyDigest => {
  let found: Digest | undefined
  let loading: Promise<void> | undefined
  return {
    digest: (algorithm, data) => {
      if (!found) throw new SipError('not-ready', 'the hashes are not loaded')
      return found(algorithm, data)
    },
    load: () =>
      (loading ??= import('../portable-digest.ts').then(
        ({ portableDigest }) => {
          found = portableDigest
        },
        (cause: unknown) => {
          // The next connection tries again.
          loading = undefined
          throw cause
        },
      )),
  }
}
