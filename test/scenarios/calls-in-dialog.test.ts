/** Acceptance scenarios D33 and D29 of docs/scenarios.md, and other requests within the dialog. RFC 3261 §12, §14. */
import { describe, expect, it } from 'vitest'
import { sdp } from '../support/text.ts'
import { brief, createScene, lines, record, theirs, transports } from './support.ts'

const sixtyFourT1 = 32_000
const refused = (code: string) => expect.objectContaining({ code })

describe('D33', () => {
  it('D33: a request with a number below the last draws 500 and changes nothing (§12.2.2)', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const infos = record(call.dialog!.requests$)
    dialog.request('INFO', { cseq: 20 })
    await run(10)
    infos.values[0]?.respond(200)
    await run(10)
    bob.next(200)
    dialog.request('INFO', { cseq: 19 })
    await run(10)
    expect(brief(bob.next(500))).toBe('500 INFO')
    dialog.request('BYE', { cseq: 7 })
    await run(10)
    expect(brief(bob.next(500))).toBe('500 BYE')
    expect([infos.values.length, call.state.is]).toEqual([1, 'confirmed'])
    // A gap is nothing bad.
    dialog.request('INFO', { cseq: 200 })
    await run(10)
    expect(infos.values[1]?.request.cseq.seq).toBe(200)
  })

  it('D33: numbers count on from the early dialog into the confirmed one (§12.2.2)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    const dialog = bob.inDialog(invite, bob.reply(invite, 183, { body: theirs }))
    await run(10)
    call.dialog?.requests$.subscribe(transaction => transaction.respond(200))
    dialog.request('INFO', { cseq: 20 })
    await run(10)
    bob.next(200)
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    dialog.request('INFO', { cseq: 19 })
    await run(10)
    expect(brief(bob.next(500))).toBe('500 INFO')
    expect([call.state.is, call.dialog?.state.is]).toEqual(['confirmed', 'confirmed'])
  })

  it('D33: an INVITE without Contact in the dialog draws 400, the call goes on (§12.1.1)', async () => {
    const { answered, bob, run } = await createScene()
    const { call, dialog } = await answered()
    dialog.request('INVITE', { body: theirs, headers: [['Contact', '<tel:+49301234>']] })
    await run(10)
    expect(brief(bob.next(400))).toBe('400 INVITE')
    expect(call.state.is).toBe('confirmed')
  })

  it('D33: INFO, MESSAGE and BYE need no Contact, nor does NOTIFY', async () => {
    const { answered, bob, run } = await createScene({
      connection: { methods: ['INFO', 'MESSAGE', 'NOTIFY'] },
    })
    const { call, dialog } = await answered()
    call.dialog?.requests$.subscribe(transaction => transaction.respond(200))
    for (const method of ['INFO', 'MESSAGE', 'NOTIFY', 'BYE']) {
      const sent = dialog.request(method, method === 'NOTIFY' ? { headers: [['Contact', '<tel:+1>']] } : {})
      expect(sent.method).toBe(method)
      await run(10)
      expect(brief(bob.next(200))).toBe(`200 ${method}`)
    }
  })

  it('D33: a request with tags of no dialog draws 481, an ACK nothing (§12.2.2)', async () => {
    const { established, bob, run, address, ourUri } = await createScene()
    const { call } = await established()
    for (const method of ['INFO', 'BYE', 'INVITE', 'ACK']) {
      bob.request(method, {
        to: address,
        uri: ourUri,
        toTag: 'nobody',
        callId: call.dialog!.callId,
        fromTag: 'x',
      })
      await run(10)
      if (method === 'ACK') bob.nothing()
      else expect(brief(bob.next(481))).toBe(`481 ${method}`)
    }
    expect(call.state.is).toBe('confirmed')
  })
})

describe('D29', () => {
  it('D29: an INVITE of P while ours is unanswered draws 491, which leaves ours as it is (§14.2)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    const dialog = bob.inDialog(invite, bob.reply(invite, 183, { body: theirs }))
    await run(10)
    dialog.request('INVITE', { body: theirs })
    await run(10)
    bob.ackFor(bob.next(491))
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    bob.next('ACK')
    expect(call.state.is).toBe('confirmed')
  })

  it('D29: a second INVITE of P while we have not answered the first draws 500 with Retry-After (§14.2)', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called()
    call.ring()
    await run(10)
    const dialog = bob.inDialog(invite, bob.next(180))
    const later: number[] = []
    for (let times = 0; times < 8; times += 1) {
      dialog.request('INVITE', { body: theirs })
      await run(10)
      const refusal = bob.next(500)
      later.push(Number(refusal.header('retry-after')))
      bob.ackFor(refusal)
    }
    expect(later.every(seconds => seconds >= 0 && seconds <= 10)).toBe(true)
    expect(new Set(later).size).toBeGreaterThan(1)
    void call.accept(theirs)
    await run(10)
    bob.inDialog(invite, bob.next(200)).ack()
    await run(10)
    expect(call.state.is).toBe('confirmed')
  })

  it('D29: an ACK for a re-INVITE is no ACK for the 200 of the call (§13.3.1.4)', async () => {
    const { called, bob, run, timesOf } = await createScene()
    const { call, invite } = await called()
    void call.accept(theirs)
    await run(10)
    const dialog = bob.inDialog(invite, bob.next(200))
    const offers = record(call.offers$)
    const again = dialog.request('INVITE', { body: sdp('192.0.2.2', { version: 2 }) })
    await run(10)
    offers.values[0]?.reject(488)
    await run(10)
    bob.ackFor(bob.next(488))
    await run(10)
    expect(call.state.is).toBe('accepted')
    dialog.ack({ invite: again })
    await run(10)
    const before = timesOf('200 INVITE').length
    await run(4000)
    expect([call.state.is, timesOf('200 INVITE').length > before]).toEqual(['accepted', true])
    dialog.ack()
    await run(10)
    expect(call.state.is).toBe('confirmed')
  })
})

