/** CR, LF and NUL in every string of the API that goes into a start line or a header: all refused, nothing sent. */
import { describe, expect, it } from 'vitest'
import {
  type Call,
  type Connection,
  createSip,
  isSipError,
  type ServerTransaction,
  type Sip,
} from '../../src/index.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { watch } from './wire.ts'

const alice = '192.0.2.1'
const to = { host: alice, port: 5060 }
const uri = 'sip:bob@192.0.2.2:5060'
const message = { method: 'MESSAGE', uri } as const
const aor = 'sip:alice@192.0.2.10'

interface Stage {
  readonly sip: Sip
  readonly connection: Connection
  /** An outgoing call that rings. */
  readonly calling: Call
  /** An outgoing call that is up. */
  readonly up: Call
  readonly incoming: Call
  readonly transaction: ServerTransaction
}

/** Everything that takes strings, in a state where it would take good ones. */
const stage = async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { sip, connection } = await world.party(alice)
  const calls: Call[] = []
  const transactions: ServerTransaction[] = []
  connection.calls$.subscribe(call => void calls.push(call))
  connection.requests$.subscribe(transaction => void transactions.push(transaction))
  const calling = connection.invite(uri, { offer: sdp(alice) })
  await world.run(10)
  peer.reply(peer.next('INVITE'), 180)
  const up = connection.invite(uri, { offer: sdp(alice) })
  await world.run(10)
  peer.reply(peer.next('INVITE'), 200, { body: sdp('192.0.2.2') })
  await world.run(10)
  peer.request('INVITE', { to, body: sdp('192.0.2.2') })
  peer.request('MESSAGE', { to })
  await world.run(300)
  const all: Stage = {
    sip,
    connection,
    calling,
    up,
    incoming: calls[0]!,
    transaction: transactions[0]!,
  }
  expect([calling.state.is, up.state.is, calls[0]?.state.is]).toEqual(['early', 'confirmed', 'incoming'])
  return { world, stage: all, wire: watch(world.network) }
}

type Action = (stage: Stage, text: string) => unknown

const credentials = (username: string) => ({ username, password: 'p' })

/** Where the text goes, after something good. */
const places: Readonly<Record<string, Action>> = {
  'connect host': ({ sip }, x) => sip.connect({ host: `${alice}${x}`, port: 7000 }),
  'connect user': ({ sip }, x) => sip.connect({ port: 7000, user: `alice${x}` }),
  'connect userAgent': ({ sip }, x) => sip.connect({ port: 7000, userAgent: `agent${x}` }),
  'connect outboundProxy': ({ sip }, x) => sip.connect({ port: 7000, outboundProxy: `sip:p.example${x}` }),
  'connect methods': ({ sip }, x) => sip.connect({ port: 7000, methods: [`CHAT${x}`] }),

  'request method': ({ connection }, x) => connection.request({ ...message, method: `CHAT${x}` }),
  'request uri': ({ connection }, x) => connection.request({ ...message, uri: `${uri}${x}` }),
  'request uri parameter': ({ connection }, x) => connection.request({ ...message, uri: `${uri};a=b${x}` }),
  'request uri user': ({ connection }, x) => connection.request({ ...message, uri: `sip:b${x}@192.0.2.2` }),
  'request from': ({ connection }, x) => connection.request({ ...message, from: `"A${x}" <${aor}>` }),
  'request to': ({ connection }, x) => connection.request({ ...message, to: `<${uri}>;a=b${x}` }),
  'request header name': ({ connection }, x) => connection.request({ ...message, headers: [[`X${x}`, '1']] }),
  'request header value': ({ connection }, x) =>
    connection.request({ ...message, headers: [['X', `1${x}`]] }),
  'request contentType': ({ connection }, x) =>
    connection.request({ ...message, contentType: `text/plain${x}`, body: 'b' }),
  'request credentials': ({ connection }, x) =>
    connection.request({ ...message, credentials: credentials(`alice${x}`) }),

  'invite uri': ({ connection }, x) => connection.invite(`${uri}${x}`),
  'invite from': ({ connection }, x) => connection.invite(uri, { from: `<${aor}>;a=b${x}` }),
  'invite to': ({ connection }, x) => connection.invite(uri, { to: `"B${x}" <${uri}>` }),
  'invite header': ({ connection }, x) => connection.invite(uri, { headers: [['Subject', `s${x}`]] }),
  'invite credentials': ({ connection }, x) =>
    connection.invite(uri, { credentials: [credentials('a'), credentials(`alice${x}`)] }),

  'register aor': ({ connection }, x) => connection.register({ aor: `${aor}${x}` }),
  'register registrar': ({ connection }, x) => connection.register({ aor, registrar: `sip:r.example${x}` }),
  'register contact': ({ connection }, x) => connection.register({ aor, contact: `<sip:a@h>;q=1${x}` }),
  'register outboundProxy': ({ connection }, x) =>
    connection.register({ aor, outboundProxy: `sip:p.example${x}` }),
  'register header': ({ connection }, x) => connection.register({ aor, headers: [['X', `1${x}`]] }),
  'register credentials': ({ connection }, x) =>
    connection.register({ aor, credentials: credentials(`alice${x}`) }),

  'respond reason': ({ transaction }, x) => transaction.respond(200, { reason: `Fine${x}` }),
  'respond header': ({ transaction }, x) => transaction.respond(200, { headers: [['X', `1${x}`]] }),
  'respond header name': ({ transaction }, x) => transaction.respond(200, { headers: [[`X${x}`, '1']] }),
  'respond contentType': ({ transaction }, x) =>
    transaction.respond(200, { contentType: `text/plain${x}`, body: 'b' }),

  'ring reason': ({ incoming }, x) => incoming.ring({ reason: `Ringing${x}` }),
  'progress header': ({ incoming }, x) => incoming.progress(183, { headers: [['X', `1${x}`]] }),
  'accept header': ({ incoming }, x) => incoming.accept(sdp('192.0.2.1'), { headers: [['X', `1${x}`]] }),
  'accept reason': ({ incoming }, x) => incoming.accept(sdp('192.0.2.1'), { reason: `OK${x}` }),
  'reject reason': ({ incoming }, x) => incoming.reject(486, { reason: `Busy${x}` }),
  'reject header': ({ incoming }, x) => incoming.reject(486, { headers: [['Reason', `1${x}`]] }),
  'cancel header': ({ calling }, x) => calling.cancel({ headers: [['Reason', `SIP${x}`]] }),
  'hangUp header': ({ up }, x) => up.hangUp({ headers: [['Reason', `SIP${x}`]] }),

  'dialog method': ({ up }, x) => up.dialog!.request(`CHAT${x}`),
  'dialog header': ({ up }, x) => up.dialog!.request('INFO', { headers: [['X', `1${x}`]] }),
  'dialog contentType': ({ up }, x) =>
    up.dialog!.request('INFO', { contentType: `text/plain${x}`, body: 'b' }),
  'static header name': ({ up }, x) => up.setStaticHeaders([[`X-A${x}`, '1']]),
  'static header value': ({ up }, x) => up.setStaticHeaders([['X-A', `1${x}`]]),
  'event of a call': ({ up }, x) => up.allowDialogNotifications(['talk', `hold${x}`]),
  'event of a connection': ({ connection }, x) => connection.allowDialogNotifications([`hold${x}`]),
  'dialog credentials': ({ up }, x) => up.dialog!.request('INFO', { credentials: credentials(`alice${x}`) }),
}

