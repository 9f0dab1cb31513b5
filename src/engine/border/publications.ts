/** Commands and events about publications, and about MESSAGE in pager mode. RFC 3903, RFC 3428. */
import type { SipError } from '../../errors.ts'
import type { HeaderPair } from '../../message/types.ts'
import type { Credentials, Id, OutgoingRequest } from '../commands.ts'

/** A state, as it is published. */
export interface PublishedBody {
  readonly contentType: string
  readonly body: string | Uint8Array
}

/** What is to be published, and for how long. */
export interface OutgoingPublication extends PublishedBody {
  readonly uri: string
  /** The event package. */
  readonly event: string
  readonly from?: string
  readonly to?: string
  readonly registration?: Id
  /** Seconds to ask for. */
  readonly expires: number
  /** Renew it before it ends. */
  readonly refreshes: boolean
  /** Largest Min-Expires of a 423 that is followed, in seconds. */
  readonly maxMinExpires: number
  readonly headers?: readonly HeaderPair[]
  readonly credentials?: readonly Credentials[]
}

/** A MESSAGE outside dialogs. */
export interface OutgoingMessage extends Omit<OutgoingRequest, 'method' | 'contact' | 'refresh'> {
  /** The application knows that every hop controls congestion: any size may go by datagram as well. RFC 3428 §8 */
  readonly congestionSafe?: boolean
}

export type PublicationCommand =
  | {
      readonly type: 'publication.open'
      readonly id: Id
      readonly connection: Id
      readonly publication: OutgoingPublication
    }
  /** Another state, or, without `content`, a renewal now. `revision` grows by one with each. */
  | {
      readonly type: 'publication.update'
      readonly id: Id
      readonly revision: number
      readonly content?: PublishedBody
      readonly expires?: number
      readonly headers?: readonly HeaderPair[]
    }
  | { readonly type: 'publication.remove'; readonly id: Id }
  /** `id` is that of the request, a new object. It waits until no other MESSAGE to that URI is under way. */
  | {
      readonly type: 'message.send'
      readonly id: Id
      readonly connection: Id
      readonly message: OutgoingMessage
    }

export type PublicationEvent =
  /** The PUBLISH that carried this revision, and all before it, was answered. `error`: it was refused. */
  { readonly type: 'published'; readonly id: Id; readonly revision: number; readonly error?: SipError }
