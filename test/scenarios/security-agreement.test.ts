/** Agreements on security with the next hop: rows F12 to F14 of docs/scenarios.md. RFC 3329 */
import { describe, expect, it } from 'vitest'
import type { ConnectionOptions } from '../../src/index.ts'
import type { HeaderPair } from '../../src/message/types.ts'
import { fails, record, refused } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { alice, challenge, checked, secret, uri, withPeer } from './authentication-support.ts'

const agreement = (mechanisms = ['digest'], require = true): ConnectionOptions => ({
  securityAgreement: { mechanisms, require },
})
const server = (...lines: readonly string[]): readonly HeaderPair[] =>
  lines.map(line => ['Security-Server', line])

const scene = async (given: ConnectionOptions = agreement(), credentials = [secret]) => {
  const { world, peer, connection, sip } = await withPeer({ credentials: () => credentials }, given)
  const ask = async () => {
    const transaction = connection.request({ method: 'OPTIONS', uri })
    await world.run(10)
    return { transaction, request: peer.next('OPTIONS') }
  }
  return { world, peer, connection, sip, ask }
}

describe('F12: a 494 lists what the next hop can (§2.3.1)', () => {
  it('the first request offers, the next one verifies and requires, and so does each later one', async () => {
    const { world, peer, connection, ask } = await scene(agreement(['digest', 'tls']))
    const { transaction, request } = await ask()
    expect(request.headers('security-client')).toEqual(['digest;q=1', 'tls;q=0.9'])
    expect([request.header('require'), request.header('proxy-require')]).toEqual(['sec-agree', 'sec-agree'])
    expect(request.header('security-verify')).toBeUndefined()
    const list = ['ipsec-3gpp;q=0.9', 'tls;q=0.2', 'digest;q=0.5']
    peer.reply(request, 494, { headers: server(...list) })
    await world.run(10)
    const second = peer.next('OPTIONS')
    expect(second.headers('security-verify')).toEqual(list)
    expect(second.header('security-client')).toBeUndefined()
    expect([second.header('require'), second.header('proxy-require')]).toEqual(['sec-agree', 'sec-agree'])
    expect(second.cseq.seq).toBe(request.cseq.seq + 1)
    peer.reply(second, 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    const third = peer.next('OPTIONS')
    checked(third, 'k')
    expect(third.headers('security-verify')).toEqual(list)
    peer.reply(third, 200)
    await world.run(10)
    expect((await transaction.response()).status).toBe(200)
    expect(connection.negotiatedSecurity('sip:192.0.2.2:5060')).toEqual({
      mechanism: 'digest',
      offered: list,
    })
    expect(connection.negotiatedSecurity('sip:192.0.2.3')).toBeUndefined()
    expect((await ask()).request.headers('security-verify')).toEqual(list)
  })

  it.each([401, 407, 421])(
    'a %i with a list serves as well, challenges answered in the same retry',
    async status => {
      const { world, peer, ask } = await scene()
      const { request } = await ask()
      const name = status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate'
      const asks: readonly HeaderPair[] = status === 421 ? [] : [[name, challenge('k', 'n1')]]
      peer.reply(request, status, { headers: [...server('digest;q=0.1'), ...asks] })
      await world.run(10)
      const second = peer.next('OPTIONS')
      expect(second.headers('security-verify')).toEqual(['digest;q=0.1'])
      const kind = status === 407 ? 'proxy-authorization' : 'authorization'
      expect(second.headers(kind).length).toBe(status === 421 ? 0 : 1)
    },
  )

  it('a server may begin it, without our offer', async () => {
    const { world, peer, connection, ask } = await scene({})
    const { request } = await ask()
    expect(request.header('security-client')).toBeUndefined()
    peer.reply(request, 494, { headers: server('digest;q=0.1') })
    await world.run(10)
    expect(peer.next('OPTIONS').headers('security-verify')).toEqual(['digest;q=0.1'])
    expect(connection.negotiatedSecurity('sip:192.0.2.2:5060')?.mechanism).toBe('digest')
  })

  it('a new list takes the place of the old one', async () => {
    const { world, peer, ask } = await scene()
    peer.reply((await ask()).request, 494, { headers: server('digest;q=0.1') })
    await world.run(10)
    peer.reply(peer.next('OPTIONS'), 494, { headers: server('digest;q=0.2', 'tls;q=0.1') })
    await world.run(10)
    const third = peer.next('OPTIONS')
    expect(third.headers('security-verify')).toEqual(['digest;q=0.2', 'tls;q=0.1'])
    peer.reply(third, 200)
    await world.run(10)
    expect((await ask()).request.headers('security-verify')).toEqual(['digest;q=0.2', 'tls;q=0.1'])
  })

  it('a peer that asks for ever is asked no more after a while', async () => {
    const { world, peer, ask } = await scene()
    let count = 0
    peer.on('OPTIONS', request => {
      count += 1
      peer.reply(request, 494, { headers: server(`digest;q=0.${count % 10}`) })
    })
    const transaction = (await ask().catch(() => undefined)) as never
    expect(transaction).toBeUndefined()
    await world.run(40_000)
    expect(count).toBeLessThan(10)
  })
})

describe('F13: nothing in common', () => {
  it('is forbidden, with the response', async () => {
    const { world, peer, ask, connection } = await scene()
    const { transaction, request } = await ask()
    peer.reply(request, 494, { headers: server('ipsec-3gpp;q=0.5', 'tls') })
    await world.run(10)
    expect((await fails('forbidden', transaction.response())).response?.status).toBe(494)
    expect(peer.all('OPTIONS').length).toBe(1)
    expect(connection.negotiatedSecurity('sip:192.0.2.2:5060')).toBeUndefined()
  })

  it('a 494 without a list and without a challenge is not answered', async () => {
    const { world, peer, ask } = await scene()
    const { transaction, request } = await ask()
    peer.reply(request, 494)
    await world.run(10)
    await fails('forbidden', transaction.response())
    expect(peer.all('OPTIONS').length).toBe(1)
  })
})

describe('F14: a 2xx to the first request', () => {
  it('is forbidden when it required an agreement: somebody may have taken the offer out', async () => {
    const { world, peer, ask } = await scene()
    const { transaction, request } = await ask()
    peer.reply(request, 200)
    await world.run(10)
    await fails('forbidden', transaction.response())
  })

  it('of a call is acknowledged and ended', async () => {
    const { world, peer, connection } = await scene()
    const call = connection.invite(uri, { offer: sdp(alice) })
    const errors = record(call.errors$)
    await world.run(10)
    peer.reply(peer.next('INVITE'), 200, { body: sdp('192.0.2.2') })
    await world.run(10)
    peer.next('ACK')
    peer.reply(peer.next('BYE'), 200)
    await world.run(10)
    expect(errors.values.map(({ code }) => code)).toEqual(['forbidden'])
  })

  it('is good when it was only supported, and the next request offers again', async () => {
    const { world, peer, ask } = await scene(agreement(['digest'], false))
    const { transaction, request } = await ask()
    expect([request.header('supported'), request.header('require')]).toEqual(['sec-agree', undefined])
    peer.reply(request, 200)
    await world.run(10)
    expect((await transaction.response()).status).toBe(200)
    expect((await ask()).request.headers('security-client')).toEqual(['digest;q=1'])
  })
})

it('TLS that was agreed on is used for the retry and from then on (§2.3.1)', async () => {
  const transports = ['UDP', 'TLS'] as const
  const world = createWorld()
  const { connection } = await world.party(alice, {}, agreement(['tls', 'digest']), { transports })
  const [plain, secure] = (['UDP', 'TLS'] as const).map(transport =>
    createPeer(world.network, { host: '192.0.2.2', transport, port: transport === 'TLS' ? 5061 : 5060 }),
  )
  connection.request({ method: 'OPTIONS', uri })
  await world.run(10)
  plain!.reply(plain!.next('OPTIONS'), 494, { headers: server('digest;q=0.1', 'tls;q=0.9') })
  await world.run(100)
  const retry = secure!.next('OPTIONS')
  expect([retry.via.transport, retry.headers('security-verify')]).toEqual([
    'TLS',
    ['digest;q=0.1', 'tls;q=0.9'],
  ])
  secure!.reply(retry, 200)
  await world.run(10)
  connection.request({ method: 'OPTIONS', uri })
  await world.run(100)
  expect(secure!.next('OPTIONS').via.transport).toBe('TLS')
  expect(plain!.all('OPTIONS').length).toBe(1)
})

it('mechanisms that there are not are refused (§2.2)', async () => {
  const { sip } = await scene()
  expect(sip.securityMechanisms).toEqual(['digest', 'tls'])
  refused('not-supported', () => sip.connect(agreement(['ipsec-3gpp'])))
  refused('argument', () => sip.connect(agreement([])))
})
