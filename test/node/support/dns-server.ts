/** A DNS server on loopback that answers from a table. RFC 1035 §4. */
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** What the server says about a name: addresses, a response code, or nothing at all. */
export type Answer = readonly string[] | 'SERVFAIL' | 'NXDOMAIN' | 'silence'

export interface DnsServer {
  readonly address: string
  /** `A name` or `AAAA name` per question, in order of arrival. */
  readonly questions: readonly string[]
  close(): Promise<void>
}

const codes = { SERVFAIL: 2, NXDOMAIN: 3 } as const
const types: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [28, 'AAAA'],
])

const parse = (query: Buffer): { readonly name: string; readonly type: string; readonly end: number } => {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: types.get(query.readUInt16BE(at + 1)) ?? '?',
    end: at + 5,
  }
}

const addressBytes = (address: string): Buffer => {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return Buffer.from(groups.map(group => group.padStart(4, '0')).join(''), 'hex')
}

const reply = (query: Buffer, end: number, type: string, answer: Exclude<Answer, 'silence'>): Buffer => {
  const header = Buffer.alloc(12)
  query.copy(header, 0, 0, 2)
  const found =
    typeof answer === 'string'
      ? []
      : answer.filter(each => isIPv6(each) === (type === 'AAAA') && type !== '?')
  header.writeUInt16BE(0x8180 | (typeof answer === 'string' ? codes[answer] : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found.length, 6)
  const records = found.map(address => {
    const data = addressBytes(address)
    const record = Buffer.alloc(12)
    record.writeUInt16BE(0xc00c, 0)
    record.writeUInt16BE(type === 'AAAA' ? 28 : 1, 2)
    record.writeUInt16BE(1, 4)
    record.writeUInt32BE(60, 6)
    record.writeUInt16BE(data.length, 10)
    return Buffer.concat([record, data])
  })
  return Buffer.concat([header, query.subarray(12, end), ...records])
}

/** Starts it. Keys are names, or `A name` and `AAAA name` where the two are answered differently; names not listed do not exist. */
export const dnsServer = (table: Readonly<Record<string, Answer>>): Promise<DnsServer> =>
  new Promise(resolve => {
    const socket = createSocket('udp4')
    const questions: string[] = []
    socket.on('message', (query, from) => {
      const { name, type, end } = parse(query)
      questions.push(`${type} ${name}`)
      const answer = table[`${type} ${name}`] ?? table[name] ?? 'NXDOMAIN'
      if (answer !== 'silence') socket.send(reply(query, end, type, answer), from.port, from.address)
    })
    socket.bind(0, '127.0.0.1', () =>
      resolve({
        address: `127.0.0.1:${socket.address().port}`,
        questions,
        close: () => new Promise<void>(done => socket.close(() => done())),
      }),
    )
  })
