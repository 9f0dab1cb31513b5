/** Which of a domain's services can be used, best first. RFC 3263 §4.1, RFC 3403 §4.1, RFC 7118 */
import type { NaptrRecord, TransportName } from '../engine/ports.ts'

const transports: ReadonlyMap<string, TransportName> = new Map([
  ['SIP+D2U', 'UDP'],
  ['SIP+D2T', 'TCP'],
  ['SIPS+D2T', 'TLS'],
  ['SIP+D2W', 'WS'],
  ['SIPS+D2W', 'WSS'],
])

/** A service that can be used: its transport, and the name that its SRV records have. */
export interface NaptrService {
  readonly transport: TransportName
  readonly record: NaptrRecord
}

/** The records that can be used in order of preference, and those that cannot with the reason. */
export interface NaptrChoice {
  readonly services: readonly NaptrService[]
  readonly skipped: readonly { readonly record: NaptrRecord; readonly reason: string }[]
}

const fault = (
  { flags, regexp, replacement, service }: NaptrRecord,
  transport: TransportName | undefined,
  secure: boolean,
  usable: readonly TransportName[],
): string | undefined => {
  if (!/^sips?\+d2.$/i.test(service)) return 'no service of SIP'
  if (secure && !/^sips/i.test(service)) return 'a sips: URI takes SIPS services only'
  if (transport === undefined) return 'unknown transport'
  if (!usable.includes(transport)) return `the connection has no ${transport}`
  if (flags.toLowerCase() !== 's' || regexp !== '' || replacement === '' || replacement === '.')
    return 'leads to no SRV records'
  return undefined
}

/** Of what can be used, the lowest order alone counts; preferences tell what comes first. RFC 3403 §4.1 */
export const chooseServices = (
  records: readonly NaptrRecord[],
  secure: boolean,
  usable: readonly TransportName[],
): NaptrChoice => {
  const services: NaptrService[] = []
  const skipped: { record: NaptrRecord; reason: string }[] = []
  const sorted = [...records].sort((a, b) => a.order - b.order || a.preference - b.preference)
  for (const record of sorted) {
    const transport = transports.get(record.service.toUpperCase())
    const first = services[0]?.record.order ?? record.order
    const reason =
      fault(record, transport, secure, usable) ??
      (record.order > first ? `order ${first} comes first and alone` : undefined)
    if (reason === undefined) services.push({ transport: transport!, record })
    else skipped.push({ record, reason })
  }
  return { services, skipped }
}
