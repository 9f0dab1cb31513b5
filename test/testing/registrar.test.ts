import { describe, expect, it } from 'vitest'
import type { TransportName } from '../../src/engine/ports.ts'
import { parse, replaceHeader } from '../../src/message/index.ts'
import type { HeaderPair, SipResponse } from '../../src/message/types.ts'
import {
  simulatedNetwork,
  type TestRegistrarOptions,
  testRegistrar,
  virtualClock,
} from '../../src/testing/index.ts'
import { credentialsFor } from '../support/credentials.ts'
import { createPeer } from '../support/peer.ts'
import { wire } from '../support/text.ts'

const to = { host: '192.0.2.10', port: 5060 }
const uri = 'sip:example.com'
const alice = 'sip:alice@example.com'

interface RegisterOptions {
  readonly contacts?: readonly string[]
  readonly expires?: number
  readonly user?: string
  readonly username?: string
  readonly password?: string
  readonly headers?: readonly HeaderPair[]
  readonly callId?: string
  readonly nc?: number
  readonly challenged?: SipResponse
  readonly digestUri?: string
}

const world = async (options: Partial<TestRegistrarOptions> = {}, transport: TransportName = 'UDP') => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const platform = network.platform({ host: to.host })
  const registrar = testRegistrar({ platform, users: { alice: 'wonderland', bob: 'builder' }, ...options })
  await registrar.listen()
  const peer = createPeer(network, { host: '192.0.2.1', name: 'alice', transport })
  let cseq = 0

  const register = (given: RegisterOptions = {}): SipResponse => {
    const { contacts = [peer.contact], expires, user = 'alice', callId = 'one', headers = [] } = given
    const { username = user, password = 'wonderland', challenged, nc = 1, digestUri = uri } = given
    cseq += 1
    const credentials = challenged
      ? [credentialsFor(challenged, { username, password, uri: digestUri, nc })]
      : []
    peer.request('REGISTER', {
      to,
      uri,
      toUri: `<sip:${user}@example.com>`,
      callId,
      cseq,
      headers: [
        ...contacts.map((contact): HeaderPair => ['Contact', contact]),
        ...(expires === undefined ? [] : [['Expires', String(expires)] as const]),
        ...headers,
        ...credentials,
      ],
    })
    clock.advance(10)
    return peer.next(response => response.kind === 'response') as SipResponse
  }

  /** Registers with the challenge answered. */
  const enter = (given: RegisterOptions = {}): SipResponse =>
    register({ ...given, challenged: register(given) })
  return { clock, network, registrar, peer, register, enter }
}

const contactsOf = (response: SipResponse): readonly string[] => response.headers('contact')

