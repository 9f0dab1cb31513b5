// Registers with a registrar, calls somebody, hangs up.
//
//   SIPACTOR_PASSWORD=… node examples/register-and-call.mjs sip:alice@example.com sip:bob@example.com [sip:registrar]
//
// In a clone of the repository, once before: npm ci && npm run build
import { createSip, isSipError, plainMedia } from 'sipactor'
import { node } from 'sipactor/node'

const [aor = 'sip:alice@example.com', peer = 'sip:bob@example.com', registrar] = process.argv.slice(2)
const username = aor.slice(aor.indexOf(':') + 1, aor.indexOf('@'))

// Described, not played: put a media port of your own here.
const sip = createSip({ platform: node(), media: plainMedia({ port: 40_000 }) })
try {
  const connection = sip.connect({ user: username })
  await connection.active()

  const credentials = { username, password: process.env.SIPACTOR_PASSWORD ?? '' }
  const registration = connection.register({ aor, credentials, ...(registrar && { registrar }) })
  await registration.registered()
  console.log(`registered ${aor} for ${registration.granted} s`)

  const call = connection.invite(peer, { from: registration })
  call.state$.subscribe(({ is }) => console.log(`call: ${is}`))
  await call.established()
  console.log(`the answer describes ${call.remoteDescription?.match(/^m=.*/m)?.[0] ?? 'nothing'}`)
  await call.hangUp()
} catch (error) {
  if (!isSipError(error)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
} finally {
  await sip.close() // BYE for calls, then REGISTER with a lifetime of 0, then the sockets
}
