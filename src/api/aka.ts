/** A SIM that answers for its owner. RFC 3310, RFC 4169; CSIPHttpDigest with a SIM. */
import type { Credentials } from '../engine/commands.ts'
import type { AkaAnswer, AkaChallenge } from '../rules/aka.ts'
import type { Challenge, CredentialProvider } from './challenge.ts'
import { badArgument, checkObject } from './check.ts'

/** What a network asks of a SIM. */
export interface AkaQuestion extends AkaChallenge {
  readonly realm: string
  readonly algorithm: string
  /** The whole challenge: what was challenged, and its response. */
  readonly challenge: Challenge
}

/**
 * What a SIM says: its private user identity, and its response with the keys or, when its counter has run away from the
 * network's, `auts`, after which the network asks anew.
 */
export type AkaResult = { readonly username: string } & AkaAnswer

/**
 * Answers the challenges for AKA; `undefined` gives them up.
 *
 * @example
 * const sip = createSip({ platform, akaProvider: ({ rand, autn }) => sim.authenticate(rand, autn) })
 */
export type AkaProvider = (question: AkaQuestion) => AkaResult | undefined | Promise<AkaResult | undefined>

const checkBytes = (value: unknown, least: number, what: string): void => {
  if (!(value instanceof Uint8Array) || value.length < least)
    throw badArgument(`${what} must be ${least} bytes or more`)
}

const checkResult = (result: AkaResult): AkaResult => {
  const answer = checkObject(result, 'what a SIM says')
  if ('auts' in answer) checkBytes(answer.auts, 14, 'auts')
  else {
    checkBytes(answer.res, 4, 'res')
    if (answer.ck !== undefined) checkBytes(answer.ck, 16, 'ck')
    if (answer.ik !== undefined) checkBytes(answer.ik, 16, 'ik')
  }
  return answer
}

/** The provider to ask about this challenge: the SIM for AKA, and the other one for the rest. */
export const answerByAka = (
  challenge: Challenge,
  aka: AkaProvider | undefined,
  provider: CredentialProvider | undefined,
): CredentialProvider | undefined => {
  const asked = challenge.realms.filter(realm => realm.aka)
  if (!aka || asked.length === 0) return provider
  return async () => {
    const found: Credentials[] = []
    for (const { realm, algorithm, aka: question } of asked) {
      const result = await aka({ rand: question!.rand, autn: question!.autn, realm, algorithm, challenge })
      if (!result) return undefined
      const { username, ...answer } = checkResult(result)
      found.push({ username, realm, aka: { ...answer, nonce: question!.nonce } })
    }
    if (asked.length === challenge.realms.length) return found
    const others = await provider?.(challenge)
    return others === undefined ? found : [...found, ...(Array.isArray(others) ? others : [others])]
  }
}
