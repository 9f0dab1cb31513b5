/** The API over the real engine, both ends: what the handles show when nothing is faked. */
import { firstValueFrom } from 'rxjs'
import { expect, it } from 'vitest'
import type { Call } from '../../src/index.ts'
import { sdp } from '../support/text.ts'
import { createWorld } from '../support/world.ts'
import { fails, record, refused } from './support.ts'

const bob = 'sip:bob@192.0.2.2:5060'
const [offer, answer] = [sdp('192.0.2.1'), sdp('192.0.2.2')]

const pair = async () => {
  const world = createWorld()
  const alice = await world.party('192.0.2.1')
  const peer = await world.party('192.0.2.2')
  return { world, alice: alice.connection, bob: peer.connection, sips: [alice.sip, peer.sip] as const }
}

it('a call is offered, rings, is answered and hung up, and both ends tell the same story', async () => {
  const { world, alice, bob: callee } = await pair()
  const incoming = firstValueFrom(callee.calls$)
  callee.calls$.subscribe(async call => {
    call.ring()
    await call.accept(answer)
  })
  const call = alice.invite(bob, { offer })
  const responses = record(call.responses$)
  const states = record(call.state$)
  await world.run(1000)
  await call.established()
  const other: Call = await incoming
  expect(other.offer).toBe(offer)
  expect(call.answer).toBe(answer)
  expect(responses.values.map(({ status }) => status)).toEqual([180, 200])
  expect(states.values.map(({ is }) => is)).toEqual(['calling', 'early', 'confirmed'])
  expect(other.state.is).toBe('confirmed')
  expect(call.dialog?.callId).toBe(other.dialog?.callId)
  expect(call.dialog?.localTag).toBe(other.dialog?.remoteTag)
  const over = call.hangUp()
  await world.run(1000)
  await over
  expect(await call.ended()).toMatchObject({ by: 'local', reason: 'bye' })
  expect(await other.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
  await world.run(40_000)
  expect(record(call.state$).complete).toBe(true)
  expect(record(other.state$).complete).toBe(true)
  await world.end()
})

it('two connections of one Sip, neither with a port, get one each and can talk to each other', async () => {
  const { world, sips } = await pair()
  const [one, other] = [sips[0].connect(), sips[0].connect()]
  await Promise.all([one.active(), other.active()])
  const ports = [one, other].map(({ addresses }) => addresses[0]?.port)
  expect(new Set([5060, ...ports]).size).toBe(3)
  refused('already-exists', () => sips[0].connect({ port: ports[1]! }))
  other.requests$.subscribe(transaction => transaction.respond(200))
  const uri = `sip:other@192.0.2.1:${ports[1]}`
  const message = one.request({ method: 'MESSAGE', uri, contentType: 'text/plain', body: 'hi' })
  await world.run(1000)
  expect((await message.response()).status).toBe(200)
  await world.end()
})

it('a callee hangs up in the same breath in which it accepts: BYE after the ACK (§15)', async () => {
  const { world, alice, bob: callee } = await pair()
  const errors = record(callee.errors$)
  callee.calls$.subscribe(call => {
    void call.accept(answer)
    void call.hangUp()
  })
  const call = alice.invite(bob, { offer })
  await world.run(2000)
  expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
  expect(errors.values).toEqual([])
  await world.end()
})

it('a refused call rejects established with the status, told once as an error', async () => {
  const { world, alice, bob: callee } = await pair()
  callee.calls$.subscribe(call => call.reject(486))
  const call = alice.invite(bob, { offer })
  const errors = record(call.errors$)
  await world.run(1000)
  expect((await fails('rejected', call.established())).status).toBe(486)
  expect(errors.values.map(({ code, status }) => [code, status])).toEqual([['rejected', 486]])
  await world.end()
})

it('what nobody takes: INVITE and MESSAGE 480, an unknown method 405 with Allow', async () => {
  const { world, alice } = await pair()
  const call = alice.invite(bob, { offer })
  const message = alice.request({ method: 'MESSAGE', uri: bob, contentType: 'text/plain', body: 'hi' })
  const unknown = alice.request({ method: 'CHAT', uri: bob })
  await world.run(1000)
  expect((await fails('rejected', call.established())).status).toBe(480)
  expect((await fails('rejected', message.response())).status).toBe(480)
  expect((await fails('rejected', unknown.response())).status).toBe(405)
  expect(unknown.lastResponse?.header('allow')).toContain('INVITE')
  await world.end()
})

it('a MESSAGE is answered, and one within the call goes to the dialog', async () => {
  const { world, alice, bob: callee } = await pair()
  callee.requests$.subscribe(transaction =>
    transaction.respond(200, { contentType: 'text/plain', body: 'outside' }),
  )
  callee.calls$.subscribe(call => {
    void call.accept(answer)
    void call.established().then(() => {
      call.dialog?.requests$.subscribe(transaction => transaction.respond(202))
    })
  })
  const message = alice.request({ method: 'MESSAGE', uri: bob, contentType: 'text/plain', body: 'hi' })
  const call = alice.invite(bob, { offer })
  await world.run(1000)
  expect((await message.response()).text).toBe('outside')
  const info = call.dialog!.request('INFO', { contentType: 'text/plain', body: 'x' })
  await world.run(1000)
  expect((await info.response()).status).toBe(202)
  await world.end()
})

it('an INFO within a call that nobody takes is answered 405 and leaves the call up (RFC 5057 §5.1)', async () => {
  const { world, alice, bob: callee } = await pair()
  callee.calls$.subscribe(call => void call.accept(answer))
  const call = alice.invite(bob, { offer })
  await world.run(1000)
  const info = call.dialog!.request('INFO')
  await world.run(1000)
  expect((await fails('rejected', info.response())).status).toBe(405)
  expect(info.lastResponse?.header('allow')).toBe(
    'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY, MESSAGE',
  )
  expect(call.state.is).toBe('confirmed')
  await world.end()
})

it('sip.close ends the calls, completes everything, and leaves nothing to use', async () => {
  const { world, alice, bob: callee, sips } = await pair()
  callee.calls$.subscribe(call => void call.accept(answer))
  const call = alice.invite(bob, { offer })
  await world.run(1000)
  const [events, states] = [record(sips[0].events$), record(call.state$)]
  const closed = sips[0].close()
  await world.run(2000)
  await closed
  expect([events.complete, states.complete, alice.state.is]).toEqual([true, true, 'closed'])
  expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
  refused('resource-not-available', () => call.hangUp())
  await world.end()
})

it('trace$ shows the messages and the transitions of a call', async () => {
  const { world, alice, bob: callee, sips } = await pair()
  callee.calls$.subscribe(call => call.reject())
  const frames = record(sips[0].trace$)
  alice.invite(bob, { offer })
  await world.run(1000)
  const messages = frames.values.flatMap(frame =>
    frame.kind === 'message'
      ? [
          `${frame.direction} ${frame.message.kind === 'request' ? frame.message.method : frame.message.status}`,
        ]
      : [],
  )
  expect(messages).toEqual(['out INVITE', 'in 486', 'out ACK'])
  expect(frames.values.some(({ kind }) => kind === 'step')).toBe(true)
  await world.end()
})

it('everything that came to be is gone in the end, for engine and API alike', async () => {
  const { world, alice, bob: callee, sips } = await pair()
  const seen = sips.map(sip => {
    const living = new Set<unknown>()
    sip.events$.subscribe(event => {
      if (event.type === 'state') living.add(event.object)
      else if (event.type === 'call') living.add(event.call)
      else if (event.type === 'dialog') living.add(event.dialog)
      else if (event.type === 'request') living.add(event.transaction)
      else if (event.type === 'closed') living.delete(event.object)
    })
    return living
  })
  callee.calls$.subscribe(call =>
    call.remote.displayName === 'No' ? call.reject() : void call.accept(answer),
  )
  callee.requests$.subscribe(transaction => transaction.respond(200))
  for (let i = 0; i < 10; i += 1) {
    const call = alice.invite(bob, {
      offer,
      from: `"${i % 2 ? 'No' : 'Yes'}" <sip:alice@192.0.2.1>`,
    })
    const message = alice.request({ method: 'MESSAGE', uri: bob })
    await world.run(500)
    expect((await message.response()).status).toBe(200)
    if (call.state.is === 'confirmed') void call.hangUp()
    else await fails('rejected', call.established())
  }
  expect(seen.map(({ size }) => size > 0)).toEqual([true, true])
  await world.run(100_000)
  expect(seen.map(living => [...living])).toEqual([[], []])
  await world.end()
})
