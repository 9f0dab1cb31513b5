import { describe, expect, it } from 'vitest'
import { pagerMessage } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { reply } from '../rules/support.ts'
import { absorbs, begin, row } from '../support/steps.ts'

const response = (status: number) => reply(status, { CSeq: '1 MESSAGE' }, 'MESSAGE')
const ok = { type: 'transaction.success', response: response(202) }
const refused = { type: 'transaction.failure', response: response(415) }
const ringing = { type: 'transaction.provisional', response: response(180) }
const error = new SipError('in-use', 'too many wait')
const failed = { type: 'transaction.failed', error }
const told = (event: { response: unknown }) =>
  ['announce', { type: 'response', response: event.response }] as const

const queued = begin(pagerMessage, undefined)
const pending = queued.send({ type: 'turn.go' })

describe('a MESSAGE', () => {
  it('waits for its turn', () => expect([queued.value, queued.did]).toEqual(['queued', [['joinQueue']]]))
  row(
    'is sent when its turn has come (RFC 3428 §8)',
    queued,
    { type: 'turn.go' },
    {
      to: 'pending',
      did: [['request']],
    },
  )
  row('fails when too many wait', queued, failed, {
    to: 'ended',
    did: [['announce', { type: 'error', error }], ['leaveQueue']],
  })
  row('gives its turn to the next with its answer', pending, ok, {
    to: 'ended',
    did: [told(ok), ['leaveQueue']],
  })
  row('is told refused', pending, refused, {
    to: 'ended',
    did: [told(refused), ['announceRejection', refused.response], ['leaveQueue']],
  })
  row('ends without an answer', pending, failed, {
    to: 'ended',
    did: [['announce', { type: 'error', error }], ['leaveQueue']],
  })
  row('tells provisional responses', pending, ringing, { to: 'pending', did: [told(ringing)] })
  absorbs('but not a 100', pending, { type: 'transaction.provisional', response: response(100) })
})
