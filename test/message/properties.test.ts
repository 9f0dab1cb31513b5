import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createRequest,
  formatAuth,
  formatNameAddr,
  formatUri,
  formatVia,
  isMalformed,
  longName,
  MessageStream,
  parse,
  parseAuth,
  parseMultipart,
  parseNameAddr,
  parseUri,
  parseVia,
  type SipMessage,
  serialize,
  toText,
} from '../../src/message/index.ts'
import { typedNames } from '../../src/message/names.ts'

const seeds = ['../torture/rfc4475/', '../torture/rfc5118/wire/'].flatMap(folder => {
  const url = new URL(folder, import.meta.url)
  return readdirSync(url)
    .filter(file => file.endsWith('.dat'))
    .map(file => new Uint8Array(readFileSync(new URL(file, url))))
})

/** Touches all there is; the point is that nothing throws. */
const exercise = (bytes: Uint8Array): void => {
  const found = parse(bytes)
  const message = isMalformed(found) ? found.message : found
  if (message === undefined) return
  for (const name of typedNames) if (message.parsed(name) === undefined) message.fault(name)
  const { via, from, to, fromTag, toTag, callId, cseq } = message
  if (message.kind === 'request') formatUri(message.target)
  expect([via, from, to, callId, cseq, fromTag ?? '', toTag ?? ''].includes(undefined as never)).toBe(false)
  parseMultipart(message)
  toText(message)
  if (isMalformed(found)) return
  const again = parse(serialize(found))
  expect(isMalformed(again) ? again.reason : shape(again)).toEqual(shape(found))
}

const shape = (message: SipMessage) => [
  message.kind === 'request' ? [message.method, message.uri] : [message.status, message.reason],
  message.fields
    .filter(({ name }) => longName(name) !== 'content-length')
    .map(({ name, value }) => [name, value]),
  message.body.length,
  message.text,
]

const pieces = [
  '\r\n',
  '\r\n ',
  ';',
  ',',
  '<',
  '>',
  '"',
  '\\',
  ':',
  '@',
  '%',
  '?',
  '=',
  '\0',
  '\n',
  '\r',
  ' ',
  '((',
  '[',
  ']',
  'Content-Length: 99999999999999999999\r\n',
  'Via: ',
  '__proto__',
  '\xff\xfe',
  'SIP/2.0',
  '-1',
  'z9hG4bK',
  ';;',
  '"\\',
]

const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(30),
        fc.constantFrom(...pieces),
        fc.boolean(),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
  )
  .map(([seed, changes]) => {
    let text = Buffer.from(seed).toString('latin1')
    for (const [where, cut, piece, remove] of changes) {
      const at = Math.floor(where * text.length)
      text = text.slice(0, at) + piece + text.slice(remove ? at + cut : at)
    }
    return new Uint8Array(Buffer.from(text, 'latin1'))
  })

describe('whatever a peer sends', () => {
  it('random bytes never throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), exercise), { numRuns: 4_000 })
  })
  it('mutated torture messages never throw, and what parses survives a round trip', () => {
    fc.assert(fc.property(mutated, exercise), { numRuns: 16_000 })
  })
  it('random text never throws in a part parser, and what parses is written so that it parses to the same', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(
          fc.constantFrom('sip:', 'tel:', 'a', '1', '@', 'h', ...pieces, 'SIP/2.0/UDP ', 'Digest ', 'é'),
          { maxLength: 14 },
        )
        .map(p => p.join('')),
    )
    fc.assert(
      fc.property(text, input => {
        const uri = parseUri(input)
        if (!isMalformed(uri)) expect(parseUri(formatUri(uri))).toEqual(uri)
        const address = parseNameAddr(input)
        if (!isMalformed(address) && !/[\r\n]/.test(input)) {
          expect(parseNameAddr(formatNameAddr(address))).toEqual(address)
        }
        const via = parseVia(input)
        if (!isMalformed(via)) expect(parseVia(formatVia(via))).toEqual(via)
        const auth = parseAuth(input)
        if (!isMalformed(auth)) expect(parseAuth(formatAuth(auth))).toEqual(auth)
      }),
      { numRuns: 10_000, examples: [['sip:sip:sip:@-1']] },
    )
  })
})

describe('what we send', () => {
  const line = fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .map(value => value.replace(/[\r\n]/g, '').trim())
  const token = fc.stringMatching(/^[a-zA-Z0-9\-.!%*_+`'~]{1,12}$/)
  it('parses back to the same headers and body', () => {
    const init = fc.record({
      method: token,
      headers: fc.array(
        fc.tuple(
          token.map(name => `X-${name}`),
          line,
        ),
        { maxLength: 12 },
      ),
      body: fc.string({ unit: 'grapheme', maxLength: 80 }),
    })
    fc.assert(
      fc.property(init, ({ method, headers, body }) => {
        const base: [string, string][] = [
          ['Via', 'SIP/2.0/UDP h'],
          ['From', '<sip:a@b>'],
          ['To', '<sip:a@b>'],
          ['Call-ID', '1'],
          ['CSeq', `1 ${method}`],
        ]
        const all = [
          ...base,
          ...headers.map(([name, value]): [string, string] => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')]),
        ]
        const message = createRequest({ method, uri: 'sip:a@b', headers: all, body })
        const again = parse(serialize(message))
        expect(isMalformed(again) ? again.reason : shape(again)).toEqual(shape(message))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a stream', () => {
  const framed = seeds.filter(seed => {
    const stream = new MessageStream()
    const items = stream.push(seed)
    return !stream.broken && stream.pending === 0 && items.length === 1
  })
  it('is read the same however it is cut', () => {
    const cuts = fc.tuple(
      fc.array(fc.constantFrom(...framed), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(300)),
    )
    fc.assert(
      fc.property(cuts, ([messages, sizes]) => {
        const whole = new Uint8Array(Buffer.concat(messages))
        const describeItem = (item: unknown) => (isMalformed(item) ? item.reason : shape(item as SipMessage))
        const expected = new MessageStream().push(whole).map(describeItem)
        const stream = new MessageStream()
        const found: unknown[] = []
        let at = 0
        for (const size of [...sizes, whole.length]) {
          found.push(...stream.push(whole.subarray(at, at + size)).map(describeItem))
          at += size
        }
        expect(found).toEqual(expected)
        expect(found).toHaveLength(messages.length)
      }),
      { numRuns: 500 },
    )
  })
})
