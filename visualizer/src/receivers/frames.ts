/**
 * What a receiver of `@xstate/inspect` hears, as records of ours, so that everything else works as with an engine that
 * speaks our own protocol. What that protocol does not say is missing: messages, timers, refused guards; times are those
 * of arrival.
 */
import type { ParsedReceiverEvent } from '@xstate/inspect/lib/types'
import type { StepFrame } from '../../../src/inspect/frame.ts'
import type { ChartShape } from '../chart/types.ts'
import { shapeOfV4 } from './shape.ts'

interface Service {
  readonly machine: string
  readonly parent: string | undefined
  state: string
  /** The event that was told and is not taken yet. */
  event: string
  source: string | undefined
}

/** A state value as our records name it. */
const nameOf = (value: unknown): string => {
  if (typeof value === 'string') return value
  return Object.entries((value ?? {}) as Record<string, unknown>)
    .map(([key, inner]) => {
      const name = nameOf(inner)
      return name === '' ? key : `${key}.${name}`
    })
    .join('+')
}

/** `xstate.after(timerA)#calling` is `xstate.after.timerA.calling` in our records. */
const eventOf = (name: string): string => name.replace(/^xstate\.after\(([^)]*)\)#/, 'xstate.after.$1.')

const started = 'xstate.init'

/** Turns the events of a receiver into records. */
export class ReceiverFrames {
  readonly #services = new Map<string, Service>()
  readonly #now: () => number
  readonly #learn: (shape: ChartShape) => void
  #seq = 0

  /** @param now milliseconds; @param learn told of the chart of each machine that registers */
  constructor(now: () => number, learn: (shape: ChartShape) => void) {
    this.#now = now
    this.#learn = learn
  }

  /** Takes one event. @returns the records that it completes */
  take(event: ParsedReceiverEvent): readonly StepFrame[] {
    switch (event.type) {
      case 'service.register':
        return this.#register(event)
      case 'service.event': {
        const service = this.#services.get(event.sessionId)
        if (service) {
          service.event = eventOf(event.event.name)
          service.source = event.event.origin
        }
        return []
      }
      case 'service.state':
        return this.#state(event.sessionId, nameOf(event.state.value))
      case 'service.stop':
        return this.#stop(event.sessionId)
      default:
        return []
    }
  }

  #register(event: Extract<ParsedReceiverEvent, { type: 'service.register' }>): readonly StepFrame[] {
    const { machine, state, sessionId, parent } = event
    // A receiver that connects again is told of everything again.
    const known = this.#services.get(sessionId)
    if (known) return this.#state(sessionId, nameOf(state.value))
    this.#learn(shapeOfV4(machine as never))
    const service: Service = {
      machine: machine.id,
      parent,
      state: nameOf(state.value),
      event: started,
      source: undefined,
    }
    this.#services.set(sessionId, service)
    return [this.#frame(sessionId, service, { event: started, to: service.state })]
  }

  #state(id: string, to: string): readonly StepFrame[] {
    const service = this.#services.get(id)
    if (!service) return []
    const { event, source, state: from } = service
    // The state of its birth is told twice: by its registration, and as its first state.
    if (event === started && from === to) return []
    service.state = to
    return [this.#frame(id, service, { event, from, to, ...(source === undefined ? {} : { source }) })]
  }

  #stop(id: string): readonly StepFrame[] {
    const service = this.#services.get(id)
    if (!service) return []
    this.#services.delete(id)
    const { state } = service
    return [this.#frame(id, service, { event: 'xstate.stop', from: state, to: state, ended: true })]
  }

  #frame(
    actor: string,
    { machine, parent }: Service,
    step: Pick<StepFrame, 'event' | 'to'> & Partial<StepFrame>,
  ): StepFrame {
    this.#seq += 1
    return {
      kind: 'step',
      seq: this.#seq,
      t: this.#now(),
      actor,
      machine,
      ...(parent === undefined ? {} : { parent }),
      ...step,
    }
  }
}
