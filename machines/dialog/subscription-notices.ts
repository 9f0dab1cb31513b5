/** What each NOTIFY makes of a subscription. RFC 6665 §4.1.3. */
import { SipError } from '../../src/errors.ts'
import type { RequestInDialog } from './dialog.ts'
import { failsBy } from './subscription-answers.ts'
import type { Notify } from './subscription-context.ts'

const notify = ({ event }: { event: Notify }): RequestInDialog => event
const tell = { type: 'tellNotification', params: notify } as const
const unusable = {
  guard: { type: 'unusable', params: notify },
  actions: { type: 'refuseNotify', params: notify },
} as const

const tooOften = failsBy(() => ({
  error: new SipError('closed', 'the notifier has ended the subscription again and again'),
}))

/** A NOTIFY while the subscription lives. */
export const notified = [
  unusable,
  { guard: 'lastAnew', target: '#resubscribing', actions: [tell, 'countAttempt'] },
  { guard: 'lastTooOften', target: '#terminated', actions: [tell, ...tooOften] },
  { guard: { type: 'last', params: notify }, target: '#terminated', actions: [tell, 'noteEnd'] },
  { guard: { type: 'pending', params: notify }, target: '.pending', actions: ['begin', tell] },
  { target: '.active', actions: ['begin', tell] },
] as const

/** A NOTIFY after our SUBSCRIBE with a lifetime of 0: the last one ends it, whatever its reason. §4.1.2.3 */
export const notifiedLeaving = [
  unusable,
  {
    guard: { type: 'lastOfAll', params: notify },
    target: '#terminated',
    // Its connection may close with it: nobody would be there to answer later.
    actions: [
      { type: 'answerNotify', params: notify },
      { type: 'tellNotification', params: ({ event }: { event: Notify }) => ({ ...event, answered: true }) },
      'noteEnd',
    ],
  },
  { actions: tell },
] as const

/** A NOTIFY when its time was over already. */
export const notifiedLate = [
  unusable,
  {
    guard: { type: 'lastOfAll', params: notify },
    target: '#terminated',
    actions: { type: 'answerNotify', params: notify },
  },
  { actions: { type: 'answerNotify', params: notify } },
] as const
