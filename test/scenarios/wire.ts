/** What a third party sees: the packets of a simulated network, one line each. */
import type { Packet, SimulatedNetwork } from '../../src/testing/index.ts'

/** `REGISTER 2` for a request with its CSeq number, `200 REGISTER 2` for a response. */
export const nameOf = ({ text }: Pick<Packet, 'text'>): string => {
  const end = text.indexOf('\r\n')
  const [first = '', second = ''] = (end < 0 ? text : text.slice(0, end)).split(' ', 2)
  const at = text.indexOf('\r\nCSeq: ')
  const cseq = at < 0 ? '' : text.slice(at + 8, text.indexOf('\r\n', at + 8))
  const [number = '', method = ''] = cseq.split(' ')
  return first === 'SIP/2.0' ? `${second} ${method} ${number}` : `${first} ${number}`
}

/** Everything sent from now on. */
export const watch = (network: SimulatedNetwork) => {
  const packets: Packet[] = []
  network.onPacket(packet => packets.push(packet))
  return {
    packets,
    /** What one host sent, by name. */
    sentBy: (host: string): readonly string[] => packets.filter(({ from }) => from.host === host).map(nameOf),
    /** All of it: sender, receiver, time, bytes. */
    trace: (): readonly string[] =>
      packets.map(
        ({ time, from, to, transport, fate, text }) =>
          `${time} ${transport} ${from.host}:${from.port} ${to.host}:${to.port} ${fate}\n${text}`,
      ),
    clear: (): void => {
      packets.length = 0
    },
  }
}
