/** Acceptance scenarios D19 and D20 of docs/scenarios.md: BYE, from either side and at any time. RFC 3261 §15. */
import { describe, expect, it } from 'vitest'
import { branchOf, brief, createScene, ourOffer, theirs, transports } from './support.ts'

const sixtyFourT1 = 32_000

const refused = (code: string) => expect.objectContaining({ code })

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

  it('D19: a BYE that is challenged goes out again with the next number and the credentials (§22.1)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, story, invite } = await begin({ credentials: { username: 'alice', password: 'pw' } })
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    void call.hangUp()
    await run(10)
    const first = bob.next('BYE')
    const headers = [['WWW-Authenticate', 'Digest realm="bob", nonce="n1", qop="auth"']] as const
    bob.reply(first, 401, { headers })
    await run(10)
    const second = bob.next('BYE')
    expect(second.cseq.seq).toBe(first.cseq.seq + 1)
    expect(second.header('authorization')).toContain('username="alice"')
    bob.reply(second, 200)
    await run(10)
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
    expect(story.errors).toEqual([])
  })

  it.for([481, 408, 503, 401, 0])(
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

  it('D19: a BYE that a later request has overtaken is sent once more (§12.2.2)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    void call.hangUp()
    await run(10)
    const first = bob.next('BYE')
    bob.reply(first, 500)
    await run(10)
    expect(call.state.is).toBe('terminating')
    const second = bob.next('BYE')
    expect(second.cseq.seq).toBe(first.cseq.seq + 1)
    bob.reply(second, 500)
    await run(10)
    expect([call.state.is, bob.unread.length]).toEqual(['terminated', 0])
  })
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

  it('D20: branches that answer all the same get ACK and one more BYE each', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, story, invite } = await begin()
    for (const toTag of ['b', 'c']) bob.reply(invite, 180, { toTag })
    await run(10)
    void call.hangUp()
    await run(10)
    for (const bye of [bob.next('BYE'), bob.next('BYE')]) bob.reply(bye, 200)
    for (const toTag of ['b', 'c']) bob.reply(invite, 200, { toTag, body: theirs })
    await run(10)
    const ends = bob.unread.map(message => `${brief(message)} ${message.toTag}`)
    expect(ends.toSorted()).toEqual(['ACK b', 'ACK c', 'BYE b', 'BYE c'])
    for (const bye of [bob.next('BYE'), bob.next('BYE')]) bob.reply(bye, 200)
    await run(2 * sixtyFourT1)
    expect([call.state.is, story.errors, story.complete]).toEqual(['terminated', [], true])
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
