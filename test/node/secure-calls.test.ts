/** Calls from end to end over TLS and WSS, between two engines on the Node platform. RFC 3261 §26, RFC 5922, RFC 7118. */
import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Resolver } from '../../src/engine/ports.ts'
import { type ConnectionOptions, createSip, type SipError } from '../../src/index.ts'
import { type NodeOptions, node } from '../../src/node/index.ts'
import { answer } from '../support/web-server.ts'
import { authority } from './support/certificates.ts'
import { closeAfterEach, later } from './support/streams.ts'

closeAfterEach()

const root = authority()
const { ca } = root
const certified = (name: string) => ({ ca, certificates: [root.issue({ names: [`DNS:${name}`] })], name })

/** Where the names of the test are: all on loopback, at ports that are known when they listen. */
const places = new Map<string, number>()
const resolver: Resolver = {
  resolve: async ({ host, port = places.get(host) ?? 9, transport = 'TLS' }) => [
    { host: '127.0.0.1', port, transport, name: host },
  ],
}

const engine = async (options: NodeOptions, connectionOptions: ConnectionOptions) => {
  const platform = node({ host: '127.0.0.1', udp: false, tcp: false, ...options })
  const sip = createSip({ platform: { ...platform, resolver } })
  later(() => sip.close())
  const connection = sip.connect(connectionOptions)
  const errors: SipError[] = []
  connection.errors$.subscribe(error => errors.push(error))
  const vias: (string | undefined)[] = []
  sip.events$.subscribe(({ message }) => vias.push(message?.header('via')))
  await connection.active()
  const ports = Object.fromEntries(connection.addresses.map(({ transport, port }) => [transport, port]))
  return { platform, sip, connection, ports, errors, vias }
}

const exchange = async (
  from: Awaited<ReturnType<typeof engine>>,
  to: Awaited<ReturnType<typeof engine>>,
  uri: string,
) => {
  const incoming = firstValueFrom(to.connection.calls$)
  const call = from.connection.invite(uri, { offer: answer })
  const theirs = await incoming
  void theirs.accept(answer)
  await call.established()
  return { call, theirs }
}

