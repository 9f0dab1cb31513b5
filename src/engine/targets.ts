/** Where requests go: numeric places at once, names by the resolver, places that have failed lately last. RFC 3263 §4 */
import type { TargetFailure } from '../../machines/client-request-setup.ts'
import { SipError } from '../errors.ts'
import type { SipUri } from '../message/types.ts'
import { AvoidedTargets } from '../rules/avoided.ts'
import { locate, sizedTargets } from '../rules/locate.ts'
import type { ConnectionEntry } from './entries.ts'
import type { Question, Target } from './ports.ts'
import type { Runtime } from './runtime.ts'
import { hiddenTarget } from './stream-pool.ts'

/** What else a question says. */
export type Asking = Pick<Question, 'fresh' | 'wanted'>

export interface Found {
  found(targets: readonly Target[]): void
  failed(error: SipError): void
}

/** Those of the families that our sockets have: a second target that cannot be reached is worse than a slow first one. */
const reachable = ({ listeners }: ConnectionEntry, targets: readonly Target[]): readonly Target[] => {
  const found = targets.filter(({ transport, host }) => {
    const local = listeners.get(transport)?.local.host ?? '::'
    return local === '::' || local.includes(':') === host.includes(':')
  })
  return found.length > 0 ? found : targets
}

export class Targets {
  readonly #runtime: Runtime
  readonly #avoided = new AvoidedTargets()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Where a URI leads: at once when it is numeric, else when the resolver has answered. */
  find(connection: ConnectionEntry, uri: SipUri, size: () => number, done: Found, asking: Asking = {}): void {
    const hidden = hiddenTarget(connection, uri)
    if (hidden) return done.found([hidden])
    const available = [...connection.listeners.keys()]
    const bytes = size()
    const located = locate(uri, available, bytes)
    if ('fault' in located) return done.failed(new SipError(located.fault, located.text))
    if ('targets' in located) return done.found(this.#ordered(located.targets))
    const { host } = located.question
    const failed = (error: SipError): void => this.#runtime.run(() => done.failed(error))
    this.#runtime.platform.resolver.resolve({ ...located.question, ...asking }).then(
      targets =>
        targets.length > 0
          ? this.#runtime.run(() =>
              done.found(this.#ordered(sizedTargets(reachable(connection, targets), uri, available, bytes))),
            )
          : failed(new SipError('resolving', `${host} has no address`)),
      (cause: unknown) =>
        failed(
          cause instanceof SipError
            ? cause
            : new SipError('resolving', `${host} could not be resolved`, { cause }),
        ),
    )
  }

  /** A target was of no use: others come before it for a while. */
  avoid({ place, error }: TargetFailure): void {
    const { code, response } = error
    if (code !== 'timeout' && code !== 'transport' && code !== 'rejected') return
    this.#avoided.fail(place, this.#now(), response?.parsed('retry-after')?.delay)
  }

  #ordered(targets: readonly Target[]): readonly Target[] {
    return this.#avoided.size === 0 ? targets : this.#avoided.order(targets, this.#now())
  }

  #now(): number {
    return this.#runtime.platform.clock.now()
  }
}
