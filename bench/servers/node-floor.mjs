/**
 * The least that Node can do for the same calls: no parser, no transactions, no checks, lines cut out and put together.
 * What a stack in Node costs is what it takes beyond this. usage: node-floor.mjs PORT
 */
import { createSocket } from 'node:dgram'
import { bufferSize, sdp } from './sdp.mjs'

const lineOf = (text, name) => {
  const start = text.indexOf(`\r\n${name}:`) + 2
  return text.slice(start, text.indexOf('\r\n', start))
}

/** An answering machine: give it a datagram and it sends what belongs to it. */
export const floor = port => {
  let tags = 0
  return (bytes, send) => {
    const text = bytes.latin1Slice(0, bytes.length)
    const first = text[0]
    if (first === 'A') return
    const head = `${lineOf(text, 'Via')}\r\n${lineOf(text, 'From')}\r\n${lineOf(text, 'To')}`
    const tail = `\r\n${lineOf(text, 'Call-ID')}\r\n${lineOf(text, 'CSeq')}\r\n`
    const answer = message => send(Buffer.from(message, 'latin1'))
    if (first === 'I') {
      const both = `${head};tag=t${++tags}${tail}Contact: <sip:uas@127.0.0.1:${port}>\r\n`
      answer(`SIP/2.0 180 Ringing\r\n${both}Content-Length: 0\r\n\r\n`)
      const body = `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`
      answer(`SIP/2.0 200 OK\r\n${both}${body}`)
    } else answer(`SIP/2.0 200 OK\r\n${head}${tail}Content-Length: 0\r\n\r\n`)
  }
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.argv[2] ?? 5070)
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: bufferSize,
    sendBufferSize: bufferSize,
    lookup: (host, _options, done) => done(null, host, 4),
  })
  const answer = floor(port)
  socket.on('message', (bytes, from) => answer(bytes, reply => socket.send(reply, from.port, from.address)))
  socket.bind(port, '127.0.0.1')
}
