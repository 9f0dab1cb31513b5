/** What two neighbours agree on to protect what they say to each other. RFC 3329. */
import type { HeaderPair, SipResponse, ValueWithParams } from '../message/types.ts'

/** The option tag. §2.3.1 */
const tag = 'sec-agree'

/** Mechanisms that we have; `ipsec-3gpp` would need the kernel. §2.2 */
export const securityMechanisms: readonly string[] = ['digest', 'tls']

/** 401, 407 and 494 ask for credentials or an agreement; 421 does when it lists what the server can. §2.3.1, §2.3.2 */
export const asksForSecurity = (response: SipResponse): boolean => {
  const { status } = response
  if (status === 401 || status === 407 || status === 494) return true
  return status === 421 && response.header('security-server') !== undefined
}

/** What a server lists, as values and as text to be copied. */
export interface SecurityList {
  readonly values: readonly ValueWithParams[]
  readonly lines: readonly string[]
}

/** What was agreed on; empty for nothing. */
export interface Agreed {
  readonly mechanism?: string | undefined
  readonly list?: SecurityList | undefined
}

/** The Security-Server of a response; `undefined` when there is none that can be read. */
export const securityServer = (response: SipResponse): SecurityList | undefined => {
  const values = response.parsed('security-server')
  return values && values.length > 0 ? { values, lines: response.headers('security-server') } : undefined
}

/** Between 0 and 1; 1 when it is not said, 0 when it cannot be read. §2.2 */
const preference = ({ params }: ValueWithParams): number => {
  const text = params.get('q')
  if (text === undefined) return params.has('q') ? 0 : 1
  const q = Number(text)
  return q >= 0 && q <= 1 ? q : 0
}

/** The mechanism of the server's with the highest `q` that we have too; the first of equals. §2.3.1 */
export const chooseMechanism = (
  values: readonly ValueWithParams[],
  ours: readonly string[],
): string | undefined => {
  let best: { readonly name: string; readonly q: number } | undefined
  for (const value of values) {
    const name = value.value.toLowerCase()
    const q = preference(value)
    if (ours.includes(name) && (!best || q > best.q)) best = { name, q }
  }
  return best?.name
}

/** A hop may list what it can with the 494 and with the challenges of its users; who goes on listing agrees on nothing. */
export const isEndless = (lists: number): boolean => lists > 5

/** Headers of a first request: what we have, and how much we insist. §2.3.1 */
export const offerHeaders = (ours: readonly string[], required: boolean): readonly HeaderPair[] => {
  const q = (at: number): string =>
    Math.max(0.001, 1 - at * 0.1)
      .toFixed(3)
      .replace(/\.?0+$/, '')
  const client = ours.map((name, at): HeaderPair => ['Security-Client', `${name};q=${q(at)}`])
  return required ? [...client, ['Require', tag], ['Proxy-Require', tag]] : [...client, ['Supported', tag]]
}

/** Headers of each later request: the server's own list, so that it sees whether somebody has changed it. §2.3.1 */
export const verifyHeaders = (lines: readonly string[]): readonly HeaderPair[] => [
  ...lines.map((line): HeaderPair => ['Security-Verify', line]),
  ['Require', tag],
  ['Proxy-Require', tag],
]

interface Reached {
  readonly host: string
  readonly port: number
  readonly transport: string
}

const securePort = (port: number): number => (port === 5060 ? 5061 : port)

/** The same places by TLS. §2.3.1 */
export const overTls = <Target extends Reached>(targets: readonly Target[]): readonly Target[] => {
  const found: Target[] = []
  for (const target of targets) {
    const { transport, port } = target
    const secure =
      transport === 'TLS' || transport === 'WSS'
        ? target
        : transport === 'WS'
          ? { ...target, transport: 'WSS' }
          : { ...target, transport: 'TLS', port: securePort(port) }
    const same = (other: Target): boolean =>
      other.host === secure.host && other.port === secure.port && other.transport === secure.transport
    if (!found.some(same)) found.push(secure)
  }
  return found
}
