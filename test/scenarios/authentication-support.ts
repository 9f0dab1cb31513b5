/** A peer that challenges, and the proof of RFC 7616 worked out by `node:crypto`. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { ApiOptions, ConnectionOptions } from '../../src/index.ts'
import type { AuthValue, SipRequest } from '../../src/message/types.ts'
import { createPeer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { watch } from './wire.ts'

export const alice = '192.0.2.1'
export const uri = 'sip:bob@192.0.2.2:5060'
export const secret = { username: 'alice', password: 's3cret' }

export const withPeer = async (options: ApiOptions = {}, given: ConnectionOptions = {}) => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { sip, connection } = await world.party(alice, options, given)
  return { world, peer, sip, connection, wire: watch(world.network) }
}

export const challenge = (realm: string, nonce: string, more = ', algorithm=MD5, qop="auth"'): string =>
  `Digest realm="${realm}", nonce="${nonce}"${more}`

const hashNames: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
}

/** The proof of RFC 7616 §3.4.1 or RFC 2069 §2.1.2. */
const proof = ({ params }: AuthValue, method: string, password: string): string => {
  const get = (name: string): string => params.get(name) ?? ''
  const hash = (text: string): string =>
    createHash(hashNames[params.get('algorithm') ?? 'MD5']!)
      .update(text)
      .digest('hex')
  const first = hash(`${get('username')}:${get('realm')}:${password}`)
  const second = hash(`${method}:${get('uri')}`)
  const middle = params.has('qop')
    ? `${get('nonce')}:${get('nc')}:${get('cnonce')}:${get('qop')}`
    : get('nonce')
  return hash(`${first}:${middle}:${second}`)
}

/** The credentials of a request for one realm; their proof is checked. */
export const checked = (
  request: SipRequest,
  realm: string,
  password = secret.password,
  kind = 'proxy-authorization',
) => {
  const values = request.parsed(kind as 'proxy-authorization') ?? []
  const value = values.find(({ params }) => params.get('realm') === realm)
  if (!value) throw new Error(`no credentials for ${realm} in ${request.method} ${request.cseq.seq}`)
  expect(value.params.get('uri')).toBe(request.uri)
  expect(value.params.get('response')).toBe(proof(value, request.method, password))
  return value.params
}
