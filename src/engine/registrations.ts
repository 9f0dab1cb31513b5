/** Registrations and their refreshes: opening them, and the effects of their machines. RFC 3261 §10.2. */
import type { AnyActorLogic } from 'xstate'
import { SipError } from '../errors.ts'
import { formatNameAddr } from '../message/name-addr.ts'
import type { HeaderPair } from '../message/types.ts'
import { formatUri } from '../message/uri.ts'
import type { Registered } from '../rules/registered.ts'
import { routeRequest, uriOf } from '../rules/route-set.ts'
import type { Command } from './commands.ts'
import { looseRoute, nameAddr, sipUri } from './compose.ts'
import type { ConnectionEntry, RefreshEntry, RegistrationEntry } from './entries.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'

type Open = Extract<Command, { type: 'registration.open' }>

/** A refresh or grant below this is no use. */
const minRequested = 60

export const checkRegistration = ({
  aor,
  registrar,
  contact,
  outboundProxy,
  expires,
  minRequestedExpires = minRequested,
}: Open['options']): void => {
  const address = sipUri(aor, 'aor')
  if (registrar !== undefined) sipUri(registrar, 'registrar')
  if (outboundProxy !== undefined) sipUri(outboundProxy, 'outboundProxy')
  if (contact !== undefined && contact.trim() === '*') throw new SipError('argument', 'contact may not be *')
  if (contact !== undefined) {
    const { uri, params } = nameAddr(contact, 'contact')
    if (!('user' in uri) || uri.user === undefined)
      throw new SipError('argument', 'contact needs a user part')
    if (params.has('expires'))
      throw new SipError('argument', 'the lifetime is given by `expires`, not in contact')
    if (address.scheme === 'sips' && uri.scheme !== 'sips')
      throw new SipError('argument', 'a sips: address of record needs a sips: contact')
  }
  if (expires !== undefined && !(Number.isInteger(expires) && expires >= minRequestedExpires)) {
    throw new SipError(
      'argument',
      `expires must be a whole number of seconds, at least ${minRequestedExpires}`,
    )
  }
}

export class Registrations {
  readonly #runtime: Runtime
  readonly #requests: Requests
  readonly #logics: { readonly registration: AnyActorLogic; readonly refresh: AnyActorLogic }

  constructor(
    runtime: Runtime,
    requests: Requests,
    logics: { readonly registration: AnyActorLogic; readonly refresh: AnyActorLogic },
  ) {
    this.#runtime = runtime
    this.#requests = requests
    this.#logics = logics
  }

  open(connection: ConnectionEntry, { id, options }: Open): void {
    const entry = this.#runtime.spawn<RegistrationEntry>(
      {
        kind: 'registration',
        id,
        connection,
        visible: true,
        options,
        callId: this.#runtime.token(),
        fromTag: this.#runtime.token(),
        numbering: { seq: 0 },
        serviceRoute: [],
        registrarExpiresAt: 0,
      },
      this.#logics.registration,
      {
        aor: options.aor,
        ...(options.expires === undefined ? {} : { requested: options.expires }),
        minGranted: options.minGrantedExpires ?? 30,
        maxMinExpires: options.maxMinExpires ?? 86_400,
        refreshes: options.refresh ?? true,
      },
    )
    this.#runtime.post(entry, { type: 'tu.register' })
  }

  /** Effect `register`: `expires` 0 ends the binding. */
  register(entry: RegistrationEntry, expires: number | undefined): void {
    const { options, connection, callId, fromTag } = entry
    const aor = uriOf(options.aor)!
    const registrar =
      options.registrar ??
      formatUri({
        scheme: aor.scheme,
        host: aor.host,
        ...(aor.port === undefined ? {} : { port: aor.port }),
        params: new Map(),
        headers: new Map(),
      })
    const proxy = options.outboundProxy ?? connection.options.outboundProxy
    const { uri, route, nextHop } = routeRequest(
      registrar,
      proxy === undefined ? [] : [looseRoute(sipUri(proxy, 'outboundProxy'))],
    )
    const routes: readonly HeaderPair[] = route.map(value => ['Route', value])
    const lifetime =
      expires === undefined || (expires > 0 && options.sendExpires === false) ? '' : `;expires=${expires}`
    this.#requests.start(
      entry,
      {
        method: 'REGISTER',
        uri,
        nextHop: uriOf(nextHop)!,
        head: seq => [
          ['Max-Forwards', '70'],
          ...routes,
          ['From', `<${options.aor}>;tag=${fromTag}`],
          ['To', `<${options.aor}>`],
          ['Call-ID', callId],
          ['CSeq', `${seq} REGISTER`],
        ],
        contact: options.contact === undefined ? 'own' : formatNameAddr(nameAddr(options.contact, 'contact')),
        contactParams: lifetime,
        extra: options.headers ?? [],
        credentials: options.credentials ?? [],
      },
      entry.numbering,
    )
  }

  /** Effect `announceGrant`. */
  granted(
    entry: RegistrationEntry,
    { granted, registrarExpires, belowMinimum, serviceRoute }: Registered,
  ): void {
    entry.registrarExpiresAt = this.#runtime.platform.clock.now() + registrarExpires * 1000
    entry.serviceRoute = serviceRoute
    if (belowMinimum) {
      this.#runtime.news({
        type: 'grantedBelowMinimum',
        id: entry.id,
        granted: registrarExpires,
        used: granted,
      })
    }
  }

  /** Effect `grantRefresh`: the refresh goes on from here; made when there is none. */
  grantRefresh(entry: RegistrationEntry, expires: number): void {
    let { refresh } = entry
    if (!refresh?.alive) {
      const id = this.#runtime.newId('refresh')
      this.#runtime.born({ type: 'refresh', id, owner: entry.id })
      refresh = this.#runtime.spawn<RefreshEntry>(
        { kind: 'refresh', id, connection: entry.connection, owner: entry, visible: true },
        this.#logics.refresh,
        { owner: entry.actor },
      )
      entry.refresh = refresh
    }
    this.#runtime.post(refresh, { type: 'refresh.granted', expires }, entry)
  }

  /** Effect `stopRefresh`. */
  stopRefresh(entry: RegistrationEntry): void {
    if (entry.refresh) this.#runtime.post(entry.refresh, { type: 'refresh.stop' }, entry)
    entry.refresh = undefined
  }
}
