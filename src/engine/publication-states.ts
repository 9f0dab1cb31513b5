/** The public states of a publication. RFC 3903. */

/** A state of ours that a server publishes: `publishing → published ⇄ refreshing → removing → removed`. */
export type PublicationState =
  /** `publishing`: the server does not have it yet, or has lost it. */
  | { readonly is: 'publishing' | 'removing' }
  | {
      /** `refreshing`: it is renewed or changed just now. */
      readonly is: 'published' | 'refreshing'
      /** What the server calls it, until the next renewal. */
      readonly etag: string
      /** Seconds from one renewal that it lasts. */
      readonly granted: number
      /** When the server forgets it, in milliseconds of the platform's clock. */
      readonly expiresAt: number
    }
  /** Ends: taken back; out of time and not renewed; refused, or not answered. */
  | { readonly is: 'removed' | 'expired' | 'terminated' }
