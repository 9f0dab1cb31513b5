/** Profiles: which there are, who uses them, and the effects of their machine. Symbian SIP Profile API. */
import type { AnyActorLogic } from 'xstate'
import type { ProfileTerms, ProfileTold } from '../../machines/profile.ts'
import { isSipError, SipError } from '../errors.ts'
import type { SipResponse } from '../message/types.ts'
import type { ProfileFields } from '../profiles/data.ts'
import { agentOf, registeringOf } from '../rules/profile-agents.ts'
import { retryAfterOf } from '../rules/recovery.ts'
import type { Registered } from '../rules/registered.ts'
import type { ProfileEvent } from './border/profiles.ts'
import type { Id } from './commands.ts'
import type { ConnectionEntry, ProfileEntry, RegistrationEntry, SubscriptionEntry } from './entries.ts'
import type { Networks } from './networks.ts'
import type { ProfileBindings } from './profile-bindings.ts'
import { isActive, type ProfileConnections } from './profile-connections.ts'
import type { ProfileRecord } from './profile-entries.ts'
import type { ProfileFollowers } from './profile-followers.ts'
import type { ProfileNetworks } from './profile-networks.ts'
import { contactParamsOf, registrationOf } from './profile-options.ts'
import type { ProfileProxies } from './profile-proxies.ts'
import { termsOf } from './profile-terms.ts'
import type { Registrations } from './registrations.ts'
import type { Runtime } from './runtime.ts'

type Happening = Omit<Extract<ProfileEvent, { type: 'profileEvent' }>, 'type' | 'profile' | 'uses'>

/** RFC 3329 §2.3.1 */
const namesAgreement = (response: SipResponse | undefined): boolean =>
  response?.parsed('unsupported')?.some(option => option.toLowerCase() === 'sec-agree') ?? false

export interface ProfilesParts {
  readonly runtime: Runtime
  readonly registrations: Registrations
  readonly networks: Networks
  readonly connections: ProfileConnections
  readonly bindings: ProfileBindings
  readonly proxies: ProfileProxies
  readonly watch: ProfileNetworks
  readonly followers: ProfileFollowers
  /** False: none registers by itself. */
  readonly autoRegister: boolean
}

export class Profiles {
  readonly records = new Map<Id, ProfileRecord>()
  /** Whose each use is. */
  readonly uses = new Map<Id, ProfileRecord>()
  /** Told when one that was to be removed has let go of everything. */
  onRemoved: (record: ProfileRecord) => void = () => {}
  /** Told when one holds nothing any more, and when a connection has ended. */
  onIdle: () => void = () => {}
  readonly #parts: ProfilesParts
  readonly #logic: AnyActorLogic

  constructor(parts: ProfilesParts, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
    const { runtime, registrations } = parts
    runtime.onConnection = connection => this.#connectionMoved(connection)
    registrations.profiles = this
  }

  /** What its machine is to know of a profile. */
  termsOf(fields: ProfileFields): ProfileTerms {
    const terms = termsOf(fields)
    return this.#parts.autoRegister ? terms : { ...terms, autoRegister: false }
  }

  /** The actor of a profile; made when somebody needs it. */
  actorOf(record: ProfileRecord): ProfileEntry {
    if (record.entry) return record.entry
    const { runtime, watch } = this.#parts
    const { id, fields } = record.stored
    const entry = {
      kind: 'profile',
      id,
      visible: true,
      record,
      aors: [],
      retryAt: 0,
      proxies: [],
    } as unknown as ProfileEntry
    // As a connection is its own.
    Object.assign(entry, { connection: entry })
    record.entry = entry
    runtime.spawn(entry, this.#logic, { ...this.termsOf(fields), seed: runtime.seed() })
    watch.begin(entry)
    return entry
  }

  /** Tells those who hold a profile. */
  tell({ stored }: ProfileRecord, happening: Happening, uses: readonly Id[]): void {
    this.#parts.runtime.news({ type: 'profileEvent', profile: stored.id, uses, ...happening })
  }

  /** Effect `tell`. */
  happened({ record }: ProfileEntry, { is, error, network }: ProfileTold, uses: readonly Id[]): void {
    const { networks } = record.stored.fields
    this.tell(
      record,
      {
        is,
        ...(error && { error }),
        ...(is === 'error' && { fatal: true }),
        ...(network !== undefined && networks && { network: networks[network]! }),
      },
      uses,
    )
    if (is === 'error' || is === 'forciblyDisabled') for (const use of uses) this.uses.delete(use)
  }

  /** Effect `attach`. */
  attach(entry: ProfileEntry, index: number, plain: boolean): void {
    const { runtime, connections } = this.#parts
    const { link, registration } = entry
    let found: ConnectionEntry
    try {
      found = connections.attach(entry, this.#networkOf(entry, index), plain)
    } catch (error) {
      return runtime.post(entry, { type: 'network.failed', error })
    }
    if (registration && registration.connection !== found) this.#disown(entry, registration)
    if (link && link !== found) connections.detach(entry, link)
    entry.link = found
    if (isActive(found)) runtime.post(entry, { type: 'network.up' })
  }

  /** Effect `detach`. */
  detach(entry: ProfileEntry): void {
    const { link } = entry
    entry.link = undefined
    if (link) this.#parts.connections.detach(entry, link)
    this.#parts.runtime.afterwards(() => this.onIdle())
  }

  /** Effect `probe`. */
  probe({ link }: ProfileEntry): void {
    if (link?.alive && link.network && link.actor.getSnapshot().matches('inactive'))
      this.#parts.networks.refresh(link)
  }

  /** Effect `resolveProxies`. */
  resolveProxies(entry: ProfileEntry): void {
    this.#parts.proxies.resolve(entry)
  }

  /** Effect `register`: the registration that it had is used again, with what is stored by now. */
  register(entry: ProfileEntry, proxy: number): void {
    this.#attempt(entry, 'registration.failed', () => this.#register(entry, proxy))
  }

  /** What an agent has made need not be fit to be sent. */
  #attempt(entry: ProfileEntry, type: 'registration.failed' | 'migration.failed', task: () => void): void {
    try {
      task()
    } catch (cause) {
      const error = isSipError(cause) ? cause : new SipError('argument', 'nothing can be sent', { cause })
      this.#parts.runtime.post(entry, { type, error, failure: { code: error.code } })
    }
  }

  #register(entry: ProfileEntry, proxy: number): void {
    const { runtime } = this.#parts
    const { registration, link, record } = entry
    if (!link || !isActive(link)) return runtime.post(entry, { type: 'registration.gone' })
    if (!registration?.alive) {
      entry.registration = this.#open(entry, link, true, entry.proxies[proxy])
      return
    }
    registration.options = registrationOf(
      record.stored,
      registration.options.instanceId!,
      entry.proxies[proxy],
    )
    registration.share!.contactParams = contactParamsOf(record.stored.fields)
    const bound = registration.actor.getSnapshot().matches('registered')
    runtime.post(registration, { type: bound ? 'tu.update' : 'tu.register' })
  }

