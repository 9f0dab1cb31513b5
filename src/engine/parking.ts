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
import type { ConnectionEntry, ParkedEntry, ServerEntry } from './entries.ts'
import { attach } from './registry.ts'
import type { Runtime } from './runtime.ts'

export interface ServerLogics {
  readonly invite: AnyActorLogic
  readonly other: AnyActorLogic
}

/** States in which a transaction has its final response and no timer but the one that ends it. */
const restful: ReadonlySet<unknown> = new Set(['completed', 'accepted'])

/** The snapshot with the response that the row keeps. */
const withLast = (snapshot: AnyMachineSnapshot, response: string): AnyMachineSnapshot => {
  const last = parse(fromBinary(response))
  if (isMalformed(last)) throw new Error(`a response of ours does not parse: ${last.reason}`)
  return { ...snapshot, context: { ...snapshot.context, last } } as AnyMachineSnapshot
}

export class Parking {
  readonly #runtime: Runtime
  readonly #logics: ServerLogics
  readonly #snapshots = new WeakMap<ConnectionEntry, Map<string, AnyMachineSnapshot>>()

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
    if (entry.since !== undefined) row.since = entry.since
    // Timer J or L goes on where it is.
    timers.move(entry.actor, row as unknown as AnyActorRef)
    // Not an end that anybody should hear of: the transaction goes on as a row.
    attach(entry.actor, undefined)
    stopActor(entry.actor)
    registry.replace(entry, row)
    connection.serverTransactions -= 1
  }

  /** An event for a row: the machine's transition, performed. True when it has ended. */
  step(row: ParkedEntry, event: AnyEventObject): boolean {
    const logic = row.invite ? this.#logics.invite : this.#logics.other
    const resting = this.#resting(row, logic)
    // Only a retransmitted request asks for the response again; a timer need not have it unpacked.
    const before = event.type === 'wire.request' ? withLast(resting, row.response) : resting
    const next: AnyMachineSnapshot = logic.transition(before, event, this.#scope(row) as never)
    row.state = next.value as string
    return next.status !== 'active'
  }

  /** The snapshot that all rows of one connection and state share. */
  #resting({ connection, invite, state }: ParkedEntry, logic: AnyActorLogic): AnyMachineSnapshot {
    let known = this.#snapshots.get(connection)
    if (!known) this.#snapshots.set(connection, (known = new Map()))
    const key = `${invite ? 'INVITE' : 'other'} ${state}`
    let snapshot = known.get(key)
    if (!snapshot) {
      const { timers, actor: owner } = connection
      const context = { owner, reliable: false, timers, last: undefined, interval: timers.t2 }
      snapshot = (logic as unknown as AnyStateMachine).resolveState({
        value: state,
        context,
      }) as AnyMachineSnapshot
      known.set(key, snapshot)
    }
    return snapshot
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
