import { describe, expect, it } from 'vitest'
import { description, offerAnswer } from '../../machines/index.ts'
import { rfc3261 } from '../../machines/timers.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'
import { sdp } from '../support/text.ts'

const [ours, theirs] = [sdp('192.0.2.1'), sdp('192.0.2.2')]
const two = `${theirs}m=video 5000 RTP/AVP 31\r\n`
const event = (type: string, text: string) => ({ type, sdp: text })

const none = begin(offerAnswer, undefined)
const offered = none.send(event('offer.sent', ours))
const received = none.send(event('offer.received', theirs))
const stable = offered.send(event('answer.received', theirs))
const again = stable.send(event('offer.sent', ours.replace('sendrecv', 'sendonly')))

describe('offer and answer', () => {
  it('begins with nothing, an offer of ours or of the peer (RFC 3264 §4)', () => {
    expectStep(none, { to: 'none' })
    expectStep(offered, { to: 'offered' })
    expectStep(received, { to: 'received' })
  })

  row('an answer agrees (RFC 3264 §7)', offered, event('answer.received', theirs), {
    to: 'stable',
    did: [['agree', { local: ours, remote: theirs, offerer: 'local' }]],
  })
  row('an answer of ours agrees', received, event('answer.sent', ours), {
    to: 'stable',
    did: [['agree', { local: ours, remote: theirs, offerer: 'remote' }]],
  })

  it('keeps a preview, and what was agreed while the next offer waits (RFC 3261 §13.2.1)', () => {
    const previewed = offered.send(event('answer.previewed', theirs))
    expectStep(previewed, { to: 'offered' })
    expect(previewed.context).toMatchObject({ offer: ours, preview: theirs })
    expect(previewed.send(event('answer.received', theirs)).context).toEqual({
      agreed: { local: ours, remote: theirs, offerer: 'local' },
      offer: undefined,
      preview: undefined,
    })
    expect(again.context).toMatchObject({ agreed: { local: ours, remote: theirs } })
  })

  row('what fails leaves nothing behind at first', offered, { type: 'exchange.withdrawn' }, { to: 'none' })
  row(
    'and later the session as it was (RFC 6141 §3)',
    again,
    { type: 'exchange.withdrawn' },
    { to: 'stable' },
  )

  row('an answer that does not fit breaks the rules', again, event('answer.received', two), {
    to: 'stable',
    did: [
      [
        'violate',
        { part: 'answer', by: 'remote', fault: 'the answer has 2 media descriptions, the offer 1' },
      ],
    ],
  })
  row('so does one of ours', received, event('answer.sent', two), {
    to: 'none',
    did: [
      ['violate', { part: 'answer', by: 'local', fault: 'the answer has 2 media descriptions, the offer 1' }],
    ],
  })
  for (const [state, step] of [
    ['offered', offered],
    ['received', received],
  ] as const) {
    for (const [by, type] of [
      ['local', 'offer.sent'],
      ['remote', 'offer.received'],
    ] as const) {
      row(`a second offer while ${state}: ${by} (RFC 3264 §4)`, step, event(type, two), {
        to: state,
        did: [['violate', { part: 'offer', by, fault: 'an offer is still unanswered' }]],
      })
    }
  }
  absorbs('a repeated answer says nothing new', stable, event('answer.received', ours))
  row('ends with its dialog', stable, { type: 'dialog.ended' }, { to: 'ended' })
})

describe('a description that is asked for', () => {
  const asked = begin(description, { timers: rfc3261 })
  row('is settled', asked, { type: 'tu.described' }, { to: 'settled' })
  row('or given up after 64·T1', asked, 'tooLong', { to: 'settled', did: [['giveUp']] })
})
