/** The effects of offer and answer. */
import type { Agreement, Violation } from '../../../machines/dialog/offer-answer.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const description = (parts: Parts, of: EntryOf) => ({
  giveUp: (args: Args) => parts.sessions.giveUp(of(args, 'description')),
})

export const session = (parts: Parts, of: EntryOf) => ({
  agree: (args: Args, agreement: Agreement) => {
    const entry = of(args, 'session')
    parts.sessions.agree(entry, agreement)
    if (entry.dialog.changes) parts.changes.advance(entry.dialog)
  },
  violate: (args: Args, violation: Violation) => parts.sessions.violate(of(args, 'session'), violation),
})
