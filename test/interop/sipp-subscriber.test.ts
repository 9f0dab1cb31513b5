/** We subscribe to SIPp: E01, E02, E03, E05, E06, E07, E11. RFC 6665 §4.1. */
import { describe, expect, it } from 'vitest'
import type { Notification, SipError, Subscription } from '../../src/index.ts'
import { against } from './support/installed.ts'
import { host, type Party, party } from './support/party.ts'
import {
  callee,
  contact,
  kept,
  ownTag,
  reply,
  request,
  response,
  type Step,
  scenario,
} from './support/scenario.ts'
import { type Sipp, type SippOptions, sipp } from './support/sipp.ts'

const contentType = 'application/simple-message-summary'
const event = 'message-summary'

/** We subscribe; `kept`, for an answer after other messages. */
const subscribed = (expires: number): Step =>
  request('SUBSCRIBE', {
    route: true,
    keep: kept('invite'),
    headers: [
      ['Event', event],
      ['Accept', contentType],
      ['Expires', String(expires)],
      ['To', '>$'],
    ],
  })

/** We ask again in the dialog. */
const again = (cseq: number, expires: number): Step =>
  request('SUBSCRIBE', {
    headers: [
      ['Event', event],
      ['Expires', String(expires)],
      ['CSeq', `${cseq} SUBSCRIBE`],
      ['To', 'tag=[0-9]+SIPp'],
    ],
  })

const granting = (expires: number) => ({
  headers: [
    ['Expires', String(expires)],
    ['Contact', contact],
  ] as const,
})
const granted = (expires: number): Step => reply(200, granting(expires), ownTag)

/** SIPp tells of so many messages, and we say 200. */
const tells = (cseq: number, state: string, unread?: number, about = event): readonly Step[] => [
  callee.request('NOTIFY', cseq, {
    headers: [
      ['Event', about],
      ['Subscription-State', state],
    ],
    ...(unread !== undefined && {
      body: [
        contentType,
        `Messages-Waiting: ${unread > 0 ? 'yes' : 'no'}\nVoice-Message: ${unread}/0`,
      ] as const,
    }),
  }),
  response(200),
]

/** What a NOTIFY told: its state and, when it has a body, the number of messages. */
const told = ({ state, reason, parsed }: Notification<typeof event>): string => {
  const how = reason === undefined ? state : `${state} ${reason}`
  return parsed !== undefined && 'counts' in parsed ? `${how} ${parsed.counts.voice?.new}` : how
}

interface Watched {
  readonly subscription: Subscription<typeof event>
  readonly notes: readonly string[]
  readonly errors: readonly SipError[]
  /** Each state once in a row. */
  readonly states: readonly string[]
}

