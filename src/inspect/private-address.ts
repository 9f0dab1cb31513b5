/** Which addresses nobody can reach from the public network. RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291. */

const privateV4 =
  /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[789]\d|1[01]\d|12[0-7])\.|0\.)/
const privateV6 = /^(?:::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|::$)/i

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** True for an address, not for a name. */
export const isAddress = (host: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.includes(':')

/** True for an address that only its own network can reach. */
export const isPrivate = (host: string): boolean => {
  const plain = mapped.exec(host)?.[1] ?? host
  return plain.includes(':')
    ? privateV6.test(plain)
    : /^\d+\.\d+\.\d+\.\d+$/.test(plain) && privateV4.test(plain)
}
