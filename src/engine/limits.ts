/** What may grow, and how far. Each limit is told when it is met, never silently. */
export interface Limits {
  /** Server transactions at a time; beyond it new requests get 503 with Retry-After. Default 20,000. */
  readonly maxServerTransactions: number
  /** How long a stream may stay silent, in milliseconds. Default one hour. */
  readonly idleStream: number
  /** How long a message on a stream may take to arrive, in milliseconds. Default 30 s. */
  readonly messageOnStream: number
  /** Early dialogs of one INVITE; further forks are ignored. Default 16. */
  readonly earlyDialogs: number
  /** Changes of one session that wait for their turn; a further one is `request-pending`. Default 8. */
  readonly queuedChanges: number
  /**
   * How long a target may be silent while there is another one, in milliseconds, and at least 8·T1; 0 for as long as its
   * transaction waits (64·T1). Default 4,000: by then a server that has the request says 100 (RFC 4320 §4.1). RFC 3263 §4.3
   */
  readonly silentTarget: number
  /** How often credentials are asked for one request. Default 3. */
  readonly credentialRequests: number
  /** Realms for which credentials and nonces are remembered; the one unused for longest goes. Default 1,000. */
  readonly credentialSpaces: number
  /** How long credentials are remembered that nobody uses, in milliseconds. Default 24 h. */
  readonly credentialLifetime: number
  /** Next hops with which security is agreed on, for each connection; the oldest goes. Default 100. RFC 3329 */
  readonly securityAgreements: number
  /** REGISTERs a second to one target, over all connections; the others wait for their turn. Default 40. */
  readonly registersPerSecond: number
  /** PUBLISHes, and MESSAGEs, that may wait for another one to the same URI; one more fails with `in-use`. Default 100. */
  readonly waitingRequests: number
  /** Registrations that may wait for their turn; one more fails with `in-use`. Default 100,000. */
  readonly waitingRegisters: number
  /** Further notifiers of one SUBSCRIBE that a proxy has forked; a NOTIFY of one more gets 481. Default 16. RFC 6665 §4.3 */
  readonly subscriptionForks: number
  /** How often in a row a subscription begins anew that its notifier ends; then it ends with `closed`. Default 10. */
  readonly resubscriptions: number
  /** Profiles in the store; one more is refused with `in-use`. Default 10,000. */
  readonly profiles: number
  /** Uses of one profile at a time; one more is refused with `in-use`. Default 1,000. */
  readonly profileUsers: number
  /** Subscriptions of peers, for each connection; a further SUBSCRIBE gets 503 with Retry-After. Default 10,000. */
  readonly notifiers: number
}

export const defaultLimits: Limits = {
  maxServerTransactions: 20_000,
  idleStream: 3_600_000,
  messageOnStream: 30_000,
  earlyDialogs: 16,
  queuedChanges: 8,
  silentTarget: 4000,
  credentialRequests: 3,
  credentialSpaces: 1000,
  credentialLifetime: 86_400_000,
  securityAgreements: 100,
  registersPerSecond: 40,
  waitingRequests: 100,
  waitingRegisters: 100_000,
  subscriptionForks: 16,
  resubscriptions: 10,
  profiles: 10_000,
  profileUsers: 1000,
  notifiers: 10_000,
}
