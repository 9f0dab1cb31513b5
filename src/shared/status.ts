/** What a shared server has, asked without becoming an application that it keeps anything for. */
import { performance } from 'node:perf_hooks'
import { ClientPort } from './client-port.ts'
import { defaultSocket } from './place.ts'
import type { ServerStatus } from './protocol.ts'
import { connectTo } from './socket-pipe.ts'

/** Rejects with `could-not-connect` when no server is there; it is not started. */
export const serverStatus = async ({
  socket = defaultSocket(),
  token,
}: {
  readonly socket?: string
  readonly token?: string
} = {}): Promise<ServerStatus> => {
  const client = `status ${process.pid}`
  const port = new ClientPort({ client, now: () => performance.now(), ...(token !== undefined && { token }) })
  await port.attach(await connectTo(socket))
  try {
    const status = await port.status()
    return { ...status, clients: status.clients.filter(one => one.client !== client) }
  } finally {
    port.detach()
  }
}
