import { describe, it } from 'vitest'
import { connection, rfc3261 } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { invite } from '../support/build.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const error = new SipError('could-not-connect', 'no network')
const arrival = { type: 'wire.request', request: invite(), origin: 'flow-1' }
const command = { type: 'tu.command', command: { kind: 'register' } }
const close = { type: 'tu.close' }
const gone = { type: 'children.gone' }
const down = { type: 'network.down', error }
const lost = { type: 'network.gone', error }
const up = { type: 'network.up' }
const hold = { type: 'network.suspended' }
const moved = { type: 'network.moved' }
const failed = { type: 'transport.failed', error }
const bound = { type: 'transport.bound' }
const waiting = begin(connection, { timers: rfc3261 })
const init = waiting.send(up)
const active = init.send(bound)
const suspended = active.send(hold)
const inactive = active.send(down)
const unavailable = active.send(lost)
const calls = active.send(close)
const registrations = calls.send(gone)
const patience = 32_000
const binding = inactive.send(up)
const ended = [['dropChildren'], ['unbind'], ['unwatch'], ['release']] as const
const dropped = [['reportLoss', error], ['dropChildren'], ['unbind']] as const
const gave = [...dropped, ['unwatch']] as const
const told = (news: object) => ['tellNetwork', news] as const
const isBound = told({ type: 'binding.done' })
const isUnbound = told({ type: 'binding.failed', error })

describe('connection', () => {
  it('looks for its network first', () => expectStep(waiting, { to: { init: 'waiting' }, did: [['watch']] }))
  it('binds its sockets when that is there', () =>
    expectStep(init, { to: { init: 'binding' }, did: [['bind']] }))
  row('is unavailable when there is no such network', waiting, lost, { to: 'unavailable', did: gave })
  row('is active when its sockets are bound', init, bound, { to: 'active', did: [isBound] })
  row('is unavailable when they cannot be', init, failed, {
    to: 'unavailable',
    did: [['reportFailure', error], ['unbind'], ['unwatch']],
  })
  row('is inactive when the network goes meanwhile', init, down, {
    to: { inactive: 'waiting' },
    did: dropped,
  })
  row('may be closed before', init, close, { to: 'closed', did: ended })
  absorbs('serves nobody before', init, arrival, command)

  row('routes a request that matches no transaction (§8.2)', active, arrival, {
    to: 'active',
    did: [['route', arrival]],
  })
  row('carries out what the application asks for', active, command, {
    to: 'active',
    did: [['carryOut', command.command]],
  })
  row('is suspended while the network is held', active, hold, { to: 'suspended' })
  absorbs('takes nothing in and sends nothing while it is suspended', suspended, arrival, command)
  row('is active again afterwards, with all that was under way', suspended, up, { to: 'active' })

  row('drops everything when the network is down, its sockets last', active, down, {
    to: { inactive: 'waiting' },
    did: dropped,
  })
  row('drops everything when the network goes down while it is suspended', suspended, down, {
    to: { inactive: 'waiting' },
    did: dropped,
  })
  absorbs('takes nothing in while it is inactive', inactive, arrival, command)
  row('binds again when the network comes back', inactive, up, {
    to: { inactive: 'binding' },
    did: [['bind']],
  })
  row('is active again when that is done', binding, bound, { to: 'active', did: [isBound] })
  row('waits on when it cannot be done', binding, failed, {
    to: { inactive: 'waiting' },
    did: [['reportLoss', error], isUnbound],
  })
  row('gives the sockets up when the network goes again meanwhile', binding, down, {
    to: { inactive: 'waiting' },
    did: [['reportLoss', error], ['unbind']],
  })
  row(
    'has the network looked for when the application asks',
    inactive,
    { type: 'tu.refresh' },
    {
      to: { inactive: 'waiting' },
      did: [told({ type: 'tu.refresh' })],
    },
  )
  absorbs('has nothing to look for while it is active', active, { type: 'tu.refresh' })

  row('binds to the new address when the network has another', active, moved, {
    to: 'active',
    did: [['rebind']],
  })
  row(
    'tells of it when that is done',
    active,
    { type: 'transport.moved' },
    {
      to: 'active',
      did: [['announceMove']],
    },
  )
  row('is as good as without a network when it cannot be done', active, failed, {
    to: { inactive: 'waiting' },
    did: [['reportLoss', error], ['dropChildren'], isUnbound, ['unbind']],
  })

  row('is unavailable when the network is gone for good', active, lost, { to: 'unavailable', did: gave })
  row('is unavailable when the network is gone while it is suspended', suspended, lost, {
    to: 'unavailable',
    did: gave,
  })
  row('is unavailable when the network is gone while it is inactive', inactive, lost, {
    to: 'unavailable',
    did: gave,
  })
  absorbs(
    'does not come back once it is unavailable',
    unavailable,
    up,
    { type: 'transport.bound' },
    arrival,
    command,
  )
})

describe('closing a connection', () => {
  row('ends the calls first', active, close, {
    to: { closing: 'calls' },
    did: [['endCalls']],
    timers: { patience },
  })
  row('ends the calls of a suspended one as well', suspended, close, {
    to: { closing: 'calls' },
    did: [['endCalls']],
    timers: { patience },
  })
  row('ends the registrations when no call is left', calls, gone, {
    to: { closing: { registrations: 'waiting' } },
    did: [['endRegistrations']],
    timers: { patience },
  })
  row('ends them anyway after 64·T1', calls, 'patience', {
    to: { closing: { registrations: 'waiting' } },
    did: [['endRegistrations']],
    timers: { patience },
  })
  row('is closed when no registration is left', registrations, gone, { to: 'closed', did: ended })
  row('is closed anyway after 64·T1', registrations, 'patience', { to: 'closed', did: ended })
  row('still answers requests meanwhile: a BYE may cross', calls, arrival, {
    to: { closing: 'calls' },
    did: [['route', arrival]],
    timers: { patience },
  })
  absorbs('begins nothing new meanwhile', calls, command, close)
  row('is closed at once when the network is down', calls, down, { to: 'closed', did: ended })
  row('is closed at once when the network is gone', registrations, lost, { to: 'closed', did: ended })
  row('is closed at once when it is inactive', inactive, close, { to: 'closed', did: ended })
  row('is closed at once when it is unavailable', unavailable, close, { to: 'closed', did: ended })
})

describe('the children of a connection', () => {
  const done = { type: 'xstate.done.actor.call-1', actorId: 'call-1' }
  const crashed = { type: 'xstate.error.actor.call-1', actorId: 'call-1', error: new Error('broken') }

  row('are forgotten when they are done', active, done, { to: 'active', did: [['forget', done]] })
  row('are reported when they break', active, crashed, { to: 'active', did: [['reportCrash', crashed]] })
  row('are forgotten in every state', unavailable, done, { to: 'unavailable', did: [['forget', done]] })
})
