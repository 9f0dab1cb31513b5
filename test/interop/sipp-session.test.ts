/** Changes of the session with SIPp, in both roles: D28, D29, offers in 2xx, refusals. RFC 3261 §13, §14, RFC 3264. */
import { describe, expect, it } from 'vitest'
import { plainMedia } from '../../src/index.ts'
import { accept, answering, invite, type Watched } from './support/calls.ts'
import { against } from './support/installed.ts'
import { host, type Party, party } from './support/party.ts'
import {
  audio,
  callee,
  caller,
  contact,
  hangsUp,
  hungUp,
  kept,
  reply,
  request,
  response,
  type Step,
  scenario,
} from './support/scenario.ts'
import { type Sipp, sipp } from './support/sipp.ts'

/** SIPp answers our call. */
const answers: readonly Step[] = [callee.invited(), callee.answer(200, { sdp: audio() }), request('ACK')]

/** SIPp calls, and we answer. */
const calls: readonly Step[] = [
  caller.invite({ sdp: audio() }),
  response(100, { optional: true }),
  response(200, { route: true }),
  caller.request('ACK', 1),
]

const described = (sdp: string) => ({ sdp, headers: [['Contact', contact]] as const })

/** We hold SIPp and take it off hold again, in the role that answers so. */
const held: readonly Step[] = [
  request('INVITE', { body: ['o=- [0-9]+ 2 IN', 'a=sendonly'] }),
  reply(200, described(audio('recvonly', 2))),
  request('ACK'),
  request('INVITE', { body: ['o=- [0-9]+ 3 IN', 'a=sendrecv'] }),
  reply(200, described(audio('sendrecv', 3))),
  request('ACK'),
]

/** SIPp holds us and takes us off hold again. */
const holds = (role: typeof callee | typeof caller, cseq: number): readonly Step[] => [
  role.request('INVITE', cseq, { sdp: audio('sendonly', 4) }),
  response(200, { body: ['a=recvonly'] }),
  role.request('ACK', cseq),
  role.request('INVITE', cseq + 1, { sdp: audio('sendrecv', 5) }),
  response(200, { body: ['a=sendrecv'] }),
  role.request('ACK', cseq + 1),
]

/** SIPp's re-INVITE crosses ours: 491 both ways, then ours comes again, and its own. */
const meets = (role: typeof callee | typeof caller, refuse: Step, cseq: number): readonly Step[] => [
  request('INVITE', { keep: kept('other') }),
  role.request('INVITE', cseq, { sdp: audio('sendrecv', 2) }),
  response(491),
  role.request('ACK', cseq, {}, { refused: true }),
  refuse,
  request('ACK'),
  request('INVITE', { within: 6000, body: ['a=sendonly'] }),
  reply(200, described(audio('recvonly', 3))),
  request('ACK'),
]

