/** Many profiles in one engine: 1,000 on one registrar, and their return after it was away. reliability.md, row 13. */
import { describe, expect, it } from 'vitest'
import { profileStage } from './profile-support.ts'

const count = 1000
const name = (at: number): string => `user${at}`
const users = Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), 'secret']))

/** Most of them within one second, at any time. */
const most = (times: readonly number[]): number => {
  let [from, best] = [0, 0]
  for (const [to, time] of times.entries()) {
    while (times[from]! <= time - 1) from += 1
    best = Math.max(best, to - from + 1)
  }
  return best
}

describe('1,000 profiles on one registrar', () => {
  it('all register by themselves, 40 a second and no more; after a restart of the registrar they come back, paced, none lost', async () => {
    const { engineWith, run, registrar, seconds, network, clock } = await profileStage({
      users,
      logLimit: 100_000,
      maxExpires: 3600,
    })
    const first = await engineWith()
    for (let at = 0; at < count; at += 1)
      first.engine.dispatch({
        type: 'profiles.save',
        request: `save${at}`,
        fields: {
          aors: [`sip:${name(at)}@example.com`],
          registrar: { uri: 'sip:example.com' },
          autoRegister: true,
        },
        secrets: { registrarPassword: 'secret' },
      })
    await run(30_000)
    const registered = (): number =>
      Object.keys(users).filter(user => registrar.bindings(`sip:${user}@example.com`).length === 1).length
    expect(registered()).toBe(count)
    expect(most(seconds())).toBeLessThanOrEqual(41)
    expect(first.told(first.of('profiles')[0]!.profiles[0]?.id ?? '')).toEqual([])
    const events = first.of('profileEvent').map(({ is }) => is)
    expect([events.length, new Set(events)]).toEqual([count, new Set(['registered'])])
    // The registrar goes away, with all it knew, for an hour.
    network.partition('192.0.2.10')
    registrar.forget()
    await run(3_600_000)
    const back = clock.now() / 1000
    network.heal()
    // One step of the back-off is 1800 s at most.
    await run(1_900_000)
    expect(registered()).toBe(count)
    const since = seconds().filter(time => time > back)
    expect(most(since)).toBeLessThanOrEqual(41)
    expect(first.of('profileEvent').filter(({ is }) => is === 'error')).toEqual([])
    // Killed and started again: all of them go on, none twice.
    await first.kill()
    const second = await engineWith({ host: '192.0.2.3' })
    await run(60_000)
    expect(registered()).toBe(count)
    expect(second.of('profileEvent').filter(({ is }) => is === 'registered')).toHaveLength(count)
  }, 120_000)
})
