/** Whatever order things happen in to two profiles: a seed decides, and afterwards everything is as if nothing had been. */
import { expect, it } from 'vitest'
import { isSipError } from '../../src/errors.ts'
import type { ProfileInput } from '../../src/profiles/data.ts'
import { seededRandom } from '../../src/testing/index.ts'
import { alice, profileStage, secret } from './profile-support.ts'

const hour = 3_600_000
const expected = ['in-use', 'invalid-registration-state', 'resource-not-available']

const play = async (seed: number) => {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.between(0, from.length))]!
  const { engineWith, run, network, registrar, requests } = await profileStage({
    challenge: seed % 2 === 0,
    logLimit: 100_000,
    maxExpires: 600,
  })
  const { save, enable, disable, dispatch, engine, state, events } = await engineWith()
  const ids = [await save({ ...alice, autoRegister: seed % 3 === 0 }), await save({ ...alice, name: 'two' })]
  const uses: string[] = []
  let refusals = 0
  const refused = (): number =>
    registrar.log.filter(({ response }) => [503, 500, 408, 403, 404, 480].includes(response?.status ?? 0))
      .length
  const change = (): Partial<ProfileInput> =>
    pick([
      { name: `n${random.between(0, 9)}` },
      { contactParams: [`+a=${Math.floor(random.between(0, 9))}`] },
      { headers: [['X-N', String(random.between(0, 9))]] },
      { outboundProxy: { uri: 'sip:192.0.2.10' } },
      { autoRegister: pick([true, false]) },
      { expires: pick([120, 600]) },
    ])
  const deeds: (() => unknown)[] = [
    () => uses.push(enable(pick(ids))),
    () => uses.push(enable(pick(ids))),
    () => uses.length > 0 && disable(pick(uses)),
    () => uses.length > 0 && disable(uses.shift()!),
    () => dispatch({ type: 'profile.forceDisable', profile: pick(ids) }),
    () => uses.length > 0 && dispatch({ type: 'profile.retry', id: pick(uses) }),
    () => save({ ...alice, ...change() }, secret, pick(ids)),
    () => save({ ...alice, ...change() }, secret, pick(ids)),
    () => {
      const count = pick([1, 2])
      refusals += count
      registrar.failNext(pick([503, 500, 408, 403, 404, 480]), { count })
    },
    () => network.partition('192.0.2.10'),
    () => network.heal(),
    () => network.heal(),
    () => network.set({ latency: pick([1, 300]) }),
    () => registrar.expireNonces(),
    () => registrar.forget(),
  ]
  for (let step = 0; step < 120; step += 1) {
    try {
      await pick(deeds)()
    } catch (error) {
      if (!isSipError(error) || !expected.includes(error.code)) throw error
    }
    await run(pick([0, 1, 50, 700, 5000, 40_000, 400_000]))
  }
  // The weather clears, and what was refused by turns is over.
  network.heal()
  await run(3 * hour)
  while (refused() < refusals) {
    registrar.forget()
    const use = enable(ids[0]!)
    await run(hour)
    disable(use)
    await run(hour)
  }
  for (const id of ids) {
    await save(alice, secret, id)
    uses.push(enable(id))
  }
  await run(2 * hour)
  for (const id of ids) expect([seed, state(id).is]).toEqual([seed, 'registered'])
  // Each has its Contact, and nothing else is bound.
  expect([seed, registrar.bindings('sip:alice@example.com').length]).toEqual([seed, 2])
  for (const use of uses) disable(use)
  await run(100_000)
  for (const id of ids) expect([seed, state(id).is, state(id).users]).toEqual([seed, 'unregistered', 0])
  expect([seed, registrar.bindings('sip:alice@example.com')]).toEqual([seed, []])
  expect([seed, engine.census().kinds, engine.census().timers]).toEqual([seed, { profile: 2 }, 0])
  expect(events.filter(({ type }) => type === 'error')).toEqual([])
  // Numbers of one Call-ID only go up.
  const last = new Map<string, number>()
  for (const { callId, cseq } of requests()) {
    expect(cseq.seq).toBeGreaterThanOrEqual(last.get(callId) ?? 0)
    last.set(callId, cseq.seq)
  }
}

it.for([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('two profiles in whatever order, seed %i', async seed => {
  await play(seed)
})
