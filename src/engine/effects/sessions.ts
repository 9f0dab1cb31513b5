/** The effects of offer and answer. */
import type { Agreement, Violation } from '../../../machines/dialog/offer-answer.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const session = (parts: Parts, of: EntryOf) => ({
  agree: (args: Args, agreement: Agreement) => parts.sessions.agree(of(args, 'session'), agreement),
  violate: (args: Args, violation: Violation) => parts.sessions.violate(of(args, 'session'), violation),
})
