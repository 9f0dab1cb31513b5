/** Each finding, made to happen. */
import { describe, expect, it } from 'vitest'
import type { Frame, StepFrame } from '../../src/index.ts'
import { type Finding, TraceModel } from '../../src/inspect/index.ts'
import { createRequest, createResponse, serialize } from '../../src/message/index.ts'
import type { HeaderPair } from '../../src/message/types.ts'
import { createPeer } from '../support/peer.ts'
import { createWorld } from '../support/world.ts'
import { answering, ordinaryCall, scene, sdp } from './scenes.ts'

const kinds = (model: TraceModel): string[] => model.findings().map(({ kind }) => kind)

interface Sent {
  readonly out?: boolean
  readonly status?: number
  readonly method?: string
  readonly headers?: readonly HeaderPair[]
  readonly cseq?: number
  readonly remote?: string
  readonly t?: number
}

/** Messages of one Call-ID as frames, without an engine. */
const traceOf = (...messages: readonly Sent[]): TraceModel => {
  const frames = messages.map(
    (
      { out = true, status, method = 'INVITE', headers = [], cseq = 1, remote = '198.51.100.7', t },
      index,
    ): Frame => {
      const common: HeaderPair[] = [
        ['Via', `SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK${cseq}${method}`],
        ['From', '<sip:alice@example.com>;tag=a'],
        ['To', `<sip:bob@example.com>${status === undefined ? '' : ';tag=b'}`],
        ['Call-ID', 'c1'],
        ['CSeq', `${cseq} ${method}`],
        ...headers,
      ]
      const message =
        status === undefined
          ? createRequest({ method, uri: 'sip:bob@example.com', headers: common })
          : createResponse({ status, headers: common })
      return {
        kind: 'message',
        seq: index + 1,
        t: t ?? index * 10,
        direction: out ? 'out' : 'in',
        transport: 'UDP',
        local: { host: '203.0.113.9', port: 5060 },
        remote: { host: remote, port: 5060 },
        message,
        bytes: serialize(message),
      }
    },
  )
  const model = new TraceModel()
  model.append(frames)
  return model
}

const digest = (nonce: string): HeaderPair => [
  'Authorization',
  `Digest username="alice", realm="r", nonce="${nonce}", uri="sip:r", response="0123"`,
]
const challenge = (nonce: string, more = ''): HeaderPair => [
  'WWW-Authenticate',
  `Digest realm="r", nonce="${nonce}"${more}`,
]

describe('an auth loop', () => {
  it('is the same credentials challenged again', () => {
    const model = traceOf(
      { method: 'REGISTER' },
      { out: false, status: 401, method: 'REGISTER', headers: [challenge('n1')] },
      { method: 'REGISTER', cseq: 2, headers: [digest('n1')] },
      { out: false, status: 401, method: 'REGISTER', cseq: 2, headers: [challenge('n1')] },
    )
    expect(model.findings()).toMatchObject([
      {
        kind: 'auth-loop',
        severity: 'failure',
        text: 'REGISTER as alice was challenged again once by r, with the same nonce.',
      },
    ])
    expect(model.flows()[0]).toMatchObject({ failures: 1, findings: 1 })
  })

  it('happens to an engine with a wrong password', async () => {
    const one = await scene()
    const { testRegistrar } = await import('../../src/testing/index.ts')
    const registrar = testRegistrar({
      platform: one.world.network.platform({ host: '192.0.2.10' }),
      users: { alice: 'right' },
    })
    await registrar.listen()
    const credentials = { username: 'alice', password: 'wrong' }
    one.alice.connection.register({ aor: 'sip:alice@example.com', registrar: 'sip:192.0.2.10', credentials })
    await one.world.run(2000)
    expect(kinds(one.alice.model())).toContain('auth-loop')
  })

  it('is no nonce that ran out', () => {
    const model = traceOf(
      { method: 'REGISTER', headers: [digest('old')] },
      { out: false, status: 401, method: 'REGISTER', headers: [challenge('new', ', stale=true')] },
    )
    expect(model.findings()).toEqual([])
  })
})

describe('silence', () => {
  it('makes Timer B fire for an INVITE, with a storm of repetitions', async () => {
    const one = await scene()
    one.world.network.set({ loss: 1 })
    one.alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
    await one.world.run(40_000)
    expect(kinds(one.alice.model())).toEqual(['retransmission-storm', 'timer-b'])
    const [flow] = one.alice.model().flows()
    expect(flow).toMatchObject({ state: 'no answer', standing: 'failed' })
    const ladder = one.alice.model().ladder(flow!.id)
    expect(ladder.rows.find(row => row.kind === 'moved')).toMatchObject({ label: 'timerB', timer: true })
  })

  it('makes Timer F fire for anything else', async () => {
    const one = await scene()
    one.world.network.set({ loss: 1 })
    one.alice.connection.request({ method: 'OPTIONS', uri: 'sip:bob@192.0.2.2' })
    await one.world.run(40_000)
    expect(kinds(one.alice.model())).toContain('timer-f')
  })
})

