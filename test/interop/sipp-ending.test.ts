/** How calls with SIPp end, in both roles: D11, D14 to D22. RFC 3261 §9, §13, §15. */
import { describe, expect, it } from 'vitest'
import { type CallEvent, rfc3261 } from '../../src/index.ts'
import { accept, answering, invite } from './support/calls.ts'
import { against } from './support/installed.ts'
import { type Party, party } from './support/party.ts'
import { freePort } from './support/ports.ts'
import {
  audio,
  callee,
  caller,
  hangsUp,
  hungUp,
  label,
  pause,
  reply,
  request,
  response,
  scenario,
} from './support/scenario.ts'
import { sipp } from './support/sipp.ts'

against(['sipp'], 'SIPp and the end of calls', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const fresh = (timers = rfc3261): Promise<Party> => party({ transports: [transport], timers })

    it('D11: no ACK: the 2xx is repeated, `no-ack` after 64·T1, then BYE', async () => {
      const us = await fresh({ ...rfc3261, t1: 20, t2: 160 })
      const accepted: Promise<unknown>[] = []
      answering(us, call => accepted.push(call.accept().catch((error: unknown) => error)))
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio() }),
          response(100, { optional: true }),
          label('again'),
          response(200, { optional: true, next: 'again' }),
          request('BYE', { within: 3000 }),
          reply(200),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(await accepted[0]).toMatchObject({ code: 'no-ack' })
      const answers = us.times('out', '200 INVITE')
      // Due after 20, 60, 140 ms, then every 160 (T2) of 1280 ms, over TCP as well.
      expect(answers.length).toBeGreaterThanOrEqual(9)
      expect(answers.length).toBeLessThanOrEqual(12)
      expect(us.times('out', 'BYE')[0]! - answers[0]!).toBeGreaterThanOrEqual(1280 - 20)
    })

    it('D14: a CANCEL after our 2xx comes too late: 200, and the call stays', async () => {
      const us = await fresh()
      const events: CallEvent[] = []
      const calls = answering(us, call => {
        call.events$.subscribe(event => events.push(event))
        accept(call)
      })
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio() }),
          response(100, { optional: true }),
          response(200, { route: true, headers: [['CSeq', 'INVITE']] }),
          caller.invite({}, { method: 'CANCEL' }),
          response(200, { headers: [['CSeq', 'CANCEL']] }),
          caller.request('ACK', 1),
          pause(100),
          ...hangsUp(2),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(events.filter(({ type }) => type === 'canceled')).toMatchObject([{ tooLate: true }])
      expect(calls[0]!.states).toContain('confirmed')
      expect(await calls[0]!.call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
    })

    it('D17: cancelled before anything was heard: the CANCEL waits for the first provisional response', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited(),
          pause(200),
          callee.answer(180),
          request('CANCEL', { headers: [['CSeq', '1 CANCEL']] }),
          reply(200),
          callee.answer(487),
          request('ACK'),
        ),
        transport,
      })
      const { call } = invite(us, peer)
      await us.until(() => us.sent().includes('INVITE'))
      call.cancel()
      expect(await call.ended()).toMatchObject({ by: 'local', reason: 'cancelled', status: 487 })
      await peer.succeeded()
      expect(us.times('out', 'CANCEL')[0]).toBeGreaterThanOrEqual(us.times('in', '180 INVITE')[0]!)
      expect(us.sent()).toEqual(['INVITE', 'CANCEL', 'ACK'])
    })

    it('D18: a 200 that crosses our CANCEL is acknowledged and hung up', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(180),
          request('CANCEL'),
          reply(200),
          callee.answer(200, { sdp: audio() }),
          request('ACK'),
          ...hungUp,
        ),
        transport,
      })
      const { call } = invite(us, peer)
      await us.until(() => us.received().includes('180 INVITE'))
      call.cancel()
      expect(await call.ended()).toMatchObject({ by: 'local' })
      await peer.succeeded()
      expect(us.sent()).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE'])
    })

    it('D20: hanging up an early call is a BYE in its dialog (as caller)', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(callee.invited(), callee.answer(180), ...hungUp, callee.answer(487), request('ACK')),
        transport,
      })
      const { call } = invite(us, peer)
      await us.until(() => us.received().includes('180 INVITE'))
      await call.hangUp()
      await peer.succeeded()
      expect(us.sent()).toEqual(['INVITE', 'BYE', 'ACK'])
    })

    it('D20: hanging up between our 2xx and its ACK: the BYE waits for the ACK (as callee)', async () => {
      const us = await fresh()
      const calls = answering(us, call => {
        accept(call)
        setTimeout(() => void call.hangUp(), 20)
      })
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio() }),
          response(100, { optional: true }),
          response(200, { route: true }),
          pause(200),
          caller.request('ACK', 1),
          ...hungUp,
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(us.times('out', 'BYE')[0]).toBeGreaterThanOrEqual(us.times('in', 'ACK')[0]!)
      expect(await calls[0]!.call.ended()).toMatchObject({ by: 'local', reason: 'bye' })
    })

    it('D20: a BYE while our answer is pending: 200, and 487 for the INVITE', async () => {
      const us = await fresh()
      const calls = answering(us, call => call.ring())
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio() }),
          response(100, { optional: true }),
          response(180, { route: true }),
          caller.request('BYE', 2),
          response(200),
          response(487),
          caller.ackRefusal(),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(us.sent()).toEqual(['180 INVITE', '200 BYE', '487 INVITE'])
      expect(await calls[0]!.call.ended()).toMatchObject({ by: 'remote' })
    })

    it('Expires of our INVITE: taken back after its second (§13.2.1)', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited({ headers: [['Expires', '^ ?1$']] }),
          callee.answer(180),
          request('CANCEL'),
          reply(200),
          callee.answer(487),
          request('ACK'),
        ),
        transport,
      })
      const { call } = invite(us, peer, { expires: 1 })
      await expect(call.established()).rejects.toMatchObject({ code: expect.any(String) })
      await peer.succeeded()
      const waited = us.times('out', 'CANCEL')[0]! - us.times('out', 'INVITE')[0]!
      // Counted from `invite`, before the stream is open.
      expect(waited).toBeGreaterThan(900)
      expect(waited).toBeLessThan(1500)
    })

    it('Expires of the INVITE of SIPp: 487 after its second (§13.3.1)', async () => {
      const us = await fresh()
      const calls = answering(us, call => call.ring())
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio(), headers: [['Expires', '1']] }),
          response(100, { optional: true }),
          response(180),
          response(487, { within: 3000 }),
          caller.ackRefusal(),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      const waited = us.times('out', '487 INVITE')[0]! - us.times('in', 'INVITE')[0]!
      expect(waited).toBeGreaterThanOrEqual(1000 - 20)
      expect(waited).toBeLessThan(1500)
      expect(calls[0]!.states.at(-1)).toBe('terminated')
    })

    it('D22: a closed port is told at once, and nothing is left of the call', async () => {
      const us = await fresh()
      const { call, states } = invite(us, { port: await freePort() })
      await expect(call.established()).rejects.toMatchObject({ code: 'transport' })
      expect(await call.ended()).toMatchObject({ by: 'network', reason: 'failed' })
      expect(states).toEqual(['calling', 'terminated'])
      expect(us.connection.state.is).toBe('active')
      expect(call.dialog).toBeUndefined()
    })
  })
})
