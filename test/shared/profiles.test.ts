/** Profiles at the shared server: one registration for all applications; rows C17 and H09 of docs/scenarios.md. */
import { describe, expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { scopes } from '../../src/shared/scopes.ts'
import { memoryProfileStore, simulatedNetwork, testRegistrar, virtualClock } from '../../src/testing/index.ts'
import { record } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sharedOver, soon } from '../support/shared.ts'

const stage = async () => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const platform = network.platform({ host: '192.0.2.1' })
  const registrar = testRegistrar({
    platform: network.platform({ host: '192.0.2.10' }),
    users: { alice: 'wonderland', bob: 'builder' },
    challenge: false,
  })
  await registrar.listen()
  network.names.set('example.com', [{ host: '192.0.2.10', port: 5060 }])
  const engine = createEngine(platform, {
    profiles: { store: memoryProfileStore(), connection: { port: 5060 } },
  })
  const shared = sharedOver(engine, {
    clock,
    deliver: soon,
    profiles: true,
    access: (_, token) => (token === undefined ? scopes : ['send']),
  })
  const attach = async (client: string) => {
    const joined = shared.join(client)
    await joined.attached
    const sip = sipOver(joined.port, {}, remote => platform.localAddressFor(remote), 'shared')
    await sip.profiles.ready()
    return { ...joined, sip }
  }
  /** Lets a second pass while a promise settles. */
  const soonDone = async <T>(promise: Promise<T>): Promise<T> => {
    await clock.run(1000)
    return promise
  }
  const one = await attach('one')
  const added = one.sip.profiles.admin.create({
    aors: ['sip:alice@example.com'],
    name: 'Home',
    registrar: { uri: 'sip:example.com', username: 'alice' },
  })
  await soonDone(added)
  const expires = () =>
    registrar.log.map(
      ({ request }) =>
        /;expires=(\d+)/.exec(request.header('contact') ?? '')?.[1] ?? request.header('expires'),
    )
  return { clock, network, registrar, ...shared, attach, soonDone, one, expires }
}

