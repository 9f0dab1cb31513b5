/** Kamailio as edge proxies before a registrar: flows, Path, Service-Route, keep-alives. RFC 5626, RFC 3327, RFC 3608. */
import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Registration } from '../../src/index.ts'
import { against } from './support/installed.ts'
import { type Kamailio, kamailio } from './support/kamailio.ts'
import { sdp } from './support/offer.ts'
import { host, type Party, party } from './support/party.ts'

type Way = 'UDP' | 'TCP'

const credentials = (user: string) => ({ username: user, password: `s3cret-${user}` })

const edgeBefore = (registrar: Kamailio, way: Way, port?: number): Promise<Kamailio> =>
  kamailio({
    config: 'edge',
    define: [`REGISTRAR="sip:${host}:${registrar.port};transport=${way.toLowerCase()}"`],
    ...(port !== undefined && { port }),
  })

const homeAndEdge = async (way: Way): Promise<readonly [Kamailio, Kamailio]> => {
  const home = await kamailio({ define: ['OUTBOUND'] })
  return [home, await edgeBefore(home, way)]
}

const proxyOf = (edge: Kamailio, way: Way): string =>
  `sip:${host}:${edge.port};transport=${way.toLowerCase()};lr`

const register = (us: Party, user: string, edges: readonly Kamailio[], way: Way): Registration => {
  const proxies = edges.map(edge => proxyOf(edge, way))
  return us.connection.register({
    aor: `sip:${user}@interop.example`,
    credentials: credentials(user),
    expires: 600,
    recover: { base: 1, max: 2 },
    ...(proxies.length > 1 ? { outbound: { proxies } } : { outbound: true, outboundProxy: proxies[0]! }),
  })
}

const call = async (from: Party, by: Registration, to: Party) => {
  const incoming = firstValueFrom(to.connection.calls$)
  const call = from.connection.invite('sip:bob@interop.example', { from: by, offer: sdp() })
  const answered = await incoming
  await answered.accept(sdp())
  await call.established()
  return { call, answered }
}

/** The first request of that method that the party sent. */
const sent = ({ wire }: Party, method: string) =>
  wire.find(
    ({ direction, message }) =>
      direction === 'out' && message.kind === 'request' && message.method === method,
  )!.message

against(['kamailio', 'kamailio-outbound'], 'Kamailio as edge and registrar', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', way => {
    it('keeps to the flow of the REGISTER, says the way back, and has the binding (C01, C19, C20)', async () => {
      const [home, edge] = await homeAndEdge(way)
      const us = await party({ transports: [way], user: 'alice' })
      const registration = register(us, 'alice', [edge], way)
      await registration.registered()
      expect(registration.outbound).toBe(true)
      expect(registration.path).toHaveLength(1)
      expect(registration.path[0]).toMatch(new RegExp(`^<sip:[^@]+@${host}:${edge.port};.*\\bob\\b`))
      expect(registration.serviceRoute).toHaveLength(2)
      expect(registration.associatedUris).toEqual(['<sip:alice@interop.example>', '<tel:+15550100>'])
      const [binding, ...others] = await home.bindings('alice')
      expect(others).toEqual([])
      expect(registration.contact).toContain(binding!.address)
      expect(registration.refresh?.state).toMatchObject({ is: 'active', interval: 300 })

      const contacts = await us.connection.fetchRegistrations({
        aor: 'sip:alice@interop.example',
        registrar: `sip:${host}:${home.port};transport=${way.toLowerCase()}`,
        credentials: credentials('alice'),
      })
      expect(contacts).toMatchObject([{ uri: binding!.address, regId: 1 }])
      expect(contacts[0]!.instanceId).toMatch(/^urn:uuid:/)
      await registration.unregister()
      expect(await home.bindings('alice')).toEqual([])
    })

    it('is asked whether the flow lives within its Flow-Timer, by CRLF or STUN (§4.4)', async () => {
      const [, edge] = await homeAndEdge(way)
      const us = await party({ transports: [way], user: 'alice' })
      let answers = 0
      us.sip.trace$.subscribe(frame => {
        if (frame.kind === 'step' && frame.event === 'keep.answered') answers += 1
      })
      const registration = register(us, 'alice', [edge], way)
      await registration.registered()
      await us.until(() => answers >= 3, 8000)
      expect(registration.isActive).toBe(true)
      expect(us.sent()).toEqual(['REGISTER', 'REGISTER'])
    })

    it('takes a call by the Service-Route and brings it by the flow (B12, C19)', async () => {
      const [, edge] = await homeAndEdge(way)
      const [alice, bob] = [
        await party({ transports: [way], user: 'alice' }),
        await party({ transports: [way], user: 'bob' }),
      ]
      const [ours, theirs] = [register(alice, 'alice', [edge], way), register(bob, 'bob', [edge], way)]
      await Promise.all([ours.registered(), theirs.registered()])
      for (const ending of ['caller', 'callee'] as const) {
        const { call: outgoing, answered } = await call(alice, ours, bob)
        const invite = sent(alice, 'INVITE')
        // The proxy is the first of the Service-Route, and stands there once.
        expect(invite.headers('route')).toEqual(ours.serviceRoute)
        expect(invite.header('from')).toContain('sip:alice@interop.example')
        expect(invite.header('contact')).toContain(';ob')
        await (ending === 'caller' ? outgoing : answered).hangUp()
        await Promise.all([outgoing.ended(), answered.ended()])
      }
      const remotes = ({ wire }: Party) => new Set(wire.map(({ remote }) => remote.port))
      expect([remotes(alice), remotes(bob)]).toEqual([new Set([edge.port]), new Set([edge.port])])
    })
  })

  it('two flows: one edge dies, the other brings the call, and the first is back by itself (§4.2, §4.5)', async () => {
    const [home, first] = await homeAndEdge('TCP')
    const second = await edgeBefore(home, 'TCP')
    const alice = await party({ transports: ['TCP'], user: 'alice' })
    const bob = await party({ transports: ['TCP'], user: 'bob' })
    const ours = register(alice, 'alice', [second], 'TCP')
    const theirs = register(bob, 'bob', [first, second], 'TCP')
    const is = () => theirs.flows.map(({ state }) => state.is)
    await ours.registered()
    await bob.until(() => is().every(state => state === 'registered'))
    expect(await home.bindings('bob')).toHaveLength(2)

    await first.program.end()
    await bob.until(() => is()[0] === 'recovering')
    expect(theirs.isActive).toBe(true)
    const { call: outgoing, answered } = await call(alice, ours, bob)
    await outgoing.hangUp()
    await answered.ended()

    await edgeBefore(home, 'TCP', first.port)
    await bob.until(() => is().every(state => state === 'registered'), 10_000)
    expect(await home.bindings('bob')).toHaveLength(2)
  })
})
