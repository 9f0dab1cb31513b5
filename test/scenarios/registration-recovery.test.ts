/** What ends a registration and what brings it back (C13, C14, C22 of docs/scenarios.md); how many register at a time. */
import { describe, expect, it } from 'vitest'
import type { Registration, RegistrationState } from '../../src/index.ts'
import { registrarScene } from './support.ts'

const aor = 'sip:alice@example.com'
const hour = 3_600_000
/** No answer takes 64·T1 to be noticed. */
const silence = 32

const recovering = (registration: Registration) => {
  const { state } = registration
  return state.is === 'recovering' ? state : undefined
}

describe('recover', () => {
  it('waits 50 to 100 % of min(1800, 30·2ⁿ) s after n failures in a row (RFC 5626 §4.5)', async () => {
    const { register, registrar, run, world, seconds } = await registrarScene()
    const { registration, errors } = register({ expires: 600, recover: true })
    await run(1000)
    registrar.set({ overloaded: {} })
    await run(300_000)
    for (const [attempt, least, most] of [
      [1, 30, 60],
      [2, 60, 120],
      [3, 120, 240],
      [4, 240, 480],
      [5, 480, 960],
      [6, 900, 1800],
      [7, 900, 1800],
    ] as const) {
      const state = recovering(registration)!
      expect(state.attempt).toBe(attempt)
      const wait = (state.retryAt! - world.clock.now()) / 1000
      expect(wait).toBeGreaterThan(least - 2)
      expect(wait).toBeLessThanOrEqual(most)
      await run(state.retryAt! - world.clock.now() - 1)
      expect(registrar.log).toHaveLength(1 + attempt)
      await run(100)
      expect(registrar.log).toHaveLength(2 + attempt)
    }
    expect(
      errors.values.every(({ code, status }) => code === 'terminated-with-response' && status === 503),
    ).toBe(true)
    expect(registration.isActive).toBe(false)
    registrar.set({ overloaded: undefined as never })
    await run(hour)
    expect(registration.state).toMatchObject({ is: 'registered' })
    // It is renewed as before, and the next failure begins from the start.
    const count = seconds().length
    await run(301_000)
    expect(seconds().length).toBe(count + 1)
    registrar.set({ overloaded: {} })
    for (let second = 0; second < 301 && !recovering(registration); second += 1) await run(1000)
    expect(recovering(registration)?.attempt).toBe(1)
  })

  it('keeps to a longer Retry-After, for 5xx and for 480 (§20.33)', async () => {
    for (const status of [503, 480]) {
      const { register, registrar, run, seconds } = await registrarScene()
      registrar.failNext(status, { headers: [['Retry-After', '300 (busy)']] })
      const { registration } = register({ expires: 600, recover: true })
      await run(299_000)
      expect(seconds()).toEqual([0])
      await run(2000)
      expect([seconds(), registration.state.is]).toEqual([[0, 300], 'registered'])
    }
  })

  it.each([403, 404, 430, 480, 603])('never after %s: that ends it', async status => {
    const { register, registrar, requests, run } = await registrarScene()
    const { registration, errors } = register({ expires: 600, recover: true })
    await run(1000)
    registrar.failNext(status)
    await run(4 * hour)
    expect([registration.state.is, requests().length, errors.values.length]).toEqual(['unregistered', 2, 1])
    expect(errors.values[0]).toMatchObject({ code: 'terminated-with-response', status })
  })

  it('after silence, and registered() waits for the attempt that succeeds', async () => {
    const { register, registrar, run } = await registrarScene()
    registrar.set({ tamper: () => undefined })
    const { registration, errors } = register({ expires: 600, recover: { base: 4, max: 10 } })
    let registered = false
    void registration.registered().then(() => {
      registered = true
    })
    await run(silence * 1000 + 100)
    expect([registration.state.is, errors.values.map(({ code }) => code)]).toEqual([
      'recovering',
      ['timeout'],
    ])
    registrar.set({ tamper: response => response })
    await run(10_000)
    expect([registration.state.is, registered, registrar.bindings(aor).length]).toEqual([
      'registered',
      true,
      1,
    ])
  })

  it('has never two REGISTERs under way (§10.2)', async () => {
    const { register, registrar, run, network } = await registrarScene()
    registrar.set({ tamper: () => undefined })
    register({ expires: 600, recover: { base: 1, max: 2 } })
    const sent: [number, number][] = []
    network.onPacket(packet => {
      const cseq = /CSeq: (\d+) REGISTER/.exec(new TextDecoder().decode(packet.bytes))?.[1]
      if (cseq !== undefined) sent.push([packet.time, Number(cseq)])
    })
    await run(300_000)
    const numbers = sent.map(([, number]) => number)
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    const begun = new Map<number, number>()
    for (const [time, number] of sent) if (!begun.has(number)) begun.set(number, time)
    const starts = [...begun.values()]
    expect(starts.length).toBeGreaterThan(5)
    for (const [index, start] of starts.entries()) {
      if (index > 0) expect(start - starts[index - 1]!).toBeGreaterThanOrEqual(silence * 1000)
    }
  })

  it('is stopped by unregister: with a REGISTER when the registrar may know the binding, without when not', async () => {
    const known = await registrarScene()
    const first = known.register({ expires: 600, recover: true })
    await known.run(1000)
    known.registrar.failNext(503)
    await known.run(301_000)
    expect(first.registration.state.is).toBe('recovering')
    const gone = first.registration.unregister()
    await known.run(1000)
    await gone
    expect(known.registrar.bindings(aor)).toEqual([])
    await known.run(4 * hour)
    expect(known.requests()).toHaveLength(3)

    const unknown = await registrarScene()
    unknown.registrar.failNext(503)
    const second = unknown.register({ expires: 600, recover: true })
    await unknown.run(1000)
    const ended = second.registration.unregister()
    await ended
    await unknown.run(4 * hour)
    expect([second.registration.state.is, unknown.requests().length]).toEqual(['unregistered', 1])
  })

  it('tries at once when the application says so, and only then', async () => {
    const { register, registrar, run, requests } = await registrarScene()
    registrar.failNext(500)
    const { registration, states } = register({ expires: 600, recover: true })
    await run(1000)
    registration.register()
    expect(() => registration.register()).toThrow(
      expect.objectContaining({ code: 'invalid-registration-state' }),
    )
    await run(1000)
    expect([registration.state.is, requests().length]).toEqual(['registered', 2])
    const seen = states.values.map((state: RegistrationState) => state.is)
    expect(seen).toEqual(['registering', 'recovering', 'recovering', 'registered'])
  })

  it('ends with its connection, and leaves nothing behind', async () => {
    const { register, registrar, run, connection, requests } = await registrarScene()
    registrar.failNext(500)
    const { registration } = register({ expires: 600, recover: true })
    await run(1000)
    const closed = connection.close()
    await run(1000)
    await closed
    await run(hour)
    expect([registration.state.is, requests().length]).toEqual(['unregistered', 1])
  })
})

