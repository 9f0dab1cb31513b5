/** What follows a failure of a profile: H07 and H08 of docs/scenarios.md, and the tables of its two agents. */
import { describe, expect, it } from 'vitest'
import { registerProfileAgent } from '../../src/rules/profile-agents.ts'
import { type TestRegistrar, testRegistrar } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { alice, profileStage } from './profile-support.ts'

const gaps = (seconds: readonly number[]): number[] => seconds.slice(1).map((at, n) => at - seconds[n]!)
const ims = { ...alice, type: { class: 'ims', name: 'ims' } } as const

describe('IETF', () => {
  it('H07: after 503 the n-th retry comes after 50 to 100 % of min(1800, 30·2ⁿ) s, nine times, then an error and no users', async () => {
    const { engineWith, run, registrar, seconds } = await profileStage()
    const { save, enable, told, state, states } = await engineWith()
    registrar.failNext(503, { count: 99 })
    const id = await save()
    const use = enable(id)
    await run(3 * 3_600_000)
    const waits = gaps(seconds())
    expect(waits).toHaveLength(9)
    for (const [n, wait] of waits.entries()) {
      const most = Math.min(1800, 30 * 2 ** n)
      expect(wait).toBeGreaterThanOrEqual(most / 2)
      expect(wait).toBeLessThanOrEqual(most + 0.1)
    }
    expect(new Set(waits.map((wait, n) => wait / Math.min(1800, 30 * 2 ** n))).size).toBeGreaterThan(5)
    expect(told(id)).toMatchObject([{ is: 'error', fatal: true, uses: [use], error: { status: 503 } }])
    expect(state(id)).toMatchObject({ is: 'unregistered', users: 0, error: { status: 503 } })
    const delayed = states(id).filter(({ is }) => is === 'delayed')
    expect(delayed.map(one => (one.is === 'delayed' ? one.attempt : 0))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(delayed[0]).toMatchObject({ error: { code: 'rejected', status: 503 } })
    // A new enable begins anew, and forgets the error.
    enable(id)
    await run(100)
    expect(seconds()).toHaveLength(11)
    expect(state(id)).toMatchObject({ is: 'delayed', attempt: 1, users: 1 })
  })

  it('H07: silence counts the same, and success forgets the failures', async () => {
    const { engineWith, run, registrar, seconds, network } = await profileStage()
    const { save, enable, state } = await engineWith()
    network.partition('192.0.2.10')
    const id = await save()
    enable(id)
    await run(33_000)
    expect(state(id)).toMatchObject({ is: 'delayed', attempt: 1, error: { code: 'timeout' } })
    network.heal()
    await run(30_000)
    expect(state(id).is).toBe('registered')
    registrar.failNext(500)
    // Refreshed before its end.
    await run(3_100_000)
    expect(state(id).is).toBe('registered')
    expect(gaps(seconds()).at(-1)).toBeLessThanOrEqual(30.1)
  })

  it('H07: Retry-After is waited for when it is longer', async () => {
    const { engineWith, run, registrar, seconds } = await profileStage()
    const { save, enable } = await engineWith()
    registrar.failNext(503, { headers: [['Retry-After', '120']] })
    enable(await save())
    await run(150_000)
    expect(gaps(seconds())[0]).toBeCloseTo(120, 0)
  })

  it.for([403, 404, 400, 488])(
    '%i is the end at once: all users are dropped, even auto-registration stays quiet',
    async status => {
      const { engineWith, run, registrar, requests } = await profileStage()
      const { save, enable, told, state } = await engineWith()
      registrar.failNext(status, { count: 99 })
      const id = await save({ ...alice, autoRegister: true })
      const use = enable(id)
      await run(4 * 3_600_000)
      expect(requests()).toHaveLength(1)
      expect(told(id)).toMatchObject([{ is: 'error', uses: [use], error: { status } }])
      expect(state(id)).toMatchObject({ is: 'unregistered', users: 0, autoRegister: false })
    },
  )

  it('an auto-registration whose tries are used up drops its users and goes on by itself', async () => {
    const { engineWith, run, registrar, requests } = await profileStage()
    const { save, enable, told, state } = await engineWith()
    registrar.failNext(503, { count: 13 })
    const id = await save({ ...alice, autoRegister: true })
    enable(id)
    await run(8 * 3_600_000)
    expect(told(id).map(({ is }) => is)).toEqual(['error', 'registered'])
    expect(state(id)).toMatchObject({ is: 'registered', users: 0, autoRegister: true })
    expect(requests().length).toBeGreaterThanOrEqual(14)
  })

  it('a refresh that is refused for a moment makes it delayed, and tells that it is not registered', async () => {
    const { engineWith, run, registrar } = await profileStage()
    const { save, enable, told, states } = await engineWith()
    const id = await save()
    enable(id)
    await run(100)
    registrar.failNext(503)
    await run(3_100_000)
    expect(told(id).map(({ is }) => is)).toEqual(['registered', 'deregistered', 'registered'])
    expect(states(id).map(({ is }) => is)).toContain('delayed')
  })

  it('retry comes at once for a user of it, and is refused while nothing waits', async () => {
    const { engineWith, run, registrar, requests } = await profileStage()
    const { save, enable, dispatch, state } = await engineWith()
    registrar.failNext(503)
    const id = await save()
    const use = enable(id)
    await run(100)
    expect(state(id).is).toBe('delayed')
    dispatch({ type: 'profile.retry', id: use })
    await run(100)
    expect(requests()).toHaveLength(2)
    expect(state(id).is).toBe('registered')
    expect(() => dispatch({ type: 'profile.retry', id: use })).toThrowError(
      expect.objectContaining({ code: 'invalid-registration-state' }),
    )
  })

  it('a user that leaves while it waits ends the waiting', async () => {
    const { engineWith, run, registrar, requests } = await profileStage()
    const { save, enable, disable, state, engine } = await engineWith()
    registrar.failNext(503)
    const id = await save()
    const use = enable(id)
    await run(100)
    disable(use)
    await run(60_000)
    expect([state(id).is, requests().length]).toEqual(['unregistered', 1])
    expect(engine.census().timers).toBe(0)
  })

  it('H07: with proxies named by DNS each has its nine tries, then the next has its turn', async () => {
    const { engineWith, run, network, requests } = await profileStage()
    network.names.set('edge.example', [
      { host: '192.0.2.21', port: 5060 },
      { host: '192.0.2.22', port: 5060 },
    ])
    const proxies = ['192.0.2.21', '192.0.2.22'].map(host =>
      testRegistrar({
        platform: network.platform({ host }),
        users: { alice: 'wonderland' },
        challenge: false,
      }),
    )
    const [one, other] = proxies as [TestRegistrar, TestRegistrar]
    for (const proxy of proxies) await proxy.listen()
    one.failNext(503, { count: 99 })
    const { save, enable, state } = await engineWith()
    const id = await save({ ...alice, outboundProxy: { uri: 'sip:edge.example' }, resolveProxy: true })
    enable(id)
    await run(3 * 3_600_000)
    expect(state(id).is).toBe('registered')
    expect(one.log).toHaveLength(10)
    // It was taken by the next one, at once and over that address.
    expect(other.log[0]!.time - one.log.at(-1)!.time).toBeLessThan(1000)
    expect(other.log[0]!.request.header('route')).toBe('<sip:192.0.2.22:5060;transport=udp;lr>')
    expect(requests()).toHaveLength(0)
  })
})

describe('IMS', () => {
  it('H08: 480 with Retry-After 5: one retry after 5 s, then an error', async () => {
    const { engineWith, run, registrar, seconds } = await profileStage()
    const { save, enable, told, state } = await engineWith()
    registrar.failNext(480, { count: 9, headers: [['Retry-After', '5']] })
    const id = await save(ims)
    const use = enable(id)
    await run(600_000)
    expect(gaps(seconds()).map(gap => Math.round(gap))).toEqual([5])
    expect(told(id)).toMatchObject([{ is: 'error', uses: [use], error: { status: 480 } }])
    expect(state(id)).toMatchObject({ is: 'unregistered', users: 0 })
  })

  it('H15: the first REGISTER says who we are with an empty response, Supported: path, and asks for 600,000 s', async () => {
    const { engineWith, run, requests } = await profileStage({ challenge: true, maxExpires: 700_000 })
    const { save, enable, state } = await engineWith()
    const id = await save({ ...ims, privateIdentity: 'alice', registrar: { uri: 'sip:example.com' } })
    enable(id)
    await run(100)
    const [first, second] = requests()
    expect(first!.header('authorization')).toBe(
      'Digest username="alice", realm="example.com", nonce="", uri="sip:example.com", response=""',
    )
    expect(first!.header('supported')).toContain('path')
    expect(first!.header('contact')).toContain('expires=600000')
    expect(second!.headers('authorization')).toHaveLength(1)
    expect(second!.header('authorization')).toContain('nonce="')
    expect(second!.header('authorization')).not.toContain('nonce=""')
    expect(state(id).is).toBe('registered')
  })

  it('H15: the addresses of P-Associated-URI are registered, and the first is who its requests are from', async () => {
    const associated = ['<sip:alice.default@example.com>', '<tel:+15551234>']
    const { engineWith, run, network } = await profileStage({ associated })
    const bob = createPeer(network, { host: '192.0.2.2', name: 'bob' })
    const { save, enable, states, engine } = await engineWith()
    const id = await save(ims)
    enable(id)
    await run(100)
    const state = states(id).at(-1)!
    expect(state).toMatchObject({ is: 'registered', aors: associated })
    engine.dispatch({
      type: 'request.send',
      id: engine.newId('transaction'),
      connection: state.connection!,
      request: { method: 'MESSAGE', uri: bob.uri, registration: state.registration! },
    })
    await run(100)
    const message = bob.next('MESSAGE')
    expect(message.header('from')).toMatch(/^<sip:alice\.default@example\.com>;tag=/)
    bob.reply(message, 200)
    await run(100)
  })
})

describe('an agent of your own', () => {
  it('serves the profiles of its name: what REGISTER says, and what follows a failure', async () => {
    const take = registerProfileAgent('patient', ietf => ({
      ...ietf,
      type: { class: 'other', name: 'patient' },
      registering: () => ({ expires: 7200, headers: [['X-Agent', 'patient']] }),
      retry: ({ status }) => (status === 403 ? { after: 7 } : 'fatal'),
    }))
    try {
      const { engineWith, run, registrar, requests, seconds } = await profileStage()
      const { save, enable, state, of } = await engineWith()
      expect(of('profiles')[0]!.types).toContainEqual({ class: 'other', name: 'patient' })
      registrar.failNext(403)
      const id = await save({ ...alice, type: { class: 'other', name: 'patient' } })
      enable(id)
      await run(10_000)
      expect(gaps(seconds()).map(gap => Math.round(gap))).toEqual([7])
      expect(requests()[0]!.header('x-agent')).toBe('patient')
      expect(requests()[0]!.header('contact')).toContain('expires=7200')
      expect(state(id).is).toBe('registered')
    } finally {
      take()
    }
  })

  it.for([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['asks for no time', () => ({ expires: 0 })],
    ['writes what is no header', () => ({ expires: 600, headers: [['X-A', 'a\r\nX-B: b']] })],
    ["writes what is the stack's", () => ({ expires: 600, headers: [['Call-ID', 'a']] })],
  ] as const)('that %s is the end of its profile and of nothing else', async ([, registering]) => {
    const take = registerProfileAgent('broken', ietf => ({
      ...ietf,
      type: { class: 'other', name: 'broken' },
      registering: registering as never,
    }))
    try {
      const { engineWith, run, requests } = await profileStage()
      const { save, enable, state, told } = await engineWith()
      const id = await save({ ...alice, type: { class: 'other', name: 'broken' } })
      const other = await save()
      for (const each of [id, other]) enable(each)
      await run(100)
      expect(told(id)).toMatchObject([{ is: 'error', fatal: true }])
      expect(['argument', 'header-not-allowed']).toContain(told(id)[0]!.error!.code)
      expect([state(id).is, state(other).is, requests().length]).toEqual(['unregistered', 'registered', 1])
    } finally {
      take()
    }
  })

  it('whose retry throws or says nothing ends at the first failure', async () => {
    const take = registerProfileAgent('mute', ietf => ({
      ...ietf,
      type: { class: 'other', name: 'mute' },
      retry: () => ({ after: Number.NaN }),
    }))
    try {
      const { engineWith, run, requests, registrar } = await profileStage()
      const { save, enable, state } = await engineWith()
      registrar.failNext(503)
      const id = await save({ ...alice, type: { class: 'other', name: 'mute' } })
      enable(id)
      await run(100_000)
      expect([state(id).is, requests().length]).toEqual(['unregistered', 1])
    } finally {
      take()
    }
  })

  it('is refused for a name that is served, and when it is incomplete', () => {
    expect(() => registerProfileAgent('IETF', ietf => ietf)).toThrowError(
      expect.objectContaining({ code: 'already-exists' }),
    )
    expect(() => registerProfileAgent('x', ietf => ietf)).toThrowError(
      expect.objectContaining({ code: 'argument' }),
    )
    expect(() => registerProfileAgent('', ietf => ietf)).toThrowError(
      expect.objectContaining({ code: 'argument' }),
    )
  })
})
