/**
 * Which application gets a request outside dialogs: by the user it is for, what its caller prefers, its event, then all
 * else that it holds. Each step leaves fewer; who alone is meant by a step has it. Symbian's client resolver, both generations.
 */
import type { HeaderPair, SipRequest } from '../message/types.ts'
import { covers } from './body.ts'
import { bestScore, hasPreference, readAll } from './caller-preferences.ts'
import type { ClientCapabilities } from './capabilities.ts'
import { ownMethods } from './options.ts'
import { offeredStreams, streamsTaken } from './resolve-media.ts'
import type { Refusal } from './respond.ts'
import { sameText } from './text.ts'

/** What code of an application says of one request. Absent: it was not asked. CSIPResolvedClient2 */
export interface ClientVerdicts {
  readonly acceptContact?: boolean
  readonly event?: boolean
  readonly request?: boolean
}

/** An application that could have a request. */
export interface ResolvableClient {
  /** Its name. */
  readonly client: string
  /** Absent: it takes whatever comes. */
  readonly capabilities?: ClientCapabilities
  /** It runs; else it can be started. */
  readonly attached: boolean
  /** It uses the profile whose Contact the request names: who does not gets it only when nobody does. */
  readonly uses?: boolean
  /** It has a connection on the network that the request came by. */
  readonly here?: boolean
  readonly verdicts?: ClientVerdicts
}

/** The steps in their order. */
export const resolveSteps = ['user', 'acceptContact', 'event', 'request'] as const

export type ResolveStep = (typeof resolveSteps)[number]

/** Those that are left, one of them when `decided`; or what the peer is answered. */
export type Narrowed = { readonly clients: readonly ResolvableClient[]; readonly decided: boolean } | Refusal

const refuse = (status: number, headers: readonly HeaderPair[] = []): Refusal => ({
  reply: { status, headers },
})

/** Temporarily unavailable: nobody is there who takes it. RFC 3261 §21.4.18 */
export const unavailable = refuse(480)

type Clients = readonly ResolvableClient[]

const listed = (clients: Clients, name: 'methods' | 'events' | 'contentTypes'): string =>
  [...new Set(clients.flatMap(({ capabilities }) => capabilities?.[name] ?? []))].join(', ')

/** One that is meant has it; several go on among themselves; where none is meant, those that are left do. */
const meant = (matched: Clients, left: Clients): Narrowed =>
  matched.length > 0 ? { clients: matched, decided: matched.length === 1 } : { clients: left, decided: false }

/** Who uses the profile that it is for gets it. Else whose users are mapped gets requests for them, and no others. */
const byUser = (request: SipRequest, clients: Clients): Narrowed => {
  if (clients.length === 0) return unavailable
  const using = clients.filter(({ uses }) => uses === true)
  if (using.length > 0) return { clients: using, decided: false }
  const { target } = request
  const user = 'user' in target ? target.user : undefined
  const mapped = clients.filter(
    ({ capabilities }) => user !== undefined && capabilities?.users?.includes(user),
  )
  const left =
    mapped.length > 0 ? mapped : clients.filter(({ capabilities }) => capabilities?.users === undefined)
  return left.length > 0 ? { clients: left, decided: false } : refuse(404)
}

/** RFC 3841 §7.2.4. Who says nothing of features cannot be ruled out, nor be meant. */
const byAcceptContact = (request: SipRequest, clients: Clients): Narrowed => {
  const scored = clients.flatMap(client => {
    const sets = client.capabilities?.features
    if (client.verdicts?.acceptContact === true) return [{ client, score: 1 }]
    if (sets === undefined) return [{ client, score: 0 }]
    const score = bestScore(readAll(sets), request)
    return score === undefined ? [] : [{ client, score }]
  })
  if (scored.length === 0) return unavailable
  const left = scored.map(({ client }) => client)
  if (!hasPreference(request)) return { clients: left, decided: false }
  const best = Math.max(...scored.map(({ score }) => score))
  return meant(
    best === 0 ? [] : scored.filter(({ score }) => score === best).map(({ client }) => client),
    left,
  )
}

