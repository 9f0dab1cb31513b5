/** Acceptance scenarios D16 to D18 of docs/scenarios.md: calls of ours that are taken back. RFC 3261 §9.1. */
import { describe, expect, it } from 'vitest'
import { branchOf, createScene, lines, ourOffer, record, theirs, transports } from './support.ts'

const sixtyFourT1 = 32_000

const refused = (code: string) => expect.objectContaining({ code })

describe('D16', () => {
  it.for(transports)(
    'D16 over %s: CANCEL has branch, number and Route of the INVITE, the 487 gets its ACK (§9.1)',
    async wire => {
      const proxied = { outboundProxy: `sip:192.0.2.2:5060;transport=${wire.toLowerCase()};lr` }
      const { call: begin, bob, run, ourWords } = await createScene({ wire, connection: proxied })
      const { call, story, invite } = await begin()
      bob.reply(invite, 180)
      await run(10)
      call.cancel({ headers: [['Reason', 'SIP;cause=200']] })
      expect(call.can('cancel')).toBe(false)
      await run(10)
      const cancel = bob.next('CANCEL')
      expect(cancel.uri).toBe(invite.uri)
      expect(cancel.headers('via')).toEqual([invite.headers('via')[0]])
      expect(cancel.headers('route')).toEqual(invite.headers('route'))
      expect(cancel.headers('route')).toHaveLength(1)
      expect(cancel.cseq).toMatchObject({ seq: invite.cseq.seq, method: 'CANCEL' })
      for (const name of ['from', 'to', 'call-id']) expect(cancel.header(name)).toBe(invite.header(name))
      expect(cancel.header('reason')).toBe('SIP;cause=200')
      expect(cancel.header('contact')).toBeUndefined()
      bob.reply(cancel, 200)
      const terminated = bob.reply(invite, 487)
      await run(10)
      const ack = bob.next('ACK')
      expect([branchOf(ack), ack.header('to'), ack.headers('route')]).toEqual([
        branchOf(invite),
        terminated.header('to'),
        invite.headers('route'),
      ])
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'cancelled' } })
      expect(call.dialog?.state.is).toBe('terminated')
      await run(2 * sixtyFourT1)
      expect(ourWords()).toEqual(['INVITE', 'CANCEL', 'ACK'])
      expect([story.errors, story.eventTypes, story.complete]).toEqual([[], [], true])
    },
  )

  it('D16: established rejects with cancelled', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    const settled = call.established().then(
      () => 'established',
      (error: { code: string }) => error.code,
    )
    bob.reply(invite, 180)
    await run(10)
    call.cancel()
    await run(10)
    bob.reply(bob.next('CANCEL'), 200)
    bob.reply(invite, 487)
    await run(10)
    expect(await settled).toBe('cancelled')
  })

  it('D16: a repeated 487 gets its ACK again (§17.1.1.2)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    bob.reply(invite, 180)
    await run(10)
    call.cancel()
    await run(10)
    const terminated = bob.reply(invite, 487)
    await run(500)
    bob.send(terminated, bob.sourceOf(invite))
    await run(10)
    expect(bob.all('ACK')).toHaveLength(2)
  })

  it('D16: no 487 within 64·T1 of the CANCEL: the caller gives up (§9.1)', async () => {
    const { call: begin, bob, run, sip } = await createScene()
    const errors = record(sip.events$)
    const { call, story, invite } = await begin()
    bob.reply(invite, 180)
    await run(10)
    call.cancel()
    await run(10)
    bob.reply(bob.next('CANCEL'), 200)
    await run(sixtyFourT1 - 100)
    expect(call.state.is).toBe('cancelling')
    await run(200)
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'cancelled' } })
    expect(story.complete).toBe(true)
    expect(errors.values.filter(({ type }) => type === 'error')).toEqual([])
  })

  it('D16: cancel without an INVITE of ours that waits is misuse, and sends nothing', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    expect(() => call.cancel()).toThrow(refused('invalid-transaction-state'))
    await run(1000)
    bob.nothing()
  })
})

