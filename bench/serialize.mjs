/**
 * `bench serialize`: messages per second to bytes.
 *
 * `serialize` writes the ten parsed messages again. JsSIP and SIP.js cannot (they keep the text that came), so
 * `serialize.request` is a REGISTER of one's own with the same headers, built from its parts and written.
 */
import { createRequire } from 'node:module'
import { createRequest, parse, serialize } from '../dist/src/message/index.js'
import { corpus } from './lib/corpus.mjs'
import { chosen, inTurn, tell, time } from './lib/rounds.mjs'

const require = createRequire(import.meta.url)
const sip = require('sip')
const { SipMessage } = require('drachtio-sip')
const messages = corpus.map(({ bytes }) => bytes)
const bytesOf = text => Buffer.from(text, 'latin1')

/** Start line and headers as lines, body: the least that could be kept of a message. */
const linesOf = bytes => {
  const text = bytes.latin1Slice()
  const end = text.indexOf('\r\n\r\n')
  return { lines: text.slice(0, end).split('\r\n'), body: text.slice(end + 4) }
}

const again = [
  { name: 'sipactor', messages: messages.map(parse), write: serialize },
  {
    name: 'sip',
    messages: messages.map(sip.parse),
    write: message => Buffer.from(sip.stringify(message), 'binary'),
  },
  {
    name: 'drachtio-sip',
    messages: messages.map(bytes => new SipMessage(bytes.latin1Slice())),
    write: message => bytesOf(message.toString()),
  },
  {
    name: 'node-floor',
    messages: messages.map(linesOf),
    write: ({ lines, body }) => bytesOf(lines.join('\r\n') + '\r\n\r\n' + body),
  },
]

const parts = {
  via: 'SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKnashds7;rport',
  from: 'sip:alice@example.com',
  tag: '456248',
  callId: '843817637684230@998sdasdh09',
  contact: '<sip:alice@192.0.2.4:5060>',
  agent: 'Bench/1.0',
}

const own = () => {
  const { via, from, tag, callId, contact, agent } = parts
  return createRequest({
    method: 'REGISTER',
    uri: 'sip:example.com',
    headers: [
      ['Via', via],
      ['Max-Forwards', '70'],
      ['From', `<${from}>;tag=${tag}`],
      ['To', `<${from}>`],
      ['Call-ID', callId],
      ['CSeq', '1827 REGISTER'],
      ['Contact', contact],
      ['Supported', 'path, outbound'],
      ['User-Agent', agent],
    ],
  })
}

const ownOfSip = () => ({
  method: 'REGISTER',
  uri: 'sip:example.com',
  version: '2.0',
  headers: {
    via: [
      {
        version: '2.0',
        protocol: 'UDP',
        host: '192.0.2.4',
        port: 5060,
        params: { branch: 'z9hG4bKnashds7' },
      },
    ],
    'max-forwards': 70,
    from: { uri: parts.from, params: { tag: parts.tag } },
    to: { uri: parts.from, params: {} },
    'call-id': parts.callId,
    cseq: { seq: 1827, method: 'REGISTER' },
    contact: [{ uri: 'sip:alice@192.0.2.4:5060', params: {} }],
    supported: 'path, outbound',
    'user-agent': parts.agent,
  },
})

const drachtioRequest = () => {
  const message = new SipMessage()
  message.method = 'REGISTER'
  message.uri = 'sip:example.com'
  message.version = '2.0'
  return message
    .set('via', parts.via)
    .set('max-forwards', '70')
    .set('from', `<${parts.from}>;tag=${parts.tag}`)
    .set('to', `<${parts.from}>`)
    .set('call-id', parts.callId)
    .set('cseq', '1827 REGISTER')
    .set('contact', parts.contact)
    .set('supported', 'path, outbound')
    .set('user-agent', parts.agent)
}

const jssipWriter = () => {
  const { OutgoingRequest } = require('jssip/lib/SIPMessage.js')
  const URI = require('jssip/lib/URI.js')
  const alice = URI.parse(parts.from)
  const ua = {
    configuration: { uri: alice, user_agent: parts.agent, jssip_id: 'bench', extra_headers: [] },
    contact: {},
  }
  const target = URI.parse('sip:example.com')
  const params = { to_uri: alice, from_uri: alice, from_tag: parts.tag, call_id: parts.callId, cseq: 1827 }
  return () => {
    const request = new OutgoingRequest('REGISTER', target, ua, params, [`Contact: ${parts.contact}`])
    request.setHeader('via', parts.via)
    return bytesOf(request.toString())
  }
}

const sipJsWriter = async () => {
  const { OutgoingRequestMessage } = await import('sip.js/lib/core/messages/outgoing-request-message.js')
  const { Grammar } = await import('sip.js/lib/grammar/grammar.js')
  const alice = Grammar.URIParse(parts.from)
  const target = Grammar.URIParse('sip:example.com')
  const options = { fromTag: parts.tag, callId: parts.callId, cseq: 1827, userAgentString: parts.agent }
  return () => {
    const request = new OutgoingRequestMessage('REGISTER', target, alice, alice, options, [
      `Contact: ${parts.contact}`,
    ])
    request.setHeader('via', parts.via)
    return bytesOf(request.toString())
  }
}

const built = async () => [
  { name: 'sipactor', write: () => serialize(own()) },
  { name: 'sip', write: () => Buffer.from(sip.stringify(ownOfSip()), 'binary') },
  { name: 'jssip', write: jssipWriter() },
  { name: 'sip.js', write: await sipJsWriter() },
  { name: 'drachtio-sip', write: () => bytesOf(drachtioRequest().toString()) },
]

export const run = async ({ subjects, rounds = 5, seconds = 1 }, report) => {
  const settings = { rounds, seconds, warmUp: 2 }
  report.say('serialize …')
  const all = again.map(({ name, messages, write }) => ({
    name,
    measure: s => messages.length / time(() => messages.forEach(message => write(message)), s, 20),
  }))
  tell(report, 'serialize', await inTurn(chosen(all, subjects), settings), 'messages/s')
  for (const name of ['jssip', 'sip.js'])
    if (!subjects || subjects.includes(name))
      report.miss('serialize', name, 'cannot write a received message')

  report.say('serialize.request …')
  const notes = new Map()
  const requests = (await built()).map(({ name, write }) => {
    const bytes = write()
    notes.set(name, `${bytes.length} bytes`)
    return { name, measure: s => 1 / time(write, s, 200) }
  })
  tell(report, 'serialize.request', await inTurn(chosen(requests, subjects), settings), 'messages/s', notes)
}
