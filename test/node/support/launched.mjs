/** An application that a shared server starts: it takes what it was started for, and ends. */
import { attachSip } from 'sipactor/shared'

const sip = await attachSip({ clientId: process.argv[2], socket: process.env.SIPACTOR_SOCKET, start: false })
sip.unboundRequests$.subscribe(({ transaction, call }) => {
  transaction?.respond(202)
  call?.reject(603)
  setTimeout(() => void sip.close(), 500)
})
