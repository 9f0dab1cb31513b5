/** Which of the networks of a profile are there: one that it would rather be on is offered. */
import { lookAt, placeOf } from '../rules/network.ts'
import type { ProfileEntry } from './entries.ts'
import type { Runtime } from './runtime.ts'

export class ProfileNetworks {
  readonly #runtime: Runtime
  /** Profiles with several networks. */
  readonly #watching: ProfileEntry[] = []
  #stop: (() => void) | undefined

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  begin(entry: ProfileEntry): void {
    const { networks } = this.#runtime.platform
    if (!networks || this.#watching.includes(entry) || !entry.record.stored.fields.networks) return
    this.#watching.push(entry)
    this.#stop ??= networks.watch(() => this.#runtime.run(() => this.#look()))
  }

  end(entry: ProfileEntry): void {
    const at = this.#watching.indexOf(entry)
    if (at >= 0) this.#watching.splice(at, 1)
    if (this.#watching.length > 0) return
    this.#stop?.()
    this.#stop = undefined
  }

  /** Looks for all of them anew. */
  #look(): void {
    for (const entry of this.#watching) {
      const { network, offered } = entry.actor.getSnapshot().context as {
        readonly network: number
        readonly offered?: number
      }
      const { networks = [] } = entry.record.stored.fields
      const better = networks.slice(0, network).findIndex(name => this.#isThere(name))
      if (better >= 0 && better !== offered)
        this.#runtime.post(entry, { type: 'network.offered', network: better })
    }
  }

  #isThere(network: string): boolean {
    const { networks, defaultHost } = this.#runtime.platform
    const interfaces = networks!.interfaces()
    const place = placeOf({ network, fallback: defaultHost }, interfaces)
    return place?.wanted !== undefined && lookAt(place.wanted, interfaces, undefined).is === 'up'
  }
}
