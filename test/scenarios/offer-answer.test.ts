/** Offer and answer in calls: scenarios D01 and D03 of docs/scenarios.md with session descriptions. RFC 3264, RFC 3261 §13. */
import { describe, expect, it } from 'vitest'
import { type CallMediaPort, parseSdp, plainMedia, SipError } from '../../src/index.ts'
import { sdp } from '../support/text.ts'
import { createScene, follow, ourOffer, theirs } from './support.ts'

const sixtyFourT1 = 32_000

/** Media that answers when it is told to. */
const slow = () => {
  const settle: { resolve(sdp: string): void; reject(error: unknown): void }[] = []
  const closed: true[] = []
  const asked: string[] = []
  const wait = () => new Promise<string>((resolve, reject) => settle.push({ resolve, reject }))
  const media: CallMediaPort = {
    open: () => ({
      offer: ({ purpose }) => {
        asked.push(`offer ${purpose}`)
        return wait()
      },
      answer: ({ sdp: offer }) => {
        asked.push(offer)
        return wait()
      },
      close: () => void closed.push(true),
    }),
  }
  return { media, settle, closed, asked }
}

const throwing = (error: unknown): CallMediaPort => ({
  open: () => ({
    offer: () => {
      throw error
    },
    answer: () => {
      throw error
    },
  }),
})

const multipart = (type: string, ...parts: readonly string[]) => ({
  contentType: `multipart/${type};boundary=b`,
  body: `${parts.map(part => `--b\r\n${part}`).join('\r\n')}\r\n--b--\r\n`,
})

describe('D01 with media', () => {
  it('D01: a call with no code: the INVITE offers, the 200 is checked, both descriptions are known', async () => {
    const { connection, bob, run } = await createScene()
    const call = connection.invite(bob.uri)
    expect(call.state.is).toBe('calling')
    await run(10)
    const invite = bob.next('INVITE')
    expect(invite.header('content-type')).toBe('application/sdp')
    expect(parseSdp(invite.text)).toMatchObject({
      media: [{ type: 'audio', port: 9, address: '192.0.2.1', direction: 'sendrecv' }],
    })
    expect([call.localDescription, call.remoteDescription]).toEqual([invite.text, undefined])
    bob.reply(invite, 183, { body: sdp('192.0.2.3') })
    await run(10)
    // Announced, and binding nobody. RFC 3261 §13.2.1
    expect([call.answer, call.remoteDescription]).toEqual([sdp('192.0.2.3'), sdp('192.0.2.3')])
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    bob.next('ACK')
    await call.established()
    expect([call.localDescription, call.remoteDescription]).toEqual([invite.text, theirs])
  })

  it('D01: a 200 without SDP after a 183 with SDP: that was the answer (§13.2.1)', async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    bob.reply(invite, 183, { body: theirs })
    await run(10)
    bob.reply(invite, 200)
    await run(10)
    expect([call.state.is, call.localDescription, call.remoteDescription]).toEqual([
      'confirmed',
      ourOffer,
      theirs,
    ])
  })

  it('D01: accept() answers by media with what both have, in the numbers of the offer', async () => {
    const { called, bob, run } = await createScene({
      connection: { media: plainMedia({ host: '192.0.2.7', port: 5004 }) } as never,
    })
    const offer = [
      ...[
        'v=0',
        'o=- 1 1 IN IP4 192.0.2.2',
        's=-',
        'c=IN IP4 192.0.2.2',
        't=0 0',
        'm=audio 4000 RTP/AVP 97 8 98',
      ],
      ...['a=rtpmap:97 opus/48000/2', 'a=rtpmap:98 telephone-event/8000', 'm=video 4002 RTP/AVP 31', ''],
    ].join('\r\n')
    const { call } = await called({ body: offer })
    expect([call.offer, call.remoteDescription]).toEqual([offer, offer])
    void call.accept()
    await run(10)
    const ok = bob.next(200)
    expect(parseSdp(ok.text)).toMatchObject({
      origin: { address: '192.0.2.7' },
      media: [
        { type: 'audio', port: 5004, formats: ['8', '98'], address: '192.0.2.7' },
        { type: 'video', port: 0, formats: ['31'] },
      ],
    })
    expect(call.localDescription).toBe(ok.text)
  })

  it('D01: media of the call, asynchronous: describing, then calling; told the answer, closed with the call', async () => {
    const { connection, bob, run } = await createScene()
    const { media, settle, closed, asked } = slow()
    const call = connection.invite(bob.uri, { media })
    const story = follow(call)
    expect([call.state.is, call.can('hangUp')]).toEqual(['describing', true])
    await run(5000)
    bob.nothing()
    settle[0]!.resolve(ourOffer)
    await run(10)
    const invite = bob.next('INVITE')
    expect([invite.text, call.localDescription]).toEqual([ourOffer, ourOffer])
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    void call.hangUp()
    await run(10)
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(story.states).toEqual(['describing', 'calling', 'confirmed', 'terminating', 'terminated'])
    expect([asked, closed]).toEqual([['offer start'], [true]])
  })

  it('D01: hung up while describing: nothing was ever sent', async () => {
    const { connection, bob, run } = await createScene()
    const { media, settle } = slow()
    const call = connection.invite(bob.uri, { media })
    void call.hangUp()
    await run(10)
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'cancelled' } })
    settle[0]!.resolve(ourOffer)
    await run(sixtyFourT1)
    bob.nothing()
  })

  it('D01: the description may be one part of several (RFC 5621)', async () => {
    const { called, bob, run } = await createScene()
    const { call } = await called(
      multipart(
        'mixed',
        'Content-Type: text/plain\r\n\r\nhello',
        `Content-Type: application/sdp\r\nContent-Disposition: session\r\n\r\n${theirs}`,
        'Content-Type: application/x-isup\r\nContent-Disposition: signal;handling=optional\r\n\r\nx',
      ),
    )
    expect(call.offer).toBe(theirs)
    void call.accept()
    await run(10)
    expect(bob.next(200).text).toContain('m=audio 9 RTP/AVP 0 8')
  })
})

