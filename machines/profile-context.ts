/** What a profile knows, and what it is told. Symbian SIP Profile API. */
import type { SipError } from '../src/errors.ts'
import type { ProfileFailure } from '../src/rules/profile-agents.ts'
import { heavier, type ProfileUpdate } from '../src/rules/profile-updates.ts'

/** What of the fields of a profile decides where it goes. */
export interface ProfileTerms {
  /** Name of the agent that serves it. */
  readonly agent: string
  readonly autoRegister: boolean
  /** How many networks it may be on, at least 1. */
  readonly networks: number
  /** Its proxies are those that DNS names. */
  readonly resolves: boolean
  /** Without an agreement on security it may register, too: early IMS. 3GPP TR 33.978 */
  readonly mayDoWithout?: boolean
}

/** What `profile` starts with. */
export interface ProfileMachineInput extends ProfileTerms {
  /** Spreads the attempts. */
  readonly seed: number
}

export interface ProfileContext extends ProfileMachineInput {
  /** Ids of its uses, and how many they are. */
  readonly uses: readonly string[]
  readonly users: number
  /** It was forced to end, or has failed for good: it does not register by itself. */
  readonly held: boolean
  /** The registrar has a binding of ours, and everybody knows. */
  readonly bound: boolean
  /** Why it is not registered. */
  readonly error?: SipError | undefined
  /** Failures in a row at one proxy, and the wait before the next attempt, in seconds. */
  readonly failures: number
  readonly wait: number
  /** The proxy that is tried, of so many found. */
  readonly proxy: number
  readonly proxies: number
  /** The network that it is on or wants to be on, and how many were left since the last success. */
  readonly network: number
  readonly moves: number
  /** What was saved and waits. */
  readonly update: ProfileUpdate
  readonly removing: boolean
  /** No agreement on security is asked for any more. */
  readonly plain: boolean
  /** The network that is offered, and which uses agree. */
  readonly offered?: number | undefined
  readonly agreed: readonly string[]
  /** The old registration was lost while it migrates. */
  readonly broken: boolean
}

export const fresh = {
  uses: [],
  users: 0,
  held: false,
  bound: false,
  failures: 0,
  wait: 0,
  proxy: 0,
  proxies: 0,
  network: 0,
  moves: 0,
  update: 'cosmetic',
  removing: false,
  plain: false,
  agreed: [],
  broken: false,
} as const

/** What a profile hears: of its users, of its network, of its registration. */
export type ProfileMachineEvent =
  | { type: 'tu.enable' | 'tu.disable' | 'tu.allow' | 'tu.disallow'; use: string }
  | { type: 'tu.forceDisable' | 'tu.retry' | 'tu.remove' | 'tu.close' }
  | { type: 'tu.save'; update: ProfileUpdate; terms: ProfileTerms }
  /** It was stored to register by itself. */
  | { type: 'tu.start' }
  /** Its network can be used. */
  | { type: 'network.up' }
  /** There cannot be a connection to it. */
  | { type: 'network.failed'; error: SipError }
  /** A network that it would rather be on is there. */
  | { type: 'network.offered'; network: number }
  | { type: 'proxies.resolved'; proxies: number }
  | { type: 'registration.registered' }
  | { type: 'registration.failed'; error: SipError; failure: ProfileFailure }
  /** There is none any more: un-REGISTERed, or lost with its network. */
  | { type: 'registration.gone' }
  /** The network has ended the binding; `again`: and wants a new one; `soon`: it has done so just before, too. RFC 3680 §5.1 */
  | { type: 'registration.ended'; again: boolean; soon?: boolean; error: SipError }
  /** The same of the registration on the network that it migrates to. */
  | { type: 'migration.registered' }
  | { type: 'migration.failed'; error: SipError }

export type Failed = Extract<ProfileMachineEvent, { type: 'registration.failed' }>

export const isWanted = ({ uses, autoRegister, held, removing }: ProfileContext): boolean =>
  !removing && (uses.length > 0 || (autoRegister && !held))

/** Without the use that ends. */
export const isWantedWithout = (context: ProfileContext, use: string): boolean =>
  isWanted({ ...context, uses: context.uses.filter(other => other !== use) })

/** Its uses from now on. */
export const usedBy = (uses: readonly string[]) => ({ uses, users: uses.length })

export const taken = (
  context: ProfileContext,
  { update, terms }: Extract<ProfileMachineEvent, { type: 'tu.save' }>,
): Partial<ProfileContext> => ({
  ...terms,
  held: false,
  update: heavier(context.update, update),
  ...(update === 'structural' && { failures: 0, proxy: 0, proxies: 0, network: 0, moves: 0 }),
})
