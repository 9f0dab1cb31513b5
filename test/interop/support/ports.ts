/** Free ports of the loopback address. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const host = '127.0.0.1'
/** Below the range from which systems choose ports themselves, so that no other test is given one of ours meanwhile. */
const count = 3000
/** Each process that runs tests has ports of its own: between the look and the use another one would take them. */
const lowest = 20_000 + count * (Number(process.env.VITEST_POOL_ID ?? 0) % 4)
const given = new Set<number>()
const attempts = 100

const udpFree = (port: number): Promise<boolean> =>
  new Promise(done => {
    const socket = createSocket('udp4')
    socket.once('error', () => done(false))
    socket.bind(port, host, () => socket.close(() => done(true)))
  })

const tcpFree = (port: number): Promise<boolean> =>
  new Promise(done => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(true)))
  })

/** RTP and RTCP of audio and of video: SIPp takes four ports in a row, whatever it is told of video. */
const row = [0, 1, 2, 3] as const

/** The first of four neighbouring ports that are free, for UDP and for TCP. */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = lowest + row.length * Math.floor((Math.random() * count) / row.length)
    if (given.has(port)) continue
    given.add(port)
    const free = await Promise.all(row.flatMap(at => [udpFree(port + at), tcpFree(port + at)]))
    if (free.every(Boolean)) return port
  }
  throw new Error('no free port on 127.0.0.1')
}