const breaks = {
  CRLF: '\r\nInjected: yes',
  CR: '\rInjected: yes',
  LF: '\nInjected: yes',
  NUL: '\0',
  'CR at the end': '\r',
  'LF at the end': '\n',
} as const

describe.each(Object.keys(places))('%s', place => {
  it('refuses CR, LF and NUL at once, and nothing is sent', async () => {
    const all = await stage()
    for (const [name, text] of Object.entries(breaks)) {
      let thrown: unknown
      try {
        places[place]!(all.stage, text)
      } catch (error) {
        thrown = error
      }
      expect(isSipError(thrown) ? thrown.code : `${name}: ${String(thrown)}`).toMatch(
        /^(argument|header-not-allowed)$/,
      )
    }
    await all.world.run(300)
    expect(all.wire.packets.map(({ text }) => text)).toEqual([])
    // It was the text: without it the same call is fine.
    expect(() => void places[place]!(all.stage, '')).not.toThrow()
    await all.world.end()
  })
})

it('a username of a credential provider that breaks the line is refused, and the request fails alone', async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const reported: unknown[] = []
  const { connection } = await world.party(alice, {
    credentials: () => credentials('alice\r\nInjected: yes'),
    onCallbackError: error => void reported.push(error),
  })
  const transaction = connection.request({ method: 'OPTIONS', uri })
  await world.run(10)
  peer.reply(peer.next('OPTIONS'), 401, {
    headers: [['WWW-Authenticate', 'Digest realm="k", nonce="n", qop="auth"']],
  })
  await world.run(40_000)
  expect(peer.all('OPTIONS').length).toBe(1)
  await expect(transaction.response()).rejects.toMatchObject({ code: 'forbidden' })
  expect(reported.map(error => isSipError(error) && error.code)).toEqual(['argument'])
})

it('a realm, nonce or opaque of the peer with quotes and backslashes comes back quoted (RFC 7616 §3.4)', async () => {
  const world = createWorld()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { connection } = await world.party(alice)
  connection.request({ method: 'OPTIONS', uri, credentials: credentials('al"ice') })
  await world.run(10)
  peer.reply(peer.next('OPTIONS'), 401, {
    headers: [['WWW-Authenticate', 'Digest realm="a\\"b\\\\c", nonce="n\\"1", opaque="o\\"", qop="auth"']],
  })
  await world.run(10)
  const params = peer.next('OPTIONS').parsed('authorization')?.[0]?.params
  expect(['username', 'realm', 'nonce', 'opaque'].map(name => params?.get(name))).toEqual([
    'al"ice',
    'a"b\\c',
    'n"1',
    'o"',
  ])
})

it('a closed Sip makes no connection', async () => {
  const world = createWorld()
  const sip = createSip({ platform: world.network.platform({ host: alice }) })
  await sip.close()
  expect(() => sip.connect()).toThrow(/closed/)
})
