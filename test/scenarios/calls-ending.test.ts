/** Acceptance scenarios D16 to D22 of docs/scenarios.md: CANCEL, BYE, refusals and failures. RFC 3261 §9, §15. */
import { describe, expect, it } from 'vitest'
import type { SipRequest } from '../../src/message/types.ts'
import { branchOf, brief, createScene, lines, ourOffer, record, theirs, transports } from './support.ts'

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

describe('D19', () => {
  it.for([
    ['UDP', 'ours'],
    ['TCP', 'ours'],
    ['UDP', 'theirs'],
    ['TCP', 'theirs'],
  ] as const)(
    'D19 over %s: we hang up a call of %s: BYE, 200; later requests in it draw 481 (§15.1)',
    async ([wire, whose]) => {
      const { established, answered, bob, run } = await createScene({ wire })
      const { call, story, dialog, invite } = whose === 'ours' ? await established() : await answered()
      let settled = false
      void call.hangUp({ headers: [['Reason', 'Q.850;cause=16']] }).then(() => {
        settled = true
      })
      expect(call.can('hangUp')).toBe(false)
      await run(10)
      const bye = bob.next('BYE')
      expect(bye.cseq.seq).toBe(whose === 'ours' ? invite.cseq.seq + 1 : 1)
      expect([bye.callId, bye.toTag, bye.fromTag]).toEqual([dialog.callId, dialog.localTag, dialog.remoteTag])
      expect(bye.header('reason')).toBe('Q.850;cause=16')
      expect([call.state.is, settled]).toEqual(['terminating', false])
      bob.reply(bye, 200)
      await run(10)
      expect(settled).toBe(true)
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
      expect(call.dialog?.state.is).toBe('terminated')
      for (const method of ['INFO', 'BYE', 'INVITE', 'OPTIONS']) {
        dialog.request(method)
        await run(10)
        expect(brief(bob.next(481))).toBe(`481 ${method}`)
      }
      expect(story.errors).toEqual([])
    },
  )

  it.for([
    ['UDP', 'ours'],
    ['TCP', 'theirs'],
  ] as const)(
    'D19 over %s: P hangs up a call of %s: 200, dialog terminated; its BYE once more draws the 200 once more',
    async ([wire, whose]) => {
      const { established, answered, bob, run, address } = await createScene({ wire })
      const { call, story, dialog } = whose === 'ours' ? await established() : await answered()
      const bye = dialog.request('BYE')
      await run(10)
      expect(brief(bob.next(200))).toBe('200 BYE')
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'remote', reason: 'bye' } })
      expect(call.dialog?.state.is).toBe('terminated')
      expect(() => call.dialog?.request('INFO')).toThrow(refused('invalid-dialog-state'))
      if (wire === 'UDP') {
        bob.send(bye, address)
        await run(10)
        bob.next(200)
      }
      dialog.request('INFO')
      await run(10)
      bob.next(481)
      bob.nothing()
      expect(story.errors).toEqual([])
    },
  )

  it('D19: both hang up at once: each gets its 200', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog, story } = await established()
    void call.hangUp()
    dialog.request('BYE')
    await run(10)
    expect(brief(bob.next(200))).toBe('200 BYE')
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
    await run(2 * sixtyFourT1)
    expect([story.errors, story.complete]).toEqual([[], true])
  })

  it.for([481, 408, 500, 0])(
    'D19: our BYE answered %s (0: never) ends the call all the same (§15.1.1)',
    async status => {
      const { established, bob, run } = await createScene()
      const { call, story } = await established()
      void call.hangUp()
      await run(10)
      if (status > 0) bob.reply(bob.next('BYE'), status)
      await run(status > 0 ? 10 : sixtyFourT1 + 100)
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
      expect(story.errors).toEqual([])
    },
  )
})

