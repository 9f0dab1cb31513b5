/** The parts of an engine that has profiles, put together. */
import type { AnyActorLogic } from 'xstate'
import { rfc3261, type TimerConfig } from '../../machines/timers.ts'
import type { ProfileStore } from '../profiles/store.ts'
import type { ConnectionOptions } from './commands.ts'
import type { Handlers } from './dispatch.ts'
import type { Parts } from './effects/kit.ts'
import { ProfileBindings } from './profile-bindings.ts'
import { ProfileRegistry } from './profile-commands.ts'
import { ProfileConnections } from './profile-connections.ts'
import { ProfileFollowers } from './profile-followers.ts'
import { ProfileNetworks } from './profile-networks.ts'
import { ProfileProxies } from './profile-proxies.ts'
import { Profiles } from './profiles.ts'

/** Where profiles are kept, and how they are connected. */
export interface ProfilesOptions {
  /** What outlives the process: `sqliteProfileStore()` of sipactor/node, `memoryProfileStore()` of sipactor/testing. */
  readonly store: ProfileStore
  /** Options of the connections that the engine makes for them; `network` and `securityAgreement` are the profile's. */
  readonly connection?: ConnectionOptions
  /**
   * False: no profile registers by itself, whatever it says; only what is enabled does. For programs that look at profiles or
   * change them. Default true.
   */
  readonly autoRegister?: boolean
}

/** Carries out the commands about profiles; an engine without a store has none. */
export const profilesFor = (
  parts: Parts,
  logic: AnyActorLogic,
  {
    profiles: given,
    instanceId,
    timers = rfc3261,
  }: { readonly profiles?: ProfilesOptions; readonly instanceId?: string; readonly timers?: TimerConfig },
): Handlers => {
  if (!given) return {}
  const { runtime, registrations, networks } = parts
  const { store, autoRegister = true } = given
  const connections = new ProfileConnections(runtime, parts.connections, given.connection ?? {}, timers)
  const bindings = new ProfileBindings(runtime, store, instanceId, (record, error) =>
    runtime.run(() => registry.tellFault(record, error)),
  )
  const profiles = new Profiles(
    {
      runtime,
      registrations,
      networks,
      connections,
      bindings,
      proxies: new ProfileProxies(runtime, parts.requests),
      watch: new ProfileNetworks(runtime),
      followers: new ProfileFollowers(runtime, registrations, parts.subscriptions, ({ record }, error) =>
        registry.tellFault(record, error),
      ),
      autoRegister,
    },
    logic,
  )
  parts.profiles = profiles
  registrations.reserve = (entry, go) => bindings.reserve(entry, go)
  const registry: ProfileRegistry = new ProfileRegistry(runtime, store, profiles, bindings, connections)
  parts.profileRegistry = registry
  parts.connections.onIdle = connection => {
    connections.settle(connection)
    registry.settle()
  }
  profiles.onIdle = () => registry.settle()
  return registry.commands
}
