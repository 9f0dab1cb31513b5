/** Commands of the API: checked, then handed to the machine they are for. */
import type { AnyEventObject } from 'xstate'
import type { TimerConfig } from '../../machines/timers.ts'
import { SipError } from '../errors.ts'
import type { HeaderPair } from '../message/types.ts'
import { reliableTag } from '../rules/reliable.ts'
import { asksForSips } from '../rules/secure.ts'
import { allowFor, supportedFor } from './abilities.ts'
import { isReliable } from './branch-commands.ts'
import { checkArguments } from './command-checks.ts'
import type { Command, Id, OutgoingResponse } from './commands.ts'
import type { Parts } from './effects/kit.ts'
import type { CallEntry, ConnectionEntry, Entry, Kind } from './entries.ts'
import { firstHop } from './outgoing.ts'
import { contactWithin } from './own-contact.ts'

/** Who carries out the commands of one area, by their type. */
export type Handlers = {
  readonly [Type in Command['type']]?: (command: Extract<Command, { type: Type }>) => void
}

export class Commands {
  readonly #parts: Parts
  readonly #timers: TimerConfig
  readonly #areas: Handlers

  /** `areas`: those that carry their commands out themselves. */
  constructor(parts: Parts, timers: TimerConfig, areas: readonly Handlers[]) {
    this.#parts = parts
    this.#timers = timers
    this.#areas = Object.assign({}, ...areas)
  }

  carryOut(command: Command): void {
    const { runtime, connections, authenticator, servers } = this.#parts
    checkArguments(command, (id, registration) => firstHop(runtime, id, registration))
    switch (command.type) {
      case 'connection.open':
        return connections.open(command.id, command.options, command.options.timers ?? this.#timers)
      case 'connection.close':
        return runtime.post(this.#entry(command.id, 'connection'), { type: 'tu.close' })
      case 'connection.refresh':
        return this.#parts.networks.refresh(this.#entry(command.id, 'connection'))
      case 'connection.configure':
        return this.#parts.flows.configure(this.#entry(command.id, 'connection'), command.sockets)
      case 'request.send':
      case 'call.invite':
      case 'registration.open':
        return this.#ask(command.connection, command)
      case 'transaction.respond':
        return servers.answer(this.#entry(command.id, 'server'), command.response)
      case 'call.provisional':
        return this.#respond(command.id, 'tu.provisional', command.response, command.reliable)
      case 'call.accept': {
        const { id, response, sessionExpires } = command
        if (sessionExpires !== undefined) this.#entry(id, 'call').sessionExpires = sessionExpires
        return this.#respond(id, 'tu.accept', response)
      }
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
        const { headers = [] } = command
        const call = this.#entry(command.id, 'call')
        call.cancelHeaders = headers
        return runtime.post(
          call,
          command.type === 'call.cancel' ? { type: 'tu.cancel' } : { type: 'tu.hangUp', headers },
        )
      }
      case 'dialog.request': {
        const dialog = this.#entry(command.dialog, 'dialog')
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
      case 'credentials.clear':
        return authenticator.clear(command.realm)
      default:
        return this.#hand(command)
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

  #respond(id: Id, type: string, answer: OutgoingResponse, asked?: boolean): void {
    const { runtime, servers, flows } = this.#parts
    const call: CallEntry = this.#entry(id, 'call')
    if (!call.server) throw new SipError('not-supported', 'an outgoing call cannot be answered')
    const secure = call.incoming !== undefined && asksForSips(call.incoming)
    const contact =
      answer.status < 300
        ? [
            [
              'Contact',
              contactWithin(
                call,
                flows.names(call.connection, call.server.way, secure),
                call.dialogs[0]?.contactHost,
              ),
            ] as const,
          ]
        : []
    const allow: HeaderPair[] =
      type === 'tu.accept'
        ? [
            ...allowFor(call.connection, answer.headers),
            ...supportedFor(call.connection, answer.headers),
            ...this.#parts.sessionTimers.answer(call, call.incoming!),
          ]
        : []
    const reliable = type === 'tu.provisional' && isReliable(call, asked)
    // RFC 3311 §4: by its Allow the caller knows whether it may send UPDATE.
    if (reliable) allow.push(['Require', reliableTag], ...allowFor(call.connection, answer.headers))
    const headers = [...contact, ...allow, ...(answer.headers ?? [])]
    const built = servers.build(call.server, { ...answer, headers })
    if (!built) throw new SipError('invalid-transaction-state', 'the call has had its final response')
    runtime.post(call, reliable ? { type, response: built, reliable } : { type, response: built })
  }

  #hand(command: Command): void {
    const area = this.#areas[command.type] as ((command: Command) => void) | undefined
    if (!area) throw new SipError('not-supported', `nobody carries out ${command.type}`)
    area(command)
  }
}
