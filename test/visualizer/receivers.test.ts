/**
 * The receivers of `@xstate/inspect` 0.8 with the XState 4 that they bring, fed with our machines and with recorded
 * calls: what an engine that speaks only that protocol looks like to the page.
 */
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createMachine } from 'xstate'
import {
  type Frame,
  type ReceiverEvent,
  receiverEvents,
  type StepFrame,
  TraceModel,
  toV4,
} from '../../src/inspect/index.ts'
import { stateValue } from '../../src/inspect/receiver-events.ts'
import { shapeOf } from '../../visualizer/scripts/shape.mjs'
import { simpleLayout } from '../../visualizer/src/chart/simple.ts'
import type { ChartShape } from '../../visualizer/src/chart/types.ts'
import { hearSocket, hearWindow } from '../../visualizer/src/receivers/index.ts'
import { ordinaryCall } from '../inspect/scenes.ts'
import { ourMachines } from '../support/subjects.ts'

const complaints: unknown[] = []
const closers: (() => unknown)[] = []

beforeEach(() => {
  complaints.length = 0
  for (const kind of ['warn', 'error'] as const)
    vi.spyOn(console, kind).mockImplementation((...words) => void complaints.push(words))
})

afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  for (const close of closers.splice(0).reverse()) await close()
})

/** A window that another one talks to. */
const windows = () => {
  const listeners = new Set<(event: MessageEvent) => void>()
  const said: unknown[] = []
  const own = {
    addEventListener: (_type: string, listener: (event: MessageEvent) => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: (event: MessageEvent) => void) =>
      listeners.delete(listener),
  }
  const engine = { postMessage: (event: unknown) => said.push(event) }
  const say = (data: unknown, source: unknown = engine): void => {
    for (const listener of listeners) listener({ data, source } as MessageEvent)
  }
  return { own: own as unknown as Window, engine: engine as unknown as Window, say, said, listeners }
}

/** The page's side of a window receiver. */
const listening = () => {
  const pair = windows()
  const frames: StepFrame[] = []
  const charts = new Map<string, ChartShape>()
  const errors: unknown[] = []
  let time = 0
  const stop = hearWindow(
    {
      onFrames: made => frames.push(...made),
      onChart: shape => charts.set(shape.machine, shape),
      onError: error => errors.push(error),
      now: () => ++time,
    },
    pair.own,
    pair.engine,
  )!
  return { ...pair, frames, charts, errors, stop }
}

/** The XState 4 that the receivers bring. */
const v4 = createRequire(new URL('../../visualizer/package.json', import.meta.url))('xstate') as {
  readonly createMachine: (config: unknown) => {
    readonly stateIds: readonly string[]
    readonly events: readonly string[]
    readonly initialState: { readonly value: unknown }
  }
}

/** A register of one machine in its first state. */
const registering = (name: string): ReceiverEvent => {
  const machine = ourMachines[name]!
  const [event] = receiverEvents(ourMachines).present([
    { id: 'one', machine: machine.id, state: String(Object.keys(machine.states)[0]), since: 0, timers: [] },
  ])
  return event!
}

const record = (frame: Frame): StepFrame[] => (frame.kind === 'step' ? [frame] : [])

