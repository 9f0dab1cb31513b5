/**
 * `bench actors`: what transactions, dialogs and calls cost as XState actors, without messages and sockets.
 * `sipactor` runs the machines compiled; `xstate` the same machines on XState’s interpreter, children by `createActor`;
 * `xstate-spawn` children by `spawnChild`.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bye, callInput, inputFor, invite, ok, record, ringing } from './lib/actor-inputs.mjs'
import { compiledKind, stockKind, textbookKind } from './lib/actor-kinds.mjs'
import { chosen, inTurn, median, tell, time } from './lib/rounds.mjs'

const kinds = [compiledKind, stockKind, textbookKind].map(make => ({ name: make().name, make }))
/** `spawnChild` copies the map of children each time: 10,000 would take minutes to make. */
const crowdOf = name => (name === 'xstate-spawn' ? 1000 : 10_000)

const timerJ = { type: 'xstate.after.timerJ.nonInviteServer.completed' }
const timerL = { type: 'xstate.after.timerL.inviteServer.accepted' }

const mustBeDone = actor => {
  if (actor.getSnapshot().status !== 'done') throw new Error(`${actor.id} has not ended`)
}

/** A server transaction from its request to Timer J. */
const transaction = kind => {
  const input = inputFor(kind.parent)
  return () => {
    const actor = kind.spawn('nonInviteServer', input)
    actor.send({ type: 'tu.final', response: ok })
    actor.send(timerJ)
    mustBeDone(actor)
    kind.forget(actor)
  }
}

/** The actors of an answered call that the peer ends, all to their final states. */
const wholeCall = kind => {
  const input = inputFor(kind.parent)
  return () => {
    const server = kind.spawn('inviteServer', input)
    const call = kind.spawn('incomingCall', callInput)
    call.send({ type: 'tu.provisional', response: ringing })
    server.send({ type: 'tu.provisional', response: ringing })
    const dialog = kind.spawn('dialog', { record, confirmed: false })
    call.send({ type: 'tu.accept', response: ok })
    server.send({ type: 'tu.success', response: ok })
    dialog.send({ type: 'dialog.confirmed', record })
    dialog.send({ type: 'wire.ack', request: invite })
    call.send({ type: 'dialog.ack', request: invite })
    const other = kind.spawn('nonInviteServer', input)
    dialog.send({ type: 'wire.request', request: bye, transaction: other.id })
    call.send({ type: 'dialog.request', request: bye, transaction: other.id })
    other.send({ type: 'tu.final', response: ok })
    dialog.send({ type: 'dialog.ended' })
    server.send(timerL)
    other.send(timerJ)
    for (const actor of [server, call, dialog, other]) {
      mustBeDone(actor)
      kind.forget(actor)
    }
  }
}

/** Live transactions without a timer: reliable transport, waiting for the application. */
const addSiblings = kind => {
  for (let i = 0; i < crowdOf(kind.name); i++) {
    const actor = kind.spawn('inviteServer', inputFor(kind.parent))
    actor.send({ type: 'tu.provisional', response: ringing })
  }
}

/** Transactions that wait for Timer J. */
const addPending = kind => {
  for (let i = 0; i < crowdOf(kind.name); i++) {
    const actor = kind.spawn('nonInviteServer', inputFor(kind.parent))
    actor.send({ type: 'tu.final', response: ok })
  }
}

/** One event again and again. */
const eventTo = (name, before, event) => kind => {
  const actor = kind.spawn(name, inputFor(kind.parent))
  for (const first of before) actor.send(first)
  return () => actor.send(event)
}

const provisional = { type: 'tu.provisional', response: ringing }
const repeated = { type: 'wire.request' }
const events = [
  ['ignored', eventTo('nonInviteServer', [], repeated)],
  ['effect', eventTo('nonInviteServer', [provisional], repeated)],
  ['transition', eventTo('inviteServer', [provisional], provisional)],
]

/** Bytes of heap of one more actor, in a process of its own. */
const memory = name => {
  const program = fileURLToPath(new URL('lib/actor-memory.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program, name], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr.trim())
  return Number(stdout)
}

/**
 * Alone and in a crowd, measured in turn: the ratio of two that were measured apart says little. One kind after the
 * other, for the garbage of one would be paid for by the next.
 */
const situations = [
  { suffix: '', crowd: () => {}, batch: 20 },
  { suffix: '.siblings', crowd: addSiblings, batch: 2, what: 'live siblings' },
  { suffix: '.timers', crowd: addPending, batch: 2, what: 'pending timers' },
]

const measureKind = async (make, situationsHere, prepare, settings) => {
  const cases = situationsHere.map(({ suffix, crowd, batch }) => {
    const kind = make()
    crowd(kind)
    const operation = prepare(kind)
    return { kind, name: suffix, measure: s => time(operation, s, settings.batch ?? batch) * 1e6 }
  })
  const results = await inTurn(cases, settings)
  for (const { kind } of cases) kind.end()
  return results
}

const measure = async (bench, kindsHere, situationsHere, prepare, settings, report) => {
  report.say(`${bench} …`)
  const found = []
  for (const { name, make } of kindsHere)
    found.push({ name, results: await measureKind(make, situationsHere, prepare, settings) })
  for (const { suffix, what } of situationsHere) {
    tell(report, bench + suffix, new Map(found.map(({ name, results }) => [name, results.get(suffix)])), 'µs')
    if (what === undefined) continue
    for (const { name, results } of found) {
      const [beside, alone] = [results.get(suffix), results.get('')]
      if (beside instanceof Error || alone instanceof Error) continue
      const note = `beside ${crowdOf(name).toLocaleString('en')} ${what} against none`
      report.add(`${bench}${suffix}.ratio`, name, median(beside) / median(alone), '×', note)
    }
  }
}

export const run = async ({ subjects, rounds = 5, seconds = 0.5 }, report) => {
  const all = chosen(kinds, subjects)
  const settings = { rounds, seconds }
  await measure('actors.transaction', all, situations, transaction, settings, report)
  const [alone, , timers] = situations
  // `spawnChild` adds to each of the four actors what it adds to one.
  const direct = chosen(kinds.slice(0, 2), subjects)
  await measure('actors.call', direct, [alone, timers], wholeCall, settings, report)
  for (const [name, prepare] of events)
    await measure(`actors.event.${name}`, direct, [alone], prepare, { ...settings, batch: 500 }, report)

  report.say('actors.memory …')
  for (const { name } of direct)
    report.add('actors.memory', name, memory(name), 'B', 'a live INVITE server transaction, Timer L armed')
}
