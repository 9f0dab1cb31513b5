/** The engine's event about one object, as the application sees it. */
import type { EngineEvent } from '../engine/commands.ts'
import type { SipEvent, SipObject } from './events.ts'

/** Undefined for an event that does not fit the object it names, or that is told in another way. */
export const sipEvent = (event: EngineEvent, object: SipObject): SipEvent | undefined => {
  switch (event.type) {
    case 'state':
      return { type: 'state', object, state: event.state }
    case 'error': {
      const { error } = event
      return { type: 'error', object, error, ...(error.response && { message: error.response }) }
    }
    case 'closed':
      return { type: 'closed', object, ...(event.reason && { reason: event.reason }) }
    case 'listening':
      return object.kind === 'connection'
        ? { type: 'listening', connection: object, addresses: event.addresses }
        : undefined
    case 'response':
      return object.kind === 'clientTransaction' || object.kind === 'registration' || object.kind === 'call'
        ? { type: 'response', object, message: event.response }
        : undefined
    case 'grantedBelowMinimum':
      return object.kind === 'registration'
        ? { type: event.type, registration: object, granted: event.granted, used: event.used }
        : undefined
    case 'progress': {
      const { type, status, reason, request: message } = event
      return object.kind === 'referral' ? { type, referral: object, status, reason, message } : undefined
    }
    case 'change':
      return object.kind === 'call' ? { type: event.type, call: object, message: event.request } : undefined
    case 'session':
      return object.kind === 'call'
        ? { type: event.type, call: object, local: event.local, remote: event.remote }
        : undefined
    case 'inviteCompleted':
      return object.kind === 'call' ? { type: event.type, call: object } : undefined
    case 'answered':
      return object.kind === 'call' ? { type: event.type, call: object, message: event.response } : undefined
    case 'pracked':
      return object.kind === 'call' ? { type: event.type, call: object, message: event.request } : undefined
    case 'redirected': {
      if (object.kind !== 'call') return undefined
      const { type, uri, response } = event
      return { type, call: object, uri, ...(response && { message: response }) }
    }
    case 'acknowledged':
      return object.kind === 'call' ? { type: event.type, call: object, message: event.request } : undefined
    case 'canceled': {
      if (object.kind !== 'call') return undefined
      const late = event.tooLate ? { tooLate: event.tooLate } : {}
      return { type: event.type, call: object, message: event.request, ...late }
    }
    default:
      return undefined
  }
}
