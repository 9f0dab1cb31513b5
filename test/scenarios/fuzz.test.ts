/**
 * Whatever order things happen in: rows I02 (against the simulated peer) and I04 of docs/scenarios.md. A seed decides what
 * two applications and a network do next; afterwards everything is over, everywhere, and no promise was left alone.
 */
import type { Observable } from 'rxjs'
import { expect, it } from 'vitest'
import * as machines from '../../machines/index.ts'
import { sipOver } from '../../src/api/sip.ts'
import {
  type Call,
  type Connection,
  isSipError,
  type Referral,
  type Refresh,
  type Registration,
} from '../../src/index.ts'
import { seededRandom, testForkingProxy, testRegistrar } from '../../src/testing/index.ts'
import { sdp } from '../support/text.ts'
import { callee, calleeUri, caller, createScene } from './traffic.ts'
import { watchedEngine } from './watched.ts'

const hour = 3_600_000

/** Streams that have completed, of all that were subscribed. */
const createLedger = () => {
  let [opened, completed] = [0, 0]
  return {
    watch: (...streams: readonly Observable<unknown>[]): void => {
      for (const stream of streams) {
        opened += 1
        stream.subscribe({ complete: () => (completed += 1) })
      }
    },
    get open() {
      return opened - completed
    },
    get opened() {
      return opened
    },
  }
}

/** States that machines were seen in, by `machine state`, and the seeds that led there. */
const seen = new Set<string>()
const walked = new Set<number>()
const seeds = 14