const byEvent = (request: SipRequest, clients: Clients): Narrowed => {
  const event = request.parsed('event')?.value
  if (event === undefined) return { clients, decided: false }
  const takes = ({ capabilities, verdicts }: ResolvableClient): boolean =>
    verdicts?.event === true || (capabilities?.events ?? []).some(one => sameText(one, event))
  const left = clients.filter(client => client.capabilities?.events === undefined || takes(client))
  return left.length > 0
    ? meant(left.filter(takes), left)
    : refuse(489, [['Allow-Events', listed(clients, 'events')]])
}

const takesMethod =
  ({ method }: SipRequest) =>
  ({ capabilities }: ResolvableClient): boolean =>
    capabilities?.methods === undefined || capabilities.methods.includes(method)

const readsContent = (request: SipRequest): ((client: ResolvableClient) => boolean) => {
  const type = request.body.length > 0 ? request.parsed('content-type')?.value : undefined
  const types = type === undefined ? [] : [type, ...(offeredStreams(request) ? ['application/sdp'] : [])]
  return ({ capabilities }) =>
    types.length === 0 ||
    capabilities?.contentTypes === undefined ||
    // Who names its streams reads what describes them.
    (capabilities.media !== undefined && types.includes('application/sdp')) ||
    types.some(one => capabilities.contentTypes!.some(range => covers(range, one)))
}

/** Those that take most of the streams; none when nobody takes any. RFC 3264 §6: one is enough for an answer. */
const byStreams = (request: SipRequest, clients: Clients): Clients => {
  const streams = offeredStreams(request)
  if (streams === undefined || streams.length === 0) return clients
  const taken = clients.map(({ capabilities }) => streamsTaken(streams, capabilities?.media))
  const most = Math.max(...taken)
  return most === 0 ? [] : clients.filter((_, at) => taken[at] === most)
}

/** Running first, then with a connection where it came, then by priority, then in order: the same every time. */
const first = (clients: Clients): ResolvableClient => {
  const rank = ({ attached, here, capabilities }: ResolvableClient): number =>
    (attached ? 1e7 : 0) + (here ? 1e6 : 0) + (capabilities?.priority ?? 0)
  return clients.reduce((best, client) => (rank(client) > rank(best) ? client : best))
}

const byRequest = (request: SipRequest, clients: Clients): Narrowed => {
  const willing = clients.filter(({ verdicts }) => verdicts?.request !== false)
  if (willing.length === 0) return unavailable
  const able = willing.filter(takesMethod(request))
  if (able.length === 0) {
    const methods = new Set([...ownMethods, ...willing.flatMap(({ capabilities }) => capabilities!.methods!)])
    return refuse(405, [['Allow', [...methods].filter(method => method !== request.method).join(', ')]])
  }
  const readers = able.filter(readsContent(request))
  if (readers.length === 0) return refuse(415, [['Accept', listed(able, 'contentTypes')]])
  const left = byStreams(request, readers)
  return left.length === 0 ? refuse(488) : { clients: [first(left)], decided: true }
}

const stepsBy: Readonly<Record<ResolveStep, (request: SipRequest, clients: Clients) => Narrowed>> = {
  user: byUser,
  acceptContact: byAcceptContact,
  event: byEvent,
  request: byRequest,
}

/** What one step leaves of the applications. The last one leaves one, or none. */
export const narrow = (step: ResolveStep, request: SipRequest, clients: Clients): Narrowed =>
  stepsBy[step](request, clients)

/** All steps: the application, or the answer. `clients`: in the order in which they were made known. */
export const resolveClient = (
  request: SipRequest,
  clients: Clients,
): { readonly client: ResolvableClient } | Refusal => {
  let left = clients
  for (const step of resolveSteps) {
    const narrowed = narrow(step, request, left)
    if ('reply' in narrowed) return narrowed
    left = narrowed.clients
    if (narrowed.decided) break
  }
  return { client: left[0]! }
}