describe('491', () => {
  it('again and again is a loop', () => {
    const rounds = [1, 2, 3, 4].flatMap((cseq): Sent[] => [{ cseq }, { out: false, status: 491, cseq }])
    expect(traceOf(...rounds).findings()).toMatchObject([
      { kind: 'loop-491', severity: 'failure', title: '491 loop' },
    ])
    expect(traceOf(...rounds.slice(0, 2)).findings()).toMatchObject([
      { severity: 'warning', title: '491 glare' },
    ])
  })
})

describe('a private Contact', () => {
  const contact = (host: string): HeaderPair => ['Contact', `<sip:bob@${host}:5060>`]

  it.each(['10.0.0.14', '192.168.1.2', '172.20.0.1', '100.64.0.1', '127.0.0.1', '169.254.1.1'])(
    '%s seen by a public address is found, in both directions',
    host => {
      expect(kinds(traceOf({ headers: [contact(host)] }))).toEqual(['private-contact'])
      expect(kinds(traceOf({ out: false, method: 'REGISTER', headers: [contact(host)] }))).toEqual([
        'private-contact',
      ])
    },
  )

  it('is none between private addresses, for public ones, and where a flow or a GRUU leads back', () => {
    expect(kinds(traceOf({ headers: [contact('10.0.0.14')], remote: '10.0.0.1' }))).toEqual([])
    expect(kinds(traceOf({ headers: [contact('203.0.113.9')] }))).toEqual([])
    expect(kinds(traceOf({ headers: [['Contact', '<sip:bob@10.0.0.14;ob>']] }))).toEqual([])
  })
})

describe('session timers', () => {
  const expires = (value: string): HeaderPair => ['Session-Expires', value]

  it.each([
    ['longer than asked', '600', '1800;refresher=uas', '600 s were asked for'],
    ['shorter than the least', '600', '60;refresher=uas', 'the least is 90 s'],
    ['without a refresher', '600', '600', 'does not say who refreshes'],
    ['another refresher', '600;refresher=uac', '600;refresher=uas', 'refresher=uas'],
    ['a caller that cannot', undefined, '600;refresher=uac', 'does not support it'],
  ])('that disagree: %s', (_name, asked, given, text) => {
    const headers = asked === undefined ? [] : [expires(asked), ['Supported', 'timer'] as const]
    const model = traceOf({ headers }, { out: false, status: 200, headers: [expires(given)] })
    expect(model.findings()).toMatchObject([
      { kind: 'session-timer', severity: 'warning', text: expect.stringContaining(text) },
    ])
  })

  it('that agree are none', () => {
    const model = traceOf(
      { headers: [expires('600'), ['Supported', '100rel, timer']] },
      { out: false, status: 200, headers: [expires('600;refresher=uac')] },
    )
    expect(model.findings()).toEqual([])
  })
})

describe('refusals', () => {
  it.each([
    [404, 'failure'],
    [503, 'failure'],
    [603, 'warning'],
    [486, 'warning'],
  ])('%i is a %s', (status, severity) => {
    expect(traceOf({}, { out: false, status }).findings()).toMatchObject([{ kind: 'failure', severity }])
  })

  it.each([401, 407, 487, 302, 423])('%i alone is none', status => {
    expect(traceOf({}, { out: false, status }).findings()).toEqual([])
  })

  it('are counted once, however often they are repeated', () => {
    const model = traceOf(
      {},
      { out: false, status: 404 },
      { out: false, status: 404 },
      { out: false, status: 404 },
    )
    expect(model.flows()[0]).toMatchObject({ failures: 1, findings: 1 })
  })
})

describe('leaked actors', () => {
  const without = (frames: readonly Frame[], wanted: (step: StepFrame) => boolean): Frame[] =>
    frames.filter(frame => frame.kind !== 'step' || wanted(frame))

  it('are those that an ended call has left after 64·T1 and more', async () => {
    const one = await ordinaryCall()
    await one.world.run(60_000)
    one.alice.connection.request({ method: 'OPTIONS', uri: 'sip:bob@192.0.2.2' })
    await one.world.run(1000)
    expect(kinds(one.alice.model())).toEqual([])
    // The same trace in which the dialog never ends.
    const model = new TraceModel()
    model.append(without(one.alice.frames, ({ machine, ended }) => !(machine === 'dialog' && ended)))
    expect(model.findings()).toMatchObject([
      { kind: 'leaked-actor', severity: 'failure', text: expect.stringContaining('dialog.') },
    ])
  })
})

describe('what was no message', () => {
  it('is told, with whoever sent it', async () => {
    const world = createWorld()
    const { sip } = await world.party('192.0.2.1')
    const frames: Frame[] = []
    sip.trace$.subscribe(frame => frames.push(frame))
    const peer = createPeer(world.network, { host: '192.0.2.2' })
    peer.send('garbage\r\n\r\n', { host: '192.0.2.1', port: 5060 })
    await world.run(100)
    const model = new TraceModel()
    model.append(frames)
    expect(model.findings()).toMatchObject([
      { kind: 'malformed', text: expect.stringContaining('192.0.2.2:5060') },
    ])
  })
})

it('a good call has no findings', async () => {
  const one = await scene()
  answering(one)
  one.alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
  await one.world.run(3000)
  const found: readonly Finding[] = [...one.alice.model().findings(), ...one.bob.model().findings()]
  expect(found).toEqual([])
})
