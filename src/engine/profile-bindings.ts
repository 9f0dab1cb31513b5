/**
 * What a restarted engine goes on with: Call-ID, CSeq numbers, Contact, instance and deadline of each registration of a
 * profile, in the store before they are used. RFC 3261 §10.2.4, RFC 5626 §4.1.
 */
import type { StoredBinding } from '../profiles/data.ts'
import type { ProfileStore } from '../profiles/store.ts'
import type { Registered } from '../rules/registered.ts'
import type { ProfileEntry, RegistrationEntry } from './entries.ts'
import type { ProfileRecord, ProfileShare } from './profile-entries.ts'
import { instanceOf, registrarOf } from './register-draft.ts'
import type { Runtime } from './runtime.ts'

/** Numbers that are reserved at once: a write for each REGISTER would be one too many. */
const block = 64

/** Numbers that one REGISTER may take, with its challenges. */
const margin = 16

/** Beyond it a Call-ID is given up, as CSeq ends at 2^31. §8.1.1.5 */
const lastSeq = 0x7fff_0000

/** What a registration of a profile begins with. */
export interface Beginning {
  readonly callId: string
  readonly seq: number
  readonly instanceId: string
  readonly reserved: number
  /** The Contact that the registrar may still know. */
  readonly boundTo?: string
}

export class ProfileBindings {
  readonly #runtime: Runtime
  readonly #store: ProfileStore
  /** A change could not be stored. */
  readonly #failed: (profile: ProfileRecord, error: unknown) => void
  #instance: string | undefined

  constructor(
    runtime: Runtime,
    store: ProfileStore,
    instance: string | undefined,
    failed: (profile: ProfileRecord, error: unknown) => void,
  ) {
    this.#runtime = runtime
    this.#store = store
    this.#instance = instance
    this.#failed = failed
  }

  /** All registrations of one host are those of one instance, the same after a restart. */
  opened(bindings: readonly StoredBinding[]): void {
    this.#instance ??= bindings[0]?.instanceId
  }

  /** Where a registration goes on, or begins. */
  begin({ binding }: ProfileRecord): Beginning {
    const { platform } = this.#runtime
    const instanceId = binding?.instanceId ?? (this.#instance ??= instanceOf(platform.random))
    if (!binding || binding.nextCSeq > lastSeq)
      return { callId: this.#runtime.token(), seq: 0, instanceId, reserved: 0 }
    const { callId, nextCSeq, contact, expiresAt } = binding
    const lives = contact !== '' && expiresAt > this.#wallClock()
    return {
      callId,
      seq: nextCSeq - 1,
      instanceId,
      reserved: nextCSeq,
      ...(lives && { boundTo: contact.replace(/^<|>.*$/g, '') }),
    }
  }

  /** Goes on as soon as the store knows that the next numbers are in use. */
  reserve({ owner, numbering, share, callId, options }: RegistrationEntry, go: () => void): void {
    const { record, registration } = owner as ProfileEntry
    // One that is only on its way to become the registration of the profile is not continued by anybody.
    if (!share || registration?.share !== share || numbering.seq + margin < share.reserved) return go()
    share.reserved = numbering.seq + block
    const { binding } = record
    void this.#save(record, {
      ...(binding?.callId === callId
        ? binding
        : {
            profile: record.stored.id,
            callId,
            instanceId: options.instanceId!,
            contact: '',
            registrar: options.registrar ?? registrarOf(options.aor),
            grantedSeconds: 0,
            expiresAt: 0,
          }),
      nextCSeq: share.reserved,
    }).then(() => this.#runtime.run(go))
  }

  /** The registrar has it. */
  granted({ owner, share, callId, options, boundTo }: RegistrationEntry, registered: Registered): void {
    const { record, registration } = owner as ProfileEntry
    if (!share || registration?.share !== share) return
    const { registrarExpires, serviceRoute, associated } = registered
    void this.#save(record, {
      profile: record.stored.id,
      callId,
      nextCSeq: share.reserved,
      instanceId: options.instanceId!,
      contact: boundTo === undefined ? '' : `<${boundTo}>`,
      registrar: options.registrar ?? registrarOf(options.aor),
      grantedSeconds: registrarExpires,
      expiresAt: this.#wallClock() + registrarExpires * 1000,
      ...(serviceRoute.length > 0 && { serviceRoute }),
      ...(associated.length > 0 && { associated }),
    })
  }

  /** It has ended in order: there is nothing to go on with. */
  ended(record: ProfileRecord, share: ProfileShare): void {
    if (!share.ending || !record.binding) return
    record.binding = undefined
    this.#store.removeBinding(record.stored.id).catch((error: unknown) => this.#failed(record, error))
  }

  async #save(record: ProfileRecord, binding: StoredBinding): Promise<void> {
    record.binding = binding
    try {
      await this.#store.saveBinding(binding)
    } catch (error) {
      this.#failed(record, error)
    }
  }

  #wallClock(): number {
    const { wallClock, clock } = this.#runtime.platform
    return wallClock ? wallClock() : clock.now()
  }
}
