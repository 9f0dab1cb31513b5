/** Calls with baresip that are changed and transferred, by us and by it. Scenarios D28, E12, E13. */
import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/index.ts'
import { baresip } from './support/baresip.ts'
import { accept, answering, invite } from './support/calls.ts'
import { against } from './support/installed.ts'
import { host, type Party, party } from './support/party.ts'

against(['baresip'], 'baresip, changed and transferred', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const parameter = `;transport=${transport.toLowerCase()}`
    const fresh = (): Promise<Party> => party({ transports: [transport], user: 'alice' })
    const uriOf = (user: string, port: number): string => `sip:${user}@${host}:${port}${parameter}`

    /** Our call to baresip, which answers by itself. */
    const up = async () => {
      const [us, peer] = [await fresh(), await baresip()]
      const { call } = invite(us, peer, {}, 'auto')
      await call.established()
      await peer.told('CALL_ESTABLISHED')
      return { us, peer, call }
    }

    it('D28: we hold and resume; baresip answers in kind', async () => {
      const { peer, call } = await up()
      await call.hold()
      expect(call.held.local).toBe(true)
      expect(call.remoteDescription).toMatch(/a=(recvonly|inactive)/)
      await call.resume()
      expect(call.held).toEqual({ local: false, remote: false })
      expect(call.remoteDescription).toContain('a=sendrecv')
      await call.reinvite()
      await call.hangUp()
      await peer.told('CALL_CLOSED')
    })

    it('D28: baresip holds and resumes, and we answer in kind', async () => {
      const { us, peer, call } = await up()
      const held: boolean[] = []
      call.session$.subscribe(() => held.push(call.held.remote))
      await peer.command('hold')
      await us.until(() => held.length === 1)
      expect(call.localDescription).toMatch(/a=(recvonly|inactive)/)
      await peer.command('resume')
      await us.until(() => held.length === 2)
      expect(held).toEqual([true, false])
      await peer.command('hangup')
      expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
    })

    it('E12: we send it to our second engine, and are told how that went (RFC 3515)', async () => {
      const { us, peer, call } = await up()
      const other = await fresh()
      const calls = answering(other, accept)
      const { transferred, status, referral } = await call.transfer(uriOf('carol', other.port))
      expect([transferred, status]).toEqual([true, 200])
      expect(referral.state.is).toBe('done')
      expect(call.state.is).toBe('terminated')
      expect(us.sent().filter(name => name === 'REFER')).toHaveLength(1)
      await peer.command('hangup')
      await other.until(() => calls[0]!.states.includes('terminated'))
    })

    it('E13: it sends us to our second engine, and hears how that went (RFC 3515)', async () => {
      const { us, peer, call } = await up()
      const other = await fresh()
      const atOther = answering(other, accept)
      const made: Call[] = []
      call.referrals$.subscribe(referral => made.push(referral.accept()))
      await peer.command('transfer', uriOf('carol', other.port))
      await us.until(() => made[0]?.state.is === 'confirmed')
      expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
      expect(us.received()).toContain('200 NOTIFY')
      expect(atOther).toHaveLength(1)
      await made[0]!.hangUp()
    })

    it('INFO with DTMF is taken (RFC 6086 §1)', async () => {
      const { call } = await up()
      const info = call.dialog!.request('INFO', {
        contentType: 'application/dtmf-relay',
        body: 'Signal=5\r\nDuration=160\r\n',
      })
      expect((await info.response()).status).toBe(200)
      await call.hangUp()
    })
  })
})
