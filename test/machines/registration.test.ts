import { describe, expect, it } from 'vitest'
import { type RegistrationInput, registration } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import type { HeaderPair } from '../../src/message/types.ts'
import { answerTo, nameAddr, register } from '../support/build.ts'
import { absorbs, begin, expectStep, row, type Step } from '../support/steps.ts'

const request = register()
const contact = nameAddr('<sip:alice@192.0.2.1:5060>')
const answer = (status: number, ...headers: HeaderPair[]) => answerTo(request, status, { headers })
/** Messages are compared as they are, with what was read of them: the same case must get the same message. */
const once = <Key, Value>(make: (key: Key) => Value) => {
  const made = new Map<Key, Value>()
  return (key: Key): Value => {
    const value = made.get(key) ?? make(key)
    made.set(key, value)
    return value
  }
}
const plain = once((status: number) => answer(status))
const granted = (expires: number) => answer(200, ['Contact', `<sip:alice@192.0.2.1:5060>;expires=${expires}`])
const grant = once((expires: number) => ({ type: 'transaction.success', response: granted(expires) }))
const success = (expires = 600) => grant(expires)
const foreign = {
  type: 'transaction.success',
  response: answer(200, ['Contact', '<sip:mallory@192.0.2.66>']),
}
const forbidden = { type: 'transaction.failure', response: answer(403) }
const tooBrief = once((least: number) => ({
  type: 'transaction.failure',
  response: answer(423, ['Min-Expires', String(least)]),
}))
const overloaded = {
  type: 'transaction.failure',
  response: answer(503, ['Retry-After', '7']),
}
const error = new SipError('timeout', 'nobody answered')
const failed = { type: 'transaction.failed', error }
const sent = { type: 'request.sent', contact }
const [doRegister, doUnregister, doClose, due, go] = [
  'tu.register',
  'tu.unregister',
  'tu.close',
  'refresh.due',
  'pacer.go',
].map(type => ({ type })) as [Event, Event, Event, Event, Event]
type Event = { readonly type: string }
const input: RegistrationInput = {
  aor: 'sip:alice@example.com',
  requested: 600,
  minGranted: 30,
  maxMinExpires: 7200,
  refreshes: true,
  recovers: false,
  backOff: { base: 30, max: 1800 },
  seed: 1,
}
const asked = (given: Partial<RegistrationInput> = {}) =>
  begin(registration, { ...input, ...given }).after(doRegister, go, sent)
const told = (event: { response: unknown }) =>
  ['announce', { type: 'response', response: event.response }] as const
const tellsError = (code: string) =>
  ['announce', { type: 'error', error: expect.objectContaining({ code }) }] as const
const changed = { type: 'network.changed' }
const gone = [['stopRefresh']] as const
const queued = [['joinQueue']] as const
const asks = (expires: number | undefined, outbound = false) => ['register', { expires, outbound }] as const
const registering = asked()
const registered = registering.send(success())

