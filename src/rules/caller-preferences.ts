/**
 * How well an application suits what a caller prefers: Accept-Contact and Reject-Contact against feature sets.
 * RFC 3841 §7.2.3, §7.2.4; feature parameters are those of RFC 3840 §9.
 */
import { parseParams } from '../message/params.ts'
import type { Params, SipRequest } from '../message/types.ts'

/** What an application is, as the parameters of its Contact would say: by tag in lower case, absent value for TRUE. */
export type FeatureSet = Params

/** Reads `audio;video;methods="INVITE,BYE"`; a string says what is wrong with it. */
export const readFeatures = (text: string): FeatureSet | string => {
  const features = parseParams(`;${text}`, 0)
  if (typeof features === 'string') return features
  return features.size === 0 ? 'there is no feature' : features
}

/** Not features: they say how the predicate counts. RFC 3841 §9.2 */
const modifiers: ReadonlySet<string> = new Set(['require', 'explicit'])

/** A set of numbers: `#21`, `#=21`, `#>=5`, `#<=5`, `#1:5`. RFC 3840 §9 */
const rangeOf = (text: string): readonly [number, number] | undefined => {
  const match = /^#(?:(>=|<=|=)?([+-]?\d+(?:\.\d+)?)|([+-]?\d+(?:\.\d+)?):([+-]?\d+(?:\.\d+)?))$/.exec(text)
  if (!match) return undefined
  const [, sign = '=', one, low, high] = match
  if (one === undefined) return [Number(low), Number(high)]
  const value = Number(one)
  return [sign === '<=' ? -Infinity : value, sign === '>=' ? Infinity : value]
}

/** One value of a tag: `!` before it means every other. Strings in `<>` count as they are written, tokens in any case. */
const one = (text: string): { readonly not: boolean; readonly value: string } => {
  const trimmed = text.trim()
  const not = trimmed.startsWith('!')
  const bare = not ? trimmed.slice(1) : trimmed
  return { not, value: bare.startsWith('<') ? bare : bare.toLowerCase() }
}

type Single = ReturnType<typeof one>

const meet = (a: Single, b: Single): boolean => {
  const [ranged, other] = [rangeOf(a.value), rangeOf(b.value)]
  // Two sets that each leave something out have the rest in common.
  if (a.not && b.not) return true
  const same =
    ranged && other ? Math.max(ranged[0], other[0]) <= Math.min(ranged[1], other[1]) : a.value === b.value
  return same !== (a.not || b.not)
}

const valuesOf = (written: string | undefined): readonly Single[] => (written ?? 'TRUE').split(',').map(one)

/** True when some value is in both. */
const overlap = (one: string | undefined, other: string | undefined): boolean =>
  valuesOf(one).some(a => valuesOf(other).some(b => meet(a, b)))

interface Match {
  /** Nothing that the set says contradicts the predicate. RFC 2533 */
  readonly matches: boolean
  /** How many of the tags the set speaks of, of one; 1 for a predicate without any. */
  readonly said: number
}

const compare = (features: FeatureSet, predicate: Params): Match => {
  const tags = [...predicate].filter(([tag]) => !modifiers.has(tag))
  const known = tags.filter(([tag]) => features.has(tag))
  return {
    matches: known.every(([tag, value]) => overlap(features.get(tag), value)),
    said: tags.length === 0 ? 1 : known.length / tags.length,
  }
}

/** The score by one predicate of Accept-Contact; undefined: the application is out. */
const scoreOf = (features: FeatureSet, predicate: Params): number | undefined => {
  const { matches, said } = compare(features, predicate)
  const fails = !matches || (predicate.has('explicit') && said < 1)
  if (!fails) return said
  return predicate.has('require') ? undefined : 0
}

/** True for a request whose caller says which application is to have it. */
export const hasPreference = (request: SipRequest): boolean => request.header('accept-contact') !== undefined

/**
 * From 0 (it is not what the caller prefers) to 1, the mean over all predicates of Accept-Contact; undefined when Reject-Contact or
 * a predicate with `require` rules the application out. RFC 3841 §7.2.4
 */
export const preferenceScore = (features: FeatureSet, request: SipRequest): number | undefined => {
  for (const { params } of request.parsed('reject-contact') ?? []) {
    const { matches, said } = compare(features, params)
    // Only who says all of it can be meant. RFC 3841 §7.2.3
    if (params.size > 0 && matches && said === 1) return undefined
  }
  const predicates = request.parsed('accept-contact') ?? []
  let sum = 0
  for (const { params } of predicates) {
    const score = scoreOf(features, params)
    if (score === undefined) return undefined
    sum += score
  }
  return predicates.length === 0 ? 0 : sum / predicates.length
}

/** True when the caller means one of these feature sets. */
export const meansOneOf = (sets: readonly string[], request: SipRequest): boolean =>
  (bestScore(readAll(sets), request) ?? 0) > 0

/** Those that can be read. */
export const readAll = (texts: readonly string[]): readonly FeatureSet[] =>
  texts.flatMap(text => {
    const read = readFeatures(text)
    return typeof read === 'string' ? [] : [read]
  })

/** That of the best of several sets; undefined when all are ruled out. */
export const bestScore = (sets: readonly FeatureSet[], request: SipRequest): number | undefined => {
  let best: number | undefined
  for (const features of sets) {
    const score = preferenceScore(features, request)
    if (score !== undefined && (best === undefined || score > best)) best = score
  }
  return best
}
