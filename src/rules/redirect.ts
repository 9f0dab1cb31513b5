/** Following 3xx: which Contact is tried next, and when to stop. RFC 3261 §8.1.3.4, §13.2.2.2, §19.1.5, §21.3. */
import { sameUri } from '../message/same-uri.ts'
import type { NameAddr, SipResponse, SipUri, Uri } from '../message/types.ts'
import { formatUri, isSipUri } from '../message/uri.ts'
import { asRequestUri } from './route-set.ts'

/** How many targets are tried for one request besides the first, and how many redirections may follow one another. */
export const redirectLimit = 5

/** A place that somebody named, and after how many redirections. */
export interface Lead {
  readonly uri: string
  readonly depth: number
}

/** Where a request may go yet. */
export interface Search {
  /** The first target is `sips:`: no other will do. §8.1.3.4 */
  readonly secure: boolean
  /** Every SIP URI that was named so far, the first target included: nothing is tried twice. */
  readonly named: readonly SipUri[]
  /** What is not tried yet, best first. */
  readonly leads: readonly Lead[]
  /** What is being tried. */
  readonly at: Lead
  /** How many were tried besides the first. */
  readonly tried: number
}

/** Before the first redirection. */
export const beginSearch = (target: Uri): Search => ({
  secure: target.scheme === 'sips',
  named: isSipUri(target) ? [target] : [],
  leads: [],
  at: { uri: isSipUri(target) ? asRequestUri(target) : formatUri(target), depth: 0 },
  tried: 0,
})

/** 300, 301 and 302 name other places; a 305 asks for a proxy and a 380 for another service: the application decides. */
export const namesPlaces = (status: number): boolean => status >= 300 && status <= 302

const weight = ({ params }: NameAddr): number => {
  const q = Number(params.get('q') ?? 1)
  return q >= 0 && q <= 1 ? q : 0
}

/**
 * The search with the Contacts of a redirection before what was left, the heaviest first. What was named before, is no
 * SIP URI or would give up `sips:` is left out; so are the headers of a URI: nobody else writes headers of ours.
 */
const extend = (search: Search, response: SipResponse): Search => {
  const contacts = response.parsed('contact')
  if (contacts === undefined || contacts === '*' || search.at.depth >= redirectLimit) return search
  const named = [...search.named]
  const found: Lead[] = []
  for (const { uri } of contacts.toSorted((one, other) => weight(other) - weight(one))) {
    if (!isSipUri(uri) || (search.secure && uri.scheme !== 'sips')) continue
    if (named.some(known => sameUri(known, uri)) || found.length >= redirectLimit) continue
    named.push(uri)
    found.push({ uri: asRequestUri(uri), depth: search.at.depth + 1 })
  }
  return { ...search, named, leads: [...found, ...search.leads].slice(0, redirectLimit) }
}

/**
 * The search gone on by a final response other than 2xx: `at` is the next target. Nothing when it is over: a 6xx ends
 * it (§21.6), the limit is reached, or nobody else was named. Without a response, the target was not reached.
 */
export const goOn = (search: Search, response: SipResponse | undefined): Search | undefined => {
  const status = response?.status ?? 408
  if (status >= 600) return undefined
  const wider = response && namesPlaces(status) ? extend(search, response) : search
  const [at, ...leads] = wider.leads
  if (at === undefined || wider.tried >= redirectLimit) return undefined
  return { ...wider, at, leads, tried: wider.tried + 1 }
}
