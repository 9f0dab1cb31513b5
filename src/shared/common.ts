/**
 * What all applications share: what the engine makes by itself, for profiles. Each hears of it, and one that comes later
 * is told how it stands.
 */
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { Owner } from './owner.ts'

/** Of these only the latest of an object counts. */
const latest: ReadonlySet<EngineEvent['type']> = new Set(['state', 'listening', 'network'])

export class Common implements Owner {
  readonly #tell: (event: EngineEvent) => void
  readonly #kept = new Map<string, EngineEvent>()

  constructor(tell: (event: EngineEvent) => void) {
    this.#tell = tell
  }

  /** What an application that comes now is told first. */
  get story(): readonly EngineEvent[] {
    return [...this.#kept.values()]
  }

  /** An object has come to be, or something is so from now on. */
  keep(event: EngineEvent): void {
    if (event.type === 'profileChanged') return this.#change(event)
    this.#kept.set(`${event.type} ${'id' in event ? event.id : ''}`, event)
  }

  take(event: EngineEvent): void {
    if (event.type === 'closed') this.#forget(event.id)
    else if (latest.has(event.type)) this.keep(event)
    this.#tell(event)
  }

  /** The list of profiles is told with what has become of it. */
  #change({ profile, change, info, defaultId }: Extract<EngineEvent, { type: 'profileChanged' }>): void {
    const told = this.#kept.get('profiles ')
    if (told?.type !== 'profiles') return
    const { defaultId: _, ...rest } = told
    let { profiles } = told
    if (change === 'removed') profiles = profiles.filter(({ id }) => id !== profile)
    else if (change === 'created' && info) profiles = [...profiles, info]
    else if (info) profiles = profiles.map(known => (known.id === profile ? info : known))
    this.keep({ ...rest, profiles, ...(defaultId !== undefined && { defaultId }) })
  }

  #forget(id: Id): void {
    for (const [key, event] of this.#kept) if ('id' in event && event.id === id) this.#kept.delete(key)
  }
}
