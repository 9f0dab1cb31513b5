/** When a peer is there: its port is asked for, or OPTIONS sent, again and again until somebody answers. */
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { host } from './party.ts'
import { within } from './program.ts'

const pauseBetween = 20

const pause = (): Promise<void> => new Promise(done => setTimeout(done, pauseBetween))

/**
 * True when that port of the loopback address is taken, by the kernel's own table: to try and bind it would take it
 * away from the program that is about to. Linux only, as the packages that are tested against.
 */
const taken = (table: 'udp' | 'tcp', port: number): boolean => {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync(`/proc/net/${table}`, 'latin1')
    .split('\n')
    .some(line => line.trimStart().split(/\s+/)[1] === address)
}

/** Settles when somebody has that port. */
export const bound = (transport: 'UDP' | 'TCP', port: number, ms = 10_000): Promise<void> => {
  let asking = true
  const ask = async (): Promise<void> => {
    while (asking && !taken(transport === 'UDP' ? 'udp' : 'tcp', port)) await pause()
  }
  return within(ask(), ms, `nobody took ${transport} port ${port}`).finally(() => {
    asking = false
  })
}

/** Settles when a SIP server answers OPTIONS over UDP on that port, whatever the status. */
export const answersOptions = (port: number, ms = 10_000): Promise<void> => {
  const socket = createSocket('udp4')
  let timer: NodeJS.Timeout | undefined
  const answered = new Promise<void>((resolve, reject) => {
    socket.once('message', () => resolve())
    socket.once('error', reject)
    socket.bind(0, host, () => {
      const local = `${host}:${socket.address().port}`
      const request = [
        `OPTIONS sip:${host}:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${local};branch=z9hG4bK-ready`,
        'Max-Forwards: 70',
        `From: <sip:ready@${local}>;tag=ready`,
        `To: <sip:${host}:${port}>`,
        `Call-ID: ready@${local}`,
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n')
      timer = setInterval(() => socket.send(request, port, host), 50)
      socket.send(request, port, host)
    })
  })
  return within(answered, ms, `nobody answered OPTIONS on UDP port ${port}`).finally(() => {
    clearInterval(timer)
    socket.close()
  })
}
