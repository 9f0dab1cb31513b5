/** The branches of a call: early dialogs, forks, reliable provisional responses. RFC 3261 §12.1, §13.2.2; RFC 3262. */
import { type Observable, skipWhile, take } from 'rxjs'
import type { EngineEvent, Id } from '../../engine/commands.ts'
import { SipError } from '../../errors.ts'
import type { SipRequest, SipResponse } from '../../message/types.ts'
import { checkSdp } from '../check.ts'
import { adopt, type Dialog } from '../dialog.ts'
import { attach, receive, requireActive } from '../scope.ts'
import type { Call } from './call.ts'
import type { CallOrigin, EndOptions } from './call-event.ts'
import { type BranchOperation, type CallOperation, endHeaders, sdpOf } from './call-rules.ts'
import { CallSetup } from './call-setup.ts'
import { announced, answered, described, Fork } from './fork.ts'

/** The method by which a call hears of a further 2xx to its INVITE; false when nobody listens to its forks. */
export const surface: unique symbol = Symbol('surface')

/** A reliable response that waits for its PRACK. */
interface Waiting {
  readonly response: SipResponse
  readonly dialog: Id
  /** It has an offer. */
  readonly answer: boolean
}

/** A branch, by the tag of its peer. */
interface Branch {
  readonly fork: Fork
  readonly remoteTag: string
}

/** What a call has to do with the branches of its INVITE. */
export abstract class CallBranches extends CallSetup {
  #branches: readonly Branch[] = []
  /** Whose INVITE it was, when this call is that of a further 2xx. */
  #first: CallBranches | undefined
  #waiting: readonly Waiting[] = []

  /**
   * A branch of our INVITE, each once: for every dialog that a response makes. A further 2xx then has a call of its own in
   * `fork.call`; while nobody listens here it is acknowledged and ended without a word (RFC 3261 §13.2.2.4).
   */
  get forks$(): Observable<Fork> {
    return this.stream('forks')
  }

  /** The branches of the INVITE so far, the lost ones too. Empty for an incoming call. */
  get forks(): readonly Fork[] {
    return (this.#first ?? this).#branches.map(({ fork }) => fork)
  }

  /**
   * Acknowledges a reliable provisional response of a call made with `autoPrack: false` (told by `events$` as `reliable`).
   * `body`: the SDP answer to its offer (default: media gives it), or an offer when the last one is answered. RFC 3262 §5
   *
   * Throws `invalid-transaction-state` when that response does not wait for it, `not-ready`.
   */
  prack(response: SipResponse, body?: string): void {
    requireActive(this.connection)
    checkSdp(body, 'the body')
    const waiting = this.#waiting.find(one => one.response === response)
    if (!waiting) {
      throw new SipError('invalid-transaction-state', 'that response does not wait for a PRACK')
    }
    if (body === undefined && waiting.answer) this.#answerReliable(waiting)
    else this.#prack(waiting, body)
  }

  /** True when that method is possible now; for `prack`, when a reliable response waits for it. */
  override can(operation: CallOperation | BranchOperation): boolean {
    if (operation !== 'prack') return super.can(operation)
    return this.connection.state.is === 'active' && this.#waiting.length > 0 && this.state.is !== 'terminated'
  }

  override [receive](event: EngineEvent): void {
    super[receive](event)
    switch (event.type) {
      case 'response':
      case 'answered':
        return this.#hear(event)
      case 'session':
        return this.#branchOf(event.dialog)?.fork[described](event.local, event.remote)
      case 'reliable':
        return this.#reliable(event)
      case 'prack':
        return this.#answerPrack(event.transaction, event.request)
      case 'pracked':
        return this.emit('events', { type: 'pracked', request: event.request })
      case 'redirected': {
        const { uri, response } = event
        return this.emit('events', { type: 'redirected', uri, ...(response && { response }) })
      }
    }
  }

  override [attach](dialog: Dialog, remoteTag: string): void {
    super[attach](dialog, remoteTag)
    if (this.direction === 'incoming') return
    const first = this.#first ?? this
    const known = first.#branchOf(dialog.id)
    if (known) return known.fork[answered](this as unknown as Call)
    const leave = (branch: Dialog, options: EndOptions): void => first.#leave(branch, options)
    const fork = new Fork(dialog, leave, () => first.localOffer)
    first.#branches = [...first.#branches, { fork, remoteTag }]
    if (first !== this) fork[answered](this as unknown as Call)
    // Before that its tags may not be read.
    const begun = dialog.state$.pipe(
      skipWhile(({ is }) => is === 'init'),
      take(1),
    )
    begun.subscribe(() => first.emit('forks', fork))
  }

  /** Makes the call of a further 2xx; `early`: its dialog, when there was one before. */
  [surface](make: (origin: CallOrigin) => Call, early: Dialog | undefined): boolean {
    const first = this.#first ?? this
    if (first.listeners('forks') === 0) return false
    const call = make(this.origin)
    const surfaced: CallBranches = call
    surfaced.#first = first
    if (early) {
      const { remoteTag } = first.#branchOf(early.id)!
      early[adopt](call)
      call[attach](early, remoteTag)
    }
    return true
  }

  #branchOf(dialog: Id): Branch | undefined {
    return (this.#first ?? this).#branches.find(({ fork }) => fork.id === dialog)
  }

  /** What a response says of its branch. */
  #hear({ type, response }: { readonly type: string; readonly response: SipResponse }): void {
    const { fork } =
      (this.#first ?? this).#branches.find(({ remoteTag }) => remoteTag === (response.toTag ?? '')) ?? {}
    if (!fork) return
    const remote = sdpOf(response)
    if (remote !== undefined) fork[announced](remote)
    if (type === 'answered') fork[answered](this as unknown as Call)
  }

  #leave(dialog: Dialog, options: EndOptions): void {
    requireActive(this.connection)
    this.scope.dispatch({ type: 'call.leave', id: this.id, dialog: dialog.id, ...endHeaders(options) })
  }

  #reliable({ response, dialog, answer }: Extract<EngineEvent, { type: 'reliable' }>): void {
    const waiting: Waiting = { response, dialog, answer }
    this.#waiting = [...this.#waiting, waiting]
    const { origin } = this
    const byHand = origin.direction === 'outgoing' && origin.autoPrack === false
    if (byHand) this.emit('events', { type: 'reliable', response })
    else this.scope.attempt(() => this.#answerReliable(waiting))
  }

  /** To an INVITE without an offer the first reliable response has one. RFC 3262 §5 */
  #answerReliable(waiting: Waiting): void {
    this.describe('start', sdpOf(waiting.response), {
      described: answer => this.#prack(waiting, answer),
      failed: error => {
        this.fault(error)
        this.scope.dispatch({ type: 'call.hangUp', id: this.id })
      },
    })
  }

  #prack(waiting: Waiting, body: string | undefined): void {
    const { dialog } = waiting
    this.scope.dispatch({ type: 'call.prack', id: this.id, dialog, ...(body !== undefined && { body }) })
    this.#waiting = this.#waiting.filter(one => one !== waiting)
  }

  /** The peer's PRACK has an offer. */
  #answerPrack(transaction: Id, request: SipRequest): void {
    const command = { type: 'call.prackAnswer', id: this.id, transaction } as const
    this.describe('change', sdpOf(request), {
      described: answer => this.scope.dispatch({ ...command, answer }),
      failed: error => {
        this.fault(error)
        this.scope.dispatch(command)
      },
    })
  }
}
