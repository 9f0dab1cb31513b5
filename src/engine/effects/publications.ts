/** The effects of publications, and of MESSAGEs in pager mode. RFC 3903, RFC 3428. */
import type { Publish } from '../../../machines/publication.ts'
import type { SipError } from '../../errors.ts'
import type { Published } from '../../rules/publish.ts'
import { type Args, announcements, type EntryOf, type Parts } from './kit.ts'

export const publication = (parts: Parts, of: EntryOf) => {
  const ours = (args: Args) => of(args, 'publication')
  return {
    ...announcements(parts, of),
    publish: (args: Args, wish: Publish) => parts.publications.publish(ours(args), wish),
    joinQueue: (args: Args) => parts.publications.joinQueue(ours(args)),
    leaveQueue: (args: Args) => parts.publications.leaveQueue(ours(args)),
    noteGrant: (args: Args, granted: Published) => parts.publications.granted(ours(args), granted),
    settle: (args: Args, { error }: { error?: SipError }) => parts.publications.settle(ours(args), error),
    grantRefresh: (args: Args, { expires }: { expires: number }) =>
      parts.publications.grantRefresh(ours(args), expires),
    stopRefresh: (args: Args) => parts.publications.stopRefresh(ours(args)),
  }
}

export const pagerMessage = (parts: Parts, of: EntryOf) => ({
  ...announcements(parts, of),
  request: (args: Args) => parts.pagerMessages.request(of(args, 'message')),
  joinQueue: (args: Args) => parts.pagerMessages.joinQueue(of(args, 'message')),
  leaveQueue: (args: Args) => parts.pagerMessages.leaveQueue(of(args, 'message')),
})
