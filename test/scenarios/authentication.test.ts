/** Digest: rows F01 to F03 and F07 to F10 of docs/scenarios.md. The proof is worked out by `node:crypto`. */
import { describe, expect, it } from 'vitest'
import type { ApiOptions, Challenge, CredentialProvider, Credentials } from '../../src/index.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { fails, record } from '../api/support.ts'
import { sdp } from '../support/text.ts'
import { alice, challenge, checked, secret, uri, withPeer } from './authentication-support.ts'

it('F01: a 407 to INVITE is acknowledged and answered with the next CSeq; nobody hears of it (§22.3)', async () => {
  const asked: Challenge[] = []
  const credentials: CredentialProvider = question => {
    asked.push(question)
    return secret
  }
  const { world, peer, connection, wire } = await withPeer({ credentials })
  const call = connection.invite(uri, { offer: sdp(alice) })
  const responses = record(call.responses$)
  const states = record(call.state$)
  const errors = record(call.errors$)
  await world.run(10)
  const first = peer.next('INVITE')
  peer.reply(first, 407, { headers: [['Proxy-Authenticate', challenge('k.example', 'n1')]] })
  await world.run(10)
  const ack = peer.next('ACK')
  expect([ack.cseq.seq, ack.via.params.get('branch')]).toEqual([1, first.via.params.get('branch')])
  const second = peer.next('INVITE')
  expect([second.cseq.seq, second.callId, second.fromTag]).toEqual([2, first.callId, first.fromTag])
  expect(second.via.params.get('branch')).not.toBe(first.via.params.get('branch'))
  expect(second.text).toBe(first.text)
  expect(second.toTag).toBeUndefined()
  const params = checked(second, 'k.example')
  expect([params.get('username'), params.get('nc'), params.get('qop')]).toEqual(['alice', '00000001', 'auth'])
  peer.reply(second, 180)
  peer.reply(second, 200, { body: sdp('192.0.2.2') })
  await world.run(10)
  // The ACK of a 2xx carries the credentials of its INVITE. §22.3
  expect(peer.next('ACK').header('proxy-authorization')).toBe(second.header('proxy-authorization'))
  expect(call.state.is).toBe('confirmed')
  expect(responses.values.map(({ status }) => status)).toEqual([180, 200])
  expect(states.values.map(({ is }) => is)).toEqual(['calling', 'early', 'confirmed'])
  expect(errors.values).toEqual([])
  expect(asked.map(({ realms }) => realms)).toEqual([
    [{ realm: 'k.example', kind: 'proxy', algorithm: 'MD5' }],
  ])
  expect(asked[0]!.object).toBe(call)
  expect(wire.sentBy(alice)).toEqual(['INVITE 1', 'ACK 1', 'INVITE 2', 'ACK 2'])
})

const withoutAnswer: readonly (readonly [string, ApiOptions])[] = [
  ['F02: a provider without an answer', { credentials: () => undefined }],
  [
    'F02: a provider that throws',
    {
      credentials: () => {
        throw new Error('no key store')
      },
      onCallbackError: () => {},
    },
  ],
  [
    'F02: a provider that rejects',
    {
      credentials: () => Promise.reject(new Error('no key store')),
      onCallbackError: () => {},
    },
  ],
  ['F03: no provider', {}],
]

describe.each(withoutAnswer)('%s', (_, options) => {
  it('sends nothing more and says forbidden (§22.1)', async () => {
    const { world, peer, connection, wire } = await withPeer(options)
    const call = connection.invite(uri, { offer: sdp(alice) })
    const errors = record(call.errors$)
    await world.run(10)
    peer.reply(peer.next('INVITE'), 401, { headers: [['WWW-Authenticate', challenge('k', 'n1')]] })
    await world.run(40_000)
    expect(errors.values.map(({ code, status }) => [code, status])).toEqual([['forbidden', 401]])
    await fails('forbidden', call.established())
    expect(wire.sentBy(alice)).toEqual(['INVITE 1', 'ACK 1'])
  })
})

it('F02: a provider that never settles ends its own request after 64·T1, and nothing else', async () => {
  const { world, peer, connection, wire } = await withPeer({ credentials: () => new Promise(() => {}) })
  const stuck = connection.request({ method: 'OPTIONS', uri })
  await world.run(10)
  peer.reply(peer.next('OPTIONS'), 401, { headers: [['WWW-Authenticate', challenge('k', 'n1')]] })
  await world.run(10)
  const other = connection.request({ method: 'OPTIONS', uri })
  await world.run(10)
  peer.reply(peer.next('OPTIONS'), 200)
  await world.run(40_000)
  await fails('forbidden', stuck.response())
  expect((await other.response()).status).toBe(200)
  expect(wire.sentBy(alice)).toEqual(['OPTIONS 1', 'OPTIONS 1'])
})

