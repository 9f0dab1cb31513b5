/** INVITEs that nobody ever finishes: reliability row 17. Virtual time; what is measured is measured by the real clock. */
import { expect, it } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import { createSip, type SipOptions } from '../../src/index.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'

const target = { host: '192.0.2.1', port: 5060 }

const request = (method: string, number: number): string =>
  [
    `${method} sip:alice@192.0.2.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKflood${method}${number}`,
    'Max-Forwards: 70',
    'From: <sip:bob@192.0.2.2>;tag=1',
    'To: <sip:alice@192.0.2.1>',
    `Call-ID: flood-${number}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:bob@192.0.2.2:5060>',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

/** Our engine, whose application never answers, and a bare socket that floods it. */
const stage = async (limits: SipOptions['limits'] = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const sip = createSip({ platform: network.platform({ host: target.host }), limits })
  const connection = sip.connect({ port: 5060, transports: ['UDP'] })
  await connection.active()
  const calls: unknown[] = []
  connection.calls$.subscribe(call => void calls.push(call))
  const statuses = new Map<string, number>()
  const retryAfter = new Set<string | undefined>()
  let sendTo = (_text: string): void => {}
  const [udp] = network.platform({ host: '192.0.2.2' }).transports
  await udp!.listen({ host: '192.0.2.2', port: 5060 }, flow => {
    sendTo = text => flow.send(new TextEncoder().encode(text), target)
    return {
      opened: () => {},
      received: bytes => {
        const text = new TextDecoder().decode(bytes)
        const status = text.slice(8, 11)
        const method = /^CSeq: 1 (\w+)/im.exec(text)![1]!
        statuses.set(`${status} ${method}`, (statuses.get(`${status} ${method}`) ?? 0) + 1)
        if (status === '503') retryAfter.add(/^Retry-After: (\d+)/im.exec(text)?.[1])
      },
      failed: () => {},
      closed: () => {},
    }
  })
  const flood = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) sendTo(request('INVITE', at))
    // A 100 leaves after 200 ms, when nothing else has. §17.2.1
    await clock.run(300)
  }
  return { clock, sip, calls, statuses, retryAfter, flood, send: (text: string) => sendTo(text) }
}

it('row 17: beside 10,000 INVITEs that nobody finishes OPTIONS is answered at once', async () => {
  const { clock, calls, statuses, flood, send, sip } = await stage()
  await flood(10_000)
  expect([calls.length, statuses.get('100 INVITE')]).toEqual([10_000, 10_000])
  const before = clock.now()
  const began = performance.now()
  send(request('OPTIONS', 1))
  await clock.run(5)
  expect(statuses.get('200 OPTIONS')).toBe(1)
  expect(clock.now() - before).toBeLessThan(200)
  expect(performance.now() - began).toBeLessThan(200)
  const closed = sip.close()
  await clock.run(200_000)
  await closed
})

it('row 17: beyond the cap it is 503 with Retry-After, OPTIONS too, and nothing is kept of it', async () => {
  const { clock, calls, statuses, retryAfter, flood, send, sip } = await stage({ maxServerTransactions: 500 })
  await flood(2000)
  expect([calls.length, statuses.get('503 INVITE')]).toEqual([500, 1500])
  expect([...retryAfter]).toEqual(['10'])
  send(request('OPTIONS', 1))
  await clock.run(5)
  expect(statuses.get('503 OPTIONS')).toBe(1)
  const closed = sip.close()
  await clock.run(200_000)
  await closed
})

it('row 17: an engine is idle again 64·T1 after the last of them was refused', async () => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const engine = createEngine(network.platform({ host: target.host }))
  const incoming: string[] = []
  engine.onEvent(event => {
    if (event.type === 'call') incoming.push(event.id)
  })
  engine.dispatch({
    type: 'connection.open',
    id: 'connection.0',
    options: { port: 5060, transports: ['UDP'] },
  })
  await clock.run(0)
  const idle = engine.census()
  let send = (_text: string): void => {}
  const [udp] = network.platform({ host: '192.0.2.2' }).transports
  await udp!.listen({ host: '192.0.2.2', port: 5060 }, flow => {
    send = text => flow.send(new TextEncoder().encode(text), target)
    return { opened: () => {}, received: () => {}, failed: () => {}, closed: () => {} }
  })
  for (let at = 0; at < 1000; at += 1) send(request('INVITE', at))
  await clock.run(100)
  expect(incoming.length).toBe(1000)
  for (const id of incoming) engine.dispatch({ type: 'call.reject', id, response: { status: 480 } })
  // Nobody acknowledges: Timer H, then nothing.
  await clock.run(64 * 500 + 5000)
  expect(engine.census()).toEqual(idle)
})
