/** A user agent that answers every call: transaction, dialog and call as actors. usage: sipactor.mjs PORT */
import { createSip } from '../../dist/src/index.js'
import { node } from '../../dist/src/node/index.js'
import { bufferSize, sdp } from './sdp.mjs'

const sip = createSip({
  platform: node({ host: '127.0.0.1', tcp: false, socketBufferSize: bufferSize }),
  limits: { maxServerTransactions: 2_000_000 },
})
const connection = sip.connect({ port: Number(process.argv[2] ?? 5070), transports: ['UDP'] })
connection.calls$.subscribe(call => {
  call.ring()
  call.accept(sdp).catch(() => {})
})
await connection.active()
