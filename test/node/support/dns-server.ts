/** A DNS server on loopback that answers from a table, by UDP and TCP. RFC 1035 §4. */
import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import {
  decode,
  encode,
  type Packet,
  type Answer as PacketAnswer,
  streamDecode,
  streamEncode,
} from 'dns-packet'
import type { DnsRecord } from '../../../src/engine/ports.ts'
import { type ZoneRecord, zoneRecord } from '../../../src/testing/zone.ts'

/** What the server says about a name: records or addresses, a response code, nothing at all, or by UDP only that it is too long. */
export type Answer = readonly ZoneRecord[] | 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED' | 'silence' | 'truncated'

export interface DnsServer {
  readonly address: string
  /** `A name` or `AAAA name` per question, in order of arrival; those by TCP end in ` tcp`. */
  readonly questions: readonly string[]
  /** Changes an answer. */
  set(key: string, answer: Answer): void
  close(): Promise<void>
}

const codes = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const
const truncation = 0x0200

const bareAddress = (text: ZoneRecord): ZoneRecord =>
  typeof text === 'string' && /^[0-9a-f.:]+$/i.test(text)
    ? `${text.includes(':') ? 'AAAA' : 'A'} ${text}`
    : text

const asPacket = (name: string, record: DnsRecord): PacketAnswer => {
  const head = { name, ttl: record.ttl ?? 60, class: 'IN' as const }
  switch (record.type) {
    case 'SRV': {
      const { priority, weight, port, target } = record
      return { ...head, type: 'SRV', data: { priority, weight, port, target } }
    }
    case 'NAPTR': {
      const { order, preference, flags, service: services, regexp, replacement } = record
      return { ...head, type: 'NAPTR', data: { order, preference, flags, services, regexp, replacement } }
    }
    default:
      return { ...head, type: record.type, data: record.address }
  }
}

/**
 * Starts it. Keys are names, or `A name`, `SRV name` where types are answered differently; names not listed, and with
 * none below them, do not exist.
 */
export const dnsServer = async (given: Readonly<Record<string, Answer>>): Promise<DnsServer> => {
  const table = new Map(Object.entries(given))
  const questions: string[] = []
  const sockets = new Set<Socket>()

  const answerTo = (query: Packet, stream: boolean): Packet | undefined => {
    const [question] = query.questions ?? []
    if (!question) return undefined
    const { type } = question
    const name = question.name.toLowerCase()
    questions.push(`${type} ${name}${stream ? ' tcp' : ''}`)
    const parent = [...table.keys()].some(key => key.endsWith(`.${name}`))
    const answer = table.get(`${type} ${name}`) ?? table.get(name) ?? (parent ? [] : 'NXDOMAIN')
    if (answer === 'silence') return undefined
    const reply = { type: 'response' as const, id: query.id ?? 0, questions: [question] }
    const flags = 0x0180
    if (answer === 'truncated') {
      if (!stream) return { ...reply, flags: flags | truncation }
      const many = Array.from({ length: 20 }, (_, index) => zoneRecord(`A 192.0.2.${index + 1}`))
      return {
        ...reply,
        flags,
        answers: many.filter(one => one.type === type).map(one => asPacket(name, one)),
      }
    }
    if (typeof answer === 'string') return { ...reply, flags: flags | codes[answer] }
    const records = answer.map(one => zoneRecord(bareAddress(one))).filter(one => one.type === type)
    return { ...reply, flags, answers: records.map(one => asPacket(name, one)) }
  }

  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => {
    const reply = answerTo(decode(bytes), false)
    if (reply) socket.send(encode(reply), from.port, from.address)
  })
  await new Promise<void>(resolve => {
    socket.bind(0, '127.0.0.1', () => resolve())
  })
  const { port } = socket.address()
  const server = createServer(stream => {
    sockets.add(stream)
    stream.on('error', () => {})
    let read = Buffer.alloc(0)
    stream.on('data', piece => {
      read = Buffer.concat([read, piece])
      while (read.length >= 2 && read.length >= 2 + read.readUInt16BE(0)) {
        const end = 2 + read.readUInt16BE(0)
        const reply = answerTo(streamDecode(read.subarray(0, end)), true)
        read = read.subarray(end)
        if (reply) stream.write(streamEncode(reply))
      }
    })
  })
  await new Promise<void>(resolve => {
    server.listen(port, '127.0.0.1', () => resolve())
  })
  return {
    address: `127.0.0.1:${port}`,
    questions,
    set: (key, answer) => void table.set(key, answer),
    close: async () => {
      for (const stream of sockets) stream.destroy()
      await Promise.all([
        new Promise<void>(done => {
          socket.close(() => done())
        }),
        new Promise<void>(done => {
          server.close(() => done())
        }),
      ])
    },
  }
}
