/** The effects of the networks that connections are on. */
import type { NetworkNews } from '../../../machines/connection-setup.ts'
import type { Args, EntryOf, Parts } from './kit.ts'

export const network = (parts: Parts, of: EntryOf) => ({
  look: (args: Args) => parts.networks.look(of(args, 'network')),
  probe: (args: Args) => parts.networks.probe(of(args, 'network')),
})

/** What a connection asks of its network. */
export const onNetwork = (parts: Parts, of: EntryOf) => ({
  watch: (args: Args) => parts.networks.watch(of(args, 'connection')),
  unwatch: (args: Args) => parts.networks.unwatch(of(args, 'connection')),
  tellNetwork: (args: Args, news: NetworkNews) => parts.networks.tell(of(args, 'connection'), news),
  bind: (args: Args) => parts.networks.bind(of(args, 'connection')),
  rebind: (args: Args) => parts.networks.rebind(of(args, 'connection')),
  unbind: (args: Args) => parts.networks.unbind(of(args, 'connection')),
  announceMove: (args: Args) => parts.networks.moved(of(args, 'connection')),
})
