/**
 * Who may talk to the inspector: whoever knows the token, on the loopback address that it listens on, from no page but
 * its own. A page of elsewhere in the same browser can reach a loopback port, also under a name that it has pointed there
 * (DNS rebinding): so Host and Origin count as well.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SipError } from '../errors.ts'

/** Addresses that never leave this machine. */
const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

/** 128 bits, as a path may hold them. */
const leastToken = 22

const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

/** An address that may be listened on. Throws `argument` for any other: what is shown here is for nobody else. */
export const loopbackHost = (host: string): string => {
  const plain = host === '[::1]' ? '::1' : host
  if (loopback.has(plain)) return plain
  throw new SipError('argument', `an inspector listens on 127.0.0.1, ::1 or localhost, not on ${host}`)
}

/** A token that was given, or a random one of 192 bits. */
export const tokenOf = (given: string | undefined): string => {
  if (given === undefined) return randomBytes(24).toString('base64url')
  if (/^[A-Za-z0-9_-]+$/.test(given) && given.length >= leastToken && given.length <= 256) return given
  throw new SipError('argument', `a token has ${leastToken} to 256 letters, digits, _ and -`)
}

/** What one request may have; a status says why it may not. */
export type Verdict =
  | { readonly ok: true; readonly path: string; readonly query: URLSearchParams }
  | { readonly ok: false; readonly status: 403 | 404 | 405 }

/** The rules of one server. */
export class Guard {
  readonly #port: number
  readonly #token: Buffer

  constructor(port: number, token: string) {
    this.#port = port
    this.#token = hash(token)
  }

  /** A request for a page, or for a WebSocket. Nothing of an answer depends on how much of a token was right. */
  judge({ headers, method, url = '' }: IncomingMessage): Verdict {
    if (!this.#isOurs(headers.host)) return { ok: false, status: 403 }
    const { origin } = headers
    if (origin !== undefined && !(origin.startsWith('http://') && this.#isOurs(origin.slice(7))))
      return { ok: false, status: 403 }
    if (method !== 'GET' && method !== 'HEAD') return { ok: false, status: 405 }
    const [, token = '', path, query] = /^\/([^/?#]*)(\/[^?#]*)?(\?.*)?$/.exec(url) ?? []
    if (!timingSafeEqual(hash(token), this.#token)) return { ok: false, status: 404 }
    return { ok: true, path: path ?? '', query: new URLSearchParams(query) }
  }

  #isOurs(host: string | undefined): boolean {
    const [, name = '', port] = /^(\[::1\]|[^:\s]+):([0-9]+)$/.exec(host ?? '') ?? []
    return (loopback.has(name) || name === '[::1]') && Number(port) === this.#port
  }
}

/** What every answer says: nothing from elsewhere, nothing inline, nothing guessed, nothing kept, nobody told. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self'; connect-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}
