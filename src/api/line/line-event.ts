/** What happens in a session of a line, with the numbers that the High Level API gave it. KSubConSIPEventsUid. */
import type { SipError } from '../../errors.ts'
import type { SipRequest, SipResponse } from '../../message/types.ts'

/** The group of all these events in the High Level API. */
export const lineEventGroup = 0x10274cae

interface Numbered<Id extends number> {
  /** Always 0x10274CAE, the group of SIP events in the High Level API. */
  readonly groupId: typeof lineEventGroup
  /** Number of the event there. */
  readonly id: Id
}

/** What happens in a session of a line besides its states. */
export type LineEvent =
  /** A response to its request came. CSubConSIPResponseEvent. */
  | (Numbered<1> & { readonly type: 'response'; readonly status: number; readonly message: SipResponse })
  /** Somebody asks for credentials that nobody has given; the session fails. See `retryWith`. */
  | (Numbered<2> & {
      readonly type: 'authenticationRequired'
      readonly realm: string
      readonly message: SipResponse
    })
  /** The subscription has news. CSubConSIPNotificationEvent. */
  | (Numbered<3> & { readonly type: 'notification'; readonly text: string; readonly message: SipRequest })
  /** It is over. `status`: of the final response, 0 when there was none; by BYE or CANCEL of the other side: `by: 'remote'`. */
  | (Numbered<1> & {
      readonly type: 'terminated'
      readonly by: 'local' | 'remote' | 'network'
      readonly status: number
      readonly error?: SipError
    })

export const responseEvent = (message: SipResponse): LineEvent => ({
  type: 'response',
  groupId: lineEventGroup,
  id: 1,
  status: message.status,
  message,
})

export const authenticationEvent = (realm: string, message: SipResponse): LineEvent => ({
  type: 'authenticationRequired',
  groupId: lineEventGroup,
  id: 2,
  realm,
  message,
})

export const notificationEvent = (text: string, message: SipRequest): LineEvent => ({
  type: 'notification',
  groupId: lineEventGroup,
  id: 3,
  text,
  message,
})

export const terminatedEvent = (
  by: 'local' | 'remote' | 'network',
  status = 0,
  error?: SipError,
): LineEvent => ({
  type: 'terminated',
  groupId: lineEventGroup,
  id: 1,
  by,
  status,
  ...(error && { error }),
})
