/** What the peer changes in the session of a call, and what is known of every change under way. RFC 3264, RFC 3261 §14.2, RFC 3311. */
import type { Observable } from 'rxjs'
import type { EngineEvent, Id, OutgoingResponse } from '../../engine/commands.ts'
import { SipError } from '../../errors.ts'
import type { SipResponse } from '../../message/types.ts'
import { checkResponse, checkSdp } from '../check.ts'
import { done } from '../live.ts'
import { alone, receive, requireOpen } from '../scope.ts'
import type { ResponseOptions } from '../server-transaction.ts'
import type { Call } from './call.ts'
import { CallBranches } from './call-branches.ts'
import type { ChangeOutcome } from './change-rules.ts'
import { refusalOf } from './media.ts'
import { Offer } from './offer.ts'

type Changed = Extract<EngineEvent, { type: 'changed' }>

/** A change under way: of ours, or one of the peer's that waits for our answer or its ACK. */
export interface OpenChange {
  outcome: ChangeOutcome | { readonly value: undefined }
  /** The peer's: it was answered, or its answer is asked for. */
  answered: boolean
  /** Ours: undoes what its description has changed here. */
  undo?: () => void
}

/** What a call has to do with the offers of its peer. */
export abstract class CallOffers extends CallBranches {
  #changes: Map<Id, OpenChange> | undefined

  /**
   * Changes of the session that the peer asks for. While nobody subscribes the media of the call answers; when the only
   * subscriber throws, or its promise rejects, before it answered: 500.
   */
  get offers$(): Observable<Offer> {
    return this.stream('offers')
  }

  /** A change is under way, or waits. */
  protected get isChanging(): boolean {
    return (this.#changes?.size ?? 0) > 0
  }

  protected changeOf(id: Id): OpenChange | undefined {
    return this.#changes?.get(id)
  }

  protected forgetChange(id: Id): void {
    this.#changes?.delete(id)
  }

  protected openChange(id: Id): OpenChange {
    const open: OpenChange = { outcome: undefined, answered: false }
    this.#changes ??= new Map()
    this.#changes.set(id, open)
    return open
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'changed') this.#settled(event)
    else if (event.type === 'change') this.#offered(event)
    else super[receive](event)
  }

  #settled({ change, response, error }: Changed): void {
    const open = this.#changes?.get(change)
    if (!open) return
    this.#changes?.delete(change)
    if (error) open.undo?.()
    open.outcome = error ? { error } : { value: response as SipResponse }
    this.settle()
  }

  #offered({ change, request, offer: sdp, dialog: within }: Extract<EngineEvent, { type: 'change' }>): void {
    const open = this.openChange(change)
    const dialog = this.dialog?.id === within ? this.dialog : undefined
    const offer = new Offer(this as unknown as Call, dialog, request, sdp, {
      isOpen: () => !open.answered && open.outcome === undefined && !this.gone,
      accept: (answer, options) => this.#accept(change, open, sdp, answer, options),
      reject: (status, options) => this.#reject(change, open, status, options),
    })
    const listeners = this.listeners('offers')
    offer[alone] = listeners === 1
    if (listeners === 0) this.scope.attempt(() => void offer.accept())
    else this.emit('offers', offer)
  }

  #accept(
    id: Id,
    open: OpenChange,
    offer: string | undefined,
    answer: string | undefined,
    options: ResponseOptions,
  ): Promise<void> {
    this.#requireUnanswered(open)
    checkSdp(answer, 'the answer')
    const response = checkResponse(200, options, 200, 200)
    const failed: { error?: SipError } = {}
    const send = (sdp: string): void => {
      const full: OutgoingResponse = { ...response, contentType: 'application/sdp', body: sdp }
      this.scope.dispatch({ type: 'change.accept', id, response: full })
      open.answered = true
    }
    const fail = (error: SipError): void => {
      failed.error = error
      this.fault(error)
      this.scope.dispatch({ type: 'change.reject', id, response: refusalOf(error) })
      open.answered = true
    }
    if (answer !== undefined) send(answer)
    else {
      const pending = (): void => {
        open.answered = true
      }
      this.describe('change', offer, { pending, described: send, failed: fail })
    }
    return this.when(() => {
      if (open.outcome === undefined) return undefined
      if (failed.error) return { error: failed.error }
      return 'error' in open.outcome ? open.outcome : done
    })
  }

  #reject(id: Id, open: OpenChange, status: number, options: ResponseOptions): void {
    this.#requireUnanswered(open)
    const response = checkResponse(status, options, 300, 699)
    this.scope.dispatch({ type: 'change.reject', id, response })
    open.answered = true
  }

  #requireUnanswered({ answered, outcome }: OpenChange): void {
    requireOpen(this.connection)
    if (!answered && outcome === undefined && !this.gone) return
    throw new SipError('invalid-transaction-state', 'the change has been answered, or is off the table')
  }
}
