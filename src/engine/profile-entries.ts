/** What stands beside the actor of a profile, and what a registration has of the profile that it is made for. */

import type { RegistrationInfoDocument } from '../packages/reginfo.ts'
import type { StoredBinding, StoredProfile } from '../profiles/data.ts'
import type { ConnectionEntry, EntryBase, RegistrationEntry, SubscriptionEntry } from './entries.ts'

/** A profile that is stored, used or not. */
export interface ProfileRecord {
  stored: StoredProfile
  /** As the store has it. */
  binding?: StoredBinding | undefined
  /** Once somebody has used it. */
  entry?: ProfileEntry | undefined
  /** It is about to go. */
  removing?: true
}

export interface ProfileEntry extends EntryBase {
  readonly kind: 'profile'
  readonly record: ProfileRecord
  /** The connection of its network. */
  link?: ConnectionEntry | undefined
  registration?: RegistrationEntry | undefined
  /** The same on the network that it migrates to. */
  nextLink?: ConnectionEntry | undefined
  next?: RegistrationEntry | undefined
  /** The address of record that it registers, and those that the registrar named with it. */
  aors: readonly string[]
  /** The subscription to the `reg` event, and what it has told. */
  following?:
    | {
        readonly subscription: SubscriptionEntry
        held?: RegistrationInfoDocument | undefined
        /** When the whole state was asked for last, in milliseconds of the clock. */
        askedAt?: number
      }
    | undefined
  /** When the network has ended its binding last, in milliseconds of the clock. */
  endedAt?: number
  /** When the next attempt comes. */
  retryAt: number
  /** Proxies that DNS named, as URIs. */
  proxies: readonly string[]
}

/** What a registration has of its profile. */
export interface ProfileShare {
  /** User part of its Contact. */
  readonly contactUser: string
  /** Parameters of its Contact, each with its semicolon. */
  contactParams: string
  /** Authorization of a REGISTER that nothing has challenged yet. */
  authorization?: string | undefined
  /** Its requests are from the first P-Associated-URI. */
  readonly associatedIdentity: boolean
  /** The store knows that all CSeq numbers below may be in use. */
  reserved: number
  /** It was told to end: its binding is no use any more. */
  ending?: true
  /** It has been granted: what an earlier start has left behind is known. */
  settled?: true
}
