import { describe, expect, it } from 'vitest'
import type { TransportName } from '../../src/engine/ports.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { createPeer, type PeerOptions } from '../support/peer.ts'
import { sdp, wire } from '../support/text.ts'

const world = (options: Partial<PeerOptions> = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const alice = createPeer(network, { host: '192.0.2.1', name: 'alice', ...options })
  const bob = createPeer(network, { host: '192.0.2.2', name: 'bob', ...options })
  return { clock, network, alice, bob, step: () => clock.advance(10) }
}

describe('a scripted peer', () => {
  it.each(['UDP', 'TCP', 'TLS', 'WS'] as const)('plays both sides of a call over %s', transport => {
    const { alice, bob, step } = world({ transport })
    const invite = alice.request('INVITE', { to: bob.address, uri: bob.uri, body: sdp('192.0.2.1') })
    step()
    const received = bob.next('INVITE')
    expect(received.uri).toBe(bob.uri)
    expect(received.header('content-type')).toBe('application/sdp')
    bob.reply(received, 100)
    bob.reply(received, 180)
    const ok = bob.reply(received, 200, { body: sdp('192.0.2.2') })
    step()
    expect(alice.next(100).toTag).toBeUndefined()
    expect(alice.next(180).toTag).toBe(ok.toTag)
    const answer = alice.next(200)
    expect(answer.header('contact')).toBe(bob.contact)
    const ack = alice.ackFor(answer)
    step()
    expect(bob.next('ACK').via.params.get('branch')).not.toBe(received.via.params.get('branch'))
    expect(ack.cseq).toEqual({ seq: invite.cseq.seq, method: 'ACK' })
    const bye = bob.inDialog(received, ok).request('BYE')
    step()
    const seen = alice.next('BYE')
    expect([seen.toTag, seen.fromTag, seen.callId]).toEqual([invite.fromTag, ok.toTag, invite.callId])
    expect(seen.uri).toBe(alice.uri)
    expect(bye.cseq.seq).toBe(1)
    alice.reply(seen, 200)
    step()
    bob.next(200)
    alice.nothing()
    bob.nothing()
    expect(alice.malformed.concat(bob.malformed)).toEqual([])
    if (transport !== 'UDP') expect([alice.connections, bob.connections]).toEqual([1, 1])
  })

  it('acknowledges a refusal inside the transaction of the INVITE (RFC 3261 §17.1.1.3)', () => {
    const { alice, bob, step } = world()
    const invite = alice.request('INVITE', { to: bob.address, headers: [['Route', '<sip:192.0.2.2;lr>']] })
    step()
    bob.reply(bob.next('INVITE'), 486)
    step()
    alice.ackFor(alice.next(486))
    step()
    const ack = bob.next('ACK')
    expect(ack.header('via')).toBe(invite.header('via'))
    expect(ack.toTag).toBeDefined()
    expect(ack.header('route')).toBe('<sip:192.0.2.2;lr>')
  })

  it('cancels with the Via and CSeq number of the INVITE (RFC 3261 §9.1)', () => {
    const { alice, bob, step } = world()
    const invite = alice.request('INVITE', { to: bob.address, cseq: 7 })
    alice.cancel(invite)
    step()
    const cancel = bob.next('CANCEL')
    expect(cancel.header('via')).toBe(bob.next('INVITE').header('via'))
    expect(cancel.cseq).toEqual({ seq: 7, method: 'CANCEL' })
  })

  it('counts CSeq in a dialog of its own INVITE and follows the route of the answer (RFC 3261 §12.1.2)', () => {
    const { alice, bob, step } = world()
    const invite = alice.request('INVITE', { to: bob.address, cseq: 4 })
    step()
    bob.reply(bob.next('INVITE'), 200, {
      headers: [
        ['Record-Route', '<sip:one;lr>, <sip:two;lr>'],
        ['Record-Route', '<sip:three;lr>'],
      ],
    })
    step()
    const dialog = alice.inDialog(invite, alice.next(200))
    dialog.ack()
    dialog.request('INFO')
    dialog.cseq = 9
    dialog.request('BYE')
    step()
    expect(bob.next('ACK').cseq.seq).toBe(4)
    expect(bob.next('INFO').cseq.seq).toBe(5)
    const bye = bob.next('BYE')
    expect(bye.cseq.seq).toBe(10)
    expect(bye.headers('route')).toEqual(['<sip:three;lr>', '<sip:two;lr>', '<sip:one;lr>'])
  })

  it('sends text as it is and reads messages that are no request of ours', () => {
    const { alice, bob, step } = world()
    alice.send(
      wire`
        OPTIONS sip:bob@192.0.2.2 SIP/2.0
        v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-text
        f: <sip:alice@192.0.2.1>;tag=1
        t: <sip:bob@192.0.2.2>
        i: text
        CSeq: 1 OPTIONS
        l: 0
      `,
      bob.address,
    )
    alice.send('nonsense\r\n\r\n', bob.address)
    step()
    expect(bob.next('OPTIONS').callId).toBe('text')
    expect(bob.malformed).toHaveLength(1)
    expect(() => bob.next('INVITE')).toThrow(
      /has no unread INVITE.*\nread before:\n {2}1 ms UDP OPTIONS.*\nmalformed:/s,
    )
  })

  it('replaces its own headers by those the test gives', () => {
    const { alice, bob, step } = world()
    alice.request('INVITE', {
      to: bob.address,
      branch: 'z9hG4bK-own',
      fromTag: 'f',
      toTag: 't',
      callId: 'c',
      headers: [
        ['Contact', '<sip:elsewhere@192.0.2.9>'],
        ['Max-Forwards', '0'],
      ],
    })
    step()
    const invite = bob.next('INVITE')
    expect(invite.headers('contact')).toEqual(['<sip:elsewhere@192.0.2.9>'])
    expect(invite.headers('max-forwards')).toEqual(['0'])
    expect([invite.via.params.get('branch'), invite.fromTag, invite.toTag, invite.callId]).toEqual([
      'z9hG4bK-own',
      'f',
      't',
      'c',
    ])
    bob.reply(invite, 200, { contact: false, toTag: 'mine', reason: 'Fine' })
    step()
    expect(alice.next(200)).toMatchObject({ reason: 'Fine' })
    expect(() => alice.inDialog(invite, bob.reply(invite, 200))).toThrow('did not come')
  })

  it('reads in order, by method, status or function, and tells what is left', () => {
    const { alice, bob, clock, step } = world()
    for (const method of ['OPTIONS', 'MESSAGE', 'OPTIONS']) {
      alice.request(method, { to: bob.address, callId: `call-${clock.now()}` })
      step()
    }
    expect(bob.times('OPTIONS')).toEqual([1, 21])
    expect(bob.has('MESSAGE')).toBe(true)
    expect(bob.next('OPTIONS').callId).toBe('call-0')
    expect(bob.next(message => message.callId === 'call-20').callId).toBe('call-20')
    expect(bob.unread.map(({ callId }) => callId)).toEqual(['call-10'])
    expect(() => bob.nothing()).toThrow('though none is expected')
    bob.nothing('OPTIONS')
    bob.skip()
    bob.nothing()
    expect(bob.all('OPTIONS')).toHaveLength(2)
    expect(bob.received).toHaveLength(3)
    expect(bob.sourceOf(bob.received[0]!)).toEqual(alice.address)
  })

  it('reacts by itself to what it is told to, until it is told to stop', () => {
    const { alice, bob, step } = world()
    const stop = bob.on('OPTIONS', request => void bob.reply(request, 200))
    const statuses: number[] = []
    alice.on(200, response => void statuses.push(response.status))
    alice.request('OPTIONS', { to: bob.address })
    alice.request('MESSAGE', { to: bob.address })
    step()
    expect(statuses).toEqual([200])
    expect(bob.unread.map(({ cseq }) => cseq.method)).toEqual(['MESSAGE'])
    stop()
    alice.request('OPTIONS', { to: bob.address })
    step()
    bob.next('OPTIONS')
    alice.nothing()
  })

  it('refuses a port that is taken, and frees its own when closed', async () => {
    const { clock, network, alice } = world()
    expect(() => createPeer(network, { host: '192.0.2.1' })).toThrow('cannot bind')
    alice.close()
    await clock.run(1)
    expect(createPeer(network, { host: '192.0.2.1' }).address.port).toBe(5060)
  })

  it('answers on the connection the request came by, and loses it when it disconnects', () => {
    const transport: TransportName = 'TCP'
    const { alice, bob, step } = world({ transport })
    alice.request('OPTIONS', { to: bob.address })
    step()
    bob.reply(bob.next('OPTIONS'), 200)
    step()
    alice.next(200)
    expect(bob.connections).toBe(1)
    alice.disconnect()
    step()
    expect([alice.connections, bob.connections]).toEqual([0, 0])
  })
})
