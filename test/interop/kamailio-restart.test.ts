/** Kamailio killed under many registrations and started again, and calls that it challenges. RFC 5626 §4.5, RFC 3261 §22. */
import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Registration } from '../../src/index.ts'
import { against } from './support/installed.ts'
import { kamailio } from './support/kamailio.ts'
import { sdp } from './support/offer.ts'
import { host, type Party, party } from './support/party.ts'

const count = 100
const users = Array.from({ length: count }, (_, at) => `user${at}`)

const registerAs = (us: Party, way: string, port: number, user: string): Registration =>
  us.connection.register({
    aor: `sip:${user}@interop.example`,
    outboundProxy: `sip:${host}:${port};transport=${way.toLowerCase()};lr`,
    credentials: { username: user, password: `s3cret-${user}` },
    expires: 3600,
    outbound: true,
    keepAlive: { by: 'auto', interval: 1 },
    recover: { base: 1, max: 4 },
  })

against(['kamailio'], 'Kamailio', () => {
  it.each(['TCP', 'UDP'] as const)(
    `killed and started again has ${count} registrations back over %s, and nobody did a thing`,
    async way => {
      const before = await kamailio({ define: ['OPEN'] })
      const us = await party({ transports: [way], limits: { registersPerSecond: 400 } })
      const registrations = users.map(user => registerAs(us, way, before.port, user))
      const all = (is: string) => () => registrations.every(({ state }) => state.is === is)
      await us.until(all('registered'), 10_000)
      expect(await before.count()).toBe(count)

      await before.program.kill()
      await us.until(all('recovering'), 10_000)
      const after = await kamailio({ port: before.port, define: ['OPEN'] })
      await us.until(all('registered'), 20_000)
      expect(await after.count()).toBe(count)
      expect(registrations.every(({ isActive }) => isActive)).toBe(true)
    },
    40_000,
  )
})

against(['kamailio'], 'Kamailio that asks for digest', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', way => {
    it('F01, F04: the first INVITE meets 407 and goes again, the second is authorised beforehand or goes again in silence', async () => {
      const peer = await kamailio()
      const asked: string[] = []
      const [alice, bob] = [
        await party({
          transports: [way],
          user: 'alice',
          credentials: ({ realms }) => {
            asked.push(...realms.map(({ realm }) => realm))
            return { username: 'alice', password: 's3cret-alice' }
          },
        }),
        await party({ transports: [way], user: 'bob' }),
      ]
      await registerAs(bob, way, peer.port, 'bob').registered()
      for (const turn of [1, 2]) {
        const incoming = firstValueFrom(bob.connection.calls$)
        const call = alice.connection.invite(`sip:bob@${host}:${peer.port};transport=${way.toLowerCase()}`, {
          from: '<sip:alice@interop.example>',
          offer: sdp(),
        })
        const answered = await incoming
        await answered.accept(sdp())
        await call.established()
        await call.hangUp()
        await answered.ended()
        const shown = alice.events.flatMap(event => (event.type === 'response' ? [event.message.status] : []))
        expect(shown.every(status => status < 400)).toBe(true)
        expect(asked).toEqual(['interop.example'])
        const invites = alice.wire.flatMap(({ direction, message }) =>
          direction === 'out' && message.kind === 'request' && message.method === 'INVITE' ? [message] : [],
        )
        if (turn === 1) {
          expect(invites.map(({ cseq }) => cseq.seq)).toEqual([1, 2])
          expect(alice.received().filter(name => name === '407 INVITE')).toHaveLength(1)
        } else {
          const second = invites.slice(2)
          expect(second[0]!.header('proxy-authorization')).toContain('nc=')
          expect(alice.received().filter(name => name === '407 INVITE').length).toBe(second.length)
        }
      }
    })
  })
})
