/** A profile from its first user to its last: features.md §1.4.4 as a table. Symbian SIP Profile API. */
import { describe, expect, it } from 'vitest'
import { type ProfileMachineInput, profile } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { absorbs, begin, type Did, expectStep, row, type Step } from '../support/steps.ts'

const error = new SipError('timeout', 'nobody answered')
const input: ProfileMachineInput = {
  agent: 'ietf',
  autoRegister: false,
  networks: 1,
  resolves: false,
  seed: 1,
}
const enable = { type: 'tu.enable', use: 'a' }
const disable = { type: 'tu.disable', use: 'a' }
const [up, registered, gone, force, retry, remove, close] = [
  'network.up',
  'registration.registered',
  'registration.gone',
  'tu.forceDisable',
  'tu.retry',
  'tu.remove',
  'tu.close',
].map(type => ({ type })) as [Event, Event, Event, Event, Event, Event, Event]
type Event = { readonly type: string }
const failed = (status?: number, retryAfter?: number) => ({
  type: 'registration.failed',
  error,
  failure: {
    code: status === undefined ? 'timeout' : 'rejected',
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
  },
})
const save = (update: string, terms: Partial<ProfileMachineInput> = {}) => ({
  type: 'tu.save',
  update,
  terms: { agent: 'ietf', autoRegister: false, networks: 1, resolves: false, ...terms },
})
const told = (is: string, more: object = {}): Did => ['tell', { is, ...more }]
const attach = (network = 0, plain = false): Did => ['attach', { network, plain }]
const loss = (bound: boolean): Did => ['tellLoss', { bound }]
const register = (proxy = 0): Did => ['register', { proxy }]
const unregister: Did = ['unregister']
const patience = { patience: 30_000 }
const wait = (step: Step): number => (step.context as { wait: number }).wait

const fresh = begin(profile, input)
const waiting = fresh.send(enable)
const registering = waiting.send(up)
const active = registering.send(registered)
const delayed = registering.send(failed(503))
const leaving = active.send(disable)

describe('a profile that is used', () => {
  row('takes part in the connection of its network', fresh, enable, {
    to: 'waitingForNetwork',
    did: [loss(false), attach()],
    timers: patience,
  })
  row('waits for the network', waiting, 'patience', {
    to: 'waitingForNetwork',
    did: [loss(false), attach()],
    timers: patience,
  })
  row('registers when the network is there', waiting, up, {
    to: { registering: 'asking' },
    did: [register()],
  })
  row('is registered by a 2xx', registering, registered, {
    to: { registered: 'settled' },
    did: [told('registered')],
  })
  row('is left by its last user', active, disable, { to: 'unregistering', did: [unregister] })
  row('is not left while another uses it', active.send({ type: 'tu.enable', use: 'b' }), disable, {
    to: { registered: 'settled' },
  })
  row('is unregistered when the binding is gone', leaving, gone, {
    to: 'unregistered',
    did: [loss(true), ['detach']],
  })
  row('registers again for a user who came meanwhile', leaving.send(enable), gone, {
    to: 'waitingForNetwork',
    did: [loss(true), attach()],
    timers: patience,
  })
  row('waits for its network when that is lost', active, gone, {
    to: 'waitingForNetwork',
    did: [loss(true), attach()],
    timers: patience,
  })
  absorbs('hears of refreshes and says nothing', active.send(registered), up, retry)
  row('is ended by force', active, force, {
    to: 'unregistering',
    did: [told('forciblyDisabled'), unregister],
  })
  row(
    'cannot use a network that the platform does not know',
    waiting,
    { type: 'network.failed', error },
    {
      to: 'unregistering',
      did: [told('error', { error }), unregister],
    },
  )
})

