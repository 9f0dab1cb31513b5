/**
 * Answers of a scripted peer to a digest challenge, for tests of servers.
 */
import type { HeaderPair, SipResponse } from '../../src/message/types.ts'
import { answer, readChallenges } from '../../src/rules/digest.ts'
import { portableDigest } from '../../src/testing/index.ts'

/** What the credentials are made of. */
export interface CredentialsOptions {
  readonly username: string
  readonly password: string
  readonly uri: string
  /** Default REGISTER. */
  readonly method?: string
  /** Default 1. */
  readonly nc?: number
}

/** The header that answers the first challenge of a 401 or 407. */
export const credentialsFor = (challenged: SipResponse, options: CredentialsOptions): HeaderPair => {
  const { username, password, uri, method = 'REGISTER', nc = 1 } = options
  const challenge = readChallenges(challenged)[0]
  if (!challenge) throw new Error(`the ${challenged.status} holds no challenge that can be answered`)
  return answer({
    challenge,
    credentials: { username, password },
    method,
    uri,
    nc,
    cnonce: '0a4f113b',
    digest: portableDigest,
  })
}
