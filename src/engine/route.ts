/**
 * What becomes of a request that matches no transaction: effect `route` of the connection.
 * RFC 3261 §8.2, §9.2, §11.2, §12.2.2; the automatic answers of a user agent.
 */
import { fromBinary } from '../message/bytes.ts'
import { isMalformed } from '../message/malformed.ts'
import { parse } from '../message/parse.ts'
import type { SipRequest } from '../message/types.ts'
import { hasPreference, meansOneOf } from '../rules/caller-preferences.ts'
import { cancelledKey, dialogKey, dialogKeyOf } from '../rules/match.ts'
import { capabilityHeaders, sdpWithPortsZero } from '../rules/options.ts'
import { type Refusal, respond } from '../rules/respond.ts'
import { screen } from '../rules/screen.ts'
import { tooShort } from '../rules/session-timer.ts'
import { abilitiesOf, checksFor } from './abilities.ts'
import type {
  AnyDialogEntry,
  CallEntry,
  ConnectionEntry,
  Entry,
  EventDialogEntry,
  ParkedEntry,
  ServerEntry,
} from './entries.ts'
import type { Flows } from './flows.ts'
import { offersEvent } from './notifiers.ts'
import { profileShare, registrationFor } from './own-contact.ts'
import type { PeerChanges } from './peer-changes.ts'
import type { Runtime } from './runtime.ts'
import { type Arrived, type ServerTransactions, sourceOf } from './server-transactions.ts'
import type { SessionTimers } from './session-timers.ts'

/** Seconds that an overloaded engine asks others to wait. */
const overload = '10'

export interface Router {
  readonly peerChanges: PeerChanges
  readonly sessionTimers: SessionTimers
  readonly runtime: Runtime
  readonly flows: Flows
  readonly servers: ServerTransactions
  /** Opens an incoming call with its server transaction. */
  openCall(connection: ConnectionEntry, arrived: Arrived, replaced?: CallEntry): CallEntry
  /** The call whose place an INVITE asks for, or why it does not get it. RFC 3891 §3 */
  replaced(invite: SipRequest): CallEntry | Refusal | undefined
  openReferral(server: ServerEntry): void
  /** Opens a subscription of a peer's. */
  openNotifier(server: ServerEntry): boolean
  /** A NOTIFY outside dialogs that the connection takes. */
  unsolicited(connection: ConnectionEntry, arrived: Arrived): void
  /** The dialog that a NOTIFY makes which came before the 2xx to its REFER. RFC 6665 §4.4.1 */
  dialogOfNotify(notify: SipRequest): EventDialogEntry | undefined
}

const cancel = (router: Router, connection: ConnectionEntry, arrived: Arrived): void => {
  const { runtime, servers } = router
  const { request } = arrived
  const target = runtime.registry.find(cancelledKey(request))
  if (target?.kind !== 'server' && target?.kind !== 'parked') {
    return servers.answer(servers.open(arrived, connection), { status: 481 })
  }
  // §9.2: the To tag of the responses to the INVITE.
  const toTag = target.kind === 'server' ? target.toTag : tagOf(target)
  const call = target.kind === 'server' ? target.owner : callOf(router, request, toTag)
  const server = servers.open(arrived, connection, { toTag, usage: call })
  servers.answer(server, { status: 200 })
  const change = target.kind === 'server' && router.peerChanges.carriedBy(target)
  if (change) runtime.post(change, { type: 'wire.cancel', request }, server)
  else if (call?.kind === 'call') runtime.post(call, { type: 'wire.cancel', request }, server)
}

const tagOf = ({ response }: ParkedEntry): string | undefined => {
  const message = parse(fromBinary(response))
  return isMalformed(message) ? undefined : message.toTag
}

/** The call that an INVITE answered long ago belongs to. */
const callOf = ({ runtime }: Router, { callId, fromTag = '' }: SipRequest, toTag = ''): Entry | undefined => {
  const dialog = runtime.registry.find(dialogKey(callId, toTag, fromTag))
  return dialog?.kind === 'dialog' ? dialog.call : undefined
}

/** `within`: the dialog that it came in. */
const options = (
  { servers }: Router,
  connection: ConnectionEntry,
  arrived: Arrived,
  within?: AnyDialogEntry,
): void => {
  const server = servers.open(arrived, connection, { usage: within })
  // §11.2: the status that an INVITE would get.
  if (isBusy(connection)) return servers.answer(server, { status: 486 })
  const abilities = abilitiesOf(connection)
  const { announced } = connection
  const bound = connection.listeners.get(arrived.way.flow.transport.name)
  servers.answer(server, {
    status: 200,
    headers: [...capabilityHeaders(abilities), ...(announced?.headers ?? [])],
    contentType: 'application/sdp',
    body: sdpWithPortsZero(bound?.local.host ?? arrived.way.flow.flow.local.host, announced?.media),
  })
}

const isBusy = ({ calls, options: { maxCalls } }: ConnectionEntry): boolean =>
  maxCalls !== undefined && calls >= maxCalls

/** One of the applications answers by itself what its callers direct to it. RFC 3841 §7.2.4 */
const isClaimed = ({ announced }: ConnectionEntry, request: SipRequest): boolean =>
  announced !== undefined && hasPreference(request) && meansOneOf(announced.optionsFor, request)

