/** Calls in both directions, and their dialog. RFC 3261 §9, §12 to §15. */

import { describe, expect, it } from 'vitest'
import type { CallState } from '../../src/engine/states.ts'
import { SipError } from '../../src/errors.ts'
import { toText } from '../../src/message/index.ts'
import { request, response, sender } from '../support/fake-port.ts'
import { sdp } from '../support/text.ts'
import { activeSip, fails, plainRegistration, record, refused } from './support.ts'

const uri = 'sip:bob@example.com'
const info = {
  callId: 'c',
  localTag: 'a',
  remoteTag: 'b',
  localUri: '<sip:alice@example.com>',
  remoteUri: '<sip:bob@example.com>',
  remoteTarget: 'sip:bob@192.0.2.2',
  routeSet: [],
  secure: false,
}

const ours = sdp('192.0.2.1')

const incoming = ({ body = 'v=0\r\n' } = {}) => {
  const { fake, connection, sip } = activeSip()
  const calls = record(connection.calls$)
  fake.tell({
    type: 'call',
    id: 'call.1',
    connection: connection.id,
    request: request('INVITE', { body }),
    from: sender,
  })
  const call = calls.values[0]!
  return { fake, sip, connection, call, become: (state: CallState) => fake.state('call.1', state) }
}

const outgoing = (options = {}) => {
  const { fake, connection, sip } = activeSip()
  const call = connection.invite(uri, options)
  const dialog = (id: string, remoteTag = 'b') => {
    fake.tell({
      type: 'dialog',
      id,
      call: call.id,
      connection: connection.id,
      dialog: { ...info, remoteTag },
    })
  }
  return { fake, sip, connection, call, dialog, become: (state: CallState) => fake.state(call.id, state) }
}

