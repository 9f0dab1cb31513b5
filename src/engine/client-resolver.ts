/** Requests that wait for it to be known whose they are: the effects of their machine, and what a connection says of all. */
import type { AnyActorLogic } from 'xstate'
import { SipError } from '../errors.ts'
import type { Refusal } from '../rules/respond.ts'
import { forgetAbilities } from './abilities.ts'
import type { Id } from './commands.ts'
import type { Handlers } from './dispatch.ts'
import type { ConnectionEntry, ResolverEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

export class ClientResolvers {
  readonly #runtime: Runtime
  readonly #logic: AnyActorLogic

  constructor(runtime: Runtime, logic: AnyActorLogic) {
    this.#runtime = runtime
    this.#logic = logic
  }

  readonly commands: Handlers = {
    'resolver.open': ({ id, connection: place, request, clients, owner }) => {
      const connection = this.#connection(place)
      this.#runtime.spawn<ResolverEntry>({ kind: 'resolver', id, connection, visible: false }, this.#logic, {
        request,
        clients,
        ...(owner !== undefined && { owner }),
        timers: connection.timers,
      })
    },
    'resolver.ready': ({ id }) => this.#post(id, 'client.ready'),
    'resolver.failed': ({ id }) => this.#post(id, 'launch.failed'),
    'resolver.cancel': ({ id }) => this.#post(id, 'tu.cancel'),
    'connection.announce': ({ id, capabilities }) => {
      const connection = this.#connection(id)
      connection.announced = capabilities
      forgetAbilities(connection)
    },
  }

  /** Effect `launch`. */
  launch({ id }: ResolverEntry, client: string): void {
    this.#runtime.news({ type: 'launch', id, client })
  }

  /** Effect `deliver`. */
  deliver({ id }: ResolverEntry, client: string): void {
    this.#runtime.news({ type: 'resolved', id, client })
  }

  /** Effect `refuse`. */
  refuse({ id }: ResolverEntry, refusal: Refusal): void {
    this.#runtime.news({ type: 'unresolved', id, refusal })
  }

  #connection(id: Id): ConnectionEntry {
    const entry = this.#runtime.registry.get(id)
    if (entry?.kind !== 'connection') throw new SipError('resource-not-available', `${id} is closed`)
    return entry
  }

  /** One that is over waits for nobody. */
  #post(id: Id, type: string): void {
    const entry = this.#runtime.registry.get(id)
    if (entry?.kind === 'resolver') this.#runtime.post(entry, { type })
  }
}
