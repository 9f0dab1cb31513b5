/** Documents that come in numbered versions, whole or as changes: which are taken. RFC 3680 §4.6, 3858 §5, 4235 §4.3, 4575 §4.6. */

/** What such a document says of itself. */
export interface Versioned {
  /** Grows by one with each document of a subscription; from 0. */
  readonly version: number
  /** `partial`: only what has changed. */
  readonly state: 'full' | 'partial'
}

/**
 * What is held once `next` has come; `undefined` when one in between is missing, so that the state has to be asked for
 * anew. An older document changes nothing.
 */
export const succeed = <T extends Versioned>(
  held: T | undefined,
  next: T,
  merge: (held: T, next: T) => T,
): T | undefined => {
  if (held && next.version <= held.version) return held
  if (next.state === 'full') return next
  if (!held || next.version !== held.version + 1) return undefined
  return merge(held, next)
}

/** A list with the changed items in the places of the old ones, and the new ones behind; `gone` items leave it. */
export const mergeBy = <T>(
  held: readonly T[],
  changes: readonly T[],
  keyOf: (item: T) => string,
  gone: (item: T) => boolean,
  join: (before: T, after: T) => T = (_, after) => after,
): readonly T[] => {
  const items = new Map(held.map(item => [keyOf(item), item]))
  for (const change of changes) {
    const key = keyOf(change)
    const before = items.get(key)
    if (gone(change)) items.delete(key)
    else items.set(key, before === undefined ? change : join(before, change))
  }
  return [...items.values()]
}
