/** How long a binding or subscription lasts, and when it is renewed. All in seconds. RFC 3261 §10.2. */

/** What a request without expiry is taken to ask for. */
export const defaultExpires = 3600

/** The least expiry that a grant counts as by default: half a minute, so that nothing is renewed in a frenzy. */
export const defaultMinGranted = 30

/** The largest value of delta-seconds. §25.1 */
const largest = 4_294_967_295

/** The seconds that a text names; `undefined` for anything but digits. Too large a number is the largest allowed. */
export const readSeconds = (text: string | undefined): number | undefined => {
  if (text === undefined || text === '') return undefined
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 48 || code > 57) return undefined
  }
  return Math.min(Number(text), largest)
}

/**
 * What a grant counts as: at least `minGranted` (default 30), and never more than was asked for (3600 when nothing
 * was). A minimum above 1 means that the registrar may have dropped the binding for a while before it is renewed.
 */
export const clampExpires = (
  granted: number,
  requested: number | undefined,
  { minGranted = defaultMinGranted }: { readonly minGranted?: number | undefined } = {},
): number => Math.min(Math.max(granted, minGranted), requested ?? defaultExpires)

/** When to renew, counted from the grant: ten minutes before the end, or at half of what lasts 20 minutes or less. */
export const refreshAt = (expires: number): number => (expires > 1200 ? expires - 600 : expires / 2)
