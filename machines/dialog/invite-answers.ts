/**
 * The vocabulary of `outgoing-call.ts`: what each answer to its INVITE, and to its BYE, makes of the call.
 * RFC 3261 §13.2.2.
 */
import type { SipResponse } from '../../src/message/types.ts'
import type { End } from './call.ts'
import { bye, fails, news, openDialog, rejectedBy, response, tellError } from './call-parts.ts'

type Answer = { response: SipResponse }

export const told = news((event: Answer) => ({ type: 'response', response: event.response }))
const dismiss = { type: 'dismiss', params: response } as const
const acknowledge = {
  type: 'acknowledge',
  params: ({ event }: { event: Answer }) => ({ response: event.response }),
} as const
export const ofOther = { guard: { type: 'otherMethod', params: response } } as const
const tellRejection = { type: 'announceRejection', params: response } as const

/** A 2xx: the call stands. */
const answered = {
  target: '#confirmed',
  actions: [
    'adopt',
    openDialog,
    told,
    news((event: Answer) => ({ type: 'answered', response: event.response })),
  ],
} as const
/** A final response other than 2xx, or none at all. */
const refused = {
  target: '#terminated',
  actions: ['settle', rejectedBy('remote'), told, tellRejection],
} as const
const failed = { target: '#terminated', actions: ['settle', fails, tellError] } as const
const gaveUp = {
  type: 'conclude',
  params: ({ event }: { event: object | Answer }): End => ({
    by: 'local',
    reason: 'cancelled',
    ...('response' in event && { status: event.response.status }),
  }),
} as const
export const withdrawn = {
  target: '#terminated',
  actions: ['settle', gaveUp],
} as const
export const trying = { guard: { type: 'trying', params: response } } as const
const ringing = [
  { ...trying, target: '#proceeding' },
  { guard: { type: 'tagged', params: response }, target: '#early', actions: [openDialog, told] },
  { target: '#proceeding', actions: told },
] as const
export const cancelling = { target: '#cancelling', actions: 'cancel' } as const
export const unanswered = {
  'transaction.provisional': ringing,
  'transaction.success': answered,
  'transaction.failure': refused,
  'transaction.failed': failed,
  'tu.cancel': cancelling,
  'tu.hangUp': { ...cancelling, actions: ['keepFarewell', 'cancel'] },
} as const
/** A 2xx that crossed our CANCEL or BYE: acknowledged, then ended. §15.1.1 */
export const crossed = { target: '#terminating', actions: ['adopt', openDialog, acknowledge, bye] } as const
/** A fork's 2xx while the application has not yet acknowledged the one it took. */
export const unclaimed = [{ guard: { type: 'sameDialog', params: response } }, { actions: dismiss }] as const
/** Later 2xx: ours again gets the same ACK, a fork's is ended. */
export const later = [
  { guard: { type: 'sameDialog', params: response }, actions: acknowledge },
  { actions: dismiss },
] as const
export const repeated = [ofOther, ...later] as const
export const completed = { actions: ['settle', news(() => ({ type: 'inviteCompleted' }))] } as const
