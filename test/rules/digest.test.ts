import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAuth } from '../../src/message/auth.ts'
import { encodeUtf8 } from '../../src/message/bytes.ts'
import { isMalformed } from '../../src/message/malformed.ts'
import type { AuthValue } from '../../src/message/types.ts'
import { type AnswerInput, answer, checkProof, nextNonce, readChallenges } from '../../src/rules/digest.ts'
import { makeChallenge, type VerifyInput, verify } from '../../src/rules/digest-server.ts'
import { digest, reply } from './support.ts'

const auth = (text: string): AuthValue => {
  const value = parseAuth(text)
  if (isMalformed(value)) throw new Error(`not readable: ${text}`)
  return value
}

const challenged = (...challenges: readonly string[]) =>
  readChallenges(reply(401, { 'WWW-Authenticate': challenges }, 'REGISTER'))

const one = (challenge: string) => challenged(challenge)[0]!

const input = (challenge: string, more: Partial<AnswerInput> = {}): AnswerInput => ({
  challenge: one(challenge),
  credentials: { username: 'Mufasa', password: 'Circle Of Life' },
  method: 'GET',
  uri: '/dir/index.html',
  nc: 1,
  cnonce: '0a4f113b',
  digest,
  ...more,
})

const params = (given: AnswerInput) => auth(answer(given)[1]).params

