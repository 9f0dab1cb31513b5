/** The effects of agreements on security. */
import type { Proceeding } from '../../../machines/security-agreement.ts'
import type { SipError } from '../../errors.ts'
import type { Agreed } from '../../rules/security-agreement.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const securityAgreement = (parts: Parts, of: EntryOf) => ({
  announceAgreement: (args: Args, agreed: Agreed) => parts.agreements.announce(of(args, 'security'), agreed),
  proceed: (args: Args, going: Proceeding) => parts.agreements.proceed(of(args, 'security'), going),
  giveUp: (args: Args, refusal: { request: string; error: SipError }) =>
    parts.agreements.giveUp(of(args, 'security'), refusal),
})
