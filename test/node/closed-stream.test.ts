/** A peer that closes its stream after an answer, over the kernel's own sockets. RFC 3261 §18. */
import { expect, it } from 'vitest'
import { createSip, isSipError, type SipError } from '../../src/index.ts'
import { node } from '../../src/node/index.ts'

it('a request right after a 413 goes by a fresh stream, however often', { timeout: 20_000 }, async () => {
  const sips = [1, 2].map(() => createSip({ platform: node({ host: '127.0.0.1' }) }))
  const [alice, bob] = sips.map(sip => sip.connect())
  await Promise.all([alice!.active(), bob!.active()])
  const taken: string[] = []
  bob!.requests$.subscribe(transaction => {
    taken.push(`${transaction.from.transport} ${transaction.request.text.length}`)
    transaction.respond(200)
  })
  const uri = `sip:bob@127.0.0.1:${bob!.addresses[0]!.port}`
  const send = async (length: number): Promise<number | string | undefined> => {
    const body = 'x'.repeat(length)
    const transaction = alice!.request({ method: 'MESSAGE', uri, contentType: 'text/plain', body })
    return transaction.response().then(
      ({ status }) => status,
      (error: SipError) => (isSipError(error) ? (error.status ?? error.message) : String(error)),
    )
  }
  const statuses: unknown[] = []
  for (let round = 0; round < 3; round += 1) statuses.push(await send(300 * 1024), await send(100 * 1024))
  expect(statuses).toEqual([413, 200, 413, 200, 413, 200])
  expect(taken).toEqual(Array(3).fill('TCP 102400'))
  await Promise.all(sips.map(sip => sip.close()))
})
