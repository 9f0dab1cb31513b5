/** What a broken or hostile peer does to a stream: reliability row 10. Real sockets, loopback. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSip, type Sip } from '../../src/index.ts'
import { node } from '../../src/node/index.ts'
import { record } from '../api/support.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const start = async (connectionsPerPeer = 100) => {
  const sip: Sip = createSip({
    platform: node({ host: '127.0.0.1', udp: false, tcp: { connectionsPerPeer } }),
    limits: { messageOnStream: 300 },
  })
  ends.push(() => sip.close())
  const connection = sip.connect()
  await connection.active()
  const { port } = connection.addresses[0]!
  const dial = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    ends.push(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { connection, errors: record(connection.errors$), dial }
}

const options = (number: number): string =>
  [
    'OPTIONS sip:alice@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKfault${number}`,
    'Max-Forwards: 70',
    'From: <sip:bob@127.0.0.1>;tag=1',
    'To: <sip:alice@127.0.0.1>',
    `Call-ID: fault-${number}`,
    `CSeq: ${number} OPTIONS`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

/** The CSeq numbers of the 200s that a socket has had. */
const answers = (socket: Socket) => {
  let text = ''
  socket.on('data', bytes => (text += String(bytes)))
  return () => {
    const found = text.split('SIP/2.0 200 ').slice(1)
    return found.map(each => Number(/^CSeq: (\d+)/im.exec(each)?.[1]))
  }
}

/** The next request on a new stream has its answer within 500 ms. */
const isServed = async (dial: () => Promise<Socket>, number: number): Promise<void> => {
  const began = performance.now()
  const socket = await dial()
  const had = answers(socket)
  socket.write(options(number))
  await vi.waitFor(() => expect(had()).toEqual([number]), { interval: 2, timeout: 2000 })
  expect(performance.now() - began).toBeLessThan(500)
  socket.destroy()
}

describe('faults on a stream', () => {
  it('a message byte by byte is one message', async () => {
    const { dial, errors } = await start()
    const socket = await dial()
    socket.setNoDelay(true)
    const had = answers(socket)
    for (const byte of options(1)) {
      socket.write(byte)
      await new Promise(setImmediate)
    }
    await vi.waitFor(() => expect(had()).toEqual([1]))
    await isServed(dial, 2)
    expect(errors.values).toEqual([])
  })

  it('100 messages in one piece have 100 answers, in order', async () => {
    const { dial, errors } = await start()
    const socket = await dial()
    const had = answers(socket)
    const numbers = Array.from({ length: 100 }, (_, at) => at + 1)
    socket.write(numbers.map(options).join(''))
    await vi.waitFor(() => expect(had()).toEqual(numbers), { interval: 5, timeout: 2000 })
    await isServed(dial, 101)
    expect(errors.values).toEqual([])
  })

  it('a reset in the middle of a message, 50 times, leaves nothing behind', async () => {
    const { dial } = await start()
    for (let count = 0; count < 50; count += 1) {
      const socket = await dial()
      socket.write(options(count).slice(0, 100))
      socket.resetAndDestroy()
      await once(socket, 'close')
    }
    await isServed(dial, 60)
  })

  it('streams that never finish a message are closed, and others are served meanwhile', async () => {
    const { dial, errors } = await start(300)
    const sockets = await Promise.all(Array.from({ length: 299 }, dial))
    for (const socket of sockets) socket.write('OPTIONS sip:alice@127.0.0.1 SIP/2.0\r\nVia: ')
    await isServed(dial, 1)
    await vi.waitFor(
      () => expect(sockets.every(({ readableEnded, destroyed }) => readableEnded || destroyed)).toBe(true),
      {
        interval: 20,
        timeout: 4000,
      },
    )
    await isServed(dial, 2)
    expect(errors.values).toEqual([])
  })

  it('of 300 streams that one peer opens 100 are taken; it is told once, and served when some end', async () => {
    const { dial, errors } = await start()
    const sockets = await Promise.all(Array.from({ length: 300 }, dial))
    // To read is to find out that a stream was reset.
    for (const socket of sockets) socket.resume()
    await vi.waitFor(() => expect(sockets.filter(({ destroyed }) => destroyed).length).toBe(200))
    expect(errors.values.map(({ code }) => code)).toEqual(['transport'])
    const held = sockets.filter(({ destroyed }) => !destroyed)
    const [first] = held as [Socket]
    const had = answers(first)
    first.write(options(1))
    await vi.waitFor(() => expect(had()).toEqual([1]))
    for (const socket of held) socket.destroy()
    await new Promise(done => void setTimeout(done, 50))
    await isServed(dial, 2)
  })
})
