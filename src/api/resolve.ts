/** Where a URI leads, told step by step. RFC 3263 */
import type { Platform, ResolutionPlan, TransportName } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { isSipUri, parseUri } from '../message/uri.ts'
import { type Located, locate, sizedTargets } from '../rules/locate.ts'

/** What may be said besides the URI. */
export interface ResolveOptions {
  /** Transports that a request could take; default: all of the platform. */
  readonly transports?: readonly TransportName[]
  /** Bytes of the request: beyond 1300 TCP comes before UDP (RFC 3261 §18.1.1). Default 0. */
  readonly size?: number
  /** Asks DNS anew for what is remembered. Default false. */
  readonly fresh?: boolean
}

const planOf = async (platform: Platform, host: string, located: Located): Promise<ResolutionPlan> => {
  if ('fault' in located)
    return { host, steps: [], targets: [], error: new SipError(located.fault, located.text) }
  if ('targets' in located) {
    const { targets } = located
    const steps = [{ is: 'skipped', what: 'DNS', reason: 'the host is an address (§4)' }] as const
    return { host, steps, targets }
  }
  const { resolver } = platform
  const { question } = located
  if (resolver.plan) return resolver.plan(question)
  try {
    return { host, steps: [], targets: await resolver.resolve(question) }
  } catch (cause) {
    const error =
      cause instanceof SipError
        ? cause
        : new SipError('resolving', `${host} could not be resolved`, { cause })
    return { host, steps: [], targets: [], error }
  }
}

/**
 * Where a request to a URI would go, and why: every lookup, every choice, everything left out, then the targets in the
 * order in which they are tried. Sends nothing but DNS questions. RFC 3263 §4
 *
 * What cannot be resolved is `error` of the plan (`resolving`, `transport`, `not-supported`); the promise does not reject for it.
 *
 * @throws SipError `argument` for what is no `sip:` or `sips:` URI; by the promise.
 *
 * @example
 * const { steps, targets } = await resolveUri(node(), 'sip:bob@example.com')
 * for (const { transport, host, port } of targets) console.log(transport, host, port)
 */
export const resolveUri = async (
  platform: Platform,
  uri: string,
  options: ResolveOptions = {},
): Promise<ResolutionPlan> => {
  const parsed = parseUri(uri)
  if (isMalformed(parsed)) throw new SipError('argument', `uri: ${parsed.reason}`, { offset: parsed.offset })
  if (!isSipUri(parsed))
    throw new SipError('argument', `uri must be a sip: or sips: URI, not ${parsed.scheme}:`)
  const { transports = platform.transports.map(({ name }) => name), size = 0, fresh = false } = options
  const located = locate(parsed, transports, size)
  const asked = 'question' in located ? { question: { ...located.question, fresh } } : located
  const plan = await planOf(platform, parsed.host, asked)
  return 'question' in asked
    ? { ...plan, targets: sizedTargets(plan.targets, parsed, transports, size) }
    : plan
}
