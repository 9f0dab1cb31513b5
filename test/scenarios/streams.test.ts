/** Requests on streams that end meanwhile. RFC 3261 §18; what is too big for a datagram never goes by one. */
import { expect, it } from 'vitest'
import type { ServerTransaction } from '../../src/index.ts'
import { createWorld } from '../support/world.ts'

const uri = 'sip:bob@192.0.2.2:5060'
const message = (length: number, to = uri) => ({
  method: 'MESSAGE',
  uri: to,
  contentType: 'text/plain',
  body: 'x'.repeat(length),
})

const pair = async () => {
  const world = createWorld({ latency: 20 })
  const { sip, connection } = await world.party('192.0.2.1')
  const bob = await world.party('192.0.2.2')
  const taken: ServerTransaction[] = []
  bob.connection.requests$.subscribe(transaction => {
    taken.push(transaction)
    transaction.respond(200)
  })
  /** What went out from alice, in order. */
  const sent: string[] = []
  sip.trace$.subscribe(frame => {
    if (frame.kind === 'message' && frame.direction === 'out') sent.push(frame.transport)
  })
  return { world, connection, bob: bob.connection, sip: bob.sip, taken, sent }
}

it.each([
  ['whatever transport there is', uri],
  ['TCP alone', `${uri};transport=tcp`],
])('a peer closes its stream after a 413: the next request opens another one, over %s', async (_, to) => {
  const { world, connection, taken, sent } = await pair()
  const tooBig = connection.request(message(300 * 1024, to))
  const next = tooBig.response().then(
    () => undefined,
    // The end of the stream has not been heard of by then.
    (error: unknown) => {
      expect(error).toMatchObject({ status: 413 })
      return connection.request(message(100 * 1024, to))
    },
  )
  await world.run(40_000)
  const transaction = await next
  expect((await transaction?.response())?.status).toBe(200)
  expect(taken.map(({ from, request }) => [from.transport, request.text.length])).toEqual([['TCP', 102_400]])
  expect(new Set(sent)).toEqual(new Set(['TCP']))
  await world.end()
})

it('a stream whose end is still on its way is not the last word: the request goes out on a fresh one', async () => {
  const { world, connection, bob, sip, taken, sent } = await pair()
  const first = connection.request(message(2000))
  await world.run(1000)
  expect((await first.response()).status).toBe(200)
  const closed = bob.close()
  while (bob.state.is !== 'closed') await world.run(1)
  await closed
  const again = sip.connect({ port: 5060 })
  await again.active()
  again.requests$.subscribe(transaction => transaction.respond(202))
  const second = connection.request(message(2000))
  await world.run(40_000)
  expect((await second.response()).status).toBe(202)
  expect([taken.length, sent]).toEqual([1, ['TCP', 'TCP', 'TCP']])
  await world.end()
})

it('what no datagram can carry fails by TCP, and not by UDP', async () => {
  const { world, connection, sent, bob } = await pair()
  await Promise.all([bob.close(), world.run(1000)])
  const transaction = connection.request(message(100 * 1024))
  const outcome = transaction.response().catch((error: unknown) => error)
  await world.run(40_000)
  expect(await outcome).toMatchObject({ code: 'transport', message: expect.not.stringContaining('EMSGSIZE') })
  expect(sent).toEqual([])
  await world.end()
})
