/**
 * Two engines and what they do to each other: a script of moves, the packets that get lost, and what must hold whatever
 * happened. The machines are walked one by one elsewhere; here they meet.
 *
 * play('A invite, 50, B accept, 100, A hold, 0, B hold', { lose: [3] })
 *
 * A script is a list: `A hold` is a move of A's, a number is a time in milliseconds. A is at 192.0.2.1, B at 192.0.2.2, and C
 * at 192.0.2.3 accepts whatever comes; one way takes 10 ms.
 */
import { sipOver } from '../../src/api/sip.ts'
import type { Clock } from '../../src/engine/ports.ts'
import { type Call, isSipError } from '../../src/index.ts'
import { seededRandom, simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { watchedEngine } from '../scenarios/watched.ts'
import { type Move, moves } from './joint-walk-moves.ts'
import { hosts, type Party, type Setup } from './joint-walk-party.ts'
import { createWireRules } from './joint-walk-wire.ts'

/** Everybody's timers and late answers are over: 128·T1 and some. */
const quiet = 140_000
/** What is told of a REFER may take five minutes more. */
const long = 500_000

const isUp = ({ state: { is } }: Call): boolean => is === 'confirmed'
const lasting: ReadonlySet<string> = new Set([
  'proceeding',
  'early',
  'incoming',
  'ringing',
  'confirmed',
  'terminated',
])
const keyOf = (callId: string, one: string, other: string): string => `${callId} ${one} ${other}`

const dialogsOf = (call: Call, theirs: boolean): string => {
  const dialog = call.dialog
  if (!dialog) return 'none'
  const [one, other] = theirs ? [dialog.remoteTag, dialog.localTag] : [dialog.localTag, dialog.remoteTag]
  return keyOf(dialog.callId, one, other)
}

const slowMedia = (clock: Clock, host: string, time: number) => {
  let version = 0
  const lines = () =>
    `v=0\r\no=- 1 ${(version += 1)} IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`
  const give = (): Promise<string> => new Promise(resolve => clock.setTimeout(() => resolve(lines()), time))
  return { open: () => ({ offer: give, answer: give }) }
}

/** What came of a script: what was wrong, and how many packets there were. */
export interface Outcome {
  readonly wrong: readonly string[]
  readonly packets: readonly string[]
}

/** Two engines, a third, and the network between them. */
export const createStage = (seed = 1) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, seed, latency: { min: 10, max: 10 } })
  const failed: string[] = []
  const host = (name: keyof typeof hosts) => {
    const { engine, port, failures } = watchedEngine(network.platform({ host: hosts[name] }))
    const onCallbackError = (error: unknown): void =>
      void failed.push(`${name}: a callback failed: ${String(error)}`)
    return { engine, failures, sip: sipOver(port, { onCallbackError }) }
  }
  return { clock, network, failed, engines: { A: host('A'), B: host('B'), C: host('C') } }
}

export type Stage = ReturnType<typeof createStage>

/**
 * Plays a script and says what is wrong afterwards. A stage that is given is used again, which costs a tenth; then chance
 * goes on from where it was, so give none where a seed counts.
 */
