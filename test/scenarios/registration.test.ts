/** Acceptance scenarios C01 to C06 and C12 to C16 of docs/scenarios.md: registrations. RFC 3261 §10.2. */
import { describe, expect, it } from 'vitest'
import { isSipError } from '../../src/index.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { createPeer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { createScene, record, registrarScene, transports } from './support.ts'

const aor = 'sip:alice@example.com'
const hour = 3_600_000

const expiryOf = (request: SipRequest): string | undefined => {
  const contacts = request.parsed('contact')
  if (contacts === undefined || contacts === '*') return undefined
  return contacts[0]?.params.get('expires') ?? request.header('expires')
}

it.for(transports)(
  'C01 over %s: 600 s granted are renewed at 300 s, same Call-ID, CSeq+1 (§10.2.4)',
  async wire => {
    const { register, registrar, requests, run, seconds } = await registrarScene({}, { wire })
    const { registration, states, errors } = register({ expires: 600 })
    await run(1000)
    expect(registration.state).toMatchObject({ is: 'registered', granted: 600 })
    expect(registrar.bindings(aor)).toHaveLength(1)
    expect(registration.refresh?.state).toEqual({ is: 'active', interval: 300 })
    await run(301_000)
    const [first, second] = requests() as [SipRequest, SipRequest]
    expect(seconds()).toEqual([0, 300])
    expect(registrar.log.map(({ transport }) => transport)).toEqual([wire, wire])
    expect([first, second].map(expiryOf)).toEqual(['600', '600'])
    expect([second.callId, second.fromTag, second.header('contact')]).toEqual([
      first.callId,
      first.fromTag,
      first.header('contact'),
    ])
    expect(second.cseq.seq).toBe(first.cseq.seq + 1)
    expect(registrar.bindings(aor)).toHaveLength(1)
    expect(errors.values).toEqual([])
    expect(states.values.map(({ is }) => is)).not.toContain('unregistered')
    expect(registration.isActive).toBe(true)
  },
)

it('C01: each REGISTER that is challenged is sent once more with the next number, and nobody hears of it (§22.1)', async () => {
  const { register, requests, run, registrar } = await registrarScene({ challenge: true })
  const { registration, errors, responses } = register({
    expires: 600,
    credentials: { username: 'alice', password: 'wonderland' },
  })
  await run(301_000)
  expect(registrar.bindings(aor)).toHaveLength(1)
  expect(requests().map(({ cseq }) => cseq.seq)).toEqual(requests().map((_, index) => index + 1))
  expect(new Set(requests().map(({ callId }) => callId)).size).toBe(1)
  expect(responses.values.map(({ status }) => status)).toEqual([200, 200])
  expect([errors.values, registration.isActive]).toEqual([[], true])
})

it('C02: 3600 s granted are renewed at 3000 s', async () => {
  const { register, run, seconds } = await registrarScene()
  register({ expires: 3600 })
  await run(6001 * 1000)
  expect(seconds()).toEqual([0, 3000, 6000])
})

it('C03: without refresh there is no second REGISTER, and the binding ends with its lifetime', async () => {
  const { register, requests, run } = await registrarScene()
  const { registration, errors } = register({ expires: 600, refresh: false })
  await run(599_000)
  expect([registration.isActive, registration.state.is]).toEqual([true, 'registered'])
  await run(2000)
  expect([registration.isActive, registration.state.is]).toEqual([false, 'expired'])
  expect(registration.contact).toBeUndefined()
  await run(2 * hour)
  expect(requests()).toHaveLength(1)
  expect(errors.values).toEqual([])
})

it('C04: 10 s granted count as 30 s, with a refresh at 15 s and an event, without an error', async () => {
  const { register, run, seconds, sip } = await registrarScene({ grantedExpires: 10 })
  const events = record(sip.events$)
  const { registration, errors } = register({ expires: 600 })
  await run(1000)
  expect(registration.state).toMatchObject({ is: 'registered', granted: 30 })
  expect(registration.state).toMatchObject({ registrarExpiresAt: expect.closeTo(10_000, -2) })
  expect(events.values.filter(({ type }) => type === 'grantedBelowMinimum')).toMatchObject([
    { registration, granted: 10, used: 30 },
  ])
  await run(30_000)
  expect(seconds()).toEqual([0, 15, 30])
  expect(errors.values).toEqual([])
})

