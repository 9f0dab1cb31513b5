import { describe, it } from 'vitest'
import { standAlone } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, request as build } from '../support/build.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const request = build('MESSAGE')
const [trying, progress, ok, refused] = [
  answerTo(request, 100),
  answerTo(request, 183),
  answerTo(request, 200),
  answerTo(request, 404),
] as const
const error = new SipError('timeout', 'nobody answered')
const pending = begin(standAlone, undefined as never)
const told = (response: unknown) => ['announce', { type: 'response', response }] as const

describe('a request that stands alone', () => {
  it('is sent at once (§8.1)', () => expectStep(pending, { to: 'pending', did: [['request']] }))
  row(
    'tells provisional responses',
    pending,
    { type: 'transaction.provisional', response: progress },
    {
      to: 'pending',
      did: [told(progress)],
    },
  )
  absorbs('keeps a 100 to itself', pending, { type: 'transaction.provisional', response: trying })
  row(
    'ends with a 2xx',
    pending,
    { type: 'transaction.success', response: ok },
    { to: 'ended', did: [told(ok)] },
  )
  row(
    'ends with any other final response, told twice: as response and as error',
    pending,
    { type: 'transaction.failure', response: refused },
    {
      to: 'ended',
      did: [told(refused), ['announceRejection', refused]],
    },
  )
  row(
    'ends when no answer comes (§8.1.3.1)',
    pending,
    { type: 'transaction.failed', error },
    {
      to: 'ended',
      did: [['announce', { type: 'error', error }], ['endUsage']],
    },
  )
  const unreachable = new SipError('transport', 'no route')
  row(
    'takes nothing along when it could not be sent',
    pending,
    { type: 'transaction.failed', error: unreachable },
    { to: 'ended', did: [['announce', { type: 'error', error: unreachable }]] },
  )
})
