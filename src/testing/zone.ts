/** Records as a zone file writes them. RFC 1035 §5.1, RFC 2782, RFC 3403 §4.1 */
import type { DnsRecord } from '../engine/ports.ts'
import { SipError } from '../errors.ts'

/**
 * A record: as data, or as a zone file has it, with the TTL in seconds in front (default 60) and without name and class.
 *
 * @example
 * 'NAPTR 50 50 "s" "SIP+D2U" "" _sip._udp.example.com.'
 * 'SRV 10 60 5060 one.example.com.'
 * '0 A 192.0.2.1'
 */
export type ZoneRecord = string | DnsRecord

const name = (text: string): string => (text.length > 1 && text.endsWith('.') ? text.slice(0, -1) : text)

const parsers: Readonly<Record<string, (ttl: number, fields: readonly string[]) => DnsRecord | undefined>> = {
  A: (ttl, [address]) => (address === undefined ? undefined : { type: 'A', ttl, address }),
  AAAA: (ttl, [address]) => (address === undefined ? undefined : { type: 'AAAA', ttl, address }),
  SRV: (ttl, [priority, weight, port, target]) =>
    target === undefined
      ? undefined
      : {
          type: 'SRV',
          ttl,
          priority: Number(priority),
          weight: Number(weight),
          port: Number(port),
          target: name(target),
        },
  NAPTR: (ttl, [order, preference, flags = '', service = '', regexp = '', replacement]) =>
    replacement === undefined
      ? undefined
      : {
          type: 'NAPTR',
          ttl,
          order: Number(order),
          preference: Number(preference),
          flags,
          service,
          regexp,
          replacement: name(replacement),
        },
}

/** Reads a record. Throws a SipError `argument` for what is none. */
export const zoneRecord = (record: ZoneRecord): DnsRecord => {
  if (typeof record !== 'string') return record
  const fields = [...record.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
  const ttl = /^[0-9]+$/.test(fields[0] ?? '') ? Number(fields.shift()) : 60
  const [type = '', ...rest] = fields
  const parsed = parsers[type.toUpperCase()]?.(ttl, rest)
  const numbers = Object.values(parsed ?? {}).filter(value => typeof value === 'number')
  if (!parsed || numbers.some(Number.isNaN)) throw new SipError('argument', `no DNS record: ${record}`)
  return parsed
}
