/** Kamailio as a registrar and proxy, and its own view of the bindings. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { TlsCertificate } from '../../../src/node/index.ts'
import { pathOf } from './installed.ts'
import { host } from './party.ts'
import { freePort } from './ports.ts'
import { type Program, start } from './program.ts'
import { answersOptions } from './ready.ts'

const configuration = (name: string): string =>
  fileURLToPath(new URL(`../kamailio/${name}.cfg`, import.meta.url))

/** A binding as Kamailio's `usrloc` has it. */
export interface Binding {
  readonly address: string
  /** Seconds left. */
  readonly expires: number
  readonly callId: string
  readonly cseq: number
  readonly userAgent: string
}

export interface Kamailio {
  readonly program: Program
  readonly port: number
  /** What it has for a user part, asked over its RPC. */
  readonly bindings: (user: string) => Promise<readonly Binding[]>
  /** How many bindings it has, of all users. */
  readonly count: () => Promise<number>
}

interface Located {
  readonly Contacts: readonly { readonly Contact: Readonly<Record<string, unknown>> }[]
}

interface Reply<Result> {
  readonly result?: Result
  readonly error?: { readonly code: number; readonly message: string }
}

/** How to start Kamailio. */
export interface KamailioOptions {
  /** For UDP and TCP; default a free one. */
  readonly port?: number
  /** Names that the configuration asks for by `#!ifdef`, and `NAME="text"` that stand in it. */
  readonly define?: readonly string[]
  /** What it shows as a server of TLS, on the port above, and what it calls itself there. */
  readonly tls?: TlsCertificate & { readonly name: string }
  /** The file of `test/interop/kamailio`; default `registrar`. */
  readonly config?: 'registrar' | 'edge' | 'presence'
}

/** Starts Kamailio for the test that runs. It answers when this settles. */
export const kamailio = async (options: KamailioOptions = {}): Promise<Kamailio> => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-kamailio-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const port = options.port ?? (await freePort())
  const { tls, define = [], config = 'registrar' } = options
  const at = (name: string): string => join(folder, name)
  if (tls) {
    writeFileSync(at('cert.pem'), tls.cert)
    writeFileSync(at('key.pem'), tls.key)
  }
  const secure = tls ? ['TLS', `TLS_CERT="${at('cert.pem')}"`, `TLS_KEY="${at('key.pem')}"`] : []
  const program = start(pathOf('kamailio') ?? 'kamailio', [
    ...['-DD', '-E', '-f', configuration(config)],
    ...['-l', `udp:${host}:${port}`, '-l', `tcp:${host}:${port}`],
    ...(tls ? ['-l', `tls:${host}:${port + 1}/${tls.name}:${port + 1}`] : []),
    ...['-Y', folder, '-m', '32', '-M', '4'],
    ...[...define, ...secure].flatMap(name => ['-A', name]),
  ])
  await answersOptions(port)
  const ask = async <Result>(method: string, params: readonly string[]): Promise<Reply<Result>> => {
    const response = await fetch(`http://${host}:${port}/RPC`, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      headers: { connection: 'close' },
    })
    return (await response.json()) as Reply<Result>
  }
  return {
    program,
    port,
    bindings: async user => {
      const { result, error } = await ask<Located>('ul.lookup', ['location', user])
      if (result) {
        return result.Contacts.map(({ Contact }) => ({
          address: String(Contact.Address),
          expires: Number(Contact.Expires),
          callId: String(Contact['Call-ID']),
          cseq: Number(Contact.CSeq),
          userAgent: String(Contact['User-Agent']),
        }))
      }
      if (error?.message === 'AOR not found in location table') return []
      throw new Error(`RPC: ${error?.message}`)
    },
    count: async () => {
      const { result = [] } = await ask<readonly string[]>('stats.get_statistics', ['location_contacts'])
      return Number(result[0]?.split('=')[1])
    },
  }
}
