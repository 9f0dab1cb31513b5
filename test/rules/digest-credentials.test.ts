import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SipUri } from '../../src/message/types.ts'
import { parseUri } from '../../src/message/uri.ts'
import { type AnswerInput, readChallenges } from '../../src/rules/digest.ts'
import {
  blamesSecret,
  type Candidate,
  chooseCredentials,
  decideChallenge,
  judgeAnswer,
  type KnownCredentials,
  placesOf,
  readInfo,
  secretOf,
} from '../../src/rules/digest-credentials.ts'
import { chooseMechanism, securityServer } from '../../src/rules/security-agreement.ts'
import { digest, reply } from './support.ts'

const challengeOf = (text = 'realm="k", nonce="n"', proxy = false) =>
  readChallenges(
    reply(401, { [proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate']: `Digest ${text}` }),
    true,
  )[0]!
const one = { username: 'alice', password: 'one' }
const two = { username: 'alice', password: 'two' }
const from = (source: Candidate['from'], ...credentials: readonly KnownCredentials[]): Candidate[] =>
  credentials.map(each => ({ credentials: each, from: source }))
const outside = { method: 'INVITE', withinDialog: undefined, registrarRealms: [] }
const within = { ...outside, method: 'BYE', withinDialog: 'routed' } as const
const chosen = (
  candidates: readonly Candidate[],
  challenge = challengeOf(),
  tried?: ReadonlyMap<string, number>,
  situation = outside as Parameters<typeof chooseCredentials>[3],
) => chooseCredentials(challenge, candidates, tried, situation)?.credentials

describe('whose credentials answer', () => {
  it('takes the first that is for the realm, or for none in particular', () => {
    expect(chosen(from('request', { ...one, realm: 'other' }, two))).toBe(two)
    expect(chosen(from('request', { ...one, realm: 'K' }))).toBeUndefined()
    expect(chosen([])).toBeUndefined()
  })

  it('shows a secret once, and once more when the nonce was stale (RFC 7616 §3.3)', () => {
    const stale = challengeOf('realm="k", nonce="n", stale=true')
    const tried = (times: number) => new Map([[secretOf(one), times]])
    expect(chosen(from('request', one, two), challengeOf(), tried(1))).toBe(two)
    expect(chosen(from('request', one), stale, tried(1))).toBe(one)
    expect(chosen(from('request', one), stale, tried(2))).toBeUndefined()
  })

  it('keeps what a registration was given for its registrar and its proxies', () => {
    const given = from('registration', one)
    const known = { ...outside, registrarRealms: ['registrar'] }
    const proxy = challengeOf('realm="k", nonce="n"', true)
    expect(chosen(given, challengeOf(), undefined, { ...known, method: 'REGISTER' })).toBe(one)
    // Nobody has asked at REGISTER: it may be for this.
    expect(chosen(given)).toBe(one)
    expect(chosen(given, challengeOf(), undefined, known)).toBeUndefined()
    expect(chosen(given, challengeOf(), undefined, { ...known, registrarRealms: ['k'] })).toBe(one)
    expect(chosen(given, proxy, undefined, known)).toBe(one)
    // Within a dialog it is the remote party who asks, whatever it calls its realm.
    expect(chosen(given, challengeOf(), undefined, { ...within, registrarRealms: ['k'] })).toBeUndefined()
    expect(chosen(given, proxy, undefined, within)).toBe(one)
    // A 407 from the remote party itself is none of a proxy.
    expect(chosen(given, proxy, undefined, { ...within, withinDialog: 'direct' })).toBeUndefined()
    expect(chosen(from('request', one), challengeOf(), undefined, within)).toBe(one)
  })

  it('takes the answer of a SIM for the nonce that it answered, and for nothing else (RFC 3310)', () => {
    const nonce = Buffer.alloc(32, 1).toString('base64')
    const aka = challengeOf(`realm="k", nonce="${nonce}", algorithm=AKAv1-MD5`)
    const sim = { username: 'alice', aka: { res: new Uint8Array(8), nonce } }
    expect(chosen(from('request', one, sim), aka)).toBe(sim)
    expect(chosen(from('request', { ...sim, aka: { ...sim.aka, nonce: 'x' } }), aka)).toBeUndefined()
    expect(chosen(from('request', sim))).toBeUndefined()
  })

  it('blames the secret for a refusal of the nonce that it came with, and only then', () => {
    expect(blamesSecret('n', challengeOf())).toBe(true)
    expect(blamesSecret('m', challengeOf())).toBe(false)
    expect(blamesSecret('n', challengeOf('realm="k", nonce="n", stale=true'))).toBe(false)
  })
})

describe('what comes of a challenge', () => {
  const k = challengeOf()
  it.each([
    [[], [], 0, 'unanswerable'],
    [[k], [], 3, 'again'],
    [[k], [k], 2, 'ask'],
    [[k], [k], 3, 'refused'],
  ] as const)('%#', (challenges, open, asked, expected) =>
    expect(decideChallenge(challenges, open, asked, 3)).toBe(expected),
  )

  it.each([
    [100, undefined],
    [180, 'accepted'],
    [200, 'accepted'],
    [401, undefined],
    [403, 'refused'],
    [407, undefined],
    [494, undefined],
    [486, 'accepted'],
    [603, 'accepted'],
  ])('a %i says of the credentials: %s', (status, expected) => expect(judgeAnswer(status)).toBe(expected))
})

it('knows the remote party by the Request-URI, a proxy by name and address', () => {
  const hop = parseUri('sip:Proxy.Example:5070;lr') as SipUri
  const way = { host: '192.0.2.2', port: 5070, secure: false }
  expect(placesOf('sip:bob@example.com', hop, way)).toEqual({
    user: ['user sip:bob@example.com'],
    proxy: ['proxy proxy.example:5070', 'proxy 192.0.2.2:5070'],
  })
  expect(placesOf('sip:bob@example.com', hop, undefined).proxy).toEqual(['proxy proxy.example:5070'])
  // A peer may write a name that we trust, and lead elsewhere by maddr.
  const led = parseUri('sip:proxy.example:5070;maddr=192.0.2.66') as SipUri
  expect(placesOf('sip:bob@example.com', led, undefined).proxy).toEqual(['proxy 192.0.2.66:5070'])
  // What was said by TLS is said by nothing else.
  const plain = Object.values(placesOf('sip:bob@example.com', hop, way)).flat()
  const secure = Object.values(placesOf('sip:bob@example.com', hop, { ...way, secure: true })).flat()
  expect(plain.filter(place => secure.includes(place))).toEqual([])
})

it('nothing that stands in a header of security throws', () => {
  const names = [
    'WWW-Authenticate',
    'Proxy-Authenticate',
    'Authentication-Info',
    'Proxy-Authentication-Info',
    'Security-Server',
  ]
  const words =
    'Digest realm= nonce= qop= "auth" auth-int , ; = " algorithm=MD5 AKAv1-MD5 AKAv2-MD5-sess stale=true rspauth= nextnonce= tls digest ;q= 0.5 q=-1 \\ é userhash=true'
  const line = fc
    .array(fc.oneof(fc.constantFrom(...words.split(' ')), fc.string({ maxLength: 6 })), { maxLength: 14 })
    .map(parts => parts.join(' ').replace(/[\r\n\0]/g, ''))
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(line, { minLength: 1, maxLength: 3 }), (name, lines) => {
      const response = reply(200, { [name]: lines })
      const sent: AnswerInput = {
        challenge: challengeOf('realm="k", nonce="n", qop="auth"', name.startsWith('Proxy')),
        credentials: one,
        method: 'OPTIONS',
        uri: 'sip:bob@example.com',
        nc: 1,
        cnonce: 'c',
        digest,
      }
      expect(readChallenges(response, true).length).toBeLessThanOrEqual(6)
      expect(readInfo(response, sent).proof).not.toBe(true)
      const chosen = chooseMechanism(securityServer(response)?.values ?? [], ['tls', 'digest'])
      expect([undefined, 'tls', 'digest']).toContain(chosen)
    }),
    { seed: 3329, numRuns: 1000 },
  )
})