describe('a machine in the words of XState 4', () => {
  it.each(Object.keys(ourMachines))('%s is rebuilt by the real receiver, whole and in silence', name => {
    const { say, charts, errors } = listening()
    say(registering(name))
    expect(errors).toEqual([])
    expect(complaints).toEqual([])
    const ours = shapeOf(ourMachines[name]!)
    const shape = charts.get(ourMachines[name]!.id)!
    const ids = ({ states }: Pick<ChartShape, 'states'>) =>
      states.map(({ id, type, node }) => [id, type, node])
    expect(ids(shape)).toEqual(ids(ours))
    // Every transition is there: its ends, its event or timer, its guard.
    const lines = (list: readonly (readonly unknown[])[]): string[] => list.map(String).sort()
    const rebuilt = [
      ...shape.edges.flatMap(({ from, to, after, transitions }) =>
        transitions.map(({ event, guard }) => [from, to, after ?? event, guard]),
      ),
      ...shape.inside.map(({ from, after, event, guard }) => [from, undefined, after ?? event, guard]),
      ...shape.everywhere.map(({ to, after, event, guard }) => ['', to, after ?? event, guard]),
    ]
    expect(lines(rebuilt)).toEqual(
      lines(ours.transitions.map(({ from, to, after, event, guard }) => [from, to, after ?? event, guard])),
    )
  })

  it.each(Object.keys(ourMachines))('%s has a first state there, and complains of nothing', name => {
    const rebuilt = v4.createMachine(JSON.parse(JSON.stringify(toV4(ourMachines[name]!))))
    expect(rebuilt.initialState.value).toBeTruthy()
    expect(rebuilt.stateIds.length).toBe(shapeOf(ourMachines[name]!).states.length + 1)
    expect(complaints).toEqual([])
  })

  it('would be heard to complain', () => {
    const trap = { id: 'x', initial: 'a', states: { a: { after: { patience: 'b' } }, b: {} } }
    void v4.createMachine({ predictableActionArguments: true, ...trap }).initialState
    expect(String(complaints)).toContain('No delay reference')
    expect(
      () =>
        v4.createMachine({
          id: 'x',
          initial: 'a',
          states: { a: { always: { cond: 'no', target: 'b' } }, b: {} },
        }).initialState,
    ).toThrow()
  })

  it('lets nothing run there: no first state is looked for behind a guard, no built-in action is passed through', () => {
    const machine = createMachine({
      id: 'traps',
      initial: 'one',
      states: {
        one: {
          entry: [{ type: 'xstate.raise' } as never, 'effect'],
          always: { guard: 'ready', target: 'two' },
          after: { patience: 'two', 1000: 'three' },
        },
        two: { always: 'three' },
        three: { type: 'final' },
      },
    })
    const made = toV4(machine)
    expect(made.predictableActionArguments).toBe(true)
    expect(made.states!.one!.on).toEqual({
      'xstate.after(patience)#traps.one': [{ target: ['#traps.two'] }],
      always: [{ target: ['#traps.two'], cond: 'ready' }],
    })
    expect(made.states!.one!.after).toEqual({ 1000: [{ target: ['#traps.three'] }] })
    expect(made.states!.two!.always).toEqual([{ target: ['#traps.three'] }])
    expect(JSON.stringify(made)).not.toContain('xstate.raise')
  })

  it('reads the names of states', () => {
    expect(stateValue('a')).toBe('a')
    expect(stateValue('a.b.c')).toEqual({ a: { b: 'c' } })
    expect(stateValue('a.x+b.y')).toEqual({ a: 'x', b: 'y' })
  })
})

describe('the window receiver', () => {
  it('shows a recorded call as the engine itself does', async () => {
    const { bob } = await ordinaryCall()
    const { say, said, frames, errors } = listening()
    expect(said).toEqual([{ type: 'xstate.inspecting' }])
    const protocol = receiverEvents(ourMachines)
    for (const frame of bob.frames) for (const event of protocol.of(frame)) say(event)
    expect(errors).toEqual([])
    expect(complaints).toEqual([])
    const heard = new TraceModel()
    heard.append(frames)
    const model = bob.model()
    const ids = [...new Set(bob.frames.flatMap(record).map(({ actor }) => actor))]
    expect(ids.length).toBeGreaterThan(3)
    for (const id of ids) {
      const [one, other] = [model.actor(id)!, heard.actor(id)!]
      expect(other.path.map(({ state }) => state)).toEqual(one.path.map(({ state }) => state))
      expect([other.machine, other.parent, other.ended]).toEqual([one.machine, one.parent, one.ended])
    }
    const alive = (of: TraceModel) =>
      of
        .actorsAt(of.last)
        .actors.map(({ id, state }) => `${id} ${state}`)
        .sort()
    expect(alive(heard)).toEqual(alive(model))
  })

  it('keeps the names of timers and senders', async () => {
    const { bob } = await ordinaryCall()
    const { say, frames } = listening()
    const protocol = receiverEvents(ourMachines)
    for (const frame of bob.frames) for (const event of protocol.of(frame)) say(event)
    const sent = bob.frames
      .flatMap(record)
      .filter(({ source, from }) => source !== undefined && from !== undefined)
    const heard = new Set(frames.map(({ actor, event, source }) => `${actor} ${event} ${source}`))
    expect(sent.length).toBeGreaterThan(0)
    for (const { actor, event, source } of sent) expect(heard).toContain(`${actor} ${event} ${source}`)
  })

  it('tells a receiver that comes late of everyone alive, parents first', async () => {
    const { bob } = await ordinaryCall()
    const { t: _t, ...rest } = { t: 0, actors: bob.model().actorsAt(14).actors }
    const records = [...rest.actors].reverse().map(actor => ({ ...actor, timers: [] }))
    const events = receiverEvents(ourMachines).present(records)
    const seen = new Set<string>()
    for (const event of events) {
      if (event.type !== 'service.register') throw new Error(event.type)
      if (event.parent !== undefined && records.some(({ id }) => id === event.parent))
        expect(seen).toContain(event.parent)
      seen.add(event.sessionId)
    }
    expect(seen.size).toBe(records.length)
    const { say, frames } = listening()
    for (const event of events) say(event)
    expect(frames.map(({ actor, to }) => `${actor} ${to}`).sort()).toEqual(
      records.map(({ id, state }) => `${id} ${state}`).sort(),
    )
  })

  it('gives an actor of an unknown machine a chart of what is seen', () => {
    const { say, frames, charts } = listening()
    const step = {
      kind: 'step',
      seq: 1,
      t: 0,
      actor: 'x',
      machine: 'promise',
      event: 'xstate.init',
      to: 'active',
    } as const
    for (const event of receiverEvents({}).of(step)) say(event)
    expect(frames).toMatchObject([{ actor: 'x', machine: 'promise', to: 'active' }])
    expect(charts.get('promise')!.states.map(({ id }) => id)).toEqual(['active'])
  })

  it('hears its own window only, survives what it cannot read, and stops', () => {
    const { say, frames, errors, stop, listeners } = listening()
    say(registering('flow'), { other: true })
    expect(frames).toEqual([])
    say({ type: 'service.register', machine: '{', state: '{}', sessionId: 'x', id: 'x' })
    expect(errors).toHaveLength(1)
    say({ type: 'something.else' })
    say(registering('flow'))
    expect(frames).toHaveLength(1)
    stop()
    expect(listeners.size).toBe(0)
  })
})

