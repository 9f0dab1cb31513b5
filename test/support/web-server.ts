/** A SIP server over WebSocket for browsers to talk to: takes any registration, answers any call. Real sockets on loopback. */
import { type Call, type Connection, createSip, type Sip } from '../../src/index.ts'
import { type NodeOptions, node } from '../../src/node/index.ts'

export const answer =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'

export interface WebServer {
  readonly sip: Sip
  readonly connection: Connection
  readonly port: number
  /** Contacts that were registered, as written. */
  readonly contacts: readonly string[]
  /** Via headers of what came. */
  readonly vias: readonly string[]
  readonly calls: readonly Call[]
}

export const webServer = async (
  options: NodeOptions = {},
  transport: 'WS' | 'WSS' = 'WS',
): Promise<WebServer> => {
  const platform = node({
    host: '127.0.0.1',
    udp: false,
    tcp: false,
    webSocket: { listen: true },
    ...options,
  })
  const sip = createSip({ platform })
  const connection = sip.connect({ user: 'edge', transports: [transport], methods: ['REGISTER', 'MESSAGE'] })
  const contacts: string[] = []
  const vias: string[] = []
  const calls: Call[] = []
  connection.requests$.subscribe(transaction => {
    const { request } = transaction
    vias.push(request.header('via') ?? '')
    const contact = request.header('contact')
    if (request.method !== 'REGISTER' || contact === undefined) return transaction.respond(200)
    contacts.push(contact)
    transaction.respond(200, {
      headers: [['Contact', `${contact.replace(/;expires=\d+/, '')};expires=3600`]],
    })
  })
  connection.calls$.subscribe(call => {
    calls.push(call)
    void call.accept(answer)
  })
  await connection.active()
  return { sip, connection, port: connection.addresses[0]!.port, contacts, vias, calls }
}
