import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  isMalformed,
  isSipUri,
  longName,
  parse,
  parseMultipart,
  parseUri,
  type SipMessage,
  sameUri,
  serialize,
  type Uri,
} from '../../src/message/index.ts'
import { type Expectation, rfc4475, rfc5118 } from './expected.ts'

interface Entry {
  readonly name: string
  readonly section: string
  readonly valid: boolean
  readonly expected: string
  readonly alsoAcceptable: readonly string[]
  readonly file?: string
  readonly wire?: string
}

const bytes = (path: string): Uint8Array => readFileSync(new URL(path, import.meta.url))
const manifest = (folder: string): readonly Entry[] =>
  JSON.parse(readFileSync(new URL(`${folder}/manifest.json`, import.meta.url), 'utf8')).messages

const read = (path: string): SipMessage => {
  const message = parse(bytes(path))
  if (isMalformed(message)) throw new Error(message.reason)
  return message
}

/** Whether what the parser yields can lead to what the manifest wants of the whole user agent. */
const agrees = (expectation: Expectation, outcomes: readonly string[]): boolean => {
  if (expectation.yields === 'message') return outcomes.some(outcome => !/^(400|505)/.test(outcome))
  if (expectation.answerable === false) return outcomes.some(outcome => outcome.startsWith('ignore'))
  return outcomes.some(outcome => outcome.startsWith(String(expectation.yields)))
}

const check = (path: string, expectation: Expectation): void => {
  const found = parse(bytes(path))
  if (expectation.yields !== 'message') {
    expect(isMalformed(found)).toBe(true)
    if (!isMalformed(found)) return
    expect(found.status).toBe(expectation.yields)
    expect(found.message !== undefined).toBe(expectation.answerable)
    // What a 400 copies must be there and must not throw. RFC 3261 §8.2.6.2
    for (const name of found.message === undefined ? [] : ['via', 'from', 'to', 'call-id', 'cseq']) {
      expect(found.message?.headers(name).length).toBeGreaterThan(0)
    }
    if (found.message !== undefined) expect(found.message.via.host).not.toBe('')
    return
  }
  expect(isMalformed(found) ? found.reason : 'message').toBe('message')
  if (isMalformed(found)) return
  for (const name of expectation.faults ?? []) {
    expect(found.parsed(name)).toBeUndefined()
    expect(found.fault(name)?.header).toBe(name)
  }
  const again = parse(serialize(found))
  expect(isMalformed(again) ? again.reason : shape(again)).toEqual(shape(found))
}

const shape = (message: SipMessage) => ({
  start: message.kind === 'request' ? [message.method, message.uri] : [message.status, message.reason],
  fields: message.fields.filter(({ name }) => longName(name) !== 'content-length'),
  body: [...message.body],
})

describe('RFC 4475', () => {
  const entries = manifest('rfc4475')
  it('has an expectation for each of the 49 messages', () => {
    expect(entries.map(({ name }) => name).sort()).toEqual(Object.keys(rfc4475).sort())
    expect(entries).toHaveLength(49)
  })
  it.each(entries)('$name (§$section) yields what is expected of it', ({ name, file }) => {
    check(`rfc4475/${file}`, rfc4475[name]!)
  })
  it.each(entries)('$name (§$section) leads to an outcome that the manifest allows', entry => {
    expect(agrees(rfc4475[entry.name]!, [entry.expected, ...entry.alsoAcceptable, ...closed(entry)])).toBe(
      true,
    )
  })
  it('reads baddn with its empty line added: a comma in an unquoted display name (§3.1.2.15)', () => {
    expect(read('rfc4475/baddn.closed.dat').from).toMatchObject({ displayName: 'Bell, Alexander' })
  })
})

/** The archived baddn.dat is unterminated: its manifest entry allows 400 for that by its note. */
const closed = ({ name }: Entry): readonly string[] => (name === 'baddn' ? ['400'] : [])

