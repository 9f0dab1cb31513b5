/** We call baresip, and it calls us: what it tells over its control port, and what we say happened. */
import { describe, expect, it } from 'vitest'
import type { CallState } from '../../src/index.ts'
import { type Baresip, baresip } from './support/baresip.ts'
import { against } from './support/installed.ts'
import { sdp } from './support/offer.ts'
import { host, type Party, party } from './support/party.ts'
import { freePort } from './support/ports.ts'

against(['baresip'], 'baresip', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const parameter = `;transport=${transport.toLowerCase()}`
    const fresh = (): Promise<Party> => party({ transports: [transport], user: 'alice' })

    const invite = async ({ connection }: Party, { port }: Baresip, user: string) => {
      const offer = sdp(await freePort())
      const call = connection.invite(`sip:${user}@${host}:${port}${parameter}`, { offer })
      const states: CallState['is'][] = []
      call.state$.subscribe(({ is }) => states.push(is))
      return { call, states }
    }

    it('it answers by itself, and we hang up (§13.2, §15.1.1)', async () => {
      const peer = await baresip()
      const us = await fresh()
      const { call, states } = await invite(us, peer, 'auto')
      await call.established()
      expect(call.answer).toContain('PCMU/8000')
      await peer.told('CALL_ESTABLISHED')
      await call.hangUp()
      await peer.told('CALL_CLOSED')
      expect(states.slice(-3)).toEqual(['confirmed', 'terminating', 'terminated'])
      expect(await call.ended()).toMatchObject({ by: 'local', reason: 'bye' })
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'BYE'])
      expect(us.received().slice(-2)).toEqual(['200 INVITE', '200 BYE'])
    })

    it('it rings, is answered by hand and hangs up (§13.2, §15.1.2)', async () => {
      const peer = await baresip()
      const us = await fresh()
      const { call, states } = await invite(us, peer, 'manual')
      await us.until(() => states.includes('early'))
      await peer.told('CALL_INCOMING')
      await peer.command('accept')
      await call.established()
      await peer.told('CALL_ESTABLISHED')
      await peer.command('hangup')
      expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
      expect(states.at(-1)).toBe('terminated')
      expect(us.sent()).toEqual(['INVITE', 'ACK', '200 BYE'])
    })

    it('it rings until we cancel (§9.1)', async () => {
      const peer = await baresip()
      const us = await fresh()
      const { call, states } = await invite(us, peer, 'manual')
      await us.until(() => states.includes('early'))
      call.cancel()
      expect(await call.ended()).toMatchObject({ by: 'local', reason: 'cancelled', status: 487 })
      await peer.told('CALL_CLOSED')
      expect(us.sent()).toEqual(['INVITE', 'CANCEL', 'ACK'])
    })

    it('it refuses (§21.4.24)', async () => {
      const peer = await baresip()
      const us = await fresh()
      const { call } = await invite(us, peer, 'manual')
      await peer.told('CALL_INCOMING')
      await peer.command('hangup')
      await expect(call.established()).rejects.toMatchObject({ code: 'rejected', status: 486 })
      expect(us.sent()).toEqual(['INVITE', 'ACK'])
    })

    it('it calls us (§13.3)', async () => {
      const peer = await baresip()
      const us = await fresh()
      const answer = sdp(await freePort())
      const states: CallState['is'][] = []
      us.connection.calls$.subscribe(call => {
        call.state$.subscribe(({ is }) => states.push(is))
        call.ring()
        setTimeout(() => void call.accept(answer), 20)
      })
      await peer.command('dial', `sip:alice@${host}:${us.port}${parameter}`)
      await peer.told('CALL_ESTABLISHED')
      expect(peer.events).toContain('CALL_RINGING')
      await us.until(() => states.includes('confirmed'))
      await peer.command('hangup')
      await us.until(() => states.includes('terminated'))
      expect(states).toEqual(['incoming', 'ringing', 'accepted', 'confirmed', 'terminated'])
      expect(us.sent()).toEqual(['180 INVITE', '200 INVITE', '200 BYE'])
    })
  })
})
