/** What makes a text a session description, and what a pair of them has to fit. RFC 8866, RFC 3264 §6, §8. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { misfit, misfitOffer, scanSdp, sdpLimits } from '../../src/sdp/scan.ts'
import { isFault, parseSdp } from '../../src/sdp/session.ts'
import { sdp } from '../support/text.ts'

const good = sdp('192.0.2.1')
const replaced = (from: string | RegExp, to: string) => good.replace(from, to)
const many = (count: number, line: string) => good + `${line}\r\n`.repeat(count)

describe('a session description', () => {
  it.each([
    ['as usual', good],
    ['with LF alone (§9)', good.replaceAll('\r\n', '\n')],
    ['without its last line end', good.trimEnd()],
    ['with empty lines behind', `${good}\r\n\r\n`],
    ['without media', good.slice(0, good.indexOf('m='))],
    ['with a number of ports', replaced('audio 4000', 'audio 4000/2')],
    ['with an empty name', replaced('s=-', 's=')],
    ['with unknown lines', `${good}x=1\r\na=whatever\r\n`],
  ])('%s is one', (_, text) => expect(scanSdp(text).fault).toBeUndefined())

  it.each([
    ['nothing', '', 'no origin'],
    ['words', 'hello', 'not type=value'],
    ['another version', replaced('v=0', 'v=1'), 'v=0'],
    ['no version', good.slice(5), 'v=0'],
    ['no origin', replaced(/o=.*\r\n/, ''), 'no origin'],
    ['a short origin', replaced(/o=.*/, 'o=- 1 1 IN'), 'no origin'],
    ['no name', replaced('s=-\r\n', ''), 'no name'],
    ['no times', replaced('t=0 0\r\n', ''), 'no times'],
    ['bad times', replaced('t=0 0', 't=now'), 't= line'],
    ['an m-line without formats', replaced(' RTP/AVP 0 8', ' RTP/AVP'), 'no media description'],
    ['a port that is none', replaced('4000', '65536'), 'no media description'],
    ['a capital', `${good}A=1\r\n`, 'not type=value'],
    ['an empty line within', replaced('s=-', '\r\ns=-'), 'not type=value'],
    ['too many characters', `${good}a=${'x\r\na='.repeat(20_000)}`, 'longer than'],
    ['a line too long', many(1, `a=${'x'.repeat(sdpLimits.line)}`), 'longer than'],
    ['too many lines', many(sdpLimits.lines, 'a=x'), 'more than'],
    ['too many streams', many(sdpLimits.media, 'm=audio 1 RTP/AVP 0'), 'more than'],
  ])('%s is none', (_, text, fault) => {
    expect(scanSdp(text).fault).toContain(fault)
    expect(parseSdp(text)).toEqual({ fault: expect.stringContaining(fault) })
  })
})

describe('an answer', () => {
  const two = `${good}m=video 5000 RTP/AVP 31\r\n`
  it.each([
    ['as many streams, in order', two, `${good}m=video 0 RTP/AVP 31\r\n`, undefined],
    ['one too few', two, good, '1 media descriptions'],
    ['one too many', good, two, '2 media descriptions'],
    ['in another order', two, two.replace('m=audio', 'm=text'), 'has text where the offer has audio'],
    ['what was not offered', replaced('4000', '0'), good, 'not offered'],
    ['no description', good, 'v=0', 'no session description'],
    ['to what an application wrote', 'v=0', good, undefined],
  ])('with %s', (_, offer, answer, expected) => {
    if (expected === undefined) expect(misfit(offer, answer)).toBeUndefined()
    else expect(misfit(offer, answer)).toContain(expected)
  })

  it('follows a session when no stream is taken away (RFC 3264 §8)', () => {
    expect([misfitOffer(good, two), misfitOffer(good, good)]).toEqual([undefined, undefined])
    expect(misfitOffer(two, good)).toContain('the session 2')
    expect(misfitOffer(two, 'x')).toContain('no session description')
  })
})

describe('whatever a peer sends', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.constantFrom(
      ...good.split('\r\n'),
      'a=rtpmap:0 PCMU/8000',
      'a=__proto__:1',
      'a=fmtp:__proto__ x',
      'c=IN IP4 0.0.0.0',
    ),
    fc
      .tuple(fc.constantFrom('v', 'o', 's', 'c', 't', 'm', 'a', 'b', 'k', 'z'), fc.string({ maxLength: 40 }))
      .map(([type, value]) => `${type}=${value}`),
  )
  const text = fc
    .tuple(fc.boolean(), fc.array(line, { maxLength: 30 }), fc.constantFrom('\r\n', '\n', '\r'))
    .map(([whole, lines, end]) => (whole ? good : '') + lines.join(end))

  it('nothing throws, and what is read has as many streams as were seen', () => {
    fc.assert(
      fc.property(text, given => {
        const scanned = scanSdp(given)
        const read = parseSdp(given)
        if (scanned.fault !== undefined) expect(read).toEqual(scanned)
        else if (!isFault(read))
          expect(read.media.map(({ type, port }) => ({ type, port }))).toEqual(scanned.media)
        expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('1')
      }),
      { numRuns: 2000 },
    )
  })

  it('costs in proportion to its length: the hardest lines of the largest size', () => {
    const nasty = [
      `a=candidate:${' '.repeat(4000)}`,
      `a=rtpmap:${'1'.repeat(4000)}`,
      `a=rtpmap:1 ${'a'.repeat(2000)}${' '.repeat(2000)}`,
      `a=ptime:${'1.'.repeat(2000)}x`,
      `a=ssrc:${'1'.repeat(2000)} ${'_'.repeat(2000)}`,
      `a=extmap:1 ${'x '.repeat(2000)}`,
      `a=simulcast:${'send 1;2,3 '.repeat(360)}`,
      `a=rid:${'1 send '.repeat(500)}`,
      `a=imageattr:* ${'send [x=1] '.repeat(360)}`,
      `a=group:${'BUNDLE '.repeat(500)}`,
      `a=fmtp:1 ${'|'.repeat(4000)}`,
      `a=source-filter: incl IN IP4 ${'* '.repeat(1900)}`,
      `m=audio 1 RTP/AVP ${'0 '.repeat(2000)}`,
      `t=0 0 ${' '.repeat(3000)}x`,
      `o=- 1 1 IN IP4 ${' '.repeat(3000)}`,
    ]
    const cost = (lines: number, hard: string): number => {
      const given = good + `${hard}\r\n`.repeat(lines)
      let least = Number.POSITIVE_INFINITY
      for (let i = 0; i < 3; i += 1) {
        const start = performance.now()
        parseSdp(given)
        least = Math.min(least, performance.now() - start)
      }
      return least
    }
    for (const hard of nasty) {
      cost(2, hard)
      expect(cost(14, hard), hard.slice(0, 20)).toBeLessThan(50)
    }
  })
})
