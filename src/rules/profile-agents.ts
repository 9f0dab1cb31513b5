/**
 * What profiles of one type do: what their REGISTER says, and what follows a failure. Agents of the Symbian SIP Profile API
 * as data and pure functions. RFC 3261 §10.2, RFC 5626 §4.5, 3GPP TS 24.229 §5.1.1.
 */
import { SipError, type SipErrorCode } from '../errors.ts'
import type { HeaderPair } from '../message/types.ts'
import type { ProfileFields, ProfileType } from '../profiles/data.ts'
import { checkUserHeaders, reservedInRegister } from './headers.ts'
import { defaultBackOff, isPathFailure } from './recovery.ts'
import { uriOf } from './route-set.ts'
import { checkText } from './text.ts'

/** Why a registration failed. */
export interface ProfileFailure {
  readonly code: SipErrorCode
  /** Of the response, when there was one. */
  readonly status?: number
  /** Seconds that the response asked to wait. */
  readonly retryAfter?: number
  /** It knows nothing of agreements on security: 420 that names `sec-agree`. RFC 3329 §2.3.1 */
  readonly lacksAgreement?: true
}

/** How often it has failed. */
export interface ProfileAttempts {
  /** Failures in a row at the present proxy or registrar, with this one. */
  readonly failures: number
  /** 0 to 1, another for each attempt. */
  readonly fraction: number
}

/**
 * What follows a failure: another attempt after some seconds; `elsewhere`, the next proxy address when there is one, for this
 * one has had its tries; `fatal`, none.
 */
export type ProfileRetry = { readonly after: number } | 'elsewhere' | 'fatal'

/** What a REGISTER of a profile says beyond its fields. */
export interface ProfileRegistering {
  /** Seconds to ask for, unless the profile names them. */
  readonly expires: number
  /** Headers of every REGISTER. */
  readonly headers?: readonly HeaderPair[]
  /** Authorization of a REGISTER that nothing has challenged yet. 3GPP TS 24.229 §5.1.1.2 */
  readonly authorization?: string
}

/** Serves all profiles whose type has its name. What it throws, or returns amiss, is a failure of the profile for good. */
export interface ProfileAgent {
  readonly type: ProfileType
  /** Must be pure: asked before each REGISTER. */
  registering(fields: ProfileFields): ProfileRegistering
  /** Must be pure: what follows a failure. */
  retry(failure: ProfileFailure, attempts: ProfileAttempts): ProfileRetry
  /** True: the first P-Associated-URI is who its requests are from. RFC 7315 §4.1. Default false. */
  readonly associatedIdentity?: boolean
  /** True: it follows the `reg` event of its address of record while registered. RFC 3680. Default false. */
  readonly followsRegistration?: boolean
}

/** Failures in a row at one proxy address, before the next one has its turn. */
const triesEach = 9

const passesForIetf = ({ code, status }: ProfileFailure): boolean =>
  status === undefined ? isPathFailure(code) : status === 408 || (status >= 500 && status < 600)

/** Refusals of a moment when the registrar says how long it lasts. RFC 3261 §20.33 */
const busy: readonly (number | undefined)[] = [413, 480, 486]

/** 50 to 100 % of min(1800, 30·2ⁿ) s, n the failures before this one. */
const backOff = ({ failures, fraction }: ProfileAttempts): number =>
  Math.min(defaultBackOff.max, defaultBackOff.base * 2 ** (failures - 1)) * (0.5 + fraction / 2)

/** Internet profiles: many tries, further and further apart. */
export const ietfAgent: ProfileAgent = {
  type: { class: 'internet', name: 'ietf' },
  registering: () => ({ expires: 3600 }),
  retry: (failure, attempts) => {
    const { status, retryAfter } = failure
    const asked = retryAfter !== undefined && busy.includes(status)
    if (!passesForIetf(failure) && !asked) return 'fatal'
    if (attempts.failures > triesEach) return 'elsewhere'
    return { after: Math.max(backOff(attempts), retryAfter ?? 0) }
  },
}

const passesForIms: readonly (number | undefined)[] = [408, 480, 500, 503, 504]

/** The home domain of a profile. */
const domainOf = ({ aors, registrar }: ProfileFields): string => uriOf(registrar?.uri ?? aors[0]!)!.host

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** The private identity, or what stands for it: the first AOR without its scheme. 3GPP TS 23.003 §13.4B */
const privateIdentityOf = ({ privateIdentity, aors }: ProfileFields): string =>
  privateIdentity ?? aors[0]!.replace(/^sips?:/i, '').replace(/[;?].*$/, '')