describe('calls over TLS', () => {
  it.each(['sip:bob@bob.example;transport=tls', 'sips:bob@bob.example'])(
    '%s, ended by either side',
    async uri => {
      const bob = await engine({ tls: certified('bob.example') }, { user: 'bob', transports: ['TLS'] })
      const alice = await engine({ tls: certified('alice.example') }, { user: 'alice', transports: ['TLS'] })
      places.set('bob.example', bob.ports.TLS!)
      for (const side of ['call', 'theirs'] as const) {
        const pair = await exchange(alice, bob, uri)
        expect(pair.theirs.request?.header('via')).toContain(`SIP/2.0/TLS alice.example:${alice.ports.TLS};`)
        const scheme = uri.slice(0, uri.indexOf(':'))
        const parameter = scheme === 'sips' ? '' : ';transport=tls'
        expect(pair.theirs.request?.header('contact')).toBe(
          `<${scheme}:alice@alice.example:${alice.ports.TLS}${parameter}>`,
        )
        await pair[side].hangUp()
        await Promise.all([pair.call.ended(), pair.theirs.ended()])
      }
      expect([...alice.errors, ...bob.errors]).toEqual([])
    },
  )

  it('of a client without a certificate, which is called back on its own stream', async () => {
    const bob = await engine({ tls: certified('bob.example') }, { user: 'bob', transports: ['TLS'] })
    const alice = await engine({ tls: { ca } }, { user: 'alice', transports: ['TLS'] })
    places.set('bob.example', bob.ports.TLS!)
    const { call, theirs } = await exchange(alice, bob, 'sip:bob@bob.example;transport=tls')
    await theirs.hangUp()
    await call.ended()
  })

  it('fail when the server is somebody else, and say why', async () => {
    const bob = await engine({ tls: certified('bob.example') }, { user: 'bob', transports: ['TLS'] })
    const alice = await engine({ tls: { ca } }, { user: 'alice', transports: ['TLS'] })
    places.set('mallory.example', bob.ports.TLS!)
    const call = alice.connection.invite('sips:bob@mallory.example', { offer: answer })
    const error = await call.established().catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'transport' })
    expect(String(error)).toContain('the certificate is for bob.example, not for mallory.example')
  })

  it('tell on errors$ of a client that could not shake hands', async () => {
    const bob = await engine(
      { tls: { ...certified('bob.example'), clientCertificates: 'require' } },
      { user: 'bob', transports: ['TLS'] },
    )
    const alice = await engine({ tls: { ca } }, { user: 'alice', transports: ['TLS'] })
    places.set('bob.example', bob.ports.TLS!)
    const told = firstValueFrom(bob.connection.errors$)
    const call = alice.connection.invite('sips:bob@bob.example', { offer: answer })
    const error = await call.established().catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'transport' })
    expect((await told).message).toContain('the peer showed no certificate')
  })

  it('show the names of who calls when both sides are authenticated (RFC 5922 §7.3)', async () => {
    const bob = await engine(
      { tls: { ...certified('bob.example'), clientCertificates: 'request' } },
      { user: 'bob', transports: ['TLS'] },
    )
    const alice = await engine({ tls: certified('alice.example') }, { user: 'alice', transports: ['TLS'] })
    const stranger = await engine({ tls: { ca } }, { user: 'eve', transports: ['TLS'] })
    places.set('bob.example', bob.ports.TLS!)
    const pair = await exchange(alice, bob, 'sips:bob@bob.example')
    expect(pair.theirs.from).toMatchObject({ transport: 'TLS', identities: ['alice.example'] })
    expect(pair.call.from).toBeUndefined()
    const request = firstValueFrom(bob.connection.requests$)
    const sent = alice.connection.request({ method: 'MESSAGE', uri: 'sips:bob@bob.example' })
    const received = await request
    expect(received.from.identities).toEqual(['alice.example'])
    received.respond(200)
    await sent.response()
    const other = await exchange(stranger, bob, 'sips:bob@bob.example')
    expect(other.theirs.from).toEqual({ host: '127.0.0.1', port: expect.any(Number), transport: 'TLS' })
  })

  it('listen on the port above the one of UDP and TCP (§19.1.2)', async () => {
    const free = await engine({ tcp: {}, tls: certified('bob.example') }, { transports: ['TCP'] })
    const port = free.ports.TCP!
    await free.sip.close()
    const bob = await engine({ udp: {}, tcp: {}, tls: certified('bob.example') }, { port })
    expect(bob.ports).toEqual({ UDP: port, TCP: port, TLS: port + 1 })
  })
})

describe('calls over WSS', () => {
  it('from a client that cannot be reached, ended by either side', async () => {
    const edge = await engine(
      { tls: certified('edge.example'), webSocket: { listen: true } },
      { user: 'edge', transports: ['WSS'] },
    )
    const alice = await engine({ tls: { ca }, webSocket: {} }, { user: 'alice', transports: ['WSS'] })
    places.set('edge.example', edge.ports.WSS!)
    for (const side of ['call', 'theirs'] as const) {
      const pair = await exchange(alice, edge, 'sips:bob@edge.example;transport=ws')
      expect(pair.theirs.request?.header('via')).toMatch(/^SIP\/2\.0\/WSS [0-9a-f]{16}\.invalid;/)
      await pair[side].hangUp()
      await Promise.all([pair.call.ended(), pair.theirs.ended()])
    }
    expect([...alice.errors, ...edge.errors]).toEqual([])
  })

  it('to a URL with a path, by its name in the certificate', async () => {
    const certificates = [root.issue({ names: ['DNS:localhost'] })]
    const edge = await engine(
      { tls: { certificates, name: 'localhost' }, webSocket: { listen: true, path: '/sip' } },
      { user: 'edge', transports: ['WSS'] },
    )
    const url = `wss://localhost:${edge.ports.WSS}/sip`
    const alice = await engine({ tls: { ca }, webSocket: { url } }, { user: 'alice', transports: ['WSS'] })
    const { call, theirs } = await exchange(alice, edge, 'sip:bob@192.0.2.77')
    await call.hangUp()
    await theirs.ended()
  })
})