const fuzz = async (seed: number) => {
  walked.add(seed)
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.between(0, from.length))]!
  const { clock, network } = createScene({
    seed,
    loss: 0.05,
    duplicate: 0.1,
    reorder: { probability: 0.2, delay: { min: 10, max: 600 } },
  })
  const registrar = testRegistrar({
    platform: network.platform({ host: '192.0.2.10' }),
    users: { alice: 's3cret' },
    maxExpires: 300,
  })
  await registrar.listen()
  const proxy = testForkingProxy({
    platform: network.platform({ host: '192.0.2.9' }),
    host: '192.0.2.9',
    targets: [calleeUri, `sip:alice@${caller}:5060`],
    cancelsLosers: false,
  })
  await proxy.listen()
  const ledger = createLedger()
  const unexpected: unknown[] = []
  const calls: Call[] = []
  const registrations: Registration[] = []
  const refreshes: (Refresh | undefined)[] = []
  const followed = (call: Call): Call => {
    calls.push(call)
    ledger.watch(call.state$, call.errors$, call.events$, call.responses$, call.session$, call.forks$)
    call.forks$.subscribe(fork => {
      clock.setTimeout(() => {
        if (fork.call && !calls.includes(fork.call)) followed(fork.call)
      }, 2000)
    })
    call.events$.subscribe(event => {
      if (event.type !== 'reliable' || random.fraction() < 0.3) return
      clock.setTimeout(() => attempt(() => call.prack(event.response)), random.between(0, 3000))
    })
    if (random.fraction() < 0.4) {
      ledger.watch(call.offers$)
      call.offers$.subscribe(offer => {
        const answers = [() => void offer.accept(), () => offer.reject(), () => {}]
        clock.setTimeout(() => offer.isOpen && pick(answers)(), random.between(0, 3000))
      })
    }
    return call
  }
  const party = async (host: string, wrong: boolean) => {
    const { engine, port, failures } = watchedEngine(network.platform({ host }))
    const sip = sipOver(port, {
      credentials: () => ({ username: 'alice', password: wrong ? 'wrong' : 's3cret' }),
      onCallbackError: error => void unexpected.push(error),
    })
    sip.trace$.subscribe(frame => {
      if (frame.kind === 'step') seen.add(`${frame.machine} ${frame.to}`)
    })
    const connection = sip.connect({ port: 5060, maxCalls: 20, ...(wrong && { minSE: 120 }) })
    ledger.watch(sip.events$, sip.trace$, connection.state$, connection.errors$, connection.calls$)
    connection.calls$.subscribe(call => void followed(call))
    ledger.watch(connection.referrals$)
    connection.referrals$.subscribe(referral => {
      const answers = [
        () => void followed(referral.accept({ offer: sdp(host) })),
        () => referral.reject(),
        () => referral.notify(pick([100, 180, 200, 486])),
        () => {},
      ]
      ledger.watch(referral.state$, referral.errors$)
      clock.setTimeout(() => attempt(pick(answers)), random.between(0, 5000))
    })
    connection.requests$.subscribe(transaction => {
      clock.setTimeout(
        () => transaction.canRespond && transaction.respond(pick([200, 202, 404])),
        random.between(0, 5000),
      )
    })
    await connection.active()
    return { engine, failures, sip, connection }
  }
  const attempt = (act: () => unknown): void => {
    try {
      const result = act()
      if (result instanceof Promise) result.catch(() => {})
    } catch (error) {
      if (!isSipError(error)) unexpected.push(error)
    }
  }
  const watched = (referral: Referral): void =>
    ledger.watch(referral.state$, referral.errors$, referral.progress$)
  const ends = [await party(caller, false), await party(callee, true)] as const
  const connectionOf = (): Connection => pick(ends).connection
  /** Rather one that goes on. */
  const some = (): Call | undefined =>
    random.fraction() < 0.3 ? pick(calls) : pick(calls.filter(({ state }) => state.is !== 'terminated'))
  const offer = sdp(caller)
  /** Media that takes its time, fails, or never says anything. */
  const later = () =>
    new Promise<string>((resolve, reject) => {
      const outcome = pick([() => resolve(offer), () => reject(new Error('no device')), () => {}])
      clock.setTimeout(outcome, random.between(0, 5000))
    })
  const media = { open: () => ({ offer: later, answer: later }) }
  const acts: readonly (() => unknown)[] = [
    () => followed(ends[0].connection.invite(calleeUri, { offer, autoAck: random.fraction() < 0.8 })),
    () => followed(ends[0].connection.invite(calleeUri)),
    () => followed(ends[0].connection.invite(calleeUri, { offer: 'none' })),
    () => followed(ends[0].connection.invite(calleeUri, pick([{ media }, { media, offer: 'none' }]))),
    () => followed(connectionOf().invite(pick(['sip:x@192.0.2.99', 'sip:x@nowhere.invalid']), { offer })),
    () => followed(connectionOf().invite(`${calleeUri};transport=tcp`, { offer })),
    () => followed(ends[0].connection.invite(calleeUri, { offer, sessionExpires: 90 })),
    () => ends[0].connection.request({ method: 'MESSAGE', uri: calleeUri }),
    () => ends[0].connection.request({ method: 'OPTIONS', uri: `${calleeUri};transport=tcp` }),
    () => ends[0].connection.request({ method: 'OPTIONS', uri: `sip:b@${callee}:5099` }),
    () => {
      const refresh = random.fraction() < 0.5
      const recover = random.fraction() < 0.5 && { base: 1, max: 4 }
      const options = { aor: 'sip:alice@192.0.2.10', expires: 60, refresh, recover }
      const registration = connectionOf().register(options)
      registrations.push(registration)
      ledger.watch(registration.state$, registration.errors$)
    },
    () => pick(registrations)?.unregister(),
    () => pick(registrations)?.update(),
    () => pick(registrations)?.register(),
    () => registrar.failNext(503),
    () => {
      const { refresh } = ends[0].connection.request({
        method: 'MESSAGE',
        uri: calleeUri,
        refresh: { interval: 2 },
      })
      refreshes.push(refresh)
    },
    () => pick(refreshes)?.update(),
    () => pick(refreshes)?.terminate(),
    () => {
      const referral = pick(calls)?.refer(pick([calleeUri, 'sip:x@192.0.2.99', 'tel:+1']))
      if (referral) watched(referral)
    },
    () => calls.length > 0 && pick(calls).transfer(pick([calleeUri, pick(calls)])),
    () => watched(connectionOf().refer(pick([calleeUri, 'sip:x@192.0.2.99']), { referTo: calleeUri })),
    () => watched(connectionOf().refer(calleeUri, { referTo: calleeUri, subscription: false })),
    () => registrar.expireNonces(),
    () => network.reset(),
    // The port is taken: it never becomes active.
    () => ends[0].sip.connect({ host: callee, port: 5060 }),
    () => followed(ends[0].connection.invite(proxy.uri, { offer })),
    () => followed(ends[0].connection.invite(proxy.uri, { offer, autoAck: false })),
    () => followed(ends[0].connection.invite(calleeUri, { offer, expires: pick([1, 60]) })),
    () => followed(ends[0].connection.invite(calleeUri, { offer, reliable: 'required', autoPrack: false })),
    () => followed(ends[0].connection.invite(calleeUri, { reliable: pick(['required', 'off']) })),
    ...[1, 2, 3].flatMap(() => [
      () => some()?.ring(),
      () => some()?.progress(pick([181, 183, 199])),
      () => some()?.progress(183, { reliable: true }),
      () => {
        const call = some()
        call?.progress(183, { reliable: true, contentType: 'application/sdp', body: offer })
        return call?.accept(offer)
      },
      () => some()?.reject(302, { headers: [['Contact', `<${pick([calleeUri, 'sip:x@192.0.2.99'])}>`]] }),
      () => some()?.accept(offer),
      () => some()?.accept(),
      () => some()?.reject(pick([302, 404, 486, 503, 603])),
      () => some()?.hangUp(),
      () => some()?.cancel(),
      () => some()?.ack(offer),
      () => some()?.hold({ queue: random.fraction() < 0.5 }),
      () => some()?.resume({ queue: true }),
      () => some()?.reinvite({ queue: true, ...(random.fraction() < 0.5 && { offer: 'none' }) }),
      () => some()?.update({ queue: true }),
      () => some()?.dialog?.request(pick(['INFO', 'MESSAGE', 'OPTIONS', 'CHAT'])),
    ]),
  ]
  for (let step = 0; step < 400; step += 1) {
    attempt(pick(acts))
    await clock.run(pick([0, 0, 1, 10, 100, 500, 3000]))
  }
  const closed = Promise.all(ends.map(({ sip }) => sip.close()))
  await clock.run(hour)
  await closed
  proxy.close()
  return { ends, ledger, unexpected, calls }
}

