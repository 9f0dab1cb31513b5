/** MESSAGEs of ours in pager mode: the effects of their machine. RFC 3428 §4, §8. */
import type { AnyActorLogic } from 'xstate'
import type { Handlers } from './dispatch.ts'
import type { MessageEntry } from './entries.ts'
import { outgoingDraft } from './outgoing.ts'
import { activeConnection, type PublicationParts } from './publications.ts'
import { placeOf } from './turns.ts'

export class PagerMessages {
  readonly #parts: PublicationParts
  readonly #logic: AnyActorLogic

  constructor(parts: PublicationParts, logic: AnyActorLogic) {
    this.#parts = parts
    this.#logic = logic
  }

  readonly commands: Handlers = {
    'message.send': ({ id, connection, message }) => {
      const { runtime } = this.#parts
      const owner = activeConnection(runtime, connection)
      runtime.spawn<MessageEntry>(
        {
          kind: 'message',
          id: runtime.newId('message'),
          connection: owner,
          visible: false,
          requestId: id,
          outgoing: message,
          place: placeOf(owner, 'MESSAGE', message.uri),
        },
        this.#logic,
        {},
      )
    },
  }

  /** Effect `joinQueue`. */
  joinQueue(entry: MessageEntry): void {
    this.#parts.turns.join(entry)
  }

  /** Effect `leaveQueue`. */
  leaveQueue(entry: MessageEntry): void {
    this.#parts.turns.leave(entry)
  }

  /** Effect `request`. Above 1300 bytes it goes where congestion is controlled, or not at all. */
  request(entry: MessageEntry): void {
    const { runtime, requests } = this.#parts
    const { connection, outgoing, requestId } = entry
    const draft = outgoingDraft(runtime, connection, { ...outgoing, method: 'MESSAGE' })
    const polite = outgoing.congestionSafe ? draft : { ...draft, polite: true as const }
    requests.start(entry, polite, { seq: 0 }, requestId)
  }
}
