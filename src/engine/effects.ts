/**
 * Every effect that a machine may ask for, performed. One table a machine; the names are those that the machine
 * declares, and the compiler refuses one that is missing a parameter.
 */
import type { AnyActorLogic, AnyActorRef, AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import type { News, Place } from '../../machines/effects.ts'
import * as machines from '../../machines/index.ts'
import type { SipError } from '../errors.ts'
import type { HeaderPair, SipMessage, SipRequest, SipResponse } from '../message/types.ts'
import type { Registered } from '../rules/registered.ts'
import { isRepeated } from '../rules/repeated.ts'
import type { Refusal } from '../rules/respond.ts'
import { respond } from '../rules/respond.ts'
import type { Authenticator } from './authenticate.ts'
import type { Calls } from './calls.ts'
import { compile } from './compile/index.ts'
import type { Connections } from './connections.ts'
import type { Dialogs } from './dialogs.ts'
import type { Entry, Kind } from './entries.ts'
import type { Flows } from './flows.ts'
import type { Registrations } from './registrations.ts'
import { entryOf } from './registry.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'
import type { ServerTransactions } from './server-transactions.ts'

/** The parts that perform effects. Filled when the engine is put together. */
export interface Parts {
  runtime: Runtime
  flows: Flows
  servers: ServerTransactions
  requests: Requests
  authenticator: Authenticator
  dialogs: Dialogs
  calls: Calls
  registrations: Registrations
  connections: Connections
}

interface Args {
  readonly self: AnyActorRef
  // biome-ignore lint/suspicious/noExplicitAny: the context of whichever machine asks
  readonly context: any
}

type Performer<P> = (args: Args, params: P) => void

/** The entry of the actor that asks. */
type EntryOf = <K extends Kind>(args: Args, kind: K) => Extract<Entry, { kind: K }>

const transactions = (parts: Parts, of: EntryOf) => {
  const answer: Performer<SipResponse> = ({ self }, response) => {
    const entry = entryOf(self)
    if (entry?.kind !== 'server' && entry?.kind !== 'parked') return
    const bytes = parts.flows.answer(entry.way, response, entry)
    if (entry.kind === 'parked' || response.status < 200) return
    entry.final = bytes
    // Nothing will be built from the request any more; only the response is repeated.
    entry.request = undefined
    if (!entry.invite) parts.runtime.afterwards(() => parts.runtime.parking.park(entry))
  }
  const trying = (args: Args): void => {
    const entry = of(args, 'server')
    if (entry.request) parts.flows.answer(entry.way, respond(entry.request, { status: 100 }), entry)
  }
  const ask: Performer<SipMessage> = (args, request) => {
    const entry = of(args, 'client')
    parts.flows.send(entry.way, request, entry)
  }
  return {
    inviteServer: { transmit: answer, transmitTrying: trying },
    nonInviteServer: { transmit: answer, transmitTrying: trying },
    inviteClient: {
      transmit: ask,
      acknowledge: (args: Args, response: SipResponse) =>
        parts.requests.acknowledgeFailure(of(args, 'client'), response),
    },
    nonInviteClient: { transmit: ask },
  }
}

const announcements = (parts: Parts, of: EntryOf) => ({
  announce: (args: Args, news: News) => {
    const entry = entryOf(args.self)
    const id = entry?.kind === 'standAlone' ? entry.requestId : args.self.id
    if (news.type === 'error') return parts.runtime.error(id, news.error)
    // A copy is no news: one application event for each response.
    if (entry && news.type === 'response' && isRepeated((entry.provisionals ??= new Map()), news.response))
      return
    parts.runtime.news({ ...news, id })
  },
  announceRejection: (args: Args, response: SipResponse) =>
    parts.calls.announceRejection(entryOf(args.self) ?? of(args, 'call'), response),
})

const call = (parts: Parts, of: EntryOf) => ({
  ...announcements(parts, of),
  invite: (args: Args) => parts.calls.invite(of(args, 'call')),
  openDialog: (args: Args, response: SipResponse) => parts.dialogs.open(of(args, 'call'), response),
  acknowledge: (args: Args, { response, answer }: { response?: SipResponse; answer?: string }) => {
    const entry = of(args, 'call')
    parts.dialogs.acknowledge(entry, response ?? entry.answer!, answer)
  },
  acknowledgeNow: (args: Args) => {
    const entry = of(args, 'call')
    parts.dialogs.acknowledge(entry, entry.answer!)
  },
  dismiss: (args: Args, response: SipResponse) => parts.dialogs.dismiss(of(args, 'call'), response),
  cancel: (args: Args) => parts.calls.cancel(of(args, 'call')),
  respond: (args: Args, response: SipResponse) => parts.calls.respond(of(args, 'call'), response),
  respondAgain: (args: Args) => parts.calls.respond(of(args, 'call'), args.context.last),
  respondCancelled: (args: Args) => parts.calls.respondCancelled(of(args, 'call')),
  bye: (args: Args, { headers }: { headers?: readonly HeaderPair[] }) =>
    parts.calls.bye(of(args, 'call'), headers),
  endDialogs: (args: Args) => {
    const entry = of(args, 'call')
    parts.dialogs.end(entry)
    parts.connections.callEnded(entry)
  },
  answerBye: (_: Args, request: RequestInDialog) => parts.calls.answerBye(request),
  decline: (_: Args, request: RequestInDialog) => parts.calls.decline(request),
  collide: (_: Args, request: RequestInDialog) => parts.calls.collide(request),
  postpone: (_: Args, request: RequestInDialog) => parts.calls.postpone(request),
})

const dialog = (parts: Parts, of: EntryOf) => ({
  deliver: (args: Args, request: RequestInDialog) => parts.calls.deliver(of(args, 'dialog'), request),
  deliverAck: (args: Args, request: SipRequest) => {
    const { call } = of(args, 'dialog')
    parts.runtime.post(call, { type: 'dialog.ack', request })
    const { server } = call
    // Acknowledged: the call will not repeat its 2xx any more.
    if (server) parts.runtime.afterwards(() => parts.runtime.parking.park(server))
  },
  refuse: (_: Args, { transaction, refusal }: { transaction: string; refusal: Refusal }) => {
    const server = parts.runtime.registry.get(transaction)
    if (server?.kind === 'server') parts.servers.refuse(server, refusal)
  },
})

const clientRequest = (parts: Parts, of: EntryOf) => ({
  locate: (args: Args) => parts.requests.locate(of(args, 'request')),
  connect: (args: Args, place: Place) => parts.requests.connect(of(args, 'request'), place),
  send: (args: Args) => parts.requests.send(of(args, 'request')),
  authenticate: (args: Args, response: SipResponse) =>
    parts.authenticator.authenticate(of(args, 'request'), response),
  cancel: (args: Args) => parts.requests.cancel(of(args, 'request')),
  abandon: (args: Args) => parts.requests.abandon(of(args, 'request')),
})

const registration = (parts: Parts, of: EntryOf) => ({
  ...announcements(parts, of),
  register: (args: Args, { expires }: { expires?: number }) =>
    parts.registrations.register(of(args, 'registration'), expires),
  announceGrant: (args: Args, binding: Registered) =>
    parts.registrations.granted(of(args, 'registration'), binding),
  grantRefresh: (args: Args, { expires }: { expires: number }) =>
    parts.registrations.grantRefresh(of(args, 'registration'), expires),
  stopRefresh: (args: Args) => parts.registrations.stopRefresh(of(args, 'registration')),
})

const connection = (parts: Parts, of: EntryOf) => ({
  bind: (args: Args) => parts.connections.bind(of(args, 'connection')),
  unbind: (args: Args) => parts.connections.release(of(args, 'connection')),
  route: (args: Args, { origin }: { origin: unknown }) =>
    parts.connections.route(of(args, 'connection'), origin),
  carryOut: (args: Args, command: object) => parts.connections.carryOut(of(args, 'connection'), command),
  reportLoss: (args: Args, error: SipError) => parts.connections.reportLoss(of(args, 'connection'), error),
  dropChildren: (args: Args) => parts.connections.dropChildren(of(args, 'connection')),
  endCalls: (args: Args) => parts.connections.endCalls(of(args, 'connection')),
  endRegistrations: (args: Args) => parts.connections.endRegistrations(of(args, 'connection')),
  forget: (_: Args, { actorId }: { actorId: string }) => parts.connections.forget(actorId),
  reportCrash: (_: Args, { actorId, error }: { actorId: string; error: unknown }) =>
    parts.connections.crashed(actorId, error),
})

const flow = (parts: Parts, of: EntryOf) => ({
  flowReady: (args: Args) => parts.flows.opened(of(args, 'flow')),
  flowGone: (args: Args, { error }: { error?: SipError }) => parts.flows.gone(of(args, 'flow'), error),
  closeFlow: (args: Args) => parts.flows.close(of(args, 'flow')),
})

/**
 * A logic with all it inherits as its own: every actor reads from it, and a chain of prototypes that each belong to one
 * object is what V8 looks things up in slowest.
 */
const flat = (logic: AnyActorLogic): AnyActorLogic => {
  const own: Record<PropertyKey, unknown> = {}
  for (
    let level: object | null = logic;
    level && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const key of Reflect.ownKeys(level)) {
      if (key !== 'constructor' && !(key in own))
        own[key] = (logic as unknown as Record<PropertyKey, unknown>)[key]
    }
  }
  return own as unknown as AnyActorLogic
}

