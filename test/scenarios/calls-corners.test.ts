/** Corners of offer and answer, and of what is left open: RFC 3261 §13.2.1, §13.2.2.4, RFC 3264 §6, §8, RFC 3262, RFC 4028. */
import { describe, expect, it } from 'vitest'
import type { HeaderPair } from '../../src/message/types.ts'
import { sdp } from '../support/text.ts'
import { branchOf, createScene, follow, ourOffer, record, theirs } from './support.ts'

const video = 'm=video 5000 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n'

describe('streams are added and switched off, never taken out (RFC 3264 §8)', () => {
  const two = async () => {
    const scene = await createScene()
    const call = scene.connection.invite(scene.bob.uri, { offer: ourOffer + video })
    const story = follow(call)
    await scene.run(10)
    const invite = scene.bob.next('INVITE')
    const ok = scene.bob.reply(invite, 200, { body: theirs + video })
    await scene.run(10)
    scene.bob.next('ACK')
    return { ...scene, call, story, dialog: scene.bob.inDialog(invite, ok) }
  }

  it.for(['INVITE', 'UPDATE'] as const)(
    'refuses the %s of a peer that takes one out by 488',
    async method => {
      const { dialog, bob, run, call } = await two()
      dialog.request(method, { body: sdp('192.0.2.2', { version: 2 }) })
      await run(10)
      expect(bob.next(488).cseq.method).toBe(method)
      expect(call.remoteDescription).toBe(theirs + video)
      // With a port of 0 it stays.
      const off = sdp('192.0.2.2', { version: 2 }) + video.replace('5000', '0')
      if (method === 'INVITE') dialog.ack()
      dialog.request(method, { body: off })
      await run(10)
      expect(bob.next(200).text).toMatch(/^m=video 0 /m)
      expect(call.remoteDescription).toBe(method === 'UPDATE' ? off : call.remoteDescription)
    },
  )

  it('throws argument for an offer of ours that takes one out, and sends nothing', async () => {
    const { call, bob } = await two()
    expect(() => call.reinvite({ offer: ourOffer })).toThrowError(
      expect.objectContaining({ code: 'argument' }),
    )
    expect(() => call.update({ offer: ourOffer })).toThrowError(expect.objectContaining({ code: 'argument' }))
    bob.nothing('INVITE')
    expect(call.can('reinvite')).toBe(true)
  })

  it('gives a change up whose media takes one out', async () => {
    const scene = await createScene()
    const offers = [ourOffer + video, ourOffer]
    const media = { open: () => ({ offer: () => offers.shift() ?? '', answer: () => theirs }) }
    const call = scene.connection.invite(scene.bob.uri, { media })
    await scene.run(10)
    scene.bob.reply(scene.bob.next('INVITE'), 200, { body: theirs + video })
    await scene.run(10)
    const changed = call.reinvite()
    await scene.run(10)
    await expect(changed).rejects.toMatchObject({ code: 'media' })
    scene.bob.nothing('INVITE')
    expect(call.state.is).toBe('confirmed')
  })
})

describe('an offer in a 2xx that nobody can answer (RFC 3261 §13.2.1)', () => {
  const none: HeaderPair[] = []

  it('has an answer that takes nothing, in the ACK before the BYE, also when the application hangs up first', async () => {
    const { connection, bob, run } = await createScene()
    const call = connection.invite(bob.uri, { offer: 'none', autoAck: false })
    await run(10)
    bob.reply(bob.next('INVITE'), 200, { body: theirs + video, headers: none })
    await run(10)
    void call.hangUp()
    await run(10)
    const { text } = bob.next('ACK')
    expect(text.match(/^m=.*$/gm)?.map(line => line.trim())).toEqual([
      'm=audio 0 RTP/AVP 0 8',
      'm=video 0 RTP/AVP 31',
    ])
    bob.next('BYE')
  })

  it('has one in the ACK of a re-INVITE, with the next version of our session', async () => {
    const scene = await createScene()
    const answers = [ourOffer]
    const media = {
      open: () => ({
        offer: () => ourOffer,
        answer: () => {
          throw new Error(`no device ${answers.length}`)
        },
      }),
    }
    const call = scene.connection.invite(scene.bob.uri, { media })
    await scene.run(10)
    const invite = scene.bob.next('INVITE')
    scene.bob.reply(invite, 200, { body: theirs })
    await scene.run(10)
    scene.bob.next('ACK')
    const changed = call.reinvite({ offer: 'none' })
    await scene.run(10)
    scene.bob.reply(scene.bob.next('INVITE'), 200, { body: sdp('192.0.2.2', { version: 2 }) })
    await scene.run(10)
    await expect(changed).rejects.toMatchObject({ code: 'media' })
    const { text } = scene.bob.next('ACK')
    expect(text).toMatch(/^m=audio 0 /m)
    expect(text).toMatch(/^o=- 1 2 /m)
    scene.bob.next('BYE')
  })
})

