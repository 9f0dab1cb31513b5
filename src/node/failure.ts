/** What the operating system says about a socket, as a `transport` error that names the address. */
import type { Address, TransportName } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { show } from './address.ts'

const reasons: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'not permitted'],
  ['EADDRINUSE', 'the address is in use'],
  ['EADDRNOTAVAIL', 'this host has no such address'],
  ['ECONNABORTED', 'the connection was aborted'],
  ['ECONNREFUSED', 'refused, nothing listens there'],
  ['ECONNRESET', 'reset by the peer'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['EINVAL', 'the address cannot be used from here'],
  ['EMFILE', 'this process has no file descriptors left'],
  ['EMSGSIZE', 'too large for one datagram'],
  ['ENETUNREACH', 'the network cannot be reached'],
  ['EPERM', 'not permitted'],
  ['EPIPE', 'closed by the peer'],
  ['ERR_SOCKET_BAD_PORT', 'no such port'],
  ['ETIMEDOUT', 'no answer in time'],
])

/** The code of a system error, such as `ECONNREFUSED`. */
export const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined

const reasonOf = (cause: unknown): string => {
  const code = codeOf(cause)
  const reason = code === undefined ? undefined : reasons.get(code)
  if (reason !== undefined) return `${reason} (${code})`
  return cause instanceof Error ? cause.message : String(cause)
}

/** For example `TCP to 192.0.2.1:5060: refused, nothing listens there (ECONNREFUSED)`. */
export const transportError = (
  transport: TransportName,
  role: 'to' | 'at' | 'from',
  address: Address,
  cause: unknown,
  icmp = false,
): SipError =>
  new SipError('transport', `${transport} ${role} ${show(address)}: ${reasonOf(cause)}`, { cause, icmp })

/** The same for a fault that is ours to name, without a system error behind it. */
export const flowError = (transport: TransportName, remote: Address, text: string): SipError =>
  new SipError('transport', `${transport} to ${show(remote)}: ${text}`)
