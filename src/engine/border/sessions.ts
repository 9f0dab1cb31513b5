/** Commands and events about the descriptions that the media of a call is asked for. */
import type { SipError } from '../../errors.ts'
import type { Id } from '../commands.ts'

export type SessionCommand =
  /** The media of the call is asked for a description. `id` is that of the question, a new object. */
  | { readonly type: 'description.ask'; readonly id: Id; readonly call: Id }
  /** It has answered, or the answer is not wanted any more. */
  | { readonly type: 'description.settle'; readonly id: Id }
  /** The offer of an outgoing call that is `describing`. */
  | { readonly type: 'call.described'; readonly id: Id; readonly offer: string }
  /** There is none: the call ends before it began. */
  | { readonly type: 'call.undescribed'; readonly id: Id; readonly error: SipError }
  /** Something went wrong with the media of a call: told as any other error of the call. */
  | { readonly type: 'call.fault'; readonly id: Id; readonly error: SipError }

export type SessionEvent =
  /** 64·T1 have passed without an answer. `id`: of the call; `description`: of the question. */
  { readonly type: 'undescribed'; readonly id: Id; readonly description: Id }