describe('the vectors of the RFCs', () => {
  const mufasa = {
    credentials: { username: 'Mufasa', password: 'Circle of Life' },
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  }
  const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v'
  const both = `realm="http-auth@example.org", qop="auth, auth-int", nonce="${nonce}"`
  const jason = {
    credentials: { username: 'Jäsøn Doe', password: 'Secret, or not?' },
    uri: '/doe.json',
    cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
  }
  const hashed =
    'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="x", charset=UTF-8, userhash=true'

  it.each([
    [
      'RFC 2617 §3.5',
      input(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="x"',
      ),
      '6629fae49393a05397450978507c4ef1',
    ],
    [
      'RFC 7616 §3.9.1, MD5',
      input(`Digest ${both}, algorithm=MD5`, mufasa),
      '8ca523f5e9506fed4657c9700eebdbec',
    ],
    [
      'RFC 7616 §3.9.1, SHA-256',
      input(`Digest ${both}, algorithm=SHA-256`, mufasa),
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
    [
      'RFC 7616 §3.9.2, erratum 4897',
      input(hashed, jason),
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    ],
  ])('%s', (_, given, expected) => {
    expect(params(given).get('response')).toBe(expected)
  })

  it('hashes the user’s name as UTF-8 when asked to (RFC 7616 §3.9.2, erratum 4897)', () => {
    const shown = params(input(hashed, jason))
    expect(shown.get('username')).toBe('793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b')
    expect(shown.get('userhash')).toBe('true')
  })
})

describe('reading challenges', () => {
  it('takes the first in header order that it can answer, for each realm (RFC 8760 §2.4)', () => {
    const found = challenged(
      'Digest realm="a", nonce="0", algorithm=AKAv2-SHA-256',
      'Digest realm="a", nonce="1", algorithm=SHA-256, qop="auth"',
      'Digest realm="a", nonce="2", algorithm=MD5, qop="auth"',
      'Digest realm="b", nonce="3", algorithm=MD5, qop="auth"',
    )
    expect(found.map(({ realm, nonce }) => [realm, nonce])).toEqual([
      ['a', '1'],
      ['b', '3'],
    ])
  })

  it('takes MD5 first when the server put it first (RFC 8760 §2.4)', () => {
    const found = challenged('Digest realm="a", nonce="1"', 'Digest realm="a", nonce="2", algorithm=SHA-256')
    expect(found.map(({ nonce }) => nonce)).toEqual(['1'])
  })

  it('takes challenges of user agent and proxy together, each with its own header (§22.3)', () => {
    const found = readChallenges(
      reply(407, {
        'WWW-Authenticate': 'Digest realm="a", nonce="1"',
        'Proxy-Authenticate': ['Digest realm="a", nonce="2"', 'Digest realm="b", nonce="3"'],
      }),
    )
    expect(found.map(({ proxy, realm }) => [proxy, realm])).toEqual([
      [false, 'a'],
      [true, 'a'],
      [true, 'b'],
    ])
    const [name] = answer(input('Digest realm="a", nonce="1"', { challenge: found[1]! }))
    expect(name).toBe('Proxy-Authorization')
  })

  it.each([
    ['another scheme', 'Basic realm="a"'],
    ['no nonce', 'Digest realm="a"'],
    ['no realm', 'Digest nonce="1"'],
    ['an unknown algorithm', 'Digest realm="a", nonce="1", algorithm=SHA-1'],
    ['an algorithm named like a member of every object', 'Digest realm="a", nonce="1", algorithm=toString'],
    ['only protections that we have not', 'Digest realm="a", nonce="1", qop="auth-conf"'],
  ])('leaves out a challenge with %s', (_, text) => {
    expect(challenged(text)).toEqual([])
  })

  it.each([
    ['auth-int, auth', 'auth'],
    ['AUTH', 'auth'],
    ['auth-int', 'auth-int'],
    ['auth-conf,auth-int', 'auth-int'],
  ])('chooses of "%s" the protection %s (RFC 7616 §3.4)', (qop, expected) => {
    expect(one(`Digest realm="a", nonce="1", qop="${qop}"`).qop).toBe(expected)
  })

  it('reads stale and the case of names and values leniently (RFC 7616 §3.3)', () => {
    expect(one('digest Realm="a", NONCE="1", Stale=TRUE')).toMatchObject({
      stale: true,
      realm: 'a',
      nonce: '1',
    })
  })
})

describe('answering', () => {
  it('uses the form of RFC 2069 when the server names no protection', () => {
    const shown = params(input('Digest realm="a", nonce="1"'))
    expect([...shown.keys()]).toEqual(['username', 'realm', 'nonce', 'uri', 'response'])
  })

  it('echoes opaque and algorithm as they came, and nothing else that it was not told (RFC 7616 §3.4)', () => {
    const [, text] = answer(
      input('Digest realm="a", nonce="1", opaque="o", algorithm=md5-sess, qop="auth", domain="sip:x"'),
    )
    expect(text).toContain('opaque="o"')
    expect(text).toContain('algorithm=md5-sess')
    expect(text).not.toContain('domain')
    expect(text).toContain('qop=auth, nc=00000001, cnonce="0a4f113b"')
  })

  it('counts in eight hexadecimal digits', () => {
    expect(params(input('Digest realm="a", nonce="1", qop="auth"', { nc: 171 })).get('nc')).toBe('000000ab')
  })

  it('takes the hash of name, realm and password in place of the password', () => {
    const challenge = 'Digest realm="a", nonce="1", qop="auth", algorithm=SHA-256-sess'
    const ha1 = digest('SHA-256', encodeUtf8('Mufasa:a:Circle Of Life'))
    const byHash = params(input(challenge, { credentials: { username: 'Mufasa', ha1 } }))
    expect(byHash.get('response')).toBe(params(input(challenge)).get('response'))
  })

  it('keeps quotes and backslashes of a name inside its quotes', () => {
    const [, text] = answer(
      input('Digest realm="a", nonce="1"', { credentials: { username: 'a"\\b', password: '' } }),
    )
    expect(text).toContain('username="a\\"\\\\b"')
  })

  it('takes the body into account with auth-int alone (RFC 7616 §3.4.3)', () => {
    const response = (qop: string, body: string) =>
      params(input(`Digest realm="a", nonce="1", qop="${qop}"`, { body: encodeUtf8(body) })).get('response')
    expect(response('auth-int', 'x')).not.toBe(response('auth-int', 'y'))
    expect(response('auth', 'x')).toBe(response('auth', 'y'))
  })
})

describe('the server’s side', () => {
  const server = (text: string, more: Partial<VerifyInput> = {}) =>
    verify({
      authorization: auth(text),
      method: 'GET',
      nonceKnown: () => 'good',
      password: username => (username === 'Mufasa' ? 'Circle Of Life' : undefined),
      usernames: ['Simba', 'Mufasa'],
      digest,
      ...more,
    })

  const algorithms = [
    undefined,
    'MD5',
    'MD5-sess',
    'SHA-256',
    'SHA-256-sess',
    'SHA-512-256',
    'SHA-512-256-sess',
  ]

  it.each(algorithms)('accepts what the client answers with %s', algorithm => {
    for (const qop of [['auth'], ['auth-int'], []] as const) {
      for (const userhash of [true, false]) {
        const challenge = makeChallenge({
          realm: 'r"ealm',
          nonce: 'n',
          opaque: 'o',
          algorithm,
          qop,
          userhash,
        })
        const body = encodeUtf8('v=0')
        const [name, text] = answer(input(challenge, { body }))
        expect(name).toBe('Authorization')
        expect(server(text, { body })).toEqual({
          ok: true,
          username: 'Mufasa',
          realm: 'r"ealm',
          nonce: 'n',
          nc: qop.length > 0 ? 1 : 0,
        })
        expect(server(text, { body, method: 'PUT' })).toEqual({ ok: false, why: 'wrong' })
      }
    }
  })

  const challenge = makeChallenge({ realm: 'r', nonce: 'n' })
  const good = answer(input(challenge))[1]

  it.each([
    [
      'a wrong password',
      answer(input(challenge, { credentials: { username: 'Mufasa', password: 'x' } }))[1],
      'wrong',
    ],
    [
      'an unknown user',
      answer(input(challenge, { credentials: { username: 'Scar', password: 'x' } }))[1],
      'wrong',
    ],
    ['no response', good.replace(/response="\w+", /, ''), 'malformed'],
    ['a count of seven digits', good.replace('nc=00000001', 'nc=0000001'), 'malformed'],
    ['a protection that there is not', good.replace('qop=auth', 'qop=auth-conf'), 'malformed'],
    ['an algorithm that there is not', `${good}, algorithm=SHA-1`, 'malformed'],
    ['another scheme', good.replace('Digest', 'Basic'), 'malformed'],
  ])('refuses %s', (_, text, why) => {
    expect(server(text)).toEqual({ ok: false, why })
  })

  it('says that a nonce is stale only to whoever has the right password (RFC 7616 §3.3)', () => {
    const stale = { nonceKnown: () => 'stale' as const }
    expect(server(good, stale)).toEqual({ ok: false, why: 'stale' })
    expect(server(good.replace(/response="\w/, 'response="x'), stale)).toEqual({ ok: false, why: 'wrong' })
    expect(server(good, { nonceKnown: () => 'unknown' as const })).toEqual({
      ok: false,
      why: 'unknown-nonce',
    })
  })

  it('hands over the count, so that a replay can be told (RFC 7616 §5.12)', () => {
    const seen: [string, number][] = []
    server(answer(input(challenge, { nc: 7 }))[1], {
      nonceKnown: (nonce, nc) => {
        seen.push([nonce, nc])
        return 'good'
      },
    })
    expect(seen).toEqual([['n', 7]])
  })

  it('accepts exactly the password that was set, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (password, other) => {
        const [, text] = answer(input(challenge, { credentials: { username: 'Mufasa', password } }))
        expect(server(text, { password: () => other }).ok).toBe(other === password)
        expect(server(text, { password: () => password }).ok).toBe(true)
      }),
      { seed: 3261 },
    )
  })
})

