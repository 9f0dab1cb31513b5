/**
 * A line: registered by a profile as long as it is started, and the end of its calls and subscriptions in order.
 * RConnection of the High Level API (its stages EFresh to EStopped), over the profile that serves it.
 *
 *   fresh ──start──▶ starting ──registered──▶ active ──stop──▶ stopping: sessions ──▶ profile ──▶ stopped
 *                     ▲ │  ▲ ▲                  │                 (BYE, un-SUBSCRIBE)  (REGISTER 0)
 *                     │ │  │ └──network lost────┘
 *                     │ │  └──start── stopped, failed
 *                     │ └──dropped by the profile──▶ failed
 *
 * A stop waits for an attempt that is under way, never for one that is to come. Closing is a stop without return.
 */
import { assign, setup } from 'xstate'
import type { SipError } from '../src/errors.ts'
import { effect } from './effects.ts'

/** What a line hears of the profile that it uses. */
export type ProfileNews =
  /** The registrar is asked, or has our binding. */
  | { readonly type: 'profile.registering' | 'profile.registered' }
  /** It is not registered for now, and will try again by itself; `error`: why. */
  | { readonly type: 'profile.waiting'; readonly error?: SipError }
  /** It has ended our use: what failed is fatal, somebody forced it, or the profile is gone. */
  | { readonly type: 'profile.dropped'; readonly error: SipError }
  /** Our use is over, and where it was the last one so is the binding. */
  | { readonly type: 'profile.released' }

interface Context {
  /** Why it is not registered. */
  readonly error?: SipError | undefined
  /** It has no attempt under way. */
  readonly waits: boolean
  readonly leaving: boolean
  readonly closing: boolean
  /** Calls and subscriptions that end with it. */
  readonly sessions: readonly string[]
}

type Event =
  | ProfileNews
  | { type: 'tu.start' }
  | { type: 'tu.stop' | 'tu.close'; sessions: readonly string[] }
  | { type: 'sessions.gone' }

type Leave = { event: { sessions: readonly string[] } }
const sessions = ({ event }: Leave) => event.sessions
const error = ({ event }: { event: { error?: SipError } }) => event.error
const leave = { type: 'leave', params: sessions } as const
const close = ['close', leave] as const
const begin = { 'tu.start': { target: 'starting', actions: ['begin', 'useProfile'] } } as const
const ended = { 'tu.stop': { target: 'stopping', actions: leave } } as const
const closed = { 'tu.close': { target: 'stopping', actions: close } } as const
const fail = { type: 'note', params: error } as const
const report = {
  type: 'reportFailure',
  params: ({ event }: { event: { error: SipError } }) => event.error,
} as const

/** A line: start it and you are registered, stop it and all that it holds ends. RConnection. */
export const line = setup({
  types: {} as { context: Context; events: Event },
  actions: {
    /** Adds this line to the users of its profile. */
    useProfile: effect('useProfile'),
    /** Takes it from them; answered by `profile.released`. */
    releaseProfile: effect('releaseProfile'),
    /** Ends calls and subscriptions; answered by `sessions.gone`. */
    endSessions: effect<readonly string[]>('endSessions'),
    reportFailure: effect<SipError>('reportFailure'),
    release: effect('release'),
    begin: assign(() => ({ error: undefined, waits: false, leaving: false, sessions: [] })),
    note: assign((_, reason: SipError | undefined) => ({ error: reason, waits: true })),
    attempt: assign(() => ({ waits: false })),
    recover: assign(() => ({ error: undefined, waits: false })),
    leave: assign((_, held: readonly string[]) => ({ leaving: true, sessions: held })),
    close: assign(() => ({ closing: true })),
  },
  guards: {
    waits: ({ context }) => context.waits,
    leaving: ({ context }) => context.leaving,
    closing: ({ context }) => context.closing,
  },
}).createMachine({
  id: 'line',
  context: { waits: false, leaving: false, closing: false, sessions: [] },
  initial: 'fresh',
  states: {
    fresh: { on: { ...begin, ...closed } },
    starting: {
      on: {
        'profile.registering': { actions: 'attempt' },
        'profile.registered': [
          { guard: 'leaving', target: 'stopping', actions: 'recover' },
          { target: 'active', actions: 'recover' },
        ],
        'profile.waiting': [{ guard: 'leaving', target: 'stopping', actions: fail }, { actions: fail }],
        'profile.dropped': [
          { guard: 'leaving', target: 'stopping', actions: fail },
          { target: 'failed', actions: [fail, report] },
        ],
        'tu.stop': [{ guard: 'waits', ...ended['tu.stop'] }, { actions: leave }],
        'tu.close': [{ guard: 'waits', ...closed['tu.close'] }, { actions: close }],
      },
    },
    active: {
      on: {
        ...ended,
        ...closed,
        'profile.waiting': { target: 'starting', actions: fail },
        'profile.registering': { target: 'starting', actions: 'attempt' },
        'profile.dropped': { target: 'failed', actions: [fail, report] },
      },
    },
    stopping: {
      initial: 'sessions',
      on: { 'tu.close': { actions: 'close' } },
      states: {
        sessions: {
          entry: { type: 'endSessions', params: ({ context }) => context.sessions },
          on: { 'sessions.gone': 'profile' },
        },
        profile: {
          entry: 'releaseProfile',
          on: {
            'profile.released': [{ guard: 'closing', target: '#line.released' }, { target: '#line.stopped' }],
          },
        },
      },
    },
    stopped: { on: { ...begin, ...closed } },
    failed: { on: { ...begin, ...ended, ...closed } },
    released: { entry: 'release', type: 'final' },
  },
})
