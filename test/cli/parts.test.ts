/** Pieces of the command line by themselves. */
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { painter, wantsColour } from '../../src/cli/ansi.ts'
import {
  aorArgument,
  flowArgument,
  fromArgument,
  instanceArgument,
  keepAliveArgument,
  peerArgument,
  portArgument,
  secondsArgument,
  transportArgument,
  uriArgument,
  webSocketArgument,
} from '../../src/cli/arguments.ts'
import { CliError, explain } from '../../src/cli/exit.ts'
import { columnsOf, linesOf } from '../../src/cli/node-io.ts'
import { audio } from '../../src/cli/sdp.ts'
import { waysFor } from '../../src/cli/ways.ts'
import { SipError } from '../../src/index.ts'
import { createResponse } from '../../src/message/index.ts'

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    [{ TERM: 'dumb' }, true, false],
  ])('%j at a terminal (%s): %s', (env, terminal, expected) => {
    expect(wantsColour(env, terminal)).toBe(expected)
  })

  it('wraps text and takes the colour back, or leaves the text alone', () => {
    expect(painter(true)('failure', 'no')).toBe('\x1b[31mno\x1b[0m')
    expect(painter(false)('failure', 'no')).toBe('no')
  })
})

it.each([
  [132, {}, 132],
  [132, { COLUMNS: '90' }, 132],
  [undefined, { COLUMNS: '90' }, 90],
  [undefined, {}, 100],
  [0, {}, 100],
  [0, { COLUMNS: 'wide' }, 100],
])('a terminal of %s columns, with %j, is drawn in %i', (terminal, env, columns) => {
  expect(columnsOf(terminal, env)).toBe(columns)
})

it('tells lines of its input, however they come, and the end; nothing once it is stopped', async () => {
  const input = new PassThrough()
  const told: string[] = []
  const ended = new Promise<void>(resolve => linesOf(input, line => told.push(line), resolve))
  input.write('dial b')
  input.write('ob\r\nwait\nhang')
  input.end('up')
  await ended
  expect(told).toEqual(['dial bob', 'wait', 'hangup'])
  const other = new PassThrough()
  const stop = linesOf(
    other,
    line => told.push(line),
    () => told.push('the end'),
  )
  stop()
  other.end('quit\n')
  expect(other.isPaused()).toBe(true)
  expect(told).toHaveLength(3)
})

describe('arguments', () => {
  it.each([
    ['sip:bob@example.com', 'sip:bob@example.com'],
    ['bob@example.com', 'sip:bob@example.com'],
    ['example.com:5080', 'sip:example.com:5080'],
    ['[::1]:5080', 'sip:[::1]:5080'],
    ['sips:bob@example.com', 'sips:bob@example.com'],
    ['bob@127.0.0.1;transport=tcp', 'sip:bob@127.0.0.1;transport=tcp'],
  ])('takes %s for %s', (text, uri) => {
    expect(uriArgument(text)).toBe(uri)
  })

  it.each(['', 'bob@', 'tel:+4930123', 'http://example.com', 'bob@exa mple', 'sip:bob@x\r\nVia: y'])(
    'refuses %j as a SIP URI',
    text => {
      expect(() => uriArgument(text)).toThrow(/Write it like sip:/)
    },
  )

  it('wants a user in an address of record', () => {
    expect(aorArgument('alice@example.com')).toBe('sip:alice@example.com')
    expect(() => aorArgument('example.com')).toThrow(/The user is missing/)
  })

  it('takes From as an address or a name with one', () => {
    expect(fromArgument('alice@example.com')).toBe('<sip:alice@example.com>')
    expect(fromArgument('"Alice" <sip:alice@example.com>')).toBe('"Alice" <sip:alice@example.com>')
    expect(fromArgument('sip:example.com')).toBe('<sip:example.com>')
    expect(() => fromArgument('Alice <sip:alice@example.com')).toThrow(/Write it like/)
  })

  it.each(['garbage', 'example.com', '', 'Alice <garbage>'])('refuses %j as From', text => {
    expect(() => fromArgument(text)).toThrow(/Write it like/)
  })

  it('takes no single word for a host to call', () => {
    expect(() => peerArgument('bob')).toThrow('Write sip:bob@host, or sip:bob for the host')
    for (const host of ['sip:bob', 'bob@host', 'example.com', 'host:5080', 'localhost', '192.0.2.1', '[::1]'])
      expect(peerArgument(host)).toBe(host.startsWith('sip:') ? host : `sip:${host}`)
  })

  it.each(['-1', '65536', '5060x', '', '5e3'])('refuses the port %j', text => {
    expect(() => portArgument(text)).toThrow(/0 to 65535/)
  })

  it.each(['0', '-5', '1.5', 'soon', '9999999999'])('refuses %j seconds', text => {
    expect(() => secondsArgument(text)).toThrow(/seconds/)
  })
})

