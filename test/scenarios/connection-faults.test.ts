/** The life of a connection seen by its objects: row A03, reliability rows 11 and 12, what is told to whom. */
import { describe, expect, it } from 'vitest'
import { createSip, type Platform } from '../../src/index.ts'
import { refused } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { createScene, record, registrarScene, theirs } from './support.ts'

describe('A03: after its connection is closed', () => {
  it('every method of every object says resource-not-available, and nothing is sent', async () => {
    const scene = await registrarScene()
    const { world, connection, run, network } = scene
    const bob = createPeer(network, { host: '192.0.2.2', name: 'bob' })
    bob.on('BYE', bye => void bob.reply(bye, 200))
    const { registration } = scene.register()
    const call = connection.invite(bob.uri)
    const early = connection.invite(bob.uri)
    const repeated = connection.request({
      method: 'OPTIONS',
      uri: bob.uri,
      headers: [['Expires', '600']],
      refresh: true,
    })
    await run(10)
    bob.reply(bob.next('INVITE'), 200, { body: theirs })
    bob.reply(bob.next('INVITE'), 180)
    bob.reply(bob.next('OPTIONS'), 200, { headers: [['Expires', '600']] })
    const asked = record(connection.requests$)
    bob.request('MESSAGE', { to: { host: '192.0.2.1', port: 5060 } })
    await run(1000)
    const dialog = call.dialog!
    const refresh = registration.refresh!
    const own = repeated.refresh!
    const [server] = asked.values
    expect([call.state.is, early.state.is, refresh.state.is, own.state.is, server?.method]).toEqual([
      'confirmed',
      'early',
      'active',
      'active',
      'MESSAGE',
    ])
    const closed = connection.close()
    await run(200_000)
    await closed
    const sent: string[] = []
    network.onPacket(({ from, text }) => {
      if (from.host === '192.0.2.1') sent.push(text)
    })
    const uri = bob.uri
    const aor = 'sip:alice@example.com'
    const methods: Readonly<Record<string, () => unknown>> = {
      'connection.request': () => connection.request({ method: 'OPTIONS', uri }),
      'connection.register': () => connection.register({ aor }),
      'connection.invite': () => connection.invite(uri),
      'connection.refer': () => connection.refer(uri, { referTo: uri }),
      'connection.fetchRegistrations': () => connection.fetchRegistrations({ aor }),
      'connection.unregisterAll': () => connection.unregisterAll({ aor }),
      'connection.refresh': () => connection.refresh(),
      'connection.setSocketOptions': () => connection.setSocketOptions({ noDelay: true }),
      'registration.register': () => registration.register(),
      'registration.unregister': () => registration.unregister(),
      'registration.update': () => registration.update(),
      'registration refresh.setInterval': () => refresh.setInterval(10),
      'refresh.setInterval': () => own.setInterval(10),
      'refresh.update': () => own.update({ headers: [['Subject', 'x']] }),
      'refresh.terminate': () => own.terminate(),
      'call.hold': () => call.hold(),
      'call.resume': () => call.resume(),
      'call.reinvite': () => call.reinvite(),
      'call.update': () => call.update(),
      'call.moveTo': () => call.moveTo('192.0.2.9'),
      'call.refer': () => call.refer(uri),
      'call.transfer': () => call.transfer(uri),
      'call.info': () => call.info('x'),
      'call.hangUp': () => call.hangUp(),
      'call.cancel': () => early.cancel(),
      'call.ack': () => call.ack(),
      'call.ring': () => call.ring(),
      'call.accept': () => call.accept(),
      'call.reject': () => call.reject(),
      'dialog.request': () => dialog.request('INFO'),
      'transaction.respond': () => server!.respond(200),
    }
    const codes = Object.entries(methods).map(([name, method]) => {
      try {
        const result = method()
        if (result instanceof Promise) result.catch(() => {})
        return `${name}: nothing`
      } catch (error) {
        return `${name}: ${(error as { code?: string }).code}`
      }
    })
    expect(codes).toEqual(Object.keys(methods).map(name => `${name}: resource-not-available`))
    await run(10_000)
    expect(sent).toEqual([])
    await world.run(0)
  })
})

