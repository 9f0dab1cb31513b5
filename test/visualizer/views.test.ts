/** What charts and the tree of actors are made of: pure functions over what the model says. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ActorAt, StepFrame } from '../../src/inspect/index.ts'
import { layoutsPath } from '../../visualizer/scripts/layouts.mjs'
import { isStuck, rests } from '../../visualizer/src/actors/resting.ts'
import { countsText, finds, flatRows, kindsOf, rowsOf, treeOf } from '../../visualizer/src/actors/tree.ts'
import { headPath, ringPath, roundedPath, timerLetter } from '../../visualizer/src/chart/geometry.ts'
import { arrowsOf, lightOf, statesOf } from '../../visualizer/src/chart/light.ts'
import { type ChartFile, drawn } from '../../visualizer/src/chart/types.ts'
import { duration, timerTitle, timerWords } from '../../visualizer/src/chart/words.ts'
import { ordinaryCall } from '../inspect/scenes.ts'
import { ourMachines } from '../support/subjects.ts'

const layoutOf = (name: string) =>
  drawn(JSON.parse(readFileSync(`${layoutsPath}/${name}.json`, 'utf8')) as ChartFile, 'full')

const step = (event: string, from: string, to: string, rest: Partial<StepFrame> = {}): StepFrame => ({
  kind: 'step',
  seq: 1,
  t: 0,
  actor: 'a',
  machine: 'm',
  event,
  from,
  to,
  ...rest,
})

describe('what is lit', () => {
  const client = layoutOf('inviteClient')
  const request = layoutOf('clientRequest')

  it('is a state with those that hold it', () => {
    expect([...statesOf(client, 'calling.repeating')]).toEqual(['calling.repeating', 'calling'])
    expect([...statesOf(client, 'nowhere')]).toEqual([])
  })

  it('is both of parallel states', () => {
    const part = (id: string, type: 'atomic' | 'compound' | 'parallel', parent?: string) => ({
      id,
      key: id,
      node: id,
      type,
      ...(parent === undefined ? {} : { parent }),
      box: [0, 0, 1, 1] as const,
      lines: [],
    })
    const layout = {
      ...client,
      states: [
        part('p', 'parallel'),
        part('p.a', 'compound', 'p'),
        part('p.b', 'compound', 'p'),
        part('p.a.x', 'atomic', 'p.a'),
        part('p.b.y', 'atomic', 'p.b'),
      ],
    }
    expect([...statesOf(layout, 'p.a.x+b.y')].sort()).toEqual(['p', 'p.a', 'p.a.x', 'p.b', 'p.b.y'])
  })

  it('is the arrow of the event, of the innermost state, that no guard refused', () => {
    expect(arrowsOf(client, step('wire.success', 'calling.repeating', 'accepted'))).toEqual([
      'calling>accepted',
    ])
    const timer = 'xstate.after.timerA.inviteClient.calling.repeating'
    expect(arrowsOf(client, step(timer, 'calling.repeating', 'calling.repeating'))).toEqual([
      'calling.repeating>calling.repeating@timerA',
    ])
    expect(arrowsOf(request, step('tu.cancel', 'sent.proceeding', 'withdrawing.told'))).toEqual([
      'sent.proceeding>withdrawing.told',
    ])
  })

  it('is every arrow that one step went along, and none for what leads nowhere', () => {
    const through = step('wire.failure', 'calling.silent', 'terminated', { through: ['completed'] })
    expect(arrowsOf(client, through)).toEqual(['calling>completed', 'completed>terminated'])
    expect(arrowsOf(client, step('wire.provisional', 'proceeding', 'proceeding'))).toEqual([])
    const { from: _from, ...birth } = step('xstate.init', '', 'calling.repeating')
    expect(arrowsOf(client, birth)).toEqual([])
  })

  it('is found for every step of a recorded call that moved', async () => {
    const { alice, bob } = await ordinaryCall()
    const known = new Set(Object.values(ourMachines).map(({ id }) => id))
    let moved = 0
    for (const frame of [...alice.frames, ...bob.frames]) {
      if (frame.kind !== 'step' || frame.from === undefined || frame.from === frame.to) continue
      if (!known.has(frame.machine)) continue
      const layout = layoutOf(frame.machine)
      moved += 1
      const everywhere = layout.everywhere.some(({ event }) => event === frame.event)
      if (!everywhere)
        expect(
          arrowsOf(layout, frame),
          `${frame.machine} ${frame.event} ${frame.from} ${frame.to}`,
        ).not.toEqual([])
    }
    expect(moved).toBeGreaterThan(15)
  })

  it('has timers on their arrows, and keeps those without one', async () => {
    const { bob } = await ordinaryCall()
    const model = bob.model()
    const accepted = bob.frames.find(
      frame => frame.kind === 'step' && frame.machine === 'inviteServer' && frame.to === 'accepted',
    ) as StepFrame
    const detail = model.actor(accepted.actor, accepted.seq)!
    const light = lightOf(layoutOf('inviteServer'), detail)
    expect([...light.timers.keys()]).toEqual(['accepted>terminated@timerL'])
    expect(light.others).toEqual([])
    const odd = { ...detail, timers: [{ name: 'odd.elsewhere', deadline: 1, delay: 1 }] }
    expect(lightOf(layoutOf('inviteServer'), odd).others).toEqual(odd.timers)
    expect(light.arrows.get('proceeding>accepted')).toBe('taken')
    expect(light.visited).toContain('proceeding')
  })
})

describe('a drawing', () => {
  it('rounds corners, leaves straight lines straight, and ends in a head', () => {
    expect(
      roundedPath([
        [0, 0],
        [0, 10],
        [0, 40],
      ]),
    ).toBe('M0 0L0 40')
    expect(
      roundedPath([
        [0, 0],
        [0, 40],
        [40, 40],
      ]),
    ).toBe('M0 0L0 34Q0 40 6 40L40 40')
    expect(
      roundedPath([
        [0, 0],
        [0, 8],
        [40, 8],
      ]),
    ).toBe('M0 0L0 4Q0 8 4 8L40 8')
    expect(
      headPath([
        [0, 0],
        [0, 20],
      ]),
    ).toBe('M0 20L3.5 13L-3.5 13Z')
  })

  it('empties rings from the top', () => {
    expect(ringPath([0, 0], 10, 0)).toBe('')
    expect(ringPath([0, 0], 10, 1)).toBe('M0 -10A10 10 0 0 1 0 10A10 10 0 0 1 0 -10')
    expect(ringPath([0, 0], 10, 0.25)).toBe('M-10 0A10 10 0 0 1 0 -10')
    expect(ringPath([0, 0], 10, 7)).toBe(ringPath([0, 0], 10, 1))
  })

  it('names timers and times', () => {
    expect(['timerA', 'patience', '1000'].map(timerLetter)).toEqual(['A', 'P', '⏱'])
    expect(['timerL', 'proceedingLimit'].map(timerTitle)).toEqual(['Timer L', 'proceeding limit'])
    expect(timerWords('1500')).toBe('after 1.5 s')
    expect([-5, 12, 4_870, 59_999, 61_000, 3_661_000, 180_000_000].map(duration)).toEqual([
      '0 ms',
      '12 ms',
      '4.8 s',
      '59.9 s',
      '1:01',
      '1:01:01',
      '2 d 2 h',
    ])
  })
})

describe('the layouts', () => {
  const names = Object.keys(ourMachines)
  it.each(names)('of %s have no label on a state or on another label', name => {
    for (const sheet of ['full', 'brief'] as const) {
      const layout = drawn(
        JSON.parse(readFileSync(`${layoutsPath}/${name}.json`, 'utf8')) as ChartFile,
        sheet,
      )
      const holders = new Set(layout.states.map(({ parent }) => parent))
      const labels = layout.edges.flatMap(({ id, label }) => (label ? [{ id, box: label }] : []))
      const boxes = layout.states.filter(({ id }) => !holders.has(id)).map(({ id, box }) => ({ id, box }))
      const overlap = (one: (typeof labels)[number], other: (typeof labels)[number]) =>
        one.box[0] < other.box[0] + other.box[2] - 1 &&
        other.box[0] < one.box[0] + one.box[2] - 1 &&
        one.box[1] < other.box[1] + other.box[3] - 1 &&
        other.box[1] < one.box[1] + one.box[3] - 1
      const clashes = labels.flatMap((label, index) =>
        [...boxes, ...labels.slice(index + 1)]
          .filter(other => overlap(label, other))
          .map(({ id }) => `${sheet}: ${label.id} on ${id}`),
      )
      expect(clashes).toEqual([])
    }
  })

  it.each(names)('of %s let time flow down: the first state is above every final one', name => {
    const { states } = layoutOf(name)
    const top = states.filter(({ parent }) => parent === undefined)
    const first = top.find(({ initial }) => initial)!
    for (const final of top.filter(({ type }) => type === 'final'))
      expect(final.box[1]).toBeGreaterThan(first.box[1])
  })
})

describe('the tree of actors', () => {
  const actor = (id: string, machine: string, rest: Partial<ActorAt> = {}): ActorAt => ({
    id,
    machine,
    state: 'active',
    since: 0,
    ...rest,
  })

  it('puts each under the one it serves, else under its parent, and loses nobody in a circle', () => {
    const roots = treeOf([
      actor('c', 'connection'),
      actor('call', 'outgoingCall', { parent: 'c' }),
      actor('t', 'inviteClient', { parent: 'c', owner: 'call' }),
      actor('orphan', 'flow', { parent: 'gone', owner: 'gone too' }),
      actor('x', 'flow', { owner: 'y' }),
      actor('y', 'flow', { owner: 'x' }),
    ])
    const rows = rowsOf(roots, new Set())
    expect(rows.map(({ node, level }) => `${level} ${node.id}`).sort()).toEqual([
      '1 c',
      '1 orphan',
      '1 y',
      '2 call',
      '2 x',
      '3 t',
    ])
  })

  it('folds many of a kind into a group that counts their states', () => {
    const calls = Array.from({ length: 8 }, (_each, at) =>
      actor(`call${at}`, 'incomingCall', { parent: 'c', state: at < 3 ? 'ringing' : 'confirmed.x' }),
    )
    const roots = treeOf([actor('c', 'connection'), ...calls])
    const closed = rowsOf(roots, new Set())
    expect(closed.map(({ node }) => node.is)).toEqual(['actor', 'group'])
    const group = closed[1]!.node
    expect(group.is === 'group' && countsText(group.counts)).toBe('5 confirmed, 3 ringing')
    expect(rowsOf(roots, new Set([group.id]))).toHaveLength(10)
    expect(rowsOf(roots, new Set(['c']))).toHaveLength(1)
    expect(
      countsText([
        ['a', 5],
        ['b', 4],
        ['c', 3],
        ['d', 2],
      ]),
    ).toBe('5 a, 4 b, 5 other')
  })

  it('lists the oldest first, finds by every word, counts kinds', () => {
    const all = [
      actor('a', 'flow', { since: 5 }),
      actor('b', 'flow', { since: 2, state: 'open' }),
      actor('c', 'dialog'),
    ]
    expect(flatRows(all).map(({ node }) => node.id)).toEqual(['c', 'b', 'a'])
    expect(all.filter(finds('FLOW open')).map(({ id }) => id)).toEqual(['b'])
    expect(
      kindsOf(all, ({ id }) => id === 'a').map(({ machine, number, stuck }) => [machine, number, stuck]),
    ).toEqual([
      ['flow', 2, 1],
      ['dialog', 1, 0],
    ])
  })

  it('makes the rows of 10,000 quickly', () => {
    const many = Array.from({ length: 10_000 }, (_each, at) =>
      actor(`a${at}`, 'dialog', at === 0 ? {} : { parent: `a${Math.floor((at - 1) / 4)}` }),
    )
    const began = performance.now()
    expect(rowsOf(treeOf(many), new Set())).toHaveLength(10_000)
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  it('calls stuck what is under way for too long, not what rests or absorbs repetitions', () => {
    const at = (machine: string, state: string, since = 0) => ({ machine, state, since })
    expect(isStuck(at('incomingCall', 'ringing'), 31_000, 30)).toBe(true)
    expect(isStuck(at('incomingCall', 'ringing'), 29_000, 30)).toBe(false)
    expect(isStuck(at('registration', 'registered.renewed'), 1e9, 30)).toBe(false)
    expect(isStuck(at('inviteServer', 'accepted'), 32_000, 30)).toBe(false)
    expect(isStuck(at('inviteServer', 'accepted'), 36_000, 30)).toBe(true)
    expect(isStuck(at('inviteServer', 'proceeding.silent'), 31_000, 30)).toBe(true)
    expect([rests('unknown', 'idle'), rests('unknown', 'working')]).toEqual([true, false])
  })

  /** Every state that an actor can be in, those with regions in all their combinations. */
  const wholes = (states: ReturnType<typeof layoutOf>['states'], id = ''): readonly string[] => {
    const children = states.filter(({ parent = '' }) => parent === id)
    const below = children.map(({ id: child, type }) => {
      if (type === 'final') return []
      const local = id === '' ? child : child.slice(id.length + 1)
      const deeper = wholes(states, child)
      return deeper.length === 0 ? [local] : deeper.map(state => `${local}.${state}`)
    })
    if (states.find(state => state.id === id)?.type !== 'parallel') return below.flat()
    return below.reduce((before, region) =>
      before.flatMap(left => region.map(right => (left === '' ? right : `${left}+${right}`))),
    )
  }

  it('knows a state to rest in of every machine of which actors may live long', () => {
    const short = new Set([
      'clientResolver',
      'clientRequest',
      'description',
      'incomingChange',
      'inviteClient',
      'inviteServer',
      'nonInviteClient',
      'nonInviteServer',
      'outgoingChange',
      'pagerMessage',
      'standAlone',
    ])
    for (const [name, machine] of Object.entries(ourMachines)) {
      const { states } = layoutOf(name)
      if (!short.has(name))
        expect(
          wholes(states).some(state => rests(machine.id, state)),
          name,
        ).toBe(true)
    }
  })
})