describe('registering', () => {
  it('has nothing to renew before it is asked to register', () =>
    expectStep(begin(registration, input), { to: 'unregistered', did: gone }))

  row(
    'sends a REGISTER for the time that was asked for (§10.2)',
    begin(registration, input).send(doRegister),
    go,
    {
      to: { registering: 'asked' },
      did: [['leaveQueue'], asks(600)],
    },
  )
  row('waits for its turn before', begin(registration, input), doRegister, {
    to: { registering: 'queued' },
    did: queued,
  })
  row(
    'asks for no time when none was given (§10.2.1.1)',
    begin(registration, { ...input, requested: undefined as never }).send(doRegister),
    go,
    { to: { registering: 'asked' }, did: [['leaveQueue'], asks(undefined)] },
  )
  row(
    'tells provisional responses',
    registering,
    { type: 'transaction.provisional', response: plain(183) },
    {
      to: { registering: 'asked' },
      did: [told({ response: plain(183) })],
    },
  )
  absorbs('keeps a 100 to itself', registering, { type: 'transaction.provisional', response: plain(100) })
  row('is registered by a 2xx that has our Contact, and renews it (§10.2.4)', registering, success(), {
    to: { registered: 'renewed' },
    did: [
      told(success()),
      ['announceGrant', expect.objectContaining({ granted: 600, registrarExpires: 600 })],
      ['grantRefresh', { expires: 600 }],
    ],
  })
  row('counts with half a minute when less is granted', registering, success(5), {
    to: { registered: 'renewed' },
    did: [
      told(success(5)),
      ['announceGrant', expect.objectContaining({ granted: 30, registrarExpires: 5, belowMinimum: true })],
      ['grantRefresh', { expires: 30 }],
    ],
  })
  row('cannot use a 2xx without our Contact (§10.2.4)', registering, foreign, {
    to: 'unregistered',
    did: [told(foreign), tellsError('invalid-registrar-response'), ['stopRefresh']],
  })
  row('tells what it was refused with (§10.2.7)', registering, forbidden, {
    to: 'unregistered',
    did: [told(forbidden), tellsError('rejected'), ['stopRefresh']],
  })
  row('tells that no answer came', registering, failed, {
    to: 'unregistered',
    did: [['announce', { type: 'error', error }], ['stopRefresh']],
  })
  row('follows Min-Expires of a 423 (§10.2.8)', registering, tooBrief(1800), {
    to: { registering: 'asked' },
    did: [asks(1800)],
  })
  row('follows it once (§10.2.8)', registering.send(tooBrief(1800)), tooBrief(3600), {
    to: 'unregistered',
    did: [told(tooBrief(3600)), tellsError('rejected'), ['stopRefresh']],
  })
  row('does not follow a Min-Expires above its limit', registering, tooBrief(7201), {
    to: 'unregistered',
    did: [told(tooBrief(7201)), tellsError('rejected'), ['stopRefresh']],
  })
  row(
    'does not follow a 423 without Min-Expires (§10.2.8)',
    registering,
    { type: 'transaction.failure', response: plain(423) },
    {
      to: 'unregistered',
      did: [told({ response: plain(423) }), tellsError('rejected'), ['stopRefresh']],
    },
  )
  absorbs('is not registered twice', registering, doRegister, due)

  it('may follow another 423 when it was registered in between (§10.2.8)', () =>
    expectStep(registering.after(tooBrief(1800), success(1800), due, go, tooBrief(3600)), {
      to: { refreshing: 'asked' },
      did: [asks(3600)],
    }))

  const waiting = begin(registration, input).send(doRegister)
  row('leaves the queue when it is closed, and nothing is sent', waiting, doClose, {
    to: 'released',
    did: [['leaveQueue'], ['stopRefresh']],
  })
  row('tells that the queue is full', waiting, failed, {
    to: 'unregistered',
    did: [['leaveQueue'], ['announce', { type: 'error', error }], ['stopRefresh']],
  })
  absorbs('hears nothing of flows that it has not', registering, { type: 'flow.died', steady: true })
})

describe('leaving while an answer is due', () => {
  const check = (step: Step) =>
    expect({ to: step.value, did: step.did }).toEqual({
      to: { unregistering: 'queued' },
      did: expect.arrayContaining([['joinQueue']]),
    })

  it('waits for the answer and unregisters then (§10.2.2)', () => {
    const leaving = registering.after(doUnregister, success())
    check(leaving)
    expectStep(leaving.send(go), { to: { unregistering: 'asked' }, did: [['leaveQueue'], asks(0)] })
  })
  it('ends for good when it was closed', () => {
    const leaving = registering.after(doClose, success())
    check(leaving)
    expectStep(leaving.after(go, { type: 'transaction.success', response: plain(200) }), {
      to: 'released',
      did: [told({ response: plain(200) }), ['stopRefresh']],
    })
  })
  row('has nothing to unregister when it is refused', registering.send(doClose), forbidden, {
    to: 'released',
    did: [told(forbidden), tellsError('rejected'), ['stopRefresh']],
  })
  it('may register again afterwards', () => {
    const again = registering.after(doUnregister, failed, doRegister, go, sent, success())
    expect(again.value).toEqual({ registered: 'renewed' })
  })
})