describe('a profile that registers by itself', () => {
  const auto = begin(profile, { ...input, autoRegister: true })
  const bound = auto.after({ type: 'tu.start' }, up, registered)
  row(
    'does so when the engine has started',
    auto,
    { type: 'tu.start' },
    {
      to: 'waitingForNetwork',
      did: [loss(false), attach()],
      timers: patience,
    },
  )
  absorbs('is alone in that', fresh, { type: 'tu.start' })
  row('outlasts its users', bound.send(enable), disable, { to: { registered: 'settled' } })
  row('stays ended when it was forced to', bound.after(force), gone, {
    to: 'unregistered',
    did: [loss(true), ['detach']],
  })
  row('ends when it is not to register by itself any more', bound, save('cosmetic'), {
    to: 'unregistering',
    did: [unregister],
  })
  it('goes on after its tries, without its users', () => {
    let at = auto.after({ type: 'tu.start' }, up)
    for (let n = 0; n < 9; n += 1) at = at.after(failed(503), 'retry', up)
    const used = at.send(enable).send(failed(503))
    expect(used.value).toBe('delayed')
    expect(used.did[0]).toEqual(told('error', { error }))
    expect(used.context).toMatchObject({ users: 0, failures: 1 })
    expect(wait(used)).toBeGreaterThanOrEqual(900)
  })
})

describe('a failure', () => {
  it('that passes is followed by another attempt, later each time', () => {
    let at: Step = registering
    const waits: number[] = []
    for (let n = 0; n < 9; n += 1) {
      const after = at.send(failed(503))
      expect(after.value).toBe('delayed')
      waits.push(wait(after))
      expect(after.timers).toEqual({ retry: wait(after) * 1000 })
      at = after.after('retry', up)
    }
    for (const [n, seconds] of waits.entries()) {
      const most = Math.min(1800, 30 * 2 ** n)
      expect(seconds).toBeGreaterThanOrEqual(most / 2)
      expect(seconds).toBeLessThanOrEqual(most)
    }
    expectStep(at.send(failed(503)), {
      to: 'unregistering',
      did: [told('error', { error }), unregister],
    })
  })
  it('waits as long as it was asked to', () => expect(wait(registering.send(failed(503, 500)))).toBe(500))
  row('that does not pass drops all users', registering, failed(403), {
    to: 'unregistering',
    did: [told('error', { error }), unregister],
  })
  row('is none when nobody wants it any more', registering.after(disable), failed(503), {
    to: 'unregistering',
  })
  row('tries at once when a user asks', delayed, retry, {
    to: 'waitingForNetwork',
    did: [loss(false), attach()],
    timers: patience,
  })
  row('tries at once when the network has changed', delayed, up, {
    to: 'waitingForNetwork',
    did: [loss(false), attach()],
    timers: patience,
  })
  it('of a refresh makes it delayed', () => {
    const after = active.send(failed(500))
    expectStep(after, {
      to: 'delayed',
      did: [loss(true), ['noteWait', { seconds: wait(after) }]],
      timers: { retry: wait(after) * 1000 },
    })
  })
  it('is forgotten with success', () =>
    expect(delayed.after('retry', up, registered).context).toMatchObject({ failures: 0, error: undefined }))
  row('looks for a lost network when a user asks', waiting, retry, {
    to: 'waitingForNetwork',
    did: [['probe']],
    timers: patience,
  })
})

describe('proxies and networks', () => {
  const resolving = begin(profile, { ...input, agent: 'ims', resolves: true }).after(enable, up)
  const asking = resolving.send({ type: 'proxies.resolved', proxies: 2 })
  row('are looked for first', begin(profile, { ...input, resolves: true }).send(enable), up, {
    to: { registering: 'resolving' },
    did: [['resolveProxies']],
  })
  row(
    'are asked one by one',
    resolving,
    { type: 'proxies.resolved', proxies: 2 },
    {
      to: { registering: 'asking' },
      did: [register(0)],
    },
  )
  row('have their tries each', asking.after(failed(503), 'retry', up), failed(503), {
    to: { registering: 'asking' },
    did: [register(1)],
  })
  const two = begin(profile, { ...input, networks: 2 }).after(enable, up)
  row('a failure of the way asks for the next network, and nobody hears of it', two, failed(), {
    to: 'waitingForNetwork',
    did: [loss(false), attach(1)],
    timers: { patience: 5000 },
  })
  it('three times', () => {
    const after = two.after(failed(), up, failed(), up, failed(), up, failed())
    expect(after.value).toBe('delayed')
  })
  row('a refusal does not', two, failed(403), {
    to: 'unregistering',
    did: [told('error', { error }), unregister],
  })
})

