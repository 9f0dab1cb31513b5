/**
 * Every failure sipactor reports: one class, one table of codes.
 *
 * Misuse is thrown at once and has had no effect. What happens later arrives once, on the object's `errors$`.
 * Never both.
 */
import { inspectedAs } from './inspected.ts'
import type { SipResponse } from './message/types.ts'

/**
 * All error codes, each with the Symbian code it descends from where there was one, and its meaning.
 *
 * The first group is misuse by the application, the second what the peer said, the third the path between.
 *
 * `outbound-proxy` is reserved, and raised by nobody: a stateless proxy says nothing by itself (RFC 3261 §16.11), so silence does
 * not tell whose it is. A proxy that does not respond is `timeout`, `transport` or `resolving`, as any other next hop.
 */
export const errorCodes = {
  argument: { symbianCode: 'KErrArgument', meaning: 'an argument is missing, malformed or not allowed' },
  'not-ready': { symbianCode: 'KErrNotReady', meaning: 'the connection is not active' },
  'invalid-transaction-state': {
    symbianCode: 'KErrSIPInvalidTransactionState',
    meaning: 'the transaction is past the point where this is possible',
  },
  'invalid-dialog-state': {
    symbianCode: 'KErrSIPInvalidDialogState',
    meaning: 'the dialog is not in a state where this is possible',
  },
  'invalid-registration-state': {
    symbianCode: 'KErrSIPInvalidRegistrationState',
    meaning: 'the registration is not in a state where this is possible',
  },
  'request-pending': {
    symbianCode: 'KErrSIPRequestPending',
    meaning: 'an overlapping request is still pending',
  },
  'already-exists': { symbianCode: 'KErrAlreadyExists', meaning: 'there is one already' },
  'in-use': { symbianCode: 'KErrInUse', meaning: 'somebody still uses it' },
  'not-found': { symbianCode: 'KErrNotFound', meaning: 'there is none' },
  'not-supported': { symbianCode: 'KErrNotSupported', meaning: 'this is not supported here' },
  permission: {
    symbianCode: 'KErrAccessDenied',
    meaning: 'the application was not granted the right to do this',
  },
  'header-not-allowed': {
    symbianCode: 'KErrArgument',
    meaning: 'this header is set by the stack and may not be given by an application',
  },
  'no-message': { symbianCode: undefined, meaning: 'the event was not caused by a message' },
  'resource-not-available': {
    symbianCode: 'KErrSIPResourceNotAvailable',
    meaning: 'the object it belonged to is closed',
  },

  rejected: { symbianCode: 'KErrSIPErrorResponse', meaning: 'the peer answered 3xx to 6xx' },
  forbidden: { symbianCode: 'KErrSIPForbidden', meaning: 'authentication failed or was declined' },
  media: {
    symbianCode: undefined,
    meaning: 'a session could not be described, or its description broke the rules of offer and answer',
  },
  'terminated-with-response': {
    symbianCode: 'KErrSIPTerminatedWithResponse',
    meaning: 'a refresh was answered 3xx to 6xx',
  },
  'invalid-registrar-response': {
    symbianCode: 'KErrSIPInvalidRegistrarResponse',
    meaning: 'the 2xx to REGISTER cannot be used',
  },
  malformed: { symbianCode: 'KErrSIPMalformedMessage', meaning: 'the message is not well-formed' },

  timeout: { symbianCode: 'KErrTimedOut', meaning: 'no answer in time' },
  transport: { symbianCode: 'KErrSIPTransportFailure', meaning: 'the transport failed' },
  resolving: { symbianCode: 'KErrSIPResolvingFailure', meaning: 'the host name could not be resolved' },
  'outbound-proxy': {
    symbianCode: 'KErrSIPOutboundProxyNotResponding',
    meaning: 'the outbound proxy does not respond',
  },
  'could-not-connect': { symbianCode: 'KErrCouldNotConnect', meaning: 'there is no network at present' },
  storage: { symbianCode: undefined, meaning: 'the store of profiles could not be read or written' },
  'no-ack': { symbianCode: 'KErrSIPNoAckReceived', meaning: 'no ACK came within 64·T1 of our 2xx' },
  cancelled: { symbianCode: 'KErrCancel', meaning: 'it was cancelled' },
  closed: { symbianCode: 'KErrDisconnected', meaning: 'it was closed' },
} as const

/** The literal that tells one {@link SipError} from another. It survives serialisation and duplicated packages. */
export type SipErrorCode = keyof typeof errorCodes

/** What may be known about an error besides its code and text. */
export interface SipErrorDetails {
  /** SIP status code, when a response caused it. */
  readonly status?: number | undefined
  /** Warn-code of RFC 3261 §20.43, for an error that becomes a response. */
  readonly warning?: number | undefined
  /** The response that caused it. */
  readonly response?: SipResponse | undefined
  /** Name of the header or part at fault. */
  readonly header?: string | undefined
  /** Offset of the fault in the text, in characters from its start. */
  readonly offset?: number | undefined
  /** True when an ICMP message reported the failure. */
  readonly icmp?: boolean | undefined
  readonly cause?: unknown
}

/** Text, stack and details for `console.log`; a response is one line. */
const inspected = (error: SipError, inspect: (part: unknown) => string): string => {
  const { name, message, stack = '', cause, ...details } = error
  const frames = stack.indexOf('\n    at ')
  const known = Object.entries({ ...details, cause }).filter(([, value]) => value !== undefined)
  return `${name}: ${message}${frames < 0 ? '' : stack.slice(frames)} ${inspect(Object.fromEntries(known))}`
}

const brand = Symbol.for('sipactor.error')

/**
 * The one error class of sipactor. Tell errors apart by `code`, never by class or text.
 *
 * @example
 * try { await call.established() } catch (error) {
 *   if (isSipError(error) && error.code === 'rejected') console.log(error.status)
 * }
 */
export class SipError extends Error {
  override readonly name = 'SipError'
  readonly code: SipErrorCode
  readonly status?: number
  readonly warning?: number
  readonly response?: SipResponse
  readonly header?: string
  readonly offset?: number
  readonly icmp?: boolean

  static {
    inspectedAs(SipError.prototype, inspected)
  }

  constructor(code: SipErrorCode, message: string, details: SipErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    if (details.status !== undefined) this.status = details.status
    else if (details.response) this.status = details.response.status
    if (details.warning !== undefined) this.warning = details.warning
    if (details.response) this.response = details.response
    if (details.header !== undefined) this.header = details.header
    if (details.offset !== undefined) this.offset = details.offset
    if (details.icmp) this.icmp = true
    Object.defineProperty(this, brand, { value: true })
  }

  /** The code of the Symbian SIP API that this one descends from, where there was one. */
  get symbianCode(): string | undefined {
    return errorCodes[this.code].symbianCode
  }
}

/** True for a {@link SipError}, also one made by another copy of this package. */
export const isSipError = (error: unknown): error is SipError =>
  typeof error === 'object' && error !== null && brand in error
