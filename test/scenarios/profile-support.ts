/** The stage for profiles: engines by their border, at 192.0.2.1, 192.0.2.3 …, a registrar at 192.0.2.10, one store. */
import { afterEach } from 'vitest'
import type { ProfileCommand, ProfileEvent } from '../../src/engine/border/profiles.ts'
import type { Command, EngineEvent } from '../../src/engine/commands.ts'
import { createEngine, type EngineOptions } from '../../src/engine/engine.ts'
import type { ProfileState } from '../../src/engine/states.ts'
import type { ProfileInput, ProfileSecrets } from '../../src/profiles/data.ts'
import type { ProfileStore } from '../../src/profiles/store.ts'
import {
  memoryProfileStore,
  type SimulatedHostOptions,
  simulatedNetwork,
  type TestRegistrarOptions,
  testRegistrar,
  virtualClock,
} from '../../src/testing/index.ts'

type Of<Type extends EngineEvent['type']> = Extract<EngineEvent, { type: Type }>
type Told = Of<'profileEvent'>

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

export const alice: ProfileInput = {
  aors: ['sip:alice@example.com'],
  name: 'Home',
  registrar: { uri: 'sip:example.com', username: 'alice' },
}
export const secret: ProfileSecrets = { registrarPassword: 'wonderland' }

export interface EngineSetup {
  readonly host?: string
  readonly hostOptions?: Partial<SimulatedHostOptions>
  readonly options?: Omit<EngineOptions, 'profiles'>
  readonly connection?: NonNullable<EngineOptions['profiles']>['connection']
}

export const profileStage = async (policy: Partial<TestRegistrarOptions> = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const store = memoryProfileStore()
  const registrar = testRegistrar({
    platform: network.platform({ host: '192.0.2.10' }),
    users: { alice: 'wonderland' },
    challenge: false,
    ...policy,
  })
  await registrar.listen()
  network.names.set('example.com', [{ host: '192.0.2.10', port: 5060 }])

  /** An engine over the store; `store` when it is to see another one. */
  const engineWith = async (given: EngineSetup = {}, over: ProfileStore = store) => {
    const { host = '192.0.2.1', hostOptions, options, connection = { port: 5060 } } = given
    const engine = createEngine(network.platform({ host, ...hostOptions }), {
      ...options,
      profiles: { store: over, connection },
    })
    const events: EngineEvent[] = []
    engine.onEvent(event => void events.push(event))
    const of = <Type extends EngineEvent['type']>(type: Type): Of<Type>[] =>
      events.filter((event): event is Of<Type> => event.type === type)
    const request = (command: object): string => {
      const id = engine.newId('request')
      engine.dispatch({ ...command, request: id } as Command)
      return id
    }
    /** What a command that is written to the store has come to. */
    const done = async (command: object) => {
      const id = request(command)
      await clock.run(1)
      return of('profileDone').find(event => event.request === id)
    }
    await clock.run(0)
    let gone = false
    const close = async (keep?: boolean): Promise<void> => {
      gone = true
      request({ type: 'profiles.close', ...(keep && { keep }) })
      await clock.run(40_000)
    }
    ends.push(async () => {
      if (!gone) await close()
    })
    return {
      engine,
      events,
      of,
      dispatch: (command: ProfileCommand) => engine.dispatch(command),
      done,
      save: async (fields: ProfileInput = alice, secrets: ProfileSecrets = secret, profile?: string) => {
        const result = await done({
          type: 'profiles.save',
          fields,
          secrets,
          ...(profile !== undefined && { profile }),
        })
        if (result?.error) throw result.error
        return result!.profile!
      },
      enable: (profile: string): string => {
        const id = engine.newId('use')
        engine.dispatch({ type: 'profile.enable', id, profile })
        return id
      },
      disable: (id: string) => engine.dispatch({ type: 'profile.disable', id }),
      states: (profile: string): ProfileState[] =>
        of('state').flatMap(({ id, state }) => (id === profile ? [state as ProfileState] : [])),
      state: (profile: string): ProfileState =>
        of('state').findLast(({ id }) => id === profile)!.state as ProfileState,
      told: (profile: string): Told[] => of('profileEvent').filter(event => event.profile === profile),
      changed: (): Extract<ProfileEvent, { type: 'profileChanged' }>[] => of('profileChanged'),
      close,
      /** As a process that is killed: nothing is sent any more, and the store is free. */
      kill: async (): Promise<void> => {
        gone = true
        network.partition(host)
        await over.close()
      },
    }
  }

  return {
    clock,
    network,
    store,
    registrar,
    engineWith,
    run: (milliseconds: number) => clock.run(milliseconds),
    requests: () => registrar.log.map(({ request }) => request),
    /** When each REGISTER came, in seconds. */
    seconds: () => registrar.log.map(({ time }) => time / 1000),
    aor: 'sip:alice@example.com',
  }
}
