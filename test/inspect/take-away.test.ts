/** What is taken away: trace files, captures, packets for HOMER, mermaid, SVG; and no secret in any of it. */
import { createSocket } from 'node:dgram'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Frame, MessageFrame } from '../../src/index.ts'
import {
  formatTrace,
  fromWire,
  hepOf,
  isTraceFault,
  mermaidOf,
  parseTrace,
  pcapOf,
  redactBytes,
  redactText,
  svgOf,
  TraceModel,
  TraceReader,
  testFileOf,
  toWire,
} from '../../src/inspect/index.ts'
import { createRequest, serialize } from '../../src/message/index.ts'
import { lostAck, ordinaryCall, registered, secrets } from './scenes.ts'
import { XMLParser } from './xml.ts'

const isMessage = (frame: Frame): frame is MessageFrame => frame.kind === 'message'
const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

const key = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz'
const secretSdp = `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nk=clear:topsecretkey\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^20|1:32\r\n`

/** A message with every secret there is. */
const secretFrame = (seq: number): MessageFrame => {
  const message = createRequest({
    method: 'INVITE',
    uri: 'sip:bob:uripassword@example.com',
    headers: [
      ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx'],
      ['From', '<sip:alice@example.com>;tag=1'],
      ['To', '<sip:bob@example.com>'],
      ['Call-ID', 'secret-call'],
      ['CSeq', '1 INVITE'],
      [
        'Authorization',
        'Digest username="alice", realm="r", nonce="kept", uri="sip:x", response="0a4f113bdigestresponse", cnonce="cnoncevalue"',
      ],
      ['Proxy-Authorization', 'Bearer bearer.token.value'],
      ['Refer-To', '<sip:carol@example.com?Authorization=Basic%20ZW1iZWRkZWQ>'],
      ['Content-Type', 'application/sdp'],
    ],
    body: secretSdp,
  })
  return {
    kind: 'message',
    seq,
    t: seq,
    direction: 'out',
    transport: 'UDP',
    local: { host: '192.0.2.1', port: 5060 },
    remote: { host: '192.0.2.2', port: 5060 },
    message,
    bytes: serialize(message),
  }
}

const hidden = [
  key,
  'topsecretkey',
  'asd88fgpdd777uzjYhagZg',
  'uripassword',
  '0a4f113bdigestresponse',
  'cnoncevalue',
  'bearer.token.value',
  'ZW1iZWRkZWQ',
]

describe('secrets', () => {
  it('are hidden byte for byte: nothing moves, and what is no secret stays', () => {
    const { bytes } = secretFrame(1)
    const shown = latin(redactBytes(bytes))
    expect(shown).toHaveLength(bytes.length)
    for (const secret of hidden) expect(shown).not.toContain(secret)
    expect(shown).toContain('nonce="kept"')
    expect(shown).toContain('a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***')
    expect(shown.split('\r\n')).toHaveLength(latin(bytes).split('\r\n').length)
  })

  it('are in no export: file, capture, packet, picture, text, test', async () => {
    const { frames } = await registered()
    const seq = frames.at(-1)!.seq + 1
    const all = [...frames, secretFrame(seq)]
    const model = new TraceModel()
    model.append(all)
    const responses = frames
      .filter(isMessage)
      .flatMap(({ message }) =>
        message.headers('authorization').map(value => /response="([^"]+)"/.exec(value)![1]!),
      )
    expect(responses.length).toBeGreaterThan(0)
    const file = formatTrace(all)
    const { frames: read } = parseTrace(file)
    const exported = [
      file,
      ...read.filter(isMessage).map(({ bytes }) => latin(bytes)),
      latin(pcapOf(all)),
      ...all.filter(isMessage).map(frame => latin(hepOf(frame)!)),
      ...model.flows().flatMap(({ id }) => [mermaidOf(model.ladder(id)), svgOf(model.ladder(id))]),
      JSON.stringify([model.flows(), model.findings(), model.flows().map(({ id }) => model.ladder(id))]),
      testFileOf(all).text ?? '',
    ]
    expect(read.filter(isMessage)).toHaveLength(all.filter(isMessage).length)
    for (const secret of [secrets.password, ...responses, ...hidden])
      for (const text of exported) expect(text.includes(secret), secret).toBe(false)
  })

  it('are hidden in any text without growth, and a second time changes nothing', () => {
    const line = fc.constantFrom(
      'Authorization: Digest response="abc"',
      'a=crypto:1 x inline:KEY',
      'k=clear:x',
      '',
      'To: <sip:a:b@c>',
      'sip:a:b@',
      'Authorization: Basic abc',
      ' continued response=x',
      'v=0',
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), lines => {
        const text = lines.join('\r\n')
        const once = redactText(text)
        expect(once).toHaveLength(text.length)
        expect(redactText(once)).toBe(once)
      }),
    )
  })

  it('cost no more than time in proportion, however a message is made', () => {
    const evil = ['sip:', 'Authorization: ', 'response="', 'a=crypto:', '?authorization=', '\r\n\r\n'].map(
      one => one.repeat(Math.floor(60_000 / one.length)),
    )
    const began = performance.now()
    for (const text of evil) redactText(text)
    expect(performance.now() - began).toBeLessThan(1500)
  })
})

