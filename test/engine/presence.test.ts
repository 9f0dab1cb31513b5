/**
 * Who lives in an engine: at any moment its records are what a replay of all its frames says, and whoever comes late and
 * begins with them ends where those are who were there from the start.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Sip, sipOver } from '../../src/api/sip.ts'
import { type Census, createEngine } from '../../src/engine/engine.ts'
import type { ActorRecord, Call, Frame } from '../../src/index.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { sdp } from '../support/text.ts'

interface Replayed {
  machine: string
  state: string
  since: number
  parent: string | undefined
  owner: string | undefined
  timers: Map<string, number>
}

/** What frames say, taken one by one: no knowledge of SIP, of the engine or of machines. */
const replay = (frames: readonly Frame[], from: readonly ActorRecord[] = []) => {
  const actors = new Map<string, Replayed>()
  for (const { id, machine, state, since, parent, owner, timers } of from)
    actors.set(id, {
      machine,
      state,
      since,
      parent,
      owner,
      timers: new Map(timers.map(({ name, deadline }) => [name, deadline])),
    })
  for (const frame of frames) {
    if (frame.kind !== 'step') continue
    if (frame.ended) {
      actors.delete(frame.actor)
      continue
    }
    const known = actors.get(frame.actor)
    const actor = known ?? {
      machine: frame.machine,
      state: '',
      since: 0,
      parent: frame.parent,
      owner: frame.owner,
      timers: new Map<string, number>(),
    }
    actors.set(frame.actor, actor)
    if (frame.from !== frame.to) actor.since = frame.t
    actor.state = frame.to
    // What fired is armed no longer.
    actor.timers.delete(frame.event.replace('xstate.after.', ''))
    for (const { timer, delay } of frame.timers ?? []) {
      if (delay === undefined) actor.timers.delete(timer)
      else actor.timers.set(timer, frame.t + delay)
    }
  }
  return actors
}

const rows = (actors: ReadonlyMap<string, Replayed>) =>
  [...actors]
    .map(([id, { timers, ...actor }]) => ({
      id,
      ...actor,
      // A server transaction past its final response serves nobody: only its row is left (see `parking.ts`).
      owner: actor.machine.endsWith('Server') ? undefined : actor.owner,
      timers: [...timers].map(([name, deadline]) => `${name} ${Math.round(deadline)}`).sort(),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))

const recordRows = (records: readonly ActorRecord[]) => rows(replay([], records))

const engineAt = (network: ReturnType<typeof simulatedNetwork>, host: string) => {
  const engine = createEngine(network.platform({ host }))
  const sip = sipOver(engine, {})
  return { sip, census: (): Census => engine.census() }
}

/** What happens next: a call, a request, an end, an answer, or only time. */
const acts = ['call', 'message', 'hangUp', 'hold', 'wait', 'wait'] as const
type Act = (typeof acts)[number]

const play = async (script: readonly (readonly [act: Act, wait: number, look: boolean])[]) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, latency: 3, seed: 7 })
  const alice = engineAt(network, '192.0.2.1')
  const bob = engineAt(network, '192.0.2.2')
  const watch = (sip: Sip): Frame[] => {
    const frames: Frame[] = []
    sip.trace$.subscribe(frame => frames.push(frame))
    return frames
  }
  const all = { alice: watch(alice.sip), bob: watch(bob.sip) }
  const [a, b] = [alice.sip.connect({ port: 5060 }), bob.sip.connect({ port: 5060 })]
  const calls: Call[] = []
  b.calls$.subscribe(call => {
    call.ring()
    call.accept(sdp('192.0.2.2')).catch(() => undefined)
  })
  b.requests$.subscribe(transaction => transaction.respond(200))
  await Promise.all([a.active(), b.active(), clock.run(1)])

  const perform = (act: Act): void => {
    const last = calls.at(-1)
    if (act === 'call') calls.push(a.invite('sip:bob@192.0.2.2', { offer: sdp('192.0.2.1') }))
    else if (act === 'message') a.request({ method: 'MESSAGE', uri: 'sip:bob@192.0.2.2' })
    else if (act === 'hangUp') last?.hangUp().catch(() => undefined)
    else if (act === 'hold' && last?.can('hold')) last.hold().catch(() => undefined)
  }
  const late: { who: 'alice' | 'bob'; seq: number; actors: readonly ActorRecord[]; frames: Frame[] }[] = []
  const looks: { whole: unknown; records: unknown; told: number; census: Census; armed: number }[] = []
  for (const [act, wait, look] of script) {
    perform(act)
    await clock.run(wait)
    if (!look) continue
    for (const who of ['alice', 'bob'] as const) {
      const { sip, census } = who === 'alice' ? alice : bob
      const frames = watch(sip)
      const { seq, actors } = sip.actors()
      late.push({ who, seq, actors, frames })
      looks.push({
        whole: rows(replay(all[who])),
        records: recordRows(actors),
        told: actors.length,
        census: census(),
        armed: actors.reduce((sum, { timers }) => sum + timers.length, 0),
      })
    }
  }
  await clock.run(100)
  for (const who of ['alice', 'bob'] as const) {
    const final = recordRows((who === 'alice' ? alice : bob).sip.actors().actors)
    for (const { who: whose, seq, actors, frames } of late)
      if (whose === who) {
        expect(frames[0]?.seq ?? seq + 1).toBe(seq + 1)
        expect(rows(replay(frames, actors))).toEqual(final)
      }
  }
  const ends = Promise.all([alice.sip.close(), bob.sip.close()])
  await clock.run(200_000)
  await ends
  return { looks, after: [alice.sip.actors().actors, bob.sip.actors().actors] }
}

