/**
 * Two ways to run the same machines: on XState’s interpreter as its documentation has it, and compiled as the engine
 * does. Each gives `{ name, spawn(machine, input), pending(count), end() }` over a system of its own.
 */
import { createActor, createMachine, setup, spawnChild, stopChild } from 'xstate'
import { dialog, incomingCall, inviteServer, nonInviteServer } from '../../dist/machines/index.js'
import { compile, relay } from '../../dist/src/engine/compile/index.js'
import { Timers } from '../../dist/src/engine/timers.js'

/** Time stands still: what is armed stays armed. */
const stillClock = { now: () => 0, setTimeout: () => 1, clearTimeout: () => {} }

/** The effects of a machine, performed by nobody. */
const withoutEffects = machine => {
  const actions = {}
  for (const [name, action] of Object.entries(machine.implementations.actions))
    if (typeof action === 'function' && !('resolve' in action)) actions[name] = () => {}
  return machine.provide({ actions })
}

const machines = { dialog, incomingCall, inviteServer, nonInviteServer }
const bare = Object.fromEntries(
  Object.entries(machines).map(([name, machine]) => [name, withoutEffects(machine)]),
)

/** Hears of everything and does nothing: the connection’s part. */
const ownerMachine = createMachine({
  on: { 'xstate.done.actor.*': {}, 'xstate.error.actor.*': {}, 'transaction.*': {} },
})

/** The actors’ parent as in the engine: compiled, its children made by `createActor`. */
export const compiledKind = () => {
  const timers = new Timers(stillClock, (target, event, source) => relay(source, target, event))
  const logics = Object.fromEntries(
    Object.entries(bare).map(([name, machine]) => [name, compile(machine, { timers })]),
  )
  const parent = createActor(compile(ownerMachine, { timers })).start()
  let ids = 0
  return {
    name: 'sipactor',
    parent,
    spawn: (name, input) => {
      const actor = createActor(logics[name], { parent, id: `a${++ids}`, input })
      actor.start()
      return actor
    },
    forget: () => {},
    end: () => {
      timers.close()
      parent.stop()
    },
  }
}

/** Children by `createActor` with a parent: the cheapest way that stock XState has. */
export const stockKind = () => {
  const parent = createActor(ownerMachine, { clock: stillClock }).start()
  return {
    name: 'xstate',
    parent,
    spawn: (name, input) => {
      const actor = createActor(bare[name], { parent, input })
      actor.start()
      return actor
    },
    forget: () => {},
    end: () => parent.stop(),
  }
}

/** Children by `spawnChild`, as the documentation has it. */
export const textbookKind = () => {
  const id = ({ event }) => event.id
  const input = ({ event }) => event.input
  const spawning = Object.keys(bare).map(name => [
    `spawn.${name}`,
    { actions: spawnChild(name, { id, input }) },
  ])
  const owner = setup({ actors: bare }).createMachine({
    on: { ...Object.fromEntries(spawning), forget: { actions: stopChild(id) }, 'transaction.*': {} },
  })
  const parent = createActor(owner, { clock: stillClock }).start()
  let ids = 0
  return {
    name: 'xstate-spawn',
    parent,
    spawn: (name, input) => {
      const id = `a${++ids}`
      parent.send({ type: `spawn.${name}`, id, input })
      return parent.getSnapshot().children[id]
    },
    forget: actor => parent.send({ type: 'forget', id: actor.id }),
    end: () => parent.stop(),
  }
}
