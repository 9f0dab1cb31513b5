/** What a trace holds of one call: every step with its sender, its guards, its effects and its timers. */
import { describe, expect, it } from 'vitest'
import type { Frame, MessageFrame, StepFrame } from '../../src/index.ts'
import { parse } from '../../src/message/index.ts'
import { createWorld } from '../support/world.ts'

const sdp =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'

const recorded = async (): Promise<readonly Frame[]> => {
  const world = createWorld()
  const alice = await world.party('192.0.2.1')
  const bob = await world.party('192.0.2.2')
  const frames: Frame[] = []
  alice.sip.trace$.subscribe(frame => frames.push(frame))
  bob.connection.calls$.subscribe(call => {
    call.ring()
    void call.accept(sdp)
  })
  const call = alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
  await world.run(500)
  await Promise.all([call.established(), world.run(10)])
  void call.hangUp()
  await world.run(70_000)
  await world.end()
  return frames
}

const steps = (frames: readonly Frame[]): StepFrame[] =>
  frames.filter((frame): frame is StepFrame => frame.kind === 'step')

describe('frames of a call', () => {
  it('rise by one, in the order in which they are told', async () => {
    const frames = await recorded()
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1))
  })

  it('join the states of every actor without a gap, from its birth to its end', async () => {
    const frames = steps(await recorded())
    const last = new Map<string, string>()
    const ended = new Set<string>()
    const broken: string[] = []
    const begun = new Set(frames.filter(({ from }) => from === undefined).map(({ actor }) => actor))
    for (const { actor, event, from, to, ended: over } of frames) {
      if (!begun.has(actor)) continue
      if (ended.has(actor)) broken.push(`${actor} ${event} after its end`)
      if (last.get(actor) !== from) broken.push(`${actor} ${event}: ${last.get(actor)} is not ${from}`)
      last.set(actor, to)
      if (over) ended.add(actor)
    }
    expect(broken).toEqual([])
    expect([...begun].filter(actor => !ended.has(actor))).toEqual([])
  })

  it('name the cause: everything that a 200 sets off bears the number of its frame', async () => {
    const frames = await recorded()
    const ok = frames.find(
      (frame): frame is MessageFrame =>
        frame.kind === 'message' &&
        frame.direction === 'in' &&
        frame.message.kind === 'response' &&
        frame.message.status === 200 &&
        frame.message.cseq.method === 'INVITE',
    )!
    const caused = frames.filter(({ cause }) => cause === ok.seq)
    expect(steps(caused).map(({ machine, to }) => `${machine} ${to}`)).toEqual(
      expect.arrayContaining(['inviteClient accepted', 'outgoingCall confirmed.acknowledged']),
    )
    expect(caused.some(frame => frame.kind === 'message' && frame.direction === 'out')).toBe(true)
  })

  it('tell who sent an event, which guards refused, what was done, sent and timed', async () => {
    const frames = steps(await recorded())
    const calling = frames.find(({ machine, from }) => machine === 'inviteClient' && from === undefined)!
    expect(calling.actions).toContain('transmit')
    expect(calling.timers?.map(({ delay }) => delay)).toContain(500)
    expect(calling.parent).toMatch(/^connection/)
    expect(calling.message).toBeGreaterThan(0)
    const answered = frames.find(
      ({ machine, event }) => machine === 'clientRequest' && event === 'transaction.success',
    )!
    expect(answered.source).toMatch(/^client\./)
    expect(answered.sent).toContainEqual({
      to: expect.stringMatching(/^call\./),
      event: 'transaction.success',
    })
    const ended = frames.find(({ machine, to }) => machine === 'outgoingCall' && to === 'terminated')!
    expect(ended.guards).toContainEqual({ guard: 'settled', target: expect.stringMatching(/released/) })
  })

  it('carry the bytes of every message', async () => {
    for (const frame of await recorded()) {
      if (frame.kind !== 'message') continue
      const again = parse(frame.bytes)
      expect('reason' in again && again.kind !== 'response' ? again.reason : undefined).toBeUndefined()
    }
  })
})
