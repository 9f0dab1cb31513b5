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
const init = begin(connection, { timers: rfc3261 })
const active = init.send({ type: 'transport.bound' })
const suspended = active.send(hold)
const inactive = active.send(down)
const unavailable = active.send(lost)
const calls = active.send(close)
const registrations = calls.send(gone)
const patience = 32_000
const ended = [['dropChildren'], ['unbind']] as const
const dropped = [['reportLoss', error], ['dropChildren']] as const

describe('connection', () => {
  it('binds its sockets first', () => expectStep(init, { to: 'init', did: [['bind']] }))
  row('is active when they are bound', init, { type: 'transport.bound' }, { to: 'active' })
  row(
    'is unavailable when they cannot be',
    init,
    { type: 'transport.failed', error },
    {
      to: 'unavailable',
      did: [['reportLoss', error]],
    },
  )
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

  row('drops everything when the network is down', active, down, { to: 'inactive', did: dropped })
  row('drops everything when the network goes down while it is suspended', suspended, down, {
    to: 'inactive',
    did: dropped,
  })
  absorbs('takes nothing in while it is inactive', inactive, arrival, command)
  row('is active again when the network comes back', inactive, up, { to: 'active' })
  row('is unavailable when the network is gone for good', active, lost, { to: 'unavailable', did: dropped })
  row('is unavailable when the network is gone while it is suspended', suspended, lost, {
    to: 'unavailable',
    did: dropped,
  })
  row('is unavailable when the network is gone while it is inactive', inactive, lost, {
    to: 'unavailable',
    did: dropped,
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
