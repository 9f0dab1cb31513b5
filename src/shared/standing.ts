/** How the connections, registrations and calls of a server stand, by what it tells. */
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { Owner } from './owner.ts'
import type { Owners } from './owners.ts'
import type { ServerStatus, StatusObject } from './protocol.ts'
import type { Session } from './session.ts'

/** What a status display shows, by what ids begin with. */
const shown = /^(?:connection|registration|call)\./

interface Stands {
  state: string
  networkId?: string
  addresses?: readonly string[]
  /** Of a registration that is made for one. */
  profile?: Id
}

/** The part of a status that the server itself knows. */
export type OwnStatus = Pick<ServerStatus, 'pid' | 'version' | 'uptime' | 'inspector'>

export class Standing {
  readonly #stands = new Map<Id, Stands>()
  /** Set by who runs the server. */
  own: () => OwnStatus = () => ({ pid: 0, version: '', uptime: 0 })

  note(event: EngineEvent): void {
    if (!('id' in event) || !shown.test(event.id)) return
    if (event.type === 'closed') {
      this.#stands.delete(event.id)
      return
    }
    const { type } = event
    if (!(type === 'state' || type === 'network' || type === 'listening' || type === 'profileRegistration'))
      return
    let stands = this.#stands.get(event.id)
    if (!stands) this.#stands.set(event.id, (stands = { state: 'init' }))
    if (event.type === 'profileRegistration') stands.profile = event.profile
    else if (event.type === 'state') stands.state = event.state.is
    else if (event.type === 'network') stands.networkId = event.networkId
    else
      stands.addresses = event.addresses.map(
        ({ transport, host, port }) =>
          `${transport.toLowerCase()} ${host.includes(':') ? `[${host}]` : host}:${port}`,
      )
  }

  /** The network of a connection; empty when it is not known. */
  networkOf(connection: Id): string {
    return this.#stands.get(connection)?.networkId ?? ''
  }

  /** The profile that a registration is made for. */
  profileOf(registration: Id): Id | undefined {
    return this.#stands.get(registration)?.profile
  }

  isActive(connection: Id): boolean {
    return this.#stands.get(connection)?.state === 'active'
  }

  status(sessions: readonly Session[], owners: Owners<Owner>): ServerStatus {
    const clientOf = (id: Id): { readonly client?: string } => {
      const owner = owners.of(id)
      const session = sessions.find(other => other === owner)
      return session ? { client: session.client } : {}
    }
    const of = (kind: string): readonly (StatusObject & { readonly addresses: readonly string[] })[] =>
      [...this.#stands]
        .filter(([id]) => id.startsWith(`${kind}.`))
        .map(([id, { state, addresses = [] }]) => ({ id, state, addresses, ...clientOf(id) }))
    const plain = (kind: string): readonly StatusObject[] => of(kind).map(({ addresses: _, ...rest }) => rest)
    return {
      ...this.own(),
      clients: sessions.map(session => ({
        client: session.client,
        session: session.id,
        objects: [...owners.held(session)].length,
      })),
      connections: of('connection'),
      registrations: plain('registration'),
      calls: plain('call'),
    }
  }
}
