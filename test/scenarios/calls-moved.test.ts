/** Calls whose ends move, and calls that outlive the connection of their transport. RFC 3261 §12.2, §14.1, §18. */
import { describe, expect, it } from 'vitest'
import { sdp } from '../support/text.ts'
import { createScene, ourOffer, theirs } from './support.ts'

const next = (version: number) => sdp('192.0.2.2', { version, port: 4002 })
const elsewhere = '<sip:alice@192.0.2.77:5070>'

describe('moveTo', () => {
  it('names another address by re-INVITE, and from then on (§12.2.1.1)', async () => {
    const { established, bob, run } = await createScene()
    const { call, dialog } = await established()
    const moved = call.moveTo('192.0.2.77:5070')
    await run(10)
    const invite = bob.next('INVITE')
    expect([invite.header('contact'), invite.text]).toEqual([
      elsewhere,
      expect.stringContaining('c=IN IP4 192.0.2.77'),
    ])
    bob.reply(invite, 200, { body: next(2) })
    await run(10)
    await moved
    bob.next('ACK')
    const held = call.hold()
    await run(10)
    const later = bob.next('INVITE')
    expect(later.header('contact')).toBe(elsewhere)
    bob.reply(later, 200, { body: sdp('192.0.2.2', { version: 3, direction: 'recvonly' }) })
    await run(10)
    await held
    // So do our answers.
    dialog.request('UPDATE')
    await run(10)
    expect(bob.next(200).header('contact')).toBe(elsewhere)
  })

  it('keeps the address when the peer refuses', async () => {
    const { established, bob, run } = await createScene()
    const { call } = await established()
    const moved = call.moveTo('192.0.2.77')
    await run(10)
    const invite = bob.next('INVITE')
    expect(invite.header('contact')).toBe('<sip:alice@192.0.2.77:5060>')
    bob.reply(invite, 488)
    await run(10)
    await expect(moved).rejects.toMatchObject({ code: 'rejected', status: 488 })
    const held = call.hold()
    await run(10)
    const later = bob.next('INVITE')
    expect([later.header('contact'), later.text]).toEqual([
      '<sip:alice@192.0.2.1:5060>',
      expect.not.stringContaining('192.0.2.77'),
    ])
    bob.reply(later, 200, { body: sdp('192.0.2.2', { version: 3, direction: 'recvonly' }) })
    await run(10)
    await held
  })

  it('goes by UPDATE before the call is answered (RFC 3311)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin({ offer: ourOffer })
    bob.reply(invite, 180)
    await run(10)
    const moved = call.moveTo('192.0.2.77:5070')
    await run(10)
    const update = bob.next('UPDATE')
    expect([update.header('contact'), update.text]).toEqual([elsewhere, ''])
    bob.reply(update, 200)
    await run(10)
    await moved
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    bob.next('ACK')
  })

  it('goes by UPDATE before we answer, and the 2xx names the address, too', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called()
    call.ring()
    await run(10)
    bob.next(180)
    const moved = call.moveTo('192.0.2.77:5070')
    await run(10)
    bob.reply(bob.next('UPDATE'), 200)
    await run(10)
    await moved
    void call.accept(ourOffer)
    await run(10)
    const ok = bob.next(200)
    expect([ok.cseq.seq, ok.header('contact')]).toEqual([invite.cseq.seq, elsewhere])
  })

  it.for(['', 'sip:192.0.2.1', 'a@b', '192.0.2.1;x=y', '192.0.2.1:x', 'a\r\nb'])(
    'refuses %j, and nothing is sent',
    async address => {
      const { established, bob, run } = await createScene()
      const { call } = await established()
      expect(() => call.moveTo(address)).toThrow(expect.objectContaining({ code: 'argument' }))
      await run(100)
      bob.nothing()
    },
  )
})

describe('a call over TCP whose connection is lost', () => {
  it('goes on: the next request opens a new one (§18)', async () => {
    const { established, bob, run } = await createScene({ wire: 'TCP' })
    const { call, story } = await established()
    bob.disconnect()
    await run(1000)
    expect([call.state.is, bob.connections]).toEqual(['confirmed', 0])
    const held = call.hold()
    await run(50)
    expect(bob.connections).toBe(1)
    bob.reply(bob.next('INVITE'), 200, { body: sdp('192.0.2.2', { version: 2, direction: 'recvonly' }) })
    await run(10)
    await held
    bob.next('ACK')
    expect([call.held.local, story.errors]).toEqual([true, []])
  })

  it('takes what the peer sends on a new one', async () => {
    const { answered, bob, run } = await createScene({ wire: 'TCP' })
    const { call, dialog } = await answered()
    bob.disconnect()
    await run(1000)
    const invite = dialog.request('INVITE', { body: sdp('192.0.2.2', { version: 2, direction: 'sendonly' }) })
    await run(50)
    expect(bob.next(200).text).toContain('a=recvonly')
    dialog.ack({ invite })
    await run(10)
    expect(call.held.remote).toBe(true)
  })

  it('tells a change that was under way within a second; the call goes on (§17.1.4)', async () => {
    const { established, bob, run } = await createScene({ wire: 'TCP' })
    const { call, story } = await established()
    const before = call.localDescription
    // On a stream of its own, so that the loss is no stale connection.
    bob.disconnect()
    await run(100)
    const held = call.hold()
    await run(50)
    bob.next('INVITE')
    bob.disconnect()
    await run(1000)
    await expect(held).rejects.toMatchObject({ code: 'transport' })
    expect([call.state.is, call.localDescription, story.errors]).toEqual([
      'confirmed',
      before,
      [['transport']],
    ])
    const again = call.hold()
    await run(50)
    bob.reply(bob.next('INVITE'), 200, { body: sdp('192.0.2.2', { version: 2, direction: 'recvonly' }) })
    await run(10)
    await again
  })
})