describe('the WebSocket receiver', () => {
  it('hears a server, and says that it failed', async () => {
    const { bob } = await ordinaryCall()
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    closers.push(() => new Promise(done => server.close(done)))
    const protocol = receiverEvents(ourMachines)
    const asked = new Promise<string>(done =>
      server.on('connection', socket => {
        closers.push(() => socket.terminate())
        socket.on('message', data => {
          done((data as Buffer).toString())
          for (const frame of bob.frames)
            for (const event of protocol.of(frame)) socket.send(JSON.stringify(event))
        })
      }),
    )
    await new Promise(done => server.once('listening', done))
    const { port } = server.address() as AddressInfo
    vi.stubGlobal('WebSocket', WebSocket)
    const frames: StepFrame[] = []
    const last = bob.frames.flatMap(record).at(-1)!
    await new Promise<void>((done, fail) => {
      const stop = hearSocket(`127.0.0.1:${port}/?token=x`, {
        onFrames: made => {
          frames.push(...made)
          const newest = made.at(-1)!
          if (
            newest.actor === last.actor &&
            newest.to === last.to &&
            Boolean(newest.ended) === Boolean(last.ended)
          )
            done()
        },
        onChart: () => {},
        onError: fail,
        now: () => 0,
      })
      closers.push(stop)
    })
    expect(JSON.parse(await asked)).toEqual({ type: 'xstate.inspecting' })
    expect(frames.map(({ machine }) => machine)).toContain('inviteServer')
    const closed = createServer()
    await new Promise<void>(done => closed.listen(0, '127.0.0.1', done))
    const free = (closed.address() as AddressInfo).port
    await new Promise(done => closed.close(done))
    await new Promise<void>(done => {
      hearSocket(`127.0.0.1:${free}`, {
        onFrames: () => {},
        onChart: () => {},
        onError: () => done(),
        now: () => 0,
      })
    })
  })
})

describe('the layout of a machine that none was made for', () => {
  it.each(Object.keys(ourMachines))('of %s has every state, inside of what holds it', name => {
    const { say, charts } = listening()
    say(registering(name))
    const shape = charts.get(ourMachines[name]!.id)!
    const layout = simpleLayout(shape)
    const boxes = new Map(layout.states.map(({ id, box }) => [id, box]))
    expect(boxes.size).toBe(shape.states.length)
    for (const { id, parent, box } of layout.states) {
      const [x, y, width, height] = box
      expect(Math.min(width, height), id).toBeGreaterThan(0)
      expect(x + width, id).toBeLessThanOrEqual(layout.width)
      expect(y + height, id).toBeLessThanOrEqual(layout.height)
      const outer = parent === undefined ? undefined : boxes.get(parent)!
      if (!outer) continue
      expect(x >= outer[0] && x + width <= outer[0] + outer[2], id).toBe(true)
      expect(y >= outer[1] && y + height <= outer[1] + outer[3], id).toBe(true)
    }
    expect(layout.edges.every(({ points }) => points.length > 1)).toBe(true)
  })
})