it('F07: stale=true is answered silently with the new nonce (RFC 7616 §3.3)', async () => {
  let asked = 0
  const credentials = () => {
    asked += 1
    return secret
  }
  const { world, peer, connection } = await withPeer({ credentials })
  const transaction = connection.request({ method: 'OPTIONS', uri })
  const responses = record(transaction.responses$)
  await world.run(10)
  peer.reply(peer.next('OPTIONS'), 407, { headers: [['Proxy-Authenticate', challenge('k', 'old')]] })
  await world.run(10)
  const first = peer.next('OPTIONS')
  expect(checked(first, 'k').get('nonce')).toBe('old')
  const stale = challenge('k', 'new', ', qop="auth", stale=true')
  peer.reply(first, 407, { headers: [['Proxy-Authenticate', stale]] })
  await world.run(10)
  const second = peer.next('OPTIONS')
  const params = checked(second, 'k')
  expect([params.get('nonce'), params.get('nc'), second.cseq.seq]).toEqual(['new', '00000001', 3])
  peer.reply(second, 200)
  await world.run(10)
  expect(responses.values.map(({ status }) => status)).toEqual([200])
  expect(asked).toBe(1)
})

const other = { credentials: { ...secret, realm: 'elsewhere' } }

describe('F08: wrong passwords (§22.1)', () => {
  it('the same credentials go out once, then it is forbidden', async () => {
    const { world, peer, connection } = await withPeer()
    const transaction = connection.request({ method: 'OPTIONS', uri, credentials: secret })
    let nonce = 0
    peer.on('OPTIONS', request => {
      nonce += 1
      peer.reply(request, 401, { headers: [['WWW-Authenticate', challenge('k', `n${nonce}`)]] })
    })
    await world.run(40_000)
    expect(peer.all('OPTIONS').length).toBe(2)
    expect((await fails('forbidden', transaction.response())).status).toBe(401)
  })

  it.each([
    ['refused credentials', { credentials: secret }, '401 to OPTIONS: the credentials were not accepted'],
    ['credentials of another realm', other, '401 to OPTIONS: no credentials were provided'],
    ['no credentials', {}, '401 to OPTIONS: no credentials were provided'],
  ])('the error tells %s', async (_, given, text) => {
    const { world, peer, connection } = await withPeer()
    const transaction = connection.request({ method: 'OPTIONS', uri, ...given })
    peer.on('OPTIONS', request => {
      peer.reply(request, 401, { headers: [['WWW-Authenticate', challenge('k', 'n')]] })
    })
    await world.run(40_000)
    expect((await fails('forbidden', transaction.response())).message).toBe(text)
  })

  it('once more after stale=true, and no oftener however often it is stale', async () => {
    const { world, peer, connection } = await withPeer()
    const transaction = connection.request({ method: 'OPTIONS', uri, credentials: secret })
    let nonce = 0
    peer.on('OPTIONS', request => {
      nonce += 1
      const value = challenge('k', `n${nonce}`, ', qop="auth", stale=true')
      peer.reply(request, 401, { headers: [['WWW-Authenticate', value]] })
    })
    await world.run(40_000)
    expect(peer.all('OPTIONS').length).toBe(3)
    await fails('forbidden', transaction.response())
  })

  it('the provider is asked three times for a request, and never in a loop', async () => {
    const given: string[] = []
    const credentials = (): Credentials => {
      given.push(`guess ${given.length}`)
      return { username: 'alice', password: given.at(-1)! }
    }
    const { world, peer, connection } = await withPeer({ credentials })
    const transaction = connection.request({ method: 'OPTIONS', uri })
    let nonce = 0
    peer.on('OPTIONS', request => {
      nonce += 1
      peer.reply(request, 407, { headers: [['Proxy-Authenticate', challenge('k', `n${nonce}`)]] })
    })
    await world.run(40_000)
    await fails('forbidden', transaction.response())
    expect(given.length).toBe(3)
    const requests = peer.all('OPTIONS') as readonly SipRequest[]
    expect(requests.map(({ cseq }) => cseq.seq)).toEqual([1, 2, 3, 4])
    requests.slice(1).forEach((request, index) => checked(request, 'k', given[index]!))
  })

  it('a provider that gives the same wrong ones again is not believed', async () => {
    let asked = 0
    const credentials = () => {
      asked += 1
      return secret
    }
    const { world, peer, connection } = await withPeer({ credentials })
    const transaction = connection.request({ method: 'OPTIONS', uri })
    peer.on('OPTIONS', request => {
      peer.reply(request, 407, { headers: [['Proxy-Authenticate', challenge('k', 'same')]] })
    })
    await world.run(40_000)
    await fails('forbidden', transaction.response())
    expect(peer.all('OPTIONS').length).toBe(2)
    expect(asked).toBeLessThanOrEqual(3)
  })
})

