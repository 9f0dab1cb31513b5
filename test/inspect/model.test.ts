/** What a trace says: flows, ladders, actors at any point, from real engines on the simulated network. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ActorRecord, type Frame, type LadderRow, TraceModel } from '../../src/inspect/index.ts'
import {
  answering,
  forked,
  glare,
  held,
  lostAck,
  ordinaryCall,
  registered,
  scene,
  sdp,
  transferred,
} from './scenes.ts'

const told = (rows: readonly LadderRow[]): string[] =>
  rows.map(row => {
    if (row.kind === 'arrow')
      return `${row.direction === 'out' ? '→' : '←'} ${row.label}${row.copies.length > 0 ? ` ×${row.copies.length}` : ''}`
    if (row.kind === 'silence') return `≈ ${row.label}`
    if (row.kind === 'missing') return `✗ ${row.label}`
    return row.kind === 'moved' ? `· ${row.label}` : '!'
  })

const chips = (rows: readonly LadderRow[], label: string): string[] =>
  rows
    .flatMap(row => (row.kind === 'arrow' && row.label === label ? row.chips.filter(({ main }) => main) : []))
    .map(({ kind, to }) => `${kind} ${to}`)

const only = (model: TraceModel) => {
  const flows = model.flows()
  expect(flows).toHaveLength(1)
  return { flow: flows[0]!, view: model.ladder(flows[0]!.id) }
}

describe('a call', () => {
  it('is one flow with one leg, its states beside the messages that moved them', async () => {
    const { alice, bob } = await ordinaryCall()
    const { flow, view } = only(alice.model())
    expect(flow).toMatchObject({
      kind: 'call',
      title: 'alice → bob',
      state: 'ended',
      standing: 'ended',
      messages: 6,
      failures: 0,
      findings: 0,
    })
    expect(told(view.rows)).toEqual([
      '→ INVITE',
      '← 180 Ringing',
      '← 200 OK',
      '→ ACK',
      '≈ talking',
      '→ BYE',
      '← 200 OK',
    ])
    expect(chips(view.rows, 'INVITE')).toEqual(['C calling', 'IC calling.repeating'])
    expect(chips(view.rows, '180 Ringing')).toEqual(['IC proceeding', 'C early', 'D early'])
    expect(view.columns.map(({ is, name }) => `${is} ${name}`)).toEqual(['engine ', 'peer bob'])
    expect(view.lifelines.map(({ is }) => is)).toEqual(['early', 'confirmed', 'none'])
    const theirs = only(bob.model()).view
    expect(told(theirs.rows)).toEqual([
      '← INVITE',
      '→ 180 Ringing',
      '→ 200 OK',
      '← ACK',
      '≈ talking',
      '← BYE',
      '→ 200 OK',
    ])
    expect(chips(theirs.rows, 'ACK')).toEqual(['C confirmed'])
    expect(theirs.columns.map(({ is }) => is)).toEqual(['peer', 'engine'])
  })

  it('tells why: the run that a message stands in', async () => {
    const { alice } = await ordinaryCall()
    const model = alice.model()
    const ok = alice.frames.find(
      frame => frame.kind === 'message' && frame.message.kind === 'response' && frame.message.status === 200,
    )!
    const ack = alice.frames.find(
      frame => frame.kind === 'message' && frame.message.kind === 'request' && frame.message.method === 'ACK',
    )!
    expect(model.why(ack.seq)).toEqual(model.why(ok.seq))
    expect(model.why(ok.seq).cause).toBe(ok)
    expect(model.why(ok.seq).steps.map(({ machine }) => machine)).toEqual(
      expect.arrayContaining(['inviteClient', 'outgoingCall', 'dialog']),
    )
    expect(model.why(99_999)).toEqual({ steps: [] })
  })

  it('that is cancelled says so', async () => {
    const one = await scene()
    one.bob.connection.calls$.subscribe(call => call.ring())
    const call = one.alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
    await one.world.run(500)
    call.cancel()
    await one.world.run(1000)
    const { flow, view } = only(one.alice.model())
    expect(flow).toMatchObject({ state: 'cancelled', standing: 'ended', failures: 0 })
    expect(told(view.rows)).toEqual([
      '→ INVITE',
      '← 180 Ringing',
      '→ CANCEL',
      '← 200 OK',
      '← 487 Request Terminated',
      '→ ACK',
    ])
    expect(one.alice.model().findings()).toEqual([])
  })

  it('on hold is confirmed and on hold, its line dotted', async () => {
    const { flow, view } = only((await held()).alice.model())
    expect(flow.state).toBe('confirmed, on hold')
    expect(flow.standing).toBe('settled')
    expect(view.lifelines.map(({ is }) => is)).toEqual(['early', 'confirmed', 'held'])
    expect(view.rows.find(row => row.kind === 'arrow' && row.sdp?.direction === 'sendonly')).toBeDefined()
  })

  it('transferred is two legs of one flow', async () => {
    const { alice, bob, carol } = await transferred()
    const model = bob.model()
    const { flow, view } = only(model)
    expect(
      flow.legs.map(({ letter, direction, peer, joinedBy }) => [
        letter,
        direction,
        peer.split('@')[0],
        joinedBy !== undefined,
      ]),
    ).toEqual([
      ['A', 'in', 'alice', false],
      ['B', 'out', 'carol', true],
    ])
    expect(view.columns.map(({ is, name }) => `${is} ${name}`)).toEqual([
      'peer alice',
      'engine ',
      'engine ',
      'peer carol',
    ])
    expect(alice.model().flows()).toHaveLength(1)
    expect(carol.model().flows()).toHaveLength(1)
  })

  it('forked has a column for each branch that answers from elsewhere, and one flow', async () => {
    const { alice } = await forked()
    const { flow, view } = only(alice.model())
    expect(flow.legs).toHaveLength(1)
    expect(
      view.rows.filter(row => row.kind === 'arrow' && row.label.startsWith('18')).length,
    ).toBeGreaterThan(1)
  })
})

describe('a lost ACK', () => {
  it('folds the repeated 200, says what was expected and for how long, and becomes a finding', async () => {
    const { bob } = await lostAck(3_000)
    const model = bob.model()
    const { flow, view } = only(model)
    const rows = told(view.rows)
    expect(rows.slice(2, 5)).toEqual(['→ 200 OK', '✗ ACK', expect.stringMatching(/^→ 200 OK ×[23]$/)])
    const missing = view.rows.find(row => row.kind === 'missing')!
    expect(missing.kind === 'missing' && missing.waited).toBeGreaterThan(1000)
    const repeat = view.rows.find(row => row.kind === 'arrow' && row.copies.length > 0)!
    expect(repeat.kind === 'arrow' && repeat.spread).toEqual([500, expect.any(Number)])
    expect(model.findings()).toMatchObject([{ kind: 'missing-ack', severity: 'warning', flow: flow.id }])
    expect(flow.findings).toBe(1)
  })

  it('that never comes is a failure', async () => {
    const { bob } = await lostAck(100_000)
    expect(bob.model().findings()).toMatchObject([
      {
        kind: 'missing-ack',
        severity: 'failure',
        title: 'ACK missing for 32.0 s',
        text: expect.stringContaining('never came'),
      },
      ...bob.model().findings().slice(1),
    ])
  })
})

describe('glare', () => {
  it('is bracketed, hollow, and settled', async () => {
    const { alice } = await glare()
    const model = alice.model()
    const { view } = only(model)
    expect(view.rows.filter(row => row.kind === 'arrow' && row.crossed !== undefined)).toHaveLength(2)
    expect(
      view.rows
        .filter(row => row.kind === 'arrow' && row.again)
        .map(row => row.kind === 'arrow' && row.label),
    ).toContain('491 Request Pending')
    expect(model.findings()).toMatchObject([
      { kind: 'loop-491', severity: 'warning', title: expect.stringMatching(/^491 glare, settled in/) },
    ])
  })
})

describe('a registration', () => {
  it('is one flow with its challenges, and no failure', async () => {
    const { model } = await registered()
    const { flow, view } = only(model())
    expect(flow).toMatchObject({ kind: 'registration', title: 'alice@example.com', failures: 0 })
    expect(told(view.rows).slice(0, 4)).toEqual([
      '→ REGISTER',
      '← 401 Unauthorized',
      '→ REGISTER',
      '← 200 OK',
    ])
    expect(model().findings()).toEqual([])
  })
})

/** Every actor alive after a frame, by replaying all frames up to it. */
const naive = (frames: readonly Frame[], seq: number): Map<string, { state: string; since: number }> => {
  const actors = new Map<string, { state: string; since: number }>()
  for (const frame of frames) {
    if (frame.seq > seq) break
    if (frame.kind !== 'step') continue
    const before = actors.get(frame.actor)
    actors.set(frame.actor, {
      state: frame.to,
      since: before && frame.from === frame.to ? before.since : frame.t,
    })
    if (frame.ended) actors.delete(frame.actor)
  }
  return actors
}

