/** TLS of the Node platform: whom it trusts, and by which name. RFC 3261 §26, RFC 5922. */
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { sipIdentities } from '../../src/node/certificate-names.ts'
import type { NodeOptions } from '../../src/node/index.ts'
import { authority } from './support/certificates.ts'
import { bytes } from './support/recorder.ts'
import { closeAfterEach, later, listen, open, outcome, platform } from './support/streams.ts'

closeAfterEach()

const root = authority()
const { ca } = root
const alice = root.issue({ names: ['DNS:alice.example', 'IP:127.0.0.1'] })
const bob = root.issue({ names: ['URI:sip:bob.example', 'DNS:www.bob.example'] })
const client = (options: NodeOptions['tls'] = {}) => platform({ tls: { ca, ...options } })

describe('the names of a certificate (RFC 5922 §7.1)', () => {
  it.each([
    ['DNS:Example.com, DNS:b.example', ['example.com', 'b.example']],
    ['DNS:www.example.com, URI:sip:example.com', ['example.com']],
    ['URI:sips:example.com, URI:https://example.com', []],
    ['URI:sip:alice@example.com, DNS:example.com', ['example.com']],
    ['URI:"sip:a.example, DNS:evil.example"', []],
    ['DNS:"a.example, DNS:evil.example"', ['a.example, dns:evil.example']],
    ['URI:sip:example.com:5061;transport=tls', ['example.com']],
    ['IP Address:127.0.0.1', ['127.0.0.1']],
    [undefined, []],
  ] as const)('%s means %j', (text, names) => {
    expect(sipIdentities(text)).toEqual(names)
  })
})

describe('a certificate is verified (RFC 3261 §26.3.1, RFC 5922 §7)', () => {
  const name = 'pbx.example'
  it.each([
    ['by a DNS name', { names: [`DNS:${name}`] }],
    ['by a DNS name in other case', { names: ['DNS:PBX.Example'] }],
    ['by a SIP URI', { names: [`URI:sip:${name}`] }],
    ['by a SIP URI beside other DNS names', { names: ['DNS:www.pbx.example', `URI:sip:${name}`] }],
  ])('and accepted %s', async (_title, wish) => {
    const server = await listen(platform({ tls: { certificates: [root.issue(wish)] } }))
    const { events, flow } = open(client(), { ...server.local, name })
    expect(await outcome(events)).toBe('opened')
    expect(flow.identities).toContain(name)
  })

  it.each([
    [
      'for another name',
      { names: ['DNS:other.example'] },
      'the certificate is for other.example, not for pbx.example',
    ],
    ['that has expired', { names: [`DNS:${name}`], validity: 'expired' }, 'the certificate has expired'],
    ['that is self-signed', { names: [`DNS:${name}`], selfSigned: true }, 'self-signed and not trusted'],
    ['with the name in CN alone', { commonName: name }, 'in its common name alone, which does not count'],
    [
      'with a wildcard',
      { names: ['DNS:*.example'] },
      'the certificate is for *.example, not for pbx.example',
    ],
    [
      'whose DNS name stands beside another SIP URI',
      { names: [`DNS:${name}`, 'URI:sip:b.example'] },
      'is for b.example',
    ],
    [
      'with a SIP URI of a person',
      { names: [`URI:sip:admin@${name}`] },
      'no subjectAltName that is a SIP domain',
    ],
  ] as const)('and refused %s', async (_title, wish, text) => {
    const server = await listen(platform({ tls: { certificates: [root.issue(wish)] } }))
    const { events } = open(client(), { ...server.local, name })
    const { error } = await events.first('closed')
    expect(error?.code).toBe('transport')
    expect(error?.message).toContain(`TLS to 127.0.0.1:${server.local.port}: `)
    expect(error?.message).toContain(text)
    expect(events.events.map(event => event.type)).toEqual(['closed'])
    expect(server.flows.every(flow => flow.transport === 'TLS')).toBe(true)
  })

  it('and refused when its authority is not trusted', async () => {
    const server = await listen(platform({ tls: { certificates: [alice] } }))
    const { events } = open(platform({ tls: {} }), { ...server.local, name: 'alice.example' })
    expect(await outcome(events)).toMatch(
      /authority that issued the certificate is not known|chain is incomplete/,
    )
  })

  it('by its address where no name was asked for', async () => {
    const server = await listen(platform({ tls: { certificates: [alice] } }))
    expect(await outcome(open(client(), server.local).events)).toBe('opened')
    const other = await listen(platform({ tls: { certificates: [bob] } }))
    expect(await outcome(open(client(), other.local).events)).toContain('not for 127.0.0.1')
  })

  it('but not in the laboratory', async () => {
    const server = await listen(platform({ tls: { certificates: [root.issue({ selfSigned: true })] } }))
    const { events, flow } = open(client({ verify: false }), { ...server.local, name: 'pbx.example' })
    expect(await outcome(events)).toBe('opened')
    expect(flow.identities).toBeUndefined()
  })
})

