/** Certificates for tests, made by the `openssl` command in a temporary folder. They live for a day, the keys for a test file. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { TlsCertificate } from '../../../src/node/index.ts'

export interface Wish {
  /** `DNS:a.example`, `URI:sip:a.example`, `IP:127.0.0.1`; none: a certificate without subjectAltName. */
  readonly names?: readonly string[]
  readonly commonName?: string
  /** `expired`: it ended yesterday. */
  readonly validity?: 'good' | 'expired'
  readonly selfSigned?: boolean
}

export interface Authority {
  /** PEM of the root. */
  readonly ca: string
  issue(wish: Wish): TlsCertificate
}

/** A certificate authority of its own; the folder is removed when the test file is over. */
export const authority = (name = 'Test root'): Authority => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-tls-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const at = (file: string): string => join(folder, file)
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], timeout: 20_000 })
  }
  const key = (file: string): void =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file)
  let count = 0

  writeFileSync(
    at('ca.cnf'),
    [
      '[req]',
      'distinguished_name=dn',
      'prompt=no',
      'x509_extensions=ext',
      '[dn]',
      `CN=${name}`,
      '[ext]',
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,cRLSign',
      'subjectKeyIdentifier=hash',
      '[ca]',
      'default_ca=own',
      '[own]',
      'database=index.txt',
      'serial=serial',
      'new_certs_dir=.',
      'default_md=sha256',
      'policy=any',
      'unique_subject=no',
      '[any]',
      'commonName=optional',
      '',
    ].join('\n'),
  )
  writeFileSync(at('index.txt'), '')
  writeFileSync(at('serial'), '1000\n')
  key('ca.key')
  openssl('req', '-x509', '-new', '-key', 'ca.key', '-days', '1', '-config', 'ca.cnf', '-out', 'ca.pem')

  const day = (offset: number): string =>
    `${new Date(Date.now() + offset * 86_400_000).toISOString().replace(/\D/g, '').slice(0, 14)}Z`

  return {
    ca: readFileSync(at('ca.pem'), 'utf8'),
    issue: ({ names = [], commonName = 'test', validity = 'good', selfSigned = false }) => {
      const id = `c${(count += 1)}`
      key(`${id}.key`)
      const extensions = [
        'basicConstraints=CA:FALSE',
        'extendedKeyUsage=serverAuth,clientAuth',
        ...(names.length > 0 ? [`subjectAltName=${names.join(',')}`] : []),
      ]
      writeFileSync(
        at(`${id}.cnf`),
        [
          '[req]',
          'distinguished_name=dn',
          'prompt=no',
          '[dn]',
          `CN=${commonName}`,
          '[ext]',
          ...extensions,
          '',
        ].join('\n'),
      )
      if (selfSigned)
        openssl(
          ...['req', '-x509', '-new', '-key', `${id}.key`, '-days', '1', '-config', `${id}.cnf`],
          ...['-extensions', 'ext', '-out', `${id}.pem`],
        )
      else {
        openssl('req', '-new', '-key', `${id}.key`, '-config', `${id}.cnf`, '-out', `${id}.csr`)
        const [from, to] = validity === 'expired' ? [day(-2), day(-1)] : [day(-1), day(1)]
        openssl(
          ...['ca', '-batch', '-notext', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key'],
          ...['-in', `${id}.csr`, '-startdate', from, '-enddate', to],
          ...['-extfile', `${id}.cnf`, '-extensions', 'ext', '-out', `${id}.pem`],
        )
      }
      return { cert: readFileSync(at(`${id}.pem`), 'utf8'), key: readFileSync(at(`${id}.key`), 'utf8') }
    },
  }
}
