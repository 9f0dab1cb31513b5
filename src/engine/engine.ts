/**
 * The engine put together: parts, logics, and the border to the API. One engine serves any number of connections.
 */
import type { AnyEventObject } from 'xstate'
import { rfc3261, type TimerConfig } from '../../machines/timers.ts'
import { SipError } from '../errors.ts'
import { checkUserHeaders } from '../rules/headers.ts'
import { checkToken } from '../rules/text.ts'
import { allowFor } from './abilities.ts'
import { Authenticator } from './authenticate.ts'
import { Calls } from './calls.ts'
import type { Command, EngineEvent, EnginePort, Id, OutgoingResponse } from './commands.ts'
import { Connections } from './connections.ts'
import { Dialogs } from './dialogs.ts'
import { logicsOf, type Parts } from './effects.ts'
import type { CallEntry, ConnectionEntry, Entry, Kind } from './entries.ts'
import { Flows } from './flows.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { checkOutgoing } from './outgoing.ts'
import { Parking } from './parking.ts'
import type { Platform } from './ports.ts'
import { Receiver } from './receive.ts'
import { checkRegistration, Registrations } from './registrations.ts'
import { Requests } from './requests.ts'
import { Runtime } from './runtime.ts'
import { ServerTransactions } from './server-transactions.ts'
import { Tap } from './tap.ts'

export interface EngineOptions {
  readonly limits?: Partial<Limits>
  /** Timer values of connections that give none; default those of RFC 3261. */
  readonly timers?: TimerConfig
}

/** What lives in an engine: for tests of leaks, and for status displays. */
export interface Census {
  readonly actors: number
  readonly keys: number
  readonly timers: number
  readonly kinds: Readonly<Record<string, number>>
}

export interface Engine extends EnginePort {
  census(): Census
}

export const createEngine = (platform: Platform, options: EngineOptions = {}): Engine => {
  const tap = new Tap(platform.clock)
  const runtime = new Runtime(platform, { ...defaultLimits, ...options.limits }, tap)
  const parts = { runtime } as Parts
  const logics = logicsOf(parts)
  const receiver = new Receiver(runtime)
  parts.flows = receiver.flows = new Flows(runtime, logics.flow, (flow, bytes, from) =>
    receiver.received(flow, bytes, from),
  )
  parts.servers = new ServerTransactions(runtime, {
    invite: logics.inviteServer,
    other: logics.nonInviteServer,
  })
  runtime.parking = new Parking(runtime, { invite: logics.inviteServer, other: logics.nonInviteServer })
  parts.requests = new Requests(runtime, parts.flows, {
    request: logics.clientRequest,
    invite: logics.inviteClient,
    other: logics.nonInviteClient,
  })
  parts.authenticator = new Authenticator(runtime)
  parts.dialogs = new Dialogs(runtime, parts.flows, parts.requests, logics.dialog)
  parts.calls = new Calls({
    ...parts,
    logics: { outgoing: logics.outgoingCall, incoming: logics.incomingCall },
  })
  parts.registrations = new Registrations(runtime, parts.requests, {
    registration: logics.registration,
    refresh: logics.refresh,
  })
  parts.connections = new Connections({
    ...parts,
    logics: { connection: logics.connection, standAlone: logics.standAlone },
  })

  const commands = new Commands(parts, options.timers ?? rfc3261)
  return {
    dispatch: command => runtime.run(() => commands.carryOut(command)),
    onEvent: (listener: (event: EngineEvent) => void) => runtime.listen(listener),
    trace: listener => tap.attach(listener),
    newId: kind => runtime.newId(kind),
    census: () => {
      const kinds: Record<string, number> = {}
      for (const { kind } of runtime.registry) kinds[kind] = (kinds[kind] ?? 0) + 1
      return {
        actors: runtime.registry.size,
        keys: runtime.registry.keys,
        timers: runtime.timers.size,
        kinds,
      }
    },
  }
}

/** Commands of the API: checked, then handed to the machine they are for. */
class Commands {
  readonly #parts: Parts
  readonly #timers: TimerConfig

  constructor(parts: Parts, timers: TimerConfig) {
    this.#parts = parts
    this.#timers = timers
  }

