/** Faults in the application's own callbacks: they harm neither their neighbours nor the engine nor the process. */
import { config, firstValueFrom, map, merge, mergeMap, Observable } from 'rxjs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { SipError } from '../../src/errors.ts'
import { request, response, sender } from '../support/fake-port.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { activeSip, record } from './support.ts'

const options = { method: 'OPTIONS', uri: 'sip:bob@example.com' }
const fault = new Error('a fault of the application')

/** A `Sip` whose callback errors are collected. */
const isolated = () => {
  const errors: unknown[] = []
  return { ...activeSip({ onCallbackError: error => errors.push(error) }), errors }
}

describe('with onCallbackError', () => {
  it('a throwing subscriber disturbs neither its neighbours nor itself', () => {
    const { fake, connection, errors } = isolated()
    const transaction = connection.request(options)
    const before = record(transaction.responses$)
    let calls = 0
    transaction.responses$.subscribe(() => {
      calls += 1
      throw fault
    })
    const after = record(transaction.responses$)
    for (const status of [182, 200])
      fake.tell({ type: 'response', id: transaction.id, response: response(status) })
    expect([before.values.length, after.values.length, calls]).toEqual([2, 2, 2])
    expect(errors).toEqual([fault, fault])
  })

  it('an observer with methods is guarded too, and keeps its this', () => {
    const { fake, connection, errors } = isolated()
    const observer = {
      seen: [] as string[],
      next({ is }: { is: string }) {
        this.seen.push(is)
        throw fault
      },
      complete() {
        throw fault
      },
    }
    const transaction = connection.request(options)
    transaction.state$.subscribe(observer)
    fake.tell({ type: 'closed', id: transaction.id })
    expect(observer.seen).toEqual(['constructing'])
    expect(errors).toEqual([fault, fault])
  })

  it('what pipe makes of a stream is guarded: the fault of an operator reaches the handler, and ends that subscription', () => {
    const { fake, connection, errors } = isolated()
    const transaction = connection.request(options)
    const subscription = transaction.responses$
      .pipe(
        map(({ status }) => {
          if (status === 182) throw fault
          return status
        }),
      )
      .subscribe()
    fake.tell({ type: 'response', id: transaction.id, response: response(182) })
    expect(errors).toEqual([fault])
    expect(subscription.closed).toBe(true)
  })

  it('an error callback of the subscriber is used when there is one', () => {
    const { fake, connection, errors } = isolated()
    const transaction = connection.request(options)
    const caught: unknown[] = []
    transaction.responses$
      .pipe(
        map(() => {
          throw fault
        }),
      )
      .subscribe({ error: error => caught.push(error) })
    fake.tell({ type: 'response', id: transaction.id, response: response(200) })
    expect([caught, errors]).toEqual([[fault], []])
  })

  it('the rejection of an async subscriber reaches the handler', async () => {
    const { fake, connection, errors } = isolated()
    connection.calls$.subscribe(async call => {
      call.ring()
      await Promise.resolve()
      throw fault
    })
    fake.tell({
      type: 'call',
      id: 'call.9',
      connection: connection.id,
      request: request('INVITE'),
      from: sender,
    })
    await vi.waitFor(() => expect(errors).toEqual([fault]))
    expect(fake.last('call.provisional').id).toBe('call.9')
  })

  it('guards requests$, events$, trace$ and localAddress$ alike', () => {
    const { fake, sip, connection, errors } = isolated()
    const throwing = () => {
      throw fault
    }
    connection.requests$.subscribe(throwing)
    connection.localAddress$.subscribe(throwing)
    sip.events$.subscribe(throwing)
    sip.trace$.subscribe(throwing)
    fake.tell({
      type: 'request',
      id: 'server.1',
      connection: connection.id,
      request: request('MESSAGE'),
      from: sender,
    })
    fake.trace({ kind: 'step', seq: 1, t: 0, actor: 'a', machine: 'm', event: 'e', to: 's' })
    // Of events$ twice: the request of ours, and the MESSAGE of RTC.
    expect(errors).toEqual([fault, fault, fault, fault, fault])
  })

  it.each([
    [
      'throws',
      () => {
        throw fault
      },
    ],
    ['rejects', () => Promise.reject(fault)],
  ])('a call whose only taker %s is answered 500, and the next is taken', async (_, callback) => {
    const { fake, connection, errors } = isolated()
    const calls = record(connection.calls$.pipe(map(call => call)))
    expect(calls.values).toEqual([])
    const { fake: other, connection: lone, errors: told } = isolated()
    lone.calls$.subscribe(callback)
    for (const id of ['call.8', 'call.9']) {
      other.tell({ type: 'call', id, connection: lone.id, request: request('INVITE'), from: sender })
      await vi.waitFor(() =>
        expect(other.last('call.reject')).toEqual({ type: 'call.reject', id, response: { status: 500 } }),
      )
    }
    expect(told).toEqual([fault, fault])
    // Somebody else has it as well: it may be theirs to answer.
    connection.calls$.subscribe(callback)
    fake.tell({
      type: 'call',
      id: 'call.8',
      connection: connection.id,
      request: request('INVITE'),
      from: sender,
    })
    await vi.waitFor(() => expect(errors).toEqual([fault]))
    expect(fake.commands.some(({ type }) => type === 'call.reject')).toBe(false)
  })

  it('a request whose only taker fails is answered 500, unless it has been answered', () => {
    const { fake, connection } = isolated()
    let answers = false
    connection.requests$.subscribe(transaction => {
      if (answers) transaction.respond(200)
      throw fault
    })
    const incoming = (id: string) => {
      fake.tell({ type: 'request', id, connection: connection.id, request: request('MESSAGE'), from: sender })
      return fake.commands.filter(command => command.type === 'transaction.respond' && command.id === id)
    }
    expect(incoming('server.1')).toMatchObject([{ response: { status: 500 } }])
    answers = true
    expect(incoming('server.2')).toMatchObject([{ response: { status: 200 } }])
  })

  it('a call that was answered before the fault stays', async () => {
    const { fake, connection, errors } = isolated()
    connection.calls$.subscribe(async call => {
      void call.accept(sdp('192.0.2.1'))
      await Promise.resolve()
      throw fault
    })
    fake.tell({
      type: 'call',
      id: 'call.8',
      connection: connection.id,
      request: request('INVITE'),
      from: sender,
    })
    await vi.waitFor(() => expect(errors).toEqual([fault]))
    expect(fake.commands.some(({ type }) => type === 'call.reject')).toBe(false)
  })

  it('promise and forEach still reject to the one who asked', async () => {
    const { fake, connection, errors } = isolated()
    const transaction = connection.request(options)
    const first = firstValueFrom(transaction.responses$)
    const each = transaction.responses$.forEach(() => {
      throw fault
    })
    fake.tell({ type: 'response', id: transaction.id, response: response(200) })
    expect((await first).status).toBe(200)
    await expect(each).rejects.toBe(fault)
    expect(errors).toEqual([])
  })

  it('stops when unsubscribed, also within its own callback', () => {
    const { fake, connection } = isolated()
    const transaction = connection.request(options)
    let calls = 0
    const subscription = transaction.responses$.subscribe(() => {
      calls += 1
      subscription.unsubscribe()
    })
    for (const status of [182, 200])
      fake.tell({ type: 'response', id: transaction.id, response: response(status) })
    expect(calls).toBe(1)
  })
})

