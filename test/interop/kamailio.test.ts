/** Kamailio as registrar and proxy: what it has in its location table, and what we say happened. */
import { describe, expect, it } from 'vitest'
import type { RegistrationState } from '../../src/index.ts'
import { against } from './support/installed.ts'
import { type Kamailio, kamailio } from './support/kamailio.ts'
import { sdp } from './support/offer.ts'
import { host, type Party, party } from './support/party.ts'
import { sipp } from './support/sipp.ts'

const credentialsOf = (username: string) => ({ username, password: `s3cret-${username}` })

/** What the tests of one transport begin with. */
const over = (transport: 'UDP' | 'TCP') => {
  const fresh = (user: string): Promise<Party> => party({ transports: [transport], user })

  const register = (
    { connection }: Party,
    { port }: Kamailio,
    user: string,
    more: { readonly expires?: number; readonly password?: string; readonly refresh?: boolean } = {},
  ) => {
    const { password, ...rest } = more
    const registration = connection.register({
      aor: `sip:${user}@interop.example`,
      registrar: `sip:${host}:${port};transport=${transport.toLowerCase()}`,
      credentials: { ...credentialsOf(user), ...(password !== undefined && { password }) },
      minRequestedExpires: 1,
      minGrantedExpires: 1,
      expires: 600,
      ...rest,
    })
    const states: RegistrationState['is'][] = []
    registration.state$.subscribe(({ is }) => states.push(is))
    return { registration, states }
  }
  return { fresh, register }
}