const script = fc.array(
  fc.tuple(fc.constantFrom(...acts), fc.constantFrom(0, 1, 4, 7, 30, 600, 40_000), fc.boolean()),
  { minLength: 3, maxLength: 14 },
)

describe('records of living actors', () => {
  it('are what a replay of all frames says, at any moment, and late joiners end where the others are', async () => {
    await fc.assert(
      fc.asyncProperty(script, async steps => {
        const { looks, after } = await play(steps)
        for (const { whole, records, told, census, armed } of looks) {
          expect(records).toEqual(whole)
          expect(told).toBe(census.actors)
          expect(armed).toBe(census.timers)
        }
        expect(after).toEqual([[], []])
      }),
      { numRuns: 40, seed: 11 },
    )
  })

  it('have the owner, the parent, the countdowns and since when, of a call under way', async () => {
    const clock = virtualClock()
    const network = simulatedNetwork({ clock, latency: 0, seed: 3 })
    const { sip } = engineAt(network, '192.0.2.1')
    const connection = sip.connect({ port: 5060 })
    await Promise.all([connection.active(), clock.run(1)])
    await clock.run(10)
    const began = clock.now()
    connection.invite('sip:bob@192.0.2.99', { offer: sdp('192.0.2.1') })
    await clock.run(100)
    const { actors, t } = sip.actors()
    expect(t).toBe(began + 100)
    const transaction = actors.find(({ machine }) => machine === 'inviteClient')!
    expect(transaction.parent).toBe(connection.id)
    expect(actors.find(({ id }) => id === transaction.owner)?.machine).toBe('clientRequest')
    expect(transaction.state).toMatch(/^calling/)
    expect(transaction.since).toBe(began)
    expect(transaction.timers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: expect.stringMatching(/^timerA\./),
          deadline: began + 500,
          delay: 500,
        }),
        expect.objectContaining({ name: expect.stringMatching(/^timerB\./), deadline: began + 32_000 }),
      ]),
    )
    expect(actors.every(({ context }) => context === undefined)).toBe(true)
    const ends = sip.close()
    await clock.run(200_000)
    await ends
  })

  it('tell what a machine remembers when asked, without secrets and without other actors', async () => {
    const clock = virtualClock()
    const network = simulatedNetwork({ clock, latency: 0, seed: 3 })
    const { sip } = engineAt(network, '192.0.2.1')
    const connection = sip.connect({ port: 5060 })
    await Promise.all([connection.active(), clock.run(1)])
    const offer = `${sdp('192.0.2.1')}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:sEcReTkEyOfMeDiA\r\n`
    connection.invite('sip:bob:hunter2@192.0.2.99', {
      offer,
      credentials: { username: 'alice', password: 'wonderland' },
    })
    await clock.run(100)
    const { actors } = sip.actors()
    const contexts = actors.map(({ id }) => sip.actorContext(id))
    expect(contexts.every(context => typeof context === 'object' && context !== null)).toBe(true)
    const text = JSON.stringify(contexts)
    expect(text).toContain('INVITE sip:bob')
    for (const secret of ['wonderland', 'sEcReTkEyOfMeDiA', 'hunter2']) expect(text).not.toContain(secret)
    expect(sip.actorContext('nobody')).toBeUndefined()
    const ends = sip.close()
    await clock.run(200_000)
    await ends
  })
})
