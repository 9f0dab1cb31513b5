/** Who lives in an engine at this moment: what a watcher who comes late is told first. Nothing is kept for it but a time. */
import type { AnyMachineSnapshot } from 'xstate'
import type { ActorRecord, ActorTimer } from '../inspect/frame.ts'
import type { Id } from './commands.ts'
import type { Entry } from './entries.ts'
import { plainContext } from './plain-context.ts'
import type { Runtime } from './runtime.ts'
import { nameOf, timerName } from './tap-step.ts'

/** Every actor alive, and the number of the last frame that is in it: what follows has a higher one. */
export interface Presence {
  /** Frames of a trace up to this number are in it, those after it are not. */
  readonly seq: number
  /** Milliseconds of the platform's clock. */
  readonly t: number
  /** In the order of their births, as far as it is known. */
  readonly actors: readonly ActorRecord[]
}

/** A row has the timers of the actor whose place it took under itself. */
const holderOf = (entry: Entry): object => (entry.kind === 'parked' ? entry : entry.actor)

const timersByHolder = (runtime: Runtime): ReadonlyMap<object, readonly ActorTimer[]> => {
  const found = new Map<object, ActorTimer[]>()
  for (const { actor, name, deadline, delay } of runtime.timers) {
    // One that never fires has no place among countdowns, nor in JSON.
    if (deadline === Infinity) continue
    const timer = { name: timerName(name), deadline, delay }
    const known = found.get(actor)
    if (known) known.push(timer)
    else found.set(actor, [timer])
  }
  return found
}

/** The machine of a row is told by its request: the one of its actor is gone. */
const standing = (entry: Entry): { readonly machine: string; readonly state: string } | undefined => {
  if (entry.kind === 'parked')
    return { machine: entry.invite ? 'inviteServer' : 'nonInviteServer', state: entry.state }
  const snapshot: AnyMachineSnapshot | undefined = entry.actor?.getSnapshot()
  return snapshot && { machine: snapshot.machine.id, state: nameOf(snapshot.value) }
}

const recordOf = (entry: Entry, timers: readonly ActorTimer[] = []): ActorRecord | undefined => {
  const { id, connection, owner, since = 0 } = entry
  const now = standing(entry)
  return (
    now && {
      id,
      machine: now.machine,
      ...(entry === connection ? {} : { parent: connection.id }),
      ...(owner ? { owner: owner.id } : {}),
      state: now.state,
      since,
      timers,
    }
  )
}

/** Records of all that live. */
export const actorsOf = (runtime: Runtime): Presence => {
  const timers = timersByHolder(runtime)
  const actors: ActorRecord[] = []
  for (const entry of runtime.registry) {
    const record = recordOf(entry, timers.get(holderOf(entry)))
    if (record) actors.push(record)
  }
  return { seq: runtime.tap.seq, t: runtime.platform.clock.now(), actors }
}

/** What one machine remembers, as plain data without secrets; undefined for one that does not live, or keeps nothing. */
export const contextOf = (runtime: Runtime, id: Id): unknown => {
  const entry = runtime.registry.get(id)
  if (!entry || entry.kind === 'parked') return undefined
  const snapshot: AnyMachineSnapshot | undefined = entry.actor?.getSnapshot()
  return snapshot && plainContext(snapshot.context)
}
