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
  // Verification of certificates, as OpenSSL has it.
  ['CERT_HAS_EXPIRED', 'the certificate has expired'],
  ['CERT_NOT_YET_VALID', 'the certificate is not valid yet'],
  ['CERT_REVOKED', 'the certificate was revoked'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the certificate is self-signed and not trusted'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the certificate was issued by an authority that is not trusted'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'the authority that issued the certificate is not known'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the authority that issued the certificate is not known'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the certificate cannot be verified, its chain is incomplete'],
  ['INVALID_PURPOSE', 'the certificate is not for this purpose'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the peer does not speak TLS here'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'the peer speaks no version of TLS that is allowed'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'the peer allows no version of TLS that we speak'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'the peer demands a certificate of ours'],
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'the peer showed no certificate'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'the TLS handshake took too long'],
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