against(['kamailio'], 'Kamailio', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const { fresh, register } = over(transport)

    it('registers by digest and takes the binding back (§10.2, §22)', async () => {
      const peer = await kamailio()
      const us = await fresh('alice')
      const { registration, states } = register(us, peer, 'alice')
      await registration.registered()
      const [binding, ...others] = await peer.bindings('alice')
      expect(others).toEqual([])
      expect(binding).toMatchObject({ userAgent: 'sipactor' })
      expect(binding!.address).toContain(`sip:alice@${host}:${us.port}`)
      expect(binding!.expires).toBeGreaterThan(590)
      expect(binding!.expires).toBeLessThanOrEqual(600)
      expect(registration.granted).toBe(600)
      expect(registration.contact).toContain(binding!.address)

      await registration.unregister()
      expect(await peer.bindings('alice')).toEqual([])
      expect(states).toEqual(['registering', 'registered', 'unregistering', 'unregistered'])
      // The second one goes out authorised, and Kamailio takes the count.
      expect(us.sent()).toEqual(['REGISTER', 'REGISTER', 'REGISTER'])
      expect(us.received()).toEqual(['401 REGISTER', '200 REGISTER', '200 REGISTER'])
    })

    it('refreshes at half of the lifetime with the same Call-ID and a higher CSeq (§10.2.4)', async () => {
      const peer = await kamailio()
      const us = await fresh('alice')
      const { registration, states } = register(us, peer, 'alice', { expires: 2 })
      await registration.registered()
      const [before] = await peer.bindings('alice')
      await us.until(() => us.received().filter(name => name === '200 REGISTER').length === 2)
      const [after, ...others] = await peer.bindings('alice')
      expect(others).toEqual([])
      expect(after).toMatchObject({ address: before!.address, callId: before!.callId })
      expect(after!.cseq).toBeGreaterThan(before!.cseq)
      expect(after!.expires).toBeGreaterThanOrEqual(1)
      expect(registration.isActive).toBe(true)
      expect(registration.refresh?.state).toMatchObject({ is: 'active', interval: 1 })
      expect(new Set(states)).toEqual(new Set(['registering', 'registered']))
    })

    it('renews the binding with another lifetime when asked to (§10.2.4)', async () => {
      const peer = await kamailio()
      const us = await fresh('alice')
      const { registration, states } = register(us, peer, 'alice')
      await registration.registered()
      await registration.update({ expires: 120 })
      const [binding, ...others] = await peer.bindings('alice')
      expect(others).toEqual([])
      expect(binding!.expires).toBeGreaterThan(110)
      expect(binding!.expires).toBeLessThanOrEqual(120)
      expect(registration.granted).toBe(120)
      expect(states).toEqual(['registering', 'registered', 'updating', 'registered'])
    })

    it('what is not refreshed is gone from its table when we say it has expired (§10.2)', async () => {
      const peer = await kamailio()
      const us = await fresh('alice')
      const { registration, states } = register(us, peer, 'alice', { expires: 1, refresh: false })
      await registration.registered()
      expect(await peer.bindings('alice')).toHaveLength(1)
      await us.until(() => us.events.some(event => event.type === 'state' && event.state.is === 'expired'))
      expect(states).toEqual(['registering', 'registered', 'expired'])
      await expect.poll(() => peer.bindings('alice'), { timeout: 4000 }).toEqual([])
    })

    it('answers a challenge of SHA-256 (RFC 8760 §2)', async () => {
      const peer = await kamailio({ define: ['SHA256'] })
      const us = await fresh('alice')
      const { registration } = register(us, peer, 'alice')
      await registration.registered()
      expect(us.wire.at(-2)!.message.header('authorization')).toContain('algorithm=SHA-256')
      expect(await peer.bindings('alice')).toHaveLength(1)
    })

    it('a refresh binds anew after the registrar was started again (§10.2.4)', async () => {
      const before = await kamailio()
      const us = await fresh('alice')
      const { registration, states } = register(us, before, 'alice', { expires: 4 })
      await registration.registered()
      await before.program.end()
      const after = await kamailio({ port: before.port })
      expect(await after.bindings('alice')).toEqual([])
      await us.until(() => us.received().filter(name => name === '200 REGISTER').length === 2)
      expect(await after.bindings('alice')).toHaveLength(1)
      expect(states.every(is => is === 'registering' || is === 'registered')).toBe(true)
      expect(us.connection.state.is).toBe('active')
    })

    it('a wrong password ends the registration and binds nothing (§22)', async () => {
      const peer = await kamailio()
      const us = await fresh('alice')
      const { registration, states } = register(us, peer, 'alice', { password: 'guess' })
      await expect(registration.registered()).rejects.toMatchObject({ code: 'forbidden' })
      expect(await peer.bindings('alice')).toEqual([])
      expect(states).toEqual(['registering', 'unregistered'])
      expect(us.received()).toEqual(['401 REGISTER', '401 REGISTER'])
    })

    it('a call through it: 407, Record-Route, ACK and BYE along the route (§16, §12.2)', async () => {
      const peer = await kamailio()
      const [alice, bob] = [await fresh('alice'), await fresh('bob')]
      const registrations = [
        register(alice, peer, 'alice').registration,
        register(bob, peer, 'bob').registration,
      ]
      for (const registration of registrations) await registration.registered()
      bob.connection.calls$.subscribe(incoming => {
        incoming.ring()
        setTimeout(() => void incoming.accept(sdp()), 20)
      })
      const uri = `sip:bob@${host}:${peer.port};transport=${transport.toLowerCase()}`
      const call = alice.connection.invite(uri, { from: registrations[0]!, offer: sdp() })
      await call.established()
      expect(call.dialog!.routeSet).toHaveLength(1)
      expect(call.dialog!.routeSet[0]).toContain(`${host}:${peer.port}`)
      await bob.until(() => bob.received().includes('ACK'))
      await call.hangUp()
      expect(alice.sent().slice(-5)).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE'])
      expect(bob.received().slice(-3)).toEqual(['INVITE', 'ACK', 'BYE'])
      expect(bob.wire.at(-1)!.remote.port).toBe(
        bob.wire.find(({ message }) => message.kind === 'request' && message.method === 'INVITE')!.remote
          .port,
      )
    })

    it('MESSAGE through it, both ways (RFC 3428)', async () => {
      const peer = await kamailio()
      const [alice, bob] = [await fresh('alice'), await fresh('bob')]
      const sender = register(alice, peer, 'alice').registration
      const recipient = register(bob, peer, 'bob').registration
      await sender.registered()
      await recipient.registered()
      const heard: string[] = []
      bob.connection.requests$.subscribe(transaction => {
        heard.push(new TextDecoder().decode(transaction.request.body))
        transaction.respond(200)
      })
      const message = alice.connection.request({
        method: 'MESSAGE',
        uri: `sip:bob@${host}:${peer.port};transport=${transport.toLowerCase()}`,
        from: sender,
        contentType: 'text/plain;charset=UTF-8',
        body: 'Grüße',
      })
      expect((await message.response()).status).toBe(200)
      expect(heard).toEqual(['Grüße'])
    })
  })
})

against(['kamailio', 'sipp'], 'Kamailio, asked by SIPp', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const { fresh, register } = over(transport)

    it('a third party that fetches the bindings sees two of ours, then none (§10.2.3)', async () => {
      const peer = await kamailio()
      const fetchBindings = async (): Promise<string> => {
        const client = await sipp({
          scenario: 'uac-fetch',
          transport,
          target: peer.port,
          service: 'alice',
          credentials: credentialsOf('alice'),
        })
        await client.succeeded()
        return client.log()
      }
      const parties = [await fresh('desk'), await fresh('mobile')]
      for (const us of parties) await register(us, peer, 'alice').registration.registered()
      const contacts = await fetchBindings()
      for (const { port } of parties) expect(contacts).toContain(`${host}:${port}`)
      expect(contacts).toMatch(/sip:desk@.*sip:mobile@|sip:mobile@.*sip:desk@/)
      // Closing takes back what is registered.
      for (const { sip } of parties) await sip.close()
      expect(await fetchBindings()).toContain('contact=\n')
      expect(await peer.bindings('alice')).toEqual([])
    })
  })
})
