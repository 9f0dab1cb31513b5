/** The public states of a peer's subscription. RFC 6665 §4.2; CSIPNotifyDialogAssoc of old. */
import type { SipError } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'
import type { EndReason } from '../rules/notify.ts'

/** A subscription of a peer's: `asked → pending or active → terminated`, or `asked → rejected`. */
export type NotifierState =
  | { readonly is: 'asked' | 'rejected' }
  | {
      /** `pending`: the subscriber waits for leave to see the resource. */
      readonly is: 'pending' | 'active'
      /** Seconds granted, by the latest SUBSCRIBE. */
      readonly expires: number
      /** When it is over unless it is refreshed, in milliseconds of the platform's clock. */
      readonly expiresAt: number
    }
  | {
      readonly is: 'terminated'
      /**
       * What the last NOTIFY says; `timeout` also when the subscriber has ended it. Absent when a NOTIFY failed, or its
       * dialog or connection went.
       */
      readonly reason?: EndReason
      /** The answer that a NOTIFY failed by. */
      readonly response?: SipResponse
      /** Why a NOTIFY got no answer. */
      readonly error?: SipError
    }