it('C04: with minGrantedExpires 1 the 10 s count as they are: refresh at 5 s', async () => {
  const { register, run, seconds, sip } = await registrarScene({ grantedExpires: 10 })
  const events = record(sip.events$)
  const { registration } = register({ expires: 600, minGrantedExpires: 1 })
  await run(11_000)
  expect(registration.state).toMatchObject({ granted: 10 })
  expect(seconds()).toEqual([0, 5, 10])
  expect(events.values.map(({ type }) => type)).not.toContain('grantedBelowMinimum')
})

it('C05: 999999 s granted for 600 asked count as 600: refresh at 300 s', async () => {
  const { register, run, seconds } = await registrarScene({ grantedExpires: 999_999 })
  const { registration } = register({ expires: 600 })
  await run(301_000)
  expect(registration.granted).toBe(600)
  expect(seconds()).toEqual([0, 300])
})

it('C06: 999999 s granted for none asked count as 3600: refresh at 3000 s', async () => {
  const { register, run, seconds, requests } = await registrarScene({ grantedExpires: 999_999 })
  const { registration } = register()
  await run(3001 * 1000)
  expect(registration.granted).toBe(3600)
  expect(seconds()).toEqual([0, 3000])
  expect(requests().map(expiryOf)).toEqual([undefined, undefined])
})

describe('C12', () => {
  it('C12: a 423 is followed once, with its Min-Expires, which then caps the grant (§10.2.8)', async () => {
    const { register, requests, run, seconds, registrar } = await registrarScene({
      minExpires: 1200,
      grantedExpires: 999_999,
    })
    const { registration, errors, responses } = register({ expires: 600 })
    await run(601_000)
    const [first, second] = requests() as [SipRequest, SipRequest]
    expect([first, second].map(expiryOf)).toEqual(['600', '1200'])
    expect(second.cseq.seq).toBe(first.cseq.seq + 1)
    expect(second.callId).toBe(first.callId)
    expect(registration.state).toMatchObject({ is: 'registered', granted: 1200 })
    expect(seconds()).toEqual([0, 0, 600])
    expect(registrar.bindings(aor)).toHaveLength(1)
    expect(errors.values).toEqual([])
    expect(responses.values.map(({ status }) => status)).toEqual([200, 200])
  })

  it('C12: a second 423 is told, and no third REGISTER leaves', async () => {
    const { register, requests, run, registrar } = await registrarScene()
    registrar.failNext(423, { count: 5, headers: [['Min-Expires', '1200']] })
    const { registration, errors } = register({ expires: 600 })
    await run(hour)
    expect(requests().map(expiryOf)).toEqual(['600', '1200'])
    expect(errors.values).toMatchObject([{ code: 'rejected', status: 423 }])
    expect(registration.state.is).toBe('unregistered')
  })

  it('C12: a Min-Expires of more than a day is not followed', async () => {
    const { register, requests, run, registrar } = await registrarScene()
    registrar.failNext(423, { headers: [['Min-Expires', '86401']] })
    const { errors } = register({ expires: 600 })
    await run(10_000)
    expect(requests()).toHaveLength(1)
    expect(errors.values).toMatchObject([{ code: 'rejected', status: 423 }])
  })

  it('C12: neither is one above an own limit, nor a 423 without Min-Expires', async () => {
    for (const header of ['7201', undefined]) {
      const { register, requests, run, registrar } = await registrarScene()
      registrar.failNext(423, { headers: header === undefined ? [] : [['Min-Expires', header]] })
      const { errors } = register({ expires: 600, maxMinExpires: 7200 })
      await run(10_000)
      expect(requests()).toHaveLength(1)
      expect(errors.values).toMatchObject([{ code: 'rejected', status: 423 }])
    }
  })
})

