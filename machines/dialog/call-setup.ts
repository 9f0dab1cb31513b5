/** The vocabulary of every call machine: what it asks for, and how it decides. RFC 3261 §13, §15; RFC 3262. */
import { assign, setup } from 'xstate'
import { isMalformed } from '../../src/message/malformed.ts'
import type { HeaderPair, SipRequest, SipResponse } from '../../src/message/types.ts'
import { parseUri } from '../../src/message/uri.ts'
import { beginSearch, goOn, namesPlaces, type Search } from '../../src/rules/redirect.ts'
import { rseqOf } from '../../src/rules/reliable.ts'
import { effect, type News } from '../effects.ts'
import type { Branch, CallContext, CallEvent, CallInput, End } from './call.ts'
import type { RequestInDialog } from './dialog.ts'

/** How an outgoing call goes on by another target, if at all. §8.1.3.4 */
const elsewhere = ({ follow, search }: CallContext, event: CallEvent): Search | undefined => {
  if (follow === undefined) return undefined
  const response = 'response' in event ? event.response : undefined
  if (search !== undefined) return goOn(search, response)
  if (!response || !namesPlaces(response.status)) return undefined
  const target = parseUri(follow)
  return isMalformed(target) ? undefined : goOn(beginSearch(target), response)
}

const responseOf = (event: CallEvent) => (event as { response: SipResponse }).response

/** The dialog's own copy of `setup`: every call machine is made with it. */
export const callSetup = setup({
  types: {} as { input: CallInput; context: CallContext; events: CallEvent },
  actions: {
    invite: effect('invite'),
    /** Makes the dialog that a response belongs to, or confirms it. */
    openDialog: effect<SipResponse>('openDialog'),
    /** ACK for a 2xx: made once per dialog, repeated as it is. §13.2.2.4 */
    acknowledge: effect<{ response?: SipResponse; answer?: string }>('acknowledge'),
    /** The same for the 2xx that leads here. */
    acknowledgeNow: effect('acknowledgeNow'),
    /** ACK, then BYE, for a 2xx that nobody wants. */
    dismiss: effect<SipResponse>('dismiss'),
    /** A further 2xx becomes a call of its own. §13.2.2.4 */
    surface: effect<SipResponse>('surface'),
    /** The INVITE again, to the place that a redirection named. §8.1.3.4 */
    inviteNext: effect<string>('inviteNext'),
    /** The dialogs that the earlier target made. */
    endBranches: effect('endBranches'),
    /** The dialogs whose branch was not taken. §13.2.2.4 */
    endLosers: effect('endLosers'),
    /** BYE in one early dialog. §15.1.1 */
    leaveBranch: effect<Branch>('leaveBranch'),
    /** A reliable provisional response. RFC 3262 §4 */
    receiveReliably: effect<SipResponse>('receiveReliably'),
    respondReliably: effect<SipResponse>('respondReliably'),
    cancel: effect('cancelInvite'),
    respond: effect<SipResponse>('respond'),
    /** The latest response once more. */
    respondAgain: effect('respondAgain'),
    /** 487 to the INVITE. */
    respondCancelled: effect('respondCancelled'),
    /** 504: our reliable response was not acknowledged. RFC 3262 §3 */
    respondLost: effect('respondLost'),
    bye: effect<{ headers?: readonly HeaderPair[] }>('bye'),
    endDialogs: effect('endDialogs'),
    answerBye: effect<RequestInDialog>('answerBye'),
    decline: effect<RequestInDialog>('decline'),
    /** An ACK that reaches us by its transaction may carry an answer like any other. §13.2.2.4 */
    observeAck: effect<SipRequest>('observeAck'),
    announce: effect<News>('announce'),
    announceRejection: effect<SipResponse>('announceRejection'),

    remember: assign({ last: (_, response: SipResponse) => response }),
    settle: assign({ settled: true }),
    hold: assign({ held: (_, held: boolean) => held }),
    expire: assign({ expired: true }),
    noteAgain: assign({ again: true }),
    leave: assign({ left: ({ context }, { remoteTag }: Branch) => [...(context.left ?? []), remoteTag] }),
    search: assign(({ context, event }) => ({ search: elsewhere(context, event)! })),
    adopt: assign({ remoteTag: ({ event }) => responseOf(event).toTag ?? '' }),
    keepFarewell: assign(({ event }) =>
      'headers' in event && event.headers !== undefined ? { farewell: event.headers } : {},
    ),
    conclude: assign({ end: (_, end: End) => end }),
    restartInterval: assign({ interval: ({ context }) => context.timers.t1 }),
    doubleInterval: assign({ interval: ({ context }) => Math.min(2 * context.interval, context.timers.t2) }),
  },
  guards: {
    settled: ({ context }) => context.settled,
    autoAck: ({ context }) => context.autoAck,
    undescribed: ({ context }) => context.describing === true,
    /** A 100 is the next hop's word: it moves the call and is told to nobody. §8.1.3, §16.7 */
    trying: (_, response: SipResponse) => response.status === 100,
    tagged: (_, response: SipResponse) => response.status > 100 && response.toTag !== undefined,
    sameDialog: ({ context }, response: SipResponse) => response.toTag === context.remoteTag,
    /** Its number says that it waits for a PRACK. */
    reliable: ({ context }, response: SipResponse) =>
      context.reliable === true && rseqOf(response) !== undefined,
    reliably: ({ event }) => event.type === 'tu.provisional' && event.reliable === true,
    held: ({ context }) => context.held === true,
    free: ({ event }) => event.type === 'provisional.held' && !event.held,
    repeatable: ({ context }) => context.last !== undefined,
    /** A later request has overtaken our BYE, so that its number was too low. RFC 3261 §12.2.2 */
    overtaken: ({ context }, { status, cseq }: SipResponse) =>
      status === 500 && cseq.method === 'BYE' && context.again !== true,
    hungUp: ({ context }) => context.end !== undefined,
    elsewhere: ({ context, event }) => elsewhere(context, event) !== undefined,
    surfaces: ({ context }, response: SipResponse) =>
      context.surfaces === true && !context.left?.includes(response.toTag ?? ''),
    left: ({ context }, response: SipResponse) => context.left?.includes(response.toTag ?? '') === true,
    otherMethod: (_, response: SipResponse) => response.cseq.method !== 'INVITE',
    bye: ({ event }) => event.type === 'dialog.request' && event.request.method === 'BYE',
  },
  delays: {
    again: ({ context }) => context.interval,
    /** §13.3.1.1: proxies are to know that it still rings. */
    stillRinging: 60_000,
    tooLong: ({ context }) => 64 * context.timers.t1,
    /** Twice that: the INVITE waits for its first response, then its CANCEL for the last. */
    hopeless: ({ context }) => 128 * context.timers.t1,
  },
})