describe('TLS as a stream', () => {
  it('carries bytes both ways, and both sides agree on their addresses', async () => {
    const server = await listen(platform({ tls: { certificates: [alice] } }))
    const { flow, events } = open(client(), { ...server.local, name: 'alice.example' })
    flow.send(bytes('queued '), server.local)
    await events.first('opened')
    const accepted = await server.accepted()
    flow.send(bytes('ping'), server.local)
    await accepted.events.until(() => accepted.events.text() === 'queued ping')
    accepted.flow.send(bytes('pong'), flow.local)
    expect(await events.first('received')).toMatchObject({ text: 'pong', from: server.local })
    expect(accepted.flow.remote).toEqual(flow.local)
  })

  it('speaks at least TLS 1.2 and asks for the name by SNI (RFC 6066)', async () => {
    const asked: unknown[] = []
    const server = createServer(
      { ...alice, cert: String(alice.cert), key: String(alice.key) } as object,
      socket => {
        asked.push([socket.servername, socket.getProtocol()])
      },
    )
    later(() => server.close())
    const port = await new Promise<number>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    const { events, flow } = open(client(), { host: '127.0.0.1', port, name: 'alice.example' })
    expect(await outcome(events)).toBe('opened')
    flow.close()
    await events.first('closed')
    expect(asked).toEqual([['alice.example', 'TLSv1.3']])
  })

  it('refuses a client of TLS 1.1, and tells', async () => {
    const server = await listen(platform({ tls: { certificates: [alice] } }))
    const socket = connectTls({
      ...server.local,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    later(() => socket.destroy())
    await new Promise(resolve => socket.once('error', resolve))
    while (server.refused.length === 0) await new Promise(resolve => setImmediate(resolve))
    expect(server.refused[0]).toMatchObject({ code: 'transport' })
    expect(server.flows).toHaveLength(0)
  })

  it('shows the certificate for the name that was asked for, else the first (RFC 6066 §3)', async () => {
    const server = await listen(platform({ tls: { certificates: [alice, bob] } }))
    const shown = (servername: string): Promise<string | undefined> =>
      new Promise(resolve => {
        const socket: TLSSocket = connectTls(
          { ...server.local, servername, ca, rejectUnauthorized: false },
          () => {
            resolve(socket.getPeerCertificate().subjectaltname)
            socket.destroy()
          },
        )
        later(() => socket.destroy())
      })
    expect(await shown('bob.example')).toContain('URI:sip:bob.example')
    expect(await shown('alice.example')).toContain('DNS:alice.example')
    expect(await shown('nobody.example')).toContain('DNS:alice.example')
  })

  it('gives up a handshake that does not come (10 s by default)', async () => {
    const server = await listen(platform({ tls: { certificates: [alice], handshakeTimeout: 50 } }))
    const { createConnection } = await import('node:net')
    const silent = createConnection(server.local.port, server.local.host)
    later(() => silent.destroy())
    silent.on('error', () => undefined)
    silent.resume()
    await new Promise(resolve => silent.once('close', resolve))
    expect(server.refused.map(error => error.message).join()).toContain('the TLS handshake took too long')
  })

  it('gives up connecting after the time allowed, also when only the handshake is missing', async () => {
    const { createServer: createPlain } = await import('node:net')
    const deaf = createPlain(socket => {
      later(() => socket.destroy())
      socket.on('error', () => undefined)
    })
    later(() => deaf.close())
    const port = await new Promise<number>(resolve =>
      deaf.listen(0, '127.0.0.1', () => resolve((deaf.address() as { port: number }).port)),
    )
    const from = platform({ connectTimeout: 60, tls: { ca } })
    const { events } = open(from, { host: '127.0.0.1', port, name: 'alice.example' })
    expect(await outcome(events)).toBe(`TLS to 127.0.0.1:${port}: no connection within 0.06 s (ETIMEDOUT)`)
  })

  it('fails a connection whose peer does not read once the limit waits', async () => {
    const server = createServer({ cert: String(alice.cert), key: String(alice.key) }, socket => {
      later(() => socket.destroy())
      socket.on('error', () => undefined)
      socket.pause()
    })
    later(() => server.close())
    const port = await new Promise<number>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    const to = { host: '127.0.0.1', port, name: 'alice.example' }
    const { flow, events } = open(client({ outgoingLimit: 500_000 }), to)
    await events.first('opened')
    const piece = new Uint8Array(256 * 1024)
    for (let sent = 0; sent < 400 && events.events.length === 1; sent += 1) {
      flow.send(piece, to)
      await new Promise(resolve => setImmediate(resolve))
    }
    expect((await events.first('closed')).error?.message).toMatch(/does not read, \d+ bytes wait/)
  })

  it('lets no more connections of one peer in than its limit, and tells once', async () => {
    const server = await listen(platform({ tls: { certificates: [alice], connectionsPerPeer: 1 } }))
    const to = { ...server.local, name: 'alice.example' }
    const first = open(client(), to)
    expect(await outcome(first.events)).toBe('opened')
    for (const { events } of [open(client(), to), open(client(), to)]) await events.first('closed')
    expect(server.refused.map(error => error.message)).toEqual([
      expect.stringContaining('more than 1 connections'),
    ])
    expect(server.flows).toHaveLength(1)
  })

  it('only connects when it has no certificate: its listener has port 0', async () => {
    const { listener } = await listen(client())
    expect(listener.local).toEqual({ host: '127.0.0.1', port: 0 })
  })
})

describe('mutual TLS (RFC 5922 §7.3)', () => {
  it('shows who the client is', async () => {
    const on = platform({ tls: { ca, certificates: [alice], clientCertificates: 'require' } })
    const server = await listen(on)
    const { flow, events } = open(client({ certificates: [bob] }), { ...server.local, name: 'alice.example' })
    await events.first('opened')
    const accepted = await server.accepted()
    expect(accepted.flow.identities).toEqual(['bob.example'])
    expect(flow.alias).toBe(true)
  })

  it('refuses a client without a certificate where it is required, and lets it in where it is not', async () => {
    const strict = await listen(
      platform({ tls: { ca, certificates: [alice], clientCertificates: 'require' } }),
    )
    const { events } = open(client(), { ...strict.local, name: 'alice.example' })
    expect((await events.first('closed')).error?.message).toContain('the peer demands a certificate of ours')
    expect(strict.flows).toHaveLength(0)
    const lax = await listen(platform({ tls: { ca, certificates: [alice], clientCertificates: 'request' } }))
    const second = open(client(), { ...lax.local, name: 'alice.example' })
    await second.events.first('opened')
    expect((await lax.accepted()).flow.identities).toBeUndefined()
  })

  it('knows nobody by a certificate that it cannot verify', async () => {
    const stranger = root.issue({ names: ['DNS:bob.example'], selfSigned: true })
    const server = await listen(
      platform({ tls: { ca, certificates: [alice], clientCertificates: 'request' } }),
    )
    const { events } = open(client({ certificates: [stranger] }), { ...server.local, name: 'alice.example' })
    await events.first('opened')
    expect((await server.accepted()).flow.identities).toBeUndefined()
  })
})

describe('reload', () => {
  it('shows new certificates to new clients and keeps the flows that are open', async () => {
    const on = platform({ tls: { certificates: [alice] } })
    const server = await listen(on)
    const first = open(client(), { ...server.local, name: 'alice.example' })
    await first.events.first('opened')
    on.tls.reload({ certificates: [bob] })
    const second = open(client(), { ...server.local, name: 'bob.example' })
    expect(await outcome(second.events)).toBe('opened')
    const third = open(client(), { ...server.local, name: 'alice.example' })
    expect(await outcome(third.events)).toContain('the certificate is for bob.example')
    first.flow.send(bytes('still here'), server.local)
    const { events } = await server.accepted()
    await events.until(() => events.text() === 'still here')
  })

  it('trusts new authorities from then on', async () => {
    const other = authority('Another root')
    const server = await listen(
      platform({ tls: { certificates: [other.issue({ names: ['DNS:o.example'] })] } }),
    )
    const from = client()
    const to = { ...server.local, name: 'o.example' }
    expect(await outcome(open(from, to).events)).not.toBe('opened')
    from.tls.reload({ ca: [ca, other.ca] })
    expect(await outcome(open(from, to).events)).toBe('opened')
  })

  it('changes nothing when what it gets is no certificate, and says so', async () => {
    const on = platform({ tls: { certificates: [alice] } })
    const server = await listen(on)
    expect(() => on.tls.reload({ certificates: [{ cert: 'no', key: 'no' }] })).toThrow(/^tls: /)
    expect(await outcome(open(client(), { ...server.local, name: 'alice.example' }).events)).toBe('opened')
    expect(() => platform({}).tls.reload({})).toThrow('made without the option tls')
    expect(() => platform({ tls: { certificates: [{ cert: bob.cert, key: alice.key }] } })).toThrow(/^tls: /)
  })
})
