/** Host strings as the ports want them: numeric, IPv6 without brackets, IPv4-mapped IPv6 as plain IPv4 (RFC 4291 §2.5.5.2). */
import { isIP, isIPv4 } from 'node:net'
import type { Address } from '../engine/ports.ts'

const mapped = '::ffff:'

/** `::ffff:192.0.2.1` as `192.0.2.1`; anything else unchanged. */
export const unmapped = (host: string): string =>
  host.length > mapped.length && host.startsWith(mapped) && isIPv4(host.slice(mapped.length))
    ? host.slice(mapped.length)
    : host

/** 4, 6, or 0 for a host that is not numeric. */
export const familyOf = (host: string): 0 | 4 | 6 => isIP(host) as 0 | 4 | 6

/** True for the address that means every interface. */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** True for 127.0.0.0/8 and ::1. */
export const isLoopback = (host: string): boolean =>
  host === '::1' || (isIPv4(host) && host.startsWith('127.'))

/** Address and port for people: `192.0.2.1:5060`, `[2001:db8::1]:5060`. */
export const show = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** A `lookup` that answers at once: everything that reaches a socket is numeric already. */
export const numericLookup = (
  host: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => callback(null, host, host.includes(':') ? 6 : 4)
