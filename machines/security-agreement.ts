/**
 * What we agree on with one next hop to protect what we say to each other. RFC 3329 §2.3.1.
 *
 *   idle ──our offer──▶ waiting ──list of the server──▶ agreed ──another list──▶ agreed
 *    ▲ │                 │  │ 2xx although we insist         │ nothing in common
 *    │ └──list of the server, unasked──▶ agreed              ▼
 *    └────2xx, we do not insist  └─────────────────────────▶ failed ──our offer──▶ waiting
 * From everywhere `ended`, when there are too many. The request that an event came with is told how it goes on: `proceed` or `giveUp`.
 */
import { assign, setup } from 'xstate'
import { SipError } from '../src/errors.ts'
import type { SipResponse } from '../src/message/types.ts'
import { type Agreed, chooseMechanism, type SecurityList } from '../src/rules/security-agreement.ts'
import { effect } from './effects.ts'

/** What `securityAgreement` starts with. */
export interface SecurityAgreementInput {
  /** Mechanisms that we have, the preferred first. */
  readonly mechanisms: readonly string[]
  /** A server that does not agree is not spoken to. */
  readonly required: boolean
}

interface Context extends SecurityAgreementInput {
  /** What was agreed on, and the list of the server that it was chosen from. */
  readonly mechanism?: string
  readonly list?: SecurityList
}

type Event =
  | { type: 'security.offered' }
  /** A response asks for security and lists what the server has. */
  | { type: 'security.listed'; request: string; response: SipResponse; list: SecurityList }
  /** A 2xx to a request that carried our offer. */
  | { type: 'security.ignored'; request: string; response: SipResponse }
  | { type: 'security.forgotten' }

/** The request that goes on, and what was agreed on for it. */
export interface Proceeding {
  readonly request: string
  readonly mechanism?: string | undefined
}

interface Asked {
  readonly request: string
  readonly response: SipResponse
}

type Refusal = { readonly request: string; readonly error: SipError }

const refusal = ({ request, response }: Asked, text: string): Refusal => ({
  request,
  error: new SipError('forbidden', text, { response }),
})

const proceed = {
  type: 'proceed',
  params: ({ context, event }: { context: Context; event: { request: string } }) => ({
    request: event.request,
    mechanism: context.mechanism,
  }),
} as const

const listed = [
  {
    guard: { type: 'common', params: ({ event }: { event: { list: SecurityList } }) => event.list },
    target: 'agreed',
    reenter: true,
    actions: [
      { type: 'agree', params: ({ event }: { event: { list: SecurityList } }) => event.list },
      proceed,
    ],
  },
  {
    target: 'failed',
    actions: {
      type: 'giveUp',
      params: ({ event }: { event: Asked }) =>
        refusal(event, 'there is no security mechanism that both have (RFC 3329)'),
    },
  },
] as const

const bidDown = {
  type: 'giveUp',
  params: ({ event }: { event: Asked }) => refusal(event, 'the next hop agreed on no security (RFC 3329)'),
} as const

/** An agreement with one next hop on the security between us. RFC 3329 §2.3.1. */
export const securityAgreement = setup({
  types: {} as { input: SecurityAgreementInput; context: Context; events: Event },
  actions: {
    agree: assign({
      list: (_, list: SecurityList) => list,
      mechanism: ({ context }, list: SecurityList) => chooseMechanism(list.values, context.mechanisms)!,
    }),
    announceAgreement: effect<Agreed>('announceAgreement'),
    proceed: effect<Proceeding>('proceed'),
    giveUp: effect<Refusal>('giveUp'),
  },
  guards: {
    common: ({ context }, list: SecurityList) =>
      chooseMechanism(list.values, context.mechanisms) !== undefined,
    required: ({ context }) => context.required,
  },
}).createMachine({
  id: 'securityAgreement',
  context: ({ input }) => input,
  initial: 'idle',
  on: { 'security.forgotten': '.ended' },
  states: {
    idle: {
      on: {
        'security.offered': 'waiting',
        'security.listed': listed,
        'security.ignored': { actions: proceed },
      },
    },
    waiting: {
      on: {
        'security.listed': listed,
        // Somebody between us may have taken our offer out: the bidding was brought down. §3.1
        'security.ignored': [
          { guard: 'required', target: 'failed', actions: bidDown },
          { target: 'idle', actions: proceed },
        ],
      },
    },
    agreed: {
      entry: {
        type: 'announceAgreement',
        params: ({ context: { mechanism, list } }) => ({ mechanism, list }),
      },
      // An answer to an offer that was under way already is good: the next request has the agreement.
      on: { 'security.listed': listed, 'security.ignored': { actions: proceed } },
    },
    failed: {
      entry: { type: 'announceAgreement', params: {} },
      on: {
        'security.offered': 'waiting',
        'security.listed': listed,
        'security.ignored': [{ guard: 'required', actions: bidDown }, { actions: proceed }],
      },
    },
    ended: { type: 'final' },
  },
})