describe('the pace of REGISTERs', () => {
  const crowd = async (
    count: number,
    options: Parameters<typeof registrarScene>[1] = {},
    challenge = false,
  ) => {
    const names = Array.from({ length: count }, (_, index) => `user${index}`)
    const scene = await registrarScene(
      { users: Object.fromEntries(names.map(name => [name, 'secret'])), challenge },
      options,
    )
    const registrations = names.map(
      name =>
        scene.register({
          aor: `sip:${name}@example.com`,
          expires: 3600,
          contact: `<sip:${name}@192.0.2.1:5060>`,
          credentials: { username: name, password: 'secret' },
        }).registration,
    )
    return { ...scene, registrations }
  }
  /** The most that came within any second. */
  const busiest = (times: readonly number[]): number => {
    let most = 0
    let from = 0
    times.forEach((time, index) => {
      while (time - times[from]! >= 1000) from += 1
      most = Math.max(most, index - from + 1)
    })
    return most
  }

  it('1,000 accounts register at 40 a second: none is lost, and each can be seen waiting', async () => {
    const { registrations, registrar, run } = await crowd(1000)
    expect(registrations.filter(({ state }) => 'queued' in state && state.queued)).toHaveLength(999)
    await run(12_500)
    const half = registrations.filter(({ isActive }) => isActive).length
    expect(half).toBeGreaterThan(480)
    expect(half).toBeLessThan(520)
    await run(13_000)
    expect(registrations.every(({ isActive }) => isActive)).toBe(true)
    const times = registrar.log.map(({ time }) => time)
    expect(times).toHaveLength(1000)
    expect(busiest(times)).toBeLessThanOrEqual(41)
    // First come, first served.
    expect(registrar.log.map(({ request }) => request.to.uri)).toEqual(
      registrations.map(({ aor }) => expect.objectContaining({ user: aor.slice(4, -12) })),
    )
  })

  it('counts the REGISTERs with credentials, too', async () => {
    const { registrations, registrar, run } = await crowd(200, {}, true)
    await run(12_000)
    expect(registrations.every(({ isActive }) => isActive)).toBe(true)
    const times = registrar.log.map(({ time }) => time)
    expect(times.length).toBeGreaterThanOrEqual(200)
    expect(busiest(times)).toBeLessThanOrEqual(44)
  })

  it('renews bindings while others wait for their first', async () => {
    const { registrations, registrar, run, register } = await crowd(100, {
      sip: { limits: { registersPerSecond: 1 } },
    })
    await run(110_000)
    expect(registrations.every(({ isActive }) => isActive)).toBe(true)
    for (let index = 0; index < 100; index += 1) {
      register({ aor: 'sip:user0@example.com', contact: `<sip:user0@192.0.2.${index + 2}>`, expires: 3600 })
    }
    void registrations[50]!.update()
    await run(3000)
    expect(registrar.log.slice(100, 103).map(({ request }) => request.to.uri)).toContainEqual(
      expect.objectContaining({ user: 'user50' }),
    )
  })

  it('has a bound: who finds the queue full is told', async () => {
    const { registrations, run } = await crowd(10, { sip: { limits: { waitingRegisters: 4 } } })
    await run(2000)
    expect(registrations.filter(({ isActive }) => isActive)).toHaveLength(5)
    await expect(registrations[9]!.registered()).rejects.toMatchObject({ code: 'in-use' })
  })

  it('closing takes all bindings back at that pace, however long it takes', async () => {
    const { connection, registrar, run } = await crowd(100, { sip: { limits: { registersPerSecond: 1 } } })
    await run(110_000)
    const closed = connection.close()
    await run(110_000)
    await closed
    expect(registrar.bindings('sip:user99@example.com')).toEqual([])
    expect(registrar.log.filter(({ response }) => response?.status === 200)).toHaveLength(200)
  })

  it('a place in the queue goes when its connection is closed', async () => {
    const { connection, registrations, requests, run, sip } = await crowd(50)
    const closed = connection.close()
    await run(5000)
    await closed
    expect(registrations.every(({ state }) => state.is === 'unregistered')).toBe(true)
    const sent = requests().length
    expect(sent).toBeLessThanOrEqual(2)
    const again = sip.connect({ port: 5080, user: 'alice' })
    await run(100)
    const registration = again.register({
      aor: 'sip:user3@example.com',
      credentials: { username: 'user3', password: 'secret' },
    })
    await run(1000)
    expect([registration.isActive, requests().length - sent]).toEqual([true, 1])
  })
})
