/** Keep-alives that are offered in the Via of REGISTER and agreed on in its answer. RFC 6223 §4.2.2, §4.3, §5. */
import { describe, expect, it } from 'vitest'
import type { RegistrationOptions } from '../../src/index.ts'
import { replaceHeader } from '../../src/message/derive.ts'
import { isStun } from '../../src/message/stun.ts'
import type { SipRequest } from '../../src/message/types.ts'
import type { TestRegistrarOptions } from '../../src/testing/index.ts'
import { registrarScene, type Wire } from './support.ts'

const isPing = (bytes: Uint8Array): boolean => bytes.length === 4 || isStun(bytes)

/** A next hop that writes this behind `keep` of our Via; nothing: it does not know the parameter. */
const agreeing = (value: () => string | undefined): Partial<TestRegistrarOptions> => ({
  tamper: response => {
    const [via = ''] = response.headers('via')
    const told = value()
    return told === undefined
      ? response
      : replaceHeader(response, 'Via', [`${via.replace(/;keep(?=;|$)/, '')};keep${told}`])
  },
})

const begin = async (
  wire: Wire,
  value: () => string | undefined,
  options: Partial<RegistrationOptions> = {},
  policy: Partial<TestRegistrarOptions> = {},
) => {
  const scene = await registrarScene({ ...agreeing(value), ...policy }, { wire })
  const pings: number[] = []
  scene.network.onPacket(({ from, bytes }) => {
    if (from.host === '192.0.2.1' && isPing(bytes)) pings.push(scene.world.clock.now() / 1000)
  })
  const made = scene.register({ expires: 3600, ...options })
  await scene.run(1000)
  return { ...scene, ...made, pings }
}

const offers = (requests: readonly SipRequest[]): readonly boolean[] =>
  requests.map(({ via }) => via.params.has('keep'))
const gaps = (times: readonly number[]): readonly number[] =>
  times.slice(1).map((time, at) => time - times[at]!)

describe('keep in the Via of REGISTER (RFC 6223)', () => {
  it.each(['UDP', 'TCP'] as const)(
    'by %s: agreed on, each probe comes after 80 to 100 %% of its seconds',
    async wire => {
      const { pings, requests, run } = await begin(wire, () => '=30')
      expect(offers(requests())).toEqual([true])
      expect(requests()[0]?.via.params.get('keep')).toBeUndefined()
      await run(600_000)
      expect(pings.length).toBeGreaterThan(18)
      for (const gap of gaps(pings)) {
        expect(gap).toBeGreaterThanOrEqual(24)
        expect(gap).toBeLessThanOrEqual(30.1)
      }
    },
  )

  it('0 leaves the time to us', async () => {
    const { pings, run } = await begin('TCP', () => '=0')
    await run(1_200_000)
    expect(pings.length).toBeGreaterThan(9)
    for (const gap of gaps(pings)) expect(gap).toBeGreaterThanOrEqual(95)
  })

  it.each([[undefined], [''], ['=x'], ['=-5']])('an answer with keep%s agrees to nothing', async value => {
    const { pings, requests, run } = await begin('TCP', () => value)
    expect(offers(requests())).toEqual([true])
    await run(600_000)
    expect(pings).toEqual([])
  })

  it('is agreed on anew by every refresh, or over', async () => {
    let value: string | undefined = '=20'
    const { pings, requests, run } = await begin('TCP', () => value, { expires: 600 })
    await run(250_000)
    expect(pings.length).toBeGreaterThan(10)
    value = undefined
    await run(100_000)
    expect(offers(requests())).toEqual([true, true])
    const before = pings.length
    await run(200_000)
    expect(pings.length).toBe(before)
    value = '=20'
    await run(600_000)
    expect(pings.length).toBeGreaterThan(before + 10)
  })

  it('is offered with credentials, too, but not when the binding is taken back', async () => {
    const credentials = { username: 'alice', password: 'wonderland' }
    const { registration, requests, run } = await begin(
      'UDP',
      () => '=30',
      { credentials },
      { challenge: true },
    )
    void registration.unregister()
    await run(1000)
    expect(offers(requests())).toEqual([true, true, false])
  })

  it.each(['off', { by: 'off' }] as const)(
    'is not offered with keepAlive %j, and what is agreed all the same is not done',
    async keepAlive => {
      const { pings, requests, run } = await begin('TCP', () => '=30', { keepAlive })
      expect(offers(requests())).toEqual([false])
      await run(600_000)
      expect(pings).toEqual([])
    },
  )

  it('finds out that the flow is dead, and the binding is made anew', async () => {
    const { registration, registrar, requests, run } = await begin('TCP', () => '=30')
    await run(60_000)
    expect(requests()).toHaveLength(1)
    registrar.close()
    await registrar.listen()
    await run(60_000)
    expect(requests().length).toBeGreaterThan(1)
    expect(registration.state.is).toBe('registered')
  })

  it('is in no other request', async () => {
    const { connection, requests, run, registrar } = await begin('UDP', () => '=30')
    connection.request({ method: 'OPTIONS', uri: 'sip:192.0.2.10:5060' })
    await run(100)
    const options = registrar.log.find(({ request }) => request.method === 'OPTIONS')
    expect(options?.request.via.params.has('keep')).toBe(false)
    expect(offers(requests())[0]).toBe(true)
  })

  it('leaves nothing behind: one keep-alive a flow, however often it is agreed on or not, and none without a binding', async () => {
    let value: string | undefined = '=20'
    const { sip, registration, registrar, run } = await begin('TCP', () => value, { expires: 600 })
    const kinds = (): readonly string[] =>
      sip
        .actors()
        .actors.map(({ machine }) => machine)
        .filter(machine => machine !== 'flow')
        .toSorted()
    const idle = ['connection', 'keepAlive', 'networkMonitor', 'refresh', 'registration']
    for (let round = 0; round < 50; round += 1) {
      value = round % 2 === 0 ? undefined : '=20'
      await run(305_000)
    }
    expect(registrar.log.length).toBeGreaterThan(45)
    value = '=20'
    await run(305_000)
    expect(kinds()).toEqual(idle)
    void registration.unregister()
    await run(60_000)
    expect(kinds()).not.toContain('keepAlive')
    expect(kinds()).not.toContain('refresh')
  })
})
