/** `sip.profiles` and `sip.line` over a port whose other side is slow: what they ask for, and what they make of what is told. */
import { describe, expect, it } from 'vitest'
import { type ApiOptions, sipOver } from '../../src/api/sip.ts'
import type { ProfileInfo } from '../../src/engine/border/profiles.ts'
import type { ProfileState } from '../../src/engine/states.ts'
import { SipError } from '../../src/errors.ts'
import { getSipMessage, type LineCall } from '../../src/index.ts'
import { checkProfileFields } from '../../src/profiles/check.ts'
import { fakePort, request, response, sender } from '../support/fake-port.ts'
import { fails, plainRegistration, record, refused } from './support.ts'

const info = (id: string, aor = 'sip:alice@example.com'): ProfileInfo => ({
  id,
  fields: checkProfileFields({ aors: [aor] }),
  secrets: ['registrarPassword'],
})
const types = [{ class: 'internet', name: 'ietf' }] as const
const place = { connection: 'connection.9', registration: 'registration.9' }
const registered: ProfileState = {
  is: 'registered',
  users: 1,
  autoRegister: false,
  aors: ['sip:alice@example.com'],
  contact: '<sip:x@192.0.2.1>',
  ...place,
}
const registering: ProfileState = { is: 'registering', users: 1, autoRegister: false }

/** A `Sip` at an engine with these profiles, opened. */
const opened = (options: ApiOptions = {}, ids: readonly string[] = ['p1', 'p2']) => {
  const fake = fakePort()
  const sip = sipOver(fake.port, options, undefined, 'shared')
  fake.tell({ type: 'profiles', profiles: ids.map(id => info(id)), types, defaultId: ids[0]! })
  /** The engine opens a connection for a profile, and registers it there. */
  const register = (profile = 'p1'): void => {
    fake.tell({ type: 'profileConnection', id: place.connection, options: {} })
    fake.state(place.connection, { is: 'active' })
    fake.tell({
      type: 'profileRegistration',
      id: place.registration,
      profile,
      connection: place.connection,
      aor: 'sip:alice@example.com',
    })
    fake.state(place.registration, {
      is: 'registered',
      granted: 3600,
      registrarExpiresAt: 1,
      contact: '<sip:x@192.0.2.1>',
      ...plainRegistration,
    })
    fake.state(profile, registered)
  }
  /** An INVITE that came for the Contact of the profile. */
  const ring = (id: string) =>
    fake.tell({
      type: 'call',
      id,
      connection: place.connection,
      registration: place.registration,
      request: request('INVITE'),
      from: sender,
    })
  return { fake, sip, register, ring }
}