export const play = async (script: string, setup: Setup = {}, given?: Stage): Promise<Outcome> => {
  const { weather, seed = 1, lose } = setup
  const stage = given ?? createStage(seed)
  const { clock, network } = stage
  const random = seededRandom(seed)
  const wrong: string[] = []
  const open = new Set<string>()
  const rules = createWireRules(fault => wrong.push(fault))
  let sent = 0
  const drop = lose && network.drop(() => lose.includes(sent++))
  const unwatch = network.onPacket(rules.see)
  if (weather) network.set(weather)

  let count = 0
  const expect = (who: string) => (what: string, promise: Promise<unknown>) => {
    const name = `${who} ${what} #${count++}`
    open.add(name)
    const settled = (): void => void open.delete(name)
    promise.then(settled, settled)
  }
  const party = async (name: keyof typeof hosts) => {
    const { engine, sip, failures } = stage.engines[name]
    const connection = sip.connect({
      port: 5060,
      ...(setup.timers && { sessionExpires: 90 }),
      ...(setup.slow !== undefined && { media: slowMedia(clock, hosts[name], setup.slow) }),
    })
    await connection.active()
    const calls: Call[] = []
    const transport = setup.wire === 'TCP' ? ';transport=tcp' : ''
    const peer = `sip:x@${name === 'A' ? hosts.B : hosts.A}:5060${transport}`
    const idle = engine.census()
    const follow = (call: Call): void => {
      calls.push(call)
      if (name === 'C' && call.direction === 'incoming') expect(name)('accept', call.accept())
      if (setup.byHand === undefined) return
      call.offers$.subscribe(offer => {
        clock.setTimeout(() => {
          if (offer.isOpen) expect(name)('answer', offer.accept())
        }, setup.byHand!)
      })
    }
    const own: Party = { name, sip, connection, calls, setup, peer, network, follow, expect: expect(name) }
    connection.calls$.subscribe(follow)
    connection.referrals$.subscribe(referral => follow(referral.accept()))
    return { own, engine, failures, idle }
  }
  const ends = [await party('A'), await party('B')]
  if (/refer|transfer/.test(script)) ends.push(await party('C'))

  const attempt = (who: string, move: Move): void => {
    const end = ends.find(({ own }) => own.name === who)!
    try {
      move(end.own, random)
    } catch (error) {
      if (!isSipError(error)) wrong.push(`${who}: ${String(error)}`)
    }
  }
  for (const step of script.split(',').map(text => text.trim())) {
    if (/^\d+$/.test(step)) await clock.run(Number(step))
    else {
      const [who = '', name = ''] = step.split(' ')
      const move = moves[name]
      if (!move) throw new Error(`there is no move "${step}"`)
      attempt(who, move)
    }
  }
  const packets = [...rules.names]
  await clock.run(quiet)

  const everybody = ends.map(({ own }) => own)
  const calls = everybody.flatMap(({ name, calls: all }) => all.map(call => ({ name, call })))
  const other = (call: Call): Call | undefined =>
    calls.find(one => one.call !== call && dialogsOf(one.call, true) === dialogsOf(call, false))?.call
  const agree = (when: string): void => {
    for (const { name, call } of calls) {
      if (!lasting.has(call.state.is)) wrong.push(`${when}: ${name} is ${call.state.is} for ever`)
      if (!isUp(call)) continue
      const peer = other(call)
      if (!peer || !isUp(peer)) {
        wrong.push(`${when}: ${name} is confirmed, the other ${peer?.state.is ?? 'gone'}`)
      } else if (call.localDescription !== peer.remoteDescription) {
        wrong.push(`${when}: ${name} describes itself otherwise than the other was told`)
      }
    }
  }
  agree('at rest')
  if (weather) network.set({ loss: 0, duplicate: 0, reorder: 0 })
  // Whatever was, the session can be changed.
  for (const { name, call } of calls) {
    if (!isUp(call)) continue
    const done = call.hold({ queue: true }).then(
      () => 'held',
      (error: Error) => String(error),
    )
    expect(name)('the last hold', done)
    await clock.run(100_000)
    const said = await Promise.race([done, Promise.resolve('nothing')])
    if (said !== 'held') wrong.push(`${name}: a hold at last: ${said}`)
  }
  agree('after a hold')
  for (const { own } of ends)
    for (const call of own.calls) attempt(own.name, () => moves.leave!({ ...own, calls: [call] }, random))
  await clock.run(long)
  for (const { name, call } of calls) {
    if (call.state.is !== 'terminated') wrong.push(`at the end: ${name} is ${call.state.is}`)
  }
  for (const { own, engine, idle } of ends) {
    const { flow: _, ...kinds } = engine.census().kinds
    if (Object.keys(kinds).some(kind => kinds[kind] !== idle.kinds[kind]))
      wrong.push(`${own.name}: not idle: ${JSON.stringify(kinds)}`)
  }
  if (open.size > 0) wrong.push(`never settled: ${[...open].join(', ')}`)
  drop?.remove()
  unwatch()
  const closed = Promise.all(ends.map(({ own }) => own.connection.close()))
  await clock.run(600_000)
  await closed
  wrong.push(...stage.failed.splice(0))
  for (const { own, engine, failures } of ends) {
    wrong.push(...failures.splice(0).map(failure => `${own.name}: ${failure}`))
    const { actors, keys, timers } = engine.census()
    if (actors + keys + timers > 0) wrong.push(`${own.name}: not empty: ${JSON.stringify(engine.census())}`)
  }
  return { wrong, packets }
}

/** A script that fails, made as short as it goes. */
export const minimise = async (script: string, setup: Setup): Promise<readonly [string, Setup]> => {
  const fails = async (one: string, by: Setup): Promise<boolean> => (await play(one, by)).wrong.length > 0
  let steps = script.split(',').map(step => step.trim())
  let best = setup
  for (let changed = true; changed; ) {
    changed = false
    for (let at = steps.length - 1; at >= 0; at -= 1) {
      const fewer = steps.filter((_, index) => index !== at)
      if (fewer.length > 0 && (await fails(fewer.join(', '), best))) {
        steps = fewer
        changed = true
      }
    }
    for (const key of Object.keys(best) as (keyof Setup)[]) {
      const { [key]: _, ...simpler } = best
      if (await fails(steps.join(', '), simpler)) {
        best = simpler
        changed = true
      }
    }
    for (const number of best.lose ?? []) {
      const simpler = { ...best, lose: best.lose!.filter(one => one !== number) }
      if (best.lose!.length > 1 && (await fails(steps.join(', '), simpler))) {
        best = simpler
        changed = true
      }
    }
  }
  return [steps.join(', '), best]
}