describe('actors at a point', () => {
  it('are what a replay of everything before says, at every number of a busy hour', async () => {
    const one = await scene({ loss: 0.2, seed: 7 })
    answering(one)
    for (let round = 0; round < 12; round += 1) {
      const call = one.alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
      await one.world.run(700 * (1 + (round % 3)))
      void call.hangUp().catch(() => undefined)
      await one.world.run(5_000)
    }
    await one.world.run(100_000)
    const { frames } = one.alice
    const model = one.alice.model()
    expect(frames.length).toBeGreaterThan(400)
    const older = new Set(frames.flatMap(frame => (frame.kind === 'step' ? [frame.actor] : [])))
    for (const frame of frames)
      if (frame.kind === 'step' && frame.from === undefined) older.delete(frame.actor)
    for (const { seq } of frames) {
      const view = model.actorsAt(seq).actors.filter(({ id }) => !older.has(id))
      const wanted = naive(frames, seq)
      for (const id of older) wanted.delete(id)
      expect(new Map(view.map(({ id, state, since }) => [id, { state, since }]))).toEqual(wanted)
    }
  })

  /** Frames of actors that are born, move and end at random. */
  const randomTrace = fc
    .array(
      fc.record({
        actor: fc.nat(5),
        to: fc.constantFrom('a', 'b', 'b.c', 'd'),
        wait: fc.nat(50),
        ends: fc.boolean(),
      }),
      { minLength: 1, maxLength: 120 },
    )
    .map(moves => {
      const states = new Map<string, string>()
      const births = new Map<number, number>()
      let t = 0
      return moves.map(({ actor, to, wait, ends }, index): Frame => {
        const id = `x.${actor}.${births.get(actor) ?? 0}`
        const from = states.get(id)
        t += wait
        if (ends) {
          births.set(actor, (births.get(actor) ?? 0) + 1)
          states.delete(id)
        } else states.set(id, to)
        const base = {
          kind: 'step' as const,
          seq: index + 1,
          t,
          actor: id,
          machine: 'x',
          event: from === undefined ? 'xstate.init' : 'go',
          to,
        }
        return { ...base, ...(from === undefined ? {} : { from }), ...(ends ? { ended: true as const } : {}) }
      })
    })

  it('are right in random traces, also when most of them was dropped', () => {
    fc.assert(
      fc.property(randomTrace, fc.integer({ min: 5, max: 60 }), (frames, capacity) => {
        const model = new TraceModel({ capacity })
        model.append(frames)
        expect(model.length).toBe(Math.min(capacity, frames.length))
        expect(model.dropped).toBe(Math.max(0, frames.length - capacity))
        for (const { seq } of model.frames()) {
          const known = [...naive(frames, seq)].map(([id, { state }]) => `${id} ${state}`)
          expect(
            model
              .actorsAt(seq)
              .actors.map(({ id, state }) => `${id} ${state}`)
              .sort(),
          ).toEqual(known.sort())
        }
      }),
      { numRuns: 200 },
    )
  })

  it('are the same for a model that came late and was told who lives', () => {
    fc.assert(
      fc.property(randomTrace, fc.double({ min: 0, max: 1, noNaN: true }), (frames, part) => {
        const cut = Math.floor(frames.length * part)
        const before = naive(frames, cut)
        const records = [...before].map(
          ([id, { state, since }]): ActorRecord => ({ id, machine: 'x', state, since, timers: [] }),
        )
        const late = new TraceModel()
        late.seed(records, cut)
        late.append(frames.slice(cut))
        const whole = new TraceModel()
        whole.append(frames)
        const at = (model: TraceModel) =>
          model
            .actorsAt(frames.length)
            .actors.map(({ id, state, since }) => `${id} ${state} ${since}`)
            .sort()
        expect(at(late)).toEqual(at(whole))
      }),
      { numRuns: 200 },
    )
  })

  it('tell the timers that are armed, with their deadlines, and the time spent in states', async () => {
    const { alice } = await ordinaryCall()
    const model = alice.model()
    const client = alice.frames.find(frame => frame.kind === 'step' && frame.machine === 'inviteClient')!
    if (client.kind !== 'step') throw new Error('no client transaction')
    const first = model.actor(client.actor, client.seq)!
    expect(first.timers.map(({ name, deadline }) => [name.split('.')[0], deadline - client.t])).toEqual([
      ['timerA', 500],
      ['timerB', 32_000],
    ])
    const last = model.actor(client.actor)!
    expect(last.path.map(({ state }) => state)).toEqual(['calling.repeating', 'proceeding', 'accepted'])
    expect(last.timers.map(({ name }) => name.split('.')[0])).toEqual(['timerM'])
    expect(last.times[0]).toEqual({ state: 'calling.repeating', milliseconds: 20, visits: 1 })
    expect(model.actor('nobody')).toBeUndefined()
  })
})