describe('D20', () => {
  it.for(transports)(
    'D20 over %s: the caller hangs up an early dialog: BYE, and the 487 gets its ACK (§15)',
    async wire => {
      const { call: begin, bob, run, ourWords } = await createScene({ wire })
      const { call, story, invite } = await begin()
      const ringing = bob.reply(invite, 180)
      await run(10)
      const over = call.hangUp()
      await run(10)
      const bye = bob.next('BYE')
      expect([bye.toTag, bye.cseq.seq]).toEqual([ringing.toTag, invite.cseq.seq + 1])
      expect(call.state.is).toBe('terminating')
      bob.reply(bye, 200)
      bob.reply(invite, 487)
      await run(10)
      bob.next('ACK')
      await over
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'cancelled' } })
      await run(2 * sixtyFourT1)
      expect(ourWords()).toEqual(['INVITE', 'BYE', 'ACK'])
      expect(story.errors).toEqual([])
    },
  )

  it('D20: with several early dialogs each gets its BYE (§15)', async () => {
    const { call: begin, bob, another, run } = await createScene()
    const carol = another('192.0.2.3', 'carol')
    const { call, story, invite } = await begin()
    bob.reply(invite, 180, { toTag: 'b' })
    bob.reply(invite, 180, { toTag: 'c', contact: `<${carol.uri}>` })
    await run(10)
    void call.hangUp()
    await run(10)
    const byes = [bob.next('BYE'), carol.next('BYE')] as const
    expect(byes.map(({ toTag }) => toTag)).toEqual(['b', 'c'])
    bob.reply(byes[0], 200)
    carol.reply(byes[1], 200)
    bob.reply(invite, 487, { toTag: 'b' })
    await run(10)
    expect(call.state.is).toBe('terminated')
    expect(story.errors).toEqual([])
  })

  it('D20: a BYE in the early dialog that P refuses is followed by CANCEL', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    bob.reply(invite, 180)
    await run(10)
    void call.hangUp()
    await run(10)
    bob.reply(bob.next('BYE'), 481)
    await run(10)
    expect(branchOf(bob.next('CANCEL'))).toBe(branchOf(invite))
    bob.reply(invite, 487)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('D20: a 200 that crosses the BYE gets ACK and BYE', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    bob.reply(invite, 180)
    await run(10)
    void call.hangUp()
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    const early = bob.next('BYE')
    bob.next('ACK')
    const late = bob.next('BYE')
    expect(late.cseq.seq).toBe(early.cseq.seq + 1)
    bob.reply(early, 200)
    bob.reply(late, 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('D20: the callee before its 2xx may not hang up, and nothing leaves (§15)', async () => {
    const { called, bob, run } = await createScene()
    const { call, story } = await called()
    for (const state of ['incoming', 'ringing']) {
      expect(call.state.is).toBe(state)
      expect(call.can('hangUp')).toBe(false)
      expect(() => call.hangUp()).toThrow(refused('invalid-dialog-state'))
      if (state === 'incoming') call.ring()
      await run(10)
    }
    expect(bob.received.map(brief)).toEqual(['180 INVITE'])
    expect(story.errors).toEqual([])
  })

  it.for(transports)(
    'D20 over %s: the callee after its 2xx: terminating at once, BYE on the ACK (§15)',
    async wire => {
      const { called, bob, run } = await createScene({ wire })
      const { call, story, invite } = await called()
      void call.accept(ourOffer)
      await run(10)
      void call.hangUp({ headers: [['Reason', 'SIP;cause=200']] })
      expect(call.state.is).toBe('terminating')
      await run(2000)
      bob.nothing('BYE')
      // The 2xx is repeated meanwhile, or no ACK would ever come.
      expect(bob.all(200).length).toBeGreaterThan(1)
      bob.inDialog(invite, bob.next(200)).ack()
      await run(10)
      const bye = bob.next('BYE')
      expect(bye.header('reason')).toBe('SIP;cause=200')
      bob.reply(bye, 200)
      await run(10)
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
      expect(story.states).toEqual(['incoming', 'accepted', 'terminating', 'terminated'])
      expect(story.errors).toEqual([])
    },
  )

  it('D20: without ACK the BYE leaves at 64·T1', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called()
    void call.accept(ourOffer)
    await run(10)
    void call.hangUp()
    await run(sixtyFourT1 - 100)
    bob.nothing('BYE')
    await run(200)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it.for(transports)(
    'D20 over %s: a BYE while our answer is pending draws 200, the INVITE 487 (§15.1.2)',
    async wire => {
      const { called, bob, run } = await createScene({ wire })
      const { call, story, invite } = await called()
      call.ring()
      await run(10)
      const dialog = bob.inDialog(invite, bob.next(180))
      dialog.request('BYE')
      await run(10)
      expect(brief(bob.next(200))).toBe('200 BYE')
      const terminated = bob.next(487)
      bob.ackFor(terminated)
      expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'remote', reason: 'bye' } })
      expect(() => call.accept(ourOffer)).toThrow(refused('invalid-transaction-state'))
      await run(2 * sixtyFourT1)
      bob.nothing()
      expect([story.errors, story.complete]).toEqual([[], true])
    },
  )
})

describe('D21', () => {
  it.for(transports.flatMap(wire => [486, 603, 404, 488, 302].map(status => [wire, status] as const)))(
    'D21 over %s: %s is acknowledged and told with its status (§17.1.1.3)',
    async ([wire, status]) => {
      const { call: begin, bob, run } = await createScene({ wire })
      const { call, story, invite } = await begin()
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
