/** Offer and answer of every dialog: what messages say about it, and the effects of its machine. RFC 3264. */
import type { AnyActorLogic } from 'xstate'
import type { Agreement, SessionContext, Violation } from '../../machines/dialog/offer-answer.ts'
import { SipError } from '../errors.ts'
import type { SipMessage, SipResponse } from '../message/types.ts'
import { sdpIn } from '../rules/body.ts'
import {
  agreementOf,
  type Described,
  isOtherAck,
  isPlain,
  partOf,
  plainStanding,
  type Standing,
  type Way,
} from '../rules/offer-answer.ts'
import type { Id } from './commands.ts'
import { relay } from './compile/xstate-internals.ts'
import type { Handlers } from './dispatch.ts'
import type { CallEntry, DescriptionEntry, DialogEntry, SessionEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

interface Logics {
  readonly session: AnyActorLogic
  readonly description: AnyActorLogic
}

export class Sessions {
  readonly #runtime: Runtime
  readonly #logics: Logics

  constructor(runtime: Runtime, logics: Logics) {
    this.#runtime = runtime
    this.#logics = logics
  }

  /** What the API asks for: the descriptions that media gives. */
  readonly handlers: Handlers = {
    'description.ask': ({ id, call }) => this.#ask(id, this.#call(call)),
    'description.settle': ({ id }) => {
      const entry = this.#runtime.registry.get(id)
      if (entry?.kind === 'description') this.#runtime.post(entry, { type: 'tu.described' })
    },
    'call.described': ({ id, offer }) => {
      const call = this.#call(id)
      call.described = offer
      this.#runtime.post(call, { type: 'tu.described' })
    },
    'call.undescribed': ({ id, error }) =>
      this.#runtime.post(this.#call(id), { type: 'tu.undescribed', error }),
    'call.fault': ({ id, error }) => this.#runtime.error(this.#call(id).id, error),
  }

  /** The INVITE that made the dialog, at its first response. */
  begin(dialog: DialogEntry): void {
    const { direction, incoming, request } = dialog.call
    if (direction === 'incoming') this.observe(dialog, 'received', incoming!)
    else if (request?.sent) this.observe(dialog, 'sent', request.sent)
  }

  /** A message of this dialog that may carry a description. Every message once, when it is sent or taken. */
  observe(dialog: DialogEntry, way: Way, message: SipMessage): void {
    const sdp = sdpIn(message)
    if (message.kind === 'request' && message.method === 'INVITE') {
      // The first INVITE without an offer is the rule for a dialog without a session.
      if (dialog.described) dialog.described.invited = sdp === undefined ? 'bare' : 'offer'
    }
    if (!dialog.alive) return
    if (sdp === undefined) return this.#silent(dialog, way, message)
    const described = (dialog.described ??= {
      invited: message.kind === 'request' && message.method === 'INVITE' ? 'offer' : 'bare',
      carrier: message.cseq,
      response: message.kind === 'response',
      heard: [],
    })
    // A late ACK of an earlier INVITE says nothing to what was offered since. RFC 3261 §13.2.1
    if (isOtherAck(message, described)) return
    const part = partOf(message, way, { standing: this.standing(dialog), invited: described.invited })
    if (part === undefined) return
    if (part === 'offer') {
      described.carrier = message.cseq
      described.response = message.kind === 'response'
      if (message.kind === 'response') described.invited = 'done'
    }
    this.#take(dialog, { type: part === 'preview' ? 'answer.previewed' : `${part}.${way}`, sdp })
  }

  /** The exchange under way has failed: the session is as before. RFC 6141 §3 */
  withdraw(dialog: DialogEntry): void {
    if (!dialog.described || !dialog.alive) return
    const session = this.#session(dialog)
    if (session.alive) relay(dialog.actor, session.actor, { type: 'exchange.withdrawn' })
  }

  /** `offered`: ours is unanswered; `received`: the peer's is. */
  standing({ session, described }: DialogEntry): Standing {
    if (!session) return described ? plainStanding(described.heard) : 'none'
    if (!session.alive) return 'none'
    return session.actor.getSnapshot().value as Standing
  }

  /** That 2xx has an offer of the peer's which waits for its answer. */
  isOfferedBy(dialog: DialogEntry, { cseq }: SipResponse): boolean {
    const { described } = dialog
    return (
      described?.response === true &&
      described.carrier.seq === cseq.seq &&
      this.standing(dialog) === 'received'
    )
  }

  /** Our description in force; before the first agreement the one we offered. */
  local(dialog: DialogEntry): string | undefined {
    const { agreed, offer } = this.#context(dialog)
    return agreed?.local ?? (this.standing(dialog) === 'offered' ? offer : undefined)
  }

  /** The peer's description in force; before the first agreement what it offered or announced. */
  remote(dialog: DialogEntry): string | undefined {
    const { agreed, offer, preview } = this.#context(dialog)
    return agreed?.remote ?? (this.standing(dialog) === 'received' ? offer : preview)
  }

  /** Effect `agree`. */
  agree(dialog: DialogEntry, agreement: Agreement): void {
    const { id } = dialog.call
    const { caused } = this.#runtime
    this.#runtime.news({ type: 'session', id, call: id, dialog: dialog.id, ...agreement, ...caused })
  }

  /** Effect `violate`: an answer that breaks the rules leaves no session to speak of. RFC 3261 §13.2.2.4 */
  violate({ dialog }: SessionEntry, { part, by, fault }: Violation): void {
    const who = by === 'local' ? 'we' : 'the peer'
    const error = new SipError('media', `${who} broke offer and answer: ${fault}`)
    const { call } = dialog
    const ends = part === 'answer' && by === 'remote'
    // It tells the error with its end, where its 2xx is acknowledged already.
    if (ends && call.actor.getSnapshot().matches({ confirmed: 'acknowledged' }))
      return this.#runtime.post(call, { type: 'session.lost', reason: 'failed', error }, dialog)
    this.#runtime.error(call.id, error)
    if (ends) this.#runtime.post(call, { type: 'tu.hangUp' }, dialog)
  }

  /** Effect `giveUp` of a description. */
  giveUp({ id, call }: DescriptionEntry): void {
    this.#runtime.news({ type: 'undescribed', id: call.id, description: id })
  }

  #call(id: Id): CallEntry {
    const entry = this.#runtime.registry.get(id)
    if (entry?.kind !== 'call') throw new SipError('resource-not-available', `${id} is closed`)
    return entry
  }

  #ask(id: Id, call: CallEntry): void {
    const { connection } = call
    this.#runtime.spawn<DescriptionEntry>(
      { kind: 'description', id, connection, owner: call, visible: false, call },
      this.#logics.description,
      { timers: connection.timers },
    )
  }

  #context({ session, described }: DialogEntry): SessionContext {
    if (session?.alive) return session.actor.getSnapshot().context as SessionContext
    const [offer, answer] = described?.heard ?? []
    if (session || !offer) return {}
    return answer ? { agreed: agreementOf(offer, answer) } : { offer: offer.sdp }
  }

  /** At once and not by the queue: whoever asks next in this step is to know. */
  #take(dialog: DialogEntry, event: Described): void {
    const { heard } = dialog.described!
    // Of most calls the plain first exchange is all: an actor for it would cost each of them, and only a trace shows it.
    if (dialog.session || dialog.changes || this.#runtime.tap.read || !isPlain(heard, event)) {
      const session = this.#session(dialog)
      if (session.alive) relay(dialog.actor, session.actor, event)
      return
    }
    if (heard.push(event) === 2) this.agree(dialog, agreementOf(heard[0]!, event))
  }

  /** The actor of the exchange; one that is made late hears what has been. */
  #session(dialog: DialogEntry): SessionEntry {
    if (dialog.session) return dialog.session
    const session = this.#open(dialog)
    const heard = dialog.described!.heard.splice(0)
    for (const event of heard) relay(dialog.actor, session.actor, event)
    dialog.session = session
    return session
  }

  /** A final response, or an ACK, that says nothing to an offer which waits for it. */
  #silent(dialog: DialogEntry, way: Way, message: SipMessage): void {
    if (!dialog.described) return
    const standing = this.standing(dialog)
    if (standing !== (way === 'sent' ? 'received' : 'offered')) return
    const last =
      message.kind === 'request'
        ? message.method === 'ACK' && !isOtherAck(message, dialog.described)
        : message.status >= 200 &&
          message.status < 300 &&
          message.cseq.method === dialog.described.carrier.method
    if (!last) return
    const { preview } = this.#context(dialog)
    // RFC 3261 §13.2.1: then the one in a provisional response was the answer.
    if (preview === undefined) return this.withdraw(dialog)
    this.#take(dialog, { type: 'answer.received', sdp: preview })
  }

  #open(dialog: DialogEntry): SessionEntry {
    return this.#runtime.spawn<SessionEntry>(
      {
        kind: 'session',
        id: this.#runtime.newId('session'),
        connection: dialog.connection,
        owner: dialog,
        visible: false,
        dialog,
      },
      this.#logics.session,
      {},
    )
  }
}