describe('a trace file', () => {
  it('gives back what was written, frame by frame', async () => {
    const { alice } = await lostAck(2_000)
    const { header, frames, faults } = parseTrace(
      formatTrace(alice.frames, { engine: 'alice', redact: false }),
    )
    expect(header).toEqual({ format: 'sipactor-trace', version: 1, engine: 'alice', redacted: false })
    expect(faults).toEqual([])
    expect(frames).toHaveLength(alice.frames.length)
    frames.forEach((frame, index) => {
      const before = alice.frames[index]!
      expect(toWire(frame, { redact: false })).toEqual(toWire(before, { redact: false }))
      if (frame.kind === 'message') expect(latin(serialize(frame.message))).toBe(latin(frame.bytes))
    })
  })

  it('is read the same in pieces of any size', async () => {
    const { alice } = await ordinaryCall()
    const text = formatTrace(alice.frames)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 30 }), sizes => {
        const reader = new TraceReader()
        let count = 0
        let at = 0
        for (const size of sizes) {
          count += reader.push(text.slice(at, at + size)).length
          at += size
        }
        count += reader.push(text.slice(at)).length + reader.end().length
        expect(count).toBe(alice.frames.length)
        expect(reader.faults).toEqual([])
      }),
      { numRuns: 20 },
    )
  })

  it.each([
    ['', 'there is nothing in it'],
    ['hello', 'this is no trace of sipactor'],
    ['{"format":"har"}', 'this is no trace of sipactor'],
    ['{"format":"sipactor-trace","version":9}', 'this trace has version 9, and only version 1 is understood'],
  ])('%j is refused with words', (text, reason) => {
    const { header, frames, faults } = parseTrace(text)
    expect(header).toBeUndefined()
    expect(frames).toEqual([])
    expect(faults.map(one => one.reason)).toEqual([reason])
  })

  it('never throws, whatever a line holds', () => {
    const head = '{"format":"sipactor-trace","version":1,"redacted":true}\n'
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 8 }), lines => {
        const { frames, faults } = parseTrace(head + lines.map(line => line.replaceAll('\n', ' ')).join('\n'))
        expect(frames).toEqual([])
        expect(faults.length).toBeLessThanOrEqual(lines.length)
      }),
    )
    const address = { host: 'h', port: 1 }
    const base = { seq: 1, t: 0, transport: 'UDP', local: address, remote: address }
    for (const wrong of [
      null,
      1,
      {},
      { kind: 'message' },
      { kind: 'message', ...base, direction: 'in', bytes: '!' },
      { kind: 'message', ...base, direction: 'in', bytes: 'aGk=' },
      { kind: 'toString' },
      { kind: 'malformed', ...base, reason: 1 },
    ])
      expect(isTraceFault(fromWire(wrong))).toBe(true)
  })
})

/** A decoder of HEP3 by the book, which knows nothing of the encoder. */
const decodeHep = (packet: Buffer): Map<number, Buffer> => {
  expect(packet.toString('latin1', 0, 4)).toBe('HEP3')
  expect(packet.readUInt16BE(4)).toBe(packet.length)
  const chunks = new Map<number, Buffer>()
  for (let at = 6; at < packet.length; ) {
    expect(packet.readUInt16BE(at)).toBe(0)
    const size = packet.readUInt16BE(at + 4)
    chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, at + size))
    at += size
  }
  return chunks
}