describe('the test registrar', () => {
  it('challenges, and binds the contact of who knows the password (RFC 3261 §10.3, §22)', async () => {
    const { registrar, register, peer, clock } = await world()
    const challenged = register()
    expect(challenged.status).toBe(401)
    const [challenge] = challenged.parsed('www-authenticate')!
    expect(challenge!.params.get('realm')).toBe('sipactor.test')
    expect(registrar.bindings(alice)).toEqual([])
    const ok = register({ challenged })
    expect(ok.status).toBe(200)
    expect(contactsOf(ok)).toEqual([`${peer.contact};expires=3600`])
    expect(ok.parsed('date')).toBe(Date.UTC(2026, 0, 1))
    expect(ok.toTag).toBeDefined()
    expect(registrar.bindings(alice)).toMatchObject([
      { uri: peer.uri, q: 1, granted: 3600, callId: 'one', cseq: 2, expiresAt: clock.now() - 9 + 3_600_000 },
    ])
  })

  it.each([
    ['MD5', ['auth']],
    ['MD5-sess', ['auth']],
    ['SHA-256', ['auth-int']],
    ['SHA-256-sess', ['auth', 'auth-int']],
    ['SHA-512-256', ['auth']],
    ['MD5', []],
  ] as const)('takes answers made with %s and qop %j (RFC 7616, RFC 8760)', async (algorithm, qop) => {
    const { enter } = await world({ algorithm, qop })
    expect(enter().status).toBe(200)
    expect(enter({ password: 'guess' }).status).toBe(401)
  })

  it('offers several algorithms in the order given', async () => {
    const { register } = await world({ algorithm: ['SHA-256', 'MD5'] })
    const challenged = register()
    expect(challenged.parsed('www-authenticate')!.map(({ params }) => params.get('algorithm'))).toEqual([
      'SHA-256',
      'MD5',
    ])
    expect(register({ challenged }).status).toBe(200)
  })

  it('answers a wrong password with a new challenge that is not stale, or with 403 when told to', async () => {
    const first = await world()
    const refused = first.enter({ password: 'guess' })
    expect(refused.status).toBe(401)
    expect(refused.parsed('www-authenticate')![0]!.params.get('stale')).toBeUndefined()
    const second = await world({ wrongPassword: 403 })
    expect(second.enter({ password: 'guess' }).status).toBe(403)
    expect(second.registrar.bindings(alice)).toEqual([])
  })

  it('calls an old nonce stale, and a repeated count too (RFC 7616 §3.3, §3.4)', async () => {
    const { clock, registrar, register } = await world({ nonceLifetime: 60_000 })
    const challenged = register()
    expect(register({ challenged }).status).toBe(200)
    expect(register({ challenged, nc: 2 }).status).toBe(200)
    const stale = (response: SipResponse) => response.parsed('www-authenticate')?.[0]?.params.get('stale')
    expect(stale(register({ challenged, nc: 2 }))).toBe('true')
    expect(stale(register({ challenged, nc: 3, password: 'guess' }))).toBeUndefined()
    clock.advance(60_000)
    const again = register({ challenged, nc: 3 })
    expect([again.status, stale(again)]).toEqual([401, 'true'])
    expect(register({ challenged: again }).status).toBe(200)
    registrar.expireNonces()
    expect(stale(register({ challenged: again, nc: 2 }))).toBe('true')
  })

  it('refuses credentials made for another URI, or weaker than it asked for (RFC 7616 §3.4.6, §5.11)', async () => {
    const { register } = await world({ algorithm: 'SHA-256' })
    const challenged = register()
    const value = challenged.header('www-authenticate')!
    const weaker = (text: string, other: string): SipResponse =>
      replaceHeader(challenged, 'WWW-Authenticate', [value.replace(text, other)])
    expect(register({ challenged, digestUri: 'sip:elsewhere.example' }).status).toBe(401)
    expect(register({ challenged: weaker('SHA-256', 'MD5'), nc: 2 }).status).toBe(401)
    expect(register({ challenged: weaker(', qop="auth"', ''), nc: 3 }).status).toBe(401)
    expect(register({ challenged, nc: 4 }).status).toBe(200)
  })

  it('knows nobody else: 404, and lets nobody register for another: 403 (RFC 3261 §10.3)', async () => {
    const { enter } = await world()
    expect(enter({ user: 'carol', username: 'alice' }).status).toBe(404)
    expect(enter({ user: 'bob', username: 'alice' }).status).toBe(403)
    expect(enter({ user: 'carol' }).status).toBe(401)
  })

  it('ends a binding when its time is over, and counts down until then', async () => {
    const { clock, registrar, register } = await world({ challenge: false })
    register({ expires: 60 })
    clock.advance(29_000)
    expect(contactsOf(register({ contacts: [] }))[0]).toContain(';expires=31')
    const [binding] = registrar.bindings(alice)
    clock.advance(binding!.expiresAt - clock.now() - 1)
    expect(registrar.bindings(alice)).toHaveLength(1)
    clock.advance(1)
    expect(registrar.bindings(alice)).toEqual([])
    expect(contactsOf(register({ contacts: [] }))).toEqual([])
  })

  it('lists the bindings to a REGISTER without Contact and changes nothing (RFC 3261 §10.2.3)', async () => {
    const { registrar, register } = await world({ challenge: false })
    register({ contacts: ['<sip:a@192.0.2.1>;q=0.5', '<sip:b@192.0.2.1>;expires=120'], expires: 60 })
    const before = registrar.bindings(alice)
    const fetched = register({ contacts: [] })
    expect(contactsOf(fetched)).toEqual([
      '<sip:a@192.0.2.1>;q=0.5;expires=60',
      '<sip:b@192.0.2.1>;expires=120',
    ])
    expect(registrar.bindings(alice)).toEqual(before)
    expect(before.map(({ q }) => q)).toEqual([0.5, 1])
  })

  it('removes one contact at zero and all with a star (RFC 3261 §10.2.2)', async () => {
    const { registrar, register } = await world({ challenge: false })
    const contacts = ['<sip:a@192.0.2.1>', '<sip:b@192.0.2.1>', '<sip:c@192.0.2.1>']
    register({ contacts })
    expect(register({ contacts: ['<sip:b@192.0.2.1>;expires=0'] }).status).toBe(200)
    expect(registrar.bindings(alice).map(binding => binding.uri)).toEqual([
      'sip:a@192.0.2.1',
      'sip:c@192.0.2.1',
    ])
    expect(register({ contacts: ['*'], expires: 1 }).status).toBe(400)
    expect(register({ contacts: ['*'] }).status).toBe(400)
    expect(registrar.bindings(alice)).toHaveLength(2)
    expect(register({ contacts: ['*'], expires: 0 }).status).toBe(200)
    expect(registrar.bindings(alice)).toEqual([])
  })

  it('refuses too short a time with 423 and changes nothing, and cuts too long a one (RFC 3261 §10.3 step 7)', async () => {
    const { registrar, register } = await world({ challenge: false, minExpires: 120, maxExpires: 600 })
    const refused = register({ contacts: ['<sip:a@192.0.2.1>;expires=600', '<sip:b@192.0.2.1>;expires=60'] })
    expect(refused.status).toBe(423)
    expect(refused.parsed('min-expires')).toBe(120)
    expect(registrar.bindings(alice)).toEqual([])
    expect(contactsOf(register({ expires: 7200 }))[0]).toContain(';expires=600')
  })

  it('changes its policy while it runs', async () => {
    const { registrar, register } = await world({ challenge: false })
    registrar.set({ grantedExpires: 20 })
    expect(contactsOf(register())[0]).toContain(';expires=20')
    registrar.set({ challenge: true })
    expect(register().status).toBe(401)
    expect(registrar.bindings(alice)[0]!.granted).toBe(20)
  })

  it('fails as often as it is told to, whatever comes', async () => {
    const { registrar, register } = await world({ challenge: false })
    registrar.failNext(503, { count: 2, headers: [['Retry-After', '5']] })
    const refused = register()
    expect([refused.status, refused.parsed('retry-after')?.delay]).toEqual([503, 5])
    expect([register().status, register().status]).toEqual([503, 200])
  })

  it('names the nonce to use next when told to (RFC 7616 §3.5)', async () => {
    const { enter, registrar, register } = await world({ nextNonce: true })
    const ok = enter()
    const nonce = ok.parsed('authentication-info')?.get('nextnonce')
    const challenged = register()
    const spent = challenged.parsed('www-authenticate')![0]!.params.get('nonce')
    expect(nonce).toMatch(/^[0-9a-f]{32}$/)
    expect(nonce).not.toBe(spent)
    registrar.set({ nextNonce: false })
    expect(register({ challenged }).header('authentication-info')).toBeUndefined()
  })

  it('grants what it is told to', async () => {
    const fixed = await world({ challenge: false, grantedExpires: 10 })
    expect(contactsOf(fixed.register({ expires: 600 }))[0]).toContain(';expires=10')
    const half = await world({ challenge: false, grantedExpires: requested => requested / 2 })
    expect(contactsOf(half.register({ expires: 600 }))[0]).toContain(';expires=300')
  })

  it('takes equal URIs for one binding and refuses an old CSeq with 500 (RFC 3261 §10.3, §19.1.4)', async () => {
    const { clock, registrar, register, peer } = await world({ challenge: false })
    register({ contacts: ['<sip:%61@192.0.2.1;x=1>'] })
    register({ contacts: ['<sip:a@192.0.2.1;x=1>'] })
    expect(registrar.bindings(alice)).toHaveLength(1)
    peer.request('REGISTER', {
      to,
      uri,
      toUri: `<${alice}>`,
      callId: 'one',
      cseq: 1,
      headers: [['Contact', '<sip:a@192.0.2.1>']],
    })
    clock.advance(10)
    peer.next(500)
  })

  it('takes an address of record for the same however it is written (RFC 3261 §10.3 step 5)', async () => {
    const { registrar, register } = await world({ challenge: false })
    register({ user: '%61lice', contacts: ['<sip:a@192.0.2.1>', '<sip:%61@192.0.2.1>'] })
    expect(registrar.bindings('sip:alice@EXAMPLE.com;transport=tcp')).toHaveLength(1)
    expect(() => registrar.bindings('alice')).toThrow(expect.objectContaining({ code: 'argument' }))
  })

  it('keeps one binding for each flow of an instance (RFC 5626 §6)', async () => {
    const { registrar, register } = await world({ challenge: false })
    const flow = (host: string, id: number) => `<sip:a@${host}>;+sip.instance="<urn:uuid:1>";reg-id=${id}`
    const supported: readonly HeaderPair[] = [['Supported', 'path, outbound']]
    register({ contacts: [flow('192.0.2.1', 1)], headers: supported })
    register({ contacts: [flow('192.0.2.1', 2)], headers: supported })
    expect(registrar.bindings(alice)).toHaveLength(2)
    const ok = register({ contacts: [flow('192.0.2.99', 1)], headers: supported })
    expect(registrar.bindings(alice).map(binding => binding.uri)).toEqual([
      'sip:a@192.0.2.1',
      'sip:a@192.0.2.99',
    ])
    expect(ok.header('require')).toBe('outbound')
    expect(register({ headers: supported }).header('require')).toBeUndefined()
    expect(contactsOf(ok)[1]).toBe('<sip:a@192.0.2.99>;+sip.instance="<urn:uuid:1>";reg-id=1;expires=3600')
  })

  it('repeats Path, and adds Service-Route and P-Associated-URI (RFC 3327, RFC 3608)', async () => {
    const { registrar, register } = await world({
      challenge: false,
      serviceRoute: ['<sip:proxy.example.com;lr>'],
      associated: ['<sip:alice@example.com>', '<tel:+441632960000>'],
    })
    const ok = register({ headers: [['Path', '<sip:edge.example.com;lr>']] })
    expect(ok.headers('path')).toEqual(['<sip:edge.example.com;lr>'])
    expect(ok.headers('service-route')).toEqual(['<sip:proxy.example.com;lr>'])
    expect(ok.headers('p-associated-uri')).toEqual(['<sip:alice@example.com>', '<tel:+441632960000>'])
    expect(registrar.bindings(alice)[0]!.path).toEqual(['<sip:edge.example.com;lr>'])
  })

  it('refuses extensions it does not have: 420 with Unsupported (RFC 3261 §8.2.2.3)', async () => {
    const { register } = await world({ challenge: false })
    const refused = register({ headers: [['Require', 'path, gruu']] })
    expect([refused.status, refused.header('unsupported')]).toEqual([420, 'gruu'])
  })

  it.each([
    ['OPTIONS', 200],
    ['MESSAGE', 405],
    ['DANCE', 501],
  ] as const)('answers %s with %i', async (method, status) => {
    const { clock, peer } = await world()
    peer.request(method, { to })
    clock.advance(10)
    expect(peer.next(status).header('allow')).toBe(status === 501 ? undefined : 'REGISTER, OPTIONS')
  })

  it('repeats its answer to a repeated request, for 32 seconds (RFC 3261 §17.2.2)', async () => {
    const { clock, registrar, peer } = await world()
    const request = peer.request('REGISTER', { to, uri, toUri: `<${alice}>` })
    clock.advance(10)
    const first = peer.next(401)
    peer.send(request, to)
    clock.advance(10)
    expect(peer.next(401).headers('www-authenticate')).toEqual(first.headers('www-authenticate'))
    expect(registrar.log).toHaveLength(1)
    clock.advance(32_000)
    peer.send(request, to)
    clock.advance(10)
    expect(peer.next(401).headers('www-authenticate')).not.toEqual(first.headers('www-authenticate'))
    expect(registrar.log).toHaveLength(2)
  })

  it('writes down what it served, up to the limit', async () => {
    const { registrar, register } = await world({ challenge: false, logLimit: 2 })
    for (const callId of ['a', 'b', 'c']) register({ callId })
    expect(registrar.log.map(({ request }) => request.callId)).toEqual(['b', 'c'])
    expect(registrar.log[0]).toMatchObject({ transport: 'UDP', from: { host: '192.0.2.1', port: 5060 } })
    expect(registrar.log[0]!.response?.status).toBe(200)
  })

  it('lets a test change or swallow its answers', async () => {
    const answers = new Map<string, 'swallow'>([['quiet', 'swallow']])
    const { clock, registrar, peer, register } = await world({
      challenge: false,
      tamper: (response, request) => (answers.has(request.callId) ? undefined : response),
    })
    peer.request('REGISTER', { to, uri, toUri: `<${alice}>`, callId: 'quiet' })
    clock.advance(1000)
    peer.nothing()
    expect(registrar.log.at(-1)!.response).toBeUndefined()
    expect(register({ callId: 'loud' }).status).toBe(200)
  })

  it('answers to where the request came from, through a NAT (RFC 3581)', async () => {
    const { clock, network } = await world()
    const inside = createPeer(network, { host: '10.0.0.5', behind: '203.0.113.1', name: 'alice' })
    inside.request('OPTIONS', { to })
    clock.advance(10)
    const { params } = inside.next(200).via
    expect(params.get('received')).toBe('203.0.113.1')
    expect(params.get('rport')).not.toBe('5060')
  })

  it('serves TCP: pieces of messages, several at once, keep-alives (RFC 3261 §18.3, RFC 5626 §3.5.1)', async () => {
    const { clock, network, peer, enter } = await world({}, 'TCP')
    network.set({ segment: 7 })
    expect(enter().status).toBe(200)
    expect(peer.connections).toBe(1)
    peer.send('\r\n\r\n', to)
    peer.request('OPTIONS', { to })
    peer.request('OPTIONS', { to })
    clock.advance(10)
    expect(
      peer.received.filter(message => message.kind === 'response' && message.status === 200),
    ).toHaveLength(3)
    expect(peer.pings).toHaveLength(1)
    expect(peer.connections).toBe(1)
  })

  it('closes a connection whose bytes it cannot frame (RFC 3261 §18.3)', async () => {
    const { clock, peer } = await world({}, 'TCP')
    peer.send('OPTIONS sip:example.com SIP/2.0\r\nContent-Length: many\r\n\r\n', to)
    clock.advance(10)
    expect(peer.connections).toBe(0)
  })

  it('never answers an ACK (RFC 3261 §17)', async () => {
    const { clock, registrar, peer } = await world()
    peer.request('ACK', { to })
    clock.advance(1000)
    peer.nothing()
    expect(registrar.log).toEqual([])
  })

  it('answers what it cannot read when it can: 505 to another version (RFC 3261 §21.5.6)', async () => {
    const { clock, peer } = await world()
    peer.send(
      wire`
        REGISTER sip:example.com SIP/3.0
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-bad
        From: <sip:alice@example.com>;tag=1
        To: <sip:alice@example.com>
        Call-ID: bad
        CSeq: 1 REGISTER
        Content-Length: auto
      `,
      to,
    )
    clock.advance(10)
    peer.next(505)
  })

  it('refuses a Contact that it cannot read with 400', async () => {
    const { registrar, register } = await world({ challenge: false })
    expect(register({ contacts: ['<sip:'] }).status).toBe(400)
    expect(registrar.bindings(alice)).toEqual([])
  })

  it('frees its ports when it is closed, keeps its bindings, and listens again', async () => {
    const { clock, registrar, register } = await world({ challenge: false })
    register()
    await expect(registrar.listen()).rejects.toMatchObject({ code: 'already-exists' })
    registrar.close()
    clock.advance(10)
    expect(await registrar.listen()).toEqual([
      { transport: 'UDP', ...to },
      { transport: 'TCP', ...to },
    ])
    expect(registrar.bindings(alice)).toHaveLength(1)
    registrar.forget(alice)
    expect(registrar.bindings(alice)).toEqual([])
    expect(register().status).toBe(200)
  })
})

describe('the message template of tests', () => {
  it('makes CRLF lines without indentation and counts the body', () => {
    const text = wire`
      MESSAGE sip:bob@192.0.2.2 SIP/2.0
      Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
      From: <sip:a@192.0.2.1>;tag=1
      To: <sip:bob@192.0.2.2>
      Call-ID: ${'x'}
      CSeq: ${1} MESSAGE
      Subject: folded
        twice
      Content-Length: auto

      hello
      there
    `
    const message = parse(new Uint8Array(Buffer.from(text)))
    expect(message).toMatchObject({ kind: 'request', callId: 'x', text: 'hello\r\nthere\r\n' })
    expect(text).toContain('Subject: folded\r\n  twice\r\nContent-Length: 14\r\n\r\nhello')
  })
})
