/** The effects of the client resolver. */
import type { Refusal } from '../../rules/respond.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const clientResolver = (parts: Parts, of: EntryOf) => ({
  launch: (args: Args, client: string) => parts.clientResolvers.launch(of(args, 'resolver'), client),
  deliver: (args: Args, client: string) => parts.clientResolvers.deliver(of(args, 'resolver'), client),
  refuse: (args: Args, refusal: Refusal) => parts.clientResolvers.refuse(of(args, 'resolver'), refusal),
})