describe('profiles of the shared server', () => {
  it('C17: two applications that enable one profile have one registration', async () => {
    const { attach, one, soonDone, expires } = await stage()
    const two = await attach('two')
    const [first, second] = [one, two].map(({ sip }) => sip.profiles.default()!.enable())
    await soonDone(Promise.all([first!.registered(), second!.registered()]))
    expect(expires()).toHaveLength(1)
    expect(two.sip.profiles.default()!.state).toMatchObject({ is: 'registered', users: 2 })
    const three = await attach('three')
    await soonDone(Promise.resolve())
    expect(three.sip.profiles.default()!.state).toMatchObject({ is: 'registered', users: 2 })
  })

  it('H09: an application that is killed has its use released; the last one that goes un-REGISTERs', async () => {
    const { attach, one, soonDone, expires, clock, server } = await stage()
    const two = await attach('two')
    const uses = [one, two].map(({ sip }) => sip.profiles.default()!.enable())
    await soonDone(Promise.all(uses.map(use => use.registered())))
    one.near.destroy()
    await clock.run(5000)
    expect(expires()).toHaveLength(1)
    expect(two.sip.profiles.default()!.state).toMatchObject({ is: 'registered', users: 1 })
    two.near.destroy()
    await clock.run(5000)
    expect(expires()).toHaveLength(2)
    expect(expires().at(-1)).toBe('0')
    expect(server.sessions).toEqual([])
    expect(server.keepsProfiles).toBe(false)
    const three = await attach('three')
    await clock.run(100)
    expect(three.sip.profiles.default()!.state).toMatchObject({ is: 'unregistered', users: 0 })
  })

  it('a call over a profile is hung up when its application is killed, and the registration stays for the other', async () => {
    const { attach, one, soonDone, expires, clock, network } = await stage()
    const bob = createPeer(network, { host: '192.0.2.2', name: 'bob', transport: 'UDP' })
    const two = await attach('two')
    const uses = [one, two].map(({ sip }) => sip.profiles.default()!.enable())
    await soonDone(Promise.all(uses.map(use => use.registered())))
    const call = uses[0]!.connection!.invite(bob.uri)
    await clock.run(20)
    bob.reply(bob.next('INVITE'), 200, {
      body: 'v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n',
    })
    await clock.run(20)
    expect(call.state.is).toBe('confirmed')
    one.near.destroy()
    await clock.run(20)
    expect(bob.next('BYE').method).toBe('BYE')
    expect(expires()).toHaveLength(1)
    expect(two.sip.profiles.default()!.state).toMatchObject({ is: 'registered', users: 1 })
  })

  it('are told nobody who may not read them', async () => {
    const { one, soonDone, join, clock } = await stage()
    const joined = join('caller', 'calls only')
    await joined.attached
    const seen: string[] = []
    joined.port.onEvent(({ type }) => void seen.push(type))
    const use = one.sip.profiles.default()!.enable()
    await soonDone(use.registered())
    await clock.run(1000)
    expect(seen).toEqual([])
  })

  it('one without a use hears what becomes of a profile that it looks at', async () => {
    const { attach, one, soonDone, clock, registrar } = await stage()
    const two = await attach('two')
    const watched = two.sip.profiles.default()!
    const [heard, errors] = [record(watched.events$), record(two.sip.profiles.errors$)]
    const held = [record(one.sip.profiles.default()!.events$)]
    const enabled = one.sip.profiles.default()!.enable()
    await soonDone(enabled.registered())
    await soonDone(enabled.disable())
    await soonDone(one.sip.profiles.admin.save(watched, { name: 'Office' }))
    await soonDone(one.sip.profiles.default()!.enable().registered())
    one.sip.profiles.default()!.forceDisable()
    await clock.run(1000)
    registrar.failNext(403)
    one.sip.profiles.default()!.enable()
    await clock.run(1000)
    expect(watched.lastError).toMatchObject({ status: 403 })
    await soonDone(one.sip.profiles.admin.remove(one.sip.profiles.default()!))
    const kinds = [
      ...['registered', 'deregistered', 'updated', 'registered', 'forciblyDisabled', 'deregistered'],
      ...['error', 'destroyed'],
    ]
    for (const { values } of [heard, ...held]) expect(values.map(({ is }) => is)).toEqual(kinds)
    expect(errors.values).toMatchObject([{ status: 403 }])
    expect(heard.complete).toBe(true)
  })

  it('uses that are over, however they ended, leave nothing behind at the server', async () => {
    const { one, soonDone, clock, registrar, server } = await stage()
    const profile = () => one.sip.profiles.default()!
    const before = server.owners.size
    registrar.failNext(403)
    const failing = profile().enable()
    await clock.run(1000)
    expect(failing.isOver).toBe(true)
    profile().enable()
    await clock.run(1000)
    profile().forceDisable()
    await clock.run(1000)
    const last = profile().enable()
    await soonDone(last.registered())
    await soonDone(last.disable())
    // A line outlives its use of the profile, and can be started anew.
    const line = one.sip.line()
    await soonDone(line.start())
    profile().forceDisable()
    await clock.run(1000)
    expect(line.state.is).toBe('failed')
    await soonDone(line.close())
    await clock.run(40_000)
    expect(server.owners.size).toBe(before)
  })

  it('a call for the Contact of a profile goes to an application that uses it, whoever was there first', async () => {
    const { attach, one, soonDone, clock, network, registrar } = await stage()
    const two = await attach('two')
    const other = await soonDone(
      one.sip.profiles.admin.create({
        aors: ['sip:bob@example.com'],
        registrar: { uri: 'sip:example.com', username: 'bob' },
      }),
    )
    const first = one.sip.profiles.default()!.enable()
    const line = two.sip.line({ profile: other.id })
    await soonDone(Promise.all([first.registered(), line.start()]))
    const heard = [record(first.calls$), record(line.incoming$)]
    const texts = [record(first.requests$), record(line.connection!.requests$)]
    const peer = createPeer(network, { host: '192.0.2.2', name: 'carol', transport: 'UDP' })
    const to = { host: '192.0.2.1', port: 5060 }
    for (const [at, user] of ['bob', 'alice'].entries()) {
      const { uri } = registrar.bindings(`sip:${user}@example.com`)[0]!
      peer.request('INVITE', { uri, to })
      peer.request('MESSAGE', { uri, to })
      await clock.run(100)
      expect(heard.map(({ values }) => values.length)).toEqual([at, 1])
      expect(texts.map(({ values }) => values.length)).toEqual([at, 1])
    }
    // With two who use it, it is the first; where nobody uses it any more, whoever is there.
    const { uri } = registrar.bindings('sip:bob@example.com')[0]!
    const also = one.sip.profiles.get(other.id).enable()
    const [others, any] = [record(also.requests$), record(also.connection!.requests$)]
    await soonDone(line.stop())
    peer.request('MESSAGE', { uri, to })
    await clock.run(100)
    await soonDone(also.disable())
    peer.request('MESSAGE', { uri, to })
    await clock.run(100)
    expect([others, any].map(({ values }) => values.length)).toEqual([1, 1])
    expect(texts.map(({ values }) => values.length)).toEqual([1, 1])
  })

  it('a server that ends takes its profiles back first', async () => {
    const { one, soonDone, expires, clock, server } = await stage()
    const use = one.sip.profiles.default()!.enable()
    await soonDone(use.registered())
    server.close()
    const drained = server.drained()
    await clock.run(5000)
    await drained
    expect(expires()).toEqual(['3600', '0'])
  })
})