describe('a search', () => {
  it('finds words of messages and steps, and never what is hidden', async () => {
    const { model, frames } = await registered()
    expect(model().search('401 unauthorized').length).toBeGreaterThan(0)
    const authorization = frames.flatMap(frame =>
      frame.kind === 'message' ? (frame.message.header('authorization') ?? []) : [],
    )[0]!
    const response = /response="([0-9a-f]+)"/.exec(authorization)![1]!
    expect(model().search(response)).toEqual([])
    expect(model().search('')).toEqual([])
  })
})

describe('the model', () => {
  it('takes 100,000 frames a second at least', async () => {
    const one = await ordinaryCall()
    const round = one.alice.frames
    const frames: Frame[] = []
    // Each round is another call.
    for (let n = 0; frames.length < 60_000; n += 1)
      for (const frame of round) {
        const base = {
          seq: frames.length + 1,
          ...(frame.cause === undefined ? {} : { cause: frame.cause - frame.seq + frames.length + 1 }),
        }
        if (frame.kind === 'step')
          frames.push({
            ...frame,
            ...base,
            actor: `${frame.actor}-${n}`,
            ...(frame.owner ? { owner: `${frame.owner}-${n}` } : {}),
          })
        else if (frame.kind === 'message')
          frames.push({ ...frame, ...base, ...(frame.actor ? { actor: `${frame.actor}-${n}` } : {}) })
      }
    let best = Number.POSITIVE_INFINITY
    for (let run = 0; run < 3; run += 1) {
      const model = new TraceModel()
      const began = performance.now()
      model.append(frames)
      best = Math.min(best, performance.now() - began)
      expect(model.length).toBe(frames.length)
    }
    expect(frames.length / (best / 1000)).toBeGreaterThan(100_000)
  })
})
