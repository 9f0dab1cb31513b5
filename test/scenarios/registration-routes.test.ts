/** Acceptance scenarios B12, C07 to C11 and C19 to C21 of docs/scenarios.md: what a registration asks for and leads to. */

import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/index.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createScene, record, registrarScene } from './support.ts'

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

it('C07: with sendExpires false the REGISTER names no lifetime, and the grant is clamped all the same', async () => {
  const { register, requests, run, seconds } = await registrarScene({ grantedExpires: 999_999 })
  const { registration } = register({ sendExpires: false, expires: 600 })
  await run(301_000)
  expect(
    requests().map(request => [request.header('expires'), contactParams(request)?.has('expires')]),
  ).toEqual([
    [undefined, false],
    [undefined, false],
  ])
  expect([registration.granted, seconds()]).toEqual([600, [0, 300]])
  void registration.unregister()
  await run(1000)
  expect(contactParams(requests().at(-1))?.get('expires')).toBe('0')
})

it('C08: a lifetime below the floor is an argument error, and nothing is sent', async () => {
  const { register, requests, run } = await registrarScene()
  expect(codeOf(() => register({ expires: 59 }))).toBe('argument')
  expect(codeOf(() => register({ expires: 9, minRequestedExpires: 10 }))).toBe('argument')
  await run(1000)
  expect(requests()).toEqual([])
  expect(codeOf(() => register({ expires: 10, minRequestedExpires: 10 }))).toBe('done')
  await run(1000)
  expect(requests()).toHaveLength(1)
})

describe('C09 to C11: the address of the outbound proxy', () => {
  const scene = async (cacheOutboundProxyIp: boolean) => {
    const { world, network, register, run, connection } = await registrarScene()
    const proxies = ['192.0.2.21', '192.0.2.22'].map(host => createPeer(network, { host, name: host }))
    let broken = false
    for (const proxy of proxies) {
      proxy.on('MESSAGE', request => proxy.reply(request, 200))
      proxy.on('REGISTER', request => {
        const contact = `${request.header('contact')}`
        if (broken) proxy.reply(request, 403)
        else proxy.reply(request, 200, { headers: [['Contact', contact]] })
      })
    }
    const pointTo = (at: number) =>
      network.names.set('proxy.example.com', [{ host: proxies[at]!.address.host, port: 5060 }])
    pointTo(0)
    const { registration } = register({
      expires: 600,
      outboundProxy: 'sip:proxy.example.com',
      cacheOutboundProxyIp,
    })
    await run(1000)
    const counts = (method: string) => proxies.map(proxy => proxy.all(method).length)
    const send = async () => {
      connection.request({ method: 'MESSAGE', uri: 'sip:bob@example.net', from: registration })
      await run(100)
      return counts('MESSAGE')
    }
    const refuse = () => {
      broken = true
    }
    return { world, registration, run, pointTo, send, counts, refuse }
  }

  it('C09: without caching a request goes where the name leads now, and so does every REGISTER', async () => {
    const { pointTo, send, counts, run } = await scene(false)
    pointTo(1)
    expect(await send()).toEqual([0, 1])
    await run(300_000)
    expect(counts('REGISTER')).toEqual([1, 1])
  })

  it('C10: with caching it goes to the address of the latest successful REGISTER', async () => {
    const { pointTo, send, counts, run, registration } = await scene(true)
    expect(registration.cacheOutboundProxyIp).toBe(true)
    pointTo(1)
    expect(await send()).toEqual([1, 0])
    await run(300_000)
    expect(counts('REGISTER')).toEqual([1, 1])
    expect(await send()).toEqual([1, 1])
  })

  it('C10: an INVITE made from it goes there, too', async () => {
    const { registration, run, pointTo, counts } = await scene(true)
    pointTo(1)
    registration.connection.invite('sip:bob@example.net', { from: registration, offer: sdp('192.0.2.1') })
    await run(100)
    expect(counts('INVITE')).toEqual([1, 0])
  })

  it('C11: a REGISTER that is refused does not change the address', async () => {
    const { pointTo, run, registration, counts, refuse } = await scene(true)
    pointTo(1)
    refuse()
    await run(300_000)
    expect([counts('REGISTER'), registration.state.is]).toEqual([[1, 1], 'unregistered'])
  })

  it('C10: it is set before the registration is active, and never while it is', async () => {
    const { registration, run, pointTo, send } = await scene(false)
    expect(
      codeOf(() => {
        registration.cacheOutboundProxyIp = true
      }),
    ).toBe('invalid-registration-state')
    void registration.unregister()
    await run(1000)
    registration.cacheOutboundProxyIp = true
    registration.register()
    await run(1000)
    pointTo(1)
    expect(await send()).toEqual([1, 0])
  })
})

