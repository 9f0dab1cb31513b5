import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SipRequest } from '../../src/message/types.ts'
import { type AnswerInput, answer, readChallenges } from '../../src/rules/digest.ts'
import { DigestGuard, type DigestGuardOptions, isVerifiable } from '../../src/rules/digest-guard.ts'
import { seededRandom, virtualClock } from '../../src/testing/index.ts'
import { digest, make, reply } from './support.ts'

const users: Readonly<Record<string, string>> = { alice: 's3cret' }
const password = (username: string): string | undefined => users[username]

const guarded = (given: Partial<DigestGuardOptions> = {}) => {
  const clock = virtualClock()
  const options = {
    realm: 'k',
    algorithms: ['SHA-256', 'MD5'],
    qop: ['auth'] as const,
    nonceLifetime: 60_000,
    maxNonces: 3,
    ...given,
  }
  const guard = new DigestGuard({ clock, random: seededRandom(1), digest }, options)
  const challenged = (stale = false) =>
    readChallenges(reply(401, { 'WWW-Authenticate': guard.challenges(stale).map(([, value]) => value) }))[0]!
  const sign = (nc: number, more: Partial<AnswerInput> = {}, challenge = challenged()): SipRequest => {
    const [name, value] = answer({
      challenge,
      credentials: { username: 'alice', password: 's3cret' },
      method: 'OPTIONS',
      uri: 'sip:bob@example.com',
      nc,
      cnonce: 'c',
      digest,
      ...more,
    })
    return make('OPTIONS', { [name]: value })
  }
  return { clock, guard, challenged, sign, check: (request: SipRequest) => guard.check(request, password) }
}

const refusal = (wrong: boolean) => ({ wrong })

describe('a server that lets in who knows a password (RFC 7616 §3.3)', () => {
  it('offers each algorithm in its order, with one nonce (RFC 8760 §2.4)', () => {
    const { guard } = guarded()
    const values = guard.challenges(false).map(([, value]) => value)
    expect(values.map(value => /algorithm=([^,]*)/.exec(value)?.[1])).toEqual(['SHA-256', 'MD5'])
    expect(new Set(values.map(value => /nonce="([^"]*)"/.exec(value)?.[1])).size).toBe(1)
  })

  it('knows who it is, and asks who has no credentials or a wrong password', () => {
    const { check, sign } = guarded()
    expect(check(sign(1))).toEqual({ username: 'alice' })
    expect(check(make('OPTIONS'))).toMatchObject(refusal(false))
    expect(check(sign(1, { credentials: { username: 'alice', password: 'x' } }))).toMatchObject(refusal(true))
    expect(check(sign(1, { credentials: { username: 'eve', password: 'x' } }))).toMatchObject(refusal(true))
  })

  it('takes the hash of a password for it', () => {
    const { guard, sign } = guarded()
    const ha1 = digest('SHA-256', new TextEncoder().encode('alice:k:s3cret'))
    expect(guard.check(sign(1), (_, __, hash) => (hash === 'SHA-256' ? { ha1 } : undefined))).toEqual({
      username: 'alice',
    })
  })

  it('calls an old nonce stale, when the password is right (§3.3)', () => {
    const { clock, check, sign, challenged } = guarded()
    const old = challenged()
    clock.advance(60_000)
    const verdict = check(sign(1, {}, old))
    expect(verdict).toMatchObject(refusal(false))
    expect('headers' in verdict && verdict.headers[0]![1]).toContain('stale=true')
    expect(check(sign(1, { credentials: { username: 'alice', password: 'x' } }, old))).toMatchObject(
      refusal(true),
    )
  })

  it('lets each count pass once, in whatever order (§3.4)', () => {
    const { check, sign, challenged } = guarded()
    const nonce = challenged()
    const passes = (nc: number) => check(sign(nc, {}, nonce)).username === 'alice'
    expect([1, 1, 2, 5, 3, 3, 5, 4].map(passes)).toEqual([true, false, true, true, true, false, false, true])
    expect(passes(40)).toBe(true)
    // Too far behind to tell.
    expect(passes(8)).toBe(false)
    expect(passes(9)).toBe(true)
  })

  it('lets no sequence of counts pass twice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 60 }), counts => {
        const { check, sign, challenged } = guarded()
        const nonce = challenged()
        const passed = counts.filter(nc => check(sign(nc, {}, nonce)).username === 'alice')
        expect(new Set(passed).size).toBe(passed.length)
      }),
      { seed: 7616, numRuns: 50 },
    )
  })

  it('keeps the counts of so many nonces, and calls older ones stale', () => {
    const { check, sign, challenged } = guarded()
    const nonces = [1, 2, 3, 4].map(() => challenged())
    for (const nonce of nonces) expect(check(sign(1, {}, nonce)).username).toBe('alice')
    expect(check(sign(1, {}, nonces[0])).username).toBeUndefined()
    expect(check(sign(2, {}, nonces[0])).username).toBeUndefined()
    expect(check(sign(2, {}, nonces[3])).username).toBe('alice')
  })

  it('believes no nonce that it has not made, nor one of another', () => {
    const [one, other] = [guarded(), guarded({ realm: 'k' })]
    const foreign = { ...one.challenged(), nonce: 'a.1.00.00' }
    expect(one.check(one.sign(1, {}, foreign)).username).toBeUndefined()
    const stolen = guarded({ realm: 'l' }).challenged()
    expect(other.check(other.sign(1, {}, { ...stolen, realm: 'k' })).username).toBeUndefined()
  })

  it('takes no weaker form than it has offered, and no answer to another request', () => {
    const { check, sign, challenged } = guarded({ algorithms: ['SHA-256'] })
    const challenge = challenged()
    const { qop: _, ...without } = challenge
    const weak = { ...challenge, algorithm: { hash: 'MD5', session: false } as const, algorithmName: 'MD5' }
    expect(check(sign(1, {}, weak)).username).toBeUndefined()
    expect(check(sign(1, {}, without)).username).toBeUndefined()
    expect(check(sign(1, { uri: 'sip:eve@example.com' })).username).toBeUndefined()
    expect(check(sign(1, { method: 'BYE' })).username).toBeUndefined()
  })

  it('protects the body with auth-int', () => {
    const { guard, sign } = guarded({ qop: ['auth-int'] })
    const [value] = sign(1, { body: new TextEncoder().encode('one') }).headers('authorization')
    const carry = (body: string) =>
      make('OPTIONS', { Authorization: value!, 'Content-Type': 'text/plain' }, body)
    expect(guard.check(carry('two'), password).username).toBeUndefined()
    expect(guard.check(carry('one'), password).username).toBe('alice')
  })

  it('survives whatever stands in Authorization', () => {
    const { check, challenged } = guarded()
    const { nonce } = challenged()
    const word = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(nonce, 'k', 'alice', 'auth', '00000001'),
    )
    const names = 'username realm nonce uri response algorithm qop nc cnonce opaque userhash auts'.split(' ')
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), word), { maxLength: 12 }), parts => {
        const text = parts.map(([name, value]) => `${name}="${value.replace(/["\\\r\n]/g, '')}"`).join(', ')
        expect(check(make('OPTIONS', { Authorization: `Digest ${text}` })).username).toBeUndefined()
      }),
      { seed: 3261 },
    )
  })

  it('verifies passwords, and no SIM', () => {
    const names = ['md5', 'SHA-512-256-sess', 'AKAv1-MD5', 'SHA-1']
    expect(names.map(isVerifiable)).toEqual([true, true, false, false])
  })
})
