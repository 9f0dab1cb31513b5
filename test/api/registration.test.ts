/** Registrations and their refresh. RFC 3261 §10.2. */
import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/errors.ts'
import { response } from '../support/fake-port.ts'
import { activeSip, fails, plainRegistration, record, refused } from './support.ts'

const aor = 'sip:alice@example.com'
const registered = {
  ...plainRegistration,
  is: 'registered',
  granted: 600,
  registrarExpiresAt: 600_000,
  contact: '<sip:alice@192.0.2.1>',
} as const

const registering = () => {
  const { fake, connection } = activeSip()
  const registration = connection.register({ aor, expires: 600 })
  return { fake, connection, registration }
}

describe('connection.register', () => {
  it('hands its options on', () => {
    const { fake, connection } = activeSip()
    const registration = connection.register({
      aor,
      registrar: 'sip:registrar.example.com',
      contact: '<sip:alice@192.0.2.1>;q=0.5',
      expires: 600,
      refresh: false,
      credentials: { username: 'alice', password: 's3cret' },
    })
    expect(fake.last('registration.open')).toEqual({
      type: 'registration.open',
      id: registration.id,
      connection: connection.id,
      options: {
        aor,
        registrar: 'sip:registrar.example.com',
        contact: '<sip:alice@192.0.2.1>;q=0.5',
        expires: 600,
        refresh: false,
        credentials: [{ username: 'alice', password: 's3cret' }],
      },
    })
    expect(registration.state.is).toBe('registering')
  })

  it.each([
    ['an AOR that is no SIP URI', { aor: 'tel:+123' }],
    ['a registrar that is none', { aor, registrar: 'registrar' }],
    ['an outbound proxy that is none', { aor, outboundProxy: 'tel:1' }],
    ['a lifetime below 60 s', { aor, expires: 59 }],
    ['a lifetime of 0', { aor, expires: 0 }],
    ['a lifetime in fractions', { aor, expires: 60.5 }],
    ['a lifetime that is no number', { aor, expires: Number.NaN }],
    ['a lifetime in the Contact', { aor, contact: '<sip:a@192.0.2.1>;expires=600' }],
    ['a Contact without a user part', { aor, contact: 'sip:192.0.2.1' }],
    ['the Contact *', { aor, contact: '*' }],
    ['two Contacts', { aor, contact: '<sip:a@192.0.2.1>, <sip:b@192.0.2.1>' }],
    ['a Contact that is no SIP URI', { aor, contact: 'tel:+123' }],
    ['a sip: Contact for a sips: AOR', { aor: 'sips:alice@example.com', contact: 'sip:a@192.0.2.1' }],
  ])('refuses %s', (_, options) => {
    const { fake, connection } = activeSip()
    refused('argument', () => connection.register(options))
    expect(fake.commands).toHaveLength(1)
  })

  it('lets the floor of lifetimes be moved', () => {
    const { connection } = activeSip()
    connection.register({ aor, expires: 10, minRequestedExpires: 5 })
    refused('argument', () => connection.register({ aor, expires: 4, minRequestedExpires: 5 }))
  })
})