it('C12: a refresh that gets 423 asks for longer, too, and the binding lives on', async () => {
  const { register, registrar, requests, run, seconds } = await registrarScene()
  const { registration, states, errors } = register({ expires: 600 })
  await run(1000)
  registrar.failNext(423, { headers: [['Min-Expires', '1200']] })
  await run(301_000)
  expect(requests().map(expiryOf)).toEqual(['600', '600', '1200'])
  expect(seconds()).toEqual([0, 300, 300])
  expect(registration.state).toMatchObject({ is: 'registered', granted: 1200 })
  expect([errors.values, states.values.map(({ is }) => is).includes('unregistered')]).toEqual([[], false])
})

describe('C13', () => {
  it.for([200, 403, 500])('C13: unregister sends a lifetime of 0, and %s ends the binding', async status => {
    const { register, registrar, requests, run } = await registrarScene()
    const { registration, errors } = register({ expires: 600 })
    await run(1000)
    if (status !== 200) registrar.failNext(status)
    let settled = false
    void registration.unregister().then(() => {
      settled = true
    })
    expect(registration.state.is).toBe('unregistering')
    await run(1000)
    expect(settled).toBe(true)
    expect([registration.state.is, registration.isActive]).toEqual(['unregistered', false])
    const [first, second] = requests() as [SipRequest, SipRequest]
    expect(expiryOf(second)).toBe('0')
    expect([second.callId, second.cseq.seq]).toEqual([first.callId, first.cseq.seq + 1])
    expect(registrar.bindings(aor)).toHaveLength(status === 200 ? 0 : 1)
    expect(errors.values).toEqual([])
    await run(2 * hour)
    expect(requests()).toHaveLength(2)
  })

  it('C13: silence ends the binding too, after 64·T1', async () => {
    const { register, registrar, run } = await registrarScene()
    const { registration, errors } = register({ expires: 600 })
    await run(1000)
    registrar.set({ tamper: () => undefined })
    void registration.unregister()
    await run(31_000)
    expect(registration.state.is).toBe('unregistering')
    await run(2000)
    expect(registration.state.is).toBe('unregistered')
    expect(errors.values).toEqual([])
  })
})

it('C13: a challenged REGISTER with a lifetime of 0 is answered, too (§22.1)', async () => {
  const { register, registrar, requests, run } = await registrarScene({ challenge: true })
  const { registration, errors } = register({
    expires: 600,
    credentials: { username: 'alice', password: 'wonderland' },
  })
  await run(1000)
  registrar.expireNonces()
  void registration.unregister()
  await run(1000)
  expect(registrar.bindings(aor)).toEqual([])
  expect(expiryOf(requests().at(-1)!)).toBe('0')
  expect([registration.state.is, errors.values]).toEqual(['unregistered', []])
})

it('C13: taken back while a refresh runs, it waits for the answer and then unregisters', async () => {
  const { register, registrar, network, requests, run } = await registrarScene()
  const { registration, errors } = register({ expires: 600 })
  await run(1000)
  network.set({ latency: 500 })
  await run(299_500)
  void registration.unregister()
  await run(10_000)
  expect(requests().map(expiryOf)).toEqual(['600', '600', '0'])
  expect(registrar.bindings(aor)).toEqual([])
  expect([registration.state.is, errors.values]).toEqual(['unregistered', []])
})

it('C14: silence at a refresh ends the binding after 64·T1, with timeout', async () => {
  const { register, registrar, run } = await registrarScene()
  const { registration, errors } = register({ expires: 600 })
  await run(1000)
  registrar.set({ tamper: () => undefined })
  await run(300_000)
  expect(registration.isActive).toBe(true)
  await run(33_000)
  expect(errors.values).toMatchObject([{ code: 'timeout' }])
  expect([registration.state.is, registration.isActive]).toEqual(['unregistered', false])
})

