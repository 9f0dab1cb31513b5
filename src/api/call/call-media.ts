/** The session of a call as both sides described it, and the media that describes ours. RFC 3264. */
import type { EngineEvent, Id, OutgoingInvite } from '../../engine/commands.ts'
import type { CallState } from '../../engine/states.ts'
import type { SipMessage } from '../../message/types.ts'
import { Description, type MediaSession, type Purpose, type SessionInForce } from '../../sdp/media-port.ts'
import type { Connection } from '../connection.ts'
import { Handle } from '../live.ts'
import { receive, type Scope } from '../scope.ts'
import type { Call } from './call.ts'
import type { CallOrigin, CallStreams } from './call-event.ts'
import { sdpOf } from './call-rules.ts'
import { CallMedia, type Described, mediaPort } from './media.ts'

/** The method by which a connection sends the INVITE of a call that it has made. */
export const begin: unique symbol = Symbol('begin')

/** What a call has to do with session descriptions. */
export abstract class DescribedCall extends Handle<CallState, CallStreams> {
  /** The connection it lives on. */
  readonly connection: Connection
  protected readonly origin: CallOrigin
  readonly #media: CallMedia
  /** In force; before the first agreement what was offered, or announced. */
  #local: string | undefined
  #remote: string | undefined
  #agreed = false
  /** The offer of our INVITE. */
  #offered: string | undefined
  /** The latest description of the peer's in a response to our INVITE, or in the ACK. */
  #heard: string | undefined

  constructor(scope: Scope, id: Id, connection: Connection, origin: CallOrigin) {
    super(scope, id, { is: origin.direction === 'incoming' ? 'incoming' : 'calling' })
    this.connection = connection
    this.origin = origin
    const own = origin.direction === 'outgoing' ? origin.media : undefined
    // Every call is a `Call`: the layers below it are abstract.
    this.#media = new CallMedia(scope, this as unknown as Call, own ?? connection[mediaPort])
    if (origin.direction === 'incoming') this.#remote = sdpOf(origin.request)
  }

  /** The peer's SDP offer: in its INVITE, or in its 2xx to an INVITE of ours that had none. */
  get offer(): string | undefined {
    const { origin } = this
    if (origin.direction === 'incoming') return sdpOf(origin.request)
    return origin.offered ? undefined : this.#heard
  }

  /**
   * The peer's SDP answer: to the offer in our INVITE (before the 2xx that of early media), or to the one in our 2xx, when
   * its INVITE had none (RFC 3261 §13.2.1).
   */
  get answer(): string | undefined {
    const { origin } = this
    const offered = origin.direction === 'outgoing' ? origin.offered : sdpOf(origin.request) === undefined
    return offered ? this.#heard : undefined
  }

  /**
   * Our SDP in force: as last agreed, also by a change of the session. Before the first agreement, the offer of ours.
   * RFC 3264
   */
  get localDescription(): string | undefined {
    return this.#local
  }

  /**
   * The peer's SDP in force: as last agreed, also by a change of the session. Before the first agreement, its offer, or
   * what it announced in a provisional response. RFC 3264
   */
  get remoteDescription(): string | undefined {
    return this.#remote
  }

  /** The offer of our INVITE, if it had one. */
  protected get localOffer(): string | undefined {
    return this.origin.direction === 'outgoing' && this.origin.offered ? this.#offered : undefined
  }

  /** The media of this call, opened when first asked for. */
  protected get media(): MediaSession {
    return this.#media.session
  }

  /** True when both have described the session. */
  protected get agreed(): boolean {
    return this.#agreed
  }

  /** What media is told when a description is wanted. */
  protected inForce(purpose: Purpose): SessionInForce {
    const [local, remote] = [this.#local, this.#agreed ? this.#remote : undefined]
    return {
      purpose,
      ...(local !== undefined && { local: new Description(local) }),
      ...(remote !== undefined && { remote: new Description(remote) }),
    }
  }

  /** Asks media for a description: the answer to `offer`, or without one an offer. */
  protected describe(purpose: Purpose, offer: string | undefined, told: Described): void {
    const session = this.inForce(purpose)
    this.#media.ask(
      media => (offer === undefined ? media.offer(session) : media.answer(new Description(offer), session)),
      told,
    )
  }

  /** An error that the media of this call caused. */
  protected fault(error: Parameters<CallMedia['fault']>[0]): void {
    this.#media.fault(error)
  }

  /** Sends the INVITE; without an offer in it as soon as media has one, unless it is to have none. */
  [begin](invite: OutgoingInvite): this {
    const open = (more: Pick<OutgoingInvite, 'offer' | 'describing'>): void => {
      this.#local = this.#offered = more.offer
      const command = { id: this.id, connection: this.connection.id, invite: { ...invite, ...more } }
      this.scope.open(this as unknown as Call, { type: 'call.invite', ...command })
    }
    if (invite.offer !== undefined || (this.origin.direction === 'outgoing' && !this.origin.offered)) {
      open(invite.offer === undefined ? {} : { offer: invite.offer })
      return this
    }
    let opened = false
    const pending = (): void => {
      open({ describing: true })
      opened = true
    }
    try {
      this.describe('start', undefined, {
        pending,
        described: offer => {
          if (!opened) return open({ offer })
          this.#local = this.#offered = offer
          this.scope.dispatch({ type: 'call.described', id: this.id, offer })
        },
        failed: error => {
          if (!opened) pending()
          this.scope.dispatch({ type: 'call.undescribed', id: this.id, error })
        },
      })
    } catch (error) {
      this.#media.close()
      throw error
    }
    return this
  }

  override [receive](event: EngineEvent): void {
    if (event.type === 'response' || event.type === 'answered') this.#hear(event.response)
    else if (event.type === 'acknowledged') this.#heard = sdpOf(event.request)
    if (event.type === 'session') this.#agree(event)
    else if (event.type === 'undescribed') this.#media.giveUp(event.description)
    else super[receive](event)
    const over = event.type === 'closed' || (event.type === 'state' && event.state.is === 'terminated')
    if (over) this.#media.close()
  }

  #hear(message: SipMessage): void {
    const sdp = sdpOf(message)
    if (sdp === undefined) return
    this.#heard = sdp
    if (!this.#agreed) this.#remote = sdp
  }

  #agree({ local, remote, offerer }: Extract<EngineEvent, { type: 'session' }>): void {
    this.#agreed = true
    this.#local = local
    this.#remote = remote
    if (offerer === 'remote' || !this.#media.isOpen) return
    const { session } = this.#media
    // A media that cannot take what it asked for has no use for the call.
    if (!this.#media.guard(() => session.answered?.(new Description(remote)))) {
      this.scope.attempt(() => this.scope.dispatch({ type: 'call.hangUp', id: this.id }))
    }
  }
}
