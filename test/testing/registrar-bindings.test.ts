import { describe, expect, it } from 'vitest'
import type { HeaderPair } from '../../src/message/types.ts'
import { alice, contactsOf, to, uri, world } from './registrar-world.ts'

describe('the test registrar keeps bindings', () => {
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

  it('refuses a Contact that it cannot read with 400', async () => {
    const { registrar, register } = await world({ challenge: false })
    expect(register({ contacts: ['<sip:'] }).status).toBe(400)
    expect(registrar.bindings(alice)).toEqual([])
  })
})

describe('a registrar with further policies', () => {
  const instance = '"<urn:uuid:00000000-0000-4000-8000-000000000001>"'
  const contacts = [`<sip:alice@192.0.2.1>;reg-id=1;+sip.instance=${instance}`]
  const headers = [['Supported', 'path, outbound, gruu']] as const

  it('gives GRUUs to those who ask, a new temporary one each time (RFC 5627 §5.3)', async () => {
    const { register } = await world({ challenge: false, gruu: true })
    const gruus = () => {
      const found = register({ contacts, headers }).parsed('contact')
      const params = found === undefined || found === '*' ? undefined : found[0]!.params
      return [params?.get('pub-gruu'), params?.get('temp-gruu')]
    }
    const [first, second] = [gruus(), gruus()]
    expect(first[0]).toBe('sip:alice@example.com;gr=urn:uuid:00000000-0000-4000-8000-000000000001')
    expect(second[0]).toBe(first[0])
    expect(second[1]).not.toBe(first[1])
    expect(register({ contacts }).header('contact')).not.toContain('gruu')
  })

  it('keeps to a flow, knows nothing of flows, or refuses with 439 (RFC 5626 §6)', async () => {
    for (const [outbound, status, required] of [
      [true, 200, 'outbound'],
      [false, 200, undefined],
      ['lacking', 439, undefined],
    ] as const) {
      const { register } = await world({ challenge: false, outbound })
      const response = register({ contacts, headers })
      expect([response.status, response.header('require')]).toEqual([status, required])
    }
  })

  it('is overloaded for a while, with Retry-After', async () => {
    const { register } = await world({ challenge: false, overloaded: { retryAfter: 30 } })
    const response = register()
    expect([response.status, response.header('retry-after')]).toEqual([503, '30'])
  })
})
