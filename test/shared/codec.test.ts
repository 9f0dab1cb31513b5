/** Values and frames of the wire: what goes in comes out. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorCodes, isSipError, SipError, type SipErrorCode } from '../../src/errors.ts'
import { createResponse, isMalformed, parse, type SipMessage, serialize } from '../../src/message/index.ts'
import { decodeValue, encodeValue } from '../../src/shared/codec.ts'
import { FrameReader, frameBytes } from '../../src/shared/framing.ts'
import { request, response } from '../support/fake-port.ts'

const through = (value: unknown): unknown => decodeValue(encodeValue(value))

/** Everything that a value of the border may be made of. */
const { data } = fc.letrec<{ data: unknown }>(tie => ({
  data: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('data'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('$', '__proto__', 'constructor')), tie('data'), {
      maxKeys: 4,
    }),
    fc.array(fc.tuple(fc.string(), tie('data')), { maxLength: 4 }).map(entries => new Map(entries)),
    fc.uniqueArray(fc.string(), { maxLength: 4 }).map(items => new Set(items)),
  ),
}))

describe('values', () => {
  it('come out as they went in, whatever they are made of', () => {
    fc.assert(
      fc.property(data, value => {
        expect(through(value)).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  it('leave out what is undefined, and keep it within a list', () => {
    expect(through({ a: undefined, b: 1 })).toStrictEqual({ b: 1 })
    expect(through([undefined, 1])).toStrictEqual([undefined, 1])
  })

  it('refuse what is no data, and what is nested without end', () => {
    const refused = (value: unknown): string => {
      try {
        encodeValue(value)
      } catch (error) {
        return isSipError(error) ? error.code : 'other'
      }
      return 'none'
    }
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect([refused(() => 1), refused(Symbol('a')), refused(1n), refused(circle)]).toEqual(
      Array(4).fill('argument'),
    )
    const deep = '['.repeat(200) + ']'.repeat(200)
    expect(() => decodeValue(deep)).toThrow(SipError)
    expect(() => decodeValue('{"$":"unheard of"}')).toThrow(SipError)
    expect(() => decodeValue('{"$":"error","code":"constructor","message":""}')).toThrow(SipError)
  })
})

describe('messages', () => {
  const same = (message: SipMessage): void => {
    const copy = through({ message }) as { message: SipMessage }
    expect(copy.message.kind).toBe(message.kind)
    expect(copy.message.fields).toEqual(
      parse(serialize(message)).kind === 'malformed' ? expect.anything() : message.fields,
    )
    expect(Buffer.from(serialize(copy.message))).toEqual(Buffer.from(serialize(message)))
  }

  it('travel as their wire text', () => {
    same(request('INVITE', { body: 'v=0\r\n' }))
    same(response(200, { body: 'v=0\r\n' }))
  })

  it('keep a body of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), body => {
        const text = serialize(request('MESSAGE', { contentType: 'a/b', body: 'x'.repeat(body.length) }))
        const bytes = new Uint8Array(text)
        bytes.set(body, bytes.length - body.length)
        const message = parse(bytes)
        if (isMalformed(message)) throw new Error(message.reason)
        const copy = through(message) as SipMessage
        expect(Buffer.from(copy.body)).toEqual(Buffer.from(body))
      }),
    )
  })

  it('come through though nobody would send them: a response of ours without Via', () => {
    const made = createResponse({ status: 408, headers: [['Subject', 'Hellö']], body: 'x' })
    const copy = through(made) as SipMessage
    expect(copy).toMatchObject({ kind: 'response', status: 408, text: 'x' })
    expect(copy.header('subject')).toBe('Hellö')
  })

  it('keep what could be read of one that is malformed', () => {
    const broken = parse(
      new TextEncoder().encode(
        'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: x OPTIONS\r\n\r\n',
      ),
    )
    if (!isMalformed(broken)) throw new Error('it can be read')
    const copy = through(broken) as typeof broken
    expect(copy).toMatchObject({
      kind: 'malformed',
      reason: broken.reason,
      offset: broken.offset,
      status: broken.status,
    })
    expect(copy.message?.header('call-id')).toBe(broken.message?.header('call-id'))
  })
})

describe('errors', () => {
  it('keep code, text and all that is known', () => {
    const codes = Object.keys(errorCodes) as SipErrorCode[]
    fc.assert(
      fc.property(fc.constantFrom(...codes), fc.string(), fc.option(fc.nat()), (code, text, offset) => {
        const error = new SipError(code, text, {
          response: response(486),
          header: 'Contact',
          warning: 399,
          icmp: true,
          offset: offset ?? undefined,
          cause: new SipError('timeout', 'inner', { cause: new TypeError('innermost') }),
        })
        const copy = through(error) as SipError
        expect(isSipError(copy)).toBe(true)
        const { code: c, message, status, header, warning, icmp, offset: o, symbianCode } = copy
        expect({ c, message, status, header, warning, icmp, o, symbianCode }).toEqual({
          c: code,
          message: text,
          status: 486,
          header: 'Contact',
          warning: 399,
          icmp: true,
          o: offset ?? undefined,
          symbianCode: error.symbianCode,
        })
        expect(copy.response?.status).toBe(486)
        const inner = copy.cause as SipError
        expect([inner.code, inner.message]).toEqual(['timeout', 'inner'])
        expect(inner.cause).toMatchObject({ name: 'TypeError', message: 'innermost' })
      }),
    )
  })
})

describe('frames', () => {
  it('come out whole however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(data, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 30 })),
        (values, cuts) => {
          const all = Buffer.concat(values.map(value => frameBytes(value, 100_000)))
          const reader = new FrameReader(100_000)
          const seen: unknown[] = []
          let at = 0
          for (let turn = 0; at < all.length; turn += 1) {
            const end = at + (cuts[turn] ?? all.length)
            seen.push(...reader.push(all.subarray(at, end)))
            at = end
          }
          expect(seen).toEqual(values)
        },
      ),
    )
  })

  it('refuse one that is too long, before it has come', () => {
    expect(() => frameBytes('x'.repeat(100), 99)).toThrow(SipError)
    const reader = new FrameReader(99)
    expect(() => [...reader.push(new Uint8Array([0, 0, 0, 100]))]).toThrow(SipError)
  })

  it('refuse what is no JSON and no UTF-8', () => {
    for (const body of [[0x7b], [0xff, 0xff]]) {
      const reader = new FrameReader(99)
      expect(() => [...reader.push(new Uint8Array([0, 0, 0, body.length, ...body]))]).toThrow(
        /cannot be read/,
      )
    }
  })
})
