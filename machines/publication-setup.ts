/** The vocabulary of `publication.ts`: what it knows, what it hears, how it decides. RFC 3903 §4, §5. */
import { assign, setup } from 'xstate'
import type { SipError } from '../src/errors.ts'
import type { SipResponse } from '../src/message/types.ts'
import { type Published, readPublished } from '../src/rules/publish.ts'
import { effect, type News, type TransactionEvent } from './effects.ts'

/** What `publication` starts with. Times in seconds. */
export interface PublicationInput {
  readonly requested: number
  /** Largest Min-Expires that is followed. */
  readonly maxMinExpires: number
  /** Renew it before it ends. */
  readonly refreshes: boolean
}

/** What one PUBLISH is to be. */
export interface Publish {
  /** Absent: the first of its publication. */
  readonly etag: string | undefined
  readonly expires: number
  /** It carries the state itself, and does not only renew it. */
  readonly content: boolean
}

export interface PublicationContext extends PublicationInput {
  readonly published?: Published | undefined
  /** The PUBLISH under way changes the state. */
  readonly changing: boolean
  /** Another state, or a renewal, is to go out next. */
  readonly changed: boolean
  readonly due: boolean
  /** The PUBLISH under way was due as a renewal, too, whatever else it says. */
  readonly renewing: boolean
  /** It is to be taken back. */
  readonly leaving: boolean
  /** A 423 was followed already. */
  readonly retried: boolean
  /** Its time is over. */
  readonly lapsed: boolean
}

export const unpublished = {
  changing: false,
  changed: false,
  due: false,
  renewing: false,
  leaving: false,
  retried: false,
  lapsed: false,
} as const

type Event =
  | TransactionEvent
  /** `content`: with another state. */
  | { type: 'tu.update'; content: boolean; expires?: number }
  /** `turn.go`: no other PUBLISH to the same place is under way. */
  | { type: 'tu.remove' | 'refresh.due' | 'turn.go' }

const responseOf = (event: Event) => (event as { response: SipResponse }).response

/** Names, guards and actions of `publication`. */
export const publicationSetup = setup({
  types: {} as { input: PublicationInput; context: PublicationContext; events: Event },
  actions: {
    publish: effect<Publish>('publish'),
    joinQueue: effect('joinQueue'),
    leaveQueue: effect('leaveQueue'),
    /** The state that was sent is what stands at the server. */
    noteGrant: effect<Published>('noteGrant'),
    /** What waits for the answer to the latest PUBLISH has it. */
    settle: effect<{ error?: SipError }>('settle'),
    grantRefresh: effect<{ expires: number }>('grantRefresh'),
    stopRefresh: effect('stopRefresh'),
    announce: effect<News>('announce'),
    keep: assign(({ context, event }) => {
      const result = readPublished(responseOf(event), context.requested)
      return 'fault' in result ? {} : { published: result, retried: false, lapsed: false }
    }),
    send: assign(({ context }) => ({
      changing: context.changed || context.published === undefined,
      changed: false,
      due: false,
      renewing: context.due,
    })),
    /** The same once more, for longer. */
    lengthen: assign(({ context, event }) => ({
      requested: responseOf(event).parsed('min-expires')!,
      retried: true,
      changed: context.changed || context.changing,
      due: context.due || context.renewing,
    })),
    /** A change was refused that a renewal went along with: that is still due. */
    noteUnrenewed: assign(({ context }) => ({ due: context.due || context.renewing })),
    /** The server knows that state no more. §5 */
    lose: assign({ published: undefined, due: false, lapsed: false }),
    note: assign(({ context, event }) => {
      if (event.type !== 'tu.update') return {}
      const { content, expires = context.requested } = event
      return { requested: expires, retried: false, ...(content ? { changed: true } : { due: true }) }
    }),
    noteDue: assign({ due: true }),
    leave: assign({ leaving: true }),
    lapse: assign({ lapsed: true }),
  },
  guards: {
    /** A 100 says no more than that the request was heard. RFC 4320 §4.1 */
    aboveTrying: ({ event }) => responseOf(event).status > 100,
    usable: ({ context, event }) => !('fault' in readPublished(responseOf(event), context.requested)),
    renewable: ({ context, event }) =>
      context.refreshes && !('fault' in readPublished(responseOf(event), context.requested)),
    tooBrief: ({ context, event }) => {
      const least = responseOf(event).parsed('min-expires')
      return (
        responseOf(event).status === 423 &&
        !context.retried &&
        least !== undefined &&
        least > context.requested &&
        least <= context.maxMinExpires
      )
    },
    unknown: ({ event }) => responseOf(event).status === 412,
    leaving: ({ context }) => context.leaving,
    changing: ({ context }) => context.changing,
    wanting: ({ context }) => context.changed || context.due,
    lapsed: ({ context }) => context.lapsed,
    unrenewed: ({ context }) => !context.refreshes,
  },
  delays: { lifetime: ({ context }) => context.published!.granted * 1000 },
})
