/** Registrations of the API over the real engine and a real registrar: challenges, refresh, refusal, end. RFC 3261 §10, §22. */
import { expect, it } from 'vitest'
import type { CredentialProvider } from '../../src/index.ts'
import { type RegistrarPolicy, testRegistrar } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { fails, record, refused } from './support.ts'

const aor = 'sip:alice@192.0.2.9'

const registered = async (options: { credentials?: CredentialProvider; policy?: RegistrarPolicy } = {}) => {
  const world = createWorld()
  const registrar = testRegistrar({
    platform: world.network.platform({ host: '192.0.2.9' }),
    users: { alice: 's3cret' },
    ...options.policy,
  })
  await registrar.listen()
  const { sip, connection } = await world.party(
    '192.0.2.1',
    options.credentials ? { credentials: options.credentials } : {},
  )
  return { world, registrar, sip, connection }
}

it('the provider is asked, the binding comes to be, refreshes itself, and is taken back', async () => {
  const { world, sip, connection } = await registered({
    credentials: async ({ realms }) => ({ username: 'alice', password: 's3cret', realm: realms[0]!.realm }),
  })
  const registration = connection.register({ aor, expires: 600 })
  const states = record(registration.state$)
  const responses = record(registration.responses$)
  await world.run(1000)
  await registration.registered()
  expect([registration.granted, registration.refresh?.interval]).toEqual([600, 300])
  expect(registration.contact).toContain('192.0.2.1')
  await world.run(301_000)
  expect(responses.values.map(({ status }) => status)).toEqual([200, 200])
  refused('invalid-registration-state', () => registration.register())
  const gone = registration.unregister()
  await world.run(1000)
  await gone
  expect(registration.isActive).toBe(false)
  expect(states.values.map(({ is }) => is)).toContain('unregistering')
  expect(registration.state.is).toBe('unregistered')
  registration.register()
  await world.run(1000)
  await registration.registered()
  const closed = sip.close()
  await world.run(2000)
  await closed
  expect(states.complete).toBe(true)
})

it('an address of record without a user is the host itself (§19.1.1)', async () => {
  const world = createWorld()
  const trunk = createPeer(world.network, { host: '192.0.2.9', name: 'trunk' })
  const { connection } = await world.party('192.0.2.1')
  const registration = connection.register({ aor: 'sip:192.0.2.9' })
  await world.run(100)
  const request = trunk.next('REGISTER')
  expect([request.uri, request.header('to')]).toEqual(['sip:192.0.2.9', '<sip:192.0.2.9>'])
  trunk.reply(request, 200, { contact: request.header('contact')! })
  await world.run(100)
  expect(registration.state.is).toBe('registered')
})

it('without credentials it fails with forbidden, told once, and can be tried again', async () => {
  const { world, sip, connection } = await registered()
  const registration = connection.register({ aor })
  const errors = record(registration.errors$)
  await world.run(1000)
  await fails('forbidden', registration.registered())
  expect(errors.values.map(({ code, status }) => [code, status])).toEqual([['forbidden', 401]])
  sip.credentials.provider = () => ({ username: 'alice', password: 's3cret' })
  registration.register()
  await world.run(1000)
  await registration.registered()
  await world.end()
})

it('a listener of challenges$ may answer late', async () => {
  const { world, sip, connection } = await registered()
  const challenges = record(sip.challenges$)
  const registration = connection.register({ aor })
  await world.run(5000)
  expect(challenges.values.map(({ object }) => object)).toEqual([registration])
  challenges.values[0]!.provide({ username: 'alice', password: 's3cret' })
  await world.run(1000)
  await registration.registered()
  await world.end()
})

it('an update asks for another lifetime', async () => {
  const { world, connection } = await registered({ policy: { challenge: false } })
  const registration = connection.register({ aor, expires: 600 })
  await world.run(1000)
  const updated = registration.update({ expires: 1800 })
  await world.run(1000)
  await updated
  expect([registration.granted, registration.refresh?.interval]).toEqual([1800, 1200])
  await world.end()
})

it('too short a grant is told among the events, and the minimum is worked with', async () => {
  const { world, sip, connection } = await registered({ policy: { challenge: false, grantedExpires: 10 } })
  const events = record(sip.events$)
  const registration = connection.register({ aor, expires: 600 })
  await world.run(1000)
  expect(events.values.find(({ type }) => type === 'grantedBelowMinimum')).toMatchObject({
    registration,
    granted: 10,
    used: 30,
  })
  expect(registration.granted).toBe(30)
  await world.end()
})
