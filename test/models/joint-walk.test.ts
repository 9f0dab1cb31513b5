/**
 * Joint walks (scenarios I02 to I04): two engines do things to each other over the simulated network, at every point of a call,
 * and whatever they did, both agree afterwards, every promise has settled, and nothing is left.
 *
 * Here: every single move from every point, in four setups with each packet lost in turn; every two moves from three points in
 * the plain setup; and 50 random walks in bad weather by fixed seeds. Deeper by name, which takes minutes:
 *
 *   SIPACTOR_MODEL_DEPTH=2 npx vitest run test/models/joint-walk
 *
 * 2: every two moves in every setup, and 10,000 random walks; 3: each packet of those lost in turn as well, 100,000 walks.
 * `SIPACTOR_MODEL_SEED` is where the seeds begin. A failure prints a script: `play` of joint-walk.ts repeats it, `minimise`
 * shortens it, and it becomes a test in test/scenarios/found-by-models.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/testing/index.ts'
import { createStage, minimise, play } from './joint-walk.ts'
import type { Setup } from './joint-walk-party.ts'
import { points, randomScript, sequences, setups } from './joint-walk-scripts.ts'

const depth = Number(process.env.SIPACTOR_MODEL_DEPTH ?? 1)
const firstSeed = Number(process.env.SIPACTOR_MODEL_SEED ?? 1)
const hours = 6 * 3_600_000

const rejections: unknown[] = []
const onRejection = (reason: unknown): void => void rejections.push(reason)
beforeAll(() => void process.on('unhandledRejection', onRejection))
afterAll(() => {
  process.off('unhandledRejection', onRejection)
  expect(rejections).toEqual([])
})

/** Where two moves are tried, and in which setups each packet is lost, when there is little time. */
const telling: ReadonlySet<string> = new Set(['fresh', 'invited', 'confirmed'])
const lossy = setups.filter(({ timers, offer, byHand, slow }) => (timers || offer || byHand) && !slow)

/** A stage for many scripts; a new one now and then, since it remembers. */
const createTour = () => {
  let stage = createStage()
  let plays = 0
  return async (script: string, setup: Setup): Promise<readonly string[]> => {
    if (plays++ % 300 === 299) stage = createStage()
    const { wrong, packets } = await play(script, setup, stage)
    if (wrong.length > 0) {
      const fresh = await play(script, setup)
      const [shortest, with_] = fresh.wrong.length > 0 ? await minimise(script, setup) : [script, setup]
      expect.fail(`play('${shortest}', ${JSON.stringify(with_)}): ${wrong.join('; ')}`)
    }
    return packets
  }
}

describe.each(setups.map(setup => [JSON.stringify(setup), setup] as const))(
  'joint walks with %s',
  (_, setup) => {
    const loses = setup.wire !== 'TCP' && (depth > 1 || setup === setups[0] || lossy.includes(setup))
    const pairs = Object.entries(points).filter(
      ([name]) => depth > 1 || (setup === setups[0] && telling.has(name)),
    )

    it.each(Object.entries(points))(
      'agree after every move when the call is %s',
      async (_name, point) => {
        const tour = createTour()
        for (const script of sequences(point, 1)) {
          const packets = await tour(script, setup)
          if (loses) for (const at of packets.keys()) await tour(script, { ...setup, lose: [at] })
        }
      },
      hours,
    )

    if (pairs.length > 0)
      it.each(pairs)(
        'agree after every two moves when the call is %s',
        async (_name, point) => {
          const tour = createTour()
          for (const script of sequences(point, 2)) {
            const packets = await tour(script, setup)
            if (depth < 3 || setup.wire === 'TCP') continue
            for (const at of packets.keys()) await tour(script, { ...setup, lose: [at] })
          }
        },
        hours,
      )
  },
)

it('joint walks in bad weather agree in the end', { timeout: hours }, async () => {
  const walks = depth > 2 ? 100_000 : depth > 1 ? 10_000 : 50
  for (let seed = firstSeed; seed < firstSeed + walks; seed += 1) {
    const [script, setup] = randomScript(seededRandom(seed), seed)
    const { wrong } = await play(script, setup)
    expect(wrong, `play('${script}', ${JSON.stringify(setup)})`).toEqual([])
  }
})

it('a walk that leaves something behind is noticed', async () => {
  // Nobody hears the BYE, and no session timer makes up for it.
  const { wrong } = await play('A invite, 30, B accept, 50, B hangUp, 0, A reset', { wire: 'TCP' })
  expect(wrong[0]).toBe('at rest: A is confirmed, the other terminated')
})
