import { describe, expect, it } from 'vitest'
import { probingOf, seenFrom } from '../../src/rules/keep-alive.ts'
import { reply } from './support.ts'

const stream = { stream: true, watched: false }
const datagrams = { stream: false, watched: false }

describe('how a flow is asked whether it lives (RFC 5626 §4.4)', () => {
  it.each([
    ['auto', stream, 'crlf', true],
    ['auto', datagrams, 'stun', true],
    ['crlf', stream, 'crlf', false],
    ['crlf', datagrams, 'stun', false],
    ['stun', stream, 'crlf', false],
    ['options', datagrams, 'options', false],
    ['crlf', { stream: true, watched: true }, 'crlf', false],
  ] as const)('%s: %j', (wish, kept, by, fallsBack) => {
    expect(probingOf(wish, undefined, kept)).toMatchObject({ by, fallsBack })
  })

  it('is not asked at all when it looks after itself, or nobody wants it', () => {
    expect(probingOf('auto', undefined, { stream: true, watched: true })).toBeUndefined()
    expect(probingOf('off', 20, stream)).toBeUndefined()
  })

  it.each([
    [undefined, stream, 95_000, 120_000],
    [undefined, datagrams, 24_000, 29_000],
    [undefined, { ...stream, flowTimer: 60 }, 48_000, 60_000],
    [undefined, { ...datagrams, flowTimer: 0 }, 24_000, 29_000],
    [10, { ...datagrams, flowTimer: 60 }, 8000, 10_000],
    [0.1, stream, 800, 1000],
  ] as const)('every %s s, %j: from %i to %i ms', (interval, kept, least, most) => {
    expect(probingOf('auto', interval, kept)).toMatchObject({ least, most })
  })

  it('shows our address in the Via of an answer (RFC 3581 §4)', () => {
    const via = (text: string) => seenFrom(reply(200, { Via: `SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1${text}` }))
    expect([via(';received=192.0.2.1;rport=4'), via(';rport=4'), via('')]).toEqual([
      '192.0.2.1:4',
      '10.0.0.1:4',
      undefined,
    ])
  })
})
