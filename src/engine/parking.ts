/**
 * Server transactions past their final response. They have to remember one response for 32 s and nothing else, and
 * there are a hundred thousand of them under load: each is parked as a row of its key, its state and its bytes.
 *
 * The machine still decides: for each event a row is given a snapshot of its state, and the machine's own table says
 * what happens. RFC 3261 §17.2.2 (completed), RFC 6026 §7.1 (accepted).
 */
import type { AnyActorLogic, AnyActorRef, AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { fromBinary, toBinary } from '../message/bytes.ts'
import { isMalformed } from '../message/malformed.ts'
import { parse } from '../message/parse.ts'
import { serialize } from '../message/serialize.ts'
import type { SipResponse } from '../message/types.ts'
import { stopActor } from './compile/xstate-internals.ts'
import type { ParkedEntry, ServerEntry } from './entries.ts'
import { attach } from './registry.ts'
import type { Runtime } from './runtime.ts'

export interface ServerLogics {
  readonly invite: AnyActorLogic
  readonly other: AnyActorLogic
}

/** States in which a transaction has its final response and no timer but the one that ends it. */
const restful: ReadonlySet<unknown> = new Set(['completed', 'accepted'])

export class Parking {
  readonly #runtime: Runtime
  readonly #logics: ServerLogics

  constructor(runtime: Runtime, logics: ServerLogics) {
    this.#runtime = runtime
    this.#logics = logics
  }

  /** Parks a transaction that has nothing more to do than to wait; any other stays as it is. */
  park(entry: ServerEntry): void {
    const { registry, timers } = this.#runtime
    if (!entry.alive) return
    const snapshot: AnyMachineSnapshot = entry.actor.getSnapshot()
    const last: SipResponse | undefined = snapshot.context.last
    if (!restful.has(snapshot.value) || !last || (entry.invite && snapshot.value === 'completed')) return
    const { id, connection, key, visible, told, invite, way, mergeKey } = entry
    const row: ParkedEntry = {
      kind: 'parked',
      id,
      connection,
      actor: connection.actor,
      key,
      visible,
      invite,
      way: { flow: way.flow, to: way.to },
      mergeKey,
      state: snapshot.value as string,
      response: toBinary(entry.final ?? serialize(last)),
    }
    if (told) row.told = told
    // Timer J or L goes on where it is.
    timers.move(entry.actor, row as unknown as AnyActorRef)
    stopActor(entry.actor)
    registry.replace(entry, row)
    connection.serverTransactions -= 1
  }

  /** An event for a row: the machine's transition, performed. True when it has ended. */
  step(row: ParkedEntry, event: AnyEventObject): boolean {
    const logic = row.invite ? this.#logics.invite : this.#logics.other
    const { connection } = row
    const last = parse(fromBinary(row.response))
    if (isMalformed(last)) return true
    const { timers } = connection
    const context = { owner: connection.actor, reliable: false, timers, last, interval: timers.t2 }
    const before = (logic as unknown as AnyStateMachine).resolveState({ value: row.state, context })
    const next: AnyMachineSnapshot = logic.transition(before, event, this.#scope(row) as never)
    row.state = next.value as string
    return next.status !== 'active'
  }

  #scope(row: ParkedEntry) {
    const self = { id: row.id } as AnyActorRef
    attach(self, row)
    return {
      self,
      id: row.id,
      sessionId: row.id,
      system: row.connection.actor.system,
      logger: () => {},
      defer: (task: () => void) => task(),
      emit: () => {},
      stopChild: () => {},
      actionExecutor: ({
        exec,
        info,
        params,
      }: {
        exec?: (info: object, params: unknown) => void
        info: object
        params: unknown
      }) => exec?.(info, params),
    }
  }
}
