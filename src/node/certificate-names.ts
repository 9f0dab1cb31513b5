/** Which SIP domains a certificate speaks for. RFC 5922 §7. */
import type { PeerCertificate } from 'node:tls'

interface Names {
  /** Hosts of `sip:` URIs without a user part. */
  readonly uris: readonly string[]
  readonly dns: readonly string[]
  readonly addresses: readonly string[]
}

/** An entry is quoted as a JSON string when it holds what could be taken for the next one. */
const entry = /(URI|DNS|IP Address|[A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y

const unquoted = (text: string): string => {
  if (!text.startsWith('"')) return text
  try {
    return String(JSON.parse(text))
  } catch {
    return ''
  }
}

/** §7.1: the scheme is `sip`, and there is no user part: that would be a person and no domain. */
const domainOf = (uri: string): string | undefined =>
  /^sip:([\w.-]+|\[[\da-f:.]+\])(?:[;?:]|$)/i.exec(uri)?.[1]

const read = (alternatives: string): Names => {
  const uris: string[] = []
  const dns: string[] = []
  const addresses: string[] = []
  entry.lastIndex = 0
  for (
    let found = entry.exec(alternatives);
    found !== null && found[0] !== '';
    found = entry.exec(alternatives)
  ) {
    const value = unquoted(found[2] ?? '').toLowerCase()
    if (found[1] === 'URI') uris.push(...[domainOf(value) ?? []].flat())
    else if (found[1] === 'DNS') dns.push(value)
    else if (found[1] === 'IP Address') addresses.push(value)
  }
  return { uris, dns, addresses }
}

/** §7.1: DNS names count only where no `sip:` URI does; the common name never; addresses for those who were given one. */
const identitiesOf = ({ uris, dns, addresses }: Names): readonly string[] => [
  ...(uris.length > 0 ? uris : dns),
  ...addresses,
]

/** The SIP identities in `subjectaltname` of a certificate, lower case. */
export const sipIdentities = (subjectAltName: string | undefined): readonly string[] =>
  identitiesOf(read(subjectAltName ?? ''))

/** An IPv6 address as certificates are shown: no zeros left out, upper case (here lower). */
const full = (address: string): string => {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const parts = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const [before, after] = [parts(head), parts(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after]
    .map(part => part.replace(/^0+(?=.)/, ''))
    .join(':')
}

const commonName = ({ subject }: PeerCertificate): readonly string[] =>
  [(subject as { readonly CN?: string | string[] } | undefined)?.CN ?? []]
    .flat()
    .map(name => name.toLowerCase())

/**
 * Why this certificate is not for `name`; `undefined` when it is. Names are compared whole and without regard to case; `*` is
 * no wildcard. §7.2
 */
export const nameFault = (name: string, certificate: PeerCertificate): string | undefined => {
  const wanted = full(name.toLowerCase())
  const names = sipIdentities(certificate.subjectaltname)
  if (names.some(one => full(one) === wanted)) return undefined
  if (names.length > 0) return `the certificate is for ${names.slice(0, 5).join(', ')}, not for ${name}`
  return commonName(certificate).includes(wanted)
    ? `the certificate names ${name} in its common name alone, which does not count (RFC 5922 §7.1)`
    : `the certificate has no subjectAltName that is a SIP domain, so it is not for ${name}`
}
