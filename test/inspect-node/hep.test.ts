/** Messages of an engine at a collector of HEP3: every packet decoded by hand. */
import { createSocket } from 'node:dgram'
import { afterEach, expect, it } from 'vitest'
import { isSipError } from '../../src/index.ts'
import { hepSender } from '../../src/inspect-node/index.ts'
import { createWorld } from '../support/world.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const end of opened.splice(0).reverse()) await end()
})

/** Chunks of one packet by type; vendor 0 alone. */
const chunksOf = (packet: Buffer): Map<number, Buffer> => {
  expect(packet.toString('latin1', 0, 4)).toBe('HEP3')
  expect(packet.readUInt16BE(4)).toBe(packet.length)
  const chunks = new Map<number, Buffer>()
  for (let at = 6; at < packet.length; at += packet.readUInt16BE(at + 4)) {
    expect(packet.readUInt16BE(at)).toBe(0)
    chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, at + packet.readUInt16BE(at + 4)))
  }
  return chunks
}

it('gets every message with its addresses, its time, the id and the key of the agent, and no secrets', async () => {
  const collector = createSocket('udp4')
  const packets: Buffer[] = []
  let arrived = (): void => undefined
  collector.on('message', packet => {
    packets.push(packet)
    arrived()
  })
  await new Promise<void>(resolve => collector.bind(0, '127.0.0.1', resolve))
  opened.push(() => collector.close())

  const world = createWorld()
  opened.push(() => world.end())
  const alice = await world.party('192.0.2.1')
  const bob = await world.party('192.0.2.2')
  bob.connection.requests$.subscribe(transaction => transaction.respond(200))
  const homer = hepSender(alice.sip, {
    host: '127.0.0.1',
    port: collector.address().port,
    captureId: 77,
    authKey: 'myHep',
    node: 'alice',
  })
  const before = Date.now()
  const secret = '0123456789abcdef0123456789abcdef'
  alice.connection.request({
    method: 'MESSAGE',
    uri: 'sip:bob@192.0.2.2',
    headers: [
      ['Authorization', `Digest username="alice", realm="x", nonce="n", uri="sip:x", response="${secret}"`],
    ],
  })
  await world.run(50)
  while (packets.length < 2)
    await new Promise<void>(resolve => {
      arrived = resolve
    })
  const [request, response] = packets.map(chunksOf)
  const address = (chunk: Buffer | undefined) => [...(chunk ?? [])].join('.')
  expect([...request!.get(1)!, ...request!.get(2)!, ...request!.get(11)!]).toEqual([2, 17, 1])
  expect([address(request!.get(3)), address(request!.get(4))]).toEqual(['192.0.2.1', '192.0.2.2'])
  expect([request!.get(7)!.readUInt16BE(), request!.get(8)!.readUInt16BE()]).toEqual([5060, 5060])
  expect([address(response!.get(3)), address(response!.get(4))]).toEqual(['192.0.2.2', '192.0.2.1'])
  expect(Math.abs(request!.get(9)!.readUInt32BE() * 1000 - before)).toBeLessThan(60_000)
  expect(request!.get(12)!.readUInt32BE()).toBe(77)
  expect(request!.get(14)!.toString()).toBe('myHep')
  expect(request!.get(19)!.toString()).toBe('alice')
  const text = request!.get(15)!.toString()
  expect(text).toMatch(/^MESSAGE sip:bob@192\.0\.2\.2 SIP\/2\.0\r\n/)
  expect(text).not.toContain(secret)
  expect(response!.get(15)!.toString()).toMatch(/^SIP\/2\.0 200 /)
  expect(text).toContain(request!.get(17)!.toString())
  await homer.close()
  expect([homer.sent, homer.lost]).toEqual([2, 0])
  alice.connection.request({ method: 'MESSAGE', uri: 'sip:bob@192.0.2.2' })
  await world.run(50)
  expect(homer.sent).toBe(2)
})

it('refuses options that make no sense', async () => {
  const world = createWorld()
  opened.push(() => world.end())
  const { sip } = await world.party('192.0.2.1')
  for (const options of [
    { host: '' },
    { host: 'a b' },
    { host: '127.0.0.1', port: 0 },
    { host: '127.0.0.1', captureId: -1 },
    { host: '127.0.0.1', authKey: '' },
  ])
    expect(() => hepSender(sip, options)).toThrow(
      expect.toSatisfy(error => isSipError(error) && error.code === 'argument'),
    )
})
