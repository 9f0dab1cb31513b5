/** Flows and GRUUs of registrations (RFC 5626, 5627), their arguments, and A03 of docs/scenarios.md in part. */

import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/index.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { registrarScene } from './support.ts'

const aor = 'sip:alice@example.com'
const instanceId = 'urn:uuid:00000000-0000-4000-8000-000a95a0e128'
const codeOf = (operation: () => unknown): unknown => {
  try {
    operation()
    return 'done'
  } catch (error) {
    return error instanceof SipError ? error.code : error
  }
}
const contactParams = (request: SipRequest | undefined) => {
  const contacts = request?.parsed('contact')
  return contacts === undefined || contacts === '*' ? undefined : contacts[0]!.params
}

describe('flows and GRUUs', () => {
  it('asks for a flow with instance, reg-id and Supported, and knows whether it got one (RFC 5626 §4.2.1)', async () => {
    const { register, requests, run, connection, network } = await registrarScene()
    const { registration } = register({ expires: 600, outbound: true, instanceId, regId: 2 })
    await run(1000)
    const [request] = requests() as [SipRequest]
    expect([...contactParams(request)!]).toEqual([
      ['expires', '600'],
      ['+sip.instance', `<${instanceId}>`],
      ['reg-id', '2'],
    ])
    expect(request.parsed('supported')).toEqual(['path', 'outbound'])
    expect(registration.outbound).toBe(true)
    // A dialog that is made by it keeps to the flow. §4.3
    const bob = createPeer(network, { host: '192.0.2.2', name: 'bob' })
    connection.invite(bob.uri, { from: registration, offer: sdp('192.0.2.1') })
    await run(100)
    const invite = bob.next('INVITE')
    expect(invite.header('contact')).toBe('<sip:alice@192.0.2.1:5060;ob>')
    // Some edge proxies keep a dialog to the flow only for who says so too. §11.4
    expect(invite.parsed('supported')).toContain('outbound')
    connection.invite(bob.uri, { offer: sdp('192.0.2.1') })
    await run(100)
    expect(bob.next('INVITE').parsed('supported')).not.toContain('outbound')
  })

  it('registers without flow when the first hop lacks it: 439, once (RFC 5626 §4.2.1)', async () => {
    const { register, requests, run } = await registrarScene({ outbound: 'lacking' })
    const { registration, errors } = register({ expires: 600, outbound: true })
    await run(301_000)
    expect(requests().map(request => contactParams(request)?.has('reg-id'))).toEqual([true, false, false])
    expect([registration.state.is, registration.outbound, errors.values]).toEqual(['registered', false, []])
  })

  it('has one instance for all its registrations, made up of the randomness it was given', async () => {
    const names = []
    for (let run = 0; run < 2; run += 1) {
      const scene = await registrarScene({ users: { alice: 'a', bob: 'b' } })
      scene.register({ expires: 600, outbound: true })
      scene.register({ expires: 600, outbound: true, aor: 'sip:bob@example.com' })
      await scene.run(1000)
      const found = scene.requests().map(request => contactParams(request)?.get('+sip.instance'))
      expect(found[0]).toMatch(
        /^<urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}>$/,
      )
      expect(found[1]).toBe(found[0])
      names.push(found[0])
    }
    expect(names[1]).toBe(names[0])
  })

  it('shows its GRUUs, and calls under them when asked to (RFC 5627 §4)', async () => {
    for (const gruu of ['public', 'temporary'] as const) {
      const { register, requests, run, connection, network } = await registrarScene({ gruu: true })
      const { registration } = register({ expires: 600, gruu, instanceId })
      await run(301_000)
      expect(requests()[0]!.parsed('supported')).toEqual(['path', 'gruu'])
      expect(registration.publicGruu).toBe(`sip:alice@example.com;gr=${instanceId}`)
      expect(registration.temporaryGruus).toHaveLength(2)
      const bob = createPeer(network, { host: '192.0.2.2', name: 'bob' })
      connection.invite(bob.uri, { from: registration, offer: sdp('192.0.2.1') })
      connection.request({ method: 'MESSAGE', uri: bob.uri, from: registration })
      await run(100)
      const expected = gruu === 'public' ? registration.publicGruu : registration.temporaryGruus[1]
      expect(bob.next('INVITE').header('contact')).toBe(`<${expected}>`)
      // RFC 3428 §4: a MESSAGE has no Contact.
      expect(bob.next('MESSAGE').header('contact')).toBeUndefined()
    }
  })
})

describe('arguments', () => {
  const wrong: readonly (readonly [string, object, string])[] = [
    [
      'a proxy that is not sips for a sips AOR',
      { aor: 'sips:alice@example.com', outboundProxy: 'sip:p.example.com' },
      'argument',
    ],
    [
      'a registrar that is not sips for a sips AOR',
      { aor: 'sips:alice@example.com', registrar: 'sip:example.com' },
      'argument',
    ],
    [
      'a further Contact that is not sips for a sips AOR',
      { aor: 'sips:alice@example.com', contacts: ['<sip:a@b.example>'] },
      'argument',
    ],
    ['a lifetime in a further Contact', { contacts: ['<sip:a@b.example>;expires=5'] }, 'argument'],
    [
      'a Contact of its own in the headers',
      { headers: [['Contact', '<sip:a@b.example>']] },
      'header-not-allowed',
    ],
    ['Expires in the headers', { headers: [['Expires', '60']] }, 'header-not-allowed'],
    ['an instance that is no UUID', { instanceId: 'urn:imei:1' }, 'argument'],
    ['a flow number of 0', { regId: 0 }, 'argument'],
    ['several Contacts with a flow', { outbound: true, contacts: ['<sip:a@b.example>'] }, 'argument'],
    ['a q above 1', { q: 2 }, 'argument'],
    ['a line break', { from: 'sip:a@b.example\r\nX: y' }, 'argument'],
    ['waits of no time', { recover: { base: 0 } }, 'argument'],
  ]
  it.each(wrong)('refuses %s', async (_, options, code) => {
    const { register, requests, run } = await registrarScene()
    expect(codeOf(() => register(options))).toBe(code)
    await run(1000)
    expect(requests()).toEqual([])
  })

  it('A03: after the connection is closed, everything is refused and nothing is sent', async () => {
    const { register, requests, run, connection } = await registrarScene()
    const { registration } = register({ expires: 600 })
    await run(1000)
    void connection.close()
    await run(60_000)
    const sent = requests().length
    const { refresh } = registration
    const codes = [
      () => registration.register(),
      () => registration.update(),
      () => registration.unregister(),
      () => {
        registration.outboundProxy = 'sip:192.0.2.9'
      },
      () => {
        registration.cacheOutboundProxyIp = true
      },
      () => connection.fetchRegistrations({ aor }),
      () => connection.unregisterAll({ aor }),
      () => refresh?.setInterval(5),
      () => refresh?.update(),
      () => refresh?.terminate(),
    ].map(codeOf)
    expect(codes).toEqual(Array(10).fill(refresh ? 'resource-not-available' : 'done'))
    await run(60_000)
    expect(requests()).toHaveLength(sent)
  })
})