it('takes the answer in an ACK that has the branch of its INVITE (§13.2.1)', async () => {
  const { called, bob, run } = await createScene()
  const { call, invite } = await called({ body: '' })
  const accepted = call.accept(ourOffer)
  await run(10)
  const ok = bob.next(200)
  bob.inDialog(invite, ok).ack({ branch: branchOf(invite)!, body: theirs })
  await run(10)
  await accepted
  expect([call.state.is, call.remoteDescription, call.answer]).toEqual(['confirmed', theirs, theirs])
})

describe('accept with a session timer (RFC 4028 §9)', () => {
  const timer = (seconds: number): HeaderPair[] => [
    ['Session-Expires', String(seconds)],
    ['Supported', 'timer'],
  ]

  it.for([
    ['asks for it when the peer does not', [], 600, '600;refresher=uas'],
    ['shortens what the peer asks for', timer(1800), 600, '600;refresher=uac'],
    ['does not lengthen it', timer(300), 600, '300;refresher=uac'],
  ] as const)('%s', async ([, headers, sessionExpires, said]) => {
    const { called, bob, run } = await createScene()
    const { call } = await called({ headers })
    void call.accept(ourOffer, { sessionExpires })
    await run(10)
    expect(bob.next(200).header('session-expires')).toBe(said)
    expect(call.sessionTimer?.state).toMatchObject({ is: 'running', interval: Number.parseInt(said, 10) })
  })

  it('is of that call alone, and not below 90 s', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called()
    expect(() => call.accept(ourOffer, { sessionExpires: 60 })).toThrowError(
      expect.objectContaining({ code: 'argument' }),
    )
    void call.accept(ourOffer)
    await run(10)
    expect(bob.next(200).header('session-expires')).toBeUndefined()
  })
})

describe('what is open when a connection closes', () => {
  it('answers a REFER that nobody has answered by 480', async () => {
    const { answered, bob, run, connection } = await createScene()
    const { call, dialog } = await answered()
    const referrals = record(call.referrals$)
    dialog.request('REFER', { headers: [['Refer-To', '<sip:carol@192.0.2.3>']] })
    await run(10)
    expect(referrals.values).toHaveLength(1)
    void connection.close()
    await run(10)
    expect(bob.next(480).cseq.method).toBe('REFER')
    expect(referrals.values[0]!.state.is).toBe('rejected')
  })
})

it('can("prack") while a reliable response waits for it, and no longer (RFC 3262 §4)', async () => {
  const { call: begin, bob, run } = await createScene()
  const { call, invite, story } = await begin({ autoPrack: false })
  expect(call.can('prack')).toBe(false)
  const reliable: HeaderPair[] = [
    ['Require', '100rel'],
    ['RSeq', '1'],
  ]
  bob.reply(invite, 183, { headers: reliable })
  await run(10)
  expect(call.can('prack')).toBe(true)
  const told = story.events.find(({ type }) => type === 'reliable')
  call.prack((told as { response: Parameters<typeof call.prack>[0] }).response)
  expect(call.can('prack')).toBe(false)
  await run(10)
  expect(bob.next('PRACK').header('rack')).toBe('1 1 INVITE')
})

it('D07: a fork knows our offer while it is early, and what was agreed later', async () => {
  const { call: begin, bob, run } = await createScene()
  const { call, invite } = await begin()
  bob.reply(invite, 183, { body: theirs })
  await run(10)
  const [fork] = call.forks
  expect([fork!.localDescription, fork!.remoteDescription]).toEqual([ourOffer, theirs])
  const final = sdp('192.0.2.2', { version: 2 })
  bob.reply(invite, 200, { body: final })
  await run(10)
  expect([fork!.localDescription, fork!.remoteDescription]).toEqual([ourOffer, final])
})

it('counts an Expires of more than a day as a day (§13.3.1)', async () => {
  const { called, bob, run } = await createScene()
  const { call } = await called({ headers: [['Expires', '4294967295']] })
  call.ring()
  await run(86_399_000)
  expect(call.state.is).toBe('ringing')
  await run(2_000)
  expect(call.state).toMatchObject({ is: 'terminated', end: { reason: 'expired' } })
  expect(bob.next(487).cseq.method).toBe('INVITE')
}, 60_000)
