/** What a SUBSCRIBE asks, what we grant, what a NOTIFY says. RFC 6665 §4.2, §8.2. */
import { describe, expect, it } from 'vitest'
import { acceptsOf, askedOf, losesDialog, noticeHeaders, retryOf } from '../../src/rules/notify.ts'
import { make, reply } from './support.ts'

const subscribe = (lines: Readonly<Record<string, string | undefined>>) =>
  make('SUBSCRIBE', { Event: 'presence', ...lines })
const refusal = (status: number, lines: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '2 NOTIFY', ...lines }, 'NOTIFY')

describe('what a SUBSCRIBE asks for (§4.2.1.1)', () => {
  it.each([
    ['3600 s when it says nothing', {}, 0, { event: { event: 'presence' }, expires: 3600 }],
    [
      'what it says',
      { Expires: '60', Event: 'talk;id=7' },
      0,
      { event: { event: 'talk', id: '7' }, expires: 60 },
    ],
    ['once only', { Expires: '0' }, 600, { event: { event: 'presence' }, expires: 0 }],
    ['just the least', { Expires: '600' }, 600, { event: { event: 'presence' }, expires: 600 }],
    [
      'an hour, whatever the least',
      { Expires: '3600' },
      7200,
      { event: { event: 'presence' }, expires: 3600 },
    ],
  ])('%s', (_, lines, least, expected) => expect(askedOf(subscribe(lines), least)).toEqual(expected))

  it.each([
    ['too brief', { Expires: '599' }, 600, { status: 423, headers: [['Min-Expires', '600']] }],
    ['too brief for any', { Expires: '3599' }, 7200, { status: 423, headers: [['Min-Expires', '3600']] }],
    ['no number', { Expires: 'soon' }, 0, { status: 400, reason: 'Bad Request - Expires', headers: [] }],
    ['negative', { Expires: '-1' }, 0, { status: 400, reason: 'Bad Request - Expires', headers: [] }],
    [
      'no event',
      { Event: undefined },
      0,
      { status: 400, reason: 'Bad Request - no readable Event', headers: [] },
    ],
  ])('refused: %s', (_, lines, least, reply) => expect(askedOf(subscribe(lines), least)).toEqual({ reply }))

  it('the types it reads', () => {
    expect(acceptsOf(subscribe({ Accept: 'application/pidf+xml, text/plain;q=0.5' }))).toEqual([
      'application/pidf+xml',
      'text/plain',
    ])
    expect(acceptsOf(subscribe({}))).toEqual([])
  })
})

describe('what follows from a refused NOTIFY (§4.2.2, RFC 5057 §5.1)', () => {
  it.each([
    [500, { 'Retry-After': '5' }, 5],
    [503, { 'Retry-After': '18000;duration=3600' }, 18000],
    [503, { 'Retry-After': '120 (I am in a meeting)' }, 120],
    [503, {}, undefined],
    [500, { 'Retry-After': 'later' }, undefined],
    // These end it, whatever else they say.
    [480, { 'Retry-After': '5' }, undefined],
    [481, { 'Retry-After': '5' }, undefined],
    [489, { 'Retry-After': '5' }, undefined],
    [404, { 'Retry-After': '5' }, undefined],
  ])('%i with %j: again after %s s', (status, lines, seconds) =>
    expect(retryOf(refusal(status, lines))).toBe(seconds),
  )

  it.each([
    [404, true],
    [481, false],
    [489, false],
    [500, false],
  ])('%i loses the dialog: %s', (status, lost) => expect(losesDialog(refusal(status))).toBe(lost))
})

describe('what a NOTIFY says (§4.1.3)', () => {
  const event = { event: 'presence', id: '7' }
  it.each([
    [{ standing: 'active' }, 'active;expires=60'],
    [{ standing: 'pending' }, 'pending;expires=60'],
    [{ standing: 'active', ending: { reason: 'noresource' } }, 'terminated;reason=noresource'],
    [
      { standing: 'pending', ending: { reason: 'giveup', retryAfter: 9 } },
      'terminated;reason=giveup;retry-after=9',
    ],
  ] as const)('%j', (notice, state) =>
    expect(noticeHeaders(event, notice, 60)).toEqual([
      ['Event', 'presence;id=7'],
      ['Subscription-State', state],
    ]),
  )
})
