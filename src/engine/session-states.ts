/** The public state of a session timer. RFC 4028. */

export type SessionTimerState =
  | {
      readonly is: 'running'
      /** Seconds that the session lasts without a refresh. */
      readonly interval: number
      /** Who refreshes it at half of that: we, or the peer. */
      readonly refresher: 'local' | 'remote'
    }
  /** `expired`: nobody refreshed the session, and its call ends; `ended`: with the call, or by agreement. */
  | { readonly is: 'expired' | 'ended' }
