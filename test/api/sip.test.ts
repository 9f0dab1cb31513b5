/** The root: connections, events, traces, the end. */
import { describe, expect, it } from 'vitest'
import { ims } from '../../machines/timers.ts'
import { getSipMessage, ofType, type SipEvent } from '../../src/api/events.ts'
import { sipOver } from '../../src/api/sip.ts'
import { SipError } from '../../src/errors.ts'
import type { Frame } from '../../src/inspect/frame.ts'
import { toText } from '../../src/message/index.ts'
import { fakePort, request, response, sender } from '../support/fake-port.ts'
import { activeSip, fails, record, refused } from './support.ts'

describe('sip.connect', () => {
  it('opens a connection with its options and the timers of the Sip', () => {
    const fake = fakePort()
    const sip = sipOver(fake.port, { timers: ims })
    const connection = sip.connect({ host: '127.0.0.1', port: 5060 })
    expect(fake.commands).toEqual([
      { type: 'connection.open', id: connection.id, options: { host: '127.0.0.1', port: 5060, timers: ims } },
    ])
    expect([connection.state.is, sip.connections]).toEqual(['init', [connection]])
  })

  it('opens any number of connections without a port: each gets a free one', () => {
    const { fake, sip, connection } = activeSip()
    const second = sip.connect()
    const third = sip.connect({ port: 0 })
    expect(sip.connections).toEqual([connection, second, third])
    expect(fake.commands.map(({ type }) => type)).toEqual(Array(3).fill('connection.open'))
  })

  it('refuses a port that another one was given on the same host, while that lives', () => {
    const { fake, sip } = activeSip()
    const given = sip.connect({ port: 5070 })
    refused('already-exists', () => sip.connect({ port: 5070 }))
    const other = sip.connect({ host: '127.0.0.2', port: 5070 })
    expect(sip.connections.slice(1)).toEqual([given, other])
    fake.state(given.id, { is: 'closed' })
    fake.tell({ type: 'closed', id: given.id })
    expect(sip.connect({ port: 5070 }).id).not.toBe(given.id)
  })

  it('refuses a port that another one got when it asked for a free one', () => {
    const { sip } = activeSip()
    refused('already-exists', () => sip.connect({ port: 5060 }))
    refused('already-exists', () => sip.connect({ host: '192.0.2.1', port: 5060 }))
    expect(sip.connect({ host: '127.0.0.2', port: 5060 }).state.is).toBe('init')
  })

  it.each([
    { port: -1 },
    { port: 65_536 },
    { ports: { TLS: 65_536 } },
    { port: 1.5 },
    { host: 'a\nb' },
    { userAgent: 'a\r\nX: y' },
    { user: 'a b' },
    { outboundProxy: 'proxy' },
    { methods: ['A B'] },
    { maxCalls: -1 },
  ])('refuses %j', options => {
    const fake = fakePort()
    refused('argument', () => sipOver(fake.port).connect(options))
    expect(fake.commands).toEqual([])
  })

  it('forgets a connection that the engine refuses', () => {
    const fake = fakePort()
    const sip = sipOver(fake.port)
    fake.refuse(new SipError('not-supported', 'no such transport'))
    refused('not-supported', () => sip.connect())
    fake.refuse(undefined)
    expect(sip.connections).toEqual([])
    sip.connect()
  })
})

