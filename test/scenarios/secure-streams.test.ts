/** Calls over TLS and WebSocket in virtual time: names, reuse of streams, Via and Contact. RFC 3261 §26, RFC 5923, RFC 7118. */

import { firstValueFrom } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from '../../src/message/index.ts'
import type { SipMessage, SipRequest } from '../../src/message/types.ts'
import { createWorld, type Party } from '../support/world.ts'

type World = ReturnType<typeof createWorld>
const worlds: World[] = []

const offer =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'

/** Every message of the network, with its transport and who sent it. */
const world = () => {
  const made = createWorld()
  worlds.push(made)
  const seen: { readonly transport: string; readonly from: string; readonly message: SipMessage }[] = []
  made.network.onPacket(({ transport, from, bytes }) => {
    const message = parse(bytes)
    if (message.kind !== 'malformed') seen.push({ transport, from: from.host, message })
  })
  const requests = (method: string) =>
    seen.flatMap(({ message, ...rest }) =>
      message.kind === 'request' && message.method === method
        ? [{ ...rest, request: message as SipRequest }]
        : [],
    )
  return { ...made, seen, requests }
}

afterEach(async () => {
  for (const one of worlds.splice(0)) await one.end()
})

const answering = ({ connection }: Party) => void connection.calls$.subscribe(call => call.accept(offer))

const call = async (w: ReturnType<typeof world>, from: Party, uri: string) => {
  const made = from.connection.invite(uri, { offer })
  const failed = made.established().then(
    () => undefined,
    (error: Error) => error,
  )
  await w.run(1000)
  return { call: made, error: await failed }
}

const secure = { transports: ['UDP', 'TCP', 'TLS', 'WS', 'WSS'] } as const

describe('a call over TLS', () => {
  const parties = async (certificates?: readonly string[]) => {
    const w = world()
    w.network.names.set('alice.example', ['192.0.2.1'])
    w.network.names.set('bob.example', ['192.0.2.2'])
    w.network.names.set('other.example', ['192.0.2.2'])
    const alice = await w.party(
      '192.0.2.1',
      {},
      { user: 'alice' },
      { ...secure, certificates: ['alice.example'] },
    )
    const bob = await w.party(
      '192.0.2.2',
      {},
      { user: 'bob' },
      { ...secure, certificates: certificates ?? ['bob.example'] },
    )
    answering(bob)
    return { w, alice, bob }
  }

  it('has TLS in Via, names in Via and Contact, and listens on the port above (§8.1.1.8, §19.1.2)', async () => {
    const { w, alice } = await parties()
    const { call: made, error } = await call(w, alice, 'sip:bob@bob.example;transport=tls')
    expect(error).toBeUndefined()
    const [invite] = w.requests('INVITE')
    expect(invite?.transport).toBe('TLS')
    expect(invite?.request.header('via')).toMatch(
      /^SIP\/2\.0\/TLS alice\.example:5061;branch=.*;rport;alias$/,
    )
    expect(invite?.request.header('contact')).toBe('<sip:alice@alice.example:5061;transport=tls>')
    void made.hangUp()
    await w.run(1000)
    expect(w.requests('BYE')[0]?.request.uri).toBe('sip:bob@bob.example:5061;transport=tls')
    expect(w.network.connections).toBe(1)
  })

  it('has sips: in Contact where the Request-URI has it, on both sides (§8.1.1.8, §12.1.1)', async () => {
    const { w, alice } = await parties()
    const { error } = await call(w, alice, 'sips:bob@bob.example')
    expect(error).toBeUndefined()
    expect(w.requests('INVITE')[0]?.request.header('contact')).toBe('<sips:alice@alice.example:5061>')
    const ok = w.seen.find(({ message }) => message.kind === 'response' && message.status === 200)
    expect(ok?.message.header('contact')).toBe('<sips:bob@bob.example:5061>')
    expect(w.seen.every(({ transport }) => transport === 'TLS')).toBe(true)
  })

  it('fails when the certificate is for another name, and tries nothing plain (§26.2.2)', async () => {
    const { w, alice } = await parties()
    for (const uri of ['sip:bob@other.example;transport=tls', 'sips:bob@other.example']) {
      const { error } = await call(w, alice, uri)
      expect(error).toMatchObject({ code: 'transport' })
      expect(error?.message).toContain('the certificate is for bob.example, not for other.example')
    }
    expect(w.seen).toEqual([])
  })

  it('never shares a stream between two names of one address (RFC 5922 §7.4, CVE-2020-15260)', async () => {
    const { w, alice } = await parties(['bob.example', 'other.example'])
    expect((await call(w, alice, 'sip:bob@bob.example;transport=tls')).error).toBeUndefined()
    expect(w.network.connections).toBe(1)
    expect((await call(w, alice, 'sip:bob@other.example;transport=tls')).error).toBeUndefined()
    expect(w.network.connections).toBe(2)
    expect((await call(w, alice, 'sip:bob@bob.example;transport=tls')).error).toBeUndefined()
    expect(w.network.connections).toBe(2)
  })

  it('uses the stream of a peer for requests to it when both are authenticated and it asked (RFC 5923)', async () => {
    const { w, alice, bob } = await parties()
    await call(w, alice, 'sip:bob@bob.example;transport=tls')
    answering(alice)
    expect((await call(w, bob, 'sip:alice@alice.example;transport=tls')).error).toBeUndefined()
    expect(w.network.connections).toBe(1)
  })

  it('opens a stream of its own to a peer that showed no certificate (RFC 5923 §9)', async () => {
    const w = world()
    w.network.names.set('alice.example', ['192.0.2.1'])
    w.network.names.set('bob.example', ['192.0.2.2'])
    const alice = await w.party('192.0.2.1', {}, { user: 'alice' }, secure)
    const bob = await w.party('192.0.2.2', {}, { user: 'bob' }, { ...secure, certificates: ['bob.example'] })
    answering(bob)
    answering(alice)
    await call(w, alice, 'sip:bob@bob.example;transport=tls')
    expect(w.requests('INVITE')[0]?.request.header('via')).not.toContain('alias')
    expect((await call(w, bob, 'sip:alice@alice.example;transport=tls')).error).toBeUndefined()
    expect(w.network.connections).toBeGreaterThan(1)
  })

  it('never leaves TLS because of a Route: the hop is secured (§26.2.2)', async () => {
    const w = world()
    w.network.names.set('bob.example', ['192.0.2.2'])
    const alice = await w.party('192.0.2.1', {}, { user: 'alice', outboundProxy: 'sip:bob.example' }, secure)
    await w.party('192.0.2.2', {}, { user: 'bob' }, { ...secure, certificates: ['bob.example'] })
    alice.connection.request({
      method: 'MESSAGE',
      uri: 'sips:bob@far.example',
      body: 'x',
      contentType: 'text/plain',
    })
    await w.run(500)
    expect(w.requests('MESSAGE').map(({ transport }) => transport)).toEqual(['TLS'])
    const plain = await w.party('192.0.2.3', {}, { outboundProxy: 'sip:192.0.2.2' })
    const refused = plain.connection.request({ method: 'MESSAGE', uri: 'sips:bob@far.example' })
    const error = refused.response().catch((cause: Error) => cause)
    await w.run(500)
    expect(await error).toMatchObject({ code: 'not-supported' })
    expect(w.requests('MESSAGE')).toHaveLength(1)
  })
})