it('I04: a random order of events leaves nothing running, no rejection unhandled, and every stream complete', async () => {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  try {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { ends, ledger, unexpected, calls } = await fuzz(seed)
      expect(unexpected, `seed ${seed}`).toEqual([])
      expect(calls.filter(({ state }) => state.is !== 'terminated').length, `seed ${seed}`).toBe(0)
      expect(ledger.opened).toBeGreaterThan(50)
      expect(ledger.open, `seed ${seed}`).toBe(0)
      for (const { engine, failures } of ends) {
        expect(failures, `seed ${seed}`).toEqual([])
        expect(engine.census(), `seed ${seed}`).toEqual({ actors: 0, keys: 0, timers: 0, kinds: {} })
      }
    }
    await new Promise(resolve => void setImmediate(resolve))
    expect(rejections).toEqual([])
  } finally {
    process.off('unhandledRejection', onRejection)
  }
}, 120_000)

/** Left at once by an eventless transition, or only with a platform that watches its network. */
const notSeen: ReadonlySet<string> = new Set([
  // Only on flows that are kept alive: flows.test.ts.
  ...['probing', 'resting', 'dead', 'stopped'].map(state => `keepAlive ${state}`),
  // Only on a platform that watches its network: connection-network.test.ts.
  ...['suspended', 'monitoring', 'connecting', 'unavailable'].map(state => `networkMonitor ${state}`),
  // Only with a connection that asks for it: security-agreement.test.ts.
  ...['idle', 'waiting', 'agreed', 'failed', 'ended'].map(state => `securityAgreement ${state}`),
  // Only where no PRACK comes for 64·T1: reliable-provisional.test.ts.
  'reliableProvisional lost',
  // Only where the peer falls silent for a minute: session-timers.test.ts.
  'sessionTimer expired',
  // Only after minutes of silence, and what an eventless transition leaves: calls-referred.test.ts.
  ...['expired', 'decided'].map(state => `referral ${state}`),
  // Only with what is published, and what is said: publish.test.ts, message.test.ts.
  ...['publishing', 'live', 'removing', 'removed', 'expired', 'terminated'].map(
    state => `publication ${state}`,
  ),
  ...['queued', 'pending', 'ended'].map(state => `pagerMessage ${state}`),
  // Only with a store of profiles: profiles.test.ts, lines.test.ts.
  ...['unregistered', 'deciding', 'waitingForNetwork', 'registering', 'registered', 'delayed'].map(
    state => `profile ${state}`,
  ),
  ...['unregistering', 'removed'].map(state => `profile ${state}`),
  ...['fresh', 'starting', 'active', 'stopping', 'stopped', 'failed', 'released'].map(
    state => `line ${state}`,
  ),
  // Only at a shared server: test/shared/resolver.test.ts.
  ...['begun', 'byUser', 'byAcceptContact', 'byEvent', 'byRequest', 'chosen'].map(
    state => `clientResolver ${state}`,
  ),
  ...['launching', 'delivered', 'refused', 'cancelled'].map(state => `clientResolver ${state}`),
  // Only with subscriptions: fuzz-subscriptions.test.ts.
  ...['asked', 'held', 'closing', 'concluding', 'terminated', 'rejected'].map(state => `notifier ${state}`),
  ...['live', 'resubscribing', 'leaving', 'lapsed', 'terminated'].map(state => `subscription ${state}`),
  'dialog init',
  'incomingChange judging',
  'incomingCall terminated',
  'surfacedCall terminated',
  'outgoingCall opening',
  'offerAnswer undone',
  'connection suspended',
  'connection inactive',
])

it('I02: the random orders walk through the states of the machines against a live peer', async () => {
  for (let seed = 1; seed <= seeds; seed += 1) if (!walked.has(seed)) await fuzz(seed)
  const states = (machine: string): readonly string[] =>
    [...seen]
      .filter(name => name.startsWith(`${machine} `))
      .map(name => name.slice(machine.length + 1).split('.')[0]!)
  const expected = Object.values(machines).flatMap(machine =>
    typeof machine === 'object' && 'root' in machine ? [machine] : [],
  )
  expect(expected.length).toBeGreaterThan(10)
  const never: string[] = []
  for (const { id, root } of expected) {
    const reached = new Set(states(id))
    for (const state of Object.keys(root.states)) if (!reached.has(state)) never.push(`${id} ${state}`)
  }
  expect(never.filter(name => !notSeen.has(name))).toEqual([])
})
