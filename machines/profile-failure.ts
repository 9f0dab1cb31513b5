/** What a profile makes of a failure. Symbian SIP Profile API. */
import { type ProfileAttempts, type ProfileRetry, retryAfterFailure } from '../src/rules/profile-agents.ts'
import { defaultBackOff, fractionOf, waitAfter } from '../src/rules/recovery.ts'
import type { Failed, ProfileContext } from './profile-context.ts'

/** Networks that are tried, one after the other, before a failure is told. */
const mostMoves = 3

/** Another fraction for each attempt at each proxy. */
const fractionFor = ({ seed, proxy, failures }: ProfileContext): number =>
  fractionOf(seed, 64 * proxy + failures + 1)

const attemptsOf = (context: ProfileContext): ProfileAttempts => ({
  failures: context.failures + 1,
  fraction: fractionFor(context),
})

/** What its agent makes of a failure. */
export const retryOf = (context: ProfileContext, { failure }: Failed): ProfileRetry =>
  retryAfterFailure(context.agent, failure, attemptsOf(context))

/** A failure of the way asks for another access point first. */
export const movesOn = ({ networks, moves }: ProfileContext, { failure }: Failed): boolean =>
  networks > 1 && moves < mostMoves && failure.status === undefined

/** The network knows nothing of agreements on security, and the profile does not insist. */
export const lacksAgreement = ({ mayDoWithout, plain }: ProfileContext, { failure }: Failed): boolean =>
  failure.lacksAgreement === true && mayDoWithout === true && !plain

export const afterFailure = (context: ProfileContext, event: Failed): Partial<ProfileContext> => {
  const retry = retryOf(context, event)
  const wait = typeof retry === 'object' ? retry.after : 0
  return { failures: context.failures + 1, wait, error: event.error }
}

/** All tries are used up and it still registers by itself: after the longest wait everything begins anew. */
export const longestWait = (context: ProfileContext): number => 1800 * (0.5 + fractionFor(context) / 2)

/** The network ends each new registration at once: the next one waits as after a failure. */
export const waitAfterEnd = (context: ProfileContext): number =>
  waitAfter(0, fractionFor(context), defaultBackOff)