describe('a binding', () => {
  const timers = { lifetime: 600_000 }
  const unrenewed = asked({ refreshes: false }).send(success())
  const turn = (name: string, step: Step, event: Event, to: string, expires: number) => {
    row(name, step, event, { to: { [to]: 'queued' }, did: queued })
    row(`${name}, when its turn has come`, step.send(event), go, {
      to: { [to]: 'asked' },
      did: [['leaveQueue'], asks(expires)],
    })
  }

  turn('is renewed when it is due (§10.2.4)', registered, due, 'refreshing', 600)
  turn('is updated with the time it had', registered, { type: 'tu.update' }, 'updating', 600)
  const longer = { type: 'tu.update', expires: 120 }
  turn('is updated with another time', registered, longer, 'updating', 120)
  turn('is removed with an expiry of 0 (§10.2.2)', registered, doUnregister, 'unregistering', 0)
  turn('is removed when the registration is closed', registered, doClose, 'unregistering', 0)
  turn('is registered anew when our addresses change', registered, changed, 'refreshing', 600)
  absorbs('is not registered twice', registered, doRegister, forbidden)

  it('ends by itself when it is not renewed', () => {
    expect(unrenewed.timers).toEqual(timers)
    expectStep(unrenewed.fire('lifetime'), { to: 'expired' })
  })
  row('may be registered again after it has ended', unrenewed.fire('lifetime'), doRegister, {
    to: { registering: 'queued' },
    did: queued,
  })
  row('may be closed after it has ended', unrenewed.fire('lifetime'), doClose, { to: 'released' })
  row('may be closed before it was registered', begin(registration, input), doClose, { to: 'released' })
  row('is taken back when it is closed while its renewal waits', registered.send(due), doClose, {
    to: { unregistering: 'queued' },
    did: [['leaveQueue'], ['joinQueue']],
  })
  it('is registered once more when our addresses changed while an answer was due', () =>
    expect(registered.after(due, go, sent, changed, success()).value).toEqual({ refreshing: 'queued' }))
})

describe.each([
  ['refreshing', registered.after(due, go, sent), 'terminated-with-response'],
  ['updating', registered.after({ type: 'tu.update' }, go, sent), 'rejected'],
])('%s', (state, step, code) => {
  row('is registered anew by a 2xx (§10.2.4)', step, success(500), {
    to: { registered: 'renewed' },
    did: [
      told(success(500)),
      ['announceGrant', expect.objectContaining({ granted: 500 })],
      ['grantRefresh', { expires: 500 }],
    ],
  })
  row('ends the binding when it is refused, with the response', step, forbidden, {
    to: 'unregistered',
    did: [told(forbidden), tellsError(code), ['stopRefresh']],
  })
  row('ends the binding when no answer comes', step, failed, {
    to: 'unregistered',
    did: [['announce', { type: 'error', error }], ['stopRefresh']],
  })
  row('ends the binding at an overload, unless it was asked to recover', step, overloaded, {
    to: 'unregistered',
    did: [told(overloaded), tellsError(code), ['stopRefresh']],
  })
  row('ends the binding when our Contact is no longer there (§10.2.4)', step, foreign, {
    to: 'unregistered',
    did: [told(foreign), tellsError('invalid-registrar-response'), ['stopRefresh']],
  })
  row('follows a 423 (§10.2.8)', step, tooBrief(1800), { to: { [state]: 'asked' }, did: [asks(1800)] })
  row('unregisters after the answer when it was asked to (§10.2.2)', step.send(doUnregister), success(), {
    to: { unregistering: 'queued' },
    did: [told(success()), ['announceGrant', expect.objectContaining({ granted: 600 })], ['joinQueue']],
  })
})

describe('unregistering', () => {
  const unregistering = registered.after(doUnregister, go)

  row('is done with a 2xx (§10.2.2)', unregistering, success(), {
    to: 'unregistered',
    did: [told(success()), ['stopRefresh']],
  })
  row('is done with any other final response: we no longer count on it', unregistering, forbidden, {
    to: 'unregistered',
    did: [told(forbidden), ['stopRefresh']],
  })
  row('is done when no answer comes', unregistering, failed, { to: 'unregistered', did: gone })
  row('ends for good when it was closed', unregistering.send(doClose), failed, { to: 'released', did: gone })
  absorbs('is not asked twice', unregistering, doUnregister, doRegister, due)
})