describe('an incoming call', () => {
  it('shows who calls and the offer', () => {
    const { call } = incoming()
    expect(call.direction).toBe('incoming')
    expect(call.remote.displayName).toBe('Bob')
    expect(call.remoteUser).toBe('bob')
    expect(call.offer).toBe('v=0\r\n')
    expect(call.answer).toBeUndefined()
    expect(call.request?.method).toBe('INVITE')
  })

  it('rings, is answered, and keeps the promise on the ACK', async () => {
    const { fake, call, become } = incoming()
    call.ring()
    become({ is: 'ringing' })
    const accepted = call.accept(ours)
    expect(fake.commands.slice(1)).toEqual([
      { type: 'call.provisional', id: 'call.1', response: { status: 180 } },
      {
        type: 'call.accept',
        id: 'call.1',
        response: { status: 200, contentType: 'application/sdp', body: ours },
      },
    ])
    become({ is: 'accepted' })
    let settled = false
    void accepted.then(() => {
      settled = true
    })
    await Promise.resolve()
    expect(settled).toBe(false)
    become({ is: 'confirmed' })
    await accepted
    await call.established()
  })

  it('rejects the promise with no-ack when no ACK comes', async () => {
    const { fake, call, become } = incoming()
    const accepted = call.accept(ours)
    become({ is: 'accepted' })
    become({ is: 'terminating' })
    fake.tell({ type: 'error', id: call.id, error: new SipError('no-ack', 'no ACK came') })
    await fails('no-ack', accepted)
  })

  it('is rejected 486 unless told otherwise', () => {
    const { fake, call } = incoming()
    call.reject()
    expect(fake.last('call.reject')).toEqual({ type: 'call.reject', id: 'call.1', response: { status: 486 } })
    const other = incoming()
    other.call.reject(603, { reason: 'No' })
    expect(other.fake.last('call.reject').response).toEqual({ status: 603, reason: 'No' })
  })

  it('cannot be hung up before our 2xx, and no command leaves (§15)', () => {
    const { fake, call, become } = incoming()
    refused('invalid-dialog-state', () => call.hangUp())
    become({ is: 'ringing' })
    refused('invalid-dialog-state', () => call.hangUp())
    expect(fake.commands).toHaveLength(1)
    expect(call.can('hangUp')).toBe(false)
  })

  it('can be hung up between our 2xx and the ACK (§15)', async () => {
    const { fake, call, become } = incoming()
    become({ is: 'accepted' })
    const over = call.hangUp({ headers: [['Reason', 'SIP;cause=200']] })
    expect(fake.last('call.hangUp')).toEqual({
      type: 'call.hangUp',
      id: 'call.1',
      headers: [['Reason', 'SIP;cause=200']],
    })
    become({ is: 'terminating' })
    const again = call.hangUp()
    expect(fake.commands.filter(({ type }) => type === 'call.hangUp')).toHaveLength(1)
    become({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
    await over
    await again
  })

  it('rejects the promises when the peer cancels', async () => {
    const { call, become } = incoming()
    const [accepted, established] = [call.accept(ours), call.established()]
    become({ is: 'terminated', end: { by: 'remote', reason: 'cancelled', status: 487 } })
    await fails('cancelled', accepted)
    expect((await fails('cancelled', established)).status).toBe(487)
  })

  it('tells our own refusal from that of the peer', async () => {
    const { call, become } = incoming()
    call.reject(603)
    become({ is: 'terminated', end: { by: 'local', reason: 'rejected', status: 603 } })
    const error = await fails('rejected', call.established())
    expect([error.status, error.message]).toEqual([603, 'we answered 603 Decline'])
  })

  it.each([
    ['progress(100)', 100],
    ['progress(200)', 200],
  ])('has no %s', (_, status) => {
    const { call } = incoming()
    refused('argument', () => call.progress(status))
  })

  it('refuses a status of the wrong class', () => {
    const { call } = incoming()
    refused('argument', () => call.reject(200))
    refused('argument', () => call.reject(700))
    refused('argument', () => call.accept(ours, { status: 302 }))
  })

  it('is not answered twice', () => {
    const { call, become } = incoming()
    become({ is: 'accepted' })
    for (const operation of ['ring', 'accept', 'reject'] as const) {
      expect(call.can(operation)).toBe(false)
      refused('invalid-transaction-state', () => call[operation]())
    }
    refused('invalid-transaction-state', () => call.cancel())
  })

  it('takes one final answer, and can be hung up, before the engine has told what it made of it', () => {
    const { fake, call } = incoming()
    void call.accept(ours)
    expect(call.state.is).toBe('incoming')
    refused('invalid-transaction-state', () => call.accept(ours))
    refused('invalid-transaction-state', () => call.reject())
    void call.hangUp()
    expect(fake.commands.slice(1).map(({ type }) => type)).toEqual(['call.accept', 'call.hangUp'])
  })

  it('can be answered after an answer that the engine refused', () => {
    const { fake, call } = incoming()
    fake.refuse(new SipError('not-supported', 'not so'))
    refused('not-supported', () => call.accept(ours))
    fake.refuse(undefined)
    void call.accept(ours)
    expect(fake.last('call.accept').response.status).toBe(200)
  })

  it('tells of a CANCEL, also of one that came too late (§9.2)', () => {
    const { fake, call } = incoming()
    const events = record(call.events$)
    fake.tell({ type: 'canceled', id: call.id, request: request('CANCEL') })
    fake.tell({ type: 'canceled', id: call.id, request: request('CANCEL'), tooLate: true })
    expect(events.values).toMatchObject([{ type: 'canceled' }, { type: 'canceled', tooLate: true }])
    expect(events.values[0]).not.toHaveProperty('tooLate')
  })
})

describe('an outgoing call', () => {
  it('carries the options, and the registration it is from', () => {
    const { fake, connection } = activeSip()
    const registration = connection.register({ aor: 'sip:alice@example.com' })
    refused('invalid-registration-state', () => connection.invite(uri, { from: registration }))
    fake.state(registration.id, {
      ...plainRegistration,
      is: 'registered',
      granted: 600,
      registrarExpiresAt: 0,
      contact: 'sip:a@b',
    })
    const call = connection.invite(uri, { from: registration, offer: ours, to: 'Bob <sip:bob@example.com>' })
    expect(fake.last('call.invite').invite).toEqual({
      uri,
      to: 'Bob <sip:bob@example.com>',
      offer: ours,
      registration: registration.id,
    })
    expect(call.remote.displayName).toBe('Bob')
  })

  it.each([
    ['sip:bob@example.com', 'bob'],
    ['sips:+49%2030%201@example.com;user=phone', '+49 30 1'],
    ['sip:b%C3%B6b@example.com', 'b\u00f6b'],
    ['sip:a%0Ab@example.com', 'a%0Ab'],
    ['sip:example.com', undefined],
    ['tel:+49-30-1', '+49-30-1'],
    ['urn:service:sos', undefined],
  ])('to %s has %s as its remote user', (to, user) => {
    const { connection } = activeSip()
    expect(connection.invite(uri, { to: `<${to}>` }).remoteUser).toBe(user)
  })

  it('that was cancelled says so to who waits for it', async () => {
    const { call, become } = outgoing()
    const established = call.established()
    become({ is: 'terminated', end: { by: 'local', reason: 'cancelled', status: 487 } })
    expect((await fails('cancelled', established)).message).toBe('you cancelled it before it was answered')
  })

  it('is established by the 2xx, whose dialog is the one of the call', async () => {
    const { fake, call, dialog, become } = outgoing({ offer: ours })
    const [responses, events] = [record(call.responses$), record(call.events$)]
    dialog('dialog.1', 'x')
    dialog('dialog.2', 'b')
    fake.tell({ type: 'response', id: call.id, response: response(183, { method: 'INVITE', body: 'early' }) })
    expect(call.answer).toBe('early')
    expect(call.dialog?.id).toBe('dialog.1')
    become({ is: 'confirmed' })
    const ok = response(200, { method: 'INVITE', body: 'answer' })
    fake.tell({ type: 'response', id: call.id, response: ok })
    fake.tell({ type: 'answered', id: call.id, response: ok })
    fake.tell({ type: 'inviteCompleted', id: call.id })
    await call.established()
    expect(call.answer).toBe('answer')
    expect(call.offer).toBeUndefined()
    expect(call.dialog?.id).toBe('dialog.2')
    expect(responses.values.map(({ status }) => status)).toEqual([183, 200])
    expect(events.values.map(({ type }) => type)).toEqual(['dialog', 'dialog', 'answered', 'inviteCompleted'])
  })

  it('finds the offer in the 2xx when its INVITE had none (§13.2.1)', () => {
    const { fake, call } = outgoing({ offer: 'none' })
    fake.tell({
      type: 'answered',
      id: call.id,
      response: response(200, { method: 'INVITE', body: 'theirs' }),
    })
    expect(call.offer).toBe('theirs')
    expect(call.answer).toBeUndefined()
  })

  it('rejects with the status of the refusal, and tells the end', async () => {
    const { call, become } = outgoing()
    const established = call.established()
    const busy = response(486, { method: 'INVITE' })
    become({ is: 'terminated', end: { by: 'remote', reason: 'rejected', status: 486, response: busy } })
    const error = await fails('rejected', established)
    expect(error.status).toBe(486)
    expect(toText(error.response!)).toBe(toText(busy))
    expect(error.message).toBe('the peer answered 486 Phrase')
    expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'rejected' })
  })

  it.each(['calling', 'proceeding', 'early'] as const)('can be cancelled and hung up while %s (§9.1)', is => {
    const { fake, call, become } = outgoing()
    become({ is })
    call.cancel()
    void call.hangUp()
    expect(fake.commands.slice(2).map(({ type }) => type)).toEqual(['call.cancel', 'call.hangUp'])
  })

  it('cannot be cancelled once it is up', () => {
    const { call, become } = outgoing()
    become({ is: 'confirmed' })
    refused('invalid-transaction-state', () => call.cancel())
    refused('invalid-transaction-state', () => call.ring())
  })

  it('is acknowledged by hand once, after the 2xx, when asked for (§13.2.2.4)', () => {
    const { fake, call, become } = outgoing({ autoAck: false, offer: ours })
    refused('invalid-dialog-state', () => call.ack())
    become({ is: 'confirmed' })
    fake.tell({ type: 'answered', id: call.id, response: response(200, { method: 'INVITE' }) })
    call.ack(ours)
    expect(fake.last('call.ack')).toEqual({ type: 'call.ack', id: call.id, answer: ours })
    refused('invalid-dialog-state', () => call.ack())
  })

  it('with automatic ACK takes none by hand', () => {
    const { fake, call } = outgoing({ offer: ours })
    fake.tell({ type: 'answered', id: call.id, response: response(200, { method: 'INVITE' }) })
    refused('invalid-dialog-state', () => call.ack())
  })

  it('ends with a lost connection without an error of its own', async () => {
    const { fake, connection, call, become } = outgoing()
    become({ is: 'confirmed' })
    const errors = record(call.errors$)
    const ended = call.ended()
    fake.state(connection.id, { is: 'inactive' })
    fake.tell({ type: 'closed', id: call.id, reason: 'connectionLost' })
    expect(errors).toEqual({ values: [], complete: true })
    expect(await ended).toMatchObject({ by: 'network', reason: 'failed' })
    expect(call.can('hangUp')).toBe(false)
  })

  it('is of no use after its connection closed: resource-not-available from everything', () => {
    const { fake, connection, call } = outgoing()
    fake.tell({ type: 'closed', id: call.id })
    fake.state(connection.id, { is: 'closed' })
    fake.tell({ type: 'closed', id: connection.id })
    for (const operation of ['ring', 'accept', 'reject', 'hangUp', 'cancel', 'ack'] as const) {
      refused('resource-not-available', () => call[operation]())
    }
    refused('resource-not-available', () => call.progress(183))
    refused('resource-not-available', () => connection.invite(uri))
    refused('resource-not-available', () => connection.request({ method: 'OPTIONS', uri }))
    refused('resource-not-available', () => connection.register({ aor: uri }))
  })
})