describe('RFC 5118', () => {
  const entries = manifest('rfc5118')
  it('has an expectation for each of the 12 messages', () => {
    expect(entries.map(({ name }) => name).sort()).toEqual(Object.keys(rfc5118).sort())
    expect(entries).toHaveLength(12)
  })
  it.each(entries)('$name (§$section) yields what is expected of it', ({ name, wire }) => {
    check(`rfc5118/${wire}`, rfc5118[name]!)
  })
  it.each(entries)('$name (§$section) leads to an outcome that the manifest allows', entry => {
    expect(agrees(rfc5118[entry.name]!, [entry.expected, ...entry.alsoAcceptable])).toBe(true)
  })
  it.each(entries)('$name with bare line feeds, as archived, is refused and does not throw', ({ name }) => {
    expect(isMalformed(parse(bytes(`rfc5118/archive/${name}.dat`)))).toBe(true)
  })
})

describe('what the torture messages say', () => {
  it('wsinv: folding and white space everywhere (RFC 4475 §3.1.1.1)', () => {
    const message = read('rfc4475/wsinv.dat')
    expect(message.toTag).toBe('1918181833n')
    expect(message.fromTag).toBe('98asjd8')
    expect(message.from.displayName).toBe('J Rosenberg \\"')
    expect(message.cseq).toEqual({ seq: 9, method: 'INVITE' })
    expect(message.parsed('max-forwards')).toBe(68)
    expect(message.parsed('via')?.map(via => [via.transport, via.host, via.params.get('branch')])).toEqual([
      ['UDP', '192.0.2.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ])
    expect(message.header('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;')
    expect(message.header('newfangledheader')).toBe('newfangled value continued newfangled value')
    const contact = message.parsed('contact')
    expect(contact === '*' ? [] : contact?.map(({ params }) => [...params])).toEqual([
      [
        ['newparam', 'newvalue'],
        ['secondparam', undefined],
        ['q', '0.33'],
      ],
    ])
  })
  it('intmeth: every character a token may hold, NUL and BEL in a quoted string (§3.1.1.2)', () => {
    const message = read('rfc4475/intmeth.dat')
    expect(message.to.displayName).toBe('BEL:\u0007 NUL:\u0000 DEL:\u007f')
    expect(message.from.displayName).toBe("token1~` token2'+_ token3*%!.-")
    expect(message.from.params.get("fromparam''~+*_!.-%")).toBe('работающий')
    expect(message.header("extensionHeader-!.%*+_`'~")).toBe('﻿大停電')
  })
  it('esc01: escapes do not make headers or parameters, but are resolved in a comparison (§3.1.1.3)', () => {
    const message = read('rfc4475/esc01.dat')
    expect(message.kind === 'request' && isSipUri(message.target) && message.target.user).toBe(
      'sips%3Auser%40example.com',
    )
    expect(sameUri(message.to.uri, parseUri('sip:user@example.com') as Uri)).toBe(true)
    const contact = message.parsed('contact')
    const uri = contact === '*' ? undefined : contact?.[0]?.uri
    expect(uri !== undefined && isSipUri(uri) && [...uri.params]).toEqual([
      ['lr', undefined],
      ['name', 'v%61lue%25%34%31'],
    ])
  })
  it('escnull: %00 does not end a user part (§3.1.1.4)', () => {
    const contact = read('rfc4475/escnull.dat').parsed('contact')
    expect(contact === '*' ? undefined : contact?.map(({ uri }) => isSipUri(uri) && uri.user)).toEqual([
      '%00',
      '%00%00',
    ])
    expect(contact !== '*' && contact !== undefined && sameUri(contact[0]!.uri, contact[1]!.uri)).toBe(false)
  })
  it('semiuri: semicolons before the @ belong to the user (§3.1.1.9)', () => {
    const message = read('rfc4475/semiuri.dat')
    expect(message.kind === 'request' && message.target).toMatchObject({
      user: 'user;par=u%40example.net',
      host: 'example.com',
    })
  })
  it('dblreq: what follows Content-Length in a datagram is no part of the message (§3.1.1.8)', () => {
    expect(read('rfc4475/dblreq.dat').body).toHaveLength(0)
  })
  it('mpart01: parts with binary content come back byte for byte (§3.1.1.11)', () => {
    const parts = parseMultipart(read('rfc4475/mpart01.dat'))
    if (isMalformed(parts)) throw new Error(parts.reason)
    expect(parts.map(({ contentType }) => contentType?.value)).toEqual([
      'text/plain',
      'application/octet-stream',
    ])
    expect(String.fromCharCode(...parts[0]!.body)).toBe('Hello')
    expect([...parts[1]!.body.slice(0, 4)]).toEqual([0x30, 0x82, 0x01, 0x52])
  })
  it('unreason and noreason: phrases in UTF-8 and none at all (§3.1.1.12, §3.1.1.13)', () => {
    expect(read('rfc4475/unreason.dat')).toMatchObject({
      reason: '= 2**3 * 5**2 но сто девяносто девять - простое',
    })
    expect(read('rfc4475/noreason.dat')).toMatchObject({ status: 100, reason: '' })
  })
  it('scalar02: nothing wraps or is rounded (§3.1.2.4)', () => {
    const found = parse(bytes('rfc4475/scalar02.dat'))
    const message = isMalformed(found) ? found.message : undefined
    expect(message?.fault('max-forwards')).toBeDefined()
    expect(message?.fault('expires')).toBeDefined()
    expect(message?.fault('cseq')).toBeDefined()
  })
  it('cparam01 and cparam02: inside or outside of the angle brackets (§3.3.13, §3.3.14)', () => {
    const outside = read('rfc4475/cparam01.dat').parsed('contact')
    const inside = read('rfc4475/cparam02.dat').parsed('contact')
    expect(outside !== '*' && outside?.[0]?.params.has('unknownparam')).toBe(true)
    const uri = inside === '*' ? undefined : inside?.[0]?.uri
    expect(uri !== undefined && isSipUri(uri) && uri.params.has('unknownparam')).toBe(true)
  })
  it('regescrt: an escaped Route in a Contact stays where it is (§3.3.15)', () => {
    const message = read('rfc4475/regescrt.dat')
    expect(message.header('route')).toBeUndefined()
    const contact = message.parsed('contact')
    const uri = contact === '*' ? undefined : contact?.[0]?.uri
    expect(uri !== undefined && isSipUri(uri) && uri.headers.get('route')).toBe('%3Csip:sip.example.com%3E')
  })
  it('port-ambiguous and port-unambiguous: a port is behind the bracket (RFC 5118 §4.3, §4.4)', () => {
    const first = read('rfc5118/wire/port-ambiguous.dat')
    const second = read('rfc5118/wire/port-unambiguous.dat')
    expect(first.kind === 'request' && first.target).toMatchObject({ host: '2001:db8::10:5070' })
    expect(first.kind === 'request' && 'port' in first.target).toBe(false)
    expect(second.kind === 'request' && second.target).toMatchObject({ host: '2001:db8::10', port: 5070 })
  })
  it('received with and without brackets (RFC 5118 §4.5)', () => {
    const bare = read('rfc5118/wire/via-received-param-no-delim.dat').via
    expect(bare.params.get('received')).toBe('2001:db8::9:255')
    expect(bare.params.get('branch')).toBe('z9hG4bKas3')
    const bracketed = read('rfc5118/wire/via-received-param-with-delim.dat').via
    expect(bracketed.params.get('received')).toBe('[2001:db8::9:255]')
  })
  it('three colons are read as two (RFC 5118 §4.10)', () => {
    const message = read('rfc5118/wire/ipv6-bug-abnf-3-colons.dat')
    expect(message.kind === 'request' && message.target).toMatchObject({ host: '2001:db8::192.0.2.1' })
  })
})
