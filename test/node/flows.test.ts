/** A registrar that dies and comes back under many registrations: real sockets of 127.0.0.1. RFC 5626 §4.5 */
import { afterEach, describe, expect, it } from 'vitest'
import { createSip, type Registration, type Sip } from '../../src/index.ts'
import { node } from '../../src/node/index.ts'
import { type TestRegistrar, testRegistrar } from '../../src/testing/index.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const count = 100
const names = Array.from({ length: count }, (_, at) => `user${at}`)
const users = Object.fromEntries(names.map(name => [name, 'secret']))

const registrarAt = async (port: number, transport: string): Promise<readonly [TestRegistrar, number]> => {
  const registrar = testRegistrar({ platform: node({ host: '127.0.0.1' }), port, users, challenge: false })
  ends.push(() => registrar.close())
  const addresses = await registrar.listen()
  return [registrar, addresses.find(address => address.transport === transport)!.port]
}

/** Settles when every one of them is in that state. */
const all = (registrations: readonly Registration[], is: string): Promise<unknown> =>
  Promise.all(
    registrations.map(
      registration =>
        new Promise<void>(resolve => {
          registration.state$.subscribe(state => {
            if (state.is === is) resolve()
          })
        }),
    ),
  )

const begin = async (transport: 'UDP' | 'TCP', keepAlive: 'off' | 'auto') => {
  const sip: Sip = createSip({
    platform: node({ host: '127.0.0.1' }),
    limits: { registersPerSecond: 400 },
  })
  ends.push(() => sip.close())
  const connection = sip.connect({ transports: [transport], keepAlive: { by: keepAlive, interval: 1 } })
  await connection.active()
  const [registrar, port] = await registrarAt(0, transport)
  const registrations = names.map(name =>
    connection.register({
      aor: `sip:${name}@example.com`,
      outboundProxy: `sip:127.0.0.1:${port};transport=${transport.toLowerCase()};lr`,
      expires: 3600,
      outbound: true,
      recover: { base: 1, max: 4 },
    }),
  )
  await all(registrations, 'registered')
  return { registrar, port, registrations }
}

describe('a registrar that is killed and started again', () => {
  it.each(['TCP', 'UDP'] as const)(
    'has all 100 registrations back by %s, and nobody did a thing',
    async transport => {
      const { registrar, port, registrations } = await begin(transport, 'auto')
      registrar.close()
      registrar.forget()
      await all(registrations, 'recovering')
      const [again] = await registrarAt(port, transport)
      await all(registrations, 'registered')
      expect(names.map(name => again.bindings(`sip:${name}@example.com`).length)).toEqual(
        Array(count).fill(1),
      )
      expect(registrations.every(({ isActive }) => isActive)).toBe(true)
    },
    30_000,
  )
})
