import { describe, expect, it } from 'vitest'
import { keepAlive } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { reply } from '../rules/support.ts'
import { absorbs, begin, row } from '../support/steps.ts'

const least = 95_000
const most = 120_000
const start = (by: 'crlf' | 'stun' | 'options', fallsBack = false) =>
  begin(keepAlive, { by, fallsBack, least, most, seed: 7 })
const answered = (mapped?: string) => ({ type: 'keep.answered', ...(mapped !== undefined && { mapped }) })
const failed = { type: 'transaction.failed', error: new SipError('timeout', 'no answer') }
const seen = (received: string) => ({
  type: 'transaction.success',
  response: reply(200, { Via: `SIP/2.0/UDP a;branch=z9hG4bK1;received=${received};rport=40000` }, 'OPTIONS'),
})

describe('keep-alive by CRLF (RFC 5626 §4.4.1)', () => {
  const pinging = start('crlf')
  const resting = pinging.send(answered())

  it('asks at once and waits 10 s', () => {
    expect([pinging.value, pinging.did, pinging.timers]).toEqual([
      { probing: 'pinging' },
      [['ping', { probe: 1 }]],
      { pongWithin: 10_000 },
    ])
  })
  row('is dead without a pong', pinging, 'pongWithin', { to: 'dead', did: [['flowDead']] })
  it('rests after a pong for a time within the range, another each time', () => {
    const times: number[] = []
    for (let step = resting, n = 0; n < 8; n += 1) {
      expect(step.value).toBe('resting')
      times.push(step.timers.interval!)
      step = step.after('interval', answered())
    }
    expect(Math.min(...times)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...times)).toBeLessThanOrEqual(most)
    expect(new Set(times).size).toBe(8)
  })
  row('asks again', resting, 'interval', {
    to: { probing: 'pinging' },
    did: [['ping', { probe: 2 }]],
    timers: { pongWithin: 10_000 },
  })
  absorbs('has no use for a pong that comes twice', resting, answered())
  row('ends with its flow', resting, { type: 'flow.closed' }, { to: 'stopped' })
  row('ends when nobody needs it', pinging, { type: 'tu.stop' }, { to: 'stopped' })
  it('takes other intervals', () => {
    const step = resting
      .send({ type: 'keep.spread', least: 8000, most: 10_000 })
      .after('interval', answered())
    expect(step.timers.interval).toBeGreaterThanOrEqual(8000)
    expect(step.timers.interval).toBeLessThanOrEqual(10_000)
  })
})

describe('keep-alive by STUN (RFC 5626 §4.4.2, RFC 5389 §7.2.1)', () => {
  const first = start('stun')
  it('sends seven copies, each after twice the time, and waits 16 times the first', () => {
    const waits: number[] = []
    let step = first
    for (; typeof step.value === 'object'; step = step.fire('repeat')) {
      expect(step.did).toEqual([['ping', { probe: 1 }]])
      waits.push(step.timers.repeat!)
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 8000])
    expect([step.value, step.did]).toEqual(['dead', [['flowDead']]])
  })
  row(
    'is dead at once where the network says that nobody is there',
    first,
    { type: 'keep.refused' },
    {
      to: 'dead',
      did: [['flowDead']],
    },
  )
  const known = first.send(answered('192.0.2.1:40000')).fire('interval')
  it('goes on while the address stays', () =>
    expect(known.send(answered('192.0.2.1:40000')).value).toBe('resting'))
  row('is dead when the mapped address changes', known, answered('192.0.2.1:40001'), {
    to: 'dead',
    did: [['flowDead']],
  })
})

describe('keep-alive by OPTIONS', () => {
  const asking = start('options')
  it('takes any answer for a sign of life', () => {
    expect(asking.did).toEqual([['ask']])
    for (const type of ['transaction.success', 'transaction.failure'])
      expect(asking.send({ type, response: reply(403) }).value).toBe('resting')
  })
  row('is dead without', asking, failed, { to: 'dead', did: [['flowDead']] })
  row(
    'is dead when the Via of the answer shows another address (RFC 3581)',
    asking.after(seen('198.51.100.1'), 'interval'),
    seen('198.51.100.2'),
    { to: 'dead', did: [['flowDead']] },
  )
  row('stands in for a means that the peer ignores from the beginning', start('crlf', true), 'pongWithin', {
    to: { probing: 'asking' },
    did: [['ask']],
  })
  row(
    'does not stand in for one that it has answered before',
    start('crlf', true).after(answered(), 'interval'),
    'pongWithin',
    { to: 'dead', did: [['flowDead']] },
  )
})
