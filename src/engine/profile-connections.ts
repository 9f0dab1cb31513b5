/** The connections of profiles: one for each network, made by the engine and shared by all whose network it is. */
import type { TimerConfig } from '../../machines/timers.ts'
import { isSipError } from '../errors.ts'
import { securityMechanisms } from '../rules/security-agreement.ts'
import type { ConnectionOptions } from './commands.ts'
import type { Connections } from './connections.ts'
import type { ConnectionEntry, Kind, ProfileEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

/** What stays with a connection that nobody uses: what it is made of, and what is past. */
const idleKinds: ReadonlySet<Kind> = new Set<Kind>([
  'connection',
  'flow',
  'network',
  'parked',
  'keepAlive',
  'client',
])

const stateOf = ({ actor }: ConnectionEntry): string => {
  const { value } = actor.getSnapshot()
  return typeof value === 'string' ? value : Object.keys(value)[0]!
}

const isLost = (connection: ConnectionEntry): boolean =>
  connection.alive !== true || ['unavailable', 'closing', 'closed'].includes(stateOf(connection))

export const isActive = (connection: ConnectionEntry): boolean =>
  connection.alive === true && stateOf(connection) === 'active'

/** Whether security is agreed on with the first hop. RFC 3329 */
type Negotiates = false | 'offers' | 'requires'

/** By network and manners. */
const keyOf = (network: string | undefined, negotiates: Negotiates): string =>
  JSON.stringify([negotiates, ...(network === undefined ? [] : [network])])
const networkOf = (key: string): string | undefined => (JSON.parse(key) as readonly [Negotiates, string?])[1]

export class ProfileConnections {
  readonly #runtime: Runtime
  readonly #connections: Connections
  readonly #options: ConnectionOptions
  readonly #timers: TimerConfig
  /** Those that were made here, by network and manners. */
  readonly #made = new Map<string, ConnectionEntry>()

  constructor(runtime: Runtime, connections: Connections, options: ConnectionOptions, timers: TimerConfig) {
    this.#runtime = runtime
    this.#connections = connections
    this.#options = options
    this.#timers = timers
  }

  get all(): readonly ConnectionEntry[] {
    return [...this.#made.values()].filter(
      connection => connection.alive === true && stateOf(connection) !== 'closed',
    )
  }

  /** Takes part in the connection of a network. Throws `not-supported` where the platform knows no networks. */
  attach(profile: ProfileEntry, network: string | undefined, plain: boolean): ConnectionEntry {
    const { securityNegotiation, type } = profile.record.stored.fields
    // An IMS network has to agree, others may. 3GPP TS 24.229 §5.1.1.2
    const negotiates = securityNegotiation && !plain && (type.class === 'ims' ? 'requires' : 'offers')
    const key = keyOf(network, negotiates)
    const known = this.#made.get(key)
    const connection = known && !isLost(known) ? known : this.#open(key, network, negotiates)
    connection.profiles ??= new Set()
    connection.profiles.add(profile)
    return connection
  }

  detach(profile: ProfileEntry, connection: ConnectionEntry): void {
    connection.profiles?.delete(profile)
    this.#runtime.afterwards(() => this.settle(connection))
  }

  /** Closes a connection of ours that nobody uses and that holds nothing: at once, or when the last thing on it has ended. */
  settle(connection: ConnectionEntry): void {
    if (!connection.shared || connection.profiles?.size !== 0 || isLost(connection)) return
    for (const entry of this.#runtime.registry) {
      if (entry.connection === connection && !idleKinds.has(entry.kind)) return
    }
    this.#runtime.post(connection, { type: 'tu.close' })
  }

  #open(key: string, network: string | undefined, negotiates: Negotiates): ConnectionEntry {
    const { port: _port, ports: _ports, ...elsewhere } = this.#options
    const beside = [...this.#made].some(([other, made]) => !isLost(made) && networkOf(other) === network)
    const options: ConnectionOptions = {
      // Two of different manners on one network cannot have the same port.
      ...(beside ? elsewhere : this.#options),
      ...(network !== undefined && { network }),
      ...(negotiates && {
        securityAgreement: { mechanisms: securityMechanisms, require: negotiates === 'requires' },
      }),
    }
    const id = this.#runtime.newId('connection')
    try {
      this.#connections.open(id, options, options.timers ?? this.#timers, () =>
        this.#runtime.born({ type: 'profileConnection', id, options }),
      )
    } catch (error) {
      const other = isSipError(error) && error.code === 'already-exists' && this.#on(network!)
      if (other) return other
      throw error
    }
    const connection = this.#runtime.registry.get(id) as ConnectionEntry
    connection.shared = true
    this.#made.set(key, connection)
    return connection
  }

  /** The application has one there: a network has one connection. */
  #on(network: string): ConnectionEntry | undefined {
    for (const connection of this.#runtime.registry.ofKind('connection')) {
      const { options, networkId } = connection
      if ((options.network === network || networkId === network) && !isLost(connection)) return connection
    }
    return undefined
  }
}
