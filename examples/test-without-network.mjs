// How to test what you build: virtual time, a network in memory that loses packets, and a registrar. No socket is opened,
// an hour of SIP takes milliseconds, and every run is the same.
//
//   node examples/test-without-network.mjs
//
// In a clone of the repository, once before: npm ci && npm run build
import assert from 'node:assert/strict'
import { createSip } from 'sipactor'
import { simulatedNetwork, testRegistrar, virtualClock } from 'sipactor/testing'

const clock = virtualClock()
const network = simulatedNetwork({ clock, seed: 7, latency: 20, loss: 0.1 })
const registrar = testRegistrar({
  platform: network.platform({ host: '192.0.2.10' }),
  users: { alice: 's3cret' },
})
await registrar.listen()

const sip = createSip({ platform: network.platform({ host: '192.0.2.1' }) })
const connection = sip.connect({ transports: ['UDP'] })
await connection.active()

const registration = connection.register({
  aor: 'sip:alice@example.com',
  registrar: 'sip:192.0.2.10',
  expires: 600,
  credentials: { username: 'alice', password: 's3cret' },
})
await clock.run(60_000)
await registration.registered()
assert.equal(registrar.bindings('sip:alice@example.com').length, 1)

await clock.run(3_600_000) // an hour goes by
const { length: served } = registrar.log
assert.equal(registration.state.is, 'registered')
assert.equal(registrar.bindings('sip:alice@example.com').length, 1)

const closed = sip.close()
await clock.run(60_000)
await closed
assert.equal(registrar.bindings('sip:alice@example.com').length, 0)
console.log(
  `an hour of a lossy network: ${served} REGISTERs served, the binding never lapsed, nothing is left`,
)