describe('profiles', () => {
  it('are not there before the store is open, nor when it cannot be opened', async () => {
    const fake = fakePort()
    const sip = sipOver(fake.port, {}, undefined, 'shared')
    refused('not-ready', () => sip.profiles.list())
    refused('not-ready', () => sip.profiles.types())
    const ready = sip.profiles.ready()
    const errors = record(sip.profiles.errors$)
    fake.tell({ type: 'profilesFailed', error: new SipError('in-use', 'another process has it') })
    await fails('in-use', ready)
    refused('in-use', () => sip.profiles.list())
    expect(errors.values).toMatchObject([{ code: 'in-use' }])
  })

  it('tell a store that was put aside', async () => {
    const fake = fakePort()
    const sip = sipOver(fake.port, {}, undefined, 'shared')
    const movedAside = { path: '/tmp/x.corrupt-1', reason: 'not a database' }
    fake.tell({ type: 'profiles', profiles: [], types, movedAside })
    await sip.profiles.ready()
    expect(sip.profiles.movedAside).toEqual(movedAside)
    expect(sip.profiles.default()).toBeUndefined()
  })

  it('tell what of the store cannot be read, and have all else', async () => {
    const fake = fakePort()
    const sip = sipOver(fake.port, {}, undefined, 'shared')
    expect(sip.profiles.unreadable).toEqual([])
    const unreadable = [{ id: 'p2', what: 'profile', reason: 'not JSON' }] as const
    fake.tell({ type: 'profiles', profiles: [info('p1')], types, defaultId: 'p1', unreadable })
    await sip.profiles.ready()
    expect(sip.profiles.unreadable).toEqual(unreadable)
    expect(sip.profiles.list().map(({ id }) => id)).toEqual(['p1'])
  })

  it('a use that is refused leaves nothing behind', () => {
    const { fake, sip } = opened()
    const profile = sip.profiles.get('p1')
    fake.refuse(new SipError('resource-not-available', 'closed'))
    refused('resource-not-available', () => profile.enable())
    fake.refuse(undefined)
    expect(profile.isEnabled).toBe(false)
    expect(profile.enable().isOver).toBe(false)
  })

  it('a use follows its profile, and is over when the engine says so', async () => {
    const { fake, sip, register } = opened()
    const profile = sip.profiles.get('p1')
    const enabled = profile.enable()
    expect(fake.last('profile.enable')).toMatchObject({ id: enabled.id, profile: 'p1' })
    const other = record(sip.profiles.get('p2').state$)
    let settled = false
    const ready = enabled.registered().then(() => {
      settled = true
    })
    fake.state('p1', registering)
    await Promise.resolve()
    expect([settled, enabled.connection]).toEqual([false, undefined])
    register()
    await ready
    expect(enabled.connection).toBe(sip.connections[0])
    expect(profile.connection).toBe(enabled.connection)
    expect(profile.isActive).toBe(true)
    const disabled = enabled.disable()
    expect(enabled.disable()).toBe(disabled)
    expect([enabled.isOver, enabled.registration, profile.isEnabled]).toEqual([true, undefined, false])
    await fails('closed', enabled.registered())
    let over = false
    void disabled.then(() => {
      over = true
    })
    fake.state('p1', { is: 'unregistering', users: 0, autoRegister: false })
    await Promise.resolve()
    expect(over).toBe(false)
    const ends = record(enabled.state$)
    fake.state('p1', { is: 'unregistered', users: 0, autoRegister: false })
    await disabled
    expect(ends.complete).toBe(true)
    expect(other.values).toHaveLength(1)
  })

  it('what is fatal ends the uses it names, and no others', async () => {
    const { fake, sip } = opened()
    const [first, second] = [sip.profiles.get('p1').enable(), sip.profiles.get('p1').enable()]
    const error = new SipError('rejected', '403')
    const told = [record(first.errors$), record(second.errors$)]
    const happening = { type: 'profileEvent', profile: 'p1', uses: [first.id] } as const
    fake.tell({ ...happening, is: 'error', error, fatal: true })
    await fails('rejected', first.registered())
    expect(told.map(({ values, complete }) => [values.length, complete])).toEqual([
      [1, true],
      [0, false],
    ])
    refused('resource-not-available', () => first.retryNow())
    second.retryNow()
    expect(fake.last('profile.retry').id).toBe(second.id)
  })

  it('migration is offered, agreed to or not, and told', () => {
    const { fake, sip } = opened()
    const profile = sip.profiles.get('p1')
    const enabled = profile.enable()
    const migration = record(profile.migration$)
    const events = record(enabled.events$)
    for (const is of ['registered', 'migrationAvailable', 'migrationCompleted'] as const)
      fake.tell({ type: 'profileEvent', profile: 'p1', uses: [enabled.id], is, network: 'wlan0' })
    expect(migration.values.map(({ is, network }) => [is, network])).toEqual([
      ['migrationAvailable', 'wlan0'],
      ['migrationCompleted', 'wlan0'],
    ])
    expect(events.values).toHaveLength(3)
    enabled.allowMigration()
    enabled.disallowMigration()
    expect([fake.last('profile.allowMigration').id, fake.last('profile.disallowMigration').id]).toEqual([
      enabled.id,
      enabled.id,
    ])
  })

  it('a change settles when the engine has written it, rejects when it could not, and with the end of the Sip', async () => {
    const { fake, sip } = opened()
    const { admin } = sip.profiles
    const created = admin.create({ aors: ['sip:bob@example.com'] }, { registrarPassword: 'x' })
    const { request: asked, secrets } = fake.last('profiles.save')
    expect(secrets).toEqual({ registrarPassword: 'x' })
    const events = record(sip.profiles.events$)
    const all = record(sip.events$)
    fake.tell({
      type: 'profileChanged',
      profile: 'p3',
      change: 'created',
      info: info('p3', 'sip:bob@example.com'),
      defaultId: 'p1',
    })
    fake.tell({ type: 'profileDone', request: asked, profile: 'p3' })
    expect((await created).aors).toEqual(['sip:bob@example.com'])
    expect(events.values).toMatchObject([{ is: 'created', profile: { id: 'p3' } }])
    expect(all.values).toMatchObject([{ type: 'profile', source: 'sipactor', is: 'created' }])
    refused('no-message', () => getSipMessage(all.values[0]!))
    const removed = admin.remove('p3')
    const { request: refusing } = fake.last('profiles.remove')
    fake.tell({ type: 'profileDone', request: refusing, error: new SipError('storage', 'the disk is full') })
    await fails('storage', removed)
    const pending = admin.setDefault('p2')
    await sip.close()
    await fails('closed', pending)
  })

  it('save takes what is not named from the object it was given, and undefined takes a field away', async () => {
    const { fake, sip } = opened()
    const profile = sip.profiles.get('p1')
    void sip.profiles.admin.save(profile, { name: 'x', expires: 60 })
    expect(fake.last('profiles.save')).toMatchObject({ profile: 'p1', fields: { name: 'x', expires: 60 } })
    void sip.profiles.admin.save('p1', { expires: undefined })
    expect('expires' in fake.last('profiles.save').fields).toBe(false)
    refused('argument', () => sip.profiles.admin.save('p1', null as never))
    refused('not-found', () => sip.profiles.admin.save('p9', {}))
    await sip.close()
  })

  it('scopes: reading, changing and forcing are granted one by one', () => {
    const none = opened({ scopes: [] })
    for (const action of [
      () => none.sip.profiles.list(),
      () => none.sip.profiles.get('p1'),
      () => none.sip.profiles.default(),
      () => none.sip.profiles.types(),
      () => none.sip.profiles.admin,
      () => none.sip.line(),
    ])
      refused('permission', action)
    expect(none.fake.commands).toEqual([])
    const reader = opened({ scopes: ['profile.read'] })
    refused('permission', () => reader.sip.profiles.get('p1').forceDisable())
    const admin = opened({ scopes: ['profile.read', 'profile.admin'] })
    admin.sip.profiles.get('p1').forceDisable()
    expect(admin.fake.last('profile.forceDisable').profile).toBe('p1')
  })

  it('a Sip at a shared server ends its own, and leaves the connections of profiles to the others', async () => {
    const { fake, sip, register } = opened()
    register()
    const [connection] = sip.connections
    const states = record(connection!.state$)
    await sip.close()
    expect(fake.commands.map(({ type }) => type)).not.toContain('connection.close')
    expect(fake.commands.map(({ type }) => type)).not.toContain('profiles.close')
    expect(states.complete).toBe(true)
  })
})

