import { describe, expect, it } from 'vitest'
import { networkMonitor } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { defaultRecovery } from '../../src/rules/network.ts'
import { absorbs, begin, expectStep, nobody, row } from '../support/steps.ts'

const minute = 60_000
const seen = { type: 'network.seen', address: '192.0.2.1' }
const elsewhere = { type: 'network.seen', address: '192.0.2.9' }
const held = { type: 'network.held' }
const absent = { type: 'network.absent' }
const unaddressed = { type: 'network.unaddressed' }
const removed = { type: 'network.removed' }
const refresh = { type: 'tu.refresh' }
const failure = (code: string) => ({
  type: 'binding.failed',
  error: new SipError('transport', 'no', { cause: { code } }),
})
const error = new SipError('could-not-connect', 'the network is down')
const none = new SipError('could-not-connect', 'there is no such network')
const tell = (type: string, error?: SipError) => ['tell', error ? { type, error } : { type }] as const

const resolving = begin(networkMonitor, { owner: nobody, recovery: defaultRecovery })
const active = resolving.send(seen)
const suspended = active.send(held)
const monitoring = active.send(absent)
const connecting = monitoring.send(refresh)
const up = tell('network.up')
const down = tell('network.down', error)
const lost = { to: 'monitoring', did: [down], timers: { recovery: 5 * minute } }
const probing = {
  to: { connecting: 'probing' },
  did: [['probe']],
  timers: { retry: 4000, patience: 20_000 },
} as const

describe('the network of a connection', () => {
  it('is looked for at once', () =>
    expectStep(resolving, { to: 'resolving', did: [['look']], timers: { nextLook: 1000 } }))
  it('is looked for each second for 4 s, then less and less, at last each minute', () => {
    const waits: unknown[] = []
    for (let step = resolving, looks = 0; looks < 12; looks += 1) {
      waits.push(step.timers.nextLook)
      step = step.fire('nextLook')
    }
    const seconds = [1, 1, 1, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    expect(waits).toEqual(seconds.map(each => each * 1000))
  })
  row('is there when it has an address', resolving, seen, { to: 'active', did: [up] })
  row('is none when the host does not have it', resolving, removed, {
    to: 'unavailable',
    did: [tell('network.gone', none)],
  })
  absorbs('is waited for while it is absent', resolving, absent, held, unaddressed)

  row('has moved when its address is another', active, elsewhere, {
    to: 'active',
    did: [tell('network.moved')],
  })
  absorbs('has not when it is the same', active, seen)
  row('may be held', active, held, { to: 'suspended', did: [tell('network.suspended')] })
  row(
    'tells so again when the connection was still being bound',
    suspended,
    { type: 'binding.done' },
    {
      to: 'suspended',
      did: [tell('network.suspended')],
    },
  )
  row('goes on afterwards', suspended, seen, { to: 'active', did: [up] })
  row('may have moved meanwhile', suspended, elsewhere, {
    to: 'active',
    did: [up, tell('network.moved')],
  })
  row('is lost with its interface', active, absent, lost)
  row('is lost with its interface while it is held', suspended, absent, lost)
  row('is lost with its address, and looked for', active, unaddressed, {
    to: 'resolving',
    did: [down, ['look']],
    timers: { nextLook: 1000 },
  })
  row('is gone for good when its interface is', active, removed, {
    to: 'unavailable',
    did: [tell('network.gone', none)],
  })
})

describe('a lost network', () => {
  row('is back as soon as it is seen', monitoring, seen, { to: 'active', did: [up] })
  row('is looked for when the application asks', monitoring, refresh, probing)
  row('is looked for by itself', monitoring, 'recovery', probing)
  row('is asked for every 4 s', connecting, 'retry', {
    ...probing,
    timers: { retry: 4000, patience: 20_000 },
  })
  row('is given up after 20 s, until later', connecting, 'patience', {
    to: 'monitoring',
    timers: { recovery: 15 * minute },
  })
  row('is back when it is seen meanwhile', connecting, seen, { to: 'active', did: [up] })
  it('is tried after 5, 15 and 25 min, then each hour', () => {
    const waits: unknown[] = []
    for (let step = monitoring, count = 0; count < 6; count += 1) {
      waits.push(step.timers.recovery)
      step = step.after('recovery', 'patience')
    }
    expect(waits).toEqual([5, 15, 25, 60, 60, 60].map(each => each * minute))
  })
  row('counts as lost when nothing can be bound on it', active, failure('EADDRNOTAVAIL'), {
    to: 'monitoring',
    timers: { recovery: 15 * minute },
  })
  row('is tried after 3 h when that is forbidden', active, failure('EACCES'), {
    to: 'monitoring',
    timers: { recovery: 180 * minute },
  })
  it('begins from the start once the sockets are bound', () => {
    const again = active.after(failure('EACCES'), 'recovery', seen, { type: 'binding.done' }, absent)
    expectStep(again, lost)
  })
})
