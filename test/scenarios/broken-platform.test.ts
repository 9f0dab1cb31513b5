/** A platform that throws where it should not: the one object concerned fails, once, and nothing stays of it. */
import { describe, expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { Platform } from '../../src/index.ts'
import { record } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createScene } from './traffic.ts'

const alice = '192.0.2.1'
const uri = 'sip:bob@192.0.2.2:5060'
const hour = 3_600_000
const credentials = { username: 'alice', password: 's3cret' }

const scene = async (change: (platform: Platform) => Platform) => {
  const { clock, network } = createScene({ latency: 1 })
  const engine = createEngine(change(network.platform({ host: alice, transports: ['UDP'] })))
  const sip = sipOver(engine)
  const connection = sip.connect({ port: 5060 })
  await connection.active()
  const peer = createPeer(network, { host: '192.0.2.2' })
  await clock.run(hour)
  return { clock, engine, sip, connection, peer, idle: engine.census() }
}

const throwing = (text: string) => (): never => {
  throw new Error(text)
}

describe('a digest that throws', () => {
  const challenged = async () => {
    const all = await scene(platform => ({ ...platform, digest: throwing('no MD5 here') }))
    for (const method of ['MESSAGE', 'INVITE', 'REGISTER']) {
      all.peer.on(method, request => {
        all.peer.reply(request, 401, {
          headers: [['WWW-Authenticate', 'Digest realm="k", nonce="n", qop="auth"']],
        })
      })
    }
    return all
  }

  it('fails the MESSAGE, and leaves nothing', async () => {
    const { clock, engine, connection, idle } = await challenged()
    const transaction = connection.request({ method: 'MESSAGE', uri, credentials })
    const [errors, states] = [record(transaction.errors$), record(transaction.state$)]
    await clock.run(hour)
    await expect(transaction.response()).rejects.toMatchObject({ code: 'closed' })
    expect([errors.values.length, errors.complete, states.complete]).toEqual([1, true, true])
    expect(engine.census()).toEqual(idle)
  })

  it('fails the call, and leaves nothing', async () => {
    const { clock, engine, connection, idle } = await challenged()
    const call = connection.invite(uri, { offer: sdp(alice), credentials })
    const [errors, states] = [record(call.errors$), record(call.state$)]
    await clock.run(hour)
    await expect(call.established()).rejects.toMatchObject({ code: 'closed' })
    expect([errors.values.length, errors.complete, states.complete]).toEqual([1, true, true])
    expect(engine.census()).toEqual(idle)
  })

  it('fails the registration, which may be tried again', async () => {
    const { clock, connection } = await challenged()
    const registration = connection.register({ aor: 'sip:alice@192.0.2.2', credentials })
    const errors = record(registration.errors$)
    await clock.run(hour)
    await expect(registration.registered()).rejects.toMatchObject({ code: 'closed' })
    expect([errors.values.length, registration.state.is]).toEqual([1, 'unregistered'])
    registration.register()
    await clock.run(hour)
    expect(errors.values.length).toBe(2)
  })
})

describe('a socket that throws', () => {
  /** Sends, but for the `n`th message that starts with `start`. */
  const failing = (start: string, n = 1) => {
    let left = n
    const open = async () =>
      scene(platform => ({
        ...platform,
        transports: platform.transports.map(transport => ({
          ...transport,
          listen: (local, accept) =>
            transport.listen(local, flow =>
              accept({
                transport: flow.transport,
                local: flow.local,
                send: (bytes, to) => {
                  if (Buffer.from(bytes).toString('latin1').startsWith(start) && --left === 0)
                    throw new Error('EINVAL')
                  flow.send(bytes, to)
                },
                close: () => flow.close(),
              }),
            ),
        })),
      }))
    return open()
  }

  it('with the first INVITE fails the call, and leaves nothing', async () => {
    const { clock, engine, connection, idle } = await failing('INVITE')
    const call = connection.invite(uri, { offer: sdp(alice) })
    const [errors, states] = [record(call.errors$), record(call.state$)]
    await clock.run(hour)
    await expect(call.established()).rejects.toMatchObject({ code: 'closed' })
    expect([errors.values.length, states.complete]).toEqual([1, true])
    expect(engine.census()).toEqual(idle)
  })

  it('with a repeated MESSAGE fails it, and leaves nothing', async () => {
    const { clock, engine, connection, idle } = await failing('MESSAGE', 3)
    const transaction = connection.request({ method: 'MESSAGE', uri })
    const errors = record(transaction.errors$)
    await clock.run(hour)
    await expect(transaction.response()).rejects.toMatchObject({ code: 'closed' })
    expect([errors.values.length, errors.complete]).toEqual([1, true])
    expect(engine.census()).toEqual(idle)
  })

  it.each(['SIP/2.0 180', 'SIP/2.0 200'])('with a %s to INVITE ends that call alone', async start => {
    const { clock, engine, connection, peer, idle } = await failing(start)
    connection.calls$.subscribe(call => {
      call.ring()
      clock.setTimeout(() => {
        if (call.can('accept')) void call.accept(sdp(alice)).catch(() => {})
      }, 100)
    })
    peer.on(200, response => {
      if (response.cseq.method === 'INVITE') peer.ackFor(response)
    })
    peer.on('BYE', bye => void peer.reply(bye, 200))
    peer.request('INVITE', { to: { host: alice, port: 5060 }, body: sdp('192.0.2.2') })
    await clock.run(1000)
    peer.request('OPTIONS', { to: { host: alice, port: 5060 } })
    await clock.run(1000)
    expect(peer.all(200).some(({ cseq }) => cseq.method === 'OPTIONS')).toBe(true)
    await clock.run(hour)
    expect(engine.census()).toEqual(idle)
  })

  it('with a 200 to OPTIONS is told of the connection, which goes on', async () => {
    const { clock, engine, connection, peer, idle } = await failing('SIP/2.0 200')
    const errors = record(connection.errors$)
    peer.request('OPTIONS', { to: { host: alice, port: 5060 } })
    await clock.run(1000)
    peer.nothing()
    expect(errors.values.map(({ code }) => code)).toEqual(['closed'])
    expect(connection.state.is).toBe('active')
    peer.request('OPTIONS', { to: { host: alice, port: 5060 } })
    await clock.run(hour)
    peer.next(200)
    expect(engine.census()).toEqual(idle)
  })
})
