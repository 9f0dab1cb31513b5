/** The timer of a session. RFC 4028. */

import type { Id } from '../../engine/commands.ts'
import type { SessionTimerState } from '../../engine/states.ts'
import { Handle } from '../live.ts'
import type { Scope } from '../scope.ts'
import type { Call } from './call.ts'

/**
 * The timer by which a session ends when it is not refreshed: its states tell the interval, who refreshes, and the end.
 * It works by itself; asked for by `sessionExpires` of the connection or of `invite`, or by the peer.
 */
export class SessionTimer extends Handle<SessionTimerState> {
  /** Tells the handles apart. */
  readonly kind = 'sessionTimer'
  /** The call whose session it is. */
  readonly call: Call

  constructor(scope: Scope, id: Id, call: Call, state: SessionTimerState) {
    super(scope, id, state)
    this.call = call
  }

  protected override final(): SessionTimerState {
    return this.state.is === 'expired' ? this.state : { is: 'ended' }
  }
}
