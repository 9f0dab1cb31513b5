/** What each answer to a PUBLISH makes of a publication: the parts that `publication.ts` is put together of. RFC 3903 §5. */
import { SipError } from '../src/errors.ts'
import type { SipResponse } from '../src/message/types.ts'
import { readPublished, type Unpublished } from '../src/rules/publish.ts'
import type { News } from './effects.ts'
import type { PublicationContext } from './publication-setup.ts'

type Answer = { context: PublicationContext; event: { response: SipResponse } }
type Failure = { event: { error: SipError } }

export const told = {
  type: 'announce',
  params: ({ event }: Answer): News => ({ type: 'response', response: event.response }),
} as const
/** Told of the publication, and to whoever waits for the answer to this PUBLISH. */
const fails = <E>(make: (args: E) => SipError) =>
  [
    { type: 'announce', params: (args: E): News => ({ type: 'error', error: make(args) }) },
    { type: 'settle', params: (args: E) => ({ error: make(args) }) },
  ] as const
const refusedAs = (code: 'rejected' | 'terminated-with-response') =>
  fails(({ event: { response } }: Answer) => {
    const text = `PUBLISH was answered ${response.status} ${response.reason}`
    return new SipError(code, text, { response })
  })
export const [rejected, lost] = [refusedAs('rejected'), refusedAs('terminated-with-response')]
const unusable = fails(({ context, event: { response } }: Answer) => {
  const { fault, header } = readPublished(response, context.requested) as Unpublished
  return new SipError('malformed', fault, { response, header })
})
export const failed = fails(({ event }: Failure) => event.error)

export const publish = [
  'send',
  {
    type: 'publish',
    params: ({ context: { published, requested, changing } }: { context: PublicationContext }) => ({
      etag: published?.etag,
      expires: requested,
      content: changing,
    }),
  },
] as const
export const remove = {
  type: 'publish',
  params: ({ context }: { context: PublicationContext }) => ({
    etag: context.published?.etag,
    expires: 0,
    content: false,
  }),
} as const
const taken = ['keep', told, { type: 'settle', params: () => ({}) }] as const
const grantRefresh = {
  type: 'grantRefresh',
  params: ({ context }: { context: PublicationContext }) => ({ expires: context.published!.granted }),
} as const
export const success = [
  { guard: 'renewable', target: '#live', actions: [...taken, grantRefresh] },
  { guard: 'usable', target: '#live', actions: taken },
  { target: '#terminated', actions: [told, ...unusable] },
] as const
export const heard = { 'transaction.provisional': { guard: 'aboveTrying', actions: told } } as const
export const brief = (asked: string) =>
  ({ guard: 'tooBrief', target: asked, reenter: true, actions: 'lengthen' }) as const
export const noted = { 'tu.update': { actions: 'note' } } as const
export const queued = { entry: 'joinQueue', on: { 'turn.go': 'asked' } } as const