describe('a save', () => {
  row('of a name does nothing', active, save('cosmetic'), { to: { registered: 'settled' } })
  row('of Contact parameters registers in place', active, save('contactOnly'), {
    to: { registered: 'settled' },
    did: [['update']],
  })
  row('of the way ends the old registration', active, save('structural'), {
    to: 'unregistering',
    did: [unregister],
  })
  row('makes a new one then', active.send(save('structural')), gone, {
    to: 'waitingForNetwork',
    did: [loss(true), attach()],
    timers: patience,
  })
  row('waits for the end of a registering', registering, save('structural'), {
    to: { registering: 'asking' },
  })
  row('comes into effect afterwards', registering.send(save('structural')), registered, {
    to: 'unregistering',
    did: [told('registered'), unregister],
  })
  row('begins to register by itself', fresh, save('cosmetic', { autoRegister: true }), {
    to: 'waitingForNetwork',
    did: [loss(false), attach()],
    timers: patience,
  })
  row('of another way ends a wait', delayed, save('structural'), { to: 'unregistering', did: [unregister] })
})

describe('an end', () => {
  row('is removed at once when nothing is there', fresh, remove, {
    to: 'removed',
    did: [['detach'], ['removed']],
  })
  row('is un-REGISTERed before', active, remove, { to: 'unregistering', did: [unregister] })
  row('is removed then', active.send(remove), gone, {
    to: 'removed',
    did: [loss(true), ['detach'], ['detach'], ['removed']],
  })
  row('comes with the end of all', active, close, { to: 'unregistering', did: [unregister] })
  row(
    'of the network: a new one when it wants that',
    active,
    { type: 'registration.ended', error, again: true },
    {
      to: { registering: 'asking' },
      did: [loss(true), register()],
    },
  )
  it('of the network, which ended the one before just as soon: the new one comes after a pause', () => {
    const ended = active.send({ type: 'registration.ended', error, again: true, soon: true })
    expect(ended.value).toBe('delayed')
    const { wait } = ended.context as { readonly wait: number }
    expect(wait).toBeGreaterThanOrEqual(15)
    expect(wait).toBeLessThanOrEqual(30)
  })
  row(
    'of the network: for good',
    active,
    { type: 'registration.ended', error, again: false },
    {
      to: 'unregistering',
      did: [told('error', { error }), unregister],
    },
  )
})

describe('a move to another network', () => {
  const offered = { type: 'network.offered', network: 0 }
  const allow = (use: string) => ({ type: 'tu.allow', use })
  const asked = active.send({ type: 'tu.enable', use: 'b' }).send(offered)
  const moving = asked.after(allow('a'), allow('b'))
  row('is offered to all users', active, offered, {
    to: { registered: 'settled' },
    did: [told('migrationAvailable', { network: 0 })],
  })
  row('waits until all agree', asked, allow('a'), { to: { registered: 'settled' } })
  row('begins then', asked.send(allow('a')), allow('b'), {
    to: { registered: 'migrating' },
    did: [told('migrationStarted', { network: 0 }), ['registerElsewhere', { network: 0 }]],
    timers: { migration: 64_000 },
  })
  row(
    'registers there before it leaves',
    moving,
    { type: 'migration.registered' },
    {
      to: { registered: 'settled' },
      did: [['switchOver'], told('migrationCompleted', { network: 0 }), ['endMigration']],
    },
  )
  row(
    'stays where it is when that fails',
    moving,
    { type: 'migration.failed', error },
    {
      to: { registered: 'settled' },
      did: [['endMigration'], told('migrationFailed', { error })],
    },
  )
  row(
    'stays where it is when a user objects',
    moving,
    { type: 'tu.disallow', use: 'a' },
    {
      to: { registered: 'settled' },
      did: [['endMigration']],
    },
  )
  row('does not mind that the old network goes meanwhile', moving, gone, {
    to: { registered: 'migrating' },
    timers: { migration: 64_000 },
  })
  row(
    'has none left when both fail',
    moving.send(gone),
    { type: 'migration.failed', error },
    {
      to: 'waitingForNetwork',
      did: [['endMigration'], told('migrationFailed', { error }), loss(true), attach()],
      timers: patience,
    },
  )
})
