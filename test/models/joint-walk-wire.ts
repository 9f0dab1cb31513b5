/** What the wire itself must show, whatever two ends do: CSeq in order, one final answer to each request. RFC 3261 §8.2.2.2, §12.2.2 */
import type { Packet } from '../../src/testing/index.ts'
import { nameOf } from '../scenarios/wire.ts'

const header = (text: string, name: string): string => {
  const at = text.indexOf(`\r\n${name}: `)
  return at < 0 ? '' : text.slice(at + name.length + 4, text.indexOf('\r\n', at + 2))
}
const tagOf = (value: string): string => /;tag=([^;]*)/.exec(value)?.[1] ?? ''

export const createWireRules = (fault: (text: string) => void) => {
  const names: string[] = []
  const numbers = new Map<string, number>()
  const branches = new Set<string>()
  const finals = new Map<string, string>()

  const request = (text: string, from: string): void => {
    const [number = '', method = ''] = header(text, 'CSeq').split(' ')
    if (method === 'ACK' || method === 'CANCEL') return
    const branch = `${from} ${method} ${/;branch=([^;\r]*)/.exec(text)?.[1]}`
    if (branches.has(branch)) return
    branches.add(branch)
    const dialog = `${header(text, 'Call-ID')} ${tagOf(header(text, 'From'))} ${tagOf(header(text, 'To'))}`
    // The same once more, to the next target or by a new stream, is no new request. RFC 3263 §4.3
    const same = `${dialog} ${number} ${method}`
    if (branches.has(same)) return
    branches.add(same)
    const before = numbers.get(dialog) ?? -1
    if (Number(number) <= before) fault(`CSeq ${number} ${method} after ${before}`)
    numbers.set(dialog, Number(number))
  }
  const response = (text: string): void => {
    const status = text.slice(8, 11)
    if (status < '200') return
    const branch = `${/;branch=([^;\r]*)/.exec(text)?.[1]} ${header(text, 'CSeq')}`
    const before = finals.get(branch)
    if (before !== undefined && before !== status)
      fault(`${status} after ${before} to ${header(text, 'CSeq')}`)
    finals.set(branch, status)
  }
  return {
    /** Packets so far: who sent what. */
    names,
    see: (packet: Packet): void => {
      const { text, from } = packet
      names.push(`${from.host.at(-1)} ${nameOf(packet)}`)
      if (text.startsWith('SIP/2.0')) response(text)
      else request(text, from.host)
    },
  }
}
