/** What `TraceModel` says of a trace: plain data that the page and the terminal both draw. No code. */
import type { TransportName } from '../engine/ports.ts'
import type { ActorTimer, MessageFrame, RefusedGuard, StepFrame } from './frame.ts'

/** What a flow is about. `message`: MESSAGE; `other`: requests outside of dialogs, such as OPTIONS. */
export type FlowKind = 'call' | 'registration' | 'subscription' | 'publication' | 'message' | 'other'

/** How a flow stands, for its sign in a list. */
export type Standing = 'underway' | 'settled' | 'ended' | 'failed'

/** One Call-ID of a flow: the messages of one dialog or of one series of requests. */
export interface LegSummary {
  /** The Call-ID. */
  readonly id: string
  /** `A`, `B` … in the order in which they began. */
  readonly letter: string
  /** Who began it: the peer (`in`) or the engine (`out`). */
  readonly direction: 'in' | 'out'
  /** Address-of-record of the far end, without scheme; its host when it has no user. */
  readonly peer: string
  /** `host:port` and transport that it talks over. */
  readonly remote: string
  readonly transport: TransportName
  /** Why it belongs to the flow: absent for the leg that the flow began with. */
  readonly joinedBy?: 'actor' | 'replaces' | 'refer' | 'target-dialog' | 'session-id' | 'header'
}

/** A call with all its legs, a registration, a subscription, or a request by itself. */
export interface FlowSummary {
  /** Stays the same while legs join it. */
  readonly id: string
  readonly kind: FlowKind
  /** `alice → bob`, `bob@example.com`, `alice → bob, presence`, `OPTIONS bob`. */
  readonly title: string
  /** One or few words: `confirmed, on hold`, `registered`, `486 Busy Here`. */
  readonly state: string
  readonly standing: Standing
  /** Milliseconds of the engine's clock since when it is in that state. */
  readonly since: number
  /** Milliseconds of the engine's clock at which it began, and of the last that belongs to it. */
  readonly began: number
  readonly touched: number
  /** Messages, repetitions included. */
  readonly messages: number
  /** Final responses from 300 on that ended something, and transactions that timed out. */
  readonly failures: number
  readonly findings: number
  readonly legs: readonly LegSummary[]
  /** Actors of it that are alive. */
  readonly alive: number
  /** Methods of its requests. */
  readonly methods: readonly string[]
  readonly firstSeq: number
  readonly lastSeq: number
}

/** One vertical line of a ladder. The engine has one for each leg, side by side in its band. */
export interface LadderColumn {
  readonly id: string
  /** `192.0.2.7:5060`; `engine` for the engine. */
  readonly host: string
  /** Name of who is there, when messages tell one. */
  readonly name: string
  /** Call-ID of the leg. */
  readonly leg: string
  readonly transport?: TransportName
  readonly is: 'peer' | 'engine'
}

/** An actor that changed its state because of a message. */
export interface Chip {
  readonly actor: string
  readonly machine: string
  /** Short kind: IS, IC, NS, NC, D, R, C …; the machine's id where there is none. */
  readonly kind: string
  /** Absent at birth. */
  readonly from?: string
  readonly to: string
  /** Number of the step's frame. */
  readonly seq: number
  /** True for transactions, dialogs, calls and registrations: what a reader of SIP looks for. */
  readonly main: boolean
}

/** A session description in a message. */
export interface SdpBadge {
  /** `sendrecv`, `sendonly`, `recvonly` or `inactive`: of its first stream that is not refused. */
  readonly direction: string
  readonly streams: number
}

/** A message, with its repetitions folded into it. */
export interface ArrowRow {
  readonly kind: 'arrow'
  readonly seq: number
  readonly t: number
  /** Ids of columns. */
  readonly from: string
  readonly to: string
  readonly direction: 'in' | 'out'
  /** `INVITE`, `180 Ringing`. */
  readonly label: string
  readonly is: 'request' | 'provisional' | 'success' | 'failure'
  readonly method: string
  readonly cseq: number
  readonly leg: string
  /** The same for all messages of one transaction, the ACK of its 2xx not among them. */
  readonly transaction: string
  /**
   * This row is the repetitions of the row of that number, folded: `↻ ×${copies.length}`. Several rows repeat the same one when
   * something else stands between.
   */
  readonly repeats?: number
  /** Numbers of the frames of the repetitions folded into this row, its own the first; empty for what is no repetition. */
  readonly copies: readonly number[]
  /** Of a repetition: shortest and longest milliseconds from one copy to the next. */
  readonly spread?: readonly [shortest: number, longest: number]
  /** Milliseconds from the request to this response; absent when either was repeated before (Karn). */
  readonly rtt?: number
  /** Milliseconds since the row before. */
  readonly gap: number
  readonly sdp?: SdpBadge
  /** It was refused and tried again: 401, 407, 422, 491, 3xx. */
  readonly again: boolean
  /** It crossed this frame, which went the other way before it arrived. */
  readonly crossed?: number
  readonly chips: readonly Chip[]
  /** Numbers of findings' frames lie on it. */
  readonly flagged: boolean
}

