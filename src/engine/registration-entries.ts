/** What stands beside the actors of registrations, refreshes and repeated requests. */
import type { Pace } from '../rules/pace.ts'
import type { OutgoingRequest, RegistrationOptions } from './commands.ts'
import type { Draft, EntryBase, KeepAliveEntry, Numbering, Way } from './entries.ts'
import type { Target } from './ports.ts'
import type { ProfileShare } from './profile-entries.ts'

export interface RegistrationEntry extends EntryBase {
  readonly kind: 'registration'
  /** May be changed between two REGISTERs. */
  options: RegistrationOptions
  /** What it has of the profile that it is made for, which is its owner then. */
  readonly share?: ProfileShare | undefined
  /** Who its requests are from, when it is not the address of record. */
  identity?: string | undefined
  readonly callId: string
  readonly fromTag: string
  readonly numbering: Numbering
  serviceRoute: readonly string[]
  /** When the registrar forgets us, and since when it knows us, in milliseconds of the clock. */
  registrarExpiresAt: number
  registeredAt: number
  /** When the next attempt is, while it waits to recover. */
  retryAt: number
  refresh?: RefreshEntry | undefined
  /** The way that the latest REGISTER took, and the place of the latest that succeeded. */
  way?: Way | undefined
  place?: Target | undefined
  /** Since its first 2xx, the latest last. RFC 5627 §4.2 */
  temporaryGruus: readonly string[]
  /** What finds out whether the flow of the binding lives. */
  keeper?: KeepAliveEntry | undefined
  /** The URI of our Contact that the registrar knows. */
  boundTo?: string | undefined
  /** URIs of further Contacts of ours that its next REGISTER takes back. */
  left: readonly string[]
  /** The registrar has the binding, and nothing is known against its flow. */
  up: boolean
  /** All flows of the registration, when there are several. RFC 5626 §4.2 */
  group?: RegistrationEntry[]
  /** While it waits for its turn. */
  ticket?: Ticket | undefined
}

/** A place in the queue for one target. */
export interface Ticket {
  readonly entry: RegistrationEntry
  readonly line: Line
  /** It renews what the registrar knows. */
  readonly renews: boolean
}

/** First come, first served. Who has given up stays until it is its turn. */
export class Queue {
  #tickets: Ticket[] = []
  #at = 0

  add(ticket: Ticket): void {
    this.#tickets.push(ticket)
  }

  /** The first who still waits. */
  first(): Ticket | undefined {
    for (; this.#at < this.#tickets.length; this.#at += 1) {
      const ticket = this.#tickets[this.#at]!
      if (ticket.entry.ticket === ticket) break
    }
    // Not one by one: a long array is copied each time.
    if (this.#at > 1000 || this.#at === this.#tickets.length) {
      this.#tickets = this.#tickets.slice(this.#at)
      this.#at = 0
    }
    return this.#tickets[this.#at]
  }
}

/** Those who wait to register at one target. */
export interface Line {
  readonly key: string
  pace: Pace
  readonly renewals: Queue
  readonly others: Queue
  /** How many of them wait still. */
  waiting: number
  /** Whose turn is next. */
  head?: Ticket | undefined
}

export interface RefreshEntry extends EntryBase {
  readonly kind: 'refresh'
}

/** A stand-alone request that is repeated. */
export interface RepeatedEntry extends EntryBase {
  readonly kind: 'repeated'
  /** The application's id: that of the request it owns, first and latest. */
  requestId: string
  outgoing: OutgoingRequest
  readonly draft: Draft
  readonly numbering: Numbering
  readonly refresh: RefreshEntry
}
