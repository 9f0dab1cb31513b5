/** SIPp calls us, over UDP and TCP: what it counts, and what we say happened. */
import { describe, expect, it } from 'vitest'
import { type Call, type CallState, rfc3261 } from '../../src/index.ts'
import { against } from './support/installed.ts'
import { sdp } from './support/offer.ts'
import { type Party, party } from './support/party.ts'
import { count, sipp } from './support/sipp.ts'

/** Collects the calls that come, each with its states, and does something with each. */
const answering = (
  { connection }: Party,
  act: (call: Call) => void,
): readonly { readonly call: Call; readonly states: CallState['is'][] }[] => {
  const calls: { readonly call: Call; readonly states: CallState['is'][] }[] = []
  connection.calls$.subscribe(call => {
    const states: CallState['is'][] = []
    call.state$.subscribe(({ is }) => states.push(is))
    calls.push({ call, states })
    act(call)
  })
  return calls
}

/** Rings, and answers in a later turn: what is asked for in one breath is one step, and tells one state. */
const answer = (call: Call): void => {
  call.ring()
  setTimeout(() => void call.accept(sdp()), 10)
}

against(['sipp'], 'SIPp as caller', () => {
  describe.each(['UDP', 'TCP'] as const)('over %s', transport => {
    const fresh = (timers = rfc3261): Promise<Party> => party({ transports: [transport], timers })

    it('its own uac: every call is answered, held and hung up (§13, §15)', async () => {
      const us = await fresh()
      const calls = answering(us, answer)
      const peer = await sipp({ scenario: 'uac', transport, target: us.port, calls: 20, rate: 40, hold: 50 })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(calls).toHaveLength(20)
      for (const { call, states } of calls) {
        expect(states).toEqual(['incoming', 'ringing', 'accepted', 'confirmed', 'terminated'])
        expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
      }
      expect(us.sent().filter(name => name === '200 INVITE')).toHaveLength(20)
    })

    it('CANCEL while it rings: 200 for the CANCEL, 487 for the INVITE (§9.2)', async () => {
      const us = await fresh()
      const calls = answering(us, call => call.ring())
      const peer = await sipp({ scenario: 'uac-cancel', transport, target: us.port })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(count(result, '487', 'Retrans')).toBe(0)
      expect(calls).toHaveLength(1)
      expect(await calls[0]!.call.ended()).toMatchObject({ by: 'remote', reason: 'cancelled', status: 487 })
      expect(us.events.filter(({ type }) => type === 'canceled')).toHaveLength(1)
      expect(us.sent()).toEqual(['180 INVITE', '200 CANCEL', '487 INVITE'])
    })

    it('busy: 486 once, and its ACK ends it (§21.4.24)', async () => {
      const us = await fresh()
      const calls = answering(us, call => call.reject(486))
      const peer = await sipp({ scenario: 'uac-busy', transport, target: us.port })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(await calls[0]!.call.ended()).toMatchObject({ by: 'local', reason: 'rejected', status: 486 })
      expect(us.received()).toEqual(['INVITE', 'ACK'])
      expect(us.sent()).toEqual(['486 INVITE'])
    })

    it('we hang up: BYE after the ACK (§15.1.1)', async () => {
      const us = await fresh()
      const calls = answering(us, call => void call.accept(sdp()).then(() => call.hangUp()))
      const peer = await sipp({ scenario: 'uac-hung-up', transport, target: us.port })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(await calls[0]!.call.ended()).toMatchObject({ by: 'local', reason: 'bye' })
      expect(us.sent()).toEqual(['200 INVITE', 'BYE'])
    })

    it('a 2xx whose ACK is late is repeated until it comes, over TCP as well (§13.3.1.4)', async () => {
      const us = await fresh()
      const calls = answering(us, call => void call.accept(sdp()))
      const scenario = transport === 'UDP' ? 'uac-late-ack' : 'uac-late-ack-tcp'
      const peer = await sipp({ scenario, transport, target: us.port })
      const result = await peer.succeeded()
      // After 500 and 1500 ms.
      expect(us.sent()).toEqual(['200 INVITE', '200 INVITE', '200 INVITE', '200 BYE'])
      expect(count(result, '200', 'Retrans')).toBe(transport === 'UDP' ? 2 : 0)
      expect(calls).toHaveLength(1)
      expect(calls[0]!.states).toEqual(['incoming', 'accepted', 'confirmed', 'terminated'])
    })

    it('a 2xx that is never acknowledged ends with a BYE after 64·T1 (§13.3.1.4)', async () => {
      const us = await fresh({ ...rfc3261, t1: 20, t2: 160 })
      const refusals: unknown[] = []
      const calls = answering(us, call => void call.accept(sdp()).catch(error => refusals.push(error)))
      const peer = await sipp({ scenario: 'uac-no-ack', transport, target: us.port })
      await peer.succeeded()
      expect(await calls[0]!.call.ended()).toMatchObject({ reason: 'no-ack' })
      expect(refusals).toMatchObject([{ code: 'no-ack' }])
      expect(us.sent().at(-1)).toBe('BYE')
      expect(us.received().slice(0, 2)).toEqual(['INVITE', '200 BYE'])
    })

    it('INFO within the call, one too old, and a new offer that is declined (§12.2.2, §14.2)', async () => {
      const us = await fresh()
      const heard: string[] = []
      const calls = answering(us, call => {
        void call.accept(sdp()).then(() =>
          call.dialog!.requests$.subscribe(transaction => {
            heard.push(`${transaction.method} ${new TextDecoder().decode(transaction.request.body).trim()}`)
            transaction.respond(200)
          }),
        )
      })
      const peer = await sipp({ scenario: 'uac-in-dialog', transport, target: us.port })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(heard).toEqual(['INFO hello'])
      expect(us.sent()).toEqual(['200 INVITE', '200 INFO', '500 INFO', '488 INVITE', '200 BYE'])
      expect(calls[0]!.states).toEqual(['incoming', 'accepted', 'confirmed', 'terminated'])
    })

    it('requests of unknown dialogs and a CANCEL of nothing: 481 (§12.2.2, §9.2)', async () => {
      const us = await fresh()
      const calls = answering(us, answer)
      const peer = await sipp({ scenario: 'uac-unknown-dialog', transport, target: us.port })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(['481 BYE', '481 INVITE', '481 CANCEL'])
      expect(calls).toEqual([])
    })

    it('OPTIONS: 200 with what we can (§11.2)', async () => {
      const us = await fresh()
      answering(us, answer)
      const peer = await sipp({ scenario: 'uac-options', transport, target: us.port })
      const result = await peer.succeeded()
      expect(result.retransmissions).toBe(0)
      expect(us.sent()).toEqual(['200 OPTIONS'])
    })
  })

  it('a 486 whose ACK is lost is repeated over UDP until it comes (§17.2.1, Timer G)', async () => {
    const us = await party({ transports: ['UDP'] })
    answering(us, call => call.reject(486))
    const peer = await sipp({ scenario: 'uac-busy-late-ack', transport: 'UDP', target: us.port })
    const result = await peer.succeeded()
    expect(count(result, '486', 'Retrans')).toBe(1)
    expect(us.sent()).toEqual(['486 INVITE', '486 INVITE'])
    expect(us.received()).toEqual(['INVITE', 'ACK'])
  })

  it.each(['UDP', 'TCP'] as const)('a socket for each call, over %s (§18.2.2)', async transport => {
    const us = await party({ transports: [transport] })
    const calls = answering(us, answer)
    const options = { scenario: 'uac', transport, target: us.port, socketForEach: true }
    const peer = await sipp({ ...options, calls: 10, rate: 50, hold: 100 })
    const result = await peer.succeeded()
    expect(result.retransmissions).toBe(0)
    expect(calls).toHaveLength(10)
    expect(new Set(us.wire.map(({ remote }) => remote.port)).size).toBe(10)
    for (const { call } of calls) expect(await call.ended()).toMatchObject({ by: 'remote', reason: 'bye' })
  })

  it('an INVITE that comes again is one call, and gets the latest response again (§17.2.1)', async () => {
    const us = await party({ transports: ['UDP'] })
    // SIPp repeats after 40 and 120 ms; the 100 that the engine sends after 200 ms silences it.
    const calls = answering(us, call => void setTimeout(answer, 300, call))
    const peer = await sipp({ scenario: 'uac-retransmits', transport: 'UDP', target: us.port })
    const result = await peer.succeeded()
    expect(count(result, 'INVITE', 'Retrans')).toBeGreaterThanOrEqual(1)
    expect(us.received().filter(name => name === 'INVITE').length).toBeGreaterThanOrEqual(2)
    expect(calls).toHaveLength(1)
    expect(us.sent().filter(name => name === '200 INVITE')).toHaveLength(1)
    expect(us.events.filter(({ type }) => type === 'call')).toHaveLength(1)
  })
})