describe('reliability row 11: a stream that is lost in a call', () => {
  it('takes no dialog with it: the next request, and one that has no answer yet, open another', async () => {
    const scene = await createScene({ wire: 'TCP' })
    const { call, story } = await scene.established()
    const pending = call.dialog!.request('INFO')
    await scene.run(10)
    const first = scene.bob.next('INFO')
    expect(scene.network.reset('192.0.2.1')).toBeGreaterThan(0)
    await scene.run(100)
    const again = scene.bob.next('INFO')
    expect(again.cseq).toEqual(first.cseq)
    scene.bob.reply(again, 200)
    await scene.run(100)
    expect((await pending.response()).status).toBe(200)
    const next = call.dialog!.request('INFO')
    await scene.run(100)
    scene.bob.reply(scene.bob.next('INFO'), 200)
    await scene.run(100)
    expect((await next.response()).status).toBe(200)
    expect([call.state.is, story.errors]).toEqual(['confirmed', []])
  })

  it('fails a request under way in less than a second when there is nobody any more; the dialog stays', async () => {
    const scene = await createScene({ wire: 'TCP' })
    const { call, story } = await scene.established()
    const pending = call.dialog!.request('INFO')
    const errors = record(pending.errors$)
    await scene.run(10)
    scene.bob.next('INFO')
    scene.bob.close()
    await scene.run(900)
    expect(errors.values.map(({ code }) => code)).toEqual(['transport'])
    expect([call.state.is, story.errors]).toEqual(['confirmed', []])
  })
})

describe('reliability row 12: DNS that does not help', () => {
  it.each(['servfail', 'silent', 'dead'] as const)(
    '%s: the next target, or the reason, in under 5 s',
    async kind => {
      const scene = await createScene()
      const { network, run, bob, connection } = scene
      const started = scene.clock.now()
      if (kind === 'dead') {
        network.names.set('p.example', [
          { host: '192.0.2.66', port: 5060 },
          { host: '192.0.2.2', port: 5060 },
        ])
      } else network.dns.fail(kind === 'servfail' ? 'SERVFAIL' : 'silence', 'p.example')
      const request = connection.request({ method: 'OPTIONS', uri: 'sip:p.example' })
      const errors = record(request.errors$)
      const codes: string[] = []
      request.errors$.subscribe(
        ({ code }) => void codes.push(`${code} ${scene.clock.now() - started < 5000}`),
      )
      await run(4900)
      if (kind === 'dead') {
        bob.reply(bob.next('OPTIONS'), 200)
        await run(100)
        expect((await request.response()).status).toBe(200)
        expect(errors.values).toEqual([])
      } else expect(codes).toEqual(['resolving true'])
    },
  )
})

describe('P-Access-Network-Info', () => {
  const info = 'IEEE-802.11;i-wlan-node-id=00112233aabb'
  const stage = async (hook: (network: string) => string | undefined, options: object = {}) => {
    const world = createWorld()
    const platform: Platform = world.network.platform({
      host: '192.0.2.1',
      transports: ['UDP', 'TCP', 'TLS'],
    })
    const sip = createSip({
      platform: { ...platform, networks: { ...platform.networks!, accessNetworkInfo: hook } },
    })
    const connection = sip.connect(options)
    await connection.active()
    const ask = async (transport: 'UDP' | 'TCP' | 'TLS', host: string) => {
      const peer = createPeer(world.network, { host, transport })
      connection.request({
        method: 'OPTIONS',
        uri:
          transport === 'TLS' ? `sips:p@${host}:5060` : `sip:p@${host};transport=${transport.toLowerCase()}`,
      })
      await world.run(100)
      const found = peer.next('OPTIONS').headers('p-access-network-info')
      return found
    }
    return { ask }
  }

  it('goes to whom is reached by TLS, and to hosts that are trusted, nobody else', async () => {
    const networks: string[] = []
    const { ask } = await stage(
      network => {
        networks.push(network)
        return info
      },
      { trustedHops: ['192.0.2.5'] },
    )
    expect(await ask('UDP', '192.0.2.4')).toEqual([])
    expect(networks).toEqual([])
    expect(await ask('TLS', '192.0.2.3')).toEqual([info])
    expect(await ask('UDP', '192.0.2.5')).toEqual([info])
    expect(networks).toEqual(['eth0', 'eth0'])
  })

  it.each([
    ['says nothing', () => undefined],
    [
      'throws',
      () => {
        throw new Error('no radio')
      },
    ],
    ['says two lines', () => 'IEEE-802.11\r\nX: y'],
  ] as [string, () => string | undefined][])('is left out when the hook %s', async (_, hook) => {
    const { ask } = await stage(hook, { trustedHops: ['192.0.2.5'] })
    expect(await ask('UDP', '192.0.2.5')).toEqual([])
  })

  it('trusted hops are a list of texts', () => {
    const world = createWorld()
    const sip = createSip({ platform: world.network.platform({ host: '192.0.2.1' }) })
    refused('argument', () => sip.connect({ trustedHops: 'proxy' as never }))
    refused('argument', () => sip.connect({ network: '' }))
    refused('argument', () => sip.connect({ recovery: { further: -1 } }))
    refused('argument', () => sip.connect({ recovery: { first: [0] } }))
  })
})