describe('a registration', () => {
  it('shows what was granted while it is active, and nothing before or after', async () => {
    const { fake, registration } = registering()
    expect([registration.isActive, registration.granted, registration.contact]).toEqual([
      false,
      undefined,
      undefined,
    ])
    const promise = registration.registered()
    fake.state(registration.id, registered)
    await promise
    expect([registration.isActive, registration.granted, registration.contact]).toEqual([
      true,
      600,
      '<sip:alice@192.0.2.1>',
    ])
    fake.state(registration.id, { ...registered, is: 'updating' })
    expect(registration.isActive).toBe(true)
    fake.state(registration.id, { is: 'expired' })
    expect([registration.isActive, registration.granted, registration.contact]).toEqual([
      false,
      undefined,
      undefined,
    ])
  })

  it('rejects with what prevents it, also when asked later', async () => {
    const { fake, registration } = registering()
    const promise = registration.registered()
    fake.state(registration.id, { is: 'unregistered' })
    fake.tell({ type: 'error', id: registration.id, error: new SipError('rejected', '403', { status: 403 }) })
    expect((await fails('rejected', promise)).status).toBe(403)
    await fails('rejected', registration.registered())
  })

  it('is registered again after an end, and not while it is going on', async () => {
    const { fake, registration } = registering()
    refused('invalid-registration-state', () => registration.register())
    fake.state(registration.id, { is: 'unregistered' })
    fake.tell({ type: 'error', id: registration.id, error: new SipError('timeout', 'no answer') })
    registration.register()
    expect(fake.last('registration.register').id).toBe(registration.id)
    fake.state(registration.id, { is: 'registering' })
    const promise = registration.registered()
    fake.state(registration.id, registered)
    await promise
  })

  it('is updated only when registered, with a lifetime that may be asked for', async () => {
    const { fake, registration } = registering()
    refused('invalid-registration-state', () => registration.update())
    fake.state(registration.id, registered)
    refused('argument', () => registration.update({ expires: 30 }))
    const promise = registration.update({ expires: 1200 })
    expect(fake.last('registration.update')).toEqual({
      type: 'registration.update',
      id: registration.id,
      expires: 1200,
    })
    fake.state(registration.id, { ...registered, is: 'updating' })
    refused('invalid-registration-state', () => registration.update())
    refused('invalid-registration-state', () => registration.unregister())
    fake.state(registration.id, { ...registered, granted: 1200 })
    await promise
    expect(registration.granted).toBe(1200)
  })

  it('rejects the update that ends it', async () => {
    const { fake, registration } = registering()
    fake.state(registration.id, registered)
    const promise = registration.update()
    fake.state(registration.id, { is: 'unregistered' })
    fake.tell({ type: 'error', id: registration.id, error: new SipError('rejected', '403', { status: 403 }) })
    await fails('rejected', promise)
  })

  it('is taken back, whatever the registrar says to that', async () => {
    const { fake, registration } = registering()
    refused('invalid-registration-state', () => registration.unregister())
    fake.state(registration.id, registered)
    const promise = registration.unregister()
    fake.state(registration.id, { is: 'unregistering' })
    refused('invalid-registration-state', () => registration.register())
    await fails('cancelled', registration.registered())
    fake.state(registration.id, { is: 'unregistered' })
    await promise
  })

  it('gives the responses of the registrar', () => {
    const { fake, registration } = registering()
    const responses = record(registration.responses$)
    fake.tell({ type: 'response', id: registration.id, response: response(200, { method: 'REGISTER' }) })
    expect(responses.values.map(({ status }) => status)).toEqual([200])
  })
})

describe('a refresh', () => {
  const refreshing = () => {
    const all = registering()
    all.fake.tell({ type: 'refresh', id: 'refresh.1', owner: all.registration.id })
    return { ...all, refresh: all.registration.refresh! }
  }

  it('shows and changes its interval while active', () => {
    const { fake, registration, refresh } = refreshing()
    expect([refresh.registration, refresh.isStandAlone, refresh.interval]).toEqual([
      registration,
      false,
      undefined,
    ])
    refused('invalid-transaction-state', () => refresh.setInterval(10))
    fake.state('refresh.1', { is: 'active', interval: 300 })
    expect(refresh.interval).toBe(300)
    refresh.setInterval(10)
    expect(fake.last('refresh.interval')).toEqual({ type: 'refresh.interval', id: 'refresh.1', seconds: 10 })
    for (const seconds of [0, -1, 1.5, Number.NaN]) refused('argument', () => refresh.setInterval(seconds))
    fake.state('refresh.1', { is: 'terminated' })
    refused('invalid-transaction-state', () => refresh.setInterval(10))
  })
})
