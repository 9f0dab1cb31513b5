/**
 * The protocol of `@xstate/inspect` 0.8, for its own `createWebSocketReceiver` and whatever else speaks it: machines,
 * states, events and ends, and nothing of the wire. It begins when the receiver says `xstate.inspecting`; events that a
 * receiver would send to a machine are not taken: this is for looking.
 */
import * as machines from '../../machines/index.ts'
import { type ReceiverEvent, receiverEvents } from '../inspect/receiver-events.ts'
import type { Client, Speaker } from './client.ts'
import type { Source } from './source.ts'

export const receiverProtocol = 'xstate-inspect'

type Machines = Parameters<typeof receiverEvents>[0]

/** Of all that the module has. */
const definitions: Machines = Object.fromEntries(
  Object.entries(machines as Readonly<Record<string, unknown>>).filter(
    ([, value]) => typeof value === 'object' && value !== null && 'root' in value && 'id' in value,
  ),
) as Machines

export class ReceiverSpeaker implements Speaker {
  readonly #client: Client
  readonly #source: Source
  #events = receiverEvents(definitions)
  readonly #living = new Set<string>()
  /** Frames up to this one are in what was told already; undefined: nothing was asked for yet. */
  #told: number | undefined

  constructor(client: Client, source: Source) {
    this.#client = client
    this.#source = source
  }

  greet(): void {}

  reached(): void {}

  send(from: number, to: number): void {
    if (this.#told === undefined) return
    for (const recorded of this.#source.ring.between(Math.max(from, this.#told + 1), to))
      for (const event of this.#events.of(recorded.frame())) this.#say(event)
  }

  missed(): void {
    if (this.#told !== undefined) this.#present()
  }

  hear(message: unknown): boolean {
    const { type } = (message ?? {}) as { type?: unknown }
    if (type === 'xstate.inspecting') this.#present()
    return type === 'xstate.inspecting' || type === 'xstate.event'
  }

  /** All that live, told anew; the others have ended. */
  #present(): void {
    const { seq = 0, actors = [] } = this.#source.presence() ?? {}
    this.#told = seq
    const living = new Set(actors.map(({ id }) => id))
    for (const sessionId of this.#living)
      if (!living.has(sessionId)) this.#say({ type: 'service.stop', sessionId })
    this.#events = receiverEvents(definitions)
    for (const event of this.#events.present(actors)) this.#say(event)
  }

  #say(event: ReceiverEvent): void {
    if (event.type === 'service.register') this.#living.add(event.sessionId)
    if (event.type === 'service.stop') this.#living.delete(event.sessionId)
    this.#client.say(event)
  }
}