it('B12: a request by a registration has its Service-Route as Route and its AOR in From (RFC 3608 §5)', async () => {
  const { register, network, run, connection, registrar } = await registrarScene({
    serviceRoute: ['<sip:192.0.2.30;lr>', '<sip:home.example.com;lr>'],
  })
  const edge = createPeer(network, { host: '192.0.2.30', name: 'edge' })
  const { registration } = register({ expires: 600 })
  await run(1000)
  connection.request({ method: 'MESSAGE', uri: 'sip:bob@example.net', from: registration })
  await run(100)
  const [message] = edge.all('MESSAGE') as [SipRequest]
  expect(message.headers('route')).toEqual(['<sip:192.0.2.30;lr>', '<sip:home.example.com;lr>'])
  expect(message.from.uri).toMatchObject({ user: 'alice', host: 'example.com' })
  // The next 2xx replaces it, and no Service-Route is one, too.
  registrar.set({ serviceRoute: [] })
  void registration.update()
  await run(1000)
  expect(registration.serviceRoute).toEqual([])
})

describe('C19', () => {
  it('C19: Path and P-Associated-URI are shown, Service-Route is the Route of a later INVITE', async () => {
    const associated = ['<sip:alice@example.com>', '<tel:+15550100>']
    const { register, network, run, connection, requests } = await registrarScene({
      serviceRoute: ['<sip:192.0.2.30;lr>'],
      associated,
    })
    const edge = createPeer(network, { host: '192.0.2.30', name: 'edge' })
    const { registration } = register({ expires: 600, headers: [['Path', '<sip:edge.example.com;lr>']] })
    await run(1000)
    expect(requests()[0]!.parsed('supported')).toContain('path')
    expect(registration).toMatchObject({
      path: ['<sip:edge.example.com;lr>'],
      serviceRoute: ['<sip:192.0.2.30;lr>'],
      associatedUris: associated,
    })
    connection.invite('sip:bob@example.net', { from: registration, offer: sdp('192.0.2.1') })
    await run(100)
    const [invite] = edge.all('INVITE') as [SipRequest]
    expect(invite.headers('route')).toEqual(['<sip:192.0.2.30;lr>'])
  })

  it('C19: the outbound proxy comes first, and once when the Service-Route begins with it', async () => {
    for (const [serviceRoute, expected] of [
      [
        ['<sip:192.0.2.30;lr>', '<sip:home.example.com;lr>'],
        ['<sip:192.0.2.30;lr>', '<sip:home.example.com;lr>'],
      ],
      [['<sip:home.example.com;lr>'], ['<sip:192.0.2.30;lr>', '<sip:home.example.com;lr>']],
    ] as const) {
      const { register, network, run, connection } = await registrarScene()
      const proxy = createPeer(network, { host: '192.0.2.30', name: 'proxy' })
      proxy.on('REGISTER', request => {
        const headers = [['Contact', `${request.header('contact')}`] as const]
        proxy.reply(request, 200, {
          headers: [...headers, ...serviceRoute.map(route => ['Service-Route', route] as const)],
        })
      })
      const { registration } = register({ expires: 600, outboundProxy: 'sip:192.0.2.30' })
      await run(1000)
      connection.request({ method: 'MESSAGE', uri: 'sip:bob@example.net', from: registration })
      await run(100)
      expect(proxy.next('MESSAGE').headers('route')).toEqual(expected)
    }
  })

  it('C19: a Service-Route that is not loose is as good as no way: transport, and no registration', async () => {
    const { register, run } = await registrarScene({ serviceRoute: ['<sip:192.0.2.30>'] })
    const { registration, errors } = register({ expires: 600 })
    await run(1000)
    expect([registration.state.is, errors.values.map(({ code }) => code)]).toEqual([
      'unregistered',
      ['transport'],
    ])
  })
})

