/** Session timers with SIPp, in both roles, in a time that runs 30 times faster: D32. RFC 4028. */
import { describe, expect, it } from 'vitest'
import { accept, answering, invite } from './support/calls.ts'
import { against } from './support/installed.ts'
import { type Party, party } from './support/party.ts'
import {
  audio,
  callee,
  caller,
  contact,
  hungUp,
  reply,
  request,
  response,
  scenario,
} from './support/scenario.ts'
import { sipp } from './support/sipp.ts'

const speed = 30
/** Seconds of that time between two moments of the wire, which are in milliseconds of it. */
const seconds = (from: number, to: number): number => (to - from) / 1000

const timer = (refresher: 'uac' | 'uas', interval = 90) =>
  [
    ['Require', 'timer'],
    ['Session-Expires', `${interval};refresher=${refresher}`],
  ] as const

const wants = (interval: number, refresher?: string) =>
  [
    ['Supported', 'timer'],
    ['Session-Expires', `${interval}${refresher ? `;refresher=${refresher}` : ''}`],
  ] as const

against(['sipp'], 'SIPp and session timers', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const fresh = (): Promise<Party> => party({ transports: [transport], speed })

    it('D32: we refresh every 45 s, as caller', async () => {
      const us = await fresh()
      const refreshed = reply(200, { headers: [['Contact', contact], ...timer('uac')] })
      const peer = await sipp({
        ...scenario(
          callee.invited({
            headers: [
              ['Session-Expires', '^ ?90'],
              ['Supported', 'timer'],
            ],
          }),
          callee.answer(200, {
            sdp: audio(),
            headers: [...timer('uac'), ['Allow', 'INVITE, ACK, BYE, CANCEL, UPDATE']],
          }),
          request('ACK'),
          request('UPDATE', { headers: [['Session-Expires', '^ ?90;refresher=uac']] }),
          refreshed,
          request('UPDATE'),
          refreshed,
          ...hungUp,
        ),
        transport,
      })
      const { call } = invite(us, peer, { sessionExpires: 90 })
      await call.established()
      expect(call.sessionTimer?.state).toMatchObject({ is: 'running', interval: 90 })
      await us.until(() => us.received().filter(name => name === '200 UPDATE').length === 2)
      await call.hangUp()
      await peer.succeeded()
      const [first, second] = us.times('out', 'UPDATE')
      const answered = us.times('in', '200 INVITE')[0]!
      for (const waited of [seconds(answered, first!), seconds(first!, second!)]) {
        expect(waited).toBeGreaterThan(44)
        expect(waited).toBeLessThan(50)
      }
    })

    it('D32: we refresh by re-INVITE a peer without UPDATE, as callee', async () => {
      const us = await fresh()
      answering(us, accept)
      const peer = await sipp({
        ...scenario(
          caller.invite({
            sdp: audio(),
            headers: [...wants(90, 'uas'), ['Allow', 'INVITE, ACK, BYE, CANCEL']],
          }),
          response(100, { optional: true }),
          response(200, { route: true, headers: [['Session-Expires', '^ ?90;refresher=uas']] }),
          caller.request('ACK', 1),
          request('INVITE', { headers: [['Session-Expires', '^ ?90;refresher=uac']], body: ['m=audio'] }),
          reply(200, { sdp: audio(), headers: [['Contact', contact], ...timer('uac')] }),
          request('ACK'),
          caller.request('BYE', 2),
          response(200),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      const waited = seconds(us.times('in', 'ACK')[0]!, us.times('out', 'INVITE')[0]!)
      expect(waited).toBeGreaterThan(43)
      expect(waited).toBeLessThan(50)
    })

    it.each(['uac', 'uas'] as const)('D32: SIPp (%s) does not refresh: BYE after 90 − 30 s', async role => {
      const us = await fresh()
      if (role === 'uas') {
        const peer = await sipp({
          ...scenario(
            callee.invited(),
            callee.answer(200, { sdp: audio(), headers: timer('uas') }),
            request('ACK'),
            request('BYE', { within: 6000 }),
            reply(200),
          ),
          transport,
        })
        const { call } = invite(us, peer, { sessionExpires: 90 })
        await call.ended()
        await peer.succeeded()
      } else {
        answering(us, accept)
        const peer = await sipp({
          ...scenario(
            caller.invite({ sdp: audio(), headers: wants(90, 'uac') }),
            response(100, { optional: true }),
            response(200, {
              route: true,
              headers: [
                ['Require', 'timer'],
                ['Session-Expires', '^ ?90;refresher=uac'],
              ],
            }),
            caller.request('ACK', 1),
            request('BYE', { within: 6000 }),
            reply(200),
          ),
          transport,
          target: us.port,
        })
        await peer.succeeded()
      }
      const answered = role === 'uas' ? us.times('in', '200 INVITE')[0]! : us.times('out', '200 INVITE')[0]!
      const waited = seconds(answered, us.times('out', 'BYE')[0]!)
      expect(waited).toBeGreaterThan(59)
      expect(waited).toBeLessThan(65)
    })

    it('D32: SIPp refreshes, and the call stays up past its interval', async () => {
      const us = await fresh()
      answering(us, accept)
      const refresh = (cseq: number) => [
        `<pause milliseconds="${45_000 / speed}"/>`,
        caller.request('UPDATE', cseq, { headers: wants(90, 'uac') }),
        response(200, { headers: [['Session-Expires', '^ ?90;refresher=uac']] }),
      ]
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio(), headers: wants(90, 'uac') }),
          response(100, { optional: true }),
          response(200, { route: true }),
          caller.request('ACK', 1),
          ...refresh(2),
          ...refresh(3),
          caller.request('BYE', 4),
          response(200),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(us.sent()).toEqual(['200 INVITE', '200 UPDATE', '200 UPDATE', '200 BYE'])
    })

    it('D32: 422 of SIPp: the INVITE once more, with its Min-SE', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited({ headers: [['Session-Expires', '^ ?90']] }),
          callee.answer(422, { headers: [['Min-SE', '120']] }),
          request('ACK'),
          callee.invited({
            headers: [
              ['Session-Expires', '^ ?120'],
              ['Min-SE', '^ ?120'],
              ['CSeq', '2 INVITE'],
            ],
          }),
          callee.answer(200, { sdp: audio(), headers: timer('uac', 120) }),
          request('ACK'),
          ...hungUp,
        ),
        transport,
      })
      const { call } = invite(us, peer, { sessionExpires: 90 })
      await call.established()
      expect(call.sessionTimer?.state).toMatchObject({ interval: 120 })
      await call.hangUp()
      await peer.succeeded()
    })

    it('D32: what SIPp wants is too short: 422 with Min-SE', async () => {
      const us = await fresh()
      answering(us, accept)
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio(), headers: wants(60) }),
          response(100, { optional: true }),
          response(422, { headers: [['Min-SE', '^ ?90$']] }),
          caller.ackRefusal(),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
    })
  })
})