  /** What is stored has changed and its REGISTERs, if at all, with it: effect `update`, and saves that change none. */
  refit(entry: ProfileEntry, tells: boolean): void {
    this.#attempt(entry, 'registration.failed', () => this.#refit(entry, tells))
  }

  #refit(entry: ProfileEntry, tells: boolean): void {
    const { registration, record } = entry
    if (!registration?.alive) return
    const { instanceId, outboundProxy } = registration.options
    const proxy = entry.proxies.length > 0 ? outboundProxy : undefined
    registration.options = registrationOf(record.stored, instanceId!, proxy)
    registration.share!.contactParams = contactParamsOf(record.stored.fields)
    if (tells) this.#parts.runtime.post(registration, { type: 'tu.update' })
  }

  /** Effect `unregister`. */
  unregister(entry: ProfileEntry): void {
    const { runtime } = this.#parts
    const { registration } = entry
    this.#parts.followers.end(entry)
    if (!registration?.alive) return runtime.post(entry, { type: 'registration.gone' })
    registration.share!.ending = true
    runtime.post(registration, { type: 'tu.close' })
  }

  /** Effect `noteWait`. */
  noteWait(entry: ProfileEntry, seconds: number): void {
    entry.retryAt = this.#parts.runtime.platform.clock.now() + seconds * 1000
  }

  /** Effect `registerElsewhere`. */
  registerElsewhere(entry: ProfileEntry, index: number): void {
    const { runtime, connections } = this.#parts
    try {
      const { plain } = entry.actor.getSnapshot().context as { readonly plain: boolean }
      entry.nextLink = connections.attach(entry, this.#networkOf(entry, index), plain)
    } catch (error) {
      return runtime.post(entry, { type: 'migration.failed', error })
    }
    this.#registerNext(entry)
  }

  #registerNext(entry: ProfileEntry): void {
    const { nextLink, next } = entry
    if (!nextLink || next || !isActive(nextLink)) return
    this.#attempt(entry, 'migration.failed', () => {
      entry.next = this.#open(entry, nextLink, false, undefined)
    })
  }

  /** Effect `switchOver`. */
  switchOver(entry: ProfileEntry): void {
    const { bindings, connections } = this.#parts
    const { next, nextLink, registration, link, record } = entry
    this.#parts.followers.end(entry)
    if (registration) this.#disown(entry, registration)
    entry.registration = next
    entry.link = nextLink
    entry.next = entry.nextLink = undefined
    // What the store has is of the registration that goes: the numbers of this one are reserved from here on.
    record.binding = undefined
    const { binding } = next!.actor.getSnapshot().context as { readonly binding?: Registered }
    next!.share!.reserved = next!.numbering.seq + 1
    if (binding) {
      bindings.granted(next!, binding)
      this.#parts.followers.begin(entry, next!, binding)
    }
    if (link && link !== nextLink) connections.detach(entry, link)
  }

  /** Effect `endMigration`. */
  endMigration(entry: ProfileEntry): void {
    const { next, nextLink, link } = entry
    entry.next = entry.nextLink = undefined
    if (next?.alive) this.#parts.runtime.post(next, { type: 'tu.close' })
    if (nextLink && nextLink !== link) this.#parts.connections.detach(entry, nextLink)
  }

  /** Effect `removed`. */
  removed({ record }: ProfileEntry): void {
    const { runtime, watch } = this.#parts
    const entry = record.entry!
    record.entry = undefined
    watch.end(entry)
    runtime.afterwards(() => runtime.forget(entry))
    this.onRemoved(record)
  }

  /** A registration of a profile is good. */
  granted(registration: RegistrationEntry, registered: Registered): void {
    const { runtime, registrations, bindings } = this.#parts
    const { owner, options, share } = registration
    const entry = owner as ProfileEntry
    const { associated, left } = registered
    registration.identity = share!.associatedIdentity ? associated[0] : undefined
    bindings.granted(registration, registered)
    if (registration === entry.next) runtime.post(entry, { type: 'migration.registered' })
    if (registration !== entry.registration) return
    entry.aors = associated.length > 0 ? associated : [options.aor]
    this.#parts.followers.begin(entry, registration, registered)
    runtime.post(entry, { type: 'registration.registered' })
    // That of a migration is another of ours, and lives.
    if (entry.next) return
    // Once: two programs with one Contact user, against the rules, do not take bindings from each other for ever.
    if (left && !share!.settled) registrations.takeBack(registration, left)
    share!.settled = true
  }

  /** A registration of a profile has failed. */
  failed(registration: RegistrationEntry, error: SipError): void {
    const { runtime } = this.#parts
    const entry = registration.owner as ProfileEntry
    if (registration === entry.next) runtime.post(entry, { type: 'migration.failed', error })
    if (registration !== entry.registration) return
    const { code, status, response } = error
    const retryAfter = response && retryAfterOf(response)
    const failure = {
      code,
      ...(status !== undefined && { status }),
      ...(retryAfter !== undefined && { retryAfter }),
      ...(status === 420 && namesAgreement(response) && { lacksAgreement: true }),
    }
    runtime.post(entry, { type: 'registration.failed', error, failure })
  }

  /** What a profile follows has failed. */
  followingFailed(subscription: SubscriptionEntry, error: SipError): void {
    this.#parts.followers.failed(subscription, error)
  }

  /** A registration of a profile is no more: it has ended in order, or went with its network. */
  gone(registration: RegistrationEntry): void {
    const { runtime, bindings } = this.#parts
    const entry = registration.owner as ProfileEntry
    if (registration === entry.next) {
      entry.next = undefined
      const error = new SipError('could-not-connect', 'the network was lost')
      runtime.post(entry, { type: 'migration.failed', error })
    }
    if (registration !== entry.registration) return
    entry.registration = undefined
    this.#parts.followers.end(entry)
    bindings.ended(entry.record, registration.share!)
    runtime.post(entry, { type: 'registration.gone' })
  }

  /** All uses and actors end at once, and no registrar hears of it. */
  abandon(): void {
    for (const { entry } of this.records.values()) {
      if (!entry) continue
      const { registration, next } = entry
      entry.registration = entry.next = undefined
      for (const one of [registration, next]) {
        if (one?.alive) this.#parts.registrations.abandon(one)
      }
      this.#parts.runtime.post(entry, { type: 'tu.close' })
    }
  }

  #open(
    entry: ProfileEntry,
    connection: ConnectionEntry,
    continues: boolean,
    proxy: string | undefined,
  ): RegistrationEntry {
    const { runtime, registrations, bindings } = this.#parts
    const { record } = entry
    const { stored } = record
    const { fields } = stored
    const agent = agentOf(fields.type)
    const beginning = bindings.begin(continues ? record : { stored })
    const options = registrationOf(stored, beginning.instanceId, proxy)
    const id = runtime.newId('registration')
    const { aor } = options
    runtime.born({ type: 'profileRegistration', id, profile: stored.id, connection: connection.id, aor })
    return registrations.openFor(entry, connection, id, options, beginning, {
      contactUser: fields.contactUser!,
      contactParams: contactParamsOf(fields),
      authorization: registeringOf(fields).authorization,
      associatedIdentity: agent.associatedIdentity === true,
      reserved: beginning.reserved,
    })
  }

  /** It ends by itself, and the profile goes on with another. */
  #disown(entry: ProfileEntry, registration: RegistrationEntry): void {
    entry.registration = undefined
    entry.record.binding = undefined
    this.#parts.runtime.post(registration, { type: 'tu.close' })
  }

  #networkOf({ record }: ProfileEntry, index: number): string | undefined {
    const { network, networks } = record.stored.fields
    return networks?.[index] ?? network
  }

  #connectionMoved(connection: ConnectionEntry): void {
    const { profiles } = connection
    const { runtime } = this.#parts
    if (connection.shared) runtime.afterwards(() => this.onIdle())
    if (!profiles || profiles.size === 0) return
    runtime.afterwards(() => {
      if (!isActive(connection)) return
      for (const entry of profiles) {
        if (entry.link === connection) runtime.post(entry, { type: 'network.up' })
        if (entry.nextLink === connection) this.#registerNext(entry)
      }
    })
  }
}