describe('HEP3', () => {
  const decoded = async (
    frame: MessageFrame,
    options: Parameters<typeof hepOf>[1],
  ): Promise<Map<number, Buffer>> => {
    const receiver = createSocket('udp4')
    await new Promise<void>(done => receiver.bind(0, '127.0.0.1', done))
    const packet = new Promise<Buffer>(done => receiver.once('message', done))
    const sender = createSocket('udp4')
    sender.send(hepOf(frame, options)!, receiver.address().port, '127.0.0.1')
    const bytes = await packet
    sender.close()
    receiver.close()
    return decodeHep(bytes)
  }

  it('carries every field, over a real socket', async () => {
    const frame: MessageFrame = { ...secretFrame(1), t: 1234.567 }
    const chunks = await decoded(frame, {
      epoch: 1_700_000_000_000,
      agent: 77,
      key: 'collector',
      node: 'pbx',
      redact: false,
    })
    const number = (type: number): number => chunks.get(type)!.readUIntBE(0, chunks.get(type)!.length)
    expect([1, 2, 7, 8, 9, 10, 11, 12].map(number)).toEqual([
      2, 17, 5060, 5060, 1_700_000_001, 234_567, 1, 77,
    ])
    expect([...chunks.get(3)!]).toEqual([192, 0, 2, 1])
    expect([...chunks.get(4)!]).toEqual([192, 0, 2, 2])
    expect(chunks.get(14)!.toString()).toBe('collector')
    expect(chunks.get(15)!.equals(frame.bytes)).toBe(true)
    expect(chunks.get(17)!.toString()).toBe('secret-call')
    expect(chunks.get(19)!.toString()).toBe('pbx')
    expect(chunks.size).toBe(14)
  })

  it('has IPv6 addresses and TCP, in the direction in which it went', () => {
    const frame: MessageFrame = {
      ...secretFrame(1),
      direction: 'in',
      transport: 'TLS',
      local: { host: '2001:db8::1', port: 5061 },
      remote: { host: '2001:db8::2', port: 40_000 },
    }
    const chunks = decodeHep(Buffer.from(hepOf(frame)!))
    expect([chunks.get(1)![0], chunks.get(2)![0]]).toEqual([10, 6])
    expect(chunks.get(5)!.toString('hex')).toBe('20010db8000000000000000000000002')
    expect(chunks.get(6)!.toString('hex')).toBe('20010db8000000000000000000000001')
    expect(chunks.get(7)!.readUInt16BE(0)).toBe(40_000)
    expect(chunks.has(3)).toBe(false)
  })
})

describe('pictures and texts', () => {
  it('a ladder as mermaid has every message and state, and nothing that breaks it', async () => {
    const { bob } = await lostAck(3_000)
    const model = bob.model()
    const text = mermaidOf(model.ladder(model.flows()[0]!.id))
    expect(text.split('\n')[0]).toBe('sequenceDiagram')
    expect(text).toContain('p0->>p1: INVITE · SDP')
    expect(text).toMatch(/p1-->>p0: 200 OK · SDP · ↻ ×\d/)
    expect(text).toContain('p0--xp1: ACK expected')
    expect(text).toContain('Note over p1: ')
    expect(text).not.toMatch(/[;#](?!\d+;)(?<!#\d+;)/)
  })

  it.each(['light', 'dark'] as const)(
    'a ladder as SVG (%s) is XML by itself, without scripts or anything to load',
    async theme => {
      const { bob } = await lostAck(3_000)
      const model = bob.model()
      const svg = svgOf(model.ladder(model.flows()[0]!.id), {
        theme,
        title: '<script>alert("x")</script> & \u0000]]>',
      })
      const elements = new XMLParser(svg).elements
      expect(new Set(elements.map(({ name }) => name))).toEqual(
        new Set(['svg', 'rect', 'text', 'path'].filter(name => elements.some(one => one.name === name))),
      )
      expect(
        elements
          .flatMap(({ attributes }) => [...attributes.keys()])
          .filter(name => /^on|href|style/i.test(name)),
      ).toEqual([])
      const texts = elements.map(({ text }) => text)
      expect(texts).toContain('<script>alert("x")</script> & \ufffd]]>')
      expect(texts.filter(text => text === 'INVITE  SDP')).toHaveLength(1)
      expect(texts.some(text => text.startsWith('ACK expected'))).toBe(true)
    },
  )
})
