/**
 * What an application at a shared server can do: its capability document, checked, and what several together say of
 * themselves. Symbian's SIP_CLIENT document and CSIPResolvedClient2.
 */
import type { HeaderPair } from '../message/types.ts'
import { badArgument, checkObject } from './arguments.ts'
import { readFeatures } from './caller-preferences.ts'
import { checkUserHeaders } from './headers.ts'
import { checkText, checkToken, sameText } from './text.ts'

/** One kind of stream that an application takes. */
export interface MediaCapability {
  /** As in the m-line: `audio`, `video`, `message` … */
  readonly media: string
  /** Protocols of the m-line, as `RTP/AVP` or `TCP/MSRP`. Default: any. */
  readonly transports?: readonly string[]
  /** `PCMU/8000`, `opus/48000/2` as in `a=rtpmap`; one of them has to be offered. Default: any. */
  readonly codecs?: readonly string[]
  /** Attributes that the stream has to have: `ptt`, or `content:slides`. Default: none. */
  readonly attributes?: readonly string[]
}

/**
 * What an application can do. What is left out limits nothing: without a document it takes whatever comes.
 *
 * @example
 * { features: ['audio;video'], methods: ['INVITE'], media: [{ media: 'audio', codecs: ['PCMU/8000'] }] }
 */
export interface ClientCapabilities {
  /**
   * Feature sets, each as the parameters of a Contact: `audio;video;+g.oma.sip-im`. Callers choose among them by Accept-Contact
   * and Reject-Contact. RFC 3840, RFC 3841
   */
  readonly features?: readonly string[]
  /** Methods of requests outside dialogs that it takes. With `OPTIONS` it answers those that Accept-Contact directs to it. */
  readonly methods?: readonly string[]
  /** Event packages: requests with such an Event are its own. SUBSCRIBE is taken for them, and Allow-Events says so. */
  readonly events?: readonly string[]
  /** Media types of bodies that it reads: `text/plain`, `image/*`. */
  readonly contentTypes?: readonly string[]
  /** Streams that it takes; one that is offered has to fit one of them. */
  readonly media?: readonly MediaCapability[]
  /** User parts of Request-URIs that are its own: nobody else gets these, and it gets no others. */
  readonly users?: readonly string[]
  /** Of several that suit, the one with the greater number; a whole number from -1000 to 1000, default 0. */
  readonly priority?: number
  /** Headers to add to the answer to OPTIONS. CSIPResolvedClient2::AddClientSpecificHeadersForOptionsResponseL() */
  readonly headers?: readonly HeaderPair[]
}

/** How much a document may say. */
const most = { members: 64, length: 1024 } as const

const fields = [
  'features',
  'methods',
  'events',
  'contentTypes',
  'media',
  'users',
  'priority',
  'headers',
] as const
const mediaFields = ['media', 'transports', 'codecs', 'attributes'] as const

const checkKnown = (given: object, known: readonly string[], what: string): void => {
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw badArgument(
        `${what} has no ${JSON.stringify(name.slice(0, 40))}; it may have ${known.join(', ')}`,
      )
}

type Check = (value: string, what: string) => void

const checkMembers = (given: unknown, what: string, check: (value: unknown, what: string) => void): void => {
  if (given === undefined) return
  if (!Array.isArray(given) || given.length > most.members)
    throw badArgument(`${what} must be a list of at most ${most.members}`)
  given.forEach((member, at) => check(member, `${what}[${at}]`))
}

const texts = (given: unknown, what: string, check: Check): void =>
  checkMembers(given, what, (member, where) => {
    const text = checkText(member as string, where)
    if (text === '' || text.length > most.length)
      throw badArgument(`${where} must have 1 to ${most.length} characters`)
    check(text, where)
  })

const matching =
  (pattern: RegExp, example: string): Check =>
  (value, what) => {
    if (!pattern.test(value)) throw badArgument(`${what} must be like ${example}, not ${value}`)
  }