  carryOut(command: Command): void {
    const { runtime, connections, authenticator, servers } = this.#parts
    switch (command.type) {
      case 'connection.open':
        return connections.open(command.id, command.options, command.options.timers ?? this.#timers)
      case 'connection.close':
        return runtime.post(this.#entry(command.id, 'connection'), { type: 'tu.close' })
      case 'request.send':
        checkToken(command.request.method, 'method')
        checkOutgoing(command.request)
        checkUserHeaders(command.request.headers ?? [])
        return this.#ask(command.connection, command)
      case 'call.invite':
        checkOutgoing(command.invite)
        checkUserHeaders(command.invite.headers ?? [])
        return this.#ask(command.connection, command)
      case 'registration.open':
        checkRegistration(command.options)
        checkUserHeaders(command.options.headers ?? [])
        return this.#ask(command.connection, command)
      case 'registration.register':
        return this.#post(command.id, 'registration', { type: 'tu.register' })
      case 'registration.update':
        return this.#post(
          command.id,
          'registration',
          command.expires === undefined
            ? { type: 'tu.update' }
            : { type: 'tu.update', expires: command.expires },
        )
      case 'registration.unregister':
        return this.#post(command.id, 'registration', { type: 'tu.unregister' })
      case 'refresh.interval':
        return this.#post(command.id, 'refresh', { type: 'tu.interval', seconds: command.seconds })
      case 'transaction.respond':
        return servers.answer(this.#entry(command.id, 'server'), this.#checked(command.response))
      case 'call.provisional':
        return this.#respond(command.id, 'tu.provisional', command.response)
      case 'call.accept':
        return this.#respond(command.id, 'tu.accept', command.response)
      case 'call.reject':
        return this.#respond(command.id, 'tu.reject', command.response)
      case 'call.ack':
        return this.#post(
          command.id,
          'call',
          command.answer === undefined ? { type: 'tu.ack' } : { type: 'tu.ack', answer: command.answer },
        )
      case 'call.cancel':
      case 'call.hangUp': {
        const headers = checkUserHeaders(command.headers ?? [])
        const call = this.#entry(command.id, 'call')
        call.cancelHeaders = headers
        return runtime.post(
          call,
          command.type === 'call.cancel' ? { type: 'tu.cancel' } : { type: 'tu.hangUp', headers },
        )
      }
      case 'dialog.request': {
        const dialog = this.#entry(command.dialog, 'dialog')
        checkToken(command.request.method, 'method')
        checkUserHeaders(command.request.headers ?? [])
        return connections.standAlone(
          dialog.connection,
          command.id,
          { ...command.request, uri: dialog.record().remoteTarget },
          dialog,
        )
      }
      case 'challenge.provide':
        if (!authenticator.isPending(command.id))
          throw new SipError('not-found', 'this challenge is no longer open')
        return authenticator.provide(command.id, command.credentials)
      case 'challenge.ignore':
        return authenticator.ignore(command.id)
    }
  }

  #entry<K extends Kind>(id: Id, kind: K): Extract<Entry, { kind: K }> {
    const entry = this.#parts.runtime.registry.get(id)
    if (entry?.kind !== kind) throw new SipError('resource-not-available', `${id} is closed`)
    return entry as Extract<Entry, { kind: K }>
  }

  #post(id: Id, kind: Kind, event: AnyEventObject): void {
    this.#parts.runtime.post(this.#entry(id, kind), event)
  }

  /** What needs an active connection. */
  #ask(id: Id, command: Command): void {
    const connection: ConnectionEntry = this.#entry(id, 'connection')
    if (!connection.actor.getSnapshot().matches('active'))
      throw new SipError('not-ready', 'the connection is not active')
    this.#parts.runtime.post(connection, { type: 'tu.command', command })
  }

  #respond(id: Id, type: string, response: OutgoingResponse): void {
    const { runtime, servers, flows } = this.#parts
    const call: CallEntry = this.#entry(id, 'call')
    if (!call.server) throw new SipError('not-supported', 'an outgoing call cannot be answered')
    const answer = this.#checked(response)
    const contact =
      response.status < 300
        ? [['Contact', `<${flows.names(call.connection, call.server.way).contact}>`] as const]
        : []
    const allow = type === 'tu.accept' ? allowFor(call.connection, answer.headers) : []
    const headers = [...contact, ...allow, ...(answer.headers ?? [])]
    const built = servers.build(call.server, { ...answer, headers })
    if (!built) throw new SipError('invalid-transaction-state', 'the call has had its final response')
    runtime.post(call, { type, response: built })
  }

  #checked(response: OutgoingResponse): OutgoingResponse {
    checkUserHeaders(response.headers ?? [])
    return response
  }
}
