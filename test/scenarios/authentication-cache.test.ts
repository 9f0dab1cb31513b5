/** What is remembered of challenges: rows F04, F07, F15 of docs/scenarios.md and row 19 of the reliability list. */
import { describe, expect, it } from 'vitest'
import type { Challenge, ConnectionOptions, CredentialsOption } from '../../src/index.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { type AnswerInput, answer, readChallenges } from '../../src/rules/digest.ts'
import { digestResponse } from '../../src/rules/digest-hash.ts'
import { portableDigest } from '../../src/testing/index.ts'
import { fails, record } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { alice, challenge, checked, secret, uri, withPeer } from './authentication-support.ts'

/** A provider that notes who asked. */
const asking = (credentials: CredentialsOption | 'none' = secret) => {
  const asked: Challenge[] = []
  return {
    asked,
    options: {
      credentials: (question: Challenge) => {
        asked.push(question)
        return credentials === 'none' ? undefined : credentials
      },
    },
  }
}

const counted = (request: SipRequest, realm = 'k', kind = 'proxy-authorization') => {
  const params = checked(request, realm, secret.password, kind)
  return [params.get('nonce'), params.get('nc')]
}

/** A peer that wants digest, and an OPTIONS that has been through it. */
const learnt = async (given: ConnectionOptions = {}, values = [challenge('k', 'n1')]) => {
  const provider = asking()
  const scene = await withPeer(provider.options, given)
  const { connection, peer, world } = scene
  const ask = async (to = uri) => {
    const transaction = connection.request({ method: 'OPTIONS', uri: to })
    await world.run(10)
    return { transaction, request: peer.next('OPTIONS') }
  }
  const first = await ask()
  peer.reply(first.request, 407, { headers: values.map(value => ['Proxy-Authenticate', value] as const) })
  await world.run(10)
  const retry = peer.next('OPTIONS')
  return { ...scene, ...provider, ask, first, retry }
}