describe('D03 with media', () => {
  it('D03: offer none: the offer is in the 200, media answers in the ACK', async () => {
    const { connection, bob, run } = await createScene()
    const call = connection.invite(bob.uri, { offer: 'none' })
    await run(10)
    const invite = bob.next('INVITE')
    expect([invite.text, invite.header('content-type')]).toEqual(['', undefined])
    bob.reply(invite, 200, { body: theirs })
    await run(10)
    const ack = bob.next('ACK')
    expect(parseSdp(ack.text)).toMatchObject({ media: [{ type: 'audio', port: 9, formats: ['0', '8'] }] })
    expect(call.offer).toBe(theirs)
    expect([call.localDescription, call.remoteDescription]).toEqual([ack.text, theirs])
  })

  it('D03: autoAck off: ack() answers by media, ack(answer) by hand', async () => {
    for (const byHand of [false, true]) {
      const { connection, bob, run } = await createScene()
      const call = connection.invite(bob.uri, { offer: 'none', autoAck: false })
      await run(10)
      bob.reply(bob.next('INVITE'), 200, { body: theirs })
      await run(1000)
      bob.nothing('ACK')
      call.ack(...(byHand ? [ourOffer] : []))
      await run(10)
      const { text } = bob.next('ACK')
      if (byHand) expect(text).toBe(ourOffer)
      else expect(text).toContain('m=audio 9')
      expect(call.localDescription).toBe(text)
    }
  })

  it('D03: an INVITE without offer is offered to in the 200, and answered in the ACK', async () => {
    const { called, bob, run } = await createScene()
    const { call, invite } = await called({ body: '' })
    expect(call.offer).toBeUndefined()
    void call.accept()
    await run(10)
    const ok = bob.next(200)
    expect(ok.text).toContain('m=audio 9')
    bob.inDialog(invite, ok).ack({ body: theirs })
    await run(10)
    expect(call.state.is).toBe('confirmed')
    expect([call.answer, call.localDescription, call.remoteDescription]).toEqual([theirs, ok.text, theirs])
  })

  it('D03: media that cannot answer the offer of a 200: ACK, then BYE', async () => {
    const { connection, bob, run } = await createScene()
    const call = connection.invite(bob.uri, { offer: 'none', media: throwing(new Error('no device')) })
    const story = follow(call)
    await run(10)
    bob.reply(bob.next('INVITE'), 200, { body: theirs })
    await run(10)
    const { text } = bob.next('ACK')
    // RFC 3264 §6: the offer has an answer all the same, which takes nothing.
    expect([text.match(/^m=.*$/gm), bob.next('BYE').method]).toEqual([['m=audio 0 RTP/AVP 0 8'], 'BYE'])
    expect(story.errors).toEqual([['media', 500]])
  })
})

