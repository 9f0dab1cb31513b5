/**
 * What a connection makes of the networks of its host: which one it is on, whether that one can be used, when to try
 * again. CSIPConnection's network machine.
 */

/** A network of this host: an interface with its addresses. */
export interface NetworkInterface {
  /** As the system names it: `eth0`, `wlan0`. */
  readonly name: string
  /** Numeric addresses, IPv6 without brackets and zone. Empty: it is there and has none yet. */
  readonly addresses: readonly string[]
  /** True for the loopback: it leads nowhere else. Default false. */
  readonly internal?: boolean
  /** `suspended`: held for a while by something else; `removed`: it will never come back. Default `up`. */
  readonly state?: 'up' | 'suspended' | 'removed'
}

/** The network that a connection is on. */
export type Wanted =
  | { readonly by: 'name'; readonly name: string; readonly family: Family }
  | { readonly by: 'address'; readonly address: string }
  /** Whichever there is; `internal`: the loopback counts, since there was nothing else. */
  | { readonly by: 'any'; readonly internal: boolean; readonly family: Family }

export type Family = 4 | 6

/** How that network looks at present. */
export type Sight =
  | { readonly is: 'up'; readonly address: string }
  | { readonly is: 'suspended' | 'unaddressed' | 'absent' | 'removed' }

/** The id of the network of a connection that listens on all of them. */
export const everyNetwork = '*'

/** A connection on all networks is on each of them. */
export const isOnNetwork = (own: string, asked: string): boolean => own === asked || own === everyNetwork

export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4)

/** An address that stands for all there are. */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** A link-local IPv6 address needs a zone, and serves no Contact. RFC 4007 §6 */
const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address)

const ofFamily = (addresses: readonly string[], family: Family): readonly string[] => {
  const found = addresses.filter(address => familyOf(address) === family)
  const routed = found.filter(address => !isLinkLocal(address))
  return routed.length > 0 ? routed : found
}

/** The address to go on with: the one in use while it is there. */
const chosen = (addresses: readonly string[], current: string | undefined): string | undefined =>
  current !== undefined && addresses.includes(current) ? current : addresses[0]

const sightOf = (
  { state = 'up', addresses }: NetworkInterface,
  family: Family,
  current: string | undefined,
): Sight => {
  if (state !== 'up') return { is: state }
  const address = chosen(ofFamily(addresses, family), current)
  return address === undefined ? { is: 'unaddressed' } : { is: 'up', address }
}

/** What can be seen of a network; `current` is the address in use. */
export const lookAt = (wanted: Wanted, interfaces: readonly NetworkInterface[], current?: string): Sight => {
  if (wanted.by === 'name') {
    const found = interfaces.find(({ name }) => name === wanted.name)
    return found ? sightOf(found, wanted.family, current) : { is: 'absent' }
  }
  if (wanted.by === 'address') {
    const { address } = wanted
    const found = interfaces.find(({ addresses }) => addresses.includes(address))
    return found ? sightOf({ ...found, addresses: [address] }, familyOf(address), address) : { is: 'absent' }
  }
  const counted = interfaces.filter(({ internal = false }) => wanted.internal || !internal)
  const addresses = counted.flatMap(one => ((one.state ?? 'up') === 'up' ? one.addresses : []))
  const address = chosen(ofFamily(addresses, wanted.family), current)
  if (address !== undefined) return { is: 'up', address }
  if (counted.some(({ state }) => state === 'suspended')) return { is: 'suspended' }
  return {
    is: counted.length > 0 && counted.every(({ state }) => state === 'removed') ? 'removed' : 'absent',
  }
}

/** The place of a connection among the networks. */
export interface NetworkPlace {
  /** Tells networks apart: the name of the interface, `*` for all, the host where nothing is known of interfaces. */
  readonly networkId: string
  /** Absent: nobody watches it. */
  readonly wanted?: Wanted
}

/**
 * The network that a connection asks for: by name or address (`network`), by the host that it binds, or the platform's own.
 * Undefined for a name that no interface has.
 */
export const placeOf = (
  {
    network,
    host,
    fallback,
  }: { readonly network?: string; readonly host?: string; readonly fallback: string },
  interfaces: readonly NetworkInterface[],
): NetworkPlace | undefined => {
  const address = network ?? host
  const holder = interfaces.find(
    ({ name, addresses }) => name === network || addresses.includes(address ?? fallback),
  )
  if (network !== undefined && holder?.name === network)
    return { networkId: network, wanted: { by: 'name', name: network, family: familyOf(host ?? fallback) } }
  if (address !== undefined && !isWildcard(address)) {
    if (holder) return { networkId: holder.name, wanted: { by: 'address', address } }
    return network === undefined ? { networkId: address } : undefined
  }
  const own = address ?? fallback
  if (!isWildcard(own)) {
    // The default host is the place of whoever asks for none: it follows the addresses of its interface.
    return holder
      ? { networkId: holder.name, wanted: { by: 'name', name: holder.name, family: familyOf(own) } }
      : { networkId: own }
  }
  const internal = interfaces.every(one => one.internal === true)
  return { networkId: everyNetwork, wanted: { by: 'any', internal, family: familyOf(own) } }
}

/** When a lost network is tried again, in milliseconds. */
export interface NetworkRecovery {
  /** Before the first attempts, after failures that may pass. */
  readonly first: readonly number[]
  /** Before each further one. */
  readonly further: number
  /** After a failure that time alone hardly mends: no right to, no such protocol. */
  readonly fatal: number
}

const minute = 60_000

/** 5, 15, 25 min, then each hour; 3 h after a fatal failure. */
export const defaultRecovery: NetworkRecovery = {
  first: [5 * minute, 15 * minute, 25 * minute],
  further: 60 * minute,
  fatal: 180 * minute,
}

/** Milliseconds until the attempt after so many failed ones. */
export const recoveryAfter = (
  { first, further, fatal }: NetworkRecovery,
  failures: number,
  isFatal: boolean,
): number => (isFatal ? fatal : (first[failures] ?? further))

/** From so many looks on the wait is the same. */
export const mostLooks = 9

/** Milliseconds between looks for a local address: each second for 4 s, then twice as long each time, up to a minute. */
export const nextLook = (looks: number): number =>
  looks < 4 ? 1000 : Math.min(minute, 1000 * 2 ** (looks - 3))

const fatalCodes: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'])

/** True for a failure to bind that time alone hardly mends. */
export const isFatalFailure = ({ cause }: { readonly cause?: unknown }): boolean =>
  typeof cause === 'object' && cause !== null && 'code' in cause && fatalCodes.has(cause.code)
