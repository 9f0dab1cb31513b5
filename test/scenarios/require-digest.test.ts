/** We challenge: the other side of F01. RFC 3261 §22.1 */
import { describe, expect, it } from 'vitest'
import { type RequireDigestOptions, requireDigest } from '../../src/index.ts'
import { fails, record, refused } from '../api/support.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'

const bobUri = 'sip:bob@192.0.2.2:5060'

const scene = async (given: Partial<RequireDigestOptions> = {}) => {
  const world = createWorld()
  const alice = await world.party('192.0.2.1')
  const bob = await world.party('192.0.2.2')
  const platform = world.network.platform({ host: '192.0.2.9' })
  const gate = requireDigest({ platform, realm: 'bob.example', passwords: { alice: 's3cret' }, ...given })
  const admitted: (string | undefined)[] = []
  return { world, alice: alice.connection, bob: bob.connection, gate, admitted }
}

const credentials = { username: 'alice', password: 's3cret' }

describe('a gate before calls', () => {
  it.each([['MD5'], ['SHA-256'], ['SHA-512-256-sess']])(
    'lets in who knows the password, by %s',
    async name => {
      const { world, alice, bob, gate, admitted } = await scene({ algorithms: [name] })
      bob.calls$.subscribe(async call => {
        const caller = await gate.admit(call)
        admitted.push(caller)
        if (caller !== undefined) await call.accept(sdp('192.0.2.2'))
      })
      const call = alice.invite(bobUri, { offer: sdp('192.0.2.1'), credentials })
      await world.run(1000)
      await call.established()
      expect(admitted).toEqual([undefined, 'alice'])
      await world.end()
    },
  )

  it('keeps out who does not, whose provider is asked three times', async () => {
    const { world, alice, bob, gate, admitted } = await scene()
    bob.calls$.subscribe(async call => void admitted.push(await gate.admit(call)))
    const call = alice.invite(bobUri, {
      offer: sdp('192.0.2.1'),
      credentials: { ...credentials, password: 'x' },
    })
    await world.run(5000)
    expect((await fails('forbidden', call.established())).status).toBe(401)
    expect(admitted).toEqual([undefined, undefined])
    await world.end()
  })
})

describe('a gate before requests', () => {
  it('looks passwords up, protects bodies, and knows the second request at once', async () => {
    const lookedUp: string[] = []
    const { world, alice, bob, gate, admitted } = await scene({
      qop: ['auth-int'],
      passwords: async (username, realm, hash) => {
        lookedUp.push(`${username} ${realm} ${hash}`)
        return 's3cret'
      },
    })
    bob.requests$.subscribe(async transaction => {
      const sender = await gate.admit(transaction)
      admitted.push(sender)
      if (sender !== undefined) transaction.respond(200)
    })
    for (const body of ['one', 'two']) {
      const message = { method: 'MESSAGE', uri: bobUri, contentType: 'text/plain', body, credentials }
      const transaction = alice.request(message)
      await world.run(1000)
      expect((await transaction.response()).status).toBe(200)
    }
    expect(admitted).toEqual([undefined, 'alice', 'alice'])
    expect(lookedUp).toEqual(['alice bob.example SHA-256', 'alice bob.example SHA-256'])
    await world.end()
  })

  it('calls a nonce stale that is too old, which costs the client nothing', async () => {
    const { world, alice, bob, gate, admitted } = await scene({ nonceLifetime: 500 })
    bob.requests$.subscribe(async transaction => {
      const sender = await gate.admit(transaction)
      admitted.push(sender)
      if (sender !== undefined) transaction.respond(200)
    })
    const asked = record(alice.requests$)
    for (const body of ['one', 'two']) {
      const transaction = alice.request({
        method: 'MESSAGE',
        uri: bobUri,
        contentType: 'text/plain',
        body,
        credentials,
      })
      await world.run(1000)
      expect((await transaction.response()).status).toBe(200)
    }
    expect(admitted).toEqual([undefined, 'alice', undefined, 'alice'])
    expect(asked.values).toEqual([])
    await world.end()
  })
})

it('what cannot be required is refused', async () => {
  const { world, alice, gate } = await scene()
  const platform = world.network.platform({ host: '192.0.2.8' })
  const good = { platform, realm: 'k', passwords: {} }
  const bad: readonly object[] = [
    { realm: '' },
    { realm: 'a\r\nb' },
    { algorithms: [] },
    { algorithms: ['AKAv1-MD5'] },
    { qop: ['auth-conf'] },
    { nonceLifetime: 0 },
    { passwords: undefined },
    { platform: undefined },
  ]
  for (const each of bad) refused('argument', () => requireDigest({ ...good, ...each } as never))
  const outgoing = alice.invite(bobUri, { offer: sdp('192.0.2.1') })
  await fails('argument', gate.admit(outgoing))
  await world.end()
})
