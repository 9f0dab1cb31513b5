/** What callers without types may hand in: a SipError `argument` at once that says what is wrong, and no command. */
import { describe, expect, it } from 'vitest'
import { type Call, type Connection, createSip, type ServerTransaction, type Sip } from '../../src/index.ts'
import { request, sender } from '../support/fake-port.ts'
import { activeSip, refused } from './support.ts'

const uri = 'sip:bob@example.com'
const aor = 'sip:alice@example.com'
const pairs = "headers must be a list of pairs of strings, as [['Subject', 'hi']]"
const content = 'the body must be a string or a Uint8Array'

/** An argument of a type that the compiler would refuse. */
const wrong = (value: unknown): never => value as never

interface Stage {
  readonly sip: Sip
  readonly connection: Connection
  readonly call: Call
  readonly transaction: ServerTransaction
}

const stage = () => {
  const { fake, sip, connection } = activeSip()
  const calls: Call[] = []
  const transactions: ServerTransaction[] = []
  connection.calls$.subscribe(call => void calls.push(call))
  connection.requests$.subscribe(transaction => void transactions.push(transaction))
  fake.tell({
    type: 'call',
    id: 'call.1',
    connection: connection.id,
    request: request('INVITE'),
    from: sender,
  })
  const message = request('MESSAGE')
  fake.tell({ type: 'request', id: 'server.1', connection: connection.id, request: message, from: sender })
  return { fake, sip, connection, call: calls[0]!, transaction: transactions[0]! }
}

const message = (parts: object) => (on: Stage) =>
  on.connection.request(wrong({ method: 'MESSAGE', uri, ...parts }))
const invite = (parts: unknown) => (on: Stage) => on.connection.invite(uri, wrong(parts))
const register = (parts: object) => (on: Stage) => on.connection.register(wrong({ aor, ...parts }))
const respond = (parts: unknown) => (on: Stage) => on.transaction.respond(200, wrong(parts))
const connect = (options: unknown) => (on: Stage) => on.sip.connect(wrong(options))

