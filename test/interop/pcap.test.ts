/** Captures as tshark reads them: every message dissected as SIP, nothing malformed, every checksum right. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Frame, MessageFrame } from '../../src/index.ts'
import { pcapOf } from '../../src/inspect/index.ts'
import { createRequest, createResponse, serialize } from '../../src/message/index.ts'
import { ordinaryCall, registered } from '../inspect/scenes.ts'

const folder = mkdtempSync(join(tmpdir(), 'sipactor-pcap-'))
afterAll(() => rmSync(folder, { recursive: true }))

const found = (): boolean => {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

/** Options that make tshark check what it would not by itself. */
const strict = ['udp.check_checksum', 'tcp.check_checksum', 'ip.check_checksum'].flatMap(name => [
  '-o',
  `${name}:TRUE`,
])

/** Packets with the fields asked for, as tshark prints them. */
const dissect = (bytes: Uint8Array, filter: string, ...fields: readonly string[]): string[][] => {
  const file = join(folder, 'capture.pcap')
  writeFileSync(file, bytes)
  const wanted = fields.flatMap(field => ['-e', field])
  const ports = ['-d', 'tcp.port==5060,sip', '-d', 'tcp.port==5061,sip', '-d', 'udp.port==5080,sip']
  const text = execFileSync(
    'tshark',
    ['-r', file, ...strict, ...ports, '-Y', filter, '-T', 'fields', '-E', 'occurrence=a', ...wanted],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  )
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split('\t'))
}

const wrong =
  '_ws.malformed || udp.checksum.status == "Bad" || tcp.checksum.status == "Bad" || ip.checksum.status == "Bad" || tcp.analysis.flags || _ws.expert.severity >= error'

const messages = (frames: readonly Frame[]): MessageFrame[] =>
  frames.filter((frame): frame is MessageFrame => frame.kind === 'message')

const title = ({ message }: MessageFrame): string =>
  message.kind === 'request' ? message.method : String(message.status)

const sip = (bytes: Uint8Array): string[] =>
  dissect(bytes, 'sip', 'sip.Method', 'sip.Status-Code').map(([method, status]) => method || status || '')

const conversation = (over: Partial<MessageFrame>, body = 'hello'): MessageFrame[] =>
  [0, 1, 2, 3].map(index => {
    const headers = [
      ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx'],
      ['From', '<sip:alice@example.com>;tag=1'],
      ['To', '<sip:bob@example.com>;tag=2'],
      ['Call-ID', 'c1'],
      ['CSeq', `${index >> 1} MESSAGE`],
      ['Content-Type', 'text/plain'],
    ] as const
    const message =
      index % 2 === 0
        ? createRequest({
            method: 'MESSAGE',
            uri: 'sip:bob@example.com',
            headers: [...headers, ['Max-Forwards', '70']],
            body,
          })
        : createResponse({ status: 200, headers })
    return {
      kind: 'message',
      seq: index + 1,
      t: index * 100,
      direction: index % 2 === 0 ? 'out' : 'in',
      transport: 'UDP',
      local: { host: '192.0.2.1', port: 5060 },
      remote: { host: '192.0.2.2', port: 5060 },
      message,
      bytes: serialize(message),
      ...over,
    }
  })

if (!found()) it('needs tshark', () => expect.unreachable('tshark is not installed'))
else
  describe('tshark', () => {
    it.each([
      ['an ordinary call', async () => (await ordinaryCall()).alice.frames],
      ['a registration with digest', async () => (await registered()).frames],
    ])('dissects every message of %s', async (_name, record) => {
      const frames = await record()
      const bytes = pcapOf(frames)
      expect(sip(bytes)).toEqual(messages(frames).map(title))
      expect(dissect(bytes, wrong, 'frame.number')).toEqual([])
    })

    it.each([
      ['UDP over IPv4', {}],
      ['TCP over IPv4', { transport: 'TCP' }],
      ['TLS, shown as TCP', { transport: 'TLS', remote: { host: '192.0.2.2', port: 5061 } }],
      [
        'UDP over IPv6',
        { local: { host: '2001:db8::1', port: 5060 }, remote: { host: '2001:db8::2', port: 5060 } },
      ],
      [
        'TCP over IPv6',
        {
          transport: 'TCP',
          local: { host: 'fe80::1%eth0', port: 5060 },
          remote: { host: '2001:db8::2', port: 40_000 },
        },
      ],
      ['IPv4 in IPv6', { local: { host: '::ffff:192.0.2.1', port: 5060 } }],
      ['a browser without an address', { transport: 'WSS', remote: { host: 'x.invalid', port: 5060 } }],
    ] as const)('dissects %s, small and of 60 kB', (_name, over) => {
      for (const body of ['hello', 'x'.repeat(60_000)]) {
        const frames = conversation(over as Partial<MessageFrame>, body)
        const bytes = pcapOf(frames)
        expect(sip(bytes)).toEqual(['MESSAGE', '200', 'MESSAGE', '200'])
        expect(dissect(bytes, wrong, 'frame.number', '_ws.col.Info')).toEqual([])
        expect(dissect(bytes, 'sip.Method == "MESSAGE" && sip.Status-Line == ""', 'frame.number')).toEqual([])
        const lengths = dissect(bytes, 'sip.Request-Line', 'sip.Content-Length').map(([length]) =>
          Number(length),
        )
        expect(lengths).toEqual([body.length, body.length])
      }
    })

    it('would notice a byte that is wrong', () => {
      const bytes = pcapOf(conversation({}))
      bytes[bytes.length - 3]! ^= 0xff
      expect(dissect(bytes, wrong, 'frame.number')).toHaveLength(1)
    })

    it('sees addresses, ports and the time of day', () => {
      const bytes = pcapOf(conversation({}), { epoch: 1_700_000_000_000 })
      expect(
        dissect(bytes, 'sip', 'ip.src', 'udp.srcport', 'ip.dst', 'frame.time_epoch')
          .slice(0, 2)
          .map(([from, port, to, time]) => [from, port, to, Number(time)]),
      ).toEqual([
        ['192.0.2.1', '5060', '192.0.2.2', 1_700_000_000],
        ['192.0.2.2', '5060', '192.0.2.1', 1_700_000_000.1],
      ])
    })
  })