describe('requests within the dialog', () => {
  it.for(transports)(
    'D19 over %s: INFO both ways, each with the number of its own side (§12.2.1.1)',
    async wire => {
      const { established, bob, run } = await createScene({ wire })
      const { call, dialog, invite } = await established()
      const taken: string[] = []
      call.dialog!.requests$.subscribe(transaction => {
        taken.push(transaction.request.text)
        transaction.respond(200, { contentType: 'text/plain', body: 'thanks' })
      })
      const ours = call.dialog!.request('INFO', { contentType: 'text/plain', body: 'from us' })
      dialog.request('INFO', { body: 'from P' })
      await run(10)
      const info = bob.next('INFO')
      expect([info.text, info.cseq.seq, info.uri]).toEqual(['from us', invite.cseq.seq + 1, bob.uri])
      expect([info.callId, info.fromTag, info.toTag]).toEqual([
        dialog.callId,
        dialog.remoteTag,
        dialog.localTag,
      ])
      bob.reply(info, 200)
      expect(bob.next(200).text).toBe('thanks')
      await run(10)
      expect((await ours.response()).status).toBe(200)
      expect(taken).toEqual(['from P'])
      const second = call.dialog!.request('INFO')
      await run(10)
      const next = bob.next('INFO')
      expect(next.cseq.seq).toBe(invite.cseq.seq + 2)
      bob.reply(next, 415)
      await run(10)
      await expect(second.response()).rejects.toMatchObject({ code: 'rejected', status: 415 })
      expect(call.state.is).toBe('confirmed')
    },
  )

  it('D19: INFO in the early dialog of a call of ours', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    bob.reply(invite, 183, { body: theirs })
    await run(10)
    call.dialog!.request('INFO')
    await run(10)
    expect(bob.next('INFO').cseq.seq).toBe(invite.cseq.seq + 1)
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    // The ACK has the number of the INVITE, whatever was sent since (§13.2.2.4).
    expect(bob.next('ACK').cseq.seq).toBe(invite.cseq.seq)
  })

  it('D19: methods of the stack are refused, and nothing leaves', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    for (const method of [
      'INVITE',
      'BYE',
      'ACK',
      'CANCEL',
      'UPDATE',
      'PRACK',
      'REFER',
      'SUBSCRIBE',
      'REGISTER',
    ])
      expect(() => call.dialog?.request(method)).toThrow(refused('argument'))
    await run(1000)
    bob.nothing()
  })

  it.for([481, 408])('D19: an INFO answered %s takes the call along: BYE (RFC 5057 §5.1)', async status => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const info = call.dialog!.request('INFO')
    await run(10)
    bob.reply(bob.next('INFO'), status)
    await run(10)
    await expect(info.response()).rejects.toMatchObject({ code: 'rejected', status })
    bob.reply(bob.next('BYE'), 481)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('D19: an INFO that nobody answers counts as 408: the call ends (§12.2.1.2)', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const info = call.dialog!.request('INFO')
    await run(sixtyFourT1 + 100)
    await expect(info.response()).rejects.toMatchObject({ code: 'timeout' })
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(call.state.is).toBe('terminated')
  })

  it('D19: a method that nobody handles draws 405 with Allow; an INFO that nobody takes, too', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    for (const method of ['CHAT', 'INFO']) {
      dialog.request(method)
      await run(10)
      const answer = bob.next(405)
      expect([brief(answer), answer.header('allow')?.includes('BYE')]).toEqual([`405 ${method}`, true])
    }
    expect(call.state.is).toBe('confirmed')
  })

  it('D19: OPTIONS within the dialog draws 200 (§11.2)', async () => {
    const { established, bob, run } = await createScene()
    const { dialog, call } = await established()
    dialog.request('OPTIONS')
    await run(10)
    expect(bob.next(200).header('allow')).toContain('INVITE')
    expect(call.state.is).toBe('confirmed')
  })

  it('D04: the ACK is repeated as it was, even when the target has moved meanwhile', async () => {
    const { established, bob, another, run } = await createScene({ connection: { methods: ['NOTIFY'] } })
    const moved = another('192.0.2.5', 'moved')
    const { call, dialog, ok, ack, invite } = await established()
    call.dialog?.requests$.subscribe(transaction => transaction.respond(200))
    dialog.request('NOTIFY', { headers: [['Contact', `<${moved.uri}>`]] })
    await run(10)
    bob.send(ok, bob.sourceOf(invite))
    await run(10)
    expect(lines(bob.next('ACK'))).toEqual(lines(ack))
  })
})
