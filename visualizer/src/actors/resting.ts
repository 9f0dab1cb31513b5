/** Where an actor may rest as long as it likes. In any other state it is under way, and stuck when that takes too long. */
const resting: Readonly<Record<string, RegExp>> = {
  connection: /^(?:active|suspended|inactive|unavailable)/,
  networkMonitor: /^(?:active|suspended|monitoring)/,
  flow: /^(?:open|bound)/,
  keepAlive: /^(?:resting|probing)/,
  registration: /^(?:unregistered|registered|expired)/,
  refresh: /^(?:inactive|active)/,
  outgoingCall: /^confirmed\.(?!unack)/,
  incomingCall: /^confirmed/,
  surfacedCall: /^confirmed\.(?!unack)/,
  dialog: /^confirmed/,
  offerAnswer: /^(?:none|stable)/,
  sessionTimer: /^running/,
  securityAgreement: /^(?:idle|agreed)/,
  subscription: /^live\.request\.idle\+notice\.(?:pending|active)/,
  notifier: /^held/,
  publication: /^live\.idle/,
  profile: /^(?:unregistered|waitingForNetwork|registered|delayed)/,
  line: /^(?:fresh|active|stopped|failed)/,
  referral: /^notified/,
  referralNotifier: /^accepted/,
  reliableProvisional: /^idle/,
  reliableReceipt: /^receiving/,
  repeatedRequest: /^(?:active|repeating)/,
  inviteExpiry: /^waiting/,
}

/** Machines of other engines: what their names say. */
const named = /^(?:active|open|idle|ready|confirmed|registered|stable|established|resting|subscribed)(?:\.|$)/

/** True when nothing has to happen in this state. */
export const rests = (machine: string, state: string): boolean => (resting[machine] ?? named).test(state)

/** Transactions absorb repetitions for 64·T1 after their end: that is their work. RFC 3261 §17, RFC 6026 */
const absorbs = /^(?:accepted|completed|confirmed)/
const absorbing = 35
const transaction = /^(?:nonI|i)nvite(?:Client|Server)$/

interface Standing {
  readonly machine: string
  readonly state: string
  readonly since: number
}

/** True when an actor is under way for longer than so many seconds. */
export const isStuck = ({ machine, state, since }: Standing, now: number, seconds: number): boolean => {
  const limit = transaction.test(machine) && absorbs.test(state) ? Math.max(absorbing, seconds) : seconds
  return now - since > limit * 1_000 && !rests(machine, state)
}
