/**
 * The location service of the test registrar: bindings of addresses of record, and the rules of a REGISTER.
 * RFC 3261 §10.3, RFC 5626 §6.
 */
import type { Clock } from '../engine/ports.ts'
import { resolveEscapes } from '../message/escape.ts'
import { sameUri } from '../message/same-uri.ts'
import type { HeaderPair, NameAddr, SipRequest, Uri } from '../message/types.ts'
import { formatUri, isSipUri } from '../message/uri.ts'
import { readSeconds } from '../rules/expiry.ts'

/** One contact of an address of record. */
export interface Binding {
  /** Address of record: scheme, user and host. */
  readonly aor: string
  /** The Contact as it was registered. */
  readonly contact: NameAddr
  /** Its URI as text. */
  readonly uri: string
  /** Preference, 0 to 1. Default 1. RFC 3261 §10.2.1.2 */
  readonly q: number
  /** When it ends, in milliseconds of the platform's clock. */
  readonly expiresAt: number
  /** Seconds that were granted. */
  readonly granted: number
  readonly callId: string
  readonly cseq: number
  /** Values of Path, RFC 3327. */
  readonly path: readonly string[]
}

/** Limits of a registrar, in seconds. */
export interface ExpiryRules {
  readonly minExpires: number
  readonly maxExpires: number
  readonly defaultExpires: number
  /** Overrides what is granted. */
  readonly granted: (requested: number) => number
}

/** How a REGISTER ends: bindings changed (or only read), or refused with a status. */
export type Outcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly status: number; readonly headers: readonly HeaderPair[] }

const refuse = (status: number, headers: readonly HeaderPair[] = []): Outcome => ({
  ok: false,
  status,
  headers,
})

/** The key of an address of record: no parameters, no port, no password, no escapes. RFC 3261 §10.3 step 5. */
export const aorOf = (uri: Uri): string | undefined =>
  isSipUri(uri) && uri.user !== undefined ? `sip:${resolveEscapes(uri.user)}@${uri.host}` : undefined

/** The flow of an instance that a Contact names, if it does. */
const flowOf = ({ params }: NameAddr): string | undefined => {
  const instance = params.get('+sip.instance')
  const flow = params.get('reg-id')
  return instance === undefined || flow === undefined ? undefined : `${instance} ${flow}`
}

/** One flow of one instance is one binding, whatever its URI (RFC 5626 §6); else equal URIs are (RFC 3261 §10.3). */
const sameBinding = (one: NameAddr, other: NameAddr): boolean => {
  const flow = flowOf(one)
  return flow === undefined ? sameUri(one.uri, other.uri) : flow === flowOf(other)
}

export const createBindings = (clock: Clock) => {
  const table = new Map<string, Binding[]>()

  const list = (aor: string): readonly Binding[] => {
    const live = (table.get(aor) ?? []).filter(({ expiresAt }) => expiresAt > clock.now())
    if (live.length === 0) table.delete(aor)
    else table.set(aor, live)
    return live
  }

  const outdated = (bindings: readonly Binding[], request: SipRequest): boolean =>
    bindings.some(({ callId, cseq }) => callId === request.callId && cseq >= request.cseq.seq)

  const replace = (aor: string, bindings: readonly Binding[]): Outcome => {
    if (bindings.length === 0) table.delete(aor)
    else table.set(aor, [...bindings])
    return { ok: true }
  }

  const removeAll = (aor: string, request: SipRequest): Outcome => {
    if (request.parsed('expires') !== 0) return refuse(400)
    return outdated(list(aor), request) ? refuse(500) : replace(aor, [])
  }

  /** Applies a REGISTER: all of its contacts, or none. */
  const apply = (aor: string, request: SipRequest, rules: ExpiryRules): Outcome => {
    const contacts = request.parsed('contact')
    if (contacts === undefined) return request.fault('contact') ? refuse(400) : { ok: true }
    if (contacts === '*') return removeAll(aor, request)
    const before = list(aor)
    let bindings = before
    for (const contact of contacts) {
      const same = (other: Binding): boolean => sameBinding(contact, other.contact)
      if (outdated(before.filter(same), request)) return refuse(500)
      const requested =
        readSeconds(contact.params.get('expires')) ?? request.parsed('expires') ?? rules.defaultExpires
      bindings = bindings.filter(other => !same(other))
      if (requested === 0) continue
      if (requested < rules.minExpires) return refuse(423, [['Min-Expires', String(rules.minExpires)]])
      const granted = rules.granted(Math.min(requested, rules.maxExpires))
      const binding: Binding = {
        aor,
        contact,
        uri: formatUri(contact.uri),
        q: Number(contact.params.get('q') ?? 1),
        expiresAt: clock.now() + granted * 1000,
        granted,
        callId: request.callId,
        cseq: request.cseq.seq,
        path: request.headers('path'),
      }
      bindings = [...bindings, binding]
    }
    return replace(aor, bindings)
  }

  return {
    list,
    apply,
    forget: (aor?: string): void => {
      if (aor === undefined) table.clear()
      else table.delete(aor)
    },
  }
}
