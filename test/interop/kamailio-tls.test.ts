/** Kamailio as registrar and proxy of clients that only connect: over TLS and over WebSocket. RFC 3261 §26, RFC 5922, RFC 7118. */
import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Resolver } from '../../src/engine/ports.ts'
import type { Registration } from '../../src/index.ts'
import { authority } from '../node/support/certificates.ts'
import { against } from './support/installed.ts'
import { type Kamailio, kamailio } from './support/kamailio.ts'
import { sdp } from './support/offer.ts'
import { host, type Party, party } from './support/party.ts'

const root = authority()
/** Kamailio resolves what it calls itself. */
const name = 'localhost'

const ways = {
  TLS: { parameter: 'tls', secure: true, node: { tls: { ca: root.ca } } },
  WS: { parameter: 'ws', secure: false, node: { webSocket: {} } },
  WSS: { parameter: 'ws', secure: true, node: { tls: { ca: root.ca }, webSocket: {} } },
} as const
type Way = keyof typeof ways

const peerFor = (names = [`DNS:${name}`]): Promise<Kamailio> =>
  kamailio({ tls: { ...root.issue({ names }), name }, define: ['WEBSOCKET'] })

/** A client that listens nowhere. */
const client = async (way: Way, peer: Kamailio, user: string): Promise<Party> => {
  const { secure, node } = ways[way]
  const places: Resolver['resolve'] = async target => [
    { host, port: peer.port + (secure ? 1 : 0), transport: way, name: target.host },
  ]
  return party({ transports: [way], user, node: { udp: false, tcp: false, ...node }, places, port: 0 })
}

const register = (us: Party, way: Way, user: string): Registration =>
  us.connection.register({
    aor: `sip:${user}@interop.example`,
    registrar: `sip:${name};transport=${ways[way].parameter}`,
    credentials: { username: user, password: `s3cret-${user}` },
    expires: 600,
  })

/** Where requests of a party came from: the same stream each time, or not. */
const streams = ({ wire }: Party): number =>
  new Set(wire.map(({ remote }) => `${remote.host}:${remote.port}`)).size

against(['kamailio', 'kamailio-tls', 'kamailio-websocket'], 'Kamailio and clients that only connect', () => {
  describe.each(['TLS', 'WS', 'WSS'] as const)('over %s', way => {
    it('registers, calls and is called on the stream that it opened', async () => {
      const peer = await peerFor()
      const [alice, bob] = [await client(way, peer, 'alice'), await client(way, peer, 'bob')]
      const [ours, theirs] = [register(alice, way, 'alice'), register(bob, way, 'bob')]
      await Promise.all([ours.registered(), theirs.registered()])
      expect(await peer.bindings('bob')).toHaveLength(1)
      if (way !== 'TLS') expect(ours.contact).toMatch(/@[0-9a-f]{16}\.invalid/)
      for (const ending of ['caller', 'callee'] as const) {
        const incoming = firstValueFrom(bob.connection.calls$)
        const call = alice.connection.invite(`sip:bob@${name};transport=${ways[way].parameter}`, {
          from: ours,
          offer: sdp(),
        })
        const answered = await incoming
        answered.ring()
        await answered.accept(sdp())
        await call.established()
        expect(call.dialog!.routeSet[0]).toContain(`transport=${ways[way].parameter}`)
        expect(call.dialog!.routeSet[0]).toContain(ways[way].secure ? name : host)
        await (ending === 'caller' ? call : answered).hangUp()
        await Promise.all([call.ended(), answered.ended()])
      }
      expect(alice.sent().filter(method => method === 'INVITE')).toHaveLength(3)
      expect(bob.received().filter(method => method === 'INVITE')).toHaveLength(2)
      expect([streams(alice), streams(bob)]).toEqual([1, 1])
      await ours.unregister()
      expect(await peer.bindings('alice')).toEqual([])
    })
  })

  it('calls from WebSocket to UDP and back, through one Record-Route each (RFC 5658)', async () => {
    const peer = await peerFor()
    const web = await client('WS', peer, 'alice')
    const desk = await party({ transports: ['UDP'], user: 'bob' })
    const ours = register(web, 'WS', 'alice')
    const theirs = desk.connection.register({
      aor: 'sip:bob@interop.example',
      registrar: `sip:${host}:${peer.port}`,
      credentials: { username: 'bob', password: 's3cret-bob' },
    })
    await Promise.all([ours.registered(), theirs.registered()])
    const pairs = [
      { from: web, by: ours, to: desk, uri: `sip:bob@${name};transport=ws` },
      { from: desk, by: theirs, to: web, uri: `sip:alice@${host}:${peer.port}` },
    ]
    for (const { from, by, to, uri } of pairs) {
      const incoming = firstValueFrom(to.connection.calls$)
      const call = from.connection.invite(uri, { from: by, offer: sdp() })
      const answered = await incoming
      await answered.accept(sdp())
      await call.established()
      expect(call.dialog!.routeSet).toHaveLength(2)
      await answered.hangUp()
      await call.ended()
    }
    expect(streams(web)).toBe(1)
  })

  it.each(['TLS', 'WSS'] as const)(
    'is refused over %s when its certificate is for somebody else (RFC 5922 §7.2)',
    async way => {
      const peer = await peerFor(['DNS:mallory.example'])
      const us = await client(way, peer, 'alice')
      const registration = register(us, way, 'alice')
      const error = await registration.registered().catch((cause: unknown) => cause)
      expect(error).toMatchObject({ code: 'transport' })
      expect(String(error)).toContain(`the certificate is for mallory.example, not for ${name}`)
      expect(await peer.bindings('alice')).toEqual([])
      expect(us.received()).toEqual([])
    },
  )
})