const mediaType = matching(/^[\w!#$&.+*-]+\/[\w!#$&.+*-]+$/, 'text/plain or image/*')
const transport = matching(/^[\w-]+(?:\/[\w-]+)*$/, 'RTP/AVP')
const codec = matching(/^[\w.+-]+\/\d+(?:\/\d+)?$/, 'PCMU/8000')
const attribute = matching(/^[\w.+-]+(?::\S.*)?$/, 'ptt or content:slides')

const features: Check = (value, what) => {
  const read = readFeatures(value)
  if (typeof read === 'string') throw badArgument(`${what} is no feature set: ${read}`)
}

const checkMediaCapability = (given: unknown, what: string): void => {
  const { media, transports, codecs, attributes } = checkObject(given as MediaCapability, what)
  checkKnown(given as object, mediaFields, what)
  checkToken(media, `${what}.media`)
  texts(transports, `${what}.transports`, transport)
  texts(codecs, `${what}.codecs`, codec)
  texts(attributes, `${what}.attributes`, attribute)
}

/** Returns the document. Throws `argument`, saying where, for one that makes no sense. */
export const checkCapabilities = (given: unknown, what = 'capabilities'): ClientCapabilities => {
  const document = checkObject(given as ClientCapabilities, what)
  checkKnown(document, fields, what)
  texts(document.features, `${what}.features`, features)
  texts(document.methods, `${what}.methods`, checkToken)
  texts(document.events, `${what}.events`, checkToken)
  texts(document.contentTypes, `${what}.contentTypes`, mediaType)
  texts(document.users, `${what}.users`, () => undefined)
  checkMembers(document.media, `${what}.media`, checkMediaCapability)
  const { priority, headers } = document
  if (priority !== undefined && (!Number.isInteger(priority) || Math.abs(priority) > 1000))
    throw badArgument(`${what}.priority must be a whole number from -1000 to 1000`)
  checkMembers(headers, `${what}.headers`, () => undefined)
  if (headers !== undefined) checkUserHeaders(headers)
  return document
}

/** What all applications together can do, as OPTIONS is answered and requests are checked. */
export interface MergedCapabilities {
  /** Methods besides those of the engine. */
  readonly methods: readonly string[]
  readonly events: readonly string[]
  /** Absent: somebody takes anything. */
  readonly contentTypes?: readonly string[]
  /** Absent: nobody says. */
  readonly media?: readonly MediaCapability[]
  readonly headers: readonly HeaderPair[]
  /** Feature sets of those that want to answer OPTIONS themselves. */
  readonly optionsFor: readonly string[]
}

const distinct = (texts: readonly string[]): readonly string[] =>
  texts.filter((text, at) => texts.findIndex(other => sameText(other, text)) === at)

/** What applications without a document take, besides what the engine knows. */
const usual = ['MESSAGE', 'INFO'] as const

/** Undefined when nobody has a document. An application without one is undefined here, too. */
export const mergeCapabilities = (
  documents: readonly (ClientCapabilities | undefined)[],
): MergedCapabilities | undefined => {
  const said = documents.filter(document => document !== undefined)
  if (said.length === 0) return undefined
  const all = <Of>(of: (document: ClientCapabilities) => readonly Of[] | undefined): readonly Of[] =>
    said.flatMap(document => of(document) ?? [])
  const anyContent = documents.some(document => document?.contentTypes === undefined)
  const anyMethod = documents.some(document => document?.methods === undefined)
  const headers = all(document => document.headers)
  return {
    methods: distinct([...(anyMethod ? usual : []), ...all(document => document.methods)]),
    events: distinct(all(document => document.events)),
    ...(!anyContent && { contentTypes: distinct(all(document => document.contentTypes)) }),
    ...(said.some(({ media }) => media !== undefined) && {
      media: all(document => document.media),
    }),
    headers: headers.filter(
      ([name, value], at) => headers.findIndex(other => other[0] === name && other[1] === value) === at,
    ),
    optionsFor: said
      .filter(({ methods = [] }) => methods.includes('OPTIONS'))
      .flatMap(({ features: sets = [] }) => sets),
  }
}
