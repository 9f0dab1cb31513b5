/** Which token stands for which rights. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { SipError } from '../errors.ts'
import { scopes as everyScope, type Scope } from './scopes.ts'
import type { Access } from './server.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * What the text of a token file says: `{ "<token>": ["send", "register"], … }`. Throws `argument` for what is none, and for
 * tokens that can be guessed (fewer than 16 characters).
 */
export const readTokens = (text: string): ReadonlyMap<string, readonly Scope[]> => {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (cause) {
    throw new SipError('argument', 'the tokens are not JSON', { cause })
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new SipError('argument', 'the tokens are not an object of lists of scopes')
  const tokens = new Map<string, readonly Scope[]>()
  for (const [token, rights] of Object.entries(given)) {
    if (token.length < 16) throw new SipError('argument', 'a token has at least 16 characters')
    if (!Array.isArray(rights) || rights.some(right => !everyScope.includes(right as Scope)))
      throw new SipError('argument', `the scopes of a token are some of ${everyScope.join(', ')}`)
    tokens.set(token, rights as Scope[])
  }
  return tokens
}

/** An application without a token, or with one that is not among these, may not come. */
export const byToken = (tokens: ReadonlyMap<string, readonly Scope[]>): Access => {
  const known = [...tokens].map(([token, rights]) => ({ digest: digest(token), rights }))
  return (_client, token) => {
    const asked = digest(typeof token === 'string' ? token : '')
    const found = known.filter(one => timingSafeEqual(one.digest, asked))
    if (!found[0]) throw new SipError('permission', 'the shared server does not know the token')
    return found[0].rights
  }
}
