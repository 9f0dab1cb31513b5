/** Keys, certificates and authorities of TLS, which may be changed while connections are open. RFC 3261 §26.3.1, RFC 6066 §3. */
import { X509Certificate } from 'node:crypto'
import {
  type ConnectionOptions,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type Server,
  type TlsOptions as ServerOptions,
} from 'node:tls'
import { SipError } from '../errors.ts'
import { familyOf } from './address.ts'
import { nameFault, sipIdentities } from './certificate-names.ts'
import type { TlsCertificate, TlsIdentity, TlsOptions } from './options.ts'

type Pem = string | Buffer

const pem = (text: string | Uint8Array): Pem => (typeof text === 'string' ? text : Buffer.from(text))
const pems = (ca: NonNullable<TlsIdentity['ca']>): Pem[] =>
  typeof ca === 'string' || ca instanceof Uint8Array ? [pem(ca)] : ca.map(pem)

interface Material {
  /** What contexts without a name are made of: the first certificate. */
  readonly first: object
  readonly byName: ReadonlyMap<string, SecureContext>
  readonly client: SecureContext
  readonly certified: boolean
}

const namesOf = ({ cert, names }: TlsCertificate): readonly string[] =>
  names?.map(name => name.toLowerCase()) ?? sipIdentities(new X509Certificate(pem(cert)).subjectAltName)

/** @throws SipError `argument` for what is no certificate or key, or do not belong together. */
const materialOf = ({ certificates = [], ca }: TlsIdentity, minVersion: 'TLSv1.2' | 'TLSv1.3'): Material => {
  try {
    const common = { minVersion, ...(ca === undefined ? {} : { ca: pems(ca) }) }
    const partsOf = ({ cert, key, passphrase }: TlsCertificate) => ({
      ...common,
      cert: pem(cert),
      key: pem(key),
      ...(passphrase === undefined ? {} : { passphrase }),
    })
    const byName = new Map<string, SecureContext>()
    for (const certificate of certificates) {
      const context = createSecureContext(partsOf(certificate))
      for (const name of namesOf(certificate)) if (!byName.has(name)) byName.set(name, context)
    }
    const [own] = certificates
    const first = own ? partsOf(own) : common
    return { first, byName, client: createSecureContext(first), certified: own !== undefined }
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new SipError('argument', `tls: ${text}`, { cause })
  }
}

/** The certificates of one platform. */
export interface TlsContexts {
  /** True when there is one of ours: then we can listen. */
  readonly certified: boolean
  /** Options of a server of `node:tls` or `node:https`; it is told when they change. */
  serve<S extends Server>(make: (options: ServerOptions) => S): S
  /** Options of a connection to a host of this name, or to a numeric one. */
  client(
    name: string,
  ): Pick<
    Required<ConnectionOptions>,
    'secureContext' | 'servername' | 'rejectUnauthorized' | 'checkServerIdentity'
  >
  reload(identity: TlsIdentity): void
}

export const tlsContexts = (options: TlsOptions): TlsContexts => {
  const {
    minVersion = 'TLSv1.2',
    verify = true,
    clientCertificates = 'none',
    handshakeTimeout = 10_000,
  } = options
  let given: TlsIdentity = options
  let material = materialOf(given, minVersion)
  const servers = new Set<Server>()
  return {
    get certified() {
      return material.certified
    },
    serve: make => {
      const server = make({
        ...material.first,
        minVersion,
        handshakeTimeout,
        requestCert: clientCertificates !== 'none',
        rejectUnauthorized: clientCertificates === 'require',
        SNICallback: (name, done) => done(null, material.byName.get(name.toLowerCase())),
      })
      servers.add(server)
      server.once('close', () => void servers.delete(server))
      return server
    },
    client: name => ({
      secureContext: material.client,
      // An address is no server name (RFC 6066 §3).
      servername: familyOf(name) === 0 ? name : '',
      rejectUnauthorized: verify,
      checkServerIdentity: (_host: string, certificate: PeerCertificate) => {
        const fault = nameFault(name, certificate)
        return fault === undefined ? undefined : new Error(fault)
      },
    }),
    reload: identity => {
      const next: TlsIdentity = {
        ...(given.certificates ? { certificates: given.certificates } : {}),
        ...(given.ca ? { ca: given.ca } : {}),
        ...identity,
      }
      const made = materialOf(next, minVersion)
      given = next
      material = made
      for (const server of servers) server.setSecureContext({ ...made.first, minVersion })
    },
  }
}
