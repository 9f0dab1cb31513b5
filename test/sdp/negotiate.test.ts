/** Directions, versions, and answers from a list of codecs. RFC 3264 §5 to §8, RFC 8866 §5.2. */
import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/errors.ts'
import {
  answeredDirection,
  type Direction,
  heldDirection,
  isHeldBy,
  resumedDirection,
  withDirections,
} from '../../src/sdp/direction.ts'
import {
  addressToward,
  Description,
  type MediaSession,
  type SessionInForce,
} from '../../src/sdp/media-port.ts'
import { type PlainMediaOptions, plainMedia } from '../../src/sdp/plain-media.ts'
import { misfit } from '../../src/sdp/scan.ts'
import { isFault, parseSdp, type SessionDescription, writeSdp } from '../../src/sdp/session.ts'
import { nextVersion } from '../../src/sdp/version.ts'
import { sdp } from '../support/text.ts'

const ours = sdp('192.0.2.1')
const theirs = sdp('192.0.2.2')

const read = (text: string): SessionDescription => {
  const session = parseSdp(text)
  if (isFault(session)) throw new Error(session.fault)
  return session
}
const directions = (text: string) => read(text).media.map(({ direction }) => direction)

describe('directions', () => {
  it.each<[Direction, Direction, Direction]>([
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendonly', 'sendrecv', 'recvonly'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['inactive', 'sendrecv', 'inactive'],
    ['sendrecv', 'sendonly', 'sendonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['recvonly', 'recvonly', 'inactive'],
  ])('offered %s, wanted %s: answered %s (RFC 3264 §6.1)', (offered, wanted, answered) =>
    expect(answeredDirection(offered, wanted)).toBe(answered),
  )

  it('hold takes receiving away, resume gives it back (§8.4)', () => {
    expect((['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const).map(heldDirection)).toEqual([
      ...['sendonly', 'sendonly', 'inactive', 'inactive'],
    ])
    expect((['sendonly', 'inactive'] as const).map(resumedDirection)).toEqual(['sendrecv', 'recvonly'])
  })

  it('are changed in the text, and nothing else is', () => {
    const held = withDirections(ours, heldDirection)
    expect(held).toBe(ours.replace('a=sendrecv', 'a=sendonly'))
    expect(withDirections(held, resumedDirection)).toBe(ours)
    const session = ours.replace('a=sendrecv\r\n', '').replace('t=0 0\r\n', 't=0 0\r\na=recvonly\r\n')
    expect(directions(withDirections(session, heldDirection))).toEqual(['inactive'])
    const rejected = `${ours}m=video 0 RTP/AVP 31\r\n`
    expect(withDirections(rejected, heldDirection)).toContain('m=video 0 RTP/AVP 31\r\n')
    expect(directions(withDirections(ours.replace('a=sendrecv\r\n', ''), heldDirection))).toEqual([
      'sendonly',
    ])
  })

  it.each([
    ['sendonly', sdp('192.0.2.2', { direction: 'sendonly' }), true],
    ['inactive', sdp('192.0.2.2', { direction: 'inactive' }), true],
    ['the old c=0.0.0.0', theirs.replace('c=IN IP4 192.0.2.2', 'c=IN IP4 0.0.0.0'), true],
    ['sendrecv', theirs, false],
    ['recvonly', sdp('192.0.2.2', { direction: 'recvonly' }), false],
    ['no stream', theirs.replace('4000', '0'), false],
  ])('%s means a peer that holds: %s', (_, text, held) => expect(isHeldBy(read(text))).toBe(held))
})

describe('the version (RFC 3264 §8)', () => {
  it('stays when nothing changes, rises by one when anything does, and keeps who and what', () => {
    const other = sdp('192.0.2.1', { direction: 'sendonly', version: 77 }).replace('o=- 1', 'o=me 9')
    expect(nextVersion(undefined, ours)).toBe(ours)
    expect(nextVersion(ours, ours.replace('o=- 1 1', 'o=- 1 5'))).toBe(ours)
    expect(nextVersion(ours, other)).toBe(ours.replace('o=- 1 1', 'o=- 1 2').replace('sendrecv', 'sendonly'))
  })

  it('may be beyond 2^53 (RFC 8866 §5.2)', () => {
    const large = ours.replace('o=- 1 1', 'o=- 18446744073709551615 9007199254740993')
    expect(nextVersion(large, large.replace('sendrecv', 'inactive'))).toContain(
      'o=- 18446744073709551615 9007199254740994 ',
    )
    expect(read(large).origin).toMatchObject({
      sessionId: '18446744073709551615',
      version: '9007199254740993',
    })
    expect(writeSdp(read(large))).toContain('o=- 18446744073709551615 9007199254740993 IN')
  })

  it('of no description is left alone', () => expect(nextVersion('nonsense', ours)).toBe(ours))
})

describe('a description as data', () => {
  it('says what its text says', () => {
    expect(read(`${ours}a=ptime:20\r\n`)).toEqual({
      origin: { username: '-', sessionId: '1', version: '1', address: '192.0.2.1' },
      name: '-',
      media: [
        {
          ...{ type: 'audio', port: 4000, protocol: 'RTP/AVP', formats: ['0', '8'], direction: 'sendrecv' },
          codecs: [
            { payload: 0, name: 'PCMU', rate: 8000 },
            { payload: 8, name: 'PCMA', rate: 8000 },
          ],
          ...{ address: '192.0.2.1', ptime: 20 },
        },
      ],
    })
  })

  it('knows the static payload types without a=rtpmap (RFC 3551 §6), and reads channels and parameters', () => {
    const text = ours.replace(
      /m=[\s\S]*/,
      'm=audio 5 RTP/AVP 18 96 97\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n',
    )
    expect(read(text).media[0]!.codecs).toEqual([
      { payload: 18, name: 'G729', rate: 8000 },
      { payload: 96, name: 'opus', rate: 48_000, channels: 2, parameters: 'useinbandfec=1' },
    ])
    expect(read(writeSdp(read(text))).media).toEqual(read(text).media)
  })
})

const connection = (host: string, toward?: (remote: string) => string) => ({
  connection: { addresses: [{ host }], [addressToward]: toward },
})
const media = (options: PlainMediaOptions = {}, host = '192.0.2.1'): MediaSession =>
  plainMedia(options).open(connection(host))
const inForce = (purpose: SessionInForce['purpose'], local?: string, remote?: string): SessionInForce => ({
  purpose,
  ...(local && { local: new Description(local) }),
  ...(remote && { remote: new Description(remote) }),
})
const answer = (session: MediaSession, offer: string, local?: string, remote?: string): string => {
  const text = session.answer(
    new Description(offer),
    inForce(local ? 'change' : 'start', local, remote),
  ) as string
  expect(misfit(offer, text)).toBeUndefined()
  return text
}
const offer = (session: MediaSession, purpose: SessionInForce['purpose'], local?: string): string =>
  session.offer(inForce(purpose, local, theirs)) as string

describe('plain media', () => {
  it('offers its codecs at the address of the connection, or as told', () => {
    expect(read(offer(media(), 'start')).media).toMatchObject([
      { type: 'audio', port: 9, formats: ['0', '8', '101'], address: '192.0.2.1', direction: 'sendrecv' },
    ])
    const opus = [{ payload: 96, name: 'opus', rate: 48_000, channels: 2 }]
    expect(offer(media({ codecs: opus, host: '2001:db8::7', port: 5004 }), 'start')).toContain(
      'c=IN IP6 2001:db8::7\r\na=rtpmap:96 opus/48000/2\r\n',
    )
    const outside = (remote: string) => (remote.includes(':') ? '2001:db8::1' : '198.51.100.4')
    const open = (host: string) => plainMedia().open(connection(host, outside))
    expect(offer(open('0.0.0.0'), 'start')).toContain('c=IN IP4 198.51.100.4')
    expect(offer(open('::'), 'start')).toContain('c=IN IP6 2001:db8::1')
  })

  it('answers as many streams as offered, in order, with the numbers of the offer (§6)', () => {
    const offered = [
      theirs.slice(0, theirs.indexOf('m=')),
      ...['m=video 4002 RTP/AVP 31\r\n', 'm=audio 0 RTP/AVP 0\r\n', 'm=audio 4000 RTP/AVP 97 0 99\r\n'],
      ...['a=rtpmap:97 telephone-event/8000\r\na=rtpmap:99 pcma/8000\r\n', 'm=audio 4004 RTP/AVP 0\r\n'],
    ].join('')
    expect(read(answer(media(), offered)).media).toMatchObject([
      { type: 'video', port: 0 },
      { type: 'audio', port: 0 },
      { type: 'audio', port: 9, formats: ['0', '99', '97'] },
      // One stream of ours, used once.
      { type: 'audio', port: 0 },
    ])
    expect(read(answer(media(), offered.slice(0, offered.indexOf('m=')))).media).toEqual([])
  })

  it.each([
    [305, theirs.replaceAll(/PCM./g, 'speex')],
    [305, theirs.replaceAll(/PCM.\/8000/g, 'telephone-event/8000')],
    [304, theirs.replace('audio', 'image')],
    [302, theirs.replace('RTP/AVP', 'RTP/SAVP')],
  ])('refuses what it cannot meet with warning %i', (warning, offered) => {
    const refusal = (): unknown => {
      try {
        return media().answer(new Description(offered), inForce('start'))
      } catch (error) {
        return error
      }
    }
    expect(refusal()).toBeInstanceOf(SipError)
    expect(refusal()).toMatchObject({ code: 'media', status: 488, warning })
  })

  it('D28: holds and resumes: sendonly, version +1, and back; a refresh says the same again', () => {
    const session = media()
    const first = offer(session, 'start')
    const held = offer(session, 'hold', first)
    expect([directions(held), read(held).origin.version]).toEqual([['sendonly'], '2'])
    expect(offer(session, 'refresh', held)).toBe(held)
    const resumed = offer(session, 'resume', held)
    expect([directions(resumed), read(resumed).origin.version]).toEqual([['sendrecv'], '3'])
    const byHand = `${ours}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n`
    expect(offer(media(), 'hold', byHand)).toBe(
      byHand.replace('o=- 1 1', 'o=- 1 2').replace('sendrecv', 'sendonly'),
    )
    expect(offer(media(), 'change', 'by hand, and no SDP')).toContain('m=audio 9')
  })

  it('D28: answers a peer that holds and resumes, and stays on hold itself', () => {
    const session = media()
    const local = answer(session, theirs)
    const holding = sdp('192.0.2.2', { direction: 'sendonly', version: 2 })
    const held = answer(session, holding, local, theirs)
    expect([directions(held), read(held).origin.version]).toEqual([['recvonly'], '2'])
    expect(directions(answer(session, theirs, held, holding))).toEqual(['sendrecv'])
    const old = theirs.replace('c=IN IP4 192.0.2.2', 'c=IN IP4 0.0.0.0')
    expect(directions(answer(session, old, local, theirs))).toEqual(['recvonly'])
    const ourHold = offer(session, 'hold', local)
    expect(directions(answer(session, theirs, ourHold, theirs))).toEqual(['sendonly'])
    expect(directions(answer(session, holding, ourHold, theirs))).toEqual(['inactive'])
  })

  it('derives from what the application described by hand: its codecs, port and address', () => {
    const hand = ours
      .replace('4000', '7000')
      .replace('RTP/AVP 0 8', 'RTP/AVP 8')
      .replace('a=rtpmap:0 PCMU/8000\r\n', '')
    const text = answer(media(), theirs.replace('4000', '4444'), hand, theirs)
    expect(read(text).media).toMatchObject([{ port: 7000, formats: ['8'], address: '192.0.2.1' }])
  })

  it('D28: a session of other means is answered in other directions, line by line', () => {
    const secure = (text: string) => text.replace('RTP/AVP', 'UDP/TLS/RTP/SAVPF')
    const text = answer(media(), secure(theirs).replace('sendrecv', 'sendonly'), secure(ours), secure(theirs))
    expect(text).toBe(secure(ours).replace('sendrecv', 'recvonly').replace('o=- 1 1', 'o=- 1 2'))
  })

  it('moves to another address', () => {
    const moved = media().offer({ ...inForce('refresh', ours), host: '2001:db8::5' }) as string
    expect(read(moved)).toMatchObject({ origin: { version: '2' }, media: [{ address: '2001:db8::5' }] })
  })
})
