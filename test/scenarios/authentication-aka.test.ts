/** A SIM that answers for its owner. RFC 3310, over the algorithms of 3GPP TS 35.206. */
import { expect, it } from 'vitest'
import type { AkaProvider } from '../../src/index.ts'
import { akaHash } from '../../src/rules/aka.ts'
import { answer, readChallenges } from '../../src/rules/digest.ts'
import { fromHex } from '../../src/rules/hmac.ts'
import { portableDigest } from '../../src/testing/index.ts'
import { fails } from '../api/support.ts'
import { challengeOf, milenage, simAnswers } from '../support/milenage.ts'
import { challenge, secret, uri, withPeer } from './authentication-support.ts'

const sim = {
  k: fromHex('465b5ce8b199b49faa5f0a2ee238a6bc'),
  op: fromHex('cdc202d5123e20f62b6d676ac72cb318'),
}
const rand = fromHex('23553cbe9637a89d218ae64dae47bf35')
const number = (value: number): Uint8Array => Uint8Array.from([0, 0, 0, 0, 0, value])
const username = 'alice@private.example'

const nonceOf = (sqn: number): string =>
  Buffer.concat([rand, challengeOf(sim, rand, number(sqn))]).toString('base64')
const asks = (nonce: string, name = 'AKAv1-MD5') =>
  ['WWW-Authenticate', challenge('ims', nonce, `, algorithm=${name}, qop="auth"`)] as const

/** A SIM whose counter stands at 5. */
const akaProvider: AkaProvider = ({ rand: asked, autn }) => {
  const answered = simAnswers(sim, number(5), asked, autn)
  return answered && { username, ...answered }
}

const asked = async (
  options: Parameters<typeof withPeer>[0],
  ...headers: readonly (readonly [string, string])[]
) => {
  const scene = await withPeer(options)
  const transaction = scene.connection.request({ method: 'OPTIONS', uri })
  await scene.world.run(10)
  const challenged = scene.peer.reply(scene.peer.next('OPTIONS'), 401, { headers })
  await scene.world.run(10)
  return { ...scene, transaction, challenged }
}

it('answers with the response of the SIM, and later with the same and the next count (RFC 3310 §3.3)', async () => {
  const { world, peer, connection, challenged } = await asked({ akaProvider }, asks(nonceOf(6)))
  const [wanted] = readChallenges(challenged, true)
  const proof = (header: string | undefined, nc: number): void => {
    const cnonce = /cnonce="([^"]*)"/.exec(header ?? '')?.[1] ?? ''
    const ha1 = akaHash(wanted!.algorithm, username, 'ims', milenage(sim, rand), portableDigest)
    const given = { challenge: wanted!, credentials: { username, ha1 }, method: 'OPTIONS', uri, nc, cnonce }
    expect(header).toBe(answer({ ...given, digest: portableDigest })[1])
  }
  const retry = peer.next('OPTIONS')
  proof(retry.header('authorization'), 1)
  peer.reply(retry, 200)
  await world.run(10)
  connection.request({ method: 'OPTIONS', uri })
  await world.run(10)
  proof(peer.next('OPTIONS').header('authorization'), 2)
})

it('resynchronises a counter that has run away, and answers the next challenge (RFC 3310 §3.4)', async () => {
  const { world, peer, transaction } = await asked({ akaProvider }, asks(nonceOf(4)))
  const away = peer.next('OPTIONS')
  const { params } = away.parsed('authorization')![0]!
  expect(Buffer.from(params.get('auts')!, 'base64').length).toBe(14)
  peer.reply(away, 401, { headers: [asks(nonceOf(7))] })
  await world.run(10)
  const good = peer.next('OPTIONS')
  expect(good.parsed('authorization')![0]!.params.has('auts')).toBe(false)
  peer.reply(good, 200)
  await world.run(10)
  expect((await transaction.response()).status).toBe(200)
})

it('gives up when the network does not prove itself to the SIM', async () => {
  const forged = Buffer.concat([rand, new Uint8Array(16)]).toString('base64')
  const { transaction, peer } = await asked({ akaProvider }, asks(forged))
  await fails('forbidden', transaction.response())
  expect(peer.all('OPTIONS').length).toBe(1)
})

it('a password is never taken for the answer of a SIM, nor a challenge for AKA answered without one', async () => {
  const { transaction } = await asked({ credentials: () => secret }, asks(nonceOf(6)))
  await fails('forbidden', transaction.response())
})

it('without a SIM the next challenge in header order is answered (RFC 8760 §2.4)', async () => {
  const md5 = ['WWW-Authenticate', challenge('ims', 'n1')] as const
  const { peer } = await asked({ credentials: () => secret }, asks(nonceOf(6)), md5)
  expect(peer.next('OPTIONS').parsed('authorization')![0]!.params.get('nonce')).toBe('n1')
})
