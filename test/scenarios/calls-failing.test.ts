/** Acceptance scenarios D21 and D22 of docs/scenarios.md: calls of ours that are refused or lead nowhere. RFC 3261 §13.2.2. */
import { describe, expect, it } from 'vitest'
import type { SipRequest } from '../../src/message/types.ts'
import { branchOf, createScene, ourOffer, record, transports } from './support.ts'

const sixtyFourT1 = 32_000

describe('D21', () => {
  it.for(transports.flatMap(wire => [486, 603, 404, 488, 302].map(status => [wire, status] as const)))(
    'D21 over %s: %s is acknowledged and told with its status (§17.1.1.3)',
    async ([wire, status]) => {
      const { call: begin, bob, run } = await createScene({ wire })
      const { call, story, invite } = await begin({ redirects: 'surface' })
      const settled = call.established().then(
        () => undefined,
        (error: { code: string; status?: number; response?: { status: number } }) => error,
      )
      const refusal = bob.reply(invite, status, status === 302 ? { contact: '<sip:c@192.0.2.9>' } : {})
      await run(10)
      const ack = bob.next('ACK')
      expect(branchOf(ack)).toBe(branchOf(invite))
      expect([ack.cseq.seq, ack.header('to'), ack.uri]).toEqual([
        invite.cseq.seq,
        refusal.header('to'),
        invite.uri,
      ])
      expect(await settled).toMatchObject({ code: 'rejected', status, response: { status } })
      expect(story.errors).toEqual([['rejected', status]])
      expect(call.state).toMatchObject({
        is: 'terminated',
        end: { by: 'remote', reason: 'rejected', status },
      })
      expect([call.dialog, story.statuses, story.complete]).toEqual([undefined, [status], true])
      // Its repetition is the transaction's: acknowledged on UDP, unheard of on TCP.
      bob.send(refusal, bob.sourceOf(invite), wire)
      await run(10)
      expect(bob.all('ACK')).toHaveLength(wire === 'UDP' ? 2 : 1)
    },
  )

  it('D21: a refusal after 180 ends the early dialog', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, story, invite } = await begin()
    bob.reply(invite, 180)
    await run(10)
    bob.reply(invite, 603)
    await run(10)
    expect(call.state.is).toBe('terminated')
    expect(story.dialogs.map(({ state }) => state.is)).toEqual(['terminated'])
  })
})

describe('D22', () => {
  const ending = async (uri: string, time: number) => {
    const scene = await createScene()
    scene.bob.close()
    const call = scene.connection.invite(uri, { offer: ourOffer })
    const states = record(call.state$)
    const errors = record(call.errors$)
    const settled = call.established().then(
      () => 'established',
      (error: { code: string }) => error.code,
    )
    await scene.run(time)
    return { ...scene, call, states, errors, code: await settled }
  }

  it.for([
    ['a closed UDP port: transport', 'sip:bob@192.0.2.2:5060', 'transport', 100],
    ['a closed TCP port: transport', 'sip:bob@192.0.2.2:5060;transport=tcp', 'transport', 100],
    ['an unknown name: resolving', 'sip:bob@nowhere.example.com', 'resolving', 100],
    ['a silent host: timeout at 64·T1', 'sip:bob@192.0.2.77', 'timeout', sixtyFourT1 + 100],
  ] as const)('D22: %s; no dialog stays', async ([, uri, code, time]) => {
    const { call, states, errors, code: told } = await ending(uri, time)
    expect(told).toBe(code)
    expect(errors.values.map(error => error.code)).toEqual([code])
    expect(call.state).toMatchObject({
      is: 'terminated',
      end: { by: 'network', reason: 'failed', error: { code } },
    })
    expect([call.dialog, states.complete]).toEqual([undefined, true])
  })

  it('D22: P vanishes after its 180: CANCEL at the proceeding limit, then timeout', async () => {
    const { call: begin, bob, run, network } = await createScene()
    const { call, story, invite } = await begin()
    bob.reply(invite, 180)
    await run(10)
    network.partition('192.0.2.2')
    await run(180_000 + sixtyFourT1 + 1000)
    expect(story.errors).toEqual([['timeout']])
    expect([call.state.is, call.dialog?.state.is, story.complete]).toEqual(['terminated', 'terminated', true])
  })
})

describe('nothing stays', () => {
  it('D22: after calls of every end each is terminated and its streams are complete', async () => {
    const { call: begin, called, bob, run } = await createScene()
    const first = await begin()
    bob.reply(first.invite, 486)
    const second = await begin()
    bob.reply(second.invite, 180)
    await run(10)
    second.call.cancel()
    await run(10)
    bob.reply(bob.next('CANCEL'), 200)
    bob.reply(second.invite, 487)
    const third = await called()
    bob.cancel(third.invite)
    await run(10)
    const fourth = await called()
    fourth.call.reject(486)
    await run(10)
    bob.ackFor(bob.next(487))
    bob.ackFor(bob.next(486))
    await run(300_000)
    const states = [first, second, third, fourth].map(({ call, story }) => [call.state.is, story.complete])
    expect(states).toEqual(Array(4).fill(['terminated', true]))
    expect((bob.all('ACK') as SipRequest[]).map(({ cseq }) => cseq.seq)).toEqual([1, 1])
  })
})
