/**
 * One step of the engine as flat, serialisable data: what the ladder draws and the trace file holds.
 *
 * Every arrow is a message that crossed a flow or an event that an actor received. Nothing is logged twice.
 */
import type { Address, TransportName } from '../engine/ports.ts'
import type { SipMessage } from '../message/types.ts'

interface FrameBase {
  /** Rising by one, per engine. */
  readonly seq: number
  /** Milliseconds of the platform's clock. */
  readonly t: number
}

/** A message on the wire. */
export interface MessageFrame extends FrameBase {
  readonly kind: 'message'
  readonly direction: 'in' | 'out'
  readonly transport: TransportName
  readonly local: Address
  readonly remote: Address
  readonly message: SipMessage
  /** The actor that sent it, or that it went to: absent for a stray. */
  readonly actor?: string
}

/** An actor moved from one state to another. */
export interface TransitionFrame extends FrameBase {
  readonly kind: 'transition'
  /** Id of the actor. */
  readonly actor: string
  /** Id of its machine, for example `inviteServer`. */
  readonly machine: string
  /** Id of the actor it serves. */
  readonly owner?: string
  /** Type of the event. */
  readonly event: string
  /** State before; absent at birth. */
  readonly from?: string
  /** State after, nested states joined by dots. */
  readonly to: string
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
export type Frame = MessageFrame | TransitionFrame | MalformedFrame
