/** Profiles whose agent follows the `reg` event of their address of record: what the network does to the binding. RFC 3680. */
import type { RequestInDialog } from '../../machines/dialog/dialog.ts'
import { SipError } from '../errors.ts'
import { isMalformed } from '../message/malformed.ts'
import { parseNameAddr } from '../message/name-addr.ts'
import { formatUri } from '../message/uri.ts'
import { mergeReginfo, parseReginfo, reginfoType } from '../packages/reginfo.ts'
import { agentOf } from '../rules/profile-agents.ts'
import { seenBinding } from '../rules/profile-reg-event.ts'
import { steadyAfter } from '../rules/recovery.ts'
import type { Registered } from '../rules/registered.ts'
import type { ProfileEntry, RegistrationEntry, SubscriptionEntry } from './entries.ts'
import type { Registrations } from './registrations.ts'
import type { Runtime } from './runtime.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Seconds to ask for. 3GPP TS 24.229 §5.1.1.3 */
const lifetime = 600_000

/** Milliseconds between two requests for the whole state: a server that does not send it is not asked with each NOTIFY. */
const pause = 30_000

/** The address in a P-Associated-URI; the address of record where there is none. */
const addressOf = (associated: string | undefined, aor: string): string => {
  const address = associated === undefined ? undefined : parseNameAddr(associated)
  return address && !isMalformed(address) ? formatUri(address.uri as never) : aor
}

export class ProfileFollowers {
  readonly #runtime: Runtime
  readonly #registrations: Registrations
  readonly #subscriptions: Subscriptions
  /** Something of it has failed, and the registration goes on. */
  readonly #failed: (profile: ProfileEntry, error: SipError) => void

  constructor(
    runtime: Runtime,
    registrations: Registrations,
    subscriptions: Subscriptions,
    failed: (profile: ProfileEntry, error: SipError) => void,
  ) {
    this.#runtime = runtime
    this.#registrations = registrations
    this.#subscriptions = subscriptions
    this.#failed = failed
    subscriptions.onOwned = (entry, notify) => this.#notified(entry, notify)
  }

  /** Begins with the first 2xx of a registration. */
  begin(profile: ProfileEntry, registration: RegistrationEntry, { associated }: Registered): void {
    const { fields } = profile.record.stored
    if (profile.following || !agentOf(fields.type).followsRegistration) return
    const uri = addressOf(associated[0], registration.options.aor)
    profile.following = {
      subscription: this.#subscriptions.open(registration.connection, this.#runtime.newId('subscription'), {
        owner: profile,
        asked: {
          event: 'reg',
          accept: [reginfoType],
          expires: lifetime,
          autoRefresh: true,
          forking: 'first',
        },
        party: { uri, registration: registration.id },
      }),
    }
  }

  /** Its registration ends. */
  end(profile: ProfileEntry): void {
    const { following } = profile
    profile.following = undefined
    if (following?.subscription.alive) this.#runtime.post(following.subscription, { type: 'tu.unsubscribe' })
  }

  /** The subscription has failed: what the network does is only seen with the next REGISTER. */
  failed(subscription: SubscriptionEntry, error: SipError): void {
    const profile = subscription.owner as ProfileEntry
    if (profile.following?.subscription === subscription) this.#failed(profile, error)
  }

  #notified(
    subscription: SubscriptionEntry,
    notify: RequestInDialog & { readonly answered?: boolean },
  ): void {
    const profile = subscription.owner as ProfileEntry
    const { following, registration } = profile
    if (!notify.answered) this.#subscriptions.answerNotify(notify)
    if (following?.subscription !== subscription || !registration?.alive) return
    if (notify.request.body.length === 0) return
    const read = parseReginfo(notify.request.body)
    if (isMalformed(read))
      return this.#failed(profile, new SipError('malformed', `reg event: ${read.reason}`))
    following.held = mergeReginfo(following.held, read)
    // A document in between is missing: the state is asked for anew.
    if (!following.held) return this.#askAnew(following)
    this.#seen(profile, registration, following.held.registrations)
  }

  #askAnew(following: NonNullable<ProfileEntry['following']>): void {
    const now = this.#runtime.platform.clock.now()
    if (following.askedAt !== undefined && now - following.askedAt < pause) return
    following.askedAt = now
    this.#runtime.post(following.subscription, { type: 'tu.update' })
  }

  #seen(
    profile: ProfileEntry,
    registration: RegistrationEntry,
    registrations: Parameters<typeof seenBinding>[0],
  ): void {
    const { binding } = registration.actor.getSnapshot().context as { readonly binding?: Registered }
    if (!binding) return
    const seen = seenBinding(registrations, binding.contact)
    if (seen.is === 'shortened') return this.#registrations.shorten(registration, seen.expires)
    if (seen.is === 'kept') return
    const error = new SipError('closed', `the network has ended the registration: ${seen.event}`)
    const now = this.#runtime.platform.clock.now()
    const soon = profile.endedAt !== undefined && now - profile.endedAt < steadyAfter * 1000
    profile.endedAt = now
    this.#runtime.post(profile, { type: 'registration.ended', again: seen.again, soon, error })
  }
}