describe('a call over WebSocket (RFC 7118)', () => {
  const parties = async (transport: 'WS' | 'WSS') => {
    const w = world()
    w.network.names.set('edge.example', [{ host: '192.0.2.2', port: 8443 }])
    const bob = await w.party(
      '192.0.2.2',
      {},
      { user: 'edge', ports: { [transport]: 8443 } },
      { transports: [transport], certificates: ['edge.example'] },
    )
    const alice = await w.party(
      '192.0.2.1',
      {},
      { user: 'alice' },
      { transports: [transport], connectsOnly: [transport], behind: '203.0.113.1' },
    )
    return { w, alice, bob }
  }

  it.each(['WS', 'WSS'] as const)('has a name of nobody in Via and Contact over %s (§5)', async transport => {
    const { w, alice, bob } = await parties(transport)
    answering(bob)
    const uri =
      transport === 'WS' ? 'sip:bob@edge.example;transport=ws' : 'sips:bob@edge.example;transport=ws'
    const { call: made, error } = await call(w, alice, uri)
    expect(error).toBeUndefined()
    const [invite] = w.requests('INVITE')
    expect(invite?.transport).toBe(transport)
    expect(invite?.request.header('via')).toMatch(
      new RegExp(`^SIP/2\\.0/${transport} [\\w-]+\\.invalid;branch=z9hG4bK\\w+;rport$`),
    )
    const scheme = transport === 'WS' ? 'sip' : 'sips'
    expect(invite?.request.header('contact')).toMatch(
      new RegExp(`^<${scheme}:alice@[\\w-]+\\.invalid;transport=ws>$`),
    )
    void made.hangUp()
    await w.run(1000)
    expect(w.requests('BYE')).toHaveLength(1)
    expect(w.network.connections).toBe(1)
  })

  it.each(['WS', 'WSS'] as const)(
    'is ended by the server on the stream of the client (%s)',
    async transport => {
      const { w, alice, bob } = await parties(transport)
      const incoming = firstValueFrom(bob.connection.calls$)
      const uri =
        transport === 'WS' ? 'sip:bob@edge.example;transport=ws' : 'sips:bob@edge.example;transport=ws'
      const made = alice.connection.invite(uri, { offer })
      await w.run(500)
      const theirs = await incoming
      void theirs.accept(offer)
      await w.run(500)
      expect(made.state.is).toBe('confirmed')
      void theirs.hangUp()
      await w.run(500)
      expect(made.state.is).toBe('terminated')
      expect(w.requests('BYE')[0]).toMatchObject({ transport, from: '192.0.2.2' })
      expect(w.network.connections).toBe(1)
    },
  )

  it('reaches nobody by a .invalid name that it does not know, and never a plain stream for sips:', async () => {
    const { w, alice, bob } = await parties('WS')
    answering(bob)
    await call(w, alice, 'sip:bob@edge.example;transport=ws')
    const { error } = await call(w, bob, 'sip:x@unheard-of.invalid;transport=ws')
    expect(error).toMatchObject({ code: 'resolving' })
    const host = /@([\w-]+\.invalid)/.exec(w.requests('INVITE')[0]!.request.header('contact')!)![1]!
    const { error: plain } = await call(w, bob, `sips:alice@${host};transport=ws`)
    expect(plain).toMatchObject({ code: 'not-supported' })
    answering(alice)
    expect((await call(w, bob, `sip:alice@${host};transport=ws`)).error).toBeUndefined()
  })

  it('keeps a .invalid name for the stream that had it first', async () => {
    const { w, bob } = await parties('WS')
    answering(bob)
    const ws = w.network.platform({ host: '192.0.2.9', transports: ['WS'] }).transports[0]!
    const got: string[][] = [[], []]
    const flows = got.map(texts =>
      ws.connect!(
        { host: '192.0.2.2', port: 8443, transport: 'WS' },
        { host: '192.0.2.9', port: 0 },
        {
          opened: () => undefined,
          received: bytes => texts.push(new TextDecoder().decode(bytes)),
          failed: () => undefined,
          closed: () => undefined,
        },
      ),
    )
    for (const [index, flow] of flows.entries()) {
      const text = [
        'OPTIONS sip:edge@edge.example SIP/2.0',
        `Via: SIP/2.0/WS victim.invalid;branch=z9hG4bK${index}`,
        'Max-Forwards: 70',
        'To: <sip:edge@edge.example>',
        'From: <sip:v@victim.invalid>;tag=1',
        `Call-ID: ${index}`,
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n')
      flow.send(new TextEncoder().encode(text), flow.remote!)
      await w.run(100)
    }
    bob.connection.request({ method: 'MESSAGE', uri: 'sip:v@victim.invalid;transport=ws' })
    await w.run(100)
    expect(got.map(texts => texts.some(text => text.startsWith('MESSAGE')))).toEqual([true, false])
  })

  it('answers a keep-alive of two line ends with one (RFC 7118 §6, RFC 5626 §4.4.1)', async () => {
    const { w } = await parties('WS')
    const ws = w.network.platform({ host: '192.0.2.9', transports: ['WS'] }).transports[0]!
    const got: string[] = []
    const flow = ws.connect!(
      { host: '192.0.2.2', port: 8443, transport: 'WS' },
      { host: '192.0.2.9', port: 0 },
      {
        opened: () => undefined,
        received: bytes => got.push(new TextDecoder().decode(bytes)),
        failed: () => undefined,
        closed: () => undefined,
      },
    )
    for (const text of ['\r\n\r\n', '\r\n']) flow.send(new TextEncoder().encode(text), flow.remote!)
    await w.run(100)
    expect(got).toEqual(['\r\n'])
  })
})

describe('the limits of streams', () => {
  const limits = async (transport: 'TCP' | 'WS') => {
    const w = world()
    await w.party('192.0.2.2', {}, { ports: { [transport]: 5060 } }, { transports: [transport] })
    const near = w.network.platform({ host: '192.0.2.9', transports: [transport] }).transports[0]!
    const ends: (string | undefined)[] = []
    const flow = near.connect!(
      { host: '192.0.2.2', port: 5060, transport },
      { host: '192.0.2.9', port: 0 },
      {
        opened: () => undefined,
        received: () => undefined,
        failed: () => undefined,
        closed: () => void ends.push('closed'),
      },
    )
    await w.run(10)
    const send = (text: string) => flow.send(new TextEncoder().encode(text), flow.remote!)
    return { w, ends, send }
  }

  it('close a silent stream after an hour, and one that speaks not (TCP and WS)', async () => {
    for (const transport of ['TCP', 'WS'] as const) {
      const { w, ends, send } = await limits(transport)
      for (let minutes = 0; minutes < 120; minutes += 30) {
        send('\r\n\r\n')
        await w.run(30 * 60_000)
      }
      expect(ends).toEqual([])
      await w.run(31 * 60_000)
      expect(ends).toEqual(['closed'])
    }
  })

  it('give each message its own 30 s, also when another one ends in the same piece (§18.3)', async () => {
    const { w, ends, send } = await limits('TCP')
    const message = [
      'OPTIONS sip:b@192.0.2.2 SIP/2.0',
      'Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKx',
      'Max-Forwards: 70',
      'To: <sip:b@192.0.2.2>',
      'From: <sip:a@192.0.2.9>;tag=1',
      'Call-ID: 1',
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n')
    const half = message.length / 2
    send(message.slice(0, half))
    for (let count = 0; count < 5; count += 1) {
      await w.run(20_000)
      send(message.slice(half) + message.slice(0, half))
    }
    expect(ends).toEqual([])
    await w.run(30_100)
    expect(ends).toEqual(['closed'])
  })
})
