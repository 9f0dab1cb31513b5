/** The effects of profiles. */
import type { ProfileTold } from '../../../machines/profile.ts'
import type { Id } from '../commands.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

const usesOf = ({ context }: Args): readonly Id[] => context.uses as readonly Id[]

export const profile = (parts: Parts, of: EntryOf) => {
  const ours = (args: Args) => of(args, 'profile')
  return {
    attach: (args: Args, { network, plain }: { network: number; plain: boolean }) =>
      parts.profiles.attach(ours(args), network, plain),
    detach: (args: Args) => parts.profiles.detach(ours(args)),
    probe: (args: Args) => parts.profiles.probe(ours(args)),
    resolveProxies: (args: Args) => parts.profiles.resolveProxies(ours(args)),
    register: (args: Args, { proxy }: { proxy: number }) => parts.profiles.register(ours(args), proxy),
    update: (args: Args) => parts.profiles.refit(ours(args), true),
    unregister: (args: Args) => parts.profiles.unregister(ours(args)),
    registerElsewhere: (args: Args, { network }: { network: number }) =>
      parts.profiles.registerElsewhere(ours(args), network),
    switchOver: (args: Args) => parts.profiles.switchOver(ours(args)),
    endMigration: (args: Args) => parts.profiles.endMigration(ours(args)),
    tell: (args: Args, told: ProfileTold) => parts.profiles.happened(ours(args), told, usesOf(args)),
    tellLoss: (args: Args, { bound }: { bound: boolean }) => {
      if (bound) parts.profiles.tell(ours(args).record, { is: 'deregistered' }, usesOf(args))
    },
    noteWait: (args: Args, { seconds }: { seconds: number }) => parts.profiles.noteWait(ours(args), seconds),
    removed: (args: Args) => parts.profiles.removed(ours(args)),
  }
}
