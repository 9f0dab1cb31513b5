/** The effects of agreements on security. */
import type { SipError } from '../../errors.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const securityAgreement = (parts: Parts, of: EntryOf) => ({
  announceAgreement: (args: Args) => parts.agreements.announce(of(args, 'security')),
  proceed: (args: Args, request: string) => parts.agreements.proceed(of(args, 'security'), request),
  giveUp: (args: Args, refusal: { request: string; error: SipError }) =>
    parts.agreements.giveUp(of(args, 'security'), refusal),
})
