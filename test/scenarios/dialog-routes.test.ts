/** Acceptance scenario D34 of docs/scenarios.md: the way of requests within a dialog. RFC 3261 §12. */
import { describe, expect, it } from 'vitest'
import { sdp } from '../support/text.ts'
import { brief, createScene, record, theirs } from './support.ts'

describe('D34', () => {
  const p1 = '192.0.2.3'
  const p2 = '192.0.2.4'

  it.for([
    ['loose', `<sip:${p2};lr>`, `<sip:${p1};lr>`],
    ['strict', `<sip:${p2}>`, `<sip:${p1}>`],
  ] as const)(
    'D34: our call over %s routers: the Record-Route of the 200, reversed (§12.1.2, §12.2.1.1)',
    async ([kind, ...recorded]) => {
      const { call: begin, bob, another, run } = await createScene()
      const near = another(p1, 'p1')
      const { call, invite } = await begin()
      const target = 'sip:bob@192.0.2.88:5070'
      const headers = [['Record-Route', recorded.join(', ')]] as const
      bob.reply(invite, 180, {
        headers: [['Record-Route', `<sip:192.0.2.99;lr>`]],
        contact: '<sip:early@192.0.2.99>',
      })
      bob.reply(invite, 200, { headers, contact: `<${target}>`, body: theirs })
      await run(10)
      const ack = near.next('ACK')
      const info = call.dialog!.request('INFO')
      await run(10)
      const sent = near.next('INFO')
      near.reply(sent, 200)
      await run(10)
      expect((await info.response()).status).toBe(200)
      void call.hangUp()
      await run(10)
      const bye = near.next('BYE')
      for (const request of [ack, sent, bye]) {
        if (kind === 'loose') {
          expect(request.uri).toBe(target)
          expect(request.headers('route')).toEqual([recorded[1], recorded[0]])
        } else {
          expect(request.uri).toBe(`sip:${p1}`)
          expect(request.headers('route')).toEqual([recorded[0], `<${target}>`])
        }
      }
      near.reply(bye, 200)
      await run(10)
      expect(call.state.is).toBe('terminated')
    },
  )

  it.for([
    ['loose', `<sip:${p1};lr>`, `<sip:${p2};lr>`],
    ['strict', `<sip:${p1}>`, `<sip:${p2}>`],
  ] as const)(
    'D34: a call to us over %s routers: the Record-Route of the INVITE as it stands, and echoed (§12.1.1)',
    async ([kind, ...recorded]) => {
      const { answered, another, run } = await createScene()
      const near = another(p1, 'p1')
      const { call, ok } = await answered({
        headers: recorded.map(value => ['Record-Route', value] as const),
      })
      expect(ok.headers('record-route')).toEqual(recorded)
      expect(call.dialog?.routeSet).toEqual(recorded)
      void call.hangUp()
      await run(10)
      const bye = near.next('BYE')
      const peer = 'sip:bob@192.0.2.2:5060'
      if (kind === 'loose') expect([bye.uri, bye.headers('route')]).toEqual([peer, recorded])
      else expect([bye.uri, bye.headers('route')]).toEqual([`sip:${p1}`, [recorded[1], `<${peer}>`]])
      near.reply(bye, 200)
      await run(10)
      expect(call.state.is).toBe('terminated')
    },
  )

  it('D34: a Record-Route that is no SIP URI draws 400, and nobody hears of the call', async () => {
    const { connection, bob, run, address, ourUri } = await createScene()
    const calls = record(connection.calls$)
    bob.request('INVITE', { to: address, uri: ourUri, headers: [['Record-Route', '<tel:+49301234>']] })
    await run(10)
    expect(brief(bob.next(400))).toBe('400 INVITE')
    expect(calls.values).toEqual([])
  })
})

describe('the target of the peer', () => {
  it('D02: the Contact of the 200, not that of the 180, is the target (§13.2.2.4)', async () => {
    const { call: begin, bob, another, run } = await createScene()
    const moved = another('192.0.2.5', 'moved')
    const { call, invite } = await begin()
    bob.reply(invite, 180)
    bob.reply(invite, 200, { contact: `<${moved.uri}>`, body: theirs })
    await run(10)
    expect(moved.next('ACK').uri).toBe(moved.uri)
    void call.hangUp()
    await run(10)
    expect(moved.next('BYE').uri).toBe(moved.uri)
  })

  it('D33: a target refresh that is accepted moves it (§12.2.2)', async () => {
    const { established, bob, another, run } = await createScene({ connection: { methods: ['NOTIFY'] } })
    const moved = another('192.0.2.5', 'moved')
    const { call, dialog } = await established()
    call.dialog?.requests$.subscribe(transaction => transaction.respond(200))
    dialog.request('NOTIFY', { headers: [['Contact', `<${moved.uri}>`]] })
    await run(10)
    bob.next(200)
    expect(call.dialog?.remoteTarget).toBe(moved.uri)
    void call.hangUp()
    await run(10)
    expect(moved.next('BYE').uri).toBe(moved.uri)
  })

  it('D33: one that is refused does not (§14.1, RFC 6141 §4)', async () => {
    const { established, bob, another, run } = await createScene()
    const moved = another('192.0.2.5', 'moved')
    const { call, dialog } = await established()
    call.offers$.subscribe(offer => offer.reject())
    const body = sdp('192.0.2.2', { version: 2 })
    dialog.request('INVITE', { body, headers: [['Contact', `<${moved.uri}>`]] })
    await run(10)
    const refusal = bob.next(488)
    bob.ackFor(refusal)
    void call.hangUp()
    await run(10)
    expect(bob.next('BYE').uri).toBe(bob.uri)
    moved.nothing()
  })
})