describe('D17', () => {
  it.for(transports)(
    'D17 over %s: holds the CANCEL back until the first provisional response (§9.1)',
    async wire => {
      const { call: begin, bob, run } = await createScene({ wire })
      const { call, invite } = await begin()
      call.cancel()
      await run(3000)
      bob.nothing('CANCEL')
      expect(call.state.is).toBe('cancelling')
      bob.reply(invite, 100)
      await run(10)
      const cancel = bob.next('CANCEL')
      expect(branchOf(cancel)).toBe(branchOf(invite))
      bob.reply(cancel, 200)
      bob.reply(invite, 487)
      await run(10)
      bob.next('ACK')
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'cancelled' } })
    },
  )

  it('D17: hanging up before anything was heard does the same', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    void call.hangUp()
    await run(1000)
    bob.nothing('CANCEL')
    bob.reply(invite, 180)
    await run(10)
    bob.next('CANCEL')
    bob.nothing('BYE')
  })

  it('D17: a final response that comes first needs no CANCEL any more', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    call.cancel()
    await run(10)
    bob.reply(invite, 486)
    await run(10)
    bob.next('ACK')
    bob.nothing('CANCEL')
    expect(call.state.is).toBe('terminated')
  })

  it('D17: when nothing ever comes, nothing but the INVITE leaves, and the call ends with Timer B', async () => {
    const { call: begin, run, ourWords } = await createScene({ peer: { icmp: false } })
    const { call, story } = await begin()
    call.cancel()
    await run(sixtyFourT1 + 100)
    expect(new Set(ourWords())).toEqual(new Set(['INVITE']))
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'cancelled' } })
    expect(story.complete).toBe(true)
  })

  it('D17: cancelled before the name is resolved, no INVITE leaves at all', async () => {
    const { connection, network, run, packets } = await createScene()
    network.names.set('bob.example.com', [{ host: '192.0.2.2', port: 5060 }])
    const call = connection.invite('sip:bob@bob.example.com', { offer: ourOffer })
    call.cancel()
    await run(1000)
    expect(packets).toEqual([])
    expect(call.state).toMatchObject({ is: 'terminated', end: { reason: 'cancelled' } })
  })
})

describe('D18', () => {
  it.for([
    ['UDP', 'cancel'],
    ['TCP', 'cancel'],
    ['UDP', 'hangUp'],
  ] as const)(
    'D18 over %s: a 200 that crosses our %s gets ACK, then BYE (§9.1, §15)',
    async ([wire, how]) => {
      const { call: begin, bob, run, ourWords } = await createScene({ wire })
      const { call, story, invite } = await begin()
      if (how === 'cancel') bob.reply(invite, 180)
      else bob.reply(invite, 100)
      await run(10)
      if (how === 'cancel') call.cancel()
      else void call.hangUp({ headers: [['Reason', 'SIP;cause=200']] })
      const ok = bob.reply(invite, 200, { body: theirs })
      await run(10)
      bob.reply(bob.next('CANCEL'), 200)
      const [ack, bye] = [bob.next('ACK'), bob.next('BYE')]
      expect(ourWords()).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE'])
      expect(bye.header('reason')).toBe(how === 'cancel' ? undefined : 'SIP;cause=200')
      expect([ack.cseq.seq, bye.cseq.seq]).toEqual([invite.cseq.seq, invite.cseq.seq + 1])
      expect([ack.header('to'), bye.header('to')]).toEqual([ok.header('to'), ok.header('to')])
      expect(call.state.is).toBe('terminating')
      // The 200 once more: the same ACK, no second BYE.
      bob.send(ok, bob.sourceOf(invite), wire)
      await run(10)
      expect(lines(bob.next('ACK'))).toEqual(lines(ack))
      bob.reply(bye, 200)
      await run(10)
      expect(call.state.is).toBe('terminated')
      expect(story.eventTypes).not.toContain('answered')
      await run(2 * sixtyFourT1)
      expect(bob.all('BYE')).toHaveLength(1)
      expect([story.errors, story.complete]).toEqual([[], true])
    },
  )
})
