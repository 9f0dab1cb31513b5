// Rings, answers after a moment, hangs up after a while, and writes messages down. Ctrl-C ends it.
//
//   node examples/answering-machine.mjs [port]
//
// In a clone of the repository, once before: npm ci && npm run build
import { createSip, isSipError, plainMedia } from 'sipactor'
import { node } from 'sipactor/node'

const port = Number(process.argv[2] ?? 5060)
// Described, not played: put a media port of your own here.
const sip = createSip({ platform: node(), media: plainMedia({ port: 40_002 }) })
const connection = sip.connect({ port, user: 'machine' })
await connection.active()

const wait = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))

connection.calls$.subscribe(async call => {
  console.log(`called by ${call.remoteUser ?? 'somebody'}`)
  call.state$.subscribe(({ is }) => console.log(`call: ${is}`))
  call.ring()
  await wait(200)
  if (!call.can('accept')) return // cancelled meanwhile
  try {
    await call.accept() // settles with the caller's ACK
    await wait(2000) // "please leave a message"
    if (call.can('hangUp')) await call.hangUp()
  } catch (error) {
    // A caller that never acknowledges (no-ack) or hangs up first is no reason to end.
    if (!isSipError(error)) throw error
    console.log(`call: ${error.code}: ${error.message}`)
  }
})

connection.requests$.subscribe(transaction => {
  console.log(`${transaction.method}: ${transaction.request.text}`)
  transaction.respond(200)
})

for (const { transport, host, port } of connection.addresses)
  console.log(`listening on ${transport} ${host}:${port}`)
process.once('SIGINT', () => sip.close())
