/** A peer on a real socket that is not made of this engine's layers: it answers, and keeps what the wire carried. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createResponse, isMalformed, parse, type SipRequest, serialize } from '../../../src/message/index.ts'
import { sdp } from '../../support/text.ts'

export interface Carried {
  /** As the engine sees it. */
  readonly direction: 'in' | 'out'
  readonly bytes: Buffer
}

/** Answers INVITE by 180 and 200, asks for credentials once, everything else is 200. */
export const udpPeer = async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address() as AddressInfo
  const uri = `sip:bob@127.0.0.1:${port}`
  const carried: Carried[] = []
  const challenge = ['WWW-Authenticate', 'Digest realm="sipactor.test", nonce="n-1", qop="auth"'] as const

  const headersFor = (request: SipRequest): readonly (readonly [string, string])[] => {
    const of = (name: string) => request.headers(name).map(value => [name, value] as const)
    const to = request.header('to')!
    return [
      ...of('Via'),
      ...of('From'),
      ['To', to.includes(';tag=') ? to : `${to};tag=peer`],
      ...of('Call-ID'),
      ...of('CSeq'),
    ]
  }
  socket.on('message', (bytes, from) => {
    carried.push({ direction: 'out', bytes })
    const request = parse(bytes)
    if (isMalformed(request) || request.kind !== 'request' || request.method === 'ACK') return
    const answer = (status: number, more: readonly (readonly [string, string])[] = [], body?: string) => {
      const headers = [...headersFor(request), ...more]
      const bytes = Buffer.from(
        serialize(createResponse({ status, headers, ...(body === undefined ? {} : { body }) })),
      )
      carried.push({ direction: 'in', bytes })
      socket.send(bytes, from.port, from.address)
    }
    const contact = ['Contact', `<${uri}>`] as const
    if (request.method === 'INVITE') {
      answer(180, [contact])
      answer(200, [contact, ['Content-Type', 'application/sdp']], sdp('127.0.0.1'))
    } else if (request.method === 'REGISTER' && request.header('authorization') === undefined) {
      answer(401, [challenge])
    } else {
      const bindings = request.method === 'REGISTER' ? request.headers('contact') : []
      answer(
        200,
        bindings.map(value => ['Contact', `${value};expires=3600`] as const),
      )
    }
  })
  return { uri, port, carried, close: () => socket.close() }
}
