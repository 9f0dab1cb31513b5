/**
 * `sipactor/testing`: what tests of SIP applications need. Virtual time, seeded chance, a network in memory, a registrar.
 */

export { portableDigest } from '../portable-digest.ts'
export type { Binding } from './bindings.ts'
export type { Conditions, Delay, Direction } from './conditions.ts'
export type { DnsFault, DnsQuestion, SimulatedDns } from './dns.ts'
export {
  type TestForkingProxy,
  type TestForkingProxyOptions,
  testForkingProxy,
} from './forking-proxy.ts'
export type { SimulatedHost } from './links.ts'
export { memoryProfileStore } from './memory-profile-store.ts'
export type { HostEntry } from './names.ts'
export type { NatOptions, SimulatedNat } from './nat.ts'
export {
  type SimulatedHostOptions,
  type SimulatedNetwork,
  type SimulatedNetworkOptions,
  simulatedNetwork,
} from './network.ts'
export type { Drop, DropOptions, Fate, Outgoing, Packet } from './packet.ts'
export {
  type LoggedExchange,
  type RegistrarPolicy,
  type TestRegistrar,
  type TestRegistrarOptions,
  testRegistrar,
} from './registrar.ts'
export { type SeededRandom, seededRandom } from './seeded-random.ts'
export type { ListenAddress } from './sip-server.ts'
export { type VirtualClock, type VirtualClockOptions, virtualClock } from './virtual-clock.ts'
export type { ZoneRecord } from './zone.ts'
