import { describe, expect, it } from 'vitest'
import { replaceHeader } from '../../src/message/index.ts'
import type { SipResponse } from '../../src/message/types.ts'
import { alice, contactsOf, world } from './registrar-world.ts'

describe('the test registrar asks who is there', () => {
  it('challenges, and binds the contact of who knows the password (RFC 3261 §10.3, §22)', async () => {
    const { registrar, register, peer, clock } = await world()
    const challenged = register()
    expect(challenged.status).toBe(401)
    const [challenge] = challenged.parsed('www-authenticate')!
    expect(challenge!.params.get('realm')).toBe('sipactor.test')
    expect(registrar.bindings(alice)).toEqual([])
    const ok = register({ challenged })
    expect(ok.status).toBe(200)
    expect(contactsOf(ok)).toEqual([`${peer.contact};expires=3600`])
    expect(ok.parsed('date')).toBe(Date.UTC(2026, 0, 1))
    expect(ok.toTag).toBeDefined()
    expect(registrar.bindings(alice)).toMatchObject([
      { uri: peer.uri, q: 1, granted: 3600, callId: 'one', cseq: 2, expiresAt: clock.now() - 9 + 3_600_000 },
    ])
  })

  it('offers several algorithms in the order given', async () => {
    const { register } = await world({ algorithm: ['SHA-256', 'MD5'] })
    const challenged = register()
    expect(challenged.parsed('www-authenticate')!.map(({ params }) => params.get('algorithm'))).toEqual([
      'SHA-256',
      'MD5',
    ])
    expect(register({ challenged }).status).toBe(200)
  })

  it('answers a wrong password with a new challenge that is not stale, or with 403 when told to', async () => {
    const first = await world()
    const refused = first.enter({ password: 'guess' })
    expect(refused.status).toBe(401)
    expect(refused.parsed('www-authenticate')![0]!.params.get('stale')).toBeUndefined()
    const second = await world({ wrongPassword: 403 })
    expect(second.enter({ password: 'guess' }).status).toBe(403)
    expect(second.registrar.bindings(alice)).toEqual([])
  })

  it('calls an old nonce stale, and a repeated count too (RFC 7616 §3.3, §3.4)', async () => {
    const { clock, registrar, register } = await world({ nonceLifetime: 60_000 })
    const challenged = register()
    expect(register({ challenged }).status).toBe(200)
    expect(register({ challenged, nc: 2 }).status).toBe(200)
    const stale = (response: SipResponse) => response.parsed('www-authenticate')?.[0]?.params.get('stale')
    expect(stale(register({ challenged, nc: 2 }))).toBe('true')
    expect(stale(register({ challenged, nc: 3, password: 'guess' }))).toBeUndefined()
    clock.advance(60_000)
    const again = register({ challenged, nc: 3 })
    expect([again.status, stale(again)]).toEqual([401, 'true'])
    expect(register({ challenged: again }).status).toBe(200)
    registrar.expireNonces()
    expect(stale(register({ challenged: again, nc: 2 }))).toBe('true')
  })

  it('refuses credentials made for another URI, or weaker than it asked for (RFC 7616 §3.4.6, §5.11)', async () => {
    const { register } = await world({ algorithm: 'SHA-256' })
    const challenged = register()
    const value = challenged.header('www-authenticate')!
    const weaker = (text: string, other: string): SipResponse =>
      replaceHeader(challenged, 'WWW-Authenticate', [value.replace(text, other)])
    expect(register({ challenged, digestUri: 'sip:elsewhere.example' }).status).toBe(401)
    expect(register({ challenged: weaker('SHA-256', 'MD5'), nc: 2 }).status).toBe(401)
    expect(register({ challenged: weaker(', qop="auth"', ''), nc: 3 }).status).toBe(401)
    expect(register({ challenged, nc: 4 }).status).toBe(200)
  })

  it('knows nobody else: 404, and lets nobody register for another: 403 (RFC 3261 §10.3)', async () => {
    const { enter } = await world()
    expect(enter({ user: 'carol', username: 'alice' }).status).toBe(404)
    expect(enter({ user: 'bob', username: 'alice' }).status).toBe(403)
    expect(enter({ user: 'carol' }).status).toBe(401)
  })

  it('names the nonce to use next when told to (RFC 7616 §3.5)', async () => {
    const { enter, registrar, register } = await world({ nextNonce: true })
    const ok = enter()
    const nonce = ok.parsed('authentication-info')?.get('nextnonce')
    const challenged = register()
    const spent = challenged.parsed('www-authenticate')![0]!.params.get('nonce')
    expect(nonce).toMatch(/^[0-9a-z.]{32,}$/)
    expect(nonce).not.toBe(spent)
    registrar.set({ nextNonce: false })
    expect(register({ challenged }).header('authentication-info')).toBeUndefined()
  })
})