against(['sipp'], 'SIPp and changes of the session', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const fresh = (): Promise<Party> => party({ transports: [transport] })

    /** A call that is up, made by us (`callee`: SIPp's role) or by SIPp. */
    const up = async (role: 'callee' | 'caller', us: Party, ...steps: readonly Step[]) => {
      if (role === 'callee') {
        const peer = await sipp({ ...scenario(...answers, ...steps), transport })
        const { call } = invite(us, peer, { media: plainMedia({ host, port: 9 }) })
        await call.established()
        return { call, peer }
      }
      const made: readonly Watched[] = answering(us, accept)
      const peer: Sipp = await sipp({ ...scenario(...calls, ...steps), transport, target: us.port })
      await us.until(() => made[0]?.states.includes('confirmed') === true)
      return { call: made[0]!.call, peer }
    }

    it.each(['callee', 'caller'] as const)('D28: hold and resume, SIPp being the %s', async role => {
      const us = await fresh()
      const [other, cseq] = role === 'callee' ? [callee, 1] : [caller, 2]
      const { call, peer } = await up(role, us, ...held, ...holds(other, cseq), ...hungUp)
      await call.hold()
      expect(call.held).toEqual({ local: true, remote: false })
      await call.resume()
      expect(call.held).toEqual({ local: false, remote: false })
      const heldSince: boolean[] = []
      call.session$.subscribe(() => heldSince.push(call.held.remote))
      await us.until(() => heldSince.length === 2)
      expect(heldSince).toEqual([true, false])
      // SIPp refuses a BYE that overtakes its last ACK: of two re-INVITEs, and of its own INVITE when it called.
      const acks = role === 'callee' ? 2 : 3
      await us.until(() => us.received().filter(name => name === 'ACK').length >= acks)
      await call.hangUp()
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
    })

    it.each([
      ['callee', 2100, 4000],
      ['caller', 0, 2000],
    ] as const)(
      'D29: two re-INVITEs that meet, SIPp being the %s: again after %d to %d ms',
      async (role, least, most) => {
        const us = await fresh()
        const steps =
          role === 'callee'
            ? meets(callee, callee.answer(491, {}, { of: 'other' }), 1)
            : meets(caller, callee.answer(491, {}, { of: 'other' }), 2)
        const { call, peer } = await up(role, us, ...steps, ...hungUp)
        await call.hold()
        const invites = us.times('out', 'INVITE').slice(role === 'callee' ? 1 : 0)
        expect(invites).toHaveLength(2)
        const waited = invites[1]! - us.times('in', '491 INVITE')[0]!
        expect(waited).toBeGreaterThanOrEqual(least - 20)
        expect(waited).toBeLessThanOrEqual(most + 100)
        expect(call.held.local).toBe(true)
        await call.hangUp()
        await peer.succeeded()
        expect(us.sent()).toContain('491 INVITE')
      },
    )

    it('an INVITE and a re-INVITE of ours without an offer: the answers go into the ACKs (§13.2.1, §14.1)', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited({ headers: [['Content-Type', undefined]] }),
          callee.answer(200, { sdp: audio() }),
          request('ACK', { body: ['m=audio [1-9].* RTP/AVP 0'] }),
          request('INVITE', { headers: [['Content-Type', undefined]] }),
          reply(200, described(audio('sendonly', 2))),
          request('ACK', { body: ['a=recvonly'] }),
          ...hungUp,
        ),
        transport,
      })
      const { call } = invite(us, peer, { offer: 'none' })
      await call.established()
      await call.reinvite({ offer: 'none' })
      await us.until(() => call.held.remote)
      await call.hangUp()
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE'])
    })

    it('an INVITE and a re-INVITE of SIPp without an offer: ours is in the 2xx (§13.3.1, §14.2)', async () => {
      const us = await fresh()
      const made = answering(us, accept)
      const peer = await sipp({
        ...scenario(
          caller.invite(),
          response(100, { optional: true }),
          response(200, { route: true, body: ['m=audio'] }),
          caller.request('ACK', 1, { sdp: audio() }),
          caller.request('INVITE', 2),
          response(200, { body: ['m=audio'] }),
          caller.request('ACK', 2, { sdp: audio('sendonly', 2) }),
          ...hangsUp(3),
        ),
        transport,
        target: us.port,
      })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      const [{ call } = { call: undefined }] = made
      expect(call!.held.remote).toBe(true)
      expect(us.sent()).toEqual(['200 INVITE', '200 INVITE', '200 BYE'])
    })

    it('a codec that nobody knows: 488 with Warning, for an INVITE and for a re-INVITE, which leaves the call up (§13.3.1.3)', async () => {
      const us = await fresh()
      const made = answering(us, accept)
      const refused = await sipp({
        ...scenario(
          caller.invite({ sdp: audio('sendrecv', 1, '97') }),
          response(100, { optional: true }),
          response(488, { headers: [['Warning', '^ ?3[0-9][0-9] [^ ]+ ".+"']] }),
          caller.ackRefusal(),
        ),
        transport,
        target: us.port,
      })
      await refused.succeeded()
      const peer = await sipp({
        ...scenario(
          ...calls,
          caller.request('INVITE', 2, { sdp: audio('sendrecv', 2, '97') }),
          response(488, { headers: [['Warning', '^ ?3[0-9][0-9] [^ ]+ ".+"']] }),
          caller.request('ACK', 2, {}, { refused: true }),
          ...hangsUp(3),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(made.map(({ states }) => states.includes('confirmed'))).toEqual([false, true])
    })

    it('a re-INVITE of ours that SIPp refuses with 488 leaves the session as it was (RFC 6141)', async () => {
      const us = await fresh()
      const { call, peer } = await up(
        'callee',
        us,
        request('INVITE', { body: ['a=sendonly'] }),
        reply(488),
        request('ACK'),
        ...hungUp,
      )
      const before = call.localDescription
      await expect(call.hold()).rejects.toMatchObject({ code: 'rejected', status: 488 })
      expect(call.localDescription).toBe(before)
      expect(call.state.is).toBe('confirmed')
      await call.hangUp()
      await peer.succeeded()
    })

    it('what says to be SDP and is none: 400 (§21.4.1)', async () => {
      const us = await fresh()
      const made = answering(us, accept)
      const peer = await sipp({
        ...scenario(
          caller.invite({ body: ['application/sdp', 'hello'] }),
          response(100, { optional: true }),
          response(400),
          caller.ackRefusal(),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(made).toEqual([])
    })
  })
})
