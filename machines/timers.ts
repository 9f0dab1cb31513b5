/**
 * The timer values of RFC 3261 (table 4) as data. All in milliseconds.
 *
 * Every other timer is made of these: A, E, G start at T1; B, F, H, J, L, M, N last 64·T1; K and I last T4.
 */

/** The base values a connection works with. */
export interface TimerConfig {
  /** Round-trip estimate. RFC 3261 §17.1.1.1; default 500 ms. */
  readonly t1: number
  /** Longest interval between retransmissions of a non-INVITE request or an INVITE response; default 4 s. */
  readonly t2: number
  /** How long a message may stay in the network; default 5 s. */
  readonly t4: number
  /** Timer D: how long a client absorbs repeated failures of an INVITE over UDP; at least 32 s. §17.1.1.2 */
  readonly d: number
  /** How long an INVITE may stay unanswered after a provisional response, 0 for no limit; default 180 s. */
  readonly inviteProceeding: number
}

/** RFC 3261 table 4. */
export const rfc3261: TimerConfig = { t1: 500, t2: 4_000, t4: 5_000, d: 32_000, inviteProceeding: 180_000 }

/** 3GPP TS 24.229 table 7.7.1, between a terminal and its P-CSCF. */
export const ims: TimerConfig = { t1: 2_000, t2: 16_000, t4: 17_000, d: 128_000, inviteProceeding: 180_000 }

/** The values the Symbian SIP stack came with for cellular bearers. */
export const symbian: TimerConfig = {
  t1: 3_000,
  t2: 16_000,
  t4: 17_000,
  d: 195_000,
  inviteProceeding: 300_000,
}

/** The presets by name. */
export const timerPresets = { rfc3261, ims, symbian } as const

/** 64·T1: the life of a transaction that hears nothing. */
export const sixtyFourT1 = (timers: TimerConfig): number => 64 * timers.t1

/** How long a client's Timer E takes to reach T2: before that a 100 to a non-INVITE does harm. RFC 4320 §4.1 */
export const untilE2 = ({ t1, t2 }: TimerConfig): number => {
  let sum = 0
  for (let interval = t1; interval < t2; interval *= 2) sum += interval
  return sum
}
