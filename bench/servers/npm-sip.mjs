/**
 * The npm package `sip`, transaction layer: answers every call. It has neither dialogs nor calls, so an application
 * still has those before it. usage: npm-sip.mjs PORT
 */
import dgram from 'node:dgram'
import { createRequire } from 'node:module'
import { bufferSize, sdp } from './sdp.mjs'

const require = createRequire(import.meta.url)

/** Answers calls at `port`; used in process by bench/lib/in-process.mjs as well. */
export const answerCalls = port => {
  const sip = require('sip')
  const contact = [{ uri: `sip:uas@127.0.0.1:${port}` }]
  let tags = 0
  const endpoint = sip.create({ address: '127.0.0.1', port, tcp: false, udp: true }, request => {
    if (request.method === 'INVITE') {
      request.headers.to.params.tag = 't' + (++tags).toString(36)
      endpoint.send(sip.makeResponse(request, 180, 'Ringing', { headers: { contact } }))
      const headers = { contact, 'content-type': 'application/sdp' }
      endpoint.send(sip.makeResponse(request, 200, 'OK', { headers, content: sdp }))
    } else if (request.method !== 'ACK') endpoint.send(sip.makeResponse(request, 200, 'OK'))
  })
}

if (process.argv[1] === import.meta.filename) {
  // The package has no option for the buffers.
  const { createSocket } = dgram
  dgram.createSocket = (type, listener) =>
    createSocket({ type, recvBufferSize: bufferSize, sendBufferSize: bufferSize }, listener)
  answerCalls(Number(process.argv[2] ?? 5070))
}