describe('C20', () => {
  it('C20: fetchRegistrations sends a REGISTER without Contact, and gives what the registrar has', async () => {
    const { register, requests, run, connection } = await registrarScene()
    register({ expires: 600, q: 0.7 })
    await run(1000)
    const fetched = connection.fetchRegistrations({ aor })
    await run(1000)
    expect(await fetched).toEqual([
      {
        uri: 'sip:alice@192.0.2.1:5060',
        text: expect.stringContaining('<sip:alice@192.0.2.1:5060>'),
        q: 0.7,
        expires: 599,
      },
    ])
    const asked = requests().at(-1)!
    expect([asked.header('contact'), asked.header('expires'), asked.uri]).toEqual([
      undefined,
      undefined,
      'sip:example.com',
    ])
    expect([asked.from.uri, asked.to.uri].map(uri => 'user' in uri && uri.user)).toEqual(['alice', 'alice'])
  })

  it('C20: a refusal rejects with the response', async () => {
    const { registrar, run, connection } = await registrarScene()
    registrar.failNext(404)
    const fetched = connection.fetchRegistrations({ aor })
    await run(1000)
    await expect(fetched).rejects.toMatchObject({ code: 'rejected', status: 404 })
  })

  it('C20: unregisterAll takes every binding back (§10.2.2)', async () => {
    const { register, registrar, requests, run, connection } = await registrarScene()
    register({ expires: 600, contacts: ['<sip:alice@192.0.2.77>'] })
    await run(1000)
    expect(registrar.bindings(aor)).toHaveLength(2)
    const gone = connection.unregisterAll({ aor })
    await run(1000)
    await gone
    expect(registrar.bindings(aor)).toEqual([])
    expect([requests().at(-1)!.header('contact'), requests().at(-1)!.header('expires')]).toEqual(['*', '0'])
  })
})

describe('C21: ours among the contacts of the 200', () => {
  const others = ['<sip:bob@192.0.2.66>;expires=5', '<sip:carol@192.0.2.67>;expires=7']
  const answers: readonly (readonly [string, string, object])[] = [
    ['as it was sent', '<sip:alice@192.0.2.1:5060>;expires=600', {}],
    ['with the host and port of a NAT', '<sip:alice@198.51.100.9:40123>;expires=600', {}],
    [
      'by instance and flow, whatever its URI',
      `<sip:x-7@198.51.100.9:40123;ob>;expires=600;reg-id=1;+sip.instance="<${instanceId}>"`,
      { outbound: true, instanceId },
    ],
  ]
  it.each(answers)('C21: %s', async (_, own, options) => {
    const { run, bob, connection } = await createScene()
    bob.on('REGISTER', request => {
      bob.reply(request, 200, { headers: [...others, own].map(value => ['Contact', value] as const) })
    })
    const registration = connection.register({ aor, registrar: bob.uri, expires: 600, ...options })
    await run(1000)
    expect(registration.state).toMatchObject({ is: 'registered', granted: 600, contact: expect.any(String) })
    expect(registration.refresh?.interval).toBe(300)
  })
})

it('several Contacts with q go in one REGISTER, and are taken back together (§10.2.1)', async () => {
  const { register, registrar, requests, run } = await registrarScene()
  const { registration } = register({
    expires: 600,
    q: 1,
    contacts: ['<sip:alice@voicemail.example.com>;q=0.1', '"Desk" <sip:alice@192.0.2.88>;q=0.5'],
  })
  await run(1000)
  expect(requests()).toHaveLength(1)
  expect(registrar.bindings(aor).map(({ uri, q, granted }) => [uri, q, granted])).toEqual([
    ['sip:alice@192.0.2.1:5060', 1, 600],
    ['sip:alice@voicemail.example.com', 0.1, 600],
    ['sip:alice@192.0.2.88', 0.5, 600],
  ])
  void registration.unregister()
  await run(1000)
  expect(registrar.bindings(aor)).toEqual([])
})

it('moves to another outbound proxy with the next REGISTER', async () => {
  const { register, network, run, requests } = await registrarScene()
  const proxy = createPeer(network, { host: '192.0.2.30', name: 'proxy' })
  const { registration } = register({ expires: 600 })
  await run(1000)
  registration.outboundProxy = 'sip:192.0.2.30'
  void registration.update({ headers: [['X-Place', 'elsewhere']] })
  await run(100)
  expect(requests()).toHaveLength(1)
  const moved = proxy.next('REGISTER')
  expect([moved.headers('route'), moved.header('x-place')]).toEqual([['<sip:192.0.2.30;lr>'], 'elsewhere'])
})

it('shows its latest REGISTER with the response', async () => {
  const { register, run, registrar } = await registrarScene()
  const { registration } = register({ expires: 600 })
  await run(1000)
  const first = registration.transaction
  expect([first?.method, first?.lastResponse?.status, first?.state.is]).toEqual([
    'REGISTER',
    200,
    'terminated',
  ])
  registrar.failNext(403)
  const errors = record(registration.errors$)
  void registration.update()
  await run(1000)
  expect(registration.transaction).not.toBe(first)
  expect(registration.transaction?.lastResponse?.status).toBe(403)
  await expect(registration.transaction?.response()).rejects.toMatchObject({ status: 403 })
  expect(errors.values).toHaveLength(1)
})