describe('Authentication-Info (RFC 7616 §3.5)', () => {
  const sent = input('Digest realm="a", nonce="1", qop="auth"')
  const info = (text: string) => reply(200, { 'Authentication-Info': text }).parsed('authentication-info')!
  const body = new Uint8Array()
  const proof = '36e9c3b0cfcbe7a3b1ad8f9a3a1e1bb4'

  it('names the next nonce', () => {
    expect(nextNonce(info('nextnonce="n2"'))).toBe('n2')
    expect(nextNonce(info('rspauth="x"'))).toBeUndefined()
  })

  it('proves that the server knows the password, or does not', () => {
    const ha1 = digest('MD5', encodeUtf8('Mufasa:a:Circle Of Life'))
    const ha2 = digest('MD5', encodeUtf8(':/dir/index.html'))
    const right = digest('MD5', encodeUtf8(`${ha1}:1:00000001:0a4f113b:auth:${ha2}`))
    expect(checkProof(info(`rspauth="${right}", qop=auth, nc=00000001, cnonce="0a4f113b"`), sent, body)).toBe(
      true,
    )
    expect(checkProof(info(`rspauth="${proof}"`), sent, body)).toBe(false)
    expect(checkProof(info('nextnonce="n2"'), sent, body)).toBeUndefined()
  })
})
