/** The effects of offer and answer. */
import type { Agreement, Violation } from '../../../machines/dialog/offer-answer.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const description = (parts: Parts, of: EntryOf) => ({
  giveUp: (args: Args) => parts.sessions.giveUp(of(args, 'description')),
})

export const session = (parts: Parts, of: EntryOf) => ({
  agree: (args: Args, agreement: Agreement) => {
    const entry = of(args, 'session')
    const { dialog } = entry
    // One that was made late hears what has been told long ago.
    if (dialog.session !== entry) return
    parts.sessions.agree(dialog, agreement)
    if (dialog.changes) parts.changes.advance(dialog)
  },
  violate: (args: Args, violation: Violation) => parts.sessions.violate(of(args, 'session'), violation),
})