describe('the dialog of a call', () => {
  const early = () => {
    const all = outgoing()
    all.dialog('dialog.1')
    const dialog = all.call.dialog!
    return { ...all, dialog }
  }

  it('has an identity from early on, none before (§12)', () => {
    const { fake, dialog } = early()
    refused('invalid-dialog-state', () => dialog.callId)
    fake.state('dialog.1', { is: 'early' })
    expect(dialog).toMatchObject(info)
  })

  it.each(['REGISTER', 'INVITE', 'BYE', 'CANCEL', 'ACK', 'SUBSCRIBE', 'NOTIFY', 'UPDATE', 'PRACK', 'REFER'])(
    'refuses %s',
    method => {
      const { fake, dialog } = early()
      fake.state('dialog.1', { is: 'confirmed' })
      refused('argument', () => dialog.request(method))
      expect(fake.commands.some(({ type }) => type === 'dialog.request')).toBe(false)
    },
  )

  it('carries INFO when early or confirmed', async () => {
    const { fake, dialog } = early()
    refused('invalid-dialog-state', () => dialog.request('INFO'))
    fake.state('dialog.1', { is: 'early' })
    const transaction = dialog.request('INFO', { contentType: 'text/plain', body: 'x' })
    expect(transaction.dialog).toBe(dialog)
    expect(fake.last('dialog.request')).toEqual({
      type: 'dialog.request',
      id: transaction.id,
      dialog: 'dialog.1',
      request: { method: 'INFO', contentType: 'text/plain', body: 'x' },
    })
    fake.tell({ type: 'response', id: transaction.id, response: response(200, { method: 'INFO' }) })
    expect((await transaction.response()).status).toBe(200)
    fake.state('dialog.1', { is: 'terminated' })
    refused('invalid-dialog-state', () => dialog.request('INFO'))
  })

  it('gives requests within it to its own listeners, else answers 405 with Allow (RFC 5057 §5.1)', () => {
    const { fake, connection, dialog } = early()
    fake.state('dialog.1', { is: 'confirmed' })
    const outside = record(connection.requests$)
    const incomingInfo = (id: string) =>
      fake.tell({
        type: 'request',
        id,
        connection: connection.id,
        dialog: 'dialog.1',
        request: request('INFO'),
        from: sender,
      })
    incomingInfo('server.1')
    expect(fake.last('transaction.respond').response).toMatchObject({
      status: 405,
      headers: [['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY, MESSAGE']],
    })
    const within = record(dialog.requests$)
    incomingInfo('server.2')
    expect(within.values[0]?.dialog).toBe(dialog)
    expect(outside.values).toEqual([])
    fake.state('dialog.1', { is: 'terminated' })
    refused('invalid-dialog-state', () => within.values[0]!.respond(200))
  })
})