describe('a connection', () => {
  it('is awaited until it is active', async () => {
    const fake = fakePort()
    const connection = sipOver(fake.port).connect()
    const active = connection.active()
    fake.state(connection.id, { is: 'active' })
    await active
    await connection.active()
  })

  it('rejects when it will never be', async () => {
    const fake = fakePort()
    const connection = sipOver(fake.port).connect()
    const active = connection.active()
    fake.state(connection.id, { is: 'unavailable' })
    fake.tell({ type: 'error', id: connection.id, error: new SipError('transport', 'address in use') })
    await fails('transport', active)
    await fails('transport', connection.active())
    expect(connection.lastError?.code).toBe('transport')
  })

  it('shows its addresses, and tells the first when it changes', () => {
    const { fake, connection } = activeSip()
    const seen = record(connection.localAddress$)
    const listening = (port: number) =>
      fake.tell({
        type: 'listening',
        id: connection.id,
        addresses: [{ host: '192.0.2.1', port, transport: 'UDP' }],
      })
    listening(5060)
    listening(5062)
    expect(seen.values.map(({ port }) => port)).toEqual([5060, 5062])
    expect(connection.addresses).toEqual([{ host: '192.0.2.1', port: 5062, transport: 'UDP' }])
  })

  it('closes once, and its promise waits for the end', async () => {
    const { fake, connection } = activeSip()
    const [first, second] = [connection.close(), connection.close()]
    fake.state(connection.id, { is: 'closing' })
    const third = connection.close()
    refused('not-ready', () => connection.request({ method: 'OPTIONS', uri: 'sip:b@example.com' }))
    fake.state(connection.id, { is: 'closed' })
    fake.tell({ type: 'closed', id: connection.id })
    await Promise.all([first, second, third, connection.close()])
    expect(fake.commands.filter(({ type }) => type === 'connection.close')).toHaveLength(1)
    await fails('closed', connection.active())
  })
})

describe('sip.close', () => {
  it('closes all connections, completes all streams, and refuses everything afterwards', async () => {
    const { fake, sip, connection } = activeSip()
    const other = sip.connect({ port: 5070 })
    fake.answer(command => {
      if (command.type !== 'connection.close') return
      fake.state(command.id, { is: 'closed' })
      fake.tell({ type: 'closed', id: command.id })
    })
    const streams = [sip.events$, sip.trace$, sip.challenges$, connection.state$, other.calls$].map(stream =>
      record<unknown>(stream),
    )
    const closed = sip.close()
    refused('resource-not-available', () => sip.connect())
    await closed
    await sip.close()
    expect(streams.map(({ complete }) => complete)).toEqual([true, true, true, true, true])
    expect([sip.connections, fake.tracers.size]).toEqual([[], 0])
    refused('resource-not-available', () => connection.invite('sip:bob@example.com'))
    expect(record(sip.trace$).complete).toBe(true)
    expect(fake.tracers.size).toBe(0)
  })

  it('happens at the end of an await using block', async () => {
    const fake = fakePort()
    const sip = sipOver(fake.port)
    await sip[Symbol.asyncDispose]()
    refused('resource-not-available', () => sip.connect())
  })
})

describe('trace$', () => {
  it('traces only while somebody listens', () => {
    const { fake, sip } = activeSip()
    const frames: Frame[] = []
    const subscription = sip.trace$.subscribe(frame => frames.push(frame))
    const frame: Frame = { kind: 'step', seq: 1, t: 0, actor: 'a', machine: 'm', event: 'e', to: 's' }
    fake.trace(frame)
    subscription.unsubscribe()
    fake.trace(frame)
    expect(frames).toEqual([frame])
    expect(fake.tracers.size).toBe(0)
  })
})