describe('a line', () => {
  /** Started, active, on the connection of its profile. */
  const active = (options: ApiOptions = {}) => {
    const stage = opened(options)
    const line = stage.sip.line()
    const start = line.start()
    stage.fake.state(line.id, { is: 'starting' })
    stage.fake.tell({ type: 'line', id: line.id, profile: 'p1' })
    stage.register()
    stage.fake.state(line.id, { is: 'active' })
    return { ...stage, line, start }
  }

  it('asks for what it is told to, and names the sessions that end with it', async () => {
    const { fake, sip, line, start } = active()
    await start
    expect(fake.last('line.open')).toEqual({ type: 'line.open', id: line.id })
    const call: LineCall = line.call({ requestUri: 'sip:bob@example.com' })
    expect(fake.last('call.invite')).toMatchObject({
      id: call.id,
      connection: place.connection,
      invite: { registration: place.registration, uri: 'sip:bob@example.com' },
    })
    const stop = line.stop()
    expect(fake.last('line.stop').sessions).toEqual([call.id])
    refused('not-ready', () => line.call({ requestUri: 'sip:bob@example.com' }))
    refused('not-ready', () => line.start())
    fake.state(line.id, { is: 'stopping' })
    fake.state(line.id, { is: 'stopped' })
    await stop
    const named = sip.line({ profile: sip.profiles.get('p2') })
    expect(fake.last('line.open')).toMatchObject({ id: named.id, profile: 'p2' })
  })

  it('that the engine refuses does not hold up the end of the Sip', async () => {
    const { fake, sip } = opened()
    fake.refuse(new SipError('not-supported', 'no store'))
    refused('not-supported', () => sip.line())
    fake.refuse(undefined)
    await sip.close()
    expect(fake.commands).toEqual([])
  })

  it('a subscriber of incoming$ that throws costs its caller a 500 and nobody else anything', () => {
    const faults: unknown[] = []
    const { fake, line, ring } = active({ onCallbackError: error => faults.push(error) })
    line.incoming$.subscribe(() => {
      throw new Error('a fault of the application')
    })
    ring('call.7')
    expect(fake.last('call.provisional')).toMatchObject({ id: 'call.7', response: { status: 180 } })
    expect(fake.last('call.reject')).toMatchObject({ id: 'call.7', response: { status: 500 } })
    expect(faults).toHaveLength(1)
  })

  it('two lines of one profile: the first that listens gets the call', () => {
    const { fake, sip, line, ring } = active()
    const second = sip.line({ profile: 'p1' })
    void second.start()
    fake.state(second.id, { is: 'starting' })
    fake.tell({ type: 'line', id: second.id, profile: 'p1' })
    fake.state(second.id, { is: 'active' })
    const later = record(second.incoming$)
    ring('call.7')
    const first = record(line.incoming$)
    ring('call.8')
    expect([first.values, later.values].map(list => list.map(({ id }) => id))).toEqual([
      ['call.8'],
      ['call.7'],
    ])
  })

  it('a challenge to its call asks no provider, is told once, and given up', () => {
    let asked = 0
    const { fake, line } = active({
      credentials: () => {
        asked += 1
        return undefined
      },
    })
    const call = line.call({ requestUri: 'sip:bob@example.com' })
    const events = record(call.events$)
    fake.tell({
      type: 'challenge',
      id: 'challenge.1',
      connection: place.connection,
      object: call.id,
      realms: [{ realm: 'gate', kind: 'proxy', algorithm: 'MD5' }],
      response: response(407, { method: 'INVITE' }),
    })
    expect(fake.last('challenge.ignore').id).toBe('challenge.1')
    expect([asked, call.realms]).toEqual([0, ['gate']])
    expect(events.values).toMatchObject([{ type: 'authenticationRequired', realm: 'gate', id: 2 }])
  })

  it('close ends the object; what it was asked before is told', async () => {
    const { fake, line, sip } = active()
    const states = record(line.state$)
    const closed = line.close()
    expect(line.close()).toBe(closed)
    expect(fake.commands.filter(({ type }) => type === 'line.close')).toHaveLength(1)
    refused('resource-not-available', () => line.start())
    refused('resource-not-available', () => line.call({ requestUri: 'sip:b@c' }))
    fake.tell({ type: 'closed', id: line.id })
    await closed
    expect(states.complete).toBe(true)
    expect(line.state.is).toBe('stopped')
    await line.close()
    await sip.close()
    expect(fake.commands.filter(({ type }) => type === 'line.close')).toHaveLength(1)
  })

  it('misuse is refused before anything is sent', () => {
    const { fake, sip, line } = active()
    const before = fake.commands.length
    for (const given of [null, [], { profile: 7 }, { credentials: {} }, { aor: 'sip:a@b' }])
      refused('argument', () => sip.line(given as never))
    for (const given of [
      undefined,
      {},
      { requestUri: 'x' },
      { requestUri: 'sip:b@c', contact: '<' },
      { requestUri: 'sip:b@c', from: 'a\r\nb' },
    ])
      refused('argument', () => line.call(given as never))
    refused('argument', () => line.subscribe({ requestUri: 'sip:b@c' } as never))
    expect(fake.commands).toHaveLength(before)
  })
})
