/** Several branches answer one INVITE of ours: D06 to D08, with SIPp alone and behind Kamailio. RFC 3261 §13.2.2.4. */
import { describe, expect, it } from 'vitest'
import { invite } from './support/calls.ts'
import { against } from './support/installed.ts'
import { kamailio } from './support/kamailio.ts'
import { host, type Party, party } from './support/party.ts'
import { audio, callee, hungUp, reply, request, scenario } from './support/scenario.ts'
import { sipp } from './support/sipp.ts'

against(['sipp'], 'SIPp in two branches', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const fresh = (): Promise<Party> => party({ transports: [transport] })

    it('D06, D07: two branches: two early dialogs, two calls, an ACK each', async () => {
      const us = await fresh()
      const [first, second] = [{ tag: 'first' }, { tag: 'second' }]
      const peer = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(183, {}, first),
          callee.answer(180, {}, second),
          callee.answer(200, { sdp: audio() }, { ...first, repeat: false }),
          request('ACK', { headers: [['To', 'tag=first']] }),
          callee.answer(200, { sdp: audio() }, { ...second, repeat: false }),
          request('ACK', { headers: [['To', 'tag=second']] }),
          request('BYE', { headers: [['To', 'tag=second']] }),
          reply(200),
          request('BYE', { headers: [['To', 'tag=first']] }),
          reply(200),
        ),
        transport,
      })
      const { call } = invite(us, peer)
      const tags: string[] = []
      call.forks$.subscribe(({ dialog }) => tags.push(dialog.remoteTag ?? ''))
      await call.established()
      await us.until(() => call.forks[1]?.call !== undefined)
      const [, other] = call.forks
      await other!.call!.established()
      expect(tags).toEqual(['first', 'second'])
      await other!.hangUp()
      await call.hangUp()
      await peer.succeeded()
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'ACK', 'BYE', 'BYE'])
    })

    it('D08: a second 2xx that nobody wants: ACK and BYE', async () => {
      const us = await fresh()
      const peer = await sipp({
        ...scenario(
          callee.invited(),
          callee.answer(200, { sdp: audio() }, { tag: 'first', repeat: false }),
          request('ACK', { headers: [['To', 'tag=first']] }),
          callee.answer(200, { sdp: audio() }, { tag: 'second', repeat: false }),
          request('ACK', { headers: [['To', 'tag=second']] }),
          request('BYE', { headers: [['To', 'tag=second']] }),
          reply(200),
          request('BYE', { headers: [['To', 'tag=first']] }),
          reply(200),
        ),
        transport,
      })
      const { call } = invite(us, peer, { forking: 'first' })
      await call.established()
      await us.until(() => us.received().includes('200 BYE'))
      expect(call.state.is).toBe('confirmed')
      await call.hangUp()
      await peer.succeeded()
    })
  })
})

against(['sipp', 'kamailio'], 'Kamailio that forks to two SIPp', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const parameter = `;transport=${transport.toLowerCase()}`

    /** Kamailio with two places behind it: `late` answers although it is cancelled, as a 200 on its way does. */
    const places = async () => {
      const quick = await sipp({
        ...scenario(
          callee.invited({ proxied: true }),
          callee.answer(180),
          '<pause milliseconds="150"/>',
          callee.answer(200, { sdp: audio() }),
          request('ACK'),
          ...hungUp,
        ),
        transport,
      })
      const late = await sipp({
        ...scenario(
          callee.invited({ proxied: true, keep: [['recorded', 'Record-Route']] }),
          callee.answer(180),
          request('CANCEL'),
          reply(200),
          callee.answer(200, { sdp: audio(), headers: [['Record-Route', '[$recorded]']] }),
          request('ACK'),
          ...hungUp,
        ),
        transport,
      })
      const proxy = await kamailio()
      const us = await party({ transports: [transport] })
      const place = (port: number): string => `${host}:${port}`
      const uri = `sip:fork@${host}:${proxy.port}${parameter};a=${place(quick.port)};b=${place(late.port)}`
      return { quick, late, us, uri: uri.replaceAll(/=127\.0\.0\.1:/g, '=') }
    }

    it('D06, D07: each answer makes a call, each is hung up along its route', async () => {
      const { quick, late, us, uri } = await places()
      const call = us.connection.invite(uri)
      const tags = new Set<string>()
      call.forks$.subscribe(({ dialog }) => tags.add(dialog.remoteTag))
      await call.established()
      await us.until(() => call.forks.every(fork => fork.call !== undefined))
      expect(tags.size).toBe(2)
      const other = call.forks.find(fork => fork.call !== call)!.call!
      await other.established()
      expect(call.dialog!.routeSet).toHaveLength(1)
      await other.hangUp()
      await call.hangUp()
      await quick.succeeded()
      await late.succeeded()
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'ACK', 'BYE', 'BYE'])
    })

    it('D08: with `forking: first` the one that comes late gets ACK and BYE', async () => {
      const { quick, late, us, uri } = await places()
      const call = us.connection.invite(uri, { forking: 'first' })
      await call.established()
      await late.succeeded()
      expect(call.state.is).toBe('confirmed')
      await call.hangUp()
      await quick.succeeded()
      expect(us.sent()).toEqual(['INVITE', 'ACK', 'ACK', 'BYE', 'BYE'])
    })
  })
})