describe('events$', () => {
  const everything = () => {
    const all = activeSip()
    const { fake, sip, connection } = all
    const { values } = record(sip.events$)
    connection.calls$.subscribe()
    const [invite, message, ok, cancel] = [
      request('INVITE'),
      request('MESSAGE'),
      response(200),
      request('CANCEL'),
    ]
    const call = connection.invite('sip:bob@example.com')
    const transaction = connection.request({ method: 'OPTIONS', uri: 'sip:bob@example.com' })
    const registration = connection.register({ aor: 'sip:alice@example.com' })
    const info = {
      callId: 'c',
      localTag: 'a',
      remoteTag: 'b',
      localUri: '',
      remoteUri: '',
      remoteTarget: '',
      routeSet: [],
      secure: false,
    }
    const error = new SipError('rejected', 'no', { response: ok })
    fake.tell({ type: 'call', id: 'in', connection: connection.id, request: invite, from: sender })
    fake.tell({ type: 'request', id: 'tx', connection: connection.id, request: message, from: sender })
    fake.tell({ type: 'dialog', id: 'dialog', call: call.id, connection: connection.id, dialog: info })
    fake.tell({ type: 'refresh', id: 'refresh', owner: registration.id })
    fake.tell({ type: 'response', id: transaction.id, response: ok })
    fake.tell({ type: 'error', id: transaction.id, error })
    fake.tell({ type: 'answered', id: call.id, response: ok })
    fake.tell({ type: 'canceled', id: 'in', request: cancel })
    fake.tell({ type: 'inviteCompleted', id: call.id })
    fake.tell({ type: 'grantedBelowMinimum', id: registration.id, granted: 10, used: 30 })
    fake.tell({
      type: 'malformed',
      connection: connection.id,
      malformed: { kind: 'malformed', reason: 'no Via', offset: 0, status: 400 },
      from: sender,
    })
    fake.tell({ type: 'closed', id: transaction.id })
    return { ...all, values, call, transaction, registration, ok }
  }

  it('tells everything with its handle and the message behind it', () => {
    const { values, call, transaction, registration, ok } = everything()
    expect(values.map(({ type }) => type)).toEqual([
      'call',
      'request',
      'messaging',
      'dialog',
      'refresh',
      'response',
      'error',
      'answered',
      'sessionOperationComplete',
      'canceled',
      'inviteCompleted',
      'grantedBelowMinimum',
      'malformed',
      'closed',
    ])
    const find = <Type extends SipEvent['type']>(type: Type) =>
      values.find((event): event is Extract<SipEvent, { type: Type }> => event.type === type)!
    expect(find('call').call.direction).toBe('incoming')
    expect(find('dialog').call).toBe(call)
    expect(find('dialog').dialog).toBe(call.dialog)
    expect(find('refresh').refresh).toBe(registration.refresh)
    expect(find('response')).toMatchObject({ object: transaction, message: { status: 200 } })
    expect(find('error')).toMatchObject({ error: { code: 'rejected', message: 'no', status: 200 } })
    expect(toText(getSipMessage(find('error')))).toBe(toText(ok))
    expect(find('grantedBelowMinimum')).toMatchObject({ registration, granted: 10, used: 30 })
    expect(find('closed').object).toBe(transaction)
  })

  it('comes when the object itself has it', () => {
    const { fake, sip, connection } = activeSip()
    const call = connection.invite('sip:bob@example.com')
    const states: unknown[] = []
    sip.events$
      .pipe(ofType('state'))
      .subscribe(({ object, state }) => states.push([object.state === state, state]))
    fake.state(call.id, { is: 'proceeding' })
    expect(states).toEqual([[true, { is: 'proceeding' }]])
  })

  it('knows nothing of objects that are unknown, or of events that do not fit them', () => {
    const { fake, sip, connection } = activeSip()
    const { values } = record(sip.events$)
    const [invite, transaction] = [
      request('INVITE'),
      { type: 'request', request: request('MESSAGE'), from: sender } as const,
    ]
    fake.tell({ type: 'call', id: 'a', connection: 'unknown', request: invite, from: sender })
    fake.tell({ ...transaction, id: 'b', connection: 'unknown' })
    fake.tell({ type: 'refresh', id: 'c', owner: connection.id })
    fake.state('d', { is: 'proceeding' })
    fake.tell({ type: 'answered', id: connection.id, response: response(200) })
    fake.tell({ type: 'response', id: connection.id, response: response(200) })
    fake.tell({ type: 'grantedBelowMinimum', id: connection.id, granted: 1, used: 2 })
    expect(values).toEqual([])
    expect(fake.commands).toHaveLength(1)
  })

  it('gives the message of an event, or throws no-message', () => {
    const { values, ok } = everything()
    expect(toText(getSipMessage(values.find(({ type }) => type === 'answered')!))).toBe(toText(ok))
    refused('no-message', () => getSipMessage(values.find(({ type }) => type === 'dialog')!))
  })

  it('is filtered and narrowed by ofType', () => {
    const { fake, sip, connection } = activeSip()
    const { values } = record(sip.events$.pipe(ofType('inviteCompleted', 'answered')))
    const call = connection.invite('sip:bob@example.com')
    fake.state(call.id, { is: 'confirmed' })
    fake.tell({ type: 'inviteCompleted', id: call.id })
    expect(values.map(event => event.call)).toEqual([call])
  })
})
