/** A line from start to stop: what its profile tells it, and the order in which it ends. RConnection. */
import { describe, expect, it } from 'vitest'
import { line } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const start = { type: 'tu.start' }
const stop = { type: 'tu.stop', sessions: ['call.1', 'subscription.2'] }
const close = { type: 'tu.close', sessions: ['call.1'] }
const registering = { type: 'profile.registering' }
const registered = { type: 'profile.registered' }
const released = { type: 'profile.released' }
const gone = { type: 'sessions.gone' }
const lost = new SipError('transport', 'the network is lost')
const waiting = { type: 'profile.waiting', error: lost }
const forbidden = new SipError('forbidden', '403')
const dropped = { type: 'profile.dropped', error: forbidden }
const ending = (...sessions: string[]) => [['endSessions', sessions]] as const

const fresh = begin(line, undefined)
const starting = fresh.send(start)
const active = starting.send(registered)
const stopping = active.send(stop)

describe('a line', () => {
  row('uses its profile when it is started', fresh, start, { to: 'starting', did: [['useProfile']] })
  absorbs('is started once', starting, start, released, gone)
  row('is active when the profile is registered', starting, registered, { to: 'active' })
  row('has failed when the profile has dropped it', starting, dropped, {
    to: 'failed',
    did: [['reportFailure', forbidden]],
  })
  row('can be started again then', starting.send(dropped), start, { to: 'starting', did: [['useProfile']] })
  row('waits while the profile tries again by itself', starting, waiting, { to: 'starting' })
  row('starts over by itself when the network is lost', active, waiting, { to: 'starting' })
  row('starts over when the profile moves to another registrar', active, registering, { to: 'starting' })
  row('fails when somebody forces the profile to end', active, dropped, {
    to: 'failed',
    did: [['reportFailure', forbidden]],
  })
  it('remembers why it is not registered until it is', () => {
    const down = active.send(waiting)
    expect(down.context).toMatchObject({ error: lost, waits: true })
    expect(down.send(registered).context).toMatchObject({ error: undefined, waits: false })
  })
})

describe('a line that ends', () => {
  row('ends calls and subscriptions first', active, stop, {
    to: { stopping: 'sessions' },
    did: ending('call.1', 'subscription.2'),
  })
  row('then the use of its profile', stopping, gone, {
    to: { stopping: 'profile' },
    did: [['releaseProfile']],
  })
  row('is stopped when that is over', stopping.send(gone), released, { to: 'stopped' })
  row('can be started again', stopping.after(gone, released), start, {
    to: 'starting',
    did: [['useProfile']],
  })
  absorbs('is not started while it stops', stopping, start, registered, waiting, dropped)
  row('waits for an attempt that is under way', starting, stop, { to: 'starting' })
  row('and stops when it has succeeded', starting.send(stop), registered, {
    to: { stopping: 'sessions' },
    did: ending('call.1', 'subscription.2'),
  })
  row('or has not', starting.send(stop), waiting, {
    to: { stopping: 'sessions' },
    did: ending('call.1', 'subscription.2'),
  })
  row('or never will', starting.send(stop), dropped, {
    to: { stopping: 'sessions' },
    did: ending('call.1', 'subscription.2'),
  })
  row('does not wait for one that is to come', starting.send(waiting), stop, {
    to: { stopping: 'sessions' },
    did: ending('call.1', 'subscription.2'),
  })
  row('waits again for one that has begun', starting.after(waiting, registering), stop, { to: 'starting' })
})

describe('a line that is closed', () => {
  row('stops first', active, close, { to: { stopping: 'sessions' }, did: ending('call.1') })
  it('is gone when it has stopped', () => {
    expect(active.after(close, gone, released)).toMatchObject({ value: 'released', done: true })
    expect(stopping.after(close, gone, released)).toMatchObject({ value: 'released', done: true })
    expect(starting.after(close, registered, gone, released)).toMatchObject({ value: 'released', done: true })
    expect(fresh.after(close, gone, released)).toMatchObject({ value: 'released', done: true })
  })
  it('ends what outlived its failure', () =>
    expectStep(active.after(dropped, close), { to: { stopping: 'sessions' }, did: ending('call.1') }))
})
