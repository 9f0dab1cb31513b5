/** What a user agent says of itself in the answer to OPTIONS, and in a 405. RFC 3261 §11.2, §8.2.1. */
import type { HeaderPair } from '../message/types.ts'
import { staticPayloads } from '../sdp/static-payloads.ts'
import type { MediaCapability } from './capabilities.ts'
import { sameText } from './text.ts'

/** Methods that every user agent of ours knows, whatever the application adds. */
export const ownMethods: readonly string[] = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'UPDATE',
  'PRACK',
  'REFER',
  'NOTIFY',
]

/** What it can do, as lists of the respective header's values. */
export interface Capabilities {
  readonly methods: readonly string[]
  readonly extensions: readonly string[]
  readonly contentTypes: readonly string[]
  readonly events: readonly string[]
  /** Language tags; default `en`. */
  readonly languages?: readonly string[]
}

/** Allow, Accept, Accept-Encoding, Accept-Language, Supported, and Allow-Events when there are any. */
export const capabilityHeaders = (capabilities: Capabilities): HeaderPair[] => {
  const { methods, extensions, contentTypes, events, languages = ['en'] } = capabilities
  const headers: HeaderPair[] = [
    ['Allow', methods.join(', ')],
    ['Accept', contentTypes.join(', ')],
    ['Accept-Encoding', 'identity'],
    ['Accept-Language', languages.join(', ')],
    ['Supported', extensions.join(', ')],
  ]
  if (events.length > 0) headers.push(['Allow-Events', events.join(', ')])
  return headers
}

/** One audio format of an `m=` line. */
export interface AudioFormat {
  readonly payloadType: number
  /** As in `a=rtpmap`, for example `PCMU/8000`. */
  readonly encoding: string
}

const commonFormats: readonly AudioFormat[] = [
  { payloadType: 0, encoding: 'PCMU/8000' },
  { payloadType: 8, encoding: 'PCMA/8000' },
]

/** The m-lines of streams that applications take: codecs that need a number of their own get one from 96 up. RFC 3551 §6 */
const mediaLines = (media: readonly MediaCapability[]): readonly string[] => {
  let next = 96
  return media.flatMap(({ media: type, transports = ['RTP/AVP'], codecs = [] }) =>
    transports.flatMap(transport => {
      const formats = codecs.map(encoding => ({ payloadType: staticNumber(encoding) ?? next++, encoding }))
      return streamLines(type, transport, formats)
    }),
  )
}

const staticNumber = (encoding: string): number | undefined => {
  for (const [number, known] of staticPayloads) if (sameText(known.join('/'), encoding)) return number
  return undefined
}

/** `*` where there is no format by number, as in MSRP. RFC 4975 §8.1 */
const streamLines = (type: string, transport: string, formats: readonly AudioFormat[]): readonly string[] => [
  `m=${type} 0 ${transport} ${formats.map(format => format.payloadType).join(' ') || '*'}`,
  ...formats.map(format => `a=rtpmap:${format.payloadType} ${format.encoding}`),
]

/**
 * A session description that shows formats and offers no stream: every port is zero. `media`: of the applications; default
 * the common audio formats. §11.2, RFC 3264 §9.
 */
export const sdpWithPortsZero = (host: string, media?: readonly MediaCapability[]): string => {
  const address = `IN ${host.includes(':') ? 'IP6' : 'IP4'} ${host}`
  return [
    'v=0',
    `o=- 0 0 ${address}`,
    's=-',
    `c=${address}`,
    't=0 0',
    ...(media ? mediaLines(media) : streamLines('audio', 'RTP/AVP', commonFormats)),
    '',
  ].join('\r\n')
}
