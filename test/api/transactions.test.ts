/** Requests outside dialogs and their answers, in both directions. RFC 3261 §8, RFC 4320. */
import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/errors.ts'
import { request, response, sender } from '../support/fake-port.ts'
import { activeSip, fails, record, refused } from './support.ts'

const uri = 'sip:bob@example.com'

const incoming = (method: string) => {
  const { fake, connection, ...rest } = activeSip()
  const seen = record(connection.requests$)
  fake.tell({
    type: 'request',
    id: 'server.1',
    connection: connection.id,
    request: request(method),
    from: sender,
  })
  return { ...rest, fake, connection, transaction: seen.values[0]! }
}

describe('connection.request', () => {
  it.each([
    'INVITE',
    'ACK',
    'CANCEL',
    'BYE',
    'SUBSCRIBE',
    'NOTIFY',
    'REFER',
    'UPDATE',
    'PRACK',
    'REGISTER',
    'INFO',
  ])('refuses %s', method => {
    const { fake, connection } = activeSip()
    refused('argument', () => connection.request({ method, uri }))
    expect(fake.commands.map(({ type }) => type)).toEqual(['connection.open'])
  })

  it('hands all parts on', () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request({
      method: 'MESSAGE',
      uri,
      from: 'Alice <sip:alice@example.com>',
      to: '<sip:bob@example.com>',
      headers: [['Subject', 'lunch']],
      contentType: 'text/plain',
      body: 'now?',
      credentials: { username: 'alice', password: 's3cret' },
    })
    expect(fake.last('request.send')).toEqual({
      type: 'request.send',
      id: transaction.id,
      connection: connection.id,
      request: {
        method: 'MESSAGE',
        uri,
        from: 'Alice <sip:alice@example.com>',
        to: '<sip:bob@example.com>',
        headers: [['Subject', 'lunch']],
        contentType: 'text/plain',
        body: 'now?',
        credentials: [{ username: 'alice', password: 's3cret' }],
      },
    })
  })

  it.each([
    ['a method that is no token', { method: 'OPT IONS', uri }],
    ['a URI that is none', { method: 'OPTIONS', uri: 'bob' }],
    ['a URI with a line break', { method: 'OPTIONS', uri: 'sip:bob@example.com\r\nX: y' }],
    ['a URI with headers (§19.1.1)', { method: 'OPTIONS', uri: 'sip:bob@example.com?Subject=x' }],
    ['a From with a tag (§19.3)', { method: 'OPTIONS', uri, from: '<sip:a@example.com>;tag=1' }],
    ['a To that is none', { method: 'OPTIONS', uri, to: '<sip:a' }],
    [
      'a header value with a line break',
      { method: 'OPTIONS', uri, headers: [['Subject', 'a\r\nb']] as const },
    ],
    ['a body without a type (§20.15)', { method: 'MESSAGE', uri, body: 'x' }],
    ['a type that is none', { method: 'MESSAGE', uri, body: 'x', contentType: 'text' }],
    ['credentials without a name', { method: 'OPTIONS', uri, credentials: { username: '', password: 'x' } }],
    ['credentials without a secret', { method: 'OPTIONS', uri, credentials: { username: 'x' } }],
  ])('refuses %s', (_, options) => {
    const { fake, connection } = activeSip()
    refused('argument', () => connection.request(options))
    expect(fake.commands).toHaveLength(1)
  })

  it('refuses a header of the stack', () => {
    const { connection } = activeSip()
    const error = refused('header-not-allowed', () =>
      connection.request({ method: 'OPTIONS', uri, headers: [['v', 'SIP/2.0/UDP x']] }),
    )
    expect(error.header).toBe('v')
  })

  it('is not-ready before the connection is active, and after it went', () => {
    const { fake, sip, connection } = activeSip()
    const other = sip.connect({ port: 5070 })
    refused('not-ready', () => other.request({ method: 'OPTIONS', uri }))
    fake.state(connection.id, { is: 'suspended' })
    refused('not-ready', () => connection.request({ method: 'OPTIONS', uri }))
  })
})