against(['sipp'], 'SIPp as the notifier', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const serving = (steps: readonly Step[], options: Partial<SippOptions> = {}): Promise<Sipp> =>
      sipp({ ...scenario(...steps), transport, ...options })

    const fresh = (speed = 1): Promise<Party> => party({ transports: [transport], speed })

    const subscribe = ({ connection }: Party, { port }: Sipp, expires = 600): Watched => {
      const uri = `sip:sipp@${host}:${port};transport=${transport.toLowerCase()}`
      const subscription = connection.subscribe(uri, { event, accept: contentType, expires })
      const notes: string[] = []
      const errors: SipError[] = []
      const states: string[] = []
      subscription.notifications$.subscribe(notification => void notes.push(told(notification)))
      subscription.errors$.subscribe(error => void errors.push(error))
      subscription.state$.subscribe(({ is }) => {
        if (states.at(-1) !== is) states.push(is)
      })
      return { subscription, notes, errors, states }
    }

    it('E01, E06: told in the dialog, with bodies; unsubscribed, which the last NOTIFY ends', async () => {
      const peer = await serving([
        subscribed(600),
        granted(600),
        ...tells(1, 'pending'),
        ...tells(2, 'active;expires=599', 2),
        ...tells(3, 'active;expires=598', 3),
        again(2, 0),
        reply(200, granting(0)),
        ...tells(4, 'terminated;reason=timeout', 3),
      ])
      const us = await fresh()
      const { subscription, notes, errors, states } = subscribe(us, peer)
      await us.until(() => notes.length === 3)
      await subscription.unsubscribe()
      await peer.succeeded()
      expect(notes).toEqual(['pending', 'active 2', 'active 3', 'terminated timeout 3'])
      expect(states).toEqual(['notifyWait', 'pending', 'active', 'unsubscribing', 'terminated'])
      expect(errors).toEqual([])
    })

    it('E02: the NOTIFY before the 2xx makes the dialog', async () => {
      const peer = await serving([
        subscribed(600),
        ...tells(1, 'active;expires=600', 1),
        callee.answer(200, granting(600), { repeat: false }),
        ...tells(2, 'active;expires=600', 0),
        again(2, 0),
        reply(200, granting(0)),
        ...tells(3, 'terminated;reason=timeout'),
      ])
      const us = await fresh()
      const { subscription, notes, states } = subscribe(us, peer)
      await us.until(() => notes.length === 2)
      expect(us.received().slice(0, 2)).toEqual(['NOTIFY', '200 SUBSCRIBE'])
      await subscription.unsubscribe()
      await peer.succeeded()
      expect(notes).toEqual(['active 1', 'active 0', 'terminated timeout'])
      expect(states).toEqual(['notifyWait', 'active', 'unsubscribing', 'terminated'])
    })

    it('E03: renewed in the dialog before its time is over', async () => {
      const peer = await serving([
        subscribed(600),
        granted(120),
        ...tells(1, 'active;expires=120', 1),
        again(2, 600),
        reply(200, granting(120)),
        ...tells(2, 'active;expires=120', 1),
        again(3, 600),
        reply(200, granting(120)),
        ...tells(3, 'active;expires=120', 4),
        again(4, 0),
        reply(200, granting(0)),
        ...tells(4, 'terminated;reason=timeout', 4),
      ])
      const us = await fresh(60)
      const { subscription, notes } = subscribe(us, peer)
      await us.until(() => notes.length === 3, 8000)
      const [first, second, third] = us.times('out', 'SUBSCRIBE')
      // Half of the lifetime, in milliseconds of a clock that runs 60 times faster than SIPp answers.
      for (const span of [second! - first!, third! - second!]) {
        expect(span).toBeGreaterThanOrEqual(60_000)
        expect(span).toBeLessThan(120_000)
      }
      await subscription.unsubscribe()
      await peer.succeeded()
      expect(notes).toEqual(['active 1', 'active 1', 'active 4', 'terminated timeout 4'])
    })

    it('E05: 481 to the renewal ends it, and response and refresh can be had', async () => {
      const peer = await serving([
        subscribed(600),
        granted(120),
        ...tells(1, 'active;expires=120', 1),
        again(2, 600),
        reply(481),
      ])
      const us = await fresh(60)
      const { subscription, errors, states } = subscribe(us, peer)
      await us.until(() => errors.length === 1, 8000)
      await peer.succeeded()
      expect(errors).toMatchObject([{ code: 'terminated-with-response', status: 481 }])
      expect(subscription.refresh?.transaction?.lastResponse?.status).toBe(481)
      expect(states.at(-1)).toBe('terminated')
      expect(us.sent().filter(name => name === 'SUBSCRIBE')).toHaveLength(2)
    })

    it('asks for as long as the notifier wants (423), once', async () => {
      const peer = await serving([
        subscribed(600),
        reply(423, { headers: [['Min-Expires', '900']] }, ownTag),
        subscribed(900),
        granted(900),
        ...tells(1, 'active;expires=900', 1),
        again(3, 0),
        reply(200, granting(0)),
        ...tells(2, 'terminated;reason=timeout', 1),
      ])
      const us = await fresh()
      const { subscription, notes, errors } = subscribe(us, peer)
      await us.until(() => notes.length === 1)
      await subscription.unsubscribe()
      await peer.succeeded()
      expect(errors).toEqual([])

      const stubborn = await serving([
        subscribed(600),
        reply(423, { headers: [['Min-Expires', '900']] }, ownTag),
        subscribed(900),
        reply(423, { headers: [['Min-Expires', '1200']] }, ownTag),
      ])
      const refused = subscribe(us, stubborn)
      await us.until(() => refused.errors.length === 1)
      await stubborn.succeeded()
      expect(refused.errors).toMatchObject([{ code: 'rejected', status: 423 }])
      expect(refused.states).toEqual(['notifyWait', 'terminated'])
    })

    it('a package that SIPp does not know (489) is the end of it', async () => {
      const peer = await serving([
        subscribed(600),
        reply(489, { headers: [['Allow-Events', 'presence']] }, ownTag),
      ])
      const us = await fresh()
      const { subscription, errors, states } = subscribe(us, peer)
      await expect(subscription.notified()).rejects.toMatchObject({ code: 'rejected', status: 489 })
      await peer.succeeded()
      expect(errors.map(({ response }) => response?.header('allow-events'))).toEqual(['presence'])
      expect(states).toEqual(['notifyWait', 'terminated'])
    })

    it('E07: deactivated begins a new dialog at once, and waits when that is deactivated, too', async () => {
      const peer = await serving(
        [
          subscribed(600),
          granted(600),
          ...tells(1, 'active;expires=600', 1),
          ...tells(2, 'terminated;reason=deactivated', 1),
        ],
        { calls: 2 },
      )
      const us = await fresh()
      const { subscription, notes, states } = subscribe(us, peer)
      await us.until(() => notes.length === 4)
      await peer.succeeded()
      const asked = us.wire.filter(
        ({ direction, message }) =>
          direction === 'out' && message.kind === 'request' && message.method === 'SUBSCRIBE',
      )
      expect(new Set(asked.map(({ message }) => message.callId)).size).toBe(2)
      expect(asked).toHaveLength(2)
      expect(notes).toEqual(['active 1', 'terminated deactivated 1', 'active 1', 'terminated deactivated 1'])
      await us.until(() => subscription.state.is === 'resubscribing')
      expect(subscription.state).toMatchObject({ is: 'resubscribing', attempt: 2 })
      await subscription.unsubscribe()
      expect(states.at(-1)).toBe('terminated')
      expect(us.sent().filter(name => name === 'SUBSCRIBE')).toHaveLength(2)
    })

    it.each(['rejected', 'noresource'])('E07: %s is the end of it', async reason => {
      const peer = await serving([
        subscribed(600),
        granted(600),
        ...tells(1, 'pending;expires=600'),
        ...tells(2, `terminated;reason=${reason}`),
      ])
      const us = await fresh()
      const { subscription, notes, states } = subscribe(us, peer)
      await us.until(() => subscription.state.is === 'terminated')
      await peer.succeeded()
      expect(notes).toEqual(['pending', `terminated ${reason}`])
      expect(states).toEqual(['notifyWait', 'pending', 'terminated'])
      expect(subscription.state).toMatchObject({ reason })
      expect(us.sent().filter(name => name === 'SUBSCRIBE')).toHaveLength(1)
    })

    it('E11: two subscriptions to `talk` in one dialog, told apart by their id; what has neither gets 481', async () => {
      const talk = (id: string, more: readonly (readonly [string, string])[] = []): Step =>
        request('SUBSCRIBE', {
          headers: [['Event', `talk;id=${id}`], ...more],
          ...(id === 'a' && { route: true, keep: kept('invite') }),
        })
      const tellsOf = (cseq: number, id: string, state: string): readonly Step[] =>
        tells(cseq, state, undefined, `talk;id=${id}`)
      const [stray] = tellsOf(3, 'c', 'active')
      const peer = await serving([
        talk('a'),
        granted(600),
        ...tellsOf(1, 'a', 'active'),
        talk('b', [['To', 'tag=[0-9]+SIPp']]),
        reply(200, granting(600)),
        ...tellsOf(2, 'b', 'pending'),
        stray!,
        response(481),
        ...tellsOf(4, 'a', 'terminated;reason=noresource'),
        ...tellsOf(5, 'b', 'terminated;reason=rejected'),
      ])
      const us = await fresh()
      const uri = `sip:sipp@${host}:${peer.port};transport=${transport.toLowerCase()}`
      const first = us.connection.subscribe(uri, { event: 'talk', id: 'a' })
      await first.notified()
      const second = first.subscribe({ event: 'talk', id: 'b' })
      await us.until(() => first.state.is === 'terminated' && second.state.is === 'terminated')
      await peer.succeeded()
      expect([first.state, second.state]).toMatchObject([{ reason: 'noresource' }, { reason: 'rejected' }])
    })
  })
})
