/** We call SIPp, over UDP and TCP: what it counts, and what we say happened. */
import { describe, expect, it } from 'vitest'
import { type Call, type CallState, type InviteOptions, rfc3261 } from '../../src/index.ts'
import { against } from './support/installed.ts'
import { sdp } from './support/offer.ts'
import { host, type Party, party } from './support/party.ts'
import { count, type Sipp, sipp } from './support/sipp.ts'

against(['sipp'], 'SIPp as callee', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const fresh = (timers = rfc3261): Promise<Party> => party({ transports: [transport], timers })

    const invite = (
      { connection }: Party,
      { port }: Sipp,
      options: InviteOptions = {},
    ): { readonly call: Call; readonly states: CallState['is'][] } => {
      const uri = `sip:service@${host}:${port};transport=${transport.toLowerCase()}`
      const call = connection.invite(uri, { offer: sdp(), ...options })
      const states: CallState['is'][] = []
      call.state$.subscribe(({ is }) => states.push(is))
      return { call, states }
    }

    it('its own uas answers ten calls, and we hang up (§13.2, §15.1.1)', async () => {
      const us = await fresh()
      const peer = await sipp({ scenario: 'uas', transport, calls: 10 })
      for (let number = 0; number < 10; number += 1) {
        const { call, states } = invite(us, peer)
        await call.established()
        expect(call.answer).toContain('m=audio')
        await call.hangUp()
        expect(states.at(0)).toBe('calling')
        expect(states.slice(-3)).toEqual(['confirmed', 'terminating', 'terminated'])
        expect(await call.ended()).toMatchObject({ by: 'local', reason: 'bye' })
      }
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(Array.from({ length: 10 }, () => ['INVITE', 'ACK', 'BYE']).flat())
      expect(us.connection.lastError).toBeUndefined()
    })

    it('busy: rejected with 486, and acknowledged (§17.1.1.3)', async () => {
      const us = await fresh()
      const peer = await sipp({ scenario: 'uas-busy', transport })
      const { call } = invite(us, peer)
      await expect(call.established()).rejects.toMatchObject({ code: 'rejected', status: 486 })
      expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'rejected', status: 486 })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(['INVITE', 'ACK'])
    })

    it('no answer: CANCEL, and the 487 is acknowledged (§9.1)', async () => {
      const us = await fresh()
      const peer = await sipp({ scenario: 'uas-no-answer', transport })
      const { call, states } = invite(us, peer)
      call.responses$.subscribe(({ status }) => {
        if (status === 180) call.cancel()
      })
      await expect(call.established()).rejects.toMatchObject({ code: 'cancelled' })
      expect(await call.ended()).toMatchObject({ by: 'local', reason: 'cancelled', status: 487 })
      expect(states).toEqual(['calling', 'early', 'cancelling', 'terminated'])
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(['INVITE', 'CANCEL', 'ACK'])
    })

    it('silence: given up after 64·T1, repeated over UDP alone (§17.1.1.2)', async () => {
      const us = await fresh({ ...rfc3261, t1: 20 })
      const peer = await sipp({ scenario: 'uas-silent', transport, hold: 1600 })
      const { call } = invite(us, peer)
      await expect(call.established()).rejects.toMatchObject({ code: 'timeout' })
      expect(await call.ended()).toMatchObject({ by: 'network', reason: 'failed' })
      const result = await peer.succeeded()
      const repeats = us.sent().length - 1
      // Due after 20, 60, 140, 300, 620 and 1260 of 1280 ms; the last one may come too late.
      if (transport === 'UDP') expect([5, 6]).toContain(repeats)
      else expect(repeats).toBe(0)
      expect(new Set(us.sent())).toEqual(new Set(['INVITE']))
      expect(count(result, 'INVITE', 'Retrans')).toBe(repeats)
    })

    it.each([
      ['407: the same INVITE once more with Proxy-Authorization (§22.3)', 'uas-challenge'],
      ['401: the same INVITE once more, and SIPp gets the same digest (§22.2)', 'uas-verifies'],
    ])('%s', async (_name, scenario) => {
      const us = await fresh()
      const peer = await sipp({ scenario, transport })
      const { call, states } = invite(us, peer, { credentials: { username: 'alice', password: 's3cret' } })
      await call.established()
      await call.hangUp()
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(states).toEqual(['calling', 'confirmed', 'terminating', 'terminated'])
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE'])
    })

    it('401: a wrong password is refused, and not tried again (§22.2)', async () => {
      const us = await fresh()
      const peer = await sipp({ scenario: 'uas-verifies', transport })
      const { call } = invite(us, peer, { credentials: { username: 'alice', password: 'guess' } })
      await expect(call.established()).rejects.toMatchObject({ status: 403 })
      await peer.succeeded()
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK'])
    })

    it('INFO within the call (RFC 6086)', async () => {
      const us = await fresh()
      const peer = await sipp({ scenario: 'uas-info', transport })
      const { call } = invite(us, peer)
      await call.established()
      const info = call.dialog!.request('INFO', {
        contentType: 'application/dtmf-relay',
        body: 'Signal=5\r\nDuration=160\r\n',
      })
      expect((await info.response()).status).toBe(200)
      await call.hangUp()
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'INFO', 'BYE'])
    })

    it('it hangs up: the call ends by the peer (§15.1.2)', async () => {
      const us = await fresh()
      const peer = await sipp({ scenario: 'uas-hangs-up', transport, hold: 100 })
      const { call, states } = invite(us, peer)
      await call.established()
      expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
      expect(states.slice(-2)).toEqual(['confirmed', 'terminated'])
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(['INVITE', 'ACK', '200 BYE'])
    })
  })

  it('a 2xx that comes again is acknowledged again (§13.2.2.4)', async () => {
    const us = await party({ transports: ['UDP'] })
    const peer = await sipp({ scenario: 'uas-repeats-answer', transport: 'UDP', deafInPauses: true })
    const call = us.connection.invite(`sip:service@${host}:${peer.port}`, { offer: sdp() })
    await call.established()
    await us.until(() => us.sent().filter(name => name === 'ACK').length === 2)
    await call.hangUp()
    await peer.succeeded()
    expect(us.sent()).toEqual(['INVITE', 'ACK', 'ACK', 'BYE'])
  })
})
