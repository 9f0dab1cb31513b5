/**
 * A user agent that answers every call: transaction, dialog and call as actors.
 * usage: sipactor.mjs PORT [CHECKOUT]: of that checkout, built, instead of this one
 */
import { pathToFileURL } from 'node:url'
import { bufferSize, sdp } from './sdp.mjs'

const checkout = process.argv[3] ? pathToFileURL(`${process.argv[3]}/`) : new URL('../../', import.meta.url)
const { createSip } = await import(new URL('dist/src/index.js', checkout))
const { node } = await import(new URL('dist/src/node/index.js', checkout))

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
