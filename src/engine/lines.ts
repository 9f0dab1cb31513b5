/** Lines: users of profiles within the engine, and the end of what they hold in its order. RConnection, RSubConnection. */
import type { AnyActorLogic } from 'xstate'
import { isSipError, SipError } from '../errors.ts'
import { type LineNews, lineNews } from '../rules/line-news.ts'
import type { LineCommand } from './border/lines.ts'
import type { Id } from './commands.ts'
import type { Connections } from './connections.ts'
import type { Handlers } from './dispatch.ts'
import type { LineEntry } from './line-entries.ts'
import type { ProfileRegistry } from './profile-commands.ts'
import type { ProfileEntry } from './profile-entries.ts'
import type { Profiles } from './profiles.ts'
import type { Runtime } from './runtime.ts'

export interface LineParts {
  readonly runtime: Runtime
  readonly connections: Connections
  readonly profiles: Profiles
  /** Absent in an engine without a store. */
  readonly profileRegistry?: ProfileRegistry | undefined
}

type Machine = {
  readonly value: string | object
  readonly context: { readonly uses: readonly Id[]; readonly error?: SipError }
}

const viewOf = ({ actor }: ProfileEntry) => {
  const { value, context } = actor.getSnapshot() as Machine
  return { is: typeof value === 'string' ? value : Object.keys(value)[0]!, ...context }
}

const failure = (cause: unknown): SipError =>
  isSipError(cause) ? cause : new SipError('closed', 'the profile cannot be used', { cause })

export class Lines {
  readonly #parts: LineParts
  readonly #logic: AnyActorLogic
  /** Lines that wait for calls and subscriptions to end. */
  readonly #ending = new Set<LineEntry>()

  constructor(parts: LineParts, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
  }

  readonly commands: Pick<Required<Handlers>, LineCommand['type']> = {
    'line.open': ({ id, profile }) => {
      if (!this.#parts.profileRegistry)
        throw new SipError('not-supported', 'this engine has no store of profiles')
      const entry = { kind: 'line', id, visible: true, wish: profile, waitsFor: [] } as unknown as LineEntry
      // As a connection is its own.
      Object.assign(entry, { connection: entry })
      this.#parts.runtime.spawn(entry, this.#logic, {})
    },
    'line.start': ({ id }) => this.#parts.runtime.post(this.#find(id), { type: 'tu.start' }),
    'line.stop': ({ id, sessions }) =>
      this.#parts.runtime.post(this.#find(id), { type: 'tu.stop', sessions }),
    'line.close': ({ id, sessions }) =>
      this.#parts.runtime.post(this.#find(id), { type: 'tu.close', sessions }),
  }

  /** Effect `useProfile`: as soon as the store is open. */
  use(line: LineEntry): void {
    this.#parts.profileRegistry!.whenReady(failed => {
      if (!line.alive || line.profile !== undefined) return
      try {
        if (failed) throw failed
        this.#enable(line)
      } catch (error) {
        this.#parts.runtime.post(line, { type: 'profile.dropped', error: failure(error) })
      }
    })
  }

  #enable(line: LineEntry): void {
    const { runtime, profiles, profileRegistry } = this.#parts
    const { commands, defaultId } = profileRegistry!
    const profile = line.wish ?? defaultId
    if (profile === undefined)
      throw new SipError('not-found', 'there is no profile, so there is no default one')
    commands['profile.enable']({ type: 'profile.enable', id: line.id, profile })
    line.profile = profile
    line.news = undefined
    line.releasing = line.seen = false
    runtime.news({ type: 'line', id: line.id, profile })
    const entry = profiles.records.get(profile)!.entry!
    const { unsubscribe } = entry.actor.subscribe(() => this.#look(line, entry))
    line.leave = unsubscribe
    runtime.afterwards(() => {
      line.seen = true
      this.#look(line, entry)
    })
  }

  /** The profile has moved, or may have. */
  #look(line: LineEntry, entry: ProfileEntry): void {
    if (!line.leave) return
    const view = viewOf(entry)
    // What it did before it had its new user is no news.
    line.seen ||= view.uses.includes(line.id)
    if (!line.seen) return
    const lost = line.news === 'profile.registered'
    const news = lineNews(view, line.id, { releasing: line.releasing === true, lost })
    if (news) this.#hear(line, news)
  }

  #hear(line: LineEntry, news: LineNews): void {
    const over = news.type === 'profile.released' || news.type === 'profile.dropped'
    if (line.news === news.type) return
    line.news = news.type
    if (over) this.#forget(line)
    this.#parts.runtime.post(line, news)
  }

  #forget(line: LineEntry): void {
    line.leave?.()
    line.leave = undefined
    line.profile = undefined
  }

  /** Effect `releaseProfile`. */
  release(line: LineEntry): void {
    const { runtime, profiles, profileRegistry } = this.#parts
    if (line.profile === undefined) return runtime.post(line, { type: 'profile.released' })
    const entry = profiles.records.get(line.profile)?.entry
    line.releasing = true
    profileRegistry!.commands['profile.disable']({ type: 'profile.disable', id: line.id })
    runtime.afterwards(() => {
      if (entry) this.#look(line, entry)
      else this.#hear(line, { type: 'profile.released' })
    })
  }

  /** Effect `endSessions`. */
  endSessions(line: LineEntry, sessions: readonly Id[]): void {
    const { runtime, connections } = this.#parts
    line.waitsFor = sessions
    for (const id of sessions) connections.endSession(id)
    this.#ending.add(line)
    runtime.afterwards(() => this.settle())
  }

  /** A call or subscription has ended: those who waited for it go on. */
  settle(): void {
    for (const line of this.#ending) {
      line.waitsFor = line.waitsFor.filter(id => this.#parts.connections.isSession(id))
      if (line.waitsFor.length > 0) continue
      this.#ending.delete(line)
      this.#parts.runtime.post(line, { type: 'sessions.gone' })
    }
  }

  /** True while a line waits for something to end. */
  get waits(): boolean {
    return this.#ending.size > 0
  }

  /** It is over. */
  over(line: LineEntry): void {
    this.#ending.delete(line)
    this.#forget(line)
    this.#parts.runtime.forget(line)
  }

  #find(id: Id): LineEntry {
    const entry = this.#parts.runtime.registry.get(id)
    if (entry?.kind === 'line') return entry
    throw new SipError('resource-not-available', `${id} is closed`)
  }
}