/** The machines with their effects, compiled, and watched by the runtime. */
export const logicsOf = (parts: Parts) => {
  const of = (({ self }: Args, kind: Kind) => {
    const entry = entryOf(self)
    if (entry?.kind !== kind) throw new Error(`${self.id} is no ${kind}`)
    return entry
  }) as EntryOf
  const { runtime } = parts
  const make = (machine: AnyStateMachine, actions: object = {}): AnyActorLogic => {
    const logic = compile(machine.provide({ actions } as never), { timers: runtime.timers })
    // biome-ignore lint/suspicious/noExplicitAny: the scope is XState's own, handed through
    type Scope = any
    return Object.assign(flat(logic), {
      transition: (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: Scope) => {
        const next = logic.transition(snapshot, event, scope)
        if (next !== snapshot) runtime.moved(scope.self, snapshot, next, event)
        return next
      },
      getInitialSnapshot: (scope: Scope, input: unknown) => {
        const first = logic.getInitialSnapshot(scope, input as never)
        runtime.moved(scope.self, undefined, first, { type: 'xstate.init' })
        return first
      },
    })
  }
  const ofTransactions = transactions(parts, of)
  return {
    inviteServer: make(machines.inviteServer, ofTransactions.inviteServer),
    nonInviteServer: make(machines.nonInviteServer, ofTransactions.nonInviteServer),
    inviteClient: make(machines.inviteClient, ofTransactions.inviteClient),
    nonInviteClient: make(machines.nonInviteClient, ofTransactions.nonInviteClient),
    clientRequest: make(machines.clientRequest, clientRequest(parts, of)),
    standAlone: make(machines.standAlone, {
      ...announcements(parts, of),
      request: (args: Args) => parts.connections.startStandAlone(of(args, 'standAlone')),
      endUsage: (args: Args) => parts.calls.endUsage(of(args, 'standAlone')),
    }),
    dialog: make(machines.dialog, dialog(parts, of)),
    outgoingCall: make(machines.outgoingCall, call(parts, of)),
    incomingCall: make(machines.incomingCall, call(parts, of)),
    registration: make(machines.registration, registration(parts, of)),
    refresh: make(machines.refresh),
    connection: make(machines.connection, connection(parts, of)),
    flow: make(machines.flow, flow(parts, of)),
  }
}
