/** Answers to our requests that are mutated or absurd: nothing inside fails, everything ends, nothing is left. */
import { expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { seededRandom } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createScene } from './traffic.ts'
import { watchedEngine } from './watched.ts'

const alice = '192.0.2.1'
const uri = 'sip:bob@192.0.2.2:5060'
const hour = 3_600_000

/** Header lines that a peer may add or change, each wrong in its own way, or merely strange. */
const oddities: readonly string[] = [
  'Contact: *',
  'Contact: <tel:+491234>',
  'Contact: <sip:>',
  'Contact: <sip:a@b>, <sip:c@d>',
  'Contact: <sip:a@nowhere.invalid>',
  'Contact: <sip:a@192.0.2.2:99999>',
  'Contact: <sip:alice@192.0.2.1:5060>;expires=99999999999999999999',
  'Contact: <sip:alice@192.0.2.1:5060>;expires=-1',
  'Record-Route: <sip:192.0.2.2>',
  'Record-Route: <tel:1>',
  'Record-Route: <sip:192.0.2.2;lr>, garbage',
  'Record-Route: <sip:nowhere.invalid;lr>',
  'Service-Route: garbage <',
  'Service-Route: <http://example.com>',
  'WWW-Authenticate: Digest',
  'WWW-Authenticate: Digest realm="k", nonce="n", algorithm=ROT13',
  'WWW-Authenticate: Digest realm="k", nonce="n", qop="auth"',
  'WWW-Authenticate: Digest realm="k", nonce="n", stale=true',
  'WWW-Authenticate: Digest realm="k", nonce="',
  'Proxy-Authenticate: Digest realm="k", nonce="n", qop="auth-int"',
  'Proxy-Authenticate: Basic realm="k"',
  'Min-Expires: 99999999999',
  'Min-Expires: -5',
  'Expires: many',
  'Retry-After: 99999999999999999999',
  'Require: 100rel',
  'RSeq: 0',
  'Content-Type: garbage',
  'Content-Type: multipart/mixed;boundary=""',
  'Content-Encoding: gzip',
  'Allow: ,,,',
  'To: <sip:bob@192.0.2.2>',
  'To: <sip:bob@192.0.2.2>;tag=',
  'To: <sip:bob@192.0.2.2>;tag=another',
  'From: <sip:somebody@else>;tag=else',
  'CSeq: 4294967295 INVITE',
  'CSeq: 1 BYE',
  'Call-ID: another',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-none',
  'Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-second',
]

const statuses = [
  100, 180, 183, 199, 200, 200, 200, 202, 299, 300, 302, 401, 401, 407, 407, 408, 420, 423, 423,
]
const more = [480, 481, 486, 487, 491, 494, 500, 503, 600, 603, 699]

const campaign = async (seed: number) => {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.between(0, from.length))]!
  const { clock, network } = createScene({ seed, latency: 1 })
  const { engine, port, failures: internal } = watchedEngine(network.platform({ host: alice }))
  const sip = sipOver(port, {
    credentials: () => ({ username: 'alice', password: 's3cret' }),
    onCallbackError: error => void internal.push(String(error)),
  })
  const connection = sip.connect({ port: 5060 })
  await connection.active()
  const peer = createPeer(network, { host: '192.0.2.2' })

  /** The honest answer with some lines put in, in place of those of the name or beside them, or with bytes changed. */
  const answer = (request: SipRequest): void => {
    const status = pick([...statuses, ...more])
    const via = request.headers('via').map(value => `Via: ${value}`)
    const honest = [
      `SIP/2.0 ${status} Whatever`,
      ...via,
      `From: ${request.header('from')}`,
      `To: ${request.header('to')}${request.toTag === undefined ? ';tag=bob' : ''}`,
      `Call-ID: ${request.callId}`,
      `CSeq: ${request.cseq.seq} ${request.method}`,
      'Contact: <sip:bob@192.0.2.2:5060>',
    ]
    const body = random.fraction() < 0.5 ? sdp('192.0.2.2') : ''
    let head = body === '' ? honest : [...honest, 'Content-Type: application/sdp']
    const changes = Math.floor(random.between(0, 4))
    for (let change = 0; change < changes; change += 1) {
      const line = pick(oddities)
      const name = line.slice(0, line.indexOf(':') + 1)
      if (random.fraction() < 0.7) head = head.filter(other => !other.startsWith(name))
      head = [...head, line]
    }
    let text = [...head, `Content-Length: ${body.length}`, '', body].join('\r\n')
    if (random.fraction() < 0.1) {
      const at = Math.floor(random.between(0, text.length))
      text = text.slice(0, at) + pick(['\r', '\0', '"', '<', ';', '%', '\\']) + text.slice(at + 1)
    }
    peer.send(text, { host: alice, port: 5060 })
  }
  for (const method of ['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'INFO', 'CANCEL', 'BYE']) {
    peer.on(method, request => {
      for (let copies = Math.floor(random.between(1, 4)); copies > 0; copies -= 1) answer(request)
    })
  }
  for (let step = 0; step < 60; step += 1) {
    const call = connection.invite(
      uri,
      random.fraction() < 0.7 ? { offer: sdp(alice) } : { offer: 'none', autoAck: false },
    )
    connection.request({ method: 'MESSAGE', uri, contentType: 'text/plain', body: 'x' })
    connection.register({ aor: 'sip:alice@192.0.2.2', expires: 60 })
    await clock.run(20)
    if (call.can('ack')) call.ack(sdp(alice))
    if (call.dialog && call.state.is === 'confirmed') call.dialog.request('INFO')
    await clock.run(2000)
    const end = pick(['hangUp', 'cancel'] as const)
    if (call.can(end)) void call[end]()
  }
  const closed = sip.close()
  await clock.run(hour)
  await closed
  return { internal, census: engine.census() }
}

it.each(Array.from({ length: 20 }, (_, index) => index + 1))('seed %i', async seed => {
  const { internal, census } = await campaign(seed)
  expect(internal).toEqual([])
  expect(census).toEqual({ actors: 0, keys: 0, timers: 0, kinds: {} })
})
