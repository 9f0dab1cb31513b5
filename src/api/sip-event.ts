/** The engine's event about one object, as the application sees it. */
import type { EngineEvent } from '../engine/commands.ts'
import type { SipMessage } from '../message/types.ts'
import type { OwnEvent, SipObject } from './events.ts'

const source = 'sipactor'

/** The message of an event, where one has brought it about. */
export const caused = ({ message }: { readonly message?: SipMessage }, otherwise?: SipMessage) => {
  const cause = message ?? otherwise
  return cause ? { message: cause } : {}
}

/** Undefined for an event that does not fit the object it names, or that is told in another way. */
export const sipEvent = (event: EngineEvent, object: SipObject): OwnEvent | undefined => {
  switch (event.type) {
    case 'state':
      return { type: 'state', source, object, state: event.state, ...caused(event) }
    case 'error':
      return { type: 'error', source, object, error: event.error, ...caused(event, event.error.response) }
    case 'closed':
      return { type: 'closed', source, object, ...(event.reason && { reason: event.reason }) }
    case 'listening':
      return object.kind === 'connection'
        ? { type: 'listening', source, connection: object, addresses: event.addresses }
        : undefined
    case 'response':
      return object.kind === 'clientTransaction' ||
        object.kind === 'registration' ||
        object.kind === 'publication' ||
        object.kind === 'call'
        ? { type: 'response', source, object, message: event.response }
        : undefined
    case 'grantedBelowMinimum':
      return object.kind === 'registration'
        ? {
            type: event.type,
            source,
            registration: object,
            granted: event.granted,
            used: event.used,
            ...caused(event),
          }
        : undefined
    case 'progress': {
      const { type, status, reason, request: message } = event
      return object.kind === 'referral'
        ? { type, source, referral: object, status, reason, message }
        : undefined
    }
    case 'change':
      return object.kind === 'call'
        ? { type: event.type, source, call: object, message: event.request }
        : undefined
    case 'session':
      return object.kind === 'call'
        ? {
            type: event.type,
            source,
            call: object,
            local: event.local,
            remote: event.remote,
            ...caused(event),
          }
        : undefined
    case 'inviteCompleted':
      return object.kind === 'call' ? { type: event.type, source, call: object } : undefined
    case 'answered':
      return object.kind === 'call'
        ? { type: event.type, source, call: object, message: event.response }
        : undefined
    case 'pracked':
      return object.kind === 'call'
        ? { type: event.type, source, call: object, message: event.request }
        : undefined
    case 'redirected': {
      if (object.kind !== 'call') return undefined
      const { type, uri, response } = event
      return { type, source, call: object, uri, ...(response && { message: response }) }
    }
    case 'acknowledged':
      return object.kind === 'call'
        ? { type: event.type, source, call: object, message: event.request }
        : undefined
    case 'canceled': {
      if (object.kind !== 'call') return undefined
      const late = event.tooLate ? { tooLate: event.tooLate } : {}
      return { type: event.type, source, call: object, message: event.request, ...late }
    }
    default:
      return undefined
  }
}
