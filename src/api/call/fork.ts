/** One branch of an INVITE of ours: a dialog that it made, and what became of it. RFC 3261 §12.1, §13.2.2.4. */
import type { Observable } from 'rxjs'
import type { DialogState } from '../../engine/states.ts'
import { SipError } from '../../errors.ts'
import type { Dialog } from '../dialog.ts'
import type { Live } from '../live.ts'
import type { Call } from './call.ts'
import type { EndOptions } from './call-event.ts'

/** The method by which a fork hears whose call it is. */
export const answered: unique symbol = Symbol('answered')

/** The method by which it hears of its session. */
export const described: unique symbol = Symbol('described')

/** What a branch has of its session. */
interface ForkSession {
  readonly local?: string | undefined
  readonly remote?: string | undefined
}

/** BYE in that early dialog. */
type Leave = (dialog: Dialog, options: EndOptions) => void

/**
 * A branch of an INVITE of ours. A proxy may send an INVITE to several places; each that answers makes a dialog of its own,
 * and each that answers with a 2xx makes a call of its own (unless `forking` is `first`). `state` is that of the dialog;
 * one whose branch was not taken ends `terminated`, at the latest 64·T1 after the first 2xx.
 *
 * @example
 * call.forks$.subscribe(fork => {
 *   fork.state$.subscribe(() => fork.call && fork.call !== call && take(fork.call))
 * })
 */
export class Fork implements Live<DialogState> {
  /** Its dialog. */
  readonly dialog: Dialog
  readonly #leave: Leave
  #call: Call | undefined
  #session: ForkSession = {}

  /** Made by the call. */
  constructor(dialog: Dialog, leave: Leave) {
    this.dialog = dialog
    this.#leave = leave
  }

  /** That of the dialog. */
  get id(): string {
    return this.dialog.id
  }

  /** `early`, then `confirmed` by its 2xx, at last `terminated`. */
  get state(): DialogState {
    return this.dialog.state
  }

  /** The same and what it becomes; completes when the dialog is over. */
  get state$(): Observable<DialogState> {
    return this.dialog.state$
  }

  /** The call that its 2xx made; `undefined` before. Of the first 2xx it is the call whose INVITE this was. */
  get call(): Call | undefined {
    return this.#call
  }

  /** Our SDP as this branch has answered it, or it our offer; `undefined` before. RFC 3264 */
  get localDescription(): string | undefined {
    return this.#session.local
  }

  /** The SDP of this branch: as agreed, before that what it announced. RFC 3264 */
  get remoteDescription(): string | undefined {
    return this.#session.remote
  }

  /**
   * Leaves this branch alone: BYE in its early dialog, while the others go on (RFC 3261 §15.1.1). Once it is answered, the
   * call that it made is hung up. Settles when the dialog is over. Throws `argument` and `header-not-allowed` for its
   * options, `invalid-dialog-state` when the INVITE is being taken back or the branch has lost, `not-ready`.
   */
  hangUp(options: EndOptions = {}): Promise<void> {
    if (this.state.is !== 'terminated') {
      if (this.#call) return this.#call.hangUp(options)
      if (this.state.is !== 'early') throw new SipError('invalid-dialog-state', 'the branch is not early')
      this.#leave(this.dialog, options)
    }
    return new Promise(resolve => {
      this.state$.subscribe({ complete: resolve })
    })
  }

  /** Its 2xx came. */
  [answered](call: Call): void {
    this.#call = call
  }

  /** What is known of its session. */
  [described](session: ForkSession): void {
    this.#session = { ...this.#session, ...session }
  }
}
