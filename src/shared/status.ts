/** What a shared server has, asked without becoming an application that it keeps anything for. */
import { performance } from 'node:perf_hooks'
import { ClientPort } from './client-port.ts'
import { attachWithin } from './greet.ts'
import { defaultSocket } from './place.ts'
import type { ServerStatus } from './protocol.ts'

/** Milliseconds in which a server has to greet. */
const patience = 10_000

/** Rejects with `could-not-connect` when no server is there; it is not started. */
export const serverStatus = async ({
  socket = defaultSocket(),
  token,
}: {
  readonly socket?: string
  readonly token?: string
} = {}): Promise<ServerStatus> => {
  const client = `status ${process.pid} ${performance.now()}`
  const port = new ClientPort({
    client,
    looks: true,
    now: () => performance.now(),
    ...(token !== undefined && { token }),
  })
  await attachWithin(port, socket, patience)
  try {
    return await port.status()
  } finally {
    port.detach()
  }
}
