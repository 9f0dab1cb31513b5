/**
 * Every effect that a machine may ask for, performed. One table a machine; the names are those that the machine
 * declares, and the compiler refuses one that is missing a parameter.
 */
import type { AnyActorLogic, AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import * as machines from '../../../machines/index.ts'
import { compile } from '../compile/index.ts'
import type { Kind } from '../entries.ts'
import { entryOf } from '../registry.ts'
import type { Step } from '../tap-step.ts'
import { reliableProvisional, reliableReceipt } from './branches.ts'
import { call, dialog } from './calls.ts'
import { change, sessionTimer } from './changes.ts'
import { clientResolver } from './client-resolvers.ts'
import { connection, flow, keepAlive, registration, repeatedRequest } from './connections.ts'
import { eventDialog } from './event-dialogs.ts'
import { type Args, announcements, type EntryOf, type Parts } from './kit.ts'
import { line } from './lines.ts'
import { network } from './networks.ts'
import { notifier } from './notifiers.ts'
import { profile } from './profiles.ts'
import { pagerMessage, publication } from './publications.ts'
import { referral, referralNotifier } from './referrals.ts'
import { securityAgreement } from './security.ts'
import { description, session } from './sessions.ts'
import { subscription } from './subscriptions.ts'
import { clientRequest, transactions } from './transactions.ts'

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
  const { tap } = runtime
  const make = (machine: AnyStateMachine, actions: object = {}): AnyActorLogic => {
    const logic = compile(machine.provide({ actions } as never), {
      timers: runtime.timers,
      hooks: tap.hooks,
    })
    // biome-ignore lint/suspicious/noExplicitAny: the scope is XState's own, handed through
    type Scope = any
    /** The same while somebody watches; a step that throws is over, too. */
    const seen = (step: Step, before: AnyMachineSnapshot, event: AnyEventObject, scope: Scope) => {
      let after = before
      try {
        after = logic.transition(before, event, scope)
        return after
      } finally {
        tap.end(step, after)
      }
    }
    return Object.assign(flat(logic), {
      transition: (snapshot: AnyMachineSnapshot, event: AnyEventObject, scope: Scope) => {
        const step = tap.open ? tap.step(entryOf(scope.self), scope.self, snapshot, event) : undefined
        const next = step ? seen(step, snapshot, event, scope) : logic.transition(snapshot, event, scope)
        if (next !== snapshot) runtime.moved(scope.self, next.value !== snapshot.value)
        return next
      },
      getInitialSnapshot: (scope: Scope, input: unknown) => {
        if (tap.open) tap.birthOf(scope.self)
        const first = logic.getInitialSnapshot(scope, input as never)
        runtime.moved(scope.self)
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
    description: make(machines.description, description(parts, of)),
    outgoingChange: make(machines.outgoingChange, change(parts, of)),
    incomingChange: make(machines.incomingChange, change(parts, of)),
    sessionTimer: make(machines.sessionTimer, sessionTimer(parts, of)),
    offerAnswer: make(machines.offerAnswer, session(parts, of)),
    incomingCall: make(machines.incomingCall, call(parts, of)),
    surfacedCall: make(machines.surfacedCall, call(parts, of)),
    inviteExpiry: make(machines.inviteExpiry),
    reliableProvisional: make(machines.reliableProvisional, reliableProvisional(parts, of)),
    reliableReceipt: make(machines.reliableReceipt, reliableReceipt(parts, of)),
    eventDialog: make(machines.dialog, eventDialog(parts, of)),
    referral: make(machines.referral, referral(parts, of)),
    notifier: make(machines.notifier, notifier(parts, of)),
    referralNotifier: make(machines.referralNotifier, referralNotifier(parts, of)),
    subscription: make(machines.subscription, subscription(parts, of)),
    publication: make(machines.publication, publication(parts, of)),
    pagerMessage: make(machines.pagerMessage, pagerMessage(parts, of)),
    line: make(machines.line, line(parts, of)),
    clientResolver: make(machines.clientResolver, clientResolver(parts, of)),
    profile: make(machines.profile, profile(parts, of)),
    registration: make(machines.registration, registration(parts, of)),
    keepAlive: make(machines.keepAlive, keepAlive(parts, of)),
    refresh: make(machines.refresh),
    repeatedRequest: make(machines.repeatedRequest, repeatedRequest(parts, of)),
    connection: make(machines.connection, connection(parts, of)),
    networkMonitor: make(machines.networkMonitor, network(parts, of)),
    flow: make(machines.flow, flow(parts, of)),
    securityAgreement: make(machines.securityAgreement, securityAgreement(parts, of)),
  }
}