describe('failures', () => {
  const response = (status: number) => createResponse({ status, headers: [] })

  it.each([
    [new SipError('rejected', 'x', { response: response(486) }), 1, 'the peer answered 486 Busy Here'],
    [new SipError('rejected', 'x', { response: response(401) }), 4, 'authentication failed'],
    [new SipError('rejected', 'x', { response: response(407) }), 4, 'authentication failed'],
    [new SipError('forbidden', 'the credentials were not accepted'), 4, 'SIPACTOR_PASSWORD'],
    [new SipError('timeout', 'x'), 3, 'nobody answered in time'],
    [new SipError('resolving', 'no such name'), 3, 'Check the host name'],
    [new SipError('transport', 'refused'), 3, 'Does the peer listen there?'],
    [new SipError('transport', 'TLS to 192.0.2.1:5061: refused'), 3, 'mostly 5061'],
    [new SipError('transport', 'WSS to 192.0.2.1:443: refused'), 3, '--web-socket-url'],
    [new SipError('transport', 'TLS to x: the certificate is self-signed and not trusted'), 3, '--ca'],
    [new SipError('transport', 'TLS to x: the peer demands a certificate of ours'), 3, '--cert and --key'],
    [new SipError('argument', 'the AOR is no SIP URI'), 2, 'the AOR is no SIP URI'],
    [new SipError('not-supported', 'the connection has no TLS transport'), 2, 'no TLS transport'],
    [new SipError('already-exists', 'another one serves'), 1, 'another one serves'],
    [new SipError('permission', 'others may enter the folder'), 1, 'others may enter the folder'],
    [new CliError(130, 'interrupted'), 130, 'interrupted'],
    [new TypeError('x is undefined'), 70, 'a fault of sipactor'],
  ])('%s ends with %i', (error, status, text) => {
    const explained = explain(error)
    expect(explained.status).toBe(status)
    expect(explained.what).toContain(text)
    expect(explained.what).not.toContain('\n')
  })
})

it('describes audio for the family of the address (RFC 8866 §5.7)', () => {
  expect(audio('127.0.0.1')).toContain('c=IN IP4 127.0.0.1\r\n')
  expect(audio('::1')).toContain('c=IN IP6 ::1\r\n')
})

describe('transports, certificates and flows', () => {
  it('are taken from what was typed', () => {
    expect(['udp', 'TLS', 'wss'].map(transportArgument)).toEqual(['UDP', 'TLS', 'WSS'])
    expect(webSocketArgument('wss://edge.example.com/sip')).toBe('wss://edge.example.com/sip')
    expect(() => webSocketArgument('https://edge.example.com')).toThrow('no WebSocket URL')
    const uuid = '00000000-0000-1000-8000-00AD1E2F3A4B'
    expect([uuid, `urn:uuid:${uuid}`].map(instanceArgument)).toEqual(Array(2).fill(`urn:uuid:${uuid}`))
    expect(() => instanceArgument('urn:imei:1')).toThrow('no UUID')
    expect([flowArgument('1'), flowArgument('2147483647')]).toEqual([1, 2_147_483_647])
    for (const text of ['0', '2147483648', 'x']) expect(() => flowArgument(text)).toThrow('a number from 1')
    expect([keepAliveArgument('off'), keepAliveArgument('OPTIONS:30')]).toEqual([
      { by: 'off' },
      { by: 'options', interval: 30 },
    ])
    for (const text of ['ping', 'crlf:0', 'crlf:']) expect(() => keepAliveArgument(text)).toThrow('crlf:30')
  })

  it('become what the platform has', () => {
    expect(waysFor({})).toBeUndefined()
    expect(waysFor({ transport: 'TLS' })).toEqual({ tls: true })
    expect(waysFor({ peer: 'sips:bob@a' })).toEqual({ tls: true })
    expect(waysFor({ peer: 'sip:bob@a', proxy: 'sip:b;transport=TLS;lr' })).toEqual({ tls: true })
    expect(waysFor({ peer: 'sips:bob@a', transport: 'UDP' })).toBeUndefined()
    expect(waysFor({ peer: 'sip:sips:@a;transport=tlsx' })).toBeUndefined()
    expect(waysFor({ ca: 'a' })).toEqual({ tls: true, ca: 'a' })
    expect(waysFor({ transport: 'WS', usualPort: 5060 })).toEqual({ webSocket: 'listen' })
    expect(waysFor({ webSocketUrl: 'wss://a/b' })).toEqual({
      tls: true,
      webSocket: 'connect',
      webSocketUrl: 'wss://a/b',
    })
    expect(waysFor({ transport: 'WSS', cert: 'c', key: 'k', usualPort: 5060 })).toEqual({
      tls: true,
      cert: 'c',
      key: 'k',
      webSocket: 'listen',
    })
    expect(() => waysFor({ cert: 'c' })).toThrow('belong together')
    expect(() => waysFor({ transport: 'TLS', usualPort: 5060 })).toThrow('give --cert and --key')
    expect(() => waysFor({ transport: 'WS', webSocketUrl: 'wss://a/b' })).toThrow('--transport is ws')
  })
})
