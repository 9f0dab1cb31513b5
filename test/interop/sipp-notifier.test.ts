/** SIPp subscribes to us: E09, E10, B13. RFC 6665 §4.2. */
import { BehaviorSubject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Notifier } from '../../src/index.ts'
import { against } from './support/installed.ts'
import { type Party, party } from './support/party.ts'
import { caller, contact, reply, request, response, type Step, scenario } from './support/scenario.ts'
import { sipp } from './support/sipp.ts'

const contentType = 'application/simple-message-summary'
const asks = (expires: number, event = 'message-summary') => ({
  headers: [
    ['Event', event],
    ['Accept', contentType],
    ['Expires', String(expires)],
  ] as const,
})

/** SIPp subscribes, first and again. */
const subscribes = (expires: number, event?: string): Step =>
  caller.invite(asks(expires, event), { method: 'SUBSCRIBE' })
const again = (cseq: number, expires: number): Step => caller.request('SUBSCRIBE', cseq, asks(expires))

/** It is told that, and says 200. */
const told = (state: string, ...body: readonly string[]): readonly Step[] => [
  request('NOTIFY', {
    headers: [
      ['Event', 'message-summary'],
      ['Subscription-State', state],
    ],
    body,
  }),
  reply(200, { headers: [['Contact', contact]] }),
]

against(['sipp'], 'SIPp and its subscriptions', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const fresh = async () => {
      const us: Party = await party({
        transports: [transport],
        events: ['message-summary', 'presence'],
        minExpires: 60,
      })
      const unread = new BehaviorSubject(0)
      const notifiers: Notifier[] = []
      us.connection.subscriptions$.subscribe(notifier => {
        notifiers.push(notifier)
        notifier.publish(unread, {
          contentType,
          format: count => `Messages-Waiting: ${count > 0 ? 'yes' : 'no'}\r\nVoice-Message: ${count}/0\r\n`,
        })
      })
      return { us, unread, notifiers }
    }

    it('E09: accepted, told at once, on each change, by a refresh, and by the end that SIPp wants', async () => {
      const { us, unread, notifiers } = await fresh()
      const peer = await sipp({
        ...scenario(
          subscribes(600),
          response(200, { route: true, headers: [['Expires', '600']] }),
          ...told('active;expires=600', 'Messages-Waiting: no'),
          ...told('active;expires=(600|599)', 'Voice-Message: 3/0'),
          again(2, 300),
          response(200, { headers: [['Expires', '300']] }),
          ...told('active;expires=300', 'Voice-Message: 3/0'),
          again(3, 30),
          response(423, { headers: [['Min-Expires', '60']] }),
          again(4, 0),
          response(200, { headers: [['Expires', '0']] }),
          ...told('terminated;reason=timeout', 'Voice-Message: 3/0'),
          again(5, 300),
          response(481),
        ),
        transport,
        target: us.port,
      })
      await us.until(() => us.received().includes('200 NOTIFY'))
      unread.next(3)
      await peer.succeeded()
      expect(notifiers.map(({ state }) => state)).toEqual([{ is: 'terminated', reason: 'timeout' }])
    })

    it('E09: is ended by us, when its time is over and when we want', async () => {
      const { us, unread } = await fresh()
      const flow = [
        subscribes(60),
        response(200, { route: true }),
        ...told('active;expires=60', 'Messages-Waiting: no'),
      ]
      const ended = await sipp({
        ...scenario(...flow, ...told('terminated;reason=noresource', 'Messages-Waiting: no')),
        transport,
        target: us.port,
      })
      await us.until(() => us.received().includes('200 NOTIFY'))
      unread.complete()
      await ended.succeeded()
    })

    it('E09: its time is over', async () => {
      const us = await party({ transports: [transport], events: ['message-summary'], speed: 60 })
      us.connection.subscriptions$.subscribe(notifier =>
        notifier.accept({ contentType, body: 'Messages-Waiting: no' }),
      )
      const peer = await sipp({
        ...scenario(
          subscribes(120),
          response(200, { route: true }),
          ...told('active;expires=120', 'Messages-Waiting: no'),
          ...told('terminated;reason=timeout', 'Messages-Waiting: no'),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
    })

    it('E10, B13: another event draws 489 with Allow-Events, which OPTIONS is told, too', async () => {
      const { us, notifiers } = await fresh()
      const peer = await sipp({
        ...scenario(
          subscribes(600, 'winfo'),
          response(489, { headers: [['Allow-Events', 'message-summary, presence']] }),
        ),
        transport,
        target: us.port,
      })
      await peer.succeeded()
      const asking = await sipp({
        ...scenario(
          caller.invite({}, { method: 'OPTIONS', lacksContact: true }),
          response(200, {
            headers: [
              ['Allow-Events', 'message-summary, presence'],
              ['Allow', 'SUBSCRIBE'],
            ],
          }),
        ),
        transport,
        target: us.port,
      })
      await asking.succeeded()
      expect(notifiers).toEqual([])
    })
  })
})
