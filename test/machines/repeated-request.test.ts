import { describe, expect } from 'vitest'
import { repeatedRequest } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { make, reply } from '../rules/support.ts'
import { absorbs, begin, row } from '../support/steps.ts'

const response = (status: number, headers: Readonly<Record<string, string>> = {}) =>
  reply(status, { CSeq: '1 PUBLISH', ...headers }, make('PUBLISH').method)
const ok = response(200, { Expires: '400' })
const success = { type: 'transaction.success', response: ok }
const none = { type: 'transaction.success', response: response(200, { Expires: '0' }) }
const refused = { type: 'transaction.failure', response: response(412) }
const error = new SipError('timeout', 'nobody answered')
const failed = { type: 'transaction.failed', error }
const told = (event: { response: unknown }) =>
  ['announce', { type: 'response', response: event.response }] as const
const due = { type: 'refresh.due' }

const asking = begin(repeatedRequest, { requested: 600 })
const active = asking.send(success)
const repeating = active.send(due)

describe('a repeated request', () => {
  row('is active with its 2xx, for what was granted', asking, success, {
    to: 'active',
    did: [told(success), ['grantRefresh', { expires: 400 }]],
  })
  row(
    'counts with what was asked for when the 2xx says nothing',
    asking,
    { ...success, response: response(200) },
    {
      to: 'active',
      did: [told({ response: expect.anything() }), ['grantRefresh', { expires: 600 }]],
    },
  )
  row(
    'tells provisional responses of the first request',
    asking,
    { type: 'transaction.provisional', response: reply(182) },
    {
      to: 'asking',
      did: [told({ response: expect.anything() })],
    },
  )
  absorbs('keeps those of the others to itself', repeating, {
    type: 'transaction.provisional',
    response: reply(182),
  })
  row('ends with a refusal of the first', asking, refused, {
    to: 'ended',
    did: [told(refused), ['stopRefresh']],
  })
  row('ends without an answer to the first', asking, failed, {
    to: 'ended',
    did: [['announce', { type: 'error', error }], ['stopRefresh']],
  })
  row('cannot use a 2xx that grants no time', asking, none, {
    to: 'ended',
    did: [told(none), ['announceEnd', expect.objectContaining({ code: 'malformed' })], ['stopRefresh']],
  })
  row('is repeated when it is due', active, due, { to: 'repeating', did: [['request']] })
  row(
    'is repeated when it is updated',
    active,
    { type: 'tu.update' },
    { to: 'repeating', did: [['request']] },
  )
  row('is active again with the next 2xx', repeating, success, {
    to: 'active',
    did: [told(success), ['grantRefresh', { expires: 400 }]],
  })
  row('ends with a refusal of a repetition', repeating, refused, {
    to: 'ended',
    did: [
      told(refused),
      ['announceEnd', expect.objectContaining({ code: 'terminated-with-response', status: 412 })],
      ['stopRefresh'],
    ],
  })
  row('ends without an answer to a repetition', repeating, failed, {
    to: 'ended',
    did: [['announce', { type: 'error', error }], ['announceEnd', error], ['stopRefresh']],
  })
  row('ends when it is terminated', active, { type: 'tu.terminate' }, { to: 'ended', did: [['stopRefresh']] })
  row(
    'ends when it is terminated meanwhile',
    repeating,
    { type: 'tu.terminate' },
    {
      to: 'ended',
      did: [['stopRefresh']],
    },
  )
  absorbs('is not terminated before it is active', asking, { type: 'tu.terminate' }, due)
})
