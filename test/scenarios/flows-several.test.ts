/** Several flows of one registration, and what goes over them: RFC 5626 §4.2, §4.3, §4.5; C11 of docs/scenarios.md. */
import { describe, expect, it } from 'vitest'
import type { ConnectionOptions, RegistrationOptions } from '../../src/index.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { type TestRegistrarOptions, testRegistrar } from '../../src/testing/index.ts'
import { createPeer, type Peer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { ourOffer, record, registrarScene, theirs } from './support.ts'

const aor = 'sip:alice@example.com'
const us = '192.0.2.1'
const instanceId = 'urn:uuid:00000000-0000-4000-8000-000a95a0e128'
const proxies = ['sip:192.0.2.11;transport=tcp', 'sip:192.0.2.12;transport=tcp'] as const

const contactOf = (request: SipRequest) => {
  const contacts = request.parsed('contact')
  if (contacts === undefined || contacts === '*') throw new Error('no Contact')
  return contacts[0]!
}

/** Two edge proxies that register us by themselves. */
const edges = async (policy: Partial<TestRegistrarOptions> = {}) => {
  const world = createWorld()
  const servers = []
  for (const host of ['192.0.2.11', '192.0.2.12']) {
    const server = testRegistrar({
      platform: world.network.platform({ host }),
      users: { alice: 'a' },
      challenge: false,
      ...policy,
    })
    await server.listen()
    servers.push(server)
  }
  const { connection } = await world.party(us, {}, { user: 'alice' })
  const registration = connection.register({ aor, expires: 3600, outbound: { proxies } })
  await world.run(1000)
  return { world, ...world, servers, connection, registration }
}
const isOf = ({ flows }: { flows: readonly { state: { is: string } }[] }) =>
  flows.map(({ state }) => state.is)

describe('several flows', () => {
  it('have a reg-id each, and one instance', async () => {
    const { registration, servers, end } = await edges()
    const registers = servers.map(({ log }) => log[0]!.request)
    expect(registers.map(request => contactOf(request).params.get('reg-id'))).toEqual(['1', '2'])
    expect(contactOf(registers[0]!).params.get('+sip.instance')).toBe(
      contactOf(registers[1]!).params.get('+sip.instance'),
    )
    expect(isOf(registration)).toEqual(['registered', 'registered'])
    expect(registration.flows[0]).toBe(registration)
    await end()
  })

  it('fail and come back each by itself: base 90 s while another is up, 30 s when none is (§4.5)', async () => {
    const { registration, servers, network, run, clock, end } = await edges()
    await run(130_000)
    servers[1]!.set({ overloaded: {} })
    network.reset('192.0.2.12')
    await run(50)
    const second = registration.flows[1]!
    const waitOf = (flow: typeof second): number =>
      flow.state.is === 'recovering' && flow.state.retryAt !== undefined
        ? (flow.state.retryAt - clock.now()) / 1000
        : Number.NaN
    expect([...isOf(registration), registration.isActive]).toEqual(['registered', 'recovering', true])
    // The first failure: 50 to 100 % of 90·2.
    expect(waitOf(second)).toBeGreaterThan(89)
    expect(waitOf(second)).toBeLessThanOrEqual(180)
    servers[0]!.set({ overloaded: {} })
    network.reset('192.0.2.11')
    await run(50)
    expect([...isOf(registration), registration.isActive]).toEqual(['recovering', 'recovering', false])
    expect(waitOf(registration)).toBeGreaterThan(29)
    expect(waitOf(registration)).toBeLessThanOrEqual(60)
    for (const server of servers) server.set({ overloaded: undefined as never })
    await run(400_000)
    expect(isOf(registration)).toEqual(['registered', 'registered'])
    await end()
  })

  it('carry requests by one that is up', async () => {
    const { registration, connection, servers, network, run, end } = await edges()
    await run(130_000)
    const send = () =>
      connection.request({
        method: 'MESSAGE',
        uri: 'sip:bob@example.com',
        contentType: 'text/plain',
        body: 'hi',
        from: registration,
      })
    const methods = (at: number) => servers[at]!.log.map(({ request }) => request.method)
    send()
    await run(50)
    expect([methods(0).includes('MESSAGE'), methods(1).includes('MESSAGE')]).toEqual([true, false])
    servers[0]!.set({ overloaded: {} })
    network.reset('192.0.2.11')
    await run(50)
    expect(registration.state.is).toBe('recovering')
    send()
    await run(50)
    expect(methods(1).includes('MESSAGE')).toBe(true)
    await end()
  })

  it('are taken back together, and registered again together', async () => {
    const { registration, servers, run, end } = await edges()
    const gone = registration.unregister()
    await run(100)
    await gone
    expect(servers.map(server => server.bindings(aor).length)).toEqual([0, 0])
    registration.register()
    const back = registration.registered()
    await run(100)
    await back
    expect(servers.map(server => server.bindings(aor).length)).toEqual([1, 1])
    await end()
  })

  it.each([
    ['one proxy', { outbound: { proxies: ['sip:a.example'] } }],
    ['the same proxy twice', { outbound: { proxies: ['sip:a.example', 'sip:a.example'] } }],
    ['what is no URI', { outbound: { proxies: ['sip:a.example', 'b'] } }],
    ['a proxy beside them', { outbound: { proxies }, outboundProxy: 'sip:c.example' }],
  ])('refuse %s', async (_, options) => {
    const { register, requests, run } = await registrarScene()
    expect(() => register(options as Partial<RegistrationOptions>)).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    await run(1000)
    expect(requests()).toEqual([])
  })
})

/** Registered through a scripted edge proxy, which may send calls. */
const behindEdge = async (options: Partial<RegistrationOptions>, headers: readonly string[] = []) => {
  const world = createWorld()
  const edge = createPeer(world.network, { host: '192.0.2.10', name: 'edge', transport: 'TCP' })
  const { connection } = await world.party(us, {}, { user: 'alice' })
  const registration = connection.register({
    aor,
    outboundProxy: 'sip:192.0.2.10;transport=tcp;lr',
    keepAlive: 'off',
    ...options,
  })
  await world.run(10)
  const register = edge.next('REGISTER')
  const contact = `${register.header('contact')}${headers.join('')}`
  edge.reply(register, 200, {
    headers: [
      ['Contact', contact],
      ['Require', 'outbound'],
    ],
  })
  await world.run(10)
  return { ...world, edge, connection, registration, register }
}
const invite = (edge: Peer, register: SipRequest, uri: string) =>
  edge.request('INVITE', {
    to: edge.sourceOf(register),
    uri,
    body: theirs,
    headers: [['Record-Route', '<sip:192.0.2.10;transport=tcp;lr>']],
    toUri: `<${aor}>`,
  })

describe('calls over the flow of a registration', () => {
  it('are answered with ob in the Contact, and go on over it (RFC 5626 §4.3)', async () => {
    const { edge, connection, register, run, end } = await behindEdge({ outbound: true })
    const calls = record(connection.calls$)
    const request = invite(edge, register, 'sip:alice@192.0.2.1:5060;transport=tcp')
    await run(10)
    const call = calls.values[0]!
    call.ring()
    void call.accept(ourOffer)
    await run(10)
    expect(edge.next(180).header('contact')).toBe('<sip:alice@192.0.2.1:5060;transport=tcp;ob>')
    const ok = edge.next(200)
    expect(ok.header('contact')).toBe('<sip:alice@192.0.2.1:5060;transport=tcp;ob>')
    const dialog = edge.inDialog(request, ok)
    dialog.ack()
    await run(10)
    void call.hangUp()
    await run(10)
    const bye = edge.next('BYE')
    expect(edge.sourceOf(bye)).toEqual(edge.sourceOf(register))
    edge.reply(bye, 200)
    await run(10)
    await end()
  })

  it('are answered under the GRUU, for both kinds of Request-URI (RFC 5627 §4.3)', async () => {
    const publicGruu = `${aor};gr=${instanceId}`
    for (const uri of ['sip:alice@192.0.2.1:5060;transport=tcp', publicGruu]) {
      const { edge, connection, register, run, end } = await behindEdge({ gruu: 'public', instanceId }, [
        `;pub-gruu="${publicGruu}"`,
      ])
      const calls = record(connection.calls$)
      const request = invite(edge, register, uri)
      await run(10)
      const call = calls.values[0]!
      void call.accept(ourOffer)
      await run(10)
      const ok = edge.next(200)
      expect(ok.header('contact')).toBe(`<${publicGruu}>`)
      edge.inDialog(request, ok).ack()
      await run(10)
      // And so is what we ask for within them.
      void call.reinvite({ offer: ourOffer })
      await run(10)
      expect(contactOf(edge.next('INVITE')).uri).toMatchObject({ user: 'alice', host: 'example.com' })
      await end()
    }
  })

  it('that came for somebody else are answered under our own address', async () => {
    const { edge, connection, register, run, end } = await behindEdge({ outbound: true })
    const calls = record(connection.calls$)
    invite(edge, register, 'sip:carol@192.0.2.1:5060')
    await run(10)
    void calls.values[0]!.accept(ourOffer)
    await run(10)
    expect(edge.next(200).header('contact')).toBe('<sip:alice@192.0.2.1:5060;transport=tcp>')
    await end()
  })
})

describe('what a registration is called by', () => {
  it('is the instance of the Sip, unless it has one of its own', async () => {
    const scene = await registrarScene({ users: { alice: 'a', bob: 'b' } }, { sip: { instanceId } })
    const other = 'urn:uuid:00000000-0000-4000-8000-000000000001'
    scene.register({ outbound: true })
    scene.register({ aor: 'sip:bob@example.com', outbound: true, instanceId: other })
    await scene.run(1000)
    expect(scene.requests().map(request => contactOf(request).params.get('+sip.instance'))).toEqual([
      `<${instanceId}>`,
      `<${other}>`,
    ])
    await expect(registrarScene({}, { sip: { instanceId: 'me' } })).rejects.toMatchObject({
      code: 'argument',
    })
  })
})

describe('C11: the address that a registration goes by', () => {
  it('is not that of a refresh which failed', async () => {
    const { register, registrar, network, connection, run } = await registrarScene()
    const seen: string[] = []
    network.onPacket(({ bytes, to }) => {
      if (new TextDecoder().decode(bytes).startsWith('MESSAGE')) seen.push(to.host)
    })
    const message = () =>
      connection.request({
        method: 'MESSAGE',
        uri: 'sip:bob@example.com',
        contentType: 'text/plain',
        body: '',
        from: registration,
      })
    const { registration } = register({
      expires: 600,
      cacheOutboundProxyIp: true,
      recover: { base: 3600, max: 3600 },
    })
    await run(1000)
    message()
    // The name means another server now, which refuses: the refresh was no success.
    const stranger = createPeer(network, { host: '192.0.2.20', name: 'stranger' })
    stranger.on('REGISTER', request => void stranger.reply(request, 503))
    network.names.set('example.com', [{ host: '192.0.2.20', port: 5060 }])
    await run(301_000)
    expect(registration.state.is).toBe('recovering')
    // It is registered nowhere, as far as we know; once it is again, that place counts.
    registrar.set({})
    network.names.set('example.com', [{ host: '192.0.2.10', port: 5060 }])
    registration.register()
    await run(1000)
    network.names.set('example.com', [{ host: '192.0.2.20', port: 5060 }])
    message()
    await run(100)
    expect(seen).toEqual(['192.0.2.10', '192.0.2.10'])
  })
})

describe('another address of ours', () => {
  it('takes the place of the old one in the same REGISTER, without outbound', async () => {
    const moving = async (options: Partial<RegistrationOptions>, given: ConnectionOptions = {}) => {
      const world = createWorld()
      const edge = createPeer(world.network, { host: '192.0.2.10', name: 'edge' })
      const edgeTcp = createPeer(world.network, { host: '192.0.2.11', name: 'tcp', transport: 'TCP' })
      const { connection } = await world.party(us, {}, { user: 'alice', ...given })
      const registration = connection.register({ aor, outboundProxy: 'sip:192.0.2.10;lr', ...options })
      await world.run(10)
      const first = edge.next('REGISTER')
      edge.reply(first, 200, { headers: [['Contact', first.header('contact')!]] })
      await world.run(10)
      registration.outboundProxy = 'sip:192.0.2.11;transport=tcp;lr'
      void registration.update().catch(() => undefined)
      await world.run(10)
      const second = edgeTcp.next('REGISTER')
      edgeTcp.reply(second, 200, {
        headers: second
          .headers('contact')
          .slice(0, 1)
          .map(value => ['Contact', value] as const),
      })
      await world.run(10)
      void registration.update().catch(() => undefined)
      await world.run(10)
      const third = edgeTcp.next('REGISTER')
      await world.end()
      return [first, second, third].map(request => request.headers('contact'))
    }
    expect(await moving({})).toEqual([
      ['<sip:alice@192.0.2.1:5060>'],
      ['<sip:alice@192.0.2.1:5060;transport=tcp>', '<sip:alice@192.0.2.1:5060>;expires=0'],
      ['<sip:alice@192.0.2.1:5060;transport=tcp>'],
    ])
    expect((await moving({ outbound: true, keepAlive: 'off' })).map(({ length }) => length)).toEqual([
      1, 1, 1,
    ])
  })
})
