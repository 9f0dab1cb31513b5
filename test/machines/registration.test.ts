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
const error = new SipError('timeout', 'nobody answered')
const failed = { type: 'transaction.failed', error }
const sent = { type: 'request.sent', contact }
const [doRegister, doUnregister, doClose, due] = [
  'tu.register',
  'tu.unregister',
  'tu.close',
  'refresh.due',
].map(type => ({ type })) as [{ type: string }, { type: string }, { type: string }, { type: string }]
const input: RegistrationInput = {
  aor: 'sip:alice@example.com',
  requested: 600,
  minGranted: 30,
  maxMinExpires: 7200,
  refreshes: true,
}
const asked = (given: Partial<RegistrationInput> = {}) =>
  begin(registration, { ...input, ...given }).after(doRegister, sent)
const told = (event: { response: unknown }) =>
  ['announce', { type: 'response', response: event.response }] as const
const tellsError = (code: string) =>
  ['announce', { type: 'error', error: expect.objectContaining({ code }) }] as const
const gone = [['stopRefresh']] as const
const registering = asked()
const registered = registering.send(success())

describe('registering', () => {
  it('has nothing to renew before it is asked to register', () =>
    expectStep(begin(registration, input), { to: 'unregistered', did: gone }))

  row('sends a REGISTER for the time that was asked for (§10.2)', begin(registration, input), doRegister, {
    to: 'registering',
    did: [['register', { expires: 600 }]],
  })
  row(
    'asks for no time when none was given (§10.2.1.1)',
    begin(registration, { ...input, requested: undefined as never }),
    doRegister,
    { to: 'registering', did: [['register', { expires: undefined }]] },
  )
  row(
    'tells provisional responses',
    registering,
    { type: 'transaction.provisional', response: plain(183) },
    {
      to: 'registering',
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
    to: 'registering',
    did: [['register', { expires: 1800 }]],
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
    expectStep(registering.after(tooBrief(1800), success(1800), due, tooBrief(3600)), {
      to: 'refreshing',
      did: [['register', { expires: 3600 }]],
    }))
})

describe('leaving while an answer is due', () => {
  const unregisters = { to: 'unregistering', did: expect.arrayContaining([['register', { expires: 0 }]]) }
  const check = (step: Step) => expect({ to: step.value, did: step.did }).toEqual(unregisters)

  it('waits for the answer and unregisters then (§10.2.2)', () =>
    check(registering.after(doUnregister, success())))
  it('ends for good when it was closed', () => {
    const leaving = registering.after(doClose, success())
    check(leaving)
    expectStep(leaving.send({ type: 'transaction.success', response: plain(200) }), {
      to: 'released',
      did: [told({ response: plain(200) }), ['stopRefresh']],
    })
  })
  row('has nothing to unregister when it is refused', registering.send(doClose), forbidden, {
    to: 'released',
    did: [told(forbidden), tellsError('rejected'), ['stopRefresh']],
  })
  it('may register again afterwards', () => {
    const again = registering.after(doUnregister, failed, doRegister, sent, success())
    expect(again.value).toEqual({ registered: 'renewed' })
  })
})

describe('a binding', () => {
  const timers = { lifetime: 600_000 }
  const unrenewed = asked({ refreshes: false }).send(success())

  row('is renewed when it is due (§10.2.4)', registered, due, {
    to: 'refreshing',
    did: [['register', { expires: 600 }]],
  })
  row(
    'is updated with the time it had',
    registered,
    { type: 'tu.update' },
    {
      to: 'updating',
      did: [['register', { expires: 600 }]],
    },
  )
  row(
    'is updated with another time',
    registered,
    { type: 'tu.update', expires: 120 },
    {
      to: 'updating',
      did: [['register', { expires: 120 }]],
    },
  )
  row('is removed with an expiry of 0 (§10.2.2)', registered, doUnregister, {
    to: 'unregistering',
    did: [['register', { expires: 0 }]],
  })
  row('is removed when the registration is closed', registered, doClose, {
    to: 'unregistering',
    did: [['register', { expires: 0 }]],
  })
  absorbs('is not registered twice', registered, doRegister, forbidden)

  it('ends by itself when it is not renewed', () => {
    expect(unrenewed.timers).toEqual(timers)
    expectStep(unrenewed.fire('lifetime'), { to: 'expired' })
  })
  row('may be registered again after it has ended', unrenewed.fire('lifetime'), doRegister, {
    to: 'registering',
    did: [['register', { expires: 600 }]],
  })
  row('may be closed after it has ended', unrenewed.fire('lifetime'), doClose, { to: 'released' })
  row('may be closed before it was registered', begin(registration, input), doClose, { to: 'released' })
})

describe.each([
  ['refreshing', registered.after(due, sent), 'terminated-with-response'],
  ['updating', registered.after({ type: 'tu.update' }, sent), 'rejected'],
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
  row('ends the binding when our Contact is no longer there (§10.2.4)', step, foreign, {
    to: 'unregistered',
    did: [told(foreign), tellsError('invalid-registrar-response'), ['stopRefresh']],
  })
  row('follows a 423 (§10.2.8)', step, tooBrief(1800), { to: state, did: [['register', { expires: 1800 }]] })
  row('unregisters after the answer when it was asked to (§10.2.2)', step.send(doUnregister), success(), {
    to: 'unregistering',
    did: [
      told(success()),
      ['announceGrant', expect.objectContaining({ granted: 600 })],
      ['register', { expires: 0 }],
    ],
  })
})

describe('unregistering', () => {
  const unregistering = registered.send(doUnregister)

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
