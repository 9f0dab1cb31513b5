/** The outbound proxies that DNS names for a profile, one by one. RFC 3263 §4. */
import { SipError } from '../errors.ts'
import { uriOf } from '../rules/route-set.ts'
import type { ProfileEntry } from './entries.ts'
import type { Target } from './ports.ts'
import type { Requests } from './requests.ts'
import type { Runtime } from './runtime.ts'

/** A REGISTER with everything that belongs to one. */
const sizeOfRegister = 800

/** A target as a URI. Over TLS the name stays: the certificate is for it. RFC 5922 §4 */
const uriFor = ({ host, port, transport, name }: Target): string => {
  const secure = transport === 'TLS' || transport === 'WSS'
  const address = secure && name !== undefined ? name : host.includes(':') ? `[${host}]` : host
  return `sip:${address}:${port};transport=${transport.toLowerCase()}`
}

export class ProfileProxies {
  readonly #runtime: Runtime
  readonly #requests: Requests

  constructor(runtime: Runtime, requests: Requests) {
    this.#runtime = runtime
    this.#requests = requests
  }

  /** Those of its outbound proxy's name, else of its domain. */
  resolve(entry: ProfileEntry): void {
    const { fields } = entry.record.stored
    const uri = uriOf(fields.outboundProxy?.uri ?? fields.registrar?.uri ?? fields.aors[0]!)!
    const failed = (error: SipError): void =>
      this.#runtime.run(() => {
        const { code } = error
        this.#runtime.post(entry, { type: 'registration.failed', error, failure: { code } })
      })
    this.#requests.findTargets(
      entry.link!,
      uri,
      () => sizeOfRegister,
      {
        found: targets => {
          if (targets.length === 0) return failed(new SipError('resolving', 'no outbound proxy was found'))
          this.#runtime.run(() => {
            entry.proxies = targets.map(uriFor)
            this.#runtime.post(entry, { type: 'proxies.resolved', proxies: targets.length })
          })
        },
        failed,
      },
      { fresh: true, wanted: () => entry.alive === true },
    )
  }
}
