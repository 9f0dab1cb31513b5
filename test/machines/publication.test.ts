import { describe, expect, it } from 'vitest'
import { publication } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { reply } from '../rules/support.ts'
import { absorbs, begin, row } from '../support/steps.ts'

const response = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '1 PUBLISH', ...headers }, 'PUBLISH')
const ok = { type: 'transaction.success', response: response(200, { 'SIP-ETag': 'a1', Expires: '600' }) }
const again = { type: 'transaction.success', response: response(200, { 'SIP-ETag': 'a2', Expires: '300' }) }
const useless = { type: 'transaction.success', response: response(200, { Expires: '600' }) }
const refused = { type: 'transaction.failure', response: response(403) }
const lost = { type: 'transaction.failure', response: response(412) }
const brief = (least: string) => ({
  type: 'transaction.failure',
  response: response(423, { 'Min-Expires': least }),
})
const error = new SipError('timeout', 'nobody answered')
const failed = { type: 'transaction.failed', error }
const go = { type: 'turn.go' }
const due = { type: 'refresh.due' }
const remove = { type: 'tu.remove' }
const change = { type: 'tu.update', content: true }

const told = (event: { response: unknown }) =>
  ['announce', { type: 'response', response: event.response }] as const
const fails = (code: string) =>
  [
    ['announce', { type: 'error', error: expect.objectContaining({ code }) }],
    ['settle', { error: expect.objectContaining({ code }) }],
  ] as const
const stop = ['stopRefresh'] as const
const [join, leave] = [['joinQueue'] as const, ['leaveQueue'] as const]
const publish = (etag: string | undefined, expires: number, content: boolean) =>
  ['publish', { etag, expires, content }] as const

const input = { requested: 600, maxMinExpires: 7200, refreshes: true }
const queued = begin(publication, input)
const asked = queued.send(go)
const idle = asked.send(ok)
const renewing = idle.send(due).send(go)
const changing = idle.send(change).send(go)
const removing = idle.send(remove)
const briefly = begin(publication, { ...input, refreshes: false }).after(go, ok)

describe('a publication', () => {
  it('waits for its turn first', () => {
    expect([queued.value, queued.did]).toEqual([{ publishing: 'queued' }, [join]])
  })
  row('then publishes its state', queued, go, {
    to: { publishing: 'asked' },
    did: [publish(undefined, 600, true)],
  })
  row('is live with a 2xx, and renewed', asked, ok, {
    timers: { lifetime: 600_000 },
    to: { live: 'idle' },
    did: [
      leave,
      told(ok),
      ['settle', {}],
      ['grantRefresh', { expires: 600 }],
      ['noteGrant', { etag: 'a1', granted: 600 }],
    ],
  })
  row('cannot use a 2xx without an entity tag (§4.1)', asked, useless, {
    to: 'terminated',
    did: [leave, told(useless), ...fails('malformed'), stop],
  })
  row('ends with a refusal', asked, refused, {
    to: 'terminated',
    did: [leave, told(refused), ...fails('rejected'), stop],
  })
  row('ends without an answer', asked, failed, { to: 'terminated', did: [leave, ...fails('timeout'), stop] })
  row('asks for longer, once (423)', asked, brief('1200'), {
    to: { publishing: 'asked' },
    did: [publish(undefined, 1200, true)],
  })
  it.each([
    ['a second time', asked.send(brief('1200')), '1800'],
    ['for longer than is allowed', asked, '9000'],
    ['for what was asked for', asked, '600'],
  ])('does not ask %s', (_, from, least) => {
    expect(from.send(brief(least)).value).toBe('terminated')
  })
  row('waits for its turn to be renewed', idle, due, {
    timers: { lifetime: 600_000 },
    to: { live: { refreshing: 'queued' } },
    did: [join],
  })
  row('is renewed without its state, by its tag (§4.3)', idle.send(due), go, {
    timers: { lifetime: 600_000 },
    to: { live: { refreshing: 'asked' } },
    did: [publish('a1', 600, false)],
  })
  row('has another tag then', renewing, again, {
    timers: { lifetime: 300_000 },
    to: { live: 'idle' },
    did: [
      leave,
      told(again),
      ['settle', {}],
      ['grantRefresh', { expires: 300 }],
      ['noteGrant', { etag: 'a2', granted: 300 }],
    ],
  })
  row('ends with a refusal of its renewal', renewing, refused, {
    to: 'terminated',
    did: [leave, told(refused), ...fails('terminated-with-response'), stop],
  })
  row('is published anew when the server has lost it (§5)', renewing, lost, {
    to: { publishing: 'queued' },
    did: [leave, told(lost), join],
  })
  it('is whole then, and has no tag', () => {
    expect(renewing.after(lost, go).did).toEqual([publish(undefined, 600, true)])
  })
  row('sends a change with its tag (§4.4)', idle.send(change), go, {
    timers: { lifetime: 600_000 },
    to: { live: { refreshing: 'asked' } },
    did: [publish('a1', 600, true)],
  })
  row('stays as it was when a change is refused', changing, refused, {
    timers: { lifetime: 600_000 },
    to: { live: 'idle' },
    did: [leave, told(refused), ...fails('rejected')],
  })
  row('stays as it was when nobody answers a change', changing, failed, {
    timers: { lifetime: 600_000 },
    to: { live: 'idle' },
    did: [leave, ...fails('timeout')],
  })
  it('sends what was wanted meanwhile as one', () => {
    const waiting = changing.after(change, { type: 'tu.update', content: true, expires: 900 })
    expect(waiting.did).toEqual([])
    const next = waiting.send(ok)
    expect(next.value).toEqual({ live: { refreshing: 'queued' } })
    expect(next.send(go).did).toEqual([publish('a1', 900, true)])
  })
  row('is taken back with its tag (§4.5)', removing, go, {
    to: { removing: 'asked' },
    did: [publish('a1', 0, false)],
  })
  it.each([ok, refused, lost])('is removed with any answer', answer => {
    const ended = removing.after(go, answer)
    expect([ended.value, ended.did]).toEqual(['removed', [leave, told(answer), stop]])
  })
  row('is removed without an answer, too', removing.send(go), failed, {
    to: 'removed',
    did: [leave, ...fails('timeout'), stop],
  })
  row('is taken back at once before its first turn', queued, remove, { to: 'removed', did: [leave, stop] })
  it('is taken back when the answer to what is under way is there', () => {
    expect(asked.send(remove).did).toEqual([])
    expect(asked.after(remove, ok).value).toEqual({ removing: 'queued' })
    expect(asked.after(remove, refused).value).toBe('removed')
    expect(changing.after(remove, refused).value).toEqual({ removing: 'queued' })
  })
  it('ends with its time when it is not renewed', () => {
    expect(briefly.timers).toEqual({ lifetime: 600_000 })
    expect(briefly.fire('lifetime').value).toBe('expired')
    // A change under way decides.
    const late = briefly.after(change, go).fire('lifetime')
    expect(late.value).toEqual({ live: { refreshing: 'asked' } })
    expect([late.send(again).value, late.send(refused).value]).toEqual([{ live: 'idle' }, 'expired'])
  })
  absorbs('hears of 100 and says nothing of it', asked, {
    type: 'transaction.provisional',
    response: response(100),
  })
})
