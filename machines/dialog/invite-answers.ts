/**
 * The vocabulary of `outgoing-call.ts`: what each answer to its INVITE, and to its BYE, makes of the call.
 * RFC 3261 §13.2.2.
 */
import type { SipResponse } from '../../src/message/types.ts'
import type { News } from '../effects.ts'
import type { CallContext, End } from './call.ts'
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

const established = {
  target: '#confirmed',
  actions: [
    'adopt',
    openDialog,
    told,
    news((event: Answer) => ({ type: 'answered', response: event.response })),
  ],
} as const
/** A 2xx: the call stands, unless it is of a branch that the application has left. */
const answered = [{ guard: { type: 'left', params: response }, actions: dismiss }, established] as const
/** §8.1.3.4: the next of the places that a redirection has named. */
const onward = {
  guard: 'elsewhere',
  target: '#redirecting',
  reenter: true,
  actions: ['search', 'endBranches'],
} as const
/** A final response other than 2xx, or none at all. */
const refused = [
  onward,
  { target: '#terminated', actions: ['settle', rejectedBy('remote'), told, tellRejection] },
] as const
const unreached = { target: '#terminated', actions: ['settle', fails, tellError] } as const
const failed = [onward, unreached] as const
const gaveUp = {
  type: 'conclude',
  params: ({ context, event }: { context: CallContext; event: object | Answer }): End => ({
    by: 'local',
    reason: context.expired ? 'expired' : 'cancelled',
    ...('response' in event && { status: event.response.status }),
  }),
} as const
export const withdrawn = {
  target: '#terminated',
  actions: ['settle', gaveUp],
} as const
export const trying = { guard: { type: 'trying', params: response } } as const
const reliably = {
  guard: { type: 'reliable', params: response },
  actions: { type: 'receiveReliably', params: response },
} as const
const ringing = [
  { ...trying, target: '#proceeding' },
  { ...reliably, target: '#early' },
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
  // §13.2.1: the caller's own limit.
  'invite.expired': { ...cancelling, actions: ['expire', 'cancel'] },
} as const
/** Before anything is heard: there is no branch and no other place yet. */
export const unheard = {
  ...unanswered,
  'transaction.success': established,
  'transaction.failed': unreached,
} as const
/** In an early dialog. */
export const ringingOn = [
  trying,
  reliably,
  { guard: { type: 'tagged', params: response }, actions: [openDialog, told] },
  { actions: told },
] as const
/** A 2xx that crossed our CANCEL or BYE: acknowledged, then ended. §15.1.1 */
export const crossed = { target: '#terminating', actions: ['adopt', openDialog, acknowledge, bye] } as const
/** A further 2xx of a fork: a call of its own, or one that nobody wants. */
const forked = [
  { guard: { type: 'surfaces', params: response }, actions: { type: 'surface', params: response } },
  { actions: dismiss },
] as const
const sameDialog = { type: 'sameDialog', params: response } as const
/** A fork's 2xx while the application has not yet acknowledged the one it took. */
export const unclaimed = [{ guard: sameDialog }, ...forked] as const
/** Later 2xx: ours again gets the same ACK. */
export const repeatedOrForked = [ofOther, { guard: sameDialog, actions: acknowledge }, ...forked] as const
/** The same for a call that is over: what comes now is ended. */
export const later = [{ guard: sameDialog, actions: acknowledge }, { actions: dismiss }] as const
export const repeated = [ofOther, ...later] as const
export const completed = {
  actions: ['settle', 'endLosers', news(() => ({ type: 'inviteCompleted' }))],
} as const
/** The place that a redirected INVITE goes to. */
export const next = ({ context }: { context: CallContext }): string => context.search!.at.uri
export const redirected = {
  type: 'announce',
  params: ({ context, event }: { context: CallContext; event: object }): News => ({
    type: 'redirected',
    uri: next({ context }),
    ...('response' in event && { response: event.response as SipResponse }),
  }),
} as const