/** Machines that moved by themselves: a timer, the application. */
export interface MovedRow {
  readonly kind: 'moved'
  readonly seq: number
  readonly t: number
  /** What set it off: `timerB`, `tu.hangUp`. */
  readonly label: string
  /** True when a timer did. */
  readonly timer: boolean
  readonly gap: number
  readonly leg: string
  readonly chips: readonly Chip[]
}

/** What should have come and did not. */
export interface MissingRow {
  readonly kind: 'missing'
  /** For example `ACK`. */
  readonly label: string
  /** Number of the frame that asked for it. */
  readonly seq: number
  readonly t: number
  readonly from: string
  readonly to: string
  readonly leg: string
  /** Milliseconds it was waited for. */
  readonly waited: number
}

/** Nothing happened for more than a second. */
export interface SilenceRow {
  readonly kind: 'silence'
  /** Number of the frame before. */
  readonly seq: number
  readonly t: number
  readonly milliseconds: number
  /** What it was: `ringing`, `talking`, `registered`. Empty when nobody can tell. */
  readonly label: string
}

/** Bytes that were no message. */
export interface MalformedRow {
  readonly kind: 'malformed'
  readonly seq: number
  readonly t: number
  readonly from: string
  readonly to: string
  readonly leg: string
  readonly reason: string
}

/** A row of a ladder, told apart by `kind`. */
export type LadderRow = ArrowRow | MovedRow | MissingRow | SilenceRow | MalformedRow

/** A change of the line of a leg: thin, dashed, thick, dotted. */
export interface Lifeline {
  readonly leg: string
  /** Number of the frame from which on it is so. */
  readonly seq: number
  readonly is: 'none' | 'early' | 'confirmed' | 'held'
}

/** One flow as a ladder. */
export interface LadderView {
  readonly flow: string
  /** Time that counts as zero. */
  readonly start: number
  readonly columns: readonly LadderColumn[]
  readonly rows: readonly LadderRow[]
  /** In order, for each leg. */
  readonly lifelines: readonly Lifeline[]
  /** Rows that the ring has dropped may be missing at the start. */
  readonly cut: boolean
}

/** An actor as it stood at some point. */
export interface ActorAt {
  readonly id: string
  readonly machine: string
  /** Absent where the record of its birth was dropped. */
  readonly parent?: string
  readonly owner?: string
  readonly state: string
  /** Milliseconds of the engine's clock. */
  readonly since: number
  /** Id of its flow. */
  readonly flow?: string
}

/** Every actor alive at one point. */
export interface ActorsView {
  readonly seq: number
  readonly t: number
  /** In the order of their births. */
  readonly actors: readonly ActorAt[]
}

/** How long an actor was in a state. */
export interface StateTime {
  readonly state: string
  /** Milliseconds, all its stays together, up to the point asked about. */
  readonly milliseconds: number
  readonly visits: number
}

/** One actor at one point, with its past. */
export interface ActorDetail extends ActorAt {
  /** It had ended by then. */
  readonly ended: boolean
  /** Actors that serve it, alive at that point. */
  readonly served: readonly string[]
  /** States in order, from its birth (or from what is left of it) to that point. */
  readonly path: readonly { readonly state: string; readonly seq: number; readonly t: number }[]
  readonly times: readonly StateTime[]
  /** Timers armed at that point. */
  readonly timers: readonly ActorTimer[]
  /** Its steps up to that point; those that the ring dropped are missing. */
  readonly steps: readonly StepFrame[]
  /** The last step that refused something, and what it refused. */
  readonly refused: readonly RefusedGuard[]
  /** Numbers of its messages up to that point. */
  readonly messages: readonly number[]
}

/** What a finding is about. */
export type FindingKind =
  | 'missing-ack'
  | 'auth-loop'
  | 'timer-b'
  | 'timer-f'
  | 'timer-n'
  | 'interval-too-brief'
  | 'profile-failed'
  | 'loop-491'
  | 'private-contact'
  | 'leaked-actor'
  | 'session-timer'
  | 'retransmission-storm'
  | 'failure'
  | 'malformed'

/** Something a reader should look at. */
export interface Finding {
  readonly kind: FindingKind
  readonly severity: 'failure' | 'warning'
  /** Number of the frame that shows it. */
  readonly seq: number
  readonly t: number
  /** Id of the flow; absent where there is none. */
  readonly flow?: string
  /** A short title, and one sentence with the values. */
  readonly title: string
  readonly text: string
}

/** The chain of cause and effect of one message. */
export interface Why {
  /** The message that set it all off; absent when a timer or the application did. */
  readonly cause?: MessageFrame
  readonly steps: readonly StepFrame[]
}
