/** A conference once another document of it has come. RFC 4575 §4.6. */
import type { ConferenceEndpoint, ConferenceInfoDocument, ConferenceUser } from './conference-info.ts'
import { mergeBy } from './versions.ts'

const entityOf = ({ entity }: { readonly entity: string }): string => entity
const isGone = ({ state }: { readonly state: string }): boolean => state === 'deleted'

/** What a change names replaces what was, and all else stays. */
const mergeEndpoint = (before: ConferenceEndpoint, after: ConferenceEndpoint): ConferenceEndpoint =>
  after.state === 'full'
    ? after
    : {
        ...before,
        ...after,
        state: 'full',
        media: mergeBy(
          before.media,
          after.media,
          ({ id }) => id,
          () => false,
        ),
      }

const mergeUser = (before: ConferenceUser, after: ConferenceUser): ConferenceUser =>
  after.state === 'full'
    ? after
    : {
        ...before,
        ...after,
        state: 'full',
        endpoints: mergeBy(before.endpoints, after.endpoints, entityOf, isGone, mergeEndpoint),
      }

/**
 * The whole conference once another document has come. A deleted one is the last. `undefined` when a document in between is
 * missing, or nothing whole has come yet: ask for the state anew, by a refresh of the subscription. RFC 4575 §4.6
 */
export const mergeConferenceInfo = (
  held: ConferenceInfoDocument | undefined,
  next: ConferenceInfoDocument,
): ConferenceInfoDocument | undefined => {
  if (held && next.version <= held.version) return held
  if (next.state !== 'partial') return next
  if (!held || next.version !== held.version + 1) return undefined
  const { usersPartial, ...changes } = next
  const users = usersPartial ? mergeBy(held.users, next.users, entityOf, isGone, mergeUser) : next.users
  return { ...held, ...changes, state: 'full', users }
}
