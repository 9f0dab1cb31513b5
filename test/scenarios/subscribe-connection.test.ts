/** Subscriptions and what they stand on: the connection, its network, a registration, credentials. Scenarios A03, G01, G07. */
import { describe, expect, it } from 'vitest'
import { refused } from '../api/support.ts'
import { createPeer } from '../support/peer.ts'
import { challenge, checked, secret, uri, withPeer } from './authentication-support.ts'
import { notice, subscribeScene } from './subscribe-support.ts'
import { record, registrarScene } from './support.ts'

describe('the connection of a subscription', () => {
  it('A03: once it is closed every operation is refused, and nothing is sent', async () => {
    const { connection, subscription, bob, active, notify, run, packets } = await subscribeScene()
    const dialog = await active()
    const { refresh } = subscription
    const closed = connection.close()
    await run(10)
    bob.reply(bob.next('SUBSCRIBE'), 200)
    await notify(dialog, 'terminated')
    await closed
    const before = packets.length
    for (const operation of [
      () => subscription.update(),
      () => subscription.unsubscribe(),
      () => subscription.subscribe({ event: 'dialog' }),
      () => subscription.setStaticHeaders(null),
      () => refresh!.setInterval(5),
      () => connection.subscribe(bob.uri, { event: 'presence' }),
      () => connection.fetch(bob.uri, { event: 'presence' }),
    ])
      refused('resource-not-available', operation)
    await run(10_000)
    expect(packets.length).toBe(before)
  })

  it('G01: a lost network takes it along, with one state and no error, and nothing on the wire', async () => {
    const { connection, subscription, network, active, run, states, errors, notifications, packets } =
      await subscribeScene({ expires: 100 })
    await active(100)
    const connected = record(connection.state$)
    const before = [states.values.length, packets.length]
    network.host('192.0.2.1').down()
    await run(300_000)
    expect(connected.values.map(({ is }) => is)).toEqual(['active', 'inactive'])
    expect([errors.values, states.complete, notifications.complete]).toEqual([[], true, true])
    expect([states.values.length, packets.length]).toEqual(before)
    expect(subscription.state).toMatchObject({ is: 'terminated', notification: { body: 'one' } })
    refused('not-ready', () => subscription.update())
  })

  it('G07: another address while the network stays: it is renewed at once, with the new Contact', async () => {
    const { subscription, network, active, run, bob, errors } = await subscribeScene()
    await active()
    network.host('192.0.2.1').change('192.0.2.77')
    await run(100)
    const again = bob.next('SUBSCRIBE')
    expect(again.header('contact')).toContain('@192.0.2.77:5060')
    bob.reply(again, 200)
    await run(10)
    expect([subscription.state.is, errors.values]).toEqual(['active', []])
  })
})

describe('whose it is', () => {
  it('a Contact by hand: on the SUBSCRIBE and in its dialog, before the GRUU of the registration; it has to lead here', async () => {
    const scene = await registrarScene({ gruu: true })
    const { connection, network, run } = scene
    const peer = createPeer(network, { host: '192.0.2.2' })
    const credentials = { username: 'alice', password: 'wonderland' }
    const { registration } = scene.register({ credentials, gruu: 'public' })
    await run(1000)
    const asked = { event: 'presence', from: registration }
    connection.subscribe('sip:bob@192.0.2.2', asked)
    await run(10)
    expect(peer.next('SUBSCRIBE').header('contact')).toContain(';gr=')
    const contact = 'sip:desk@192.0.2.1'
    const subscription = connection.subscribe('sip:bob@192.0.2.2', { ...asked, contact })
    await run(10)
    const first = peer.next('SUBSCRIBE')
    peer.reply(first, 200, { headers: [['Expires', '3600']] })
    await run(10)
    void subscription.update()
    await run(10)
    expect([first, peer.next('SUBSCRIBE')].map(each => each.header('contact'))).toEqual([contact, contact])
    refused('argument', () => connection.subscribe('sips:bob@192.0.2.2', { event: 'presence', contact }))
    refused('argument', () => connection.subscribe(peer.uri, { event: 'presence', contact: 'tel:+1' }))
  })

  it('from a registration: its address of record and its credentials', async () => {
    const scene = await registrarScene()
    const { connection, network, run } = scene
    const peer = createPeer(network, { host: '192.0.2.2' })
    const { registration } = scene.register({ credentials: { username: 'alice', password: 'wonderland' } })
    await run(1000)
    expect(registration.state.is).toBe('registered')
    const subscription = connection.subscribe('sip:alice@192.0.2.2', {
      event: 'message-summary',
      from: registration,
    })
    await run(10)
    const request = peer.next('SUBSCRIBE')
    expect(request.from.uri).toMatchObject({ user: 'alice', host: 'example.com' })
    const asking = [['WWW-Authenticate', challenge('example.com', 'n1')] as const]
    peer.reply(request, 401, { headers: asking })
    await run(10)
    const again = peer.next('SUBSCRIBE')
    expect(checked(again, 'example.com', 'wonderland', 'authorization').get('username')).toBe('alice')
    const dialog = peer.inDialog(again, peer.reply(again, 200, { headers: [['Expires', '100']] }))
    dialog.request('NOTIFY', notice('active;expires=100', undefined, 'message-summary'))
    await run(10)
    peer.next(200)
    // A renewal is challenged like any other request.
    await run(50_000)
    const renewal = peer.next('SUBSCRIBE')
    const stale = challenge('example.com', 'n2', ', algorithm=MD5, qop="auth", stale=true')
    peer.reply(renewal, 401, { headers: [['WWW-Authenticate', stale]] })
    await run(10)
    const proven = peer.next('SUBSCRIBE')
    expect(checked(proven, 'example.com', 'wonderland', 'authorization').get('nonce')).toBe('n2')
    peer.reply(proven, 200, { headers: [['Expires', '100']] })
    await run(10)
    expect(subscription.state.is).toBe('active')
  })

  it('with credentials of its own', async () => {
    const { peer, connection, world } = await withPeer()
    connection.subscribe(uri, { event: 'presence', credentials: secret })
    await world.run(10)
    const request = peer.next('SUBSCRIBE')
    peer.reply(request, 407, { headers: [['Proxy-Authenticate', challenge('proxy', 'n1')]] })
    await world.run(10)
    const again = peer.next('SUBSCRIBE')
    expect(checked(again, 'proxy').get('username')).toBe('alice')
    expect([again.callId, again.fromTag, again.cseq.seq]).toEqual([
      request.callId,
      request.fromTag,
      request.cseq.seq + 1,
    ])
    peer.reply(again, 200)
    await world.run(33_000)
  })
})
