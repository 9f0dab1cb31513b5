/** What a save changes of a profile that is registered, and which profile is the default. Symbian SIP Profile API. */
import type { ProfileFields, ProfileServer, StoredProfile } from '../profiles/data.ts'

/**
 * What a save means for a registration: `cosmetic`, nothing (name, auto-registration, credentials, what only its owner reads);
 * `contactOnly`, a REGISTER in place; `structural`, the old binding goes and a new one comes.
 */
export type ProfileUpdate = 'cosmetic' | 'contactOnly' | 'structural'

/** What neither a REGISTER nor its way depends on. */
const cosmetic: ReadonlySet<string> = new Set([
  'name',
  'autoRegister',
  'apns',
  'bearer',
  'sigcomp',
  'locked',
  'homeNetworkOnly',
  'extensions',
  'contactUser',
])

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** A server without what its challenges are answered with. */
const place = (server: ProfileServer | undefined) => server && [server.uri, server.params]

/** The heaviest of what has changed. */
export const profileUpdate = (before: ProfileFields, after: ProfileFields): ProfileUpdate => {
  let update: ProfileUpdate = 'cosmetic'
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof ProfileFields>) {
    if (cosmetic.has(name) || same(before[name], after[name])) continue
    if (name === 'contactParams') update = 'contactOnly'
    else if (name === 'registrar' || name === 'outboundProxy') {
      if (!same(place(before[name]), place(after[name]))) return 'structural'
    } else return 'structural'
  }
  return update
}

/** Of two saves that wait, what both together mean. */
export const heavier = (one: ProfileUpdate, other: ProfileUpdate): ProfileUpdate => {
  const weight = { cosmetic: 0, contactOnly: 1, structural: 2 }
  return weight[one] >= weight[other] ? one : other
}

/** The default after one was added or removed: where there are profiles, exactly one of them is. */
export const defaultAmong = (
  profiles: Iterable<Pick<StoredProfile, 'id'>>,
  current: string | undefined,
): string | undefined => {
  let first: string | undefined
  for (const { id } of profiles) {
    if (id === current) return current
    first ??= id
  }
  return first
}