describe('without onCallbackError', () => {
  afterEach(() => {
    config.onUnhandledError = null
  })

  it('RxJS hands the fault to the host, and the neighbours go on', async () => {
    const unhandled = new Promise(resolve => {
      config.onUnhandledError = resolve
    })
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    transaction.responses$.subscribe(() => {
      throw fault
    })
    const after = record(transaction.responses$)
    fake.tell({ type: 'response', id: transaction.id, response: response(200) })
    expect(after.values).toHaveLength(1)
    expect(await unhandled).toBe(fault)
  })

  /** What becomes the host's while that runs. */
  const unhandledIn = async (action: () => unknown): Promise<readonly unknown[]> => {
    const unhandled: unknown[] = []
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', reason => unhandled.push(reason))
    config.onUnhandledError = reason => unhandled.push(reason)
    await action()
    // RxJS hands faults to the host by the host's own timer: there is no virtual time for that.
    await new Promise(resolve => setTimeout(resolve, 1))
    process.removeAllListeners('unhandledRejection')
    for (const listener of others) process.on('unhandledRejection', listener)
    return unhandled
  }

  it('a caller that never acknowledges does not end the process of an unguarded `await call.accept()`', async () => {
    const world = createWorld()
    const peer = createPeer(world.network, { host: '192.0.2.2' })
    const { connection } = await world.party('192.0.2.1')
    const told: string[] = []
    connection.calls$.subscribe(async call => {
      call.errors$.subscribe(({ code }) => told.push(code))
      await call.accept(sdp('192.0.2.1'))
      told.push('up')
    })
    const unhandled = await unhandledIn(async () => {
      peer.request('INVITE', { to: { host: '192.0.2.1', port: 5060 }, body: sdp('192.0.2.2') })
      await world.run(40_000)
    })
    expect([unhandled, told]).toEqual([[], ['no-ack']])
    await world.end()
  })

  const peers = new SipError('invalid-transaction-state', 'the peer was faster')
  const mistake = new SipError('argument', 'the application was wrong')
  const typo = new TypeError('x is not a function')
  it.each([
    ['a SipError', peers, []],
    ['a mistake', mistake, [mistake]],
    ['a TypeError', typo, [typo]],
  ])(
    '%s that is thrown or rejected reaches the host, if it is the fault of the callback',
    async (_, error, host) => {
      const { fake, connection } = activeSip()
      const arrive = (id: string) =>
        fake.tell({ type: 'call', id, connection: connection.id, request: request('INVITE'), from: sender })
      const thrown = connection.calls$.subscribe(() => {
        throw error
      })
      expect(await unhandledIn(() => arrive('call.7'))).toEqual(host)
      expect(fake.last('call.reject')).toMatchObject({ id: 'call.7', response: { status: 500 } })
      thrown.unsubscribe()
      connection.calls$.subscribe(() => Promise.reject(error))
      expect(await unhandledIn(() => arrive('call.8'))).toEqual(host)
      expect(fake.last('call.reject')).toMatchObject({ id: 'call.8', response: { status: 500 } })
    },
  )

  it('a SipError that ended a subscription is not swallowed: nothing more would come', async () => {
    const { fake, connection } = activeSip()
    connection.calls$.pipe(mergeMap(() => Promise.reject(peers))).subscribe()
    const unhandled = await unhandledIn(() =>
      fake.tell({
        type: 'call',
        id: 'call.9',
        connection: connection.id,
        request: request('INVITE'),
        from: sender,
      }),
    )
    expect(unhandled).toEqual([peers])
  })

  it('an async one is an unhandled rejection of the host, and its call is answered 500', async () => {
    const unhandled: unknown[] = []
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', reason => unhandled.push(reason))
    const { fake, connection } = activeSip()
    connection.calls$.subscribe(() => Promise.reject(fault))
    fake.tell({
      type: 'call',
      id: 'call.8',
      connection: connection.id,
      request: request('INVITE'),
      from: sender,
    })
    await new Promise(resolve => setImmediate(resolve))
    process.removeAllListeners('unhandledRejection')
    for (const listener of others) process.on('unhandledRejection', listener)
    expect(unhandled).toEqual([fault])
    expect(fake.last('call.reject').response.status).toBe(500)
  })
})

describe('the promises of handles', () => {
  it('may be left alone when they reject: nothing is unhandled', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listener)
    const { fake, connection } = activeSip()
    const transaction = connection.request(options)
    void transaction.response()
    fake.tell({ type: 'response', id: transaction.id, response: response(404) })
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })
})

describe('streams with others', () => {
  it('work with creation functions of RxJS', () => {
    const { fake, connection } = isolated()
    const transaction = connection.request(options)
    const both = record(merge(transaction.responses$, new Observable<never>()))
    fake.tell({ type: 'response', id: transaction.id, response: response(200) })
    expect(both.values).toHaveLength(1)
  })
})