describe('a client transaction', () => {
  it('gives provisional responses and keeps its promise with the 2xx', async () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request({ method: 'OPTIONS', uri })
    const responses = record(transaction.responses$)
    fake.tell({ type: 'response', id: transaction.id, response: response(182) })
    fake.tell({ type: 'response', id: transaction.id, response: response(200) })
    expect(responses.values.map(({ status }) => status)).toEqual([182, 200])
    expect(transaction.lastResponse?.status).toBe(200)
    expect((await transaction.response()).status).toBe(200)
  })

  it('rejects with the response from 300 on', async () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request({ method: 'OPTIONS', uri })
    fake.tell({ type: 'response', id: transaction.id, response: response(404) })
    const error = await fails('rejected', transaction.response())
    expect(error.status).toBe(404)
    expect(error.response).toBe(transaction.lastResponse)
  })

  it('rejects with what went wrong on the way', async () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request({ method: 'OPTIONS', uri })
    const waiting = transaction.response()
    fake.state(transaction.id, { is: 'terminated' })
    fake.tell({ type: 'error', id: transaction.id, error: new SipError('timeout', 'no answer') })
    fake.tell({ type: 'closed', id: transaction.id })
    await fails('timeout', waiting)
    await fails('timeout', transaction.response())
  })

  it('is not cancelled by one who stops listening', () => {
    const { fake, connection } = activeSip()
    const transaction = connection.request({ method: 'OPTIONS', uri })
    const before = fake.commands.length
    transaction.responses$.subscribe().unsubscribe()
    transaction.state$.subscribe().unsubscribe()
    expect(fake.commands).toHaveLength(before)
  })
})

describe('a server transaction', () => {
  it('shows the request and answers it', () => {
    const { fake, transaction } = incoming('MESSAGE')
    expect(transaction.method).toBe('MESSAGE')
    expect(transaction.from).toEqual(sender)
    transaction.respond(200, {
      headers: [['X-A', 'b']],
      contentType: 'text/plain',
      body: 'ok',
      reason: 'Fine',
    })
    expect(fake.last('transaction.respond')).toEqual({
      type: 'transaction.respond',
      id: 'server.1',
      response: {
        status: 200,
        reason: 'Fine',
        headers: [['X-A', 'b']],
        contentType: 'text/plain',
        body: 'ok',
      },
    })
  })

  it.each([100, 99, 700, 200.5])('has no status %d (§8.2.6.1, §7.2)', status => {
    const { fake, transaction } = incoming('MESSAGE')
    refused('argument', () => transaction.respond(status))
    expect(fake.commands).toHaveLength(1)
  })

  it.each([
    [408, 'MESSAGE', 'RFC 4320 §4.2'],
    [180, 'MESSAGE', 'RFC 4320 §4.1'],
    [199, 'OPTIONS', 'RFC 4320 §4.1'],
  ])('refuses %d to %s (%s)', (status, method) => {
    const { transaction } = incoming(method)
    refused('argument', () => transaction.respond(status))
  })

  it('allows 1xx and 408 to an INVITE', () => {
    const { fake, transaction } = incoming('INVITE')
    transaction.respond(183)
    transaction.respond(408)
    expect(fake.commands.slice(1).map(({ type }) => type)).toEqual([
      'transaction.respond',
      'transaction.respond',
    ])
  })

  it('never answers an ACK', () => {
    const { transaction } = incoming('ACK')
    expect(transaction.canRespond).toBe(false)
    refused('invalid-transaction-state', () => transaction.respond(200))
  })

  it('takes one final answer, also before the engine has told its state', () => {
    const { fake, transaction } = incoming('MESSAGE')
    transaction.respond(200)
    refused('invalid-transaction-state', () => transaction.respond(200))
    expect(fake.commands).toHaveLength(2)
  })

  it('answers in trying and proceeding only', () => {
    const { fake, transaction } = incoming('MESSAGE')
    fake.state('server.1', { is: 'proceeding' })
    expect(transaction.canRespond).toBe(true)
    fake.state('server.1', { is: 'completed' })
    refused('invalid-transaction-state', () => transaction.respond(200))
  })

  it('belongs to its connection: resource-not-available when that is closed', () => {
    const { fake, connection, transaction } = incoming('MESSAGE')
    fake.state(connection.id, { is: 'closed' })
    refused('resource-not-available', () => transaction.respond(200))
  })
})

describe('what nobody takes', () => {
  it('is answered 480 outside dialogs', () => {
    const { fake, connection } = activeSip()
    fake.tell({
      type: 'request',
      id: 'server.1',
      connection: connection.id,
      request: request('MESSAGE'),
      from: sender,
    })
    expect(fake.last('transaction.respond').response).toEqual({ status: 480 })
  })

  it('an INVITE is answered 480', () => {
    const { fake, connection } = activeSip()
    connection.calls$.subscribe().unsubscribe()
    fake.tell({
      type: 'call',
      id: 'call.9',
      connection: connection.id,
      request: request('INVITE'),
      from: sender,
    })
    expect(fake.last('call.reject')).toEqual({ type: 'call.reject', id: 'call.9', response: { status: 480 } })
  })

  it('harms nobody when the answer is refused', () => {
    const { fake, connection } = activeSip()
    fake.refuse(new SipError('invalid-transaction-state', 'gone'))
    fake.tell({
      type: 'call',
      id: 'call.9',
      connection: connection.id,
      request: request('INVITE'),
      from: sender,
    })
    expect(fake.commands).toHaveLength(1)
  })
})