describe('F04: the same realm again (§22.3)', () => {
  it('a second INVITE goes out authorised with the next count, and nobody is asked', async () => {
    const { asked, options } = asking()
    const { world, peer, connection, wire } = await withPeer(options)
    const nonces: unknown[] = []
    for (const count of [1, 2, 3]) {
      const call = connection.invite(uri, { offer: sdp(alice) })
      await world.run(10)
      let invite = peer.next('INVITE')
      if (count === 1) {
        peer.reply(invite, 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
        await world.run(10)
        peer.next('ACK')
        invite = peer.next('INVITE')
      }
      nonces.push(counted(invite))
      peer.reply(invite, 200, { body: sdp('192.0.2.2') })
      await world.run(10)
      // The ACK carries the very credentials of its INVITE. §22.1
      expect(peer.next('ACK').header('proxy-authorization')).toBe(invite.header('proxy-authorization'))
      expect(call.state.is).toBe('confirmed')
    }
    expect(nonces).toEqual([
      ['n1', '00000001'],
      ['n1', '00000002'],
      ['n1', '00000003'],
    ])
    expect(asked.length).toBe(1)
    expect(wire.sentBy(alice).filter(word => word.startsWith('INVITE'))).toEqual([
      'INVITE 1',
      'INVITE 2',
      'INVITE 1',
      'INVITE 1',
    ])
  })

  it('a nonce that has become too old costs one silent retry', async () => {
    const { ask, peer, world, retry, asked } = await learnt()
    peer.reply(retry, 200)
    await world.run(10)
    const second = await ask()
    expect(counted(second.request)).toEqual(['n1', '00000002'])
    // No stale: many servers do not say it.
    peer.reply(second.request, 407, { headers: [['Proxy-Authenticate', challenge('k', 'n2')]] })
    await world.run(10)
    const third = peer.next('OPTIONS')
    expect(counted(third)).toEqual(['n2', '00000001'])
    peer.reply(third, 200)
    await world.run(10)
    expect((await second.transaction.response()).status).toBe(200)
    expect(asked.length).toBe(1)
  })

  it('a password that has changed meanwhile is asked for', async () => {
    const { ask, peer, world, retry, asked } = await learnt()
    peer.reply(retry, 200)
    await world.run(10)
    const { request } = await ask()
    peer.reply(request, 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    // The provider has nothing better: nothing more goes out.
    expect(asked.length).toBe(1 + 3)
    expect(peer.all('OPTIONS').length).toBe(3)
  })

  it('requests that overlap have counts of their own', async () => {
    const { connection, peer, world, retry } = await learnt()
    peer.reply(retry, 200)
    await world.run(10)
    for (let at = 0; at < 3; at += 1) connection.request({ method: 'OPTIONS', uri })
    await world.run(10)
    const counts = (peer.all('OPTIONS') as SipRequest[]).slice(2).map(request => counted(request)[1])
    expect(counts).toEqual(['00000002', '00000003', '00000004'])
  })

  it('the next target gets a count of its own (RFC 3263 §4.3)', async () => {
    const { world, peer, connection } = await withPeer(asking().options)
    const second = createPeer(world.network, { host: '192.0.2.3' })
    world.network.names.set('example.com', [
      { host: '192.0.2.2', port: 5060 },
      { host: '192.0.2.3', port: 5060 },
    ])
    connection.request({ method: 'OPTIONS', uri: 'sip:bob@example.com' })
    await world.run(10)
    peer.reply(peer.next('OPTIONS'), 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    const first = peer.next('OPTIONS')
    peer.reply(first, 503)
    await world.run(10)
    expect([counted(first), counted(second.next('OPTIONS'))]).toEqual([
      ['n1', '00000001'],
      ['n1', '00000002'],
    ])
  })

  it('a retransmission has the same count, being the same bytes (§17.1.2.2)', async () => {
    const { world, wire, retry } = await learnt()
    await world.run(3000)
    const sent = wire.packets.filter(({ from, text }) => from.host === alice && text.includes('CSeq: 2 '))
    expect(sent.length).toBeGreaterThan(2)
    expect(new Set(sent.map(({ text }) => text)).size).toBe(1)
    counted(retry)
  })

  it('what was refused is not remembered', async () => {
    const { ask, peer, world, retry, asked } = await learnt()
    peer.reply(retry, 403)
    await world.run(10)
    const second = await ask()
    expect(second.request.header('proxy-authorization')).toBeUndefined()
    expect(asked.length).toBe(1)
  })

  it('a busy callee shows that the proxy was content', async () => {
    const { ask, peer, world, retry } = await learnt()
    peer.reply(retry, 486)
    await world.run(10)
    expect(counted((await ask()).request)).toEqual(['n1', '00000002'])
  })

  it('credentials of a request are its own: another one is not authorised with them', async () => {
    const { world, peer, connection } = await withPeer()
    connection.request({ method: 'OPTIONS', uri, credentials: secret })
    await world.run(10)
    peer.reply(peer.next('OPTIONS'), 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    peer.reply(peer.next('OPTIONS'), 200)
    await world.run(10)
    connection.request({ method: 'OPTIONS', uri })
    connection.request({ method: 'OPTIONS', uri, credentials: { ...secret, password: 'other' } })
    connection.request({ method: 'OPTIONS', uri, credentials: { ...secret } })
    await world.run(10)
    const [bare, other, same] = [peer.next('OPTIONS'), peer.next('OPTIONS'), peer.next('OPTIONS')]
    expect(bare.header('proxy-authorization')).toBeUndefined()
    expect(other.header('proxy-authorization')).toBeUndefined()
    expect(counted(same)).toEqual(['n1', '00000002'])
  })

  it('`clear` forgets one realm or all', async () => {
    const { ask, peer, world, retry, sip } = await learnt({}, [challenge('k', 'n1'), challenge('l', 'm1')])
    peer.reply(retry, 200)
    await world.run(10)
    sip.credentials.clear('l')
    const { request } = await ask()
    expect(request.headers('proxy-authorization').length).toBe(1)
    counted(request)
    sip.credentials.clear()
    expect((await ask()).request.header('proxy-authorization')).toBeUndefined()
  })

  it('what nobody uses for a day is forgotten', async () => {
    const { ask, peer, world, retry } = await learnt()
    peer.reply(retry, 200)
    await world.run(86_500_000)
    expect((await ask()).request.header('proxy-authorization')).toBeUndefined()
  })

  it('no more realms are remembered than the limit allows', async () => {
    const { options } = asking()
    const { world, peer, connection } = await withPeer({
      ...options,
      limits: { credentialSpaces: 2 },
    } as never)
    const headers = ['a', 'b', 'c'].map(realm => ['Proxy-Authenticate', challenge(realm, realm)] as const)
    connection.request({ method: 'OPTIONS', uri })
    await world.run(10)
    peer.reply(peer.next('OPTIONS'), 407, { headers })
    await world.run(10)
    const retry = peer.next('OPTIONS')
    expect(retry.headers('proxy-authorization').length).toBe(3)
    peer.reply(retry, 200)
    await world.run(10)
    connection.request({ method: 'OPTIONS', uri })
    await world.run(10)
    expect(peer.next('OPTIONS').headers('proxy-authorization').length).toBe(2)
  })
})

it('F07: stale=true on a request that went out authorised is answered silently, too', async () => {
  const { ask, peer, world, retry, asked } = await learnt()
  peer.reply(retry, 200)
  await world.run(10)
  const { request } = await ask()
  const stale = challenge('k', 'n2', ', qop="auth", stale=true')
  peer.reply(request, 407, { headers: [['Proxy-Authenticate', stale]] })
  await world.run(10)
  expect(counted(peer.next('OPTIONS'))).toEqual(['n2', '00000001'])
  expect(asked.length).toBe(1)
})

describe('who sees what was learnt', () => {
  it('a callee that challenges the BYE is not shown what its realm’s real owner knows', async () => {
    const provider = asking('none')
    const { world, peer, connection } = await withPeer(provider.options)
    const registrar = createPeer(world.network, { host: '192.0.2.10' })
    registrar.on('REGISTER', request => {
      if (request.header('authorization'))
        registrar.reply(request, 200, { contact: `${request.header('contact')}` })
      else registrar.reply(request, 401, { headers: [['WWW-Authenticate', challenge('k', 'n1')]] })
    })
    const registration = connection.register({
      aor: 'sip:alice@192.0.2.10',
      contact: 'sip:alice@192.0.2.1:5060',
      expires: 600,
      credentials: secret,
    })
    await world.run(100)
    await registration.registered()
    const call = connection.invite(uri, { offer: sdp(alice), from: registration })
    await world.run(10)
    const invite = peer.next('INVITE')
    expect(invite.header('authorization')).toBeUndefined()
    peer.reply(invite, 200, { body: sdp('192.0.2.2') })
    await world.run(10)
    void call.hangUp()
    await world.run(10)
    const bye = peer.next('BYE')
    expect(bye.header('authorization')).toBeUndefined()
    peer.reply(bye, 401, { headers: [['WWW-Authenticate', challenge('k', 'evil')]] })
    await world.run(40_000)
    expect(peer.all('BYE').every(request => !request.header('authorization'))).toBe(true)
    // The application may decide otherwise, and has declined.
    expect(provider.asked.map(({ realms }) => realms[0]!.realm)).toEqual(['k'])
  })

  it('nor when its 401 comes by the very proxy that is the registrar (§22.2)', async () => {
    const { world, connection } = await withPeer()
    const proxy = createPeer(world.network, { host: '192.0.2.10' })
    proxy.on('REGISTER', request => {
      if (request.header('authorization'))
        proxy.reply(request, 200, { contact: `${request.header('contact')}` })
      else proxy.reply(request, 401, { headers: [['WWW-Authenticate', challenge('k', 'n1')]] })
    })
    const registration = connection.register({
      aor: 'sip:alice@192.0.2.10',
      contact: 'sip:alice@192.0.2.1:5060',
      outboundProxy: 'sip:192.0.2.10',
      expires: 600,
      credentials: secret,
    })
    await world.run(100)
    await registration.registered()
    const call = connection.invite('sip:bob@192.0.2.10', { offer: sdp(alice), from: registration })
    await world.run(10)
    const headers = [['Record-Route', '<sip:192.0.2.10;lr>']] as const
    proxy.reply(proxy.next('INVITE'), 200, {
      body: sdp('192.0.2.2'),
      contact: '<sip:bob@192.0.2.2:5060>',
      headers,
    })
    await world.run(10)
    void call.hangUp()
    await world.run(10)
    const bye = proxy.next('BYE')
    expect([bye.uri, bye.header('authorization')]).toEqual(['sip:bob@192.0.2.2:5060', undefined])
    proxy.reply(bye, 401, { headers: [['WWW-Authenticate', challenge('k', 'evil')]] })
    await world.run(40_000)
    expect(proxy.all('BYE').every(request => !request.header('authorization'))).toBe(true)
  })

  it.each([
    ['a proxy that asks within the dialog is answered from the registration’s credentials', true],
    ['a remote party that passes itself off as a proxy is not', false],
  ])('%s', async (_, routed) => {
    const { world, peer, connection } = await withPeer()
    const registrar = createPeer(world.network, { host: '192.0.2.10' })
    registrar.on(
      'REGISTER',
      request => void registrar.reply(request, 200, { contact: `${request.header('contact')}` }),
    )
    const registration = connection.register({
      aor: 'sip:alice@192.0.2.10',
      contact: 'sip:alice@192.0.2.1:5060',
      expires: 600,
      credentials: secret,
    })
    await world.run(100)
    const call = connection.invite(uri, { offer: sdp(alice), from: registration })
    await world.run(10)
    const headers = routed ? ([['Record-Route', '<sip:192.0.2.2:5060;lr>']] as const) : []
    peer.reply(peer.next('INVITE'), 200, { body: sdp('192.0.2.2'), headers })
    await world.run(10)
    void call.hangUp()
    await world.run(10)
    peer.reply(peer.next('BYE'), 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    if (routed) expect(counted(peer.next('BYE'))).toEqual(['n1', '00000001'])
    else expect(peer.all('BYE').length).toBe(1)
  })

  it('what a provider gave for one server is asked for anew by another that names the same realm', async () => {
    const { asked, connection, world, peer, retry } = await learnt()
    peer.reply(retry, 200)
    const other = createPeer(world.network, { host: '192.0.2.3' })
    connection.request({ method: 'OPTIONS', uri: 'sip:carol@192.0.2.3:5060' })
    await world.run(10)
    const request = other.next('OPTIONS')
    expect(request.header('proxy-authorization')).toBeUndefined()
    other.reply(request, 407, { headers: [['Proxy-Authenticate', challenge('k', 'n9')]] })
    await world.run(10)
    expect(asked.length).toBe(2)
  })

  it('credentials given for the call answer the remote party’s 401', async () => {
    const { world, peer, connection } = await withPeer()
    const call = connection.invite(uri, { offer: sdp(alice), credentials: secret })
    await world.run(10)
    peer.reply(peer.next('INVITE'), 200, { body: sdp('192.0.2.2') })
    await world.run(10)
    void call.hangUp()
    await world.run(10)
    peer.reply(peer.next('BYE'), 401, { headers: [['WWW-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    expect(counted(peer.next('BYE'), 'k', 'authorization')).toEqual(['n1', '00000001'])
  })

  it('and serve every request within it', async () => {
    const { world, peer, connection } = await withPeer()
    const call = connection.invite(uri, { offer: sdp(alice), credentials: secret })
    await world.run(10)
    peer.reply(peer.next('INVITE'), 200, { body: sdp('192.0.2.2') })
    await world.run(10)
    call.dialog!.request('INFO')
    await world.run(10)
    peer.reply(peer.next('INFO'), 401, { headers: [['WWW-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    expect(counted(peer.next('INFO'), 'k', 'authorization')).toEqual(['n1', '00000001'])
  })

  it('credentials of one realm never go to another', async () => {
    const { world, peer, connection } = await withPeer()
    const transaction = connection.request({ method: 'OPTIONS', uri, credentials: { ...secret, realm: 'k' } })
    await world.run(10)
    peer.reply(peer.next('OPTIONS'), 407, { headers: [['Proxy-Authenticate', challenge('K', 'n1')]] })
    await world.run(10)
    await fails('forbidden', transaction.response())
    expect(peer.all('OPTIONS').length).toBe(1)
  })

  it('passwords are in no trace, error or handle', async () => {
    const { world, peer, connection, sip } = await withPeer()
    const frames = record(sip.trace$)
    const given = { username: 'alice', password: 'pa55-w0rd' }
    const call = connection.invite(uri, { offer: sdp(alice), credentials: given })
    const errors = record(call.errors$)
    await world.run(10)
    for (const nonce of ['n1', 'n2']) {
      peer.reply(peer.next('INVITE'), 407, { headers: [['Proxy-Authenticate', challenge('k', nonce)]] })
      await world.run(10)
    }
    expect(errors.values.length).toBe(1)
    const texts = [frames.values, errors.values, call, connection, sip, errors.values.map(String)]
    for (const text of texts) expect(JSON.stringify(text) ?? '').not.toContain('pa55-w0rd')
  })
})

describe('Authentication-Info (RFC 7616 §3.5)', () => {
  /** The server's half of the proof, for what a request carried. */
  const rspauth = (request: SipRequest, password = secret.password): string => {
    const { params } = request.parsed('proxy-authorization')![0]!
    const get = (name: string) => params.get(name)!
    const proof = digestResponse(
      {
        algorithm: { hash: 'MD5', session: false },
        username: get('username'),
        realm: get('realm'),
        secret: { password },
        nonce: get('nonce'),
        method: '',
        uri: get('uri'),
        qop: 'auth',
        nc: get('nc'),
        cnonce: get('cnonce'),
      },
      portableDigest,
    )
    return `rspauth="${proof}", qop=auth, nc=${get('nc')}, cnonce="${get('cnonce')}"`
  }

  it('F15: the next nonce is used next, with its own count', async () => {
    const { ask, peer, world, retry } = await learnt()
    peer.reply(retry, 200, { headers: [['Proxy-Authentication-Info', 'nextnonce="n2"']] })
    await world.run(10)
    expect(counted((await ask()).request)).toEqual(['n2', '00000001'])
    expect(counted((await ask()).request)).toEqual(['n2', '00000002'])
  })

  it('a server that proves itself is believed', async () => {
    const { peer, world, retry, first } = await learnt()
    peer.reply(retry, 200, { headers: [['Proxy-Authentication-Info', rspauth(retry)]] })
    await world.run(10)
    expect((await first.transaction.response()).status).toBe(200)
  })

  it('a wrong proof makes the 2xx an error', async () => {
    const { peer, world, retry, first } = await learnt()
    peer.reply(retry, 200, { headers: [['Proxy-Authentication-Info', rspauth(retry, 'guess')]] })
    await world.run(10)
    expect((await fails('forbidden', first.transaction.response())).response?.status).toBe(200)
  })

  it('unless the connection does not ask for it', async () => {
    const { peer, world, retry, first } = await learnt({ checkServerProof: false })
    peer.reply(retry, 200, { headers: [['Proxy-Authentication-Info', rspauth(retry, 'guess')]] })
    await world.run(10)
    expect((await first.transaction.response()).status).toBe(200)
  })

  it('a call whose 2xx is not believed is acknowledged and ended (§13.2.2.4)', async () => {
    const { world, peer, connection } = await withPeer()
    const call = connection.invite(uri, { offer: sdp(alice), credentials: secret })
    const errors = record(call.errors$)
    await world.run(10)
    peer.reply(peer.next('INVITE'), 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    peer.next('ACK')
    const invite = peer.next('INVITE')
    const info = ['Proxy-Authentication-Info', rspauth(invite, 'guess')] as const
    peer.reply(invite, 200, { body: sdp('192.0.2.2'), headers: [info] })
    await world.run(10)
    peer.next('ACK')
    peer.reply(peer.next('BYE'), 200)
    await world.run(10)
    expect(errors.values.map(({ code }) => code)).toEqual(['forbidden'])
  })

  it('a re-INVITE whose 2xx is not believed is acknowledged, and its call ended (§13.2.2.4, §14.1)', async () => {
    const { world, peer, connection } = await withPeer()
    const call = connection.invite(uri, { offer: sdp(alice), credentials: secret })
    await world.run(10)
    const first = peer.next('INVITE')
    peer.reply(first, 200, { body: sdp('192.0.2.2') })
    await world.run(10)
    peer.next('ACK')
    const held = call.hold()
    await world.run(10)
    peer.reply(peer.next('INVITE'), 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    peer.next('ACK')
    const again = peer.next('INVITE')
    const info = ['Proxy-Authentication-Info', rspauth(again, 'guess')] as const
    peer.reply(again, 200, { body: sdp('192.0.2.2', { direction: 'recvonly' }), headers: [info] })
    await world.run(10)
    expect(peer.next('ACK').cseq.seq).toBe(again.cseq.seq)
    peer.reply(peer.next('BYE'), 200)
    await fails('forbidden', held)
    await world.run(10)
    expect(call.state.is).toBe('terminated')
  })
})

describe('forms', () => {
  it('-sess keeps its cnonce as long as its nonce (RFC 7616 §3.4.2)', async () => {
    const { connection, peer, world } = await withPeer(asking().options)
    const seen: [string, string][] = []
    peer.on('OPTIONS', request => {
      const value = request.parsed('authorization')?.[0]
      if (!value) {
        const header = challenge('k', 'n1', ', algorithm=SHA-256-sess, qop="auth"')
        return void peer.reply(request, 401, { headers: [['WWW-Authenticate', header]] })
      }
      seen.push([value.params.get('nc')!, value.params.get('cnonce')!])
      peer.reply(request, 200)
    })
    for (let at = 0; at < 2; at += 1) {
      connection.request({ method: 'OPTIONS', uri })
      await world.run(10)
    }
    expect(seen.map(([nc]) => nc)).toEqual(['00000001', '00000002'])
    expect(seen[0]![1]).toBe(seen[1]![1])
  })

  it('auth-int takes in the body, from the first sending on', async () => {
    const { connection, peer, world } = await withPeer(asking().options)
    const send = async (body: string) => {
      connection.request({ method: 'MESSAGE', uri, contentType: 'text/plain', body })
      await world.run(10)
      return peer.next('MESSAGE')
    }
    const value = challenge('k', 'n1', ', qop="auth-int"')
    const asked = await send('one')
    peer.reply(asked, 407, { headers: [['Proxy-Authenticate', value]] })
    await world.run(10)
    const proves = (request: SipRequest, body: string, nc: number): void => {
      const { params } = request.parsed('proxy-authorization')![0]!
      const input: AnswerInput = {
        challenge: readChallenges(peer.reply(asked, 407, { headers: [['Proxy-Authenticate', value]] }))[0]!,
        credentials: secret,
        method: 'MESSAGE',
        uri,
        body: new TextEncoder().encode(body),
        nc,
        cnonce: params.get('cnonce')!,
        digest: portableDigest,
      }
      expect(request.header('proxy-authorization')).toBe(answer(input)[1])
    }
    const retry = peer.next('MESSAGE')
    proves(retry, 'one', 1)
    peer.reply(retry, 200)
    await world.run(10)
    proves(await send('zwei'), 'zwei', 2)
  })

  it.each(['MESSAGE', 'PUBLISH', 'OPTIONS'])('a challenge to %s is answered', async method => {
    const { connection, peer, world } = await withPeer(asking().options)
    connection.request({ method, uri })
    await world.run(10)
    peer.reply(peer.next(method), 401, { headers: [['WWW-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    expect(counted(peer.next(method), 'k', 'authorization')).toEqual(['n1', '00000001'])
  })

  it('a challenge to INFO within a dialog is answered', async () => {
    const { connection, peer, world } = await withPeer(asking().options)
    const call = connection.invite(uri, { offer: sdp(alice) })
    await world.run(10)
    peer.reply(peer.next('INVITE'), 200, { body: sdp('192.0.2.2') })
    await world.run(10)
    call.dialog!.request('INFO')
    await world.run(10)
    const info = peer.next('INFO')
    peer.reply(info, 407, { headers: [['Proxy-Authenticate', challenge('k', 'n1')]] })
    await world.run(10)
    const again = peer.next('INFO')
    expect(counted(again)).toEqual(['n1', '00000001'])
    expect(again.cseq.seq).toBe(info.cseq.seq + 1)
  })
})
