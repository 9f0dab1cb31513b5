/** The effects of connections, their flows and their registrations. */
import type { SipError } from '../../errors.ts'
import type { Registered } from '../../rules/registered.ts'
import { type Args, announcements, type EntryOf, type Parts } from './kit.ts'
import { onNetwork } from './networks.ts'

export const registration = (parts: Parts, of: EntryOf) => ({
  ...announcements(parts, of),
  register: (args: Args, { expires, outbound }: { expires?: number; outbound: boolean }) =>
    parts.registrations.register(of(args, 'registration'), expires, outbound),
  joinQueue: (args: Args) => parts.registrations.joinQueue(of(args, 'registration')),
  leaveQueue: (args: Args) => parts.registrations.leaveQueue(of(args, 'registration')),
  noteWait: (args: Args, { seconds }: { seconds: number }) =>
    parts.registrations.noteWait(of(args, 'registration'), seconds),
  announceGrant: (args: Args, binding: Registered) =>
    parts.registrations.granted(of(args, 'registration'), binding),
  grantRefresh: (args: Args, { expires }: { expires: number }) =>
    parts.registrations.grantRefresh(of(args, 'registration'), expires),
  stopRefresh: (args: Args) => parts.registrations.stopRefresh(of(args, 'registration')),
})

export const keepAlive = (parts: Parts, of: EntryOf) => ({
  ping: (args: Args, { probe }: { probe: number }) => parts.keepAlives.ping(of(args, 'keepAlive'), probe),
  ask: (args: Args) => parts.keepAlives.ask(of(args, 'keepAlive')),
  flowDead: (args: Args) => parts.keepAlives.died(of(args, 'keepAlive')),
})

export const repeatedRequest = (parts: Parts, of: EntryOf) => ({
  ...announcements(parts, of),
  request: (args: Args) => parts.repeated.request(of(args, 'repeated')),
  grantRefresh: (args: Args, { expires }: { expires: number }) =>
    parts.repeated.granted(of(args, 'repeated'), expires),
  stopRefresh: (args: Args) => parts.repeated.stop(of(args, 'repeated')),
  announceEnd: (args: Args, error: SipError) => parts.runtime.error(of(args, 'repeated').refresh.id, error),
})

export const connection = (parts: Parts, of: EntryOf) => ({
  ...onNetwork(parts, of),
  release: (args: Args) => parts.connections.release(of(args, 'connection')),
  route: (args: Args, { origin }: { origin: unknown }) =>
    parts.connections.route(of(args, 'connection'), origin),
  carryOut: (args: Args, command: object) => parts.connections.carryOut(of(args, 'connection'), command),
  reportFailure: (args: Args, error: SipError) => parts.runtime.error(of(args, 'connection').id, error),
  reportLoss: (args: Args, error: SipError) =>
    parts.runtime.news({ type: 'lost', id: of(args, 'connection').id, error }),
  dropChildren: (args: Args) => parts.connections.dropChildren(of(args, 'connection')),
  endCalls: (args: Args) => parts.connections.endCalls(of(args, 'connection')),
  endRegistrations: (args: Args) => parts.connections.endRegistrations(of(args, 'connection')),
  forget: (_: Args, { actorId }: { actorId: string }) => parts.connections.forget(actorId),
  reportCrash: (_: Args, { actorId, error }: { actorId: string; error: unknown }) =>
    parts.connections.crashed(actorId, error),
})

export const flow = (parts: Parts, of: EntryOf) => ({
  flowReady: (args: Args) => parts.flows.opened(of(args, 'flow')),
  flowGone: (args: Args, { error }: { error?: SipError }) => parts.flows.gone(of(args, 'flow'), error),
  closeFlow: (args: Args) => parts.flows.close(of(args, 'flow')),
})
