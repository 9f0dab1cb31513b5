/**
 * One step of the engine as flat data: what the ladder draws, the page shows and a trace file holds.
 *
 * Every arrow is a message that crossed a flow or an event that an actor received. Nothing is logged twice: a step names
 * the frames of its messages by their numbers.
 */
import type { Address, TransportName } from '../engine/ports.ts'
import type { SipMessage } from '../message/types.ts'

interface FrameBase {
  /** Rising by one, per engine. */
  readonly seq: number
  /** Milliseconds of the platform's clock. */
  readonly t: number
  /** The frame that set off the run to completion to which this belongs; absent in that frame itself. */
  readonly cause?: number
}

/** A message on the wire. */
export interface MessageFrame extends FrameBase {
  readonly kind: 'message'
  readonly direction: 'in' | 'out'
  readonly transport: TransportName
  readonly local: Address
  readonly remote: Address
  readonly message: SipMessage
  /** What crossed the flow, byte by byte. */
  readonly bytes: Uint8Array
  /** The actor that sent it, or that it went to: absent for a stray. */
  readonly actor?: string
}

/** A transition that a guard refused. */
export interface RefusedGuard {
  /** Name of the guard; `(anonymous)` when it has none. */
  readonly guard: string
  /** Where it would have led; absent for a transition without target. */
  readonly target?: string
}

/** An event that an actor sent to another. */
export interface SentEvent {
  readonly to: string
  readonly event: string
}

/** A timer that was armed, in milliseconds from now, or disarmed. */
export interface TimerChange {
  /** Name of the delay and the state, as in `timerA.repeating`. */
  readonly timer: string
  /** Absent: disarmed. */
  readonly delay?: number
}

/** An actor took an event: what it made of it, all of it. */
export interface StepFrame extends FrameBase {
  readonly kind: 'step'
  /** Id of the actor. */
  readonly actor: string
  /** Id of its machine, for example `inviteServer`. */
  readonly machine: string
  /** Id of the actor that is its parent; told at birth. */
  readonly parent?: string
  /** Id of the actor it serves. */
  readonly owner?: string
  /** Type of the event; `xstate.init` at birth. */
  readonly event: string
  /** Id of the actor that sent the event; absent: the network, the application or a timer. */
  readonly source?: string
  /** State before, nested states joined by dots; absent at birth. */
  readonly from?: string
  /** State after. */
  readonly to: string
  /** The states in between, when the event led through several. */
  readonly through?: readonly string[]
  /** Transitions that were possible but for a guard. */
  readonly guards?: readonly RefusedGuard[]
  /** Effects performed and assignments made, by name and in order. */
  readonly actions?: readonly string[]
  readonly sent?: readonly SentEvent[]
  readonly timers?: readonly TimerChange[]
  /** Number of the message frame that it took or sent. */
  readonly message?: number
  /** The actor has ended. */
  readonly ended?: true
}

/** Something that was not a SIP message arrived. */
export interface MalformedFrame extends FrameBase {
  readonly kind: 'malformed'
  readonly transport: TransportName
  readonly local: Address
  readonly remote: Address
  readonly reason: string
}

/** One step of the engine, told apart by `kind`. */
export type Frame = MessageFrame | StepFrame | MalformedFrame

/** True for a step that led its actor into another state, or brought it to life. */
export const moved = (frame: Frame): frame is StepFrame => frame.kind === 'step' && frame.from !== frame.to

/** A timer that is armed. */
export interface ActorTimer {
  /** As in {@link TimerChange}, for example `timerL.inviteServer.accepted`. */
  readonly name: string
  /** Time of the platform's clock at which it fires, in milliseconds. */
  readonly deadline: number
  /** Milliseconds it was armed for. */
  readonly delay: number
}

/** An actor that is alive, as a watcher who comes late is told of it. */
export interface ActorRecord {
  readonly id: string
  /** Id of its machine, for example `inviteServer`. */
  readonly machine: string
  readonly parent?: string
  /** Id of the actor it serves. */
  readonly owner?: string
  /** Nested states joined by dots. */
  readonly state: string
  /** Milliseconds of the platform's clock since when it is in this state. */
  readonly since: number
  readonly timers: readonly ActorTimer[]
  /** What the machine remembers, without secrets; only when it was asked for. */
  readonly context?: unknown
}