describe('recovering (RFC 5626 §4.5)', () => {
  const recovers = { recovers: true, outbound: true }
  const first = asked(recovers)
  const bound = first.send(success())
  const waits = (step: Step, least: number, most: number) => {
    expect(step.value).toEqual({ recovering: 'waiting' })
    expect(step.timers.backOff).toBeGreaterThanOrEqual(least * 1000)
    expect(step.timers.backOff).toBeLessThanOrEqual(most * 1000)
  }
  const again = (step: Step) => step.after('backOff', go, sent)

  it('waits longer with each failure, up to half an hour', () => {
    let step = bound.after(due, go, sent, overloaded)
    for (const [least, most] of [
      [30, 60],
      [60, 120],
      [120, 240],
      [240, 480],
      [480, 960],
      [900, 1800],
      [900, 1800],
    ] as const) {
      waits(step, least, most)
      step = again(step).send(failed)
    }
  })
  it('does the same before it was ever registered, and after an update', () => {
    waits(first.send(failed), 30, 60)
    waits(bound.after({ type: 'tu.update' }, go, sent, overloaded), 30, 60)
  })
  it('waits no shorter than Retry-After says', () => {
    const long = { type: 'transaction.failure', response: answer(500, ['Retry-After', '999']) }
    waits(first.send(long), 999, 999)
    waits(first.send({ ...long, response: answer(500, ['Retry-After', '4294967295']) }), 86_400, 86_400)
  })
  row('is registered again by a 2xx', again(first.send(failed)), success(), {
    to: { registered: 'renewed' },
    did: [told(success()), ['announceGrant', expect.anything()], ['grantRefresh', { expires: 600 }]],
  })
  row('ends at a refusal', again(first.send(failed)), forbidden, {
    to: 'unregistered',
    did: [told(forbidden), tellsError('terminated-with-response'), ['stopRefresh']],
  })
  row(
    'tries at once when there is a way again',
    first.send(failed),
    { type: 'flow.recovered' },
    {
      to: { recovering: 'queued' },
      did: queued,
    },
  )
  row('tries at once when our addresses change', first.send(failed), changed, {
    to: { recovering: 'queued' },
    did: queued,
  })
  row('tries at once when it is told to', first.send(failed), doRegister, {
    to: { recovering: 'queued' },
    did: queued,
  })
  row('ends when it is told to, without a REGISTER for what never was', first.send(failed), doUnregister, {
    to: 'unregistered',
    did: gone,
  })
  row('takes back what was', bound.after(due, go, failed), doUnregister, {
    to: { unregistering: 'queued' },
    did: queued,
  })
  row('does not try again when it was taken back meanwhile', first.send(doUnregister), failed, {
    to: 'unregistered',
    did: [['announce', { type: 'error', error }], ['stopRefresh']],
  })
  it('waits after a Service-Route that leads nowhere', () => {
    const response = answer(
      200,
      ['Contact', '<sip:alice@192.0.2.1:5060>'],
      ['Service-Route', '<sip:192.0.2.30>'],
    )
    const step = first.send({ type: 'transaction.success', response })
    waits(step, 30, 60)
    expect(step.did).toContainEqual(tellsError('transport'))
  })
  it('registers without flow after a 439, once (§4.2.1)', () => {
    const lacking = { type: 'transaction.failure', response: answer(439) }
    const step = first.send(lacking)
    expectStep(step, { to: { registering: 'asked' }, did: [asks(600, false)] })
    expect(step.send(lacking).value).toBe('unregistered')
  })
  it('registers anew at once when a steady flow dies, and waits when flows die young', () => {
    expect(bound.send({ type: 'flow.died', steady: true }).value).toEqual({ recovering: 'queued' })
    const young = { type: 'flow.died', steady: false }
    const once = bound.send(young)
    expect(once.value).toEqual({ recovering: 'queued' })
    waits(once.after(go, sent, success(), young), 60, 120)
    // A renewal in between, or a flow that lasted, makes it begin from the start.
    expect(once.after(go, sent, success(), due, go, sent, success(), young).value).toEqual({
      recovering: 'queued',
    })
  })
})