it('F09: two realms in one 407 are answered in one retry (§22.3)', async () => {
  const { world, peer, connection } = await withPeer()
  const transaction = connection.request({
    method: 'OPTIONS',
    uri,
    credentials: [
      { username: 'alice', password: 'one', realm: 'one.example' },
      { username: 'alice', password: 'two', realm: 'two.example' },
    ],
  })
  await world.run(10)
  peer.reply(peer.next('OPTIONS'), 407, {
    headers: [
      ['Proxy-Authenticate', challenge('one.example', 'n1')],
      ['Proxy-Authenticate', challenge('two.example', 'n2')],
    ],
  })
  await world.run(10)
  const second = peer.next('OPTIONS')
  checked(second, 'one.example', 'one')
  checked(second, 'two.example', 'two')
  peer.reply(second, 200)
  await world.run(10)
  expect((await transaction.response()).status).toBe(200)
})

it('F09: a server and a proxy that ask one after the other are both answered in the third request (§22.3)', async () => {
  const { world, peer, connection } = await withPeer()
  connection.request({ method: 'OPTIONS', uri, credentials: secret })
  await world.run(10)
  peer.reply(peer.next('OPTIONS'), 407, { headers: [['Proxy-Authenticate', challenge('p', 'n1')]] })
  await world.run(10)
  const second = peer.next('OPTIONS')
  peer.reply(second, 401, { headers: [['WWW-Authenticate', challenge('s', 'n2')]] })
  await world.run(10)
  const third = peer.next('OPTIONS')
  expect(checked(third, 'p').get('nc')).toBe('00000002')
  expect(checked(third, 's', secret.password, 'authorization').get('nc')).toBe('00000001')
})

it('F09: a server and a proxy with one realm and one nonce get a header each, counted as one (§22.3)', async () => {
  const { world, peer, connection } = await withPeer()
  connection.request({ method: 'OPTIONS', uri, credentials: secret })
  await world.run(10)
  peer.reply(peer.next('OPTIONS'), 401, { headers: [['WWW-Authenticate', challenge('k', 'n')]] })
  await world.run(10)
  const second = peer.next('OPTIONS')
  peer.reply(second, 407, { headers: [['Proxy-Authenticate', challenge('k', 'n')]] })
  await world.run(10)
  const third = peer.next('OPTIONS')
  const counts = ['authorization', 'proxy-authorization'].map(kind =>
    checked(third, 'k', secret.password, kind).get('nc'),
  )
  expect(new Set(counts)).toEqual(new Set(['00000002', '00000003']))
})

describe('F10: several challenges for one realm', () => {
  const answerTo = async (...values: readonly string[]) => {
    const { world, peer, connection } = await withPeer()
    connection.request({ method: 'OPTIONS', uri, credentials: secret })
    await world.run(10)
    const headers = values.map(value => ['WWW-Authenticate', value] as const)
    peer.reply(peer.next('OPTIONS'), 401, { headers })
    await world.run(10)
    const second = peer.next('OPTIONS')
    expect(second.headers('authorization').length).toBe(1)
    return checked(second, 'k', secret.password, 'authorization')
  }

  it('the first in header order that we know is answered (RFC 8760 §2.4)', async () => {
    const strange = challenge('k', 'n0', ', algorithm=SHA3-999, qop="auth"')
    const [md5, sha] = ['MD5', 'SHA-256'].map(name => challenge('k', name, `, algorithm=${name}, qop="auth"`))
    expect((await answerTo(strange, sha!, md5!)).get('algorithm')).toBe('SHA-256')
    expect((await answerTo(md5!, sha!)).get('algorithm')).toBe('MD5')
    expect((await answerTo('Basic realm="k"', sha!)).get('nonce')).toBe('SHA-256')
  })

  it('SHA-512-256 works', async () => {
    const params = await answerTo(challenge('k', 'n', ', algorithm=SHA-512-256, qop="auth"'))
    expect(params.get('response')).toHaveLength(64)
  })

  it('MD5 by name, by default, and without qop as in RFC 2069', async () => {
    expect((await answerTo(challenge('k', 'n', ', algorithm=MD5, qop="auth"'))).get('qop')).toBe('auth')
    expect((await answerTo(challenge('k', 'n', ', qop="auth"'))).has('algorithm')).toBe(false)
    const old = await answerTo(challenge('k', 'n', ''))
    expect([old.has('qop'), old.has('nc'), old.has('cnonce')]).toEqual([false, false, false])
  })
})