describe('descriptions that are none', () => {
  it.each([
    ['garbage', 'v=0 and so on'],
    ['no origin', 'v=0\r\ns=-\r\nt=0 0\r\n'],
    ['a bad m-line', theirs.replace('m=audio 4000', 'm=audio x')],
    ['a port too large', theirs.replace('4000', '70000')],
  ])('an INVITE with %s as SDP gets 400, and nobody hears of it', async (_, body) => {
    const { connection, bob, address, ourUri, run } = await createScene()
    const calls: unknown[] = []
    connection.calls$.subscribe(call => void calls.push(call))
    const invite = bob.request('INVITE', { to: address, uri: ourUri, body, contentType: 'application/sdp' })
    await run(10)
    const refusal = bob.next(400)
    expect([refusal.cseq.seq, refusal.reason]).toEqual([
      invite.cseq.seq,
      expect.stringContaining('Bad Request - SDP'),
    ])
    expect(calls).toEqual([])
  })

  it.each([
    ['a needed part of an unknown type', 'mixed', 'Content-Type: application/x-isup\r\n\r\nx', 415],
    ['alternatives of unknown types', 'alternative', 'Content-Type: a/b\r\n\r\nx', 415],
    ['bad SDP as a part', 'mixed', 'Content-Type: application/sdp\r\n\r\nv=1', 400],
  ])('an INVITE with %s is refused (RFC 5621 §8)', async (_, type, part, status) => {
    const { bob, address, ourUri, run } = await createScene()
    bob.request('INVITE', { to: address, uri: ourUri, ...multipart(type, part) })
    await run(10)
    expect(bob.next(status).header('accept')?.includes('application/sdp')).toBe(
      status === 415 ? true : undefined,
    )
  })

  it.each([
    [
      'nothing that we have',
      theirs.replace('RTP/AVP 0 8', 'RTP/AVP 96').replaceAll(/a=rtpmap.*\r\n/g, ''),
      305,
    ],
    ['video alone', theirs.replace('m=audio', 'm=video'), 304],
    ['another transport', theirs.replace('RTP/AVP', 'UDP/TLS/RTP/SAVPF'), 302],
  ])('D21: media that can meet nothing: %s gets 488 with a Warning', async (_, body, warning) => {
    const { called, bob, run } = await createScene()
    const { call, story } = await called({ body })
    const accepted = call.accept()
    await run(10)
    const refusal = bob.next(488)
    expect(refusal.header('warning')).toMatch(new RegExp(`^${warning} sipactor "`))
    await expect(accepted).rejects.toMatchObject({ code: 'media', status: 488, warning })
    expect([call.state.is, story.errors]).toEqual(['terminated', [['media', 488]]])
  })

  it.each([
    ['is no SDP', 'hello'],
    ['has one m-line more', `${theirs}m=video 5000 RTP/AVP 31\r\n`],
    ['has other media', theirs.replace('m=audio', 'm=video')],
  ])('a 200 whose answer %s: ACK and BYE, told once', async (_, body) => {
    const { call: begin, bob, run } = await createScene()
    const { call, story, invite } = await begin()
    bob.reply(invite, 200, { body, contentType: 'application/sdp' } as never)
    await run(10)
    bob.next('ACK')
    bob.reply(bob.next('BYE'), 200)
    await run(10)
    expect(story.errors).toEqual([['media']])
    expect(call.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'bye' } })
    expect(story.states).not.toContain('confirmed')
  })
})

