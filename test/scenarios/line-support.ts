/**
 * The stage for lines and for `sip.profiles`: our engine at 192.0.2.1 over a store of profiles, the scripted peer P at
 * 192.0.2.2, the registrar at 192.0.2.10, and what we said to each.
 */
import { afterEach } from 'vitest'
import type { Sip, SipOptions } from '../../src/index.ts'
import { isMalformed, parse } from '../../src/message/index.ts'
import type { SipMessage, SipRequest } from '../../src/message/types.ts'
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
import { createSip } from '../support/create-sip.ts'
import { createPeer } from '../support/peer.ts'
import { brief } from './support.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

export const home: ProfileInput = {
  aors: ['sip:alice@example.com'],
  name: 'Home',
  registrar: { uri: 'sip:example.com', username: 'alice' },
}
export const password: ProfileSecrets = { registrarPassword: 'wonderland' }

export interface LineStageOptions {
  readonly registrar?: Partial<TestRegistrarOptions>
  readonly sip?: Omit<SipOptions, 'platform' | 'profiles'>
  readonly host?: Partial<SimulatedHostOptions>
}

export const lineStage = async (options: LineStageOptions = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const store = memoryProfileStore()
  const registrar = testRegistrar({
    platform: network.platform({ host: '192.0.2.10' }),
    users: { alice: 'wonderland', bob: 'builder' },
    challenge: false,
    ...options.registrar,
  })
  await registrar.listen()
  network.names.set('example.com', [{ host: '192.0.2.10', port: 5060 }])
  const bob = createPeer(network, { host: '192.0.2.2', name: 'bob' })
  const said: { readonly message: SipMessage; readonly to: string; readonly time: number }[] = []
  network.onPacket(({ from, to, bytes, time }) => {
    const message = from.host === '192.0.2.1' ? parse(bytes) : undefined
    if (message && !isMalformed(message)) said.push({ message, to: to.host, time })
  })

  /** Another engine over the store, as another process; `over`: over another store. */
  const sipWith = async (more: LineStageOptions & { readonly over?: ProfileStore } = {}): Promise<Sip> => {
    const sip = createSip({
      platform: network.platform({ host: '192.0.2.1', ...options.host, ...more.host }),
      profiles: { store: more.over ?? store, connection: { port: 5060 } },
      ...options.sip,
      ...more.sip,
    })
    ends.push(async () => {
      const closed = sip.close()
      await clock.run(200_000)
      await closed
    })
    await clock.run(0)
    await sip.profiles.ready()
    return sip
  }
  const sip = await sipWith()

  /** Runs the clock while something is on its way; gives what it settles with. */
  const settled = async <T>(promise: Promise<T>, milliseconds = 10): Promise<T> => {
    promise.catch(() => {})
    await clock.run(milliseconds)
    return promise
  }
  return {
    clock,
    network,
    store,
    registrar,
    bob,
    sip,
    sipWith,
    settled,
    run: (milliseconds: number) => clock.run(milliseconds),
    create: (fields: ProfileInput = home, secrets: ProfileSecrets = password) =>
      settled(sip.profiles.admin.create(fields, secrets)),
    /** A line of the default profile, active. */
    active: async (line = sip.line()) => {
      await settled(line.start(), 1000)
      return line
    },
    /** REGISTERs that have arrived. */
    registers: (): readonly SipRequest[] => registrar.log.map(({ request }) => request),
    /** What we said, in short and without 100. */
    words: (): readonly string[] => said.map(({ message }) => brief(message)),
    said,
    /** P calls the Contact that the registrar has of us. */
    ringUs: (given: { readonly body?: string; readonly uri?: string } = {}) => {
      const uri = given.uri ?? boundContact()
      return bob.request('INVITE', { to: { host: '192.0.2.1', port: 5060 }, uri, ...given })
    },
    boundContact: () => boundContact(),
  }

  function boundContact(): string {
    const contact = registrar.log.findLast(({ request }) => request.header('contact') !== undefined)
    return /<([^>]+)>/.exec(contact!.request.header('contact')!)![1]!
  }
}

export type LineStage = Awaited<ReturnType<typeof lineStage>>

/** Everything a promise comes to, kept for later. */
export const outcome = <T>(promise: Promise<T>): { value?: T; error?: unknown } => {
  const seen: { value?: T; error?: unknown } = {}
  promise.then(
    value => {
      seen.value = value
    },
    (error: unknown) => {
      seen.error = error
    },
  )
  return seen
}