const rows: readonly (readonly [name: string, text: string, action: (on: Stage) => unknown])[] = [
  [
    'request()',
    'the options { method, uri } are missing',
    ({ connection }) => connection.request(wrong(undefined)),
  ],
  ['request(text)', 'the options { method, uri } must be an object', on => on.connection.request(wrong(uri))],
  ['request without a method', 'the method is missing', message({ method: undefined })],
  ['request with a number as method', 'the method must be a string', message({ method: 5 })],
  ['request without a uri', 'the Request-URI is missing', message({ uri: undefined })],
  ['request with an object as uri', 'the Request-URI must be a string', message({ uri: {} })],
  ['headers as objects', pairs, message({ headers: [{ name: 'Subject', value: 'hi' }] })],
  ['headers as one object', pairs, message({ headers: { Subject: 'hi' } })],
  ['headers as names', pairs, message({ headers: ['Subject'] })],
  ['headers as two letters', pairs, message({ headers: ['ab'] })],
  ['headers of three', pairs, message({ headers: [['Subject', 'hi', 'there']] })],
  ['headers with a number', pairs, message({ headers: [['Subject', 5]] })],
  ['headers that are null', pairs, message({ headers: null })],
  ['a number as body', content, message({ contentType: 'text/plain', body: 5 })],
  ['an object as body', content, message({ contentType: 'text/plain', body: {} })],
  ['null as body', content, message({ body: null })],
  ['a number as contentType', 'contentType must be a string', message({ contentType: 5, body: 'x' })],
  ['an object as from', 'from must be a string or a registration', message({ from: {} })],
  ['null as from', 'from must be a string or a registration', message({ from: null })],
  ['a number as to', 'to must be a string', message({ to: 5 })],
  ['text as credentials', 'credentials must be an object', message({ credentials: 'alice' })],
  ['credentials in nothing', 'credentials are missing', message({ credentials: [undefined] })],
  ['credentials without a name', 'the username is missing', message({ credentials: { password: 'x' } })],
  [
    'a number as password',
    'the password must be a string',
    message({ credentials: { username: 'alice', password: 1234 } }),
  ],
  ['invite()', 'the Request-URI is missing', ({ connection }) => connection.invite(wrong(undefined))],
  ['invite with text as options', 'the options must be an object', invite('v=0')],
  ['invite with null as options', 'the options must be an object', invite(null)],
  ['a number as offer', 'the offer must be a string', invite({ offer: 5 })],
  ['an INVITE with headers as objects', pairs, invite({ headers: [{ name: 'Subject', value: 'hi' }] })],
  [
    'register()',
    'the options { aor } are missing',
    ({ connection }) => connection.register(wrong(undefined)),
  ],
  [
    'register with text',
    'the options { aor } must be an object',
    ({ connection }) => connection.register(wrong(aor)),
  ],
  ['register without an AOR', 'the AOR is missing', register({ aor: undefined })],
  ['a number as registrar', 'the registrar must be a string', register({ registrar: 5 })],
  [
    'a short lifetime',
    'expires must be at least 60 (lower minRequestedExpires to ask for less)',
    register({ expires: 30 }),
  ],
  ['a lifetime as text', 'expires must be a whole number of seconds', register({ expires: '3600' })],
  ['a number as Contact', 'the Contact must be a string', register({ contact: 5 })],
  ['headers of a registration as object', pairs, register({ headers: { Subject: 'hi' } })],
  ['accept with a number', 'the answer must be a string', ({ call }) => void call.accept(wrong(5))],
  [
    'an answer that is no session description',
    'is no session description',
    ({ call }) => void call.accept('garbage'),
  ],
  [
    'an offer that is none',
    'is no session description',
    ({ connection }) => void connection.invite('sip:bob@example.com', { offer: 'v=0' }),
  ],
  [
    'accept with null as options',
    'the options must be an object',
    ({ call }) => void call.accept(undefined, wrong(null)),
  ],
  ['ring with headers as object', pairs, ({ call }) => call.ring(wrong({ headers: { Subject: 'hi' } }))],
  ['reject with a word', 'the status must be 300 to 699', ({ call }) => call.reject(wrong('busy'))],
  ['respond with a body of a number', content, respond({ contentType: 'text/plain', body: 5 })],
  ['respond with text as options', 'the options must be an object', respond('OK')],
  ['respond with a number as reason', 'reason must be a string', respond({ reason: 5 })],
  ['connect with text', 'the options of a connection must be an object', connect('192.0.2.1')],
  ['connect with a number as host', 'host must be a string', connect({ host: 5 })],
  ['connect with a name as host', 'host must be an address of this host', connect({ host: 'foo' })],
  ['connect with an address in brackets', 'host must be an address of this host', connect({ host: '[::1]' })],
  ['connect with text as transports', 'transports must be a list', connect({ transports: 'UDP' })],
  [
    'connect with a transport in lower case',
    'a transport must be UDP or TCP or TLS or WS or WSS',
    connect({ transports: ['udp'] }),
  ],
  ['connect with text as methods', 'methods must be a list', connect({ methods: 'MESSAGE' })],
  ['connect with a name as timers', 'the timers must be an object', connect({ timers: 'ims' })],
  [
    'connect with half the timers',
    'the timer t2 must be a number of milliseconds',
    connect({ timers: { t1: 500 } }),
  ],
]

describe('an argument of the wrong type is refused at once', () => {
  it.each(rows)('%s', (_, text, action) => {
    const { fake, ...on } = stage()
    const before = fake.commands.length
    expect(refused('argument', () => action(on)).message).toContain(text)
    expect(fake.commands.length).toBe(before)
  })
})

describe('createSip refuses', () => {
  it.each([
    ['nothing at all', undefined, 'platform is missing: node() of sipactor/node'],
    ['no platform', {}, 'platform is missing: node() of sipactor/node'],
    [
      'a platform that was not made',
      { platform: () => ({}) },
      'platform must be what node() of sipactor/node returns',
    ],
    ['credentials that are no provider', { platform: {}, credentials: {} }, 'credentials must be a function'],
    [
      'a handler that is no function',
      { platform: {}, onCallbackError: 5 },
      'onCallbackError must be a function',
    ],
    [
      'a platform without its parts',
      { platform: { clock: {}, transports: [] } },
      'platform must be what node() of sipactor/node returns: it lacks random, digest, resolver, localAddressFor',
    ],
    ['a name as timers', { platform: {}, timers: 'ims' }, 'the timers must be an object'],
  ])('%s', (_, options, text) => {
    expect(refused('argument', () => createSip(wrong(options))).message).toBe(text)
  })
})
