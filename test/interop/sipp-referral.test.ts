/** REFER, Replaces and INFO packages with SIPp, in both roles: E12, E13. RFC 3515, RFC 3891, RFC 5589, RFC 6086. */
import { describe, expect, it } from 'vitest'
import type { Call } from '../../src/index.ts'
import { accept, answering, invite } from './support/calls.ts'
import { against } from './support/installed.ts'
import { host, type Party, party } from './support/party.ts'
import {
  audio,
  callee,
  caller,
  contact,
  hangsUp,
  hungUp,
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

type Role = typeof callee | typeof caller

/** SIPp takes our REFER, which names that. */
const taken = (...names: readonly string[]): readonly Step[] => [
  request('REFER', { headers: names.map(name => ['Refer-To', name] as const) }),
  reply(202, { headers: [['Contact', contact]] }),
]

const notify = (role: Role, cseq: number, status: string, state: string): Step =>
  role.request('NOTIFY', cseq, {
    headers: [
      ['Event', 'refer'],
      ['Subscription-State', state],
    ],
    body: ['message/sipfrag;version=2.0', `SIP/2.0 ${status}`],
  })

/** SIPp tells how it goes: 100, 180, 200. */
const tells = (role: Role, cseq: number): readonly Step[] => [
  notify(role, cseq, '100 Trying', 'active;expires=60'),
  response(200),
  notify(role, cseq + 1, '180 Ringing', 'active;expires=60'),
  response(200),
  notify(role, cseq + 2, '200 OK', 'terminated;reason=noresource'),
  response(200),
]

/** We tell SIPp how it goes, until it is over. */
const told: readonly Step[] = [
  request('NOTIFY', { headers: [['Subscription-State', 'active']], body: ['SIP/2.0 100'] }),
  reply(200),
  request('NOTIFY', { headers: [['Subscription-State', 'terminated']], body: ['SIP/2.0 200'] }),
  reply(200),
]

against(['sipp'], 'SIPp and transfers', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const parameter = `;transport=${transport.toLowerCase()}`
    const fresh = (): Promise<Party> => party({ transports: [transport] })

    /** A call that is up, SIPp being callee or caller in it. */
    const up = async (role: 'callee' | 'caller', us: Party, ...steps: readonly Step[]) => {
      if (role === 'callee') {
        const peer = await sipp({ ...scenario(...answers, ...steps), transport })
        const { call } = invite(us, peer)
        await call.established()
        return { call, peer }
      }
      const made = answering(us, accept)
      const peer: Sipp = await sipp({ ...scenario(...calls, ...steps), transport, target: us.port })
      await us.until(() => made[0]?.states.includes('confirmed') === true)
      return { call: made[0]!.call, peer }
    }

    it.each([
      ['callee', callee, 1],
      ['caller', caller, 2],
    ] as const)(
      'E12: we refer SIPp, the %s; a NOTIFY that belongs to nothing gets 481',
      async (name, role, cseq) => {
        const us = await fresh()
        const { call, peer } = await up(
          name,
          us,
          ...taken('sip:carol@192.0.2.9'),
          ...tells(role, cseq),
          notify(role, cseq + 3, '200 OK', 'terminated;reason=noresource'),
          response(481),
          ...hungUp,
        )
        const referral = call.refer('sip:carol@192.0.2.9')
        const progress: number[] = []
        referral.progress$.subscribe(({ status }) => progress.push(status))
        expect(await referral.completed()).toMatchObject({ status: 200, succeeded: true })
        await us.until(() => us.sent().includes('481 NOTIFY'))
        expect(progress).toEqual([100, 180, 200])
        expect(call.state.is).toBe('confirmed')
        await call.hangUp()
        await peer.succeeded()
      },
    )

    it('E12: a transfer hangs up when SIPp has told its success, and not when it refuses', async () => {
      const us = await fresh()
      const { call, peer } = await up(
        'callee',
        us,
        request('REFER'),
        reply(603),
        ...taken('sip:carol@192.0.2.9'),
        ...tells(callee, 1),
        ...hungUp,
      )
      await expect(call.transfer('sip:carol@192.0.2.9')).rejects.toMatchObject({ status: 603 })
      expect(call.state.is).toBe('confirmed')
      expect(await call.transfer('sip:carol@192.0.2.9')).toMatchObject({ transferred: true, status: 200 })
      await peer.succeeded()
      expect(call.state.is).toBe('terminated')
    })

    it.each([
      ['callee', callee, 1],
      ['caller', caller, 2],
    ] as const)('E13: SIPp, the %s, refers us to another SIPp', async (name, role, cseq) => {
      const us = await fresh()
      const other = await sipp({
        ...scenario(
          callee.invited({ headers: [['Referred-By', 'sip:boss@192.0.2.8']] }),
          callee.answer(200, { sdp: audio() }),
          request('ACK'),
          ...hungUp,
        ),
        transport,
      })
      const target = `<sip:c@${host}:${other.port}${parameter}>`
      const made: Call[] = []
      us.connection.referrals$.subscribe(referral => made.push(referral.accept()))
      const { peer } = await up(
        name,
        us,
        role.request('REFER', cseq, {
          headers: [
            ['Refer-To', target],
            ['Referred-By', '<sip:boss@192.0.2.8>'],
          ],
        }),
        response(202),
        ...told,
        role.request('BYE', cseq + 1),
        response(200),
      )
      await peer.succeeded()
      expect(made).toHaveLength(1)
      await made[0]!.established()
      await made[0]!.hangUp()
      await other.succeeded()
    })

    it('E13: a REFER that nobody takes gets 603', async () => {
      const us = await fresh()
      const { peer } = await up(
        'caller',
        us,
        caller.request('REFER', 2, { headers: [['Refer-To', '<sip:c@192.0.2.9>']] }),
        response(603),
        ...hangsUp(3),
      )
      await peer.succeeded()
    })

    it('Replaces of SIPp: its call takes the place of another one, which gets BYE (RFC 3891)', async () => {
      const us = await fresh()
      const { call, peer } = await up('callee', us, ...hungUp)
      const made = answering(us, accept)
      const { callId, localTag, remoteTag } = call.dialog!
      const replaces = (tag: string) => [
        ['Require', 'replaces'] as const,
        ['Replaces', `${callId};to-tag=${tag};from-tag=${remoteTag}`] as const,
      ]
      const lost = await sipp({
        ...scenario(
          caller.invite({ sdp: audio(), headers: replaces('nobody') }),
          response(100, { optional: true }),
          response(481),
          caller.ackRefusal(),
        ),
        transport,
        target: us.port,
      })
      await lost.succeeded()
      const other = await sipp({
        ...scenario(
          caller.invite({ sdp: audio(), headers: replaces(localTag) }),
          response(100, { optional: true }),
          response(200, { route: true }),
          caller.request('ACK', 1),
          ...hungUp,
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(made.map(one => one.call.replaces)).toEqual([call])
      await us.until(() => made[0]!.states.includes('confirmed'))
      expect(call.state.is).toBe('terminated')
      await made[0]!.call.hangUp()
      await other.succeeded()
    })

    it('attended transfer: our second engine takes our place at SIPp, which ends the call with us', async () => {
      const [alice, bob] = [await fresh(), await fresh()]
      answering(bob, accept)
      const taken: Call[] = []
      bob.connection.referrals$.subscribe(referral => taken.push(referral.accept()))
      // The first of its calls is ours, the second that of Bob.
      const carol = await sipp({
        ...scenario(callee.invited(), callee.answer(200, { sdp: audio() }), request('ACK'), ...hungUp),
        transport,
        calls: 2,
      })
      const toCarol = invite(alice, carol).call
      await toCarol.established()
      const toBob = invite(alice, bob, {}, 'bob').call
      await toBob.established()
      await toBob.hold()
      expect(await toBob.transfer(toCarol)).toMatchObject({ transferred: true, status: 200 })
      const invited = bob.wire.find(
        ({ direction, message }) =>
          direction === 'out' && message.kind === 'request' && message.method === 'INVITE',
      )
      const { callId, localTag, remoteTag } = toCarol.dialog!
      expect(invited!.message.parsed('replaces')).toMatchObject({
        callId,
        toTag: remoteTag,
        fromTag: localTag,
      })
      expect([toBob.state.is, toCarol.state.is]).toEqual(['terminated', 'terminated'])
      expect(taken[0]!.state.is).toBe('confirmed')
      await taken[0]!.hangUp()
      await carol.succeeded()
    })

    it('attended transfer: SIPp is sent to take our place at our second engine (RFC 5589 §7)', async () => {
      const [alice, bob] = [await fresh(), await fresh()]
      const atBob = answering(bob, accept)
      const { call, peer } = await up('callee', alice, ...taken('Replaces='), ...tells(callee, 1), ...hungUp)
      const toBob = invite(alice, bob, {}, 'bob').call
      await toBob.established()
      expect(await call.transfer(toBob)).toMatchObject({ transferred: true })
      await peer.succeeded()
      // SIPp said so and did nothing: what was left of the call with Bob is ended by us.
      expect(await atBob[0]!.call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
    })

    it('an INFO with a package that we do not take: 469 with Recv-Info; with one that we take: ours to answer (RFC 6086)', async () => {
      const us = await party({ transports: [transport], infoPackages: ['conference'] })
      const heard: string[] = []
      answering(us, call => {
        call.events$.subscribe(event => {
          if (event.type !== 'dialog') return
          event.dialog.requests$.subscribe(info => {
            heard.push(info.request.header('info-package') ?? '')
            info.respond(200)
          })
        })
        accept(call)
      })
      const info = (cseq: number, name: string): Step =>
        caller.request('INFO', cseq, {
          headers: [
            ['Info-Package', name],
            ['Content-Disposition', 'Info-Package'],
          ],
          body: ['text/plain', 'mute'],
        })
      const peer = await sipp({
        ...scenario(
          caller.invite({ sdp: audio() }),
          response(100, { optional: true }),
          response(200, { route: true, headers: [['Recv-Info', 'conference']] }),
          caller.request('ACK', 1),
          info(2, 'unheard-of'),
          response(469, { headers: [['Recv-Info', 'conference']] }),
          info(3, 'conference'),
          response(200),
          ...hangsUp(4),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      expect(heard).toEqual(['conference'])
    })
  })
})
