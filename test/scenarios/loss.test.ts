/** Bad weather: loss, doubling, reordering over UDP, and the same trace for the same seed. RFC 3261 §17, §13.3.1.4. */
import { describe, expect, it } from 'vitest'
import { type Connection, createSip, type Platform, type Sip } from '../../src/index.ts'
import { serialize } from '../../src/message/serialize.ts'
import type { SimulatedNetworkOptions } from '../../src/testing/index.ts'
import { callee, calleeUri, caller, createScene, repeating, traffic } from './traffic.ts'
import { watch } from './wire.ts'

/** 64·T1: no transaction lives longer without a word. */
const life = 32_000

const scene = async (
  conditions: Omit<SimulatedNetworkOptions, 'clock'>,
  change: (platform: Platform) => Platform = platform => platform,
) => {
  const { clock, network } = createScene(conditions)
  const ends: Sip[] = []
  const open = async (host: string): Promise<Connection> => {
    const platform = change(network.platform({ host, transports: ['UDP'] }))
    const sip = createSip({ platform })
    ends.push(sip)
    const connection = sip.connect({ port: 5060 })
    await connection.active()
    return connection
  }
  const [from, to] = [await open(caller), await open(callee)]
  return { clock, network, from, to, ends }
}

const count = (values: readonly unknown[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1
  return counts
}

const reasons = (stories: ReturnType<ReturnType<typeof traffic>['outgoing']>) =>
  count(stories.map(({ end, state }) => end?.reason ?? state))

it('5 % loss each way: all of 1,000 calls are set up and ended', async () => {
  const { clock, from, to } = await scene({ seed: 5, loss: 0.05 })
  const { outgoing, incoming } = traffic(clock, from, to, { calls: 1000 })
  await clock.run(20_000 + 2 * life)
  expect(reasons(outgoing())).toEqual({ bye: 1000 })
  expect(reasons(incoming())).toEqual({ bye: 1000 })
  expect(outgoing().every(({ up }) => up)).toBe(true)
  // Where the ACK is lost the BYE may come first.
  expect(incoming().every(({ told }) => told.includes('accepted'))).toBe(true)
})

it('20 % loss, 10 % doubled, reordered: 99 % of 1,000 calls are set up, none is half-dead after 64·T1', async () => {
  const reorder = { probability: 0.2, delay: { min: 20, max: 200 } }
  const { clock, from, to } = await scene({ seed: 20, loss: 0.2, duplicate: 0.1, reorder })
  const { outgoing, incoming } = traffic(clock, from, to, { calls: 1000 })
  // The last call starts at 20 s; 64·T1 to be answered, 64·T1 to be acknowledged, 64·T1 for its BYE.
  await clock.run(20_000 + 3 * life)
  expect(outgoing().filter(({ up }) => up).length).toBeGreaterThanOrEqual(990)
  expect(outgoing().filter(({ state }) => state !== 'terminated')).toEqual([])
  expect(incoming().filter(({ state }) => state !== 'terminated')).toEqual([])
  // Nobody is told of a call twice.
  expect(incoming().length).toBeLessThanOrEqual(1000)
})

describe('every message three times, shuffled', () => {
  const run = async (copies: number) => {
    const all = await scene({ seed: 3, latency: { min: 1, max: 90 } }, platform =>
      repeating(platform, copies),
    )
    const { clock, from, to, ends } = all
    const born: string[] = []
    for (const sip of ends) {
      sip.trace$.subscribe(frame => {
        if (frame.kind === 'step' && frame.from === undefined) born.push(frame.machine)
      })
    }
    const requests: string[] = []
    to.requests$.subscribe(transaction => {
      requests.push(transaction.request.text)
      transaction.respond(200)
    })
    const { outgoing, incoming } = traffic(clock, from, to, { calls: 50 })
    const answers: string[] = []
    for (let index = 0; index < 50; index += 1) {
      const message = from.request({
        method: 'MESSAGE',
        uri: calleeUri,
        contentType: 'text/plain',
        body: `message ${index}`,
      })
      message.responses$.subscribe(({ status }) => void answers.push(`${index} ${status}`))
    }
    await clock.run(5000 + 2 * life)
    return {
      born: count(born),
      requests: requests.sort(),
      answers: answers.sort(),
      outgoing: outgoing().map(({ told }) => told),
      incoming: incoming().map(({ told }) => told),
    }
  }

  it('makes one transaction each and no further event of the application (§17.2.3)', async () => {
    const [once, thrice] = [await run(1), await run(3)]
    expect(once.requests.length).toBe(50)
    expect(thrice.requests).toEqual(once.requests)
    expect(thrice.answers).toEqual(once.answers)
    expect(thrice.born).toEqual(once.born)
    expect(thrice.outgoing).toEqual(once.outgoing)
    expect(thrice.incoming).toEqual(once.incoming)
  })
})

describe('the same seed', () => {
  const trace = async (seed: number) => {
    const reorder = { probability: 0.1, delay: { min: 10, max: 100 } }
    const { clock, network, from, to, ends } = await scene({ seed, loss: 0.1, duplicate: 0.1, reorder })
    const wire = watch(network)
    const frames: string[] = []
    ends.forEach((sip, index) => {
      sip.trace$.subscribe(frame => {
        const shown =
          frame.kind === 'message'
            ? { ...frame, message: new TextDecoder().decode(serialize(frame.message)) }
            : frame
        frames.push(`${index} ${JSON.stringify(shown)}`)
      })
    })
    traffic(clock, from, to, { calls: 100 })
    await clock.run(2000 + 3 * life)
    return { packets: wire.trace(), frames }
  }

  it('gives the same packets and the same frames, another seed others', async () => {
    const [one, again, other] = [await trace(7), await trace(7), await trace(8)]
    expect(one.packets.length).toBeGreaterThan(600)
    expect(again.packets).toEqual(one.packets)
    expect(again.frames).toEqual(one.frames)
    expect(other.packets).not.toEqual(one.packets)
  })
})
