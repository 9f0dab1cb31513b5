/** A domain with a dead first server, by real packets: DNS, UDP and TCP on 127.0.0.1. RFC 3263 §4.3 */
import { createSocket } from 'node:dgram'
import { firstValueFrom } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import { createSip, type Sip } from '../../src/index.ts'
import { node } from '../../src/node/index.ts'
import { type Answer, type DnsServer, dnsServer } from './support/dns-server.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const engine = (server?: DnsServer, deadline = 1000): Sip => {
  const dns = server && { servers: [server.address], timeout: 100, tries: 2, deadline }
  const sip = createSip({
    platform: node({ host: '127.0.0.1', ...(dns && { dns }) }),
    limits: { silentTarget: 200 },
    timers: { t1: 20, t2: 160, t4: 200, d: 1280, inviteProceeding: 0 },
  })
  closing.push(() => sip.close())
  return sip
}

/** A server that answers MESSAGE with 200; the port it has. */
const living = async (): Promise<{ readonly port: number; readonly seen: string[] }> => {
  const seen: string[] = []
  const connection = engine().connect()
  await connection.active()
  connection.requests$.subscribe(transaction => {
    seen.push(transaction.request.method)
    transaction.respond(200)
  })
  const { port } = await firstValueFrom(connection.localAddress$)
  return { port, seen }
}

/** A port where nobody answers: `closed` has no socket, `silent` has one that reads and says nothing. */
const dead = async (kind: 'closed' | 'silent'): Promise<number> => {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => {
    socket.bind(0, '127.0.0.1', () => resolve())
  })
  const { port } = socket.address()
  const close = (): Promise<void> =>
    new Promise(resolve => {
      socket.close(() => resolve())
    })
  if (kind === 'closed') await close()
  else closing.push(close)
  return port
}

const domain = async (records: Readonly<Record<string, Answer>>): Promise<DnsServer> => {
  const server = await dnsServer({
    'one.pbx.example': ['127.0.0.1'],
    'two.pbx.example': ['127.0.0.1'],
    ...records,
  })
  closing.push(() => server.close())
  return server
}

const tell = async (sip: Sip, uri: string) => {
  const connection = sip.connect()
  await connection.active()
  return connection.request({ method: 'MESSAGE', uri, contentType: 'text/plain', body: 'hello' }).response()
}

describe('a domain whose first server is dead', () => {
  it.each([
    ['udp', 'closed'],
    ['udp', 'silent'],
    ['tcp', 'closed'],
  ] as const)('by %s, %s: the second answers', async (transport, kind) => {
    const { port, seen } = await living()
    const server = await domain({
      [`_sip._${transport}.pbx.example`]: [
        `SRV 1 0 ${await dead(kind)} one.pbx.example`,
        `SRV 2 0 ${port} two.pbx.example`,
      ],
    })
    const start = performance.now()
    const response = await tell(engine(server), `sip:bob@pbx.example;transport=${transport}`)
    expect(response.status).toBe(200)
    expect(seen).toEqual(['MESSAGE'])
    expect(performance.now() - start).toBeLessThan(2500)
  })

  it('a DNS server that fails is one error, and the next request asks hardly anything', async () => {
    const server = await domain({ 'pbx.example': 'SERVFAIL' })
    const sip = engine(server)
    await expect(tell(sip, 'sip:bob@pbx.example;transport=tcp')).rejects.toMatchObject({ code: 'resolving' })
    const asked = server.questions.length
    await expect(tell(sip, 'sip:bob@pbx.example;transport=tcp')).rejects.toMatchObject({ code: 'resolving' })
    expect(server.questions.length).toBe(asked)
  })
})
