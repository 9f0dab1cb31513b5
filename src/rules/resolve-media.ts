/** Whether an application takes the streams that an INVITE offers: media, transport, codecs and attributes. RFC 8866 §5.14 */
import type { SipRequest } from '../message/types.ts'
import { staticPayloads } from '../sdp/static-payloads.ts'
import { sdpIn } from './body.ts'
import type { MediaCapability } from './capabilities.ts'
import { sameText } from './text.ts'

/** One offered stream, as far as it is compared. */
interface OfferedStream {
  readonly media: string
  readonly transport: string
  /** Lower case: `pcmu/8000`. */
  readonly codecs: readonly string[]
  /** `name` or `name:value`. */
  readonly attributes: readonly string[]
}

const codecName = (text: string): string => text.toLowerCase().replace(/(\/\d+)\/1$/, '$1')

const readStream = (section: string): OfferedStream | undefined => {
  const [line = '', ...lines] = section.split(/\r?\n/)
  const [media = '', port, transport = '', ...formats] = line.trim().split(' ')
  // Nothing is offered on it. RFC 3264 §5.1
  if (Number.parseInt(port ?? '0', 10) === 0) return undefined
  const attributes = lines.filter(one => one.startsWith('a=')).map(one => one.slice(2).trim())
  const maps = new Map(
    attributes.flatMap(one => {
      const match = /^rtpmap:(\d+) (\S+)/.exec(one)
      return match ? [[match[1]!, match[2]!] as const] : []
    }),
  )
  const codecs = formats.flatMap(format => {
    const known = staticPayloads.get(Number(format))
    const name = maps.get(format) ?? known?.join('/')
    return name === undefined ? [] : [codecName(name)]
  })
  return { media, transport, codecs, attributes }
}

/** The streams that a request offers; undefined when it describes no session. */
export const offeredStreams = (request: SipRequest): readonly OfferedStream[] | undefined => {
  const sdp = sdpIn(request)
  if (sdp === undefined) return undefined
  const [session = '', ...sections] = sdp.split(/^m=/m)
  const common = session.split(/\r?\n/).filter(line => line.startsWith('a='))
  return sections.flatMap(section => readStream([section.trimEnd(), ...common].join('\r\n')) ?? [])
}

const among = (list: readonly string[] | undefined, value: string): boolean =>
  list === undefined || list.some(member => sameText(member, value))

const fits = (stream: OfferedStream, { media, transports, codecs, attributes }: MediaCapability): boolean =>
  sameText(media, stream.media) &&
  among(transports, stream.transport) &&
  (codecs === undefined || codecs.some(codec => stream.codecs.includes(codecName(codec)))) &&
  (attributes ?? []).every(wanted =>
    stream.attributes.some(
      has => sameText(has, wanted) || (!wanted.includes(':') && sameText(has.split(':')[0]!, wanted)),
    ),
  )

/** How many of the streams an application takes; all of them when it says nothing of media. */
export const streamsTaken = (
  streams: readonly OfferedStream[],
  media: readonly MediaCapability[] | undefined,
): number =>
  media === undefined ? streams.length : streams.filter(stream => media.some(one => fits(stream, one))).length
