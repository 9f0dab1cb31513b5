/** The public state of a line. TCprStage of the High Level API. */
import type { SipError } from '../errors.ts'

/** `fresh → starting → active → stopping → stopped`, and `failed`, from where it can be started again. */
export type LineState =
  | { readonly is: 'fresh' | 'active' | 'stopping' | 'stopped' }
  | {
      /** It registers, or waits to: `error` is why it is not registered. The profile tries again by itself. */
      readonly is: 'starting'
      readonly error?: SipError
    }
  /** The profile has given up, or somebody forced it to end. */
  | { readonly is: 'failed'; readonly error: SipError }

/** What a session on a line came to when it was never established. */
export type LineRefusal = 'denied' | 'notReachable'

/** A call or subscription on a line. SIP_STATES of the High Level API. */
export type LineSessionState =
  | { readonly is: 'initiation' | 'established' }
  | {
      readonly is: 'terminated'
      /** Who ended it; `network`: the way is lost, or nobody answered. */
      readonly by: 'local' | 'remote' | 'network'
      /** `denied`: somebody said no; `notReachable`: nobody did. Absent when it was established, or taken back by us. */
      readonly result?: LineRefusal
      /** Status of the final response, when there was one. */
      readonly status?: number
      readonly error?: SipError
    }