const inDialog = (router: Router, connection: ConnectionEntry, arrived: Arrived): void => {
  const { runtime, servers } = router
  const { request } = arrived
  const found = runtime.registry.find(dialogKeyOf(request) ?? '')
  const dialog = found === undefined && request.method === 'NOTIFY' ? router.dialogOfNotify(request) : found
  if (dialog?.kind !== 'dialog' && dialog?.kind !== 'eventDialog')
    return servers.answer(servers.open(arrived, connection), { status: 481 })
  const refusal = screen(request, checksFor(connection, request.method))
  if (refusal) return servers.refuse(servers.open(arrived, connection, { usage: dialog }), refusal)
  if (request.method === 'OPTIONS') return options(router, connection, arrived, dialog)
  const { method } = request
  const forApplication =
    !usageMethods.has(method) && (!subscriptionMethods.has(method) || isHandled(connection, method))
  // An ACK with the branch of its INVITE reaches the dialog all the same. §17.1.1.3
  const owner = request.method === 'INVITE' ? dialog : connection
  const server = servers.open(arrived, owner, { visible: forApplication, dialog })
  runtime.post(dialog, { type: 'wire.request', request, transaction: server.id }, server)
}

/** Requests that belong to the INVITE usage: the call answers them. */
export const usageMethods: ReadonlySet<string> = new Set(['INVITE', 'BYE', 'UPDATE', 'PRACK'])

/** The application has asked for it by name: it gets what the engine has no use for. */
export const isHandled = ({ options: { methods } }: ConnectionEntry, method: string): boolean =>
  methods?.includes(method) === true

/** Requests that belong to a subscription, or begin one. */
const subscriptionMethods: ReadonlySet<string> = new Set(['REFER', 'NOTIFY', 'SUBSCRIBE'])

export const route = (router: Router, connection: ConnectionEntry, arrived: Arrived): void => {
  const { runtime, servers, flows } = router
  const { request } = arrived
  if (connection.serverTransactions >= runtime.limits.maxServerTransactions) {
    // Stateless, so that a flood costs nothing that stays.
    const headers = [['Retry-After', overload]] as const
    flows.send(arrived.way, respond(request, { status: 503, headers, toTag: runtime.token() }))
    return
  }
  if (request.method === 'CANCEL') return cancel(router, connection, arrived)
  if (request.toTag !== undefined) return inDialog(router, connection, arrived)
  const answer = (status: number) => servers.answer(servers.open(arrived, connection), { status })
  if (servers.isMerged(request)) return answer(482)
  const refusal = screen(request, checksFor(connection, request.method))
  if (refusal) return servers.refuse(servers.open(arrived, connection), refusal)
  if (!connection.actor.getSnapshot().matches('active')) return answer(480)
  switch (request.method) {
    case 'INVITE':
      return invited(router, connection, arrived)
    case 'REFER':
      return router.openReferral(servers.open(arrived, connection))
    case 'SUBSCRIBE':
      if (!offersEvent(connection, request)) return offer(router, connection, arrived)
      router.openNotifier(servers.open(arrived, connection))
      return
    case 'OPTIONS':
      return isClaimed(connection, request)
        ? offer(router, connection, arrived)
        : options(router, connection, arrived)
    // Outside a dialog these belong to nothing. §12.2.2
    case 'BYE':
    case 'UPDATE':
    case 'PRACK':
      return answer(481)
    case 'NOTIFY':
      if (connection.options.unsolicitedNotifications) return router.unsolicited(connection, arrived)
      return isHandled(connection, 'NOTIFY') ? offer(router, connection, arrived) : answer(481)
    default:
      return offer(router, connection, arrived)
  }
}

/** A call begins; one that takes the place of another is no further one. RFC 3891 §3 */
const invited = (router: Router, connection: ConnectionEntry, arrived: Arrived): void => {
  const { servers } = router
  const replaced = router.replaced(arrived.request)
  if (replaced && 'reply' in replaced) return servers.refuse(servers.open(arrived, connection), replaced)
  if (!replaced && isBusy(connection))
    return servers.answer(servers.open(arrived, connection), { status: 486 })
  if (isTooShort(router, connection, arrived)) return
  router.openCall(connection, arrived, replaced)
}

/** RFC 4028 §9: a session timer below our least draws 422. */
const isTooShort = (
  { servers, sessionTimers }: Router,
  connection: ConnectionEntry,
  arrived: Arrived,
): boolean => {
  const least = tooShort(arrived.request, sessionTimers.wish(connection))
  if (least === undefined) return false
  servers.answer(servers.open(arrived, connection), { status: 422, headers: [['Min-SE', String(least)]] })
  return true
}

/** Hands a request to the application. */
const offer = ({ runtime, servers }: Router, connection: ConnectionEntry, arrived: Arrived): void => {
  const server = servers.open(arrived, connection, { visible: true })
  const share = profileShare(registrationFor(connection, arrived.request))
  runtime.born({ ...requestEvent(server.id, connection, arrived.request, arrived), ...share })
}

export const requestEvent = (
  id: string,
  connection: Entry,
  request: SipRequest,
  { way }: Pick<Arrived, 'way'>,
  dialog?: string,
) =>
  ({
    type: 'request',
    id,
    connection: connection.id,
    ...(dialog === undefined ? {} : { dialog }),
    request,
    from: sourceOf(way),
  }) as const
