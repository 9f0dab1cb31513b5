import { describe, expect, it } from 'vitest'
import { flow } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { arms, begin, row } from '../support/steps.ts'

const limits = { idleLimit: 120_000, messageLimit: 32_000 }
const idleLimit = 120_000
const opening = begin(flow, { ...limits, stream: true, open: false })
const idle = opening.send({ type: 'flow.opened' })
const part = { type: 'flow.received', partial: true }
const whole = { type: 'flow.received', partial: false }
const receiving = idle.send(part)
const bound = begin(flow, { ...limits, stream: false, open: true })
const error = new SipError('transport', 'reset')

describe('flow', () => {
  row(
    'is ready when the stream is open (§18.1.1)',
    opening,
    { type: 'flow.opened' },
    {
      to: { open: 'idle' },
      did: [['flowReady']],
      timers: { idleLimit },
    },
  )
  row(
    'tells that the stream could not be opened (§18.4)',
    opening,
    { type: 'flow.closed', error },
    {
      to: 'closed',
      did: [['flowGone', { error }]],
    },
  )
  row(
    'is closed by its owner while it opens',
    opening,
    { type: 'tu.close' },
    { to: 'opening', did: [['closeFlow']] },
  )
  row('waits anew after each message that came', idle, whole, { to: { open: 'idle' }, timers: { idleLimit } })
  row(
    'waits anew after each message that went',
    idle,
    { type: 'flow.sent' },
    { to: { open: 'idle' }, timers: { idleLimit } },
  )
  row('closes a stream that is silent for too long', idle, 'idleLimit', {
    to: { open: 'idle' },
    did: [['closeFlow']],
  })
  row(
    'tells that a bound socket is gone',
    bound,
    { type: 'flow.closed', error },
    {
      to: 'closed',
      did: [['flowGone', { error }]],
    },
  )
  row(
    'closes a bound socket for its owner',
    bound,
    { type: 'tu.close' },
    {
      to: 'bound',
      did: [['closeFlow']],
    },
  )
  row('gives a message a limited time to become whole (§18.3)', idle, part, {
    to: { open: 'receiving' },
    timers: { messageLimit: 32_000 },
  })
  row('gives it no more time for further parts (§18.3)', receiving, part, {
    to: { open: 'receiving' },
    timers: { messageLimit: 32_000 },
  })
  row('is idle again when the message is whole', receiving, whole, {
    to: { open: 'idle' },
    timers: { idleLimit },
  })
  row('closes a stream that does not finish its message', receiving, 'messageLimit', {
    to: { open: 'receiving' },
    did: [['closeFlow']],
  })
  row(
    'tells that the stream is gone, and why',
    receiving,
    { type: 'flow.closed', error },
    {
      to: 'closed',
      did: [['flowGone', { error }]],
    },
  )
  row(
    'tells that the stream is gone without a fault',
    idle,
    { type: 'flow.closed' },
    { to: 'closed', did: [['flowGone', {}]] },
  )
  row(
    'is over when its peer does not answer any more (RFC 5626 §4.4)',
    idle,
    { type: 'flow.died', error },
    { to: 'closed', did: [['closeFlow'], ['flowGone', { error }]] },
  )
  row(
    'is closed by its owner',
    idle,
    { type: 'tu.close' },
    {
      to: { open: 'idle' },
      did: [['closeFlow']],
      timers: { idleLimit },
    },
  )
})

describe('the limits of a flow', () => {
  it('are none for a bound socket: it arms no timer', () => {
    expect(bound.value).toBe('bound')
    expect(bound.timers).toEqual({})
  })
  arms('begin anew with a message that came', idle, whole, 'idleLimit')
  arms('begin anew with a message that went', idle, { type: 'flow.sent' }, 'idleLimit')
  arms('do not begin anew with a part of a message (§18.3)', receiving, part)
})
