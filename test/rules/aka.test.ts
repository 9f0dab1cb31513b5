import { createHash, createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { akaHash, autsOf, readAkaNonce } from '../../src/rules/aka.ts'
import { fromBase64, toBase64 } from '../../src/rules/base64.ts'
import { algorithmOf } from '../../src/rules/digest-hash.ts'
import { fromHex, hmac, toHex } from '../../src/rules/hmac.ts'
import { milenage } from '../support/milenage.ts'
import { digest } from './support.ts'

const sim = {
  k: fromHex('465b5ce8b199b49faa5f0a2ee238a6bc'),
  op: fromHex('cdc202d5123e20f62b6d676ac72cb318'),
}
const rand = fromHex('23553cbe9637a89d218ae64dae47bf35')

describe('the SIM of our tests (3GPP TS 35.208 §4.3, test set 1)', () => {
  const out = milenage(sim, rand)
  const [sqn, amf] = [fromHex('ff9bb4d0b607'), fromHex('b9b9')]

  it.each([
    ['f1', out.mac(sqn, amf), '4a9ffac354dfafb3'],
    ['f1*', out.macStar(sqn, amf), '01cfaf9ec4e871e9'],
    ['f2', out.res, 'a54211d5e3ba50bf'],
    ['f3', out.ck, 'b40ba9a3c58b2a05bbf0d987b21bf8cb'],
    ['f4', out.ik, 'f769bcd751044604127672711c6d3441'],
    ['f5', out.ak, 'aa689c648370'],
    ['f5*', out.akStar, '451e8beca43b'],
  ])('%s', (_, bytes, expected) => expect(toHex(bytes)).toBe(expected))
})

describe('AKA (RFC 3310, RFC 4169)', () => {
  const { res, ck, ik } = milenage(sim, rand)
  const hash = (name: string, answer: Parameters<typeof akaHash>[3]) =>
    akaHash(algorithmOf(name)!, 'alice', 'k', answer, digest)
  const md5 = (...parts: readonly (string | Uint8Array)[]) => {
    const made = createHash('md5')
    for (const part of parts) made.update(part)
    return made.digest('hex')
  }

  it('takes RES as a binary password (RFC 3310 §3.3)', () =>
    expect(hash('AKAv1-MD5', { res })).toBe(md5('alice:k:', res)))

  it('takes no password for a resynchronisation (RFC 3310 §3.4)', () => {
    const auts = new Uint8Array(14).fill(7)
    expect(hash('AKAv1-MD5', { auts })).toBe(md5('alice:k:'))
    expect(autsOf({ auts })).toBe(Buffer.from(auts).toString('base64'))
    expect(autsOf({ res })).toBeUndefined()
  })

  it('takes a key made of RES, IK and CK in version 2 (RFC 4169 §3)', () => {
    const key = Buffer.concat([res, ik, ck])
    const password = createHmac('md5', key).update('http-digest-akav2-password').digest('base64')
    expect(hash('akav2-md5', { res, ck, ik })).toBe(md5(`alice:k:${password}`))
  })

  it('reads RAND and AUTN from the nonce, whatever follows (RFC 3310 §3.2)', () => {
    const bytes = randomBytes(40)
    expect(readAkaNonce(bytes.toString('base64'))).toEqual({
      rand: new Uint8Array(bytes.subarray(0, 16)),
      autn: new Uint8Array(bytes.subarray(16, 32)),
    })
    expect(readAkaNonce(bytes.subarray(0, 31).toString('base64'))).toBeUndefined()
    expect(readAkaNonce('no base64 at all, but quite as long as it has to be')).toBeUndefined()
  })
})

describe('what it is made of', () => {
  const bytes = fc.uint8Array({ maxLength: 300 })

  it('base64 is that of the platform, and back (RFC 4648 §4)', () => {
    fc.assert(
      fc.property(bytes, given => {
        const text = Buffer.from(given).toString('base64')
        expect(toBase64(given)).toBe(text)
        expect(fromBase64(text)).toEqual(given)
        expect(fromBase64(text.replace(/=/g, ''))).toEqual(given)
      }),
      { seed: 4648 },
    )
    expect(fromBase64('a')).toBeUndefined()
    expect(fromBase64('ab=c')).toBeUndefined()
  })

  it.each([
    ['MD5', 'md5'],
    ['SHA-256', 'sha256'],
    ['SHA-512-256', 'sha512-256'],
  ] as const)('HMAC by %s is that of the platform (RFC 2104)', (name, node) => {
    fc.assert(
      fc.property(bytes, bytes, (key, text) => {
        expect(hmac(digest, name, key, text)).toBe(createHmac(node, key).update(text).digest('hex'))
      }),
      { seed: 2104 },
    )
  })
})
