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

/** The method by which it hears what both have agreed on. */
export const described: unique symbol = Symbol('described')

/** The method by which it hears what its peer announces before. */
export const announced: unique symbol = Symbol('announced')

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
  readonly #offer: () => string | undefined
  #local: string | undefined
  #remote: string | undefined

  /** Made by the call; `offer`: that of the INVITE. */
  constructor(dialog: Dialog, leave: Leave, offer: () => string | undefined) {
    this.dialog = dialog
    this.#leave = leave
    this.#offer = offer
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

  /** Our SDP as agreed with this branch; before that the offer of our INVITE, if it had one. RFC 3264 */
  get localDescription(): string | undefined {
    return this.#local ?? this.#offer()
  }

  /** The SDP of this branch: as agreed, before that what it announced. RFC 3264 */
  get remoteDescription(): string | undefined {
    return this.#remote
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

  /** Agreed. */
  [described](local: string, remote: string): void {
    this.#local = local
    this.#remote = remote
  }

  /** What it says in a provisional response binds nobody. */
  [announced](remote: string): void {
    if (this.#local === undefined) this.#remote = remote
  }
}
