/** Reliable provisional responses and early changes with SIPp, in both roles: D25, D26, D27. RFC 3262, RFC 3311. */
import { describe, expect, it } from 'vitest'
import { rfc3261 } from '../../src/index.ts'
import { accept, answering, invite } from './support/calls.ts'
import { against } from './support/installed.ts'
import { sdp } from './support/offer.ts'
import { type Party, party } from './support/party.ts'
import {
  audio,
  callee,
  caller,
  contact,
  hangsUp,
  kept,
  label,
  pause,
  reply,
  request,
  response,
  scenario,
} from './support/scenario.ts'
import { count, sipp } from './support/sipp.ts'

const reliable = (rseq: number) =>
  [
    ['Require', '100rel'],
    ['RSeq', String(rseq)],
  ] as const

const wants = [['Supported', '100rel']] as const

const described = { contentType: 'application/sdp', body: sdp() }

const prack = (cseq: number, rack: string) => caller.request('PRACK', cseq, { headers: [['RAck', rack]] })

against(['sipp'], 'SIPp and reliable provisional responses', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const fresh = (timers = rfc3261): Promise<Party> => party({ transports: [transport], timers })

    it('D25: two reliable 18x of SIPp get a PRACK each, in order, with the right RAck', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited({ headers: [['Supported', '100rel']] }),
          callee.answer(183, { headers: reliable(7), sdp: audio() }),
          request('PRACK', { headers: [['RAck', '^ ?7 1 INVITE']] }),
          reply(200),
          callee.answer(180, { headers: reliable(8) }),
          request('PRACK', { headers: [['RAck', '^ ?8 1 INVITE']] }),
          reply(200),
          callee.answer(200),
          request('ACK'),
          request('BYE'),
          reply(200),
        ),
        transport,
      })
      const { call } = invite(us, peer)
      await call.established()
      expect(call.remoteDescription).toContain('m=audio')
      await call.hangUp()
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(['INVITE', 'PRACK', 'PRACK', 'ACK', 'BYE'])
    })

    it('D25: our two reliable 18x wait for one PRACK after the other; a wrong RAck gets 481', async () => {
      const us = await fresh()
      const calls = answering(us, call => {
        call.progress(183, { reliable: true })
        call.progress(182, { reliable: true })
        let acknowledged = 0
        call.events$.subscribe(({ type }) => {
          if (type === 'pracked') acknowledged += 1
          if (acknowledged === 2) accept(call)
        })
      })
      const peer = await sipp({
        ...scenario(
          caller.invite({ headers: wants, sdp: audio() }),
          response(100, { optional: true }),
          response(183, {
            route: true,
            headers: [['Require', '100rel']],
            keep: [['first', 'RSeq', '([0-9]+)']],
          }),
          prack(2, '1 1 INVITE'),
          response(481),
          prack(3, '[$first] 1 INVITE'),
          response(200),
          response(182, { headers: [['Require', '100rel']], keep: [['second', 'RSeq', '([0-9]+)']] }),
          prack(4, '[$second] 1 INVITE'),
          response(200),
          response(200, { route: true }),
          caller.request('ACK', 1),
          ...hangsUp(5),
        ),
        transport,
        target: us.port,
      })
      const result = await peer.succeeded()
      // It may be repeated once before its PRACK comes, should this machine be busy.
      expect(count(result, '183', 'Retrans')).toBeLessThanOrEqual(1)
      const names = us.sent()
      expect(names.indexOf('481 PRACK')).toBeLessThan(names.indexOf('200 PRACK'))
      expect(names.indexOf('200 PRACK')).toBeLessThan(names.indexOf('182 INVITE'))
      expect(await calls[0]!.call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
    })

    it('D26: without PRACK ours is repeated, and the INVITE refused after 64·T1', async () => {
      const us = await fresh({ ...rfc3261, t1: 20 })
      const calls = answering(us, call => call.ring({ reliable: true }))
      const peer = await sipp({
        ...scenario(
          caller.invite({ headers: wants, sdp: audio() }),
          response(100, { optional: true }),
          label('again'),
          response(180, { optional: true, next: 'again' }),
          response(504, { within: 3000 }),
          caller.ackRefusal(),
          // With so short a T1 the 504 is repeated where the machine is busy.
          pause(200),
        ),
        deafInPauses: true,
        transport,
        target: us.port,
      })
      const result = await peer.succeeded()
      const rings = us.times('out', '180 INVITE')
      // Due after 20, 60, 140, 300, 620 and 1260 of 1280 ms, over TCP as well.
      expect(rings.length).toBeGreaterThanOrEqual(6)
      expect(rings.length).toBeLessThanOrEqual(7)
      const gaps = rings.slice(1, 6).map((t, index) => t - rings[index]!)
      for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(0.75 * 20 * 2 ** index)
      expect(count(result, '180', 'Retrans') + count(result, '180', 'Recv')).toBe(rings.length)
      expect(await calls[0]!.call.ended()).toMatchObject({ reason: expect.any(String) })
    })

    it('D27: SIPp updates the early session, and so do we (as caller)', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(183, { headers: reliable(1), sdp: audio() }),
          request('PRACK'),
          reply(200),
          callee.request('UPDATE', 1, { sdp: audio('sendonly', 2) }),
          response(200, { body: ['a=recvonly'] }),
          request('UPDATE', { body: ['m=audio'] }),
          reply(200, { sdp: audio('sendrecv', 3), headers: [['Contact', contact]] }),
          callee.answer(200),
          request('ACK'),
          request('BYE'),
          reply(200),
        ),
        transport,
      })
      const { call } = invite(us, peer)
      await us.until(() => us.sent().includes('200 UPDATE'))
      expect(call.held).toEqual({ local: false, remote: true })
      await call.update({
        offer: call.localDescription!.replace('o=- 1 2', 'o=- 1 3').replace('recvonly', 'sendrecv'),
      })
      await call.established()
      expect(call.held).toEqual({ local: false, remote: false })
      await call.hangUp()
      await peer.succeeded()
      expect(us.sent()).toEqual(['INVITE', 'PRACK', '200 UPDATE', 'UPDATE', 'ACK', 'BYE'])
    })

    it('D27: SIPp updates the early session, and so do we (as callee)', async () => {
      const us = await fresh()
      const calls = answering(us, call => call.progress(183, { reliable: true, ...described }))
      const peer = await sipp({
        ...scenario(
          caller.invite({ headers: wants, sdp: audio() }),
          response(100, { optional: true }),
          response(183, { route: true, keep: [['first', 'RSeq', '([0-9]+)']], body: ['m=audio'] }),
          prack(2, '[$first] 1 INVITE'),
          response(200),
          caller.request('UPDATE', 3, { sdp: audio('sendonly', 2) }),
          response(200, { body: ['a=recvonly'] }),
          request('UPDATE', { body: ['a=sendrecv'] }),
          reply(200, { sdp: audio('sendrecv', 3), headers: [['Contact', contact]] }),
          response(200, { route: true, headers: [['CSeq', 'INVITE']] }),
          caller.request('ACK', 1),
          ...hangsUp(4),
        ),
        transport,
        target: us.port,
      })
      await us.until(() => us.sent().includes('200 UPDATE'))
      const { call } = calls[0]!
      const version = Number(/^o=\S+ \S+ (\d+)/m.exec(call.localDescription!)?.[1])
      await call.update({
        offer: call
          .localDescription!.replace(/^(o=\S+ \S+) \d+/m, `$1 ${version + 1}`)
          .replace('recvonly', 'sendrecv'),
      })
      accept(call)
      await peer.succeeded()
      expect(us.sent()).toEqual(['183 INVITE', '200 PRACK', '200 UPDATE', 'UPDATE', '200 INVITE', '200 BYE'])
    })

    it('D27: two UPDATEs that meet get 491 each, and ours comes again', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(183, { headers: reliable(1), sdp: audio() }),
          request('PRACK'),
          reply(200),
          request('UPDATE', { keep: kept('other') }),
          callee.request('UPDATE', 1, { sdp: audio('sendonly', 2) }),
          response(491),
          callee.answer(491, {}, { of: 'other', repeat: false }),
          request('UPDATE', { within: 6000 }),
          reply(200, { sdp: audio('sendrecv', 3), headers: [['Contact', contact]] }),
          callee.answer(200),
          request('ACK'),
          request('BYE'),
          reply(200),
        ),
        transport,
      })
      const { call } = invite(us, peer)
      await us.until(() => us.received().includes('200 PRACK'))
      await call.update({ offer: call.localDescription!.replace('o=- 1 1', 'o=- 1 2') })
      await call.established()
      await call.hangUp()
      await peer.succeeded()
      const updates = us.times('out', 'UPDATE')
      expect(updates).toHaveLength(2)
      const waited = updates[1]! - us.times('in', '491 UPDATE')[0]!
      // We own the Call-ID. §14.1
      expect(waited).toBeGreaterThanOrEqual(2100 - 20)
      expect(waited).toBeLessThanOrEqual(4000 + 100)
    })
  })
})
