/** Misuse of every public method: a SipError at once, with what is wrong, and no packet. Row G08 of docs/scenarios.md. */
import type { Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'
import {
  type Call,
  type Connection,
  isSipError,
  type Registration,
  type ServerTransaction,
  type SipErrorCode,
} from '../../src/index.ts'
import { testRegistrar } from '../../src/testing/index.ts'
import { record } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { watch } from './wire.ts'

const alice = '192.0.2.1'
const to = { host: alice, port: 5060 }
const uri = 'sip:bob@192.0.2.2:5060'
const message = { method: 'MESSAGE', uri } as const
const aor = 'sip:alice@192.0.2.10'

const stage = async () => {
  const world = createWorld()
  const registrar = testRegistrar({
    platform: world.network.platform({ host: '192.0.2.10' }),
    users: { alice: 's3cret' },
    challenge: false,
  })
  await registrar.listen()
  const peer = createPeer(world.network, { host: '192.0.2.2' })
  const { sip, connection } = await world.party(alice)
  const incoming: Call[] = []
  const requests: ServerTransaction[] = []
  connection.calls$.subscribe(call => void incoming.push(call))
  connection.requests$.subscribe(transaction => void requests.push(transaction))
  const call = async (status?: number): Promise<Call> => {
    const made = connection.invite(uri, { offer: sdp(alice) })
    await world.run(10)
    const invite = peer.next('INVITE')
    if (status !== undefined) peer.reply(invite, status, status < 300 ? { body: sdp('192.0.2.2') } : {})
    await world.run(10)
    return made
  }
  const arriving = async (): Promise<Call> => {
    peer.request('INVITE', { to, body: sdp('192.0.2.2') })
    await world.run(10)
    return incoming.at(-1)!
  }
  peer.on(486, response => void peer.ackFor(response))
  const registration = connection.register({ aor, expires: 600 })
  await world.run(10)
  const calling = await call(100)
  const early = await call(180)
  const up = await call(200)
  const busy = await call(486)
  const unanswered = await arriving()
  const rejected = await arriving()
  rejected.reject()
  peer.request('MESSAGE', { to })
  await world.run(300)
  const answered = requests[0]!
  answered.respond(200)
  await world.run(300)
  peer.skip()
  return {
    world,
    sip,
    peer,
    connection,
    registration,
    calls: { calling, early, up, busy, unanswered, rejected },
    answered,
    wire: watch(world.network),
  }
}

type Stage = Awaited<ReturnType<typeof stage>>
type Row = readonly [name: string, code: SipErrorCode, action: (stage: Stage) => unknown]

const transactionState = 'invalid-transaction-state'
const dialogState = 'invalid-dialog-state'
const incomingMethods: Readonly<Record<string, (call: Call) => unknown>> = {
  ring: call => call.ring(),
  progress: call => call.progress(183),
  accept: call => call.accept(),
  reject: call => call.reject(),
}

const rows: readonly Row[] = [
  ['connect on a port that is taken by us', 'already-exists', ({ sip }) => sip.connect({ port: 5060 })],
  ['connect with a port out of range', 'argument', ({ sip }) => sip.connect({ port: 65_536 })],
  ['connect with a port that is no number', 'argument', ({ sip }) => sip.connect({ port: Number.NaN })],
  [
    'connect with a proxy that is no SIP URI',
    'argument',
    ({ sip }) => sip.connect({ outboundProxy: 'p', port: 1 }),
  ],
  ['connect with half a call', 'argument', ({ sip }) => sip.connect({ maxCalls: 0.5, port: 1 })],

  [
    'request without a method',
    'argument',
    ({ connection }) => connection.request({ ...message, method: '' }),
  ],
  ['request to nowhere', 'argument', ({ connection }) => connection.request({ ...message, uri: '' })],
  [
    'request with headers in its URI',
    'argument',
    ({ connection }) => connection.request({ ...message, uri: `${uri}?a=b` }),
  ],
  [
    'request with a tag',
    'argument',
    ({ connection }) => connection.request({ ...message, from: `<${aor}>;tag=1` }),
  ],
  [
    'request with a body of no type',
    'argument',
    ({ connection }) => connection.request({ ...message, body: 'x' }),
  ],
  [
    'request with credentials without a secret',
    'argument',
    ({ connection }) => connection.request({ ...message, credentials: { username: 'a' } }),
  ],
  ['invite of nobody', 'argument', ({ connection }) => connection.invite('bob')],
  ['invite with a tag', 'argument', ({ connection }) => connection.invite(uri, { to: `<${uri}>;tag=1` })],
  ['register below the minimum', 'argument', ({ connection }) => connection.register({ aor, expires: 59 })],
  ['register with a fraction', 'argument', ({ connection }) => connection.register({ aor, expires: 100.5 })],
  ['register a tel: URI', 'argument', ({ connection }) => connection.register({ aor: 'tel:+491234' })],
  ['register *', 'argument', ({ connection }) => connection.register({ aor, contact: '*' })],
  [
    'register what is registered',
    'invalid-registration-state',
    ({ registration }) => registration.register(),
  ],
  ['update below the minimum', 'argument', ({ registration }) => registration.update({ expires: 1 })],
  ['a refresh of no length', 'argument', ({ registration }) => registration.refresh!.setInterval(0)],

  ...Object.entries(incomingMethods).flatMap(([name, method]): readonly Row[] => [
    [`${name} of an outgoing call`, transactionState, ({ calls }) => method(calls.early)],
    [`${name} of a call that is up`, transactionState, ({ calls }) => method(calls.up)],
    [`${name} of a call that was rejected`, transactionState, ({ calls }) => method(calls.rejected)],
  ]),
  ['progress with 100', 'argument', ({ calls }) => calls.unanswered.progress(100)],
  ['progress with 200', 'argument', ({ calls }) => calls.unanswered.progress(200)],
  ['accept with 302', 'argument', ({ calls }) => calls.unanswered.accept(sdp('192.0.2.1'), { status: 302 })],
  ['reject with 200', 'argument', ({ calls }) => calls.unanswered.reject(200)],
  ['hangUp before the answer', dialogState, ({ calls }) => calls.unanswered.hangUp()],
  ['cancel of an incoming call', transactionState, ({ calls }) => calls.unanswered.cancel()],
  ['cancel of a call that is up', transactionState, ({ calls }) => calls.up.cancel()],
  ['cancel of a call that is over', transactionState, ({ calls }) => calls.busy.cancel()],
  ['ack that nobody waits for', dialogState, ({ calls }) => calls.up.ack()],
  ['ack of an incoming call', dialogState, ({ calls }) => calls.unanswered.ack()],
  ['ack before an answer', dialogState, ({ calls }) => calls.calling.ack()],

  ['a dialog request of the stack', 'argument', ({ calls }) => calls.up.dialog!.request('BYE')],
  [
    'a dialog request with a CSeq',
    'header-not-allowed',
    ({ calls }) => calls.up.dialog!.request('INFO', { headers: [['CSeq', '1']] }),
  ],
  [
    'static headers of a stack',
    'header-not-allowed',
    ({ calls }) => calls.up.setStaticHeaders([['Via', 'x']]),
  ],
  ['static headers that are none', 'argument', ({ calls }) => calls.up.setStaticHeaders({} as never)],
  ['no events at all', 'argument', ({ calls }) => calls.up.allowDialogNotifications([])],
  ['no events at all, anywhere', 'argument', ({ connection }) => connection.allowDialogNotifications([])],
  ['a second answer to a request', transactionState, ({ answered }) => answered.respond(200)],
]

/** Runs the action, and expects it to have thrown, told nothing and sent nothing. */
const check = async (all: Stage, code: SipErrorCode, action: (stage: Stage) => unknown): Promise<void> => {
  const events = record(all.sip.events$)
  let thrown: unknown
  try {
    action(all)
  } catch (error) {
    thrown = error
  }
  if (!isSipError(thrown)) throw new Error(`expected ${code}, got ${String(thrown)}`)
  expect(thrown.code).toBe(code)
  expect(thrown.message.length).toBeGreaterThan(10)
  await all.world.run(100)
  expect(all.wire.sentBy(alice)).toEqual([])
  expect(events.values.filter(({ type }) => type === 'error')).toEqual([])
}

it('G08: misuse is thrown at once, told by no errors$, and sends nothing', async () => {
  const all = await stage()
  for (const [name, code, action] of rows) {
    await check(all, code, action).catch((cause: unknown) => {
      throw new Error(name, { cause })
    })
  }
  await all.world.end()
})

it('a refused method of a call says what is possible now', async () => {
  const { calls, world } = await stage()
  const text = (action: () => unknown): string => {
    try {
      action()
    } catch (error) {
      return String(error)
    }
    return ''
  }
  expect(text(() => calls.unanswered.hangUp())).toContain('possible now: ring, progress, accept, reject')
  expect(text(() => calls.early.ring())).toContain('possible now: hangUp, cancel')
  expect(text(() => calls.up.cancel())).toContain('possible now: hangUp')
  expect(text(() => calls.busy.cancel())).toContain('possible now: nothing')
  await world.end()
})

describe('after the end', () => {
  const methods = (connection: Connection, registration: Registration, call: Call) => [
    () => connection.request(message),
    () => connection.invite(uri),
    () => connection.register({ aor }),
    () => registration.register(),
    () => registration.update(),
    () => registration.unregister(),
    () => call.hangUp(),
    () => call.cancel(),
    () => call.ack(),
    () => call.ring(),
    () => call.accept(),
    () => call.reject(),
    () => call.dialog!.request('INFO'),
  ]

  it('every method says resource-not-available, and nothing is sent', async () => {
    const { world, connection, registration, calls, answered, peer, sip } = await stage()
    const refresh = registration.refresh!
    peer.on('BYE', bye => void peer.reply(bye, 200))
    const closed = connection.close()
    await world.run(200_000)
    await closed
    const wire = watch(world.network)
    const all = [
      ...methods(connection, registration, calls.up),
      () => refresh.setInterval(10),
      () => answered.respond(200),
    ]
    for (const method of all)
      expect(method).toThrow(expect.objectContaining({ code: 'resource-not-available' }))
    const over = sip.close()
    await world.run(1000)
    await over
    expect(() => sip.connect()).toThrow(expect.objectContaining({ code: 'resource-not-available' }))
    // Waiting is no misuse.
    await Promise.all([connection.close(), sip.close(), calls.up.ended()])
    expect(wire.packets).toEqual([])
  })
})

describe('callbacks of the application', () => {
  const fault = new Error('fault of the application')
  const faulty = (): never => {
    throw fault
  }

  it('that throw, on every stream, end only themselves', async () => {
    const world = createWorld()
    const reported: unknown[] = []
    const peer = createPeer(world.network, { host: '192.0.2.2' })
    const { sip, connection } = await world.party(alice, {
      onCallbackError: error => void reported.push(error),
    })
    sip.events$.subscribe(faulty)
    sip.trace$.subscribe(faulty)
    connection.state$.subscribe(faulty)
    connection.errors$.subscribe(faulty)
    connection.requests$.subscribe(faulty)
    connection.calls$.subscribe(faulty)
    connection.calls$.subscribe(call => void call.accept(sdp(alice)))
    connection.requests$.subscribe(transaction => transaction.respond(200))
    const call = connection.invite(uri, { offer: sdp(alice) })
    for (const stream of [call.state$, call.errors$, call.responses$, call.events$])
      (stream as Observable<unknown>).subscribe(faulty)
    await world.run(10)
    const invite = peer.next('INVITE')
    peer.reply(invite, 180)
    peer.reply(invite, 200, { body: sdp('192.0.2.2') })
    await world.run(10)
    peer.next('ACK')
    expect(call.state.is).toBe('confirmed')
    peer.request('INVITE', { to, body: sdp('192.0.2.2') })
    peer.request('MESSAGE', { to })
    await world.run(10)
    const answers = [peer.next(200), peer.next(200)].map(({ cseq }) => cseq.method)
    expect(answers.sort()).toEqual(['INVITE', 'MESSAGE'])
    expect(reported.length).toBeGreaterThan(10)
    expect(new Set(reported)).toEqual(new Set([fault]))
    peer.on('BYE', bye => void peer.reply(bye, 200))
    await world.end()
  })

  it('that never settle hold nobody up', async () => {
    const world = createWorld()
    const peer = createPeer(world.network, { host: '192.0.2.2' })
    const { connection } = await world.party(alice, { onCallbackError: () => {} })
    connection.requests$.subscribe(async transaction => {
      if (transaction.request.text === 'stuck') await new Promise(() => {})
      transaction.respond(200)
    })
    peer.request('MESSAGE', { to, body: 'stuck' })
    const good = peer.request('MESSAGE', { to, body: 'good' })
    await world.run(100)
    expect(peer.next(200).callId).toBe(good.callId)
    peer.nothing()
    await world.end()
  })
})
