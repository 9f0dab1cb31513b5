import { describe, expect, it } from 'vitest'
import {
  createRequest,
  isMalformed,
  MessageStream,
  type StreamItem,
  serialize,
} from '../../src/message/index.ts'

const request = (id: string, body: string, lines = ''): string =>
  `MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK${id}\r\nFrom: <sip:a@b>;tag=1\r\n` +
  `To: <sip:b@b>\r\nCall-ID: ${id}\r\nCSeq: 1 MESSAGE\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const name = (item: StreamItem): string =>
  typeof item === 'string' ? item : isMalformed(item) ? `! ${item.status}` : `${item.callId} ${item.text}`
const feed = (text: string, size = text.length): { items: string[]; stream: MessageStream } => {
  const stream = new MessageStream()
  const items: string[] = []
  for (let i = 0; i < text.length; i += size)
    items.push(...stream.push(bytes(text.slice(i, i + size))).map(name))
  return { items, stream }
}

describe('MessageStream', () => {
  it('cuts pipelined messages at their Content-Length (§18.3)', () => {
    const { items, stream } = feed(request('1', 'one') + request('2', '') + request('3', '\r\n\r\n'))
    expect(items).toEqual(['1 one', '2 ', '3 \r\n\r\n'])
    expect([stream.pending, stream.broken]).toEqual([0, false])
  })
  it('reads them byte by byte as well, and says how much it holds', () => {
    const text = request('1', 'one') + request('2', 'two')
    expect(feed(text, 1).items).toEqual(['1 one', '2 two'])
    expect(feed(text.slice(0, 40), 1).stream.pending).toBe(40)
    expect(feed(text.slice(0, -1), 7).items).toEqual(['1 one'])
  })
  it('takes single line ends for answers where we ask: two pongs are no ping (RFC 5626 §4.4.1)', () => {
    const stream = new MessageStream()
    stream.asks = true
    const line = bytes('\r\n')
    expect([stream.push(line), stream.push(line), stream.push(bytes('\r\n\r\n'))]).toEqual([
      ['pong'],
      ['pong'],
      ['ping'],
    ])
  })
  it('tells keep-alive pings from pongs (RFC 5626 §3.5.1)', () => {
    const message = request('1', '')
    expect(feed('\r\n\r\n').items).toEqual(['ping'])
    expect(feed('\r\n').items).toEqual(['pong'])
    expect(feed(`\r\n${message}\r\n\r\n${message}\r\n`).items).toEqual(['pong', '1 ', 'ping', '1 ', 'pong'])
    expect(feed('\r\n\r\n', 1).items).toEqual(['pong', 'ping'])
    expect(feed('\r\n\r\n\r\n').items).toEqual(['ping', 'pong'])
  })
  it('goes on behind a message that is bad but framed', () => {
    const text = request('1', 'x').replace('CSeq: 1 MESSAGE', 'CSeq: 1 BYE') + request('2', '')
    const { items, stream } = feed(text, 5)
    expect(items).toEqual(['! 400', '2 '])
    expect(stream.broken).toBe(false)
  })
  it.each([
    ['no length', request('1', '').replace('Content-Length: 0\r\n', ''), '! 400'],
    ['a negative length', request('1', '').replace('Length: 0', 'Length: -1'), '! 400'],
    ['two lengths', request('1', '', 'l: 0\r\n'), '! 400'],
    ['a length beyond 2^32', request('1', '').replace('Length: 0', 'Length: 4294967296'), '! 413'],
    ['a lone line feed in the headers', request('1', '', 'X: a\nContent-Length: 5\r\n'), '! 400'],
    ['a body beyond 256 KiB', request('1', '').replace('Length: 0', 'Length: 262145'), '! 413'],
    ['headers without end', `OPTIONS sip:a@b SIP/2.0\r\n${'X: y\r\n'.repeat(12_000)}`, '! 513'],
    ['no line end at all', 'x'.repeat(70_000), '! 513'],
  ])('breaks on %s and reads no further', (_, text, fault) => {
    for (const size of [text.length, 1_000]) {
      const { items, stream } = feed(text + request('2', ''), size)
      expect(items).toEqual([fault])
      expect([stream.broken, stream.pending]).toEqual([true, 0])
    }
  })
  it('gives each message bytes of its own', () => {
    const stream = new MessageStream()
    const input = bytes(request('1', 'one'))
    const [message] = stream.push(input)
    input.fill(0)
    stream.push(bytes(request('2', 'two')))
    expect(name(message!)).toBe('1 one')
  })
  it('reads bodies of 256 KiB in small pieces', () => {
    const body = 'x'.repeat(262_144)
    const message = createRequest({
      method: 'MESSAGE',
      uri: 'sip:b@b',
      headers: [
        ['Via', 'SIP/2.0/TCP h'],
        ['From', '<sip:a@b>'],
        ['To', '<sip:a@b>'],
        ['Call-ID', '1'],
        ['CSeq', '1 MESSAGE'],
      ],
      body,
    })
    const { items } = feed(Buffer.from(serialize(message)).toString('latin1').repeat(3), 1_460)
    expect(items.map(item => item.length)).toEqual([262_146, 262_146, 262_146])
  })
})