it('C14: a refresh that gets 403 ends the binding: one error with the response, and silence', async () => {
  const { register, registrar, requests, run } = await registrarScene()
  const { registration } = register({ expires: 600 })
  const told: [string, string, number | undefined, string | undefined][] = []
  await run(1000)
  const { refresh } = registration
  registration.errors$.subscribe(({ code, status, response }) => {
    told.push([code, registration.state.is, status, response?.header('cseq')])
  })
  registrar.failNext(403, { count: 99 })
  await run(300_000)
  expect(told).toEqual([['terminated-with-response', 'unregistered', 403, requests()[1]!.header('cseq')]])
  expect(registration.isActive).toBe(false)
  expect(refresh?.state.is).toBe('terminated')
  await run(2 * hour)
  expect(requests()).toHaveLength(2)
})

describe('C15', () => {
  const answers = {
    'lacks our Contact': (value: string) => value.replace('alice@192.0.2.1', 'mallory@192.0.2.66'),
    'grants our Contact no time': (value: string) => value.replace(/expires=\d+/, 'expires=0'),
  }
  it.for(Object.entries(answers))('C15: a 200 that %s is no registration (§10.2.4)', async ([, spoil]) => {
    const { run, bob, connection } = await createScene()
    bob.on('REGISTER', request => {
      const own = `${request.header('contact')}`
      bob.reply(request, 200, { headers: [['Contact', spoil(own)]] })
    })
    const registration = connection.register({ aor, registrar: bob.uri, expires: 600 })
    const errors = record(registration.errors$)
    await run(1000)
    expect(errors.values).toMatchObject([{ code: 'invalid-registrar-response', response: { status: 200 } }])
    expect([registration.state.is, registration.isActive]).toEqual(['unregistered', false])
    await run(2 * hour)
    expect(bob.all('REGISTER')).toHaveLength(1)
  })
})

it('C16: while a registration or an update runs, another operation is refused and sends nothing', async () => {
  const { register, requests, run } = await registrarScene()
  const { registration } = register({ expires: 600 })
  const codes: unknown[] = []
  const attempt = (operation: () => unknown): void => {
    try {
      operation()
      codes.push('done')
    } catch (error) {
      codes.push(isSipError(error) ? error.code : error)
    }
  }
  attempt(() => registration.register())
  attempt(() => registration.update({ expires: 700 }))
  attempt(() => registration.unregister())
  await run(1000)
  expect(requests()).toHaveLength(1)
  expect(registration.state.is).toBe('registered')
  attempt(() => registration.register())
  void registration.update({ expires: 700 })
  expect(registration.state.is).toBe('updating')
  attempt(() => registration.update({ expires: 800 }))
  attempt(() => registration.unregister())
  attempt(() => registration.register())
  await run(1000)
  expect(codes).toEqual(Array(7).fill('invalid-registration-state'))
  expect(requests().map(expiryOf)).toEqual(['600', '700'])
  expect(registration.state).toMatchObject({ is: 'registered', granted: 700 })
})

it('C13 over IPv6: registered at [2001:db8::10] and taken back', async () => {
  const world = createWorld()
  const { network } = world
  const peer = createPeer(network, { host: '2001:db8::10', name: 'registrar' })
  peer.on('REGISTER', request =>
    peer.reply(request, 200, { headers: [['Contact', request.header('contact')!]] }),
  )
  const us = await world.party('2001:db8::1', {}, { user: 'alice' })
  const registration = us.connection.register({ aor: 'sip:alice@[2001:db8::10]', expires: 600 })
  await world.run(1000)
  expect(registration.contact).toBe('<sip:alice@[2001:db8::1]:5060>;expires=600')
  void registration.unregister()
  await world.run(1000)
  const [first, last] = peer.all('REGISTER') as [SipRequest, SipRequest]
  expect(first.uri).toBe('sip:[2001:db8::10]')
  expect(first.via.host).toBe('2001:db8::1')
  expect(expiryOf(last)).toBe('0')
  expect(registration.state.is).toBe('unregistered')
  await world.end()
})