describe('media that fails', () => {
  it('throws for an offer: the call ends, nothing is sent, nobody else is harmed', async () => {
    const { connection, bob, run } = await createScene()
    const fault = new Error('no device')
    const call = connection.invite(bob.uri, { media: throwing(fault) })
    const story = follow(call)
    const [error] = [await call.established().catch((reason: SipError) => reason)]
    expect(error).toMatchObject({ code: 'media', cause: fault })
    expect([call.state.is, story.errors]).toEqual(['terminated', [['media', 500]]])
    bob.nothing()
    const other = connection.invite(bob.uri)
    await run(10)
    expect([bob.next('INVITE').text, other.state.is]).toEqual([other.localDescription, 'calling'])
  })

  it.each([
    ['a fault', new Error('no device'), 500],
    ['a refusal', new SipError('media', 'not today'), 488],
  ])('throws %s for an answer: %s %i to the peer', async (_, error, status) => {
    const { called, bob, run } = await createScene({ sip: { media: throwing(error) } })
    const { call, story } = await called()
    const accepted = call.accept()
    await run(10)
    bob.next(status)
    await expect(accepted).rejects.toMatchObject({ code: 'media' })
    expect(story.errors.map(([code]) => code)).toEqual(['media'])
  })

  it('never settles: an outgoing call is given up after 64·T1, an incoming one answered 500', async () => {
    const { connection, called, bob, run } = await createScene({ sip: { media: slow().media } })
    const ours = connection.invite(bob.uri)
    const { call, story } = await called()
    const accepted = call.accept()
    await run(sixtyFourT1 - 1000)
    expect([ours.state.is, call.state.is]).toEqual(['describing', 'incoming'])
    await run(2000)
    bob.next(500)
    await expect(accepted).rejects.toMatchObject({ code: 'media' })
    expect(ours.state).toMatchObject({ is: 'terminated', end: { by: 'local', reason: 'failed' } })
    expect(story.errors).toEqual([['media', 500]])
    await run(100)
    bob.nothing('INVITE')
  })

  it('settles too late, after the peer has cancelled: nothing happens', async () => {
    const { media, settle } = slow()
    const { called, bob, run } = await createScene({ sip: { media } })
    const { call, invite } = await called()
    const accepted = call.accept()
    bob.cancel(invite)
    await run(10)
    settle[0]!.resolve(ourOffer)
    await run(10)
    await expect(accepted).rejects.toMatchObject({ code: 'cancelled' })
    bob.next(487)
    expect(call.state).toMatchObject({ is: 'terminated', end: { reason: 'cancelled' } })
  })

  it('hung up while media is thinking about the answer: 480', async () => {
    const { called, bob, run } = await createScene({ sip: { media: slow().media } })
    const { call } = await called()
    void call.accept()
    expect(call.can('accept')).toBe(false)
    void call.hangUp()
    await run(10)
    bob.next(480)
    expect(call.state.is).toBe('terminated')
  })

  it('is refused as an argument when it is none', async () => {
    const { connection, sip } = await createScene()
    for (const make of [
      () => connection.invite('sip:bob@192.0.2.2', { media: {} as never }),
      () => sip.connect({ media: 5 as never }),
    ]) {
      expect(make).toThrow('media must have a method open(call)')
    }
  })
})
