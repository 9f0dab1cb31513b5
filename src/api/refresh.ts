/** What is renewed before it expires. CSIPRefresh; RFC 3261 §10.2.4. */
import type { Id } from '../engine/commands.ts'
import type { RefreshState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import { checkSeconds } from './check.ts'
import { Handle } from './live.ts'
import type { Registration } from './registration.ts'
import { requireOpen, type Scope } from './scope.ts'

/** The repetition of a registration: it re-registers by itself while it is `active`. */
export class Refresh extends Handle<RefreshState> {
  /** Tells the handles apart. */
  readonly kind = 'refresh'
  /** What it keeps alive. */
  readonly registration: Registration
  /** True for the refresh of a request outside registrations and dialogs; this one has an owner. */
  readonly standalone = false

  constructor(scope: Scope, id: Id, registration: Registration) {
    super(scope, id, { is: 'inactive' })
    this.registration = registration
  }

  /** Seconds from one refresh to the next; `undefined` unless active. */
  get interval(): number | undefined {
    return this.state.is === 'active' ? this.state.interval : undefined
  }

  /**
   * Overrides the interval until the next response, in whole seconds from 1. Throws `argument` for anything else,
   * `invalid-transaction-state` unless active, `resource-not-available` when the connection is closed.
   */
  setInterval(seconds: number): void {
    requireOpen(this.registration.connection)
    checkSeconds(seconds, 'the interval')
    if (this.gone || this.state.is !== 'active') {
      throw new SipError('invalid-transaction-state', 'the refresh is not active')
    }
    this.scope.dispatch({ type: 'refresh.interval', id: this.id, seconds })
  }

  protected override final(): RefreshState {
    return { is: 'terminated' }
  }
}
