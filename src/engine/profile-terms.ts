/** What the machine of a profile is to know of its fields. */
import type { ProfileTerms } from '../../machines/profile.ts'
import type { ProfileFields } from '../profiles/data.ts'

export const termsOf = ({
  type,
  autoRegister,
  networks,
  resolveProxy,
  securityNegotiation,
  imsPolicy,
}: ProfileFields): ProfileTerms => ({
  agent: type.name,
  mayDoWithout: type.class === 'ims' && securityNegotiation && imsPolicy === undefined,
  autoRegister,
  networks: Math.max(1, networks?.length ?? 1),
  resolves: resolveProxy,
})