/** IMS profiles: one more try, who we are from the first REGISTER on, and what the network says of us. */
export const imsAgent: ProfileAgent = {
  type: { class: 'ims', name: 'ims' },
  registering: fields => {
    const domain = domainOf(fields)
    const parts = [
      `username=${quoted(privateIdentityOf(fields))}`,
      `realm=${quoted(domain)}`,
      'nonce=""',
      `uri=${quoted(`sip:${domain}`)}`,
      'response=""',
    ]
    return { expires: 600_000, authorization: `Digest ${parts.join(', ')}` }
  },
  retry: ({ code, status, retryAfter }, attempts) => {
    const passes = status === undefined ? isPathFailure(code) : passesForIms.includes(status)
    if (!passes) return 'fatal'
    return attempts.failures > 1 ? 'elsewhere' : { after: retryAfter ?? backOff(attempts) }
  },
  associatedIdentity: true,
  followsRegistration: true,
}

/** Profiles that nobody has an agent for are registered as internet profiles. */
const otherAgent: ProfileAgent = { ...ietfAgent, type: { class: 'other', name: 'other' } }

const agents = new Map<string, ProfileAgent>()
for (const agent of [imsAgent, ietfAgent, otherAgent]) agents.set(agent.type.name.toLowerCase(), agent)

/** The types that are served: those of all agents. */
export const profileTypes = (): readonly ProfileType[] => [...agents.values()].map(({ type }) => type)

/** Who serves a profile of this type. */
export const agentOf = ({ name }: ProfileType): ProfileAgent => agents.get(name.toLowerCase()) ?? otherAgent

const isRetry = (retry: unknown): retry is ProfileRetry =>
  retry === 'elsewhere' ||
  retry === 'fatal' ||
  (Number.isFinite((retry as { after?: unknown })?.after) && (retry as { after: number }).after >= 0)

/** What the agent of that name makes of a failure; the machine keeps the name alone. */
export const retryAfterFailure = (
  name: string,
  failure: ProfileFailure,
  attempts: ProfileAttempts,
): ProfileRetry => {
  try {
    const retry = (agents.get(name.toLowerCase()) ?? otherAgent).retry(failure, attempts)
    return isRetry(retry) ? retry : 'fatal'
  } catch {
    return 'fatal'
  }
}

/** What a REGISTER says by the agent of a profile. Throws `argument` and `header-not-allowed` for what cannot be sent. */
export const registeringOf = (fields: ProfileFields): ProfileRegistering => {
  let said: ProfileRegistering
  try {
    said = agentOf(fields.type).registering(fields)
  } catch (cause) {
    throw new SipError('argument', `the agent of ${fields.type.name} has failed`, { cause })
  }
  const { expires, headers = [], authorization } = said ?? {}
  if (!Number.isInteger(expires) || expires < 1 || expires > 0xffff_ffff)
    throw new SipError('argument', `the agent of ${fields.type.name} names no seconds to ask for`)
  checkUserHeaders(headers, reservedInRegister)
  if (authorization !== undefined) checkText(authorization, 'the authorization of an agent')
  return said
}

/**
 * Adds an agent of your own for all profiles whose type has its name, in every engine of this process. Its functions must be
 * pure: they are asked in the engine's step. Throws `already-exists` for a name that is served, `argument` for what is no
 * agent. Returns the way to take it off again.
 *
 * @example
 * registerProfileAgent('patient', ietf => ({
 *   ...ietf,
 *   type: { class: 'other', name: 'patient' },
 *   registering: () => ({ expires: 7200 }),
 * }))
 */
export const registerProfileAgent = (
  kind: string,
  factory: (ietf: ProfileAgent) => ProfileAgent,
): (() => void) => {
  if (typeof kind !== 'string' || kind.length < 1 || kind.length > 25 || /[\r\n\0]/.test(kind))
    throw new SipError('argument', 'the name of a type has 1 to 25 characters')
  const key = kind.toLowerCase()
  if (agents.has(key)) throw new SipError('already-exists', `there is an agent for ${kind}`)
  if (typeof factory !== 'function') throw new SipError('argument', 'a factory is a function')
  const agent = factory(ietfAgent)
  const complete = typeof agent?.registering === 'function' && typeof agent.retry === 'function'
  if (!complete || agent.type?.name !== kind)
    throw new SipError('argument', 'an agent has registering, retry, and a type of its name')
  agents.set(key, agent)
  return () => void agents.delete(key)
}
