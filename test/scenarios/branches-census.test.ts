/** What forks, reliable responses, redirections and Expires leave behind: nothing. Row I03 of docs/scenarios.md. */
import { expect, it } from 'vitest'
import { sipOver } from '../../src/api/sip.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { ourOffer, theirs } from './support.ts'

it('I03: after forked, reliable, redirected and expiring calls only the connection and its flow live', async () => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock })
  const engine = createEngine(network.platform({ host: '192.0.2.1' }))
  const connection = sipOver(engine, {}).connect({ port: 5060, user: 'alice' })
  await connection.active()
  const idle = engine.census()
  const bob = createPeer(network, { host: '192.0.2.2', name: 'bob' })
  const run = (milliseconds: number) => clock.run(milliseconds)
  bob.on('PRACK', prack => void bob.reply(prack, 200))
  bob.on('BYE', bye => void bob.reply(bye, 200))
  connection.calls$.subscribe(call => call.ring({ reliable: true }))

  for (let round = 0; round < 5; round += 1) {
    const forked = connection.invite(bob.uri, { offer: ourOffer, expires: 60 })
    forked.forks$.subscribe()
    await run(10)
    const invite = bob.next('INVITE')
    const reliably = { headers: [['Require', '100rel'] as const, ['RSeq', '1'] as const] }
    bob.reply(invite, 183, { ...reliably, toTag: `a${round}` })
    bob.reply(invite, 180, { toTag: `lost${round}` })
    bob.reply(invite, 200, { toTag: `a${round}`, body: theirs })
    bob.reply(invite, 200, { toTag: `b${round}`, body: theirs })
    await run(10)
    expect(forked.forks.map(fork => fork.state.is)).toEqual(['confirmed', 'early', 'confirmed'])
    for (const fork of forked.forks) void fork.call?.hangUp()

    const moved = connection.invite(bob.uri, { offer: ourOffer })
    await run(10)
    const first = bob.next('INVITE')
    bob.reply(first, 302, { headers: [['Contact', '<sip:other@192.0.2.2:5060>']] })
    await run(10)
    bob.reply(bob.next('INVITE'), 486)
    await run(10)
    expect(moved.state.is).toBe('terminated')

    const asked = bob.request('INVITE', {
      to: { host: '192.0.2.1', port: 5060 },
      uri: 'sip:alice@192.0.2.1:5060',
      headers: [
        ['Supported', '100rel'],
        ['Expires', '5'],
      ],
      body: theirs,
    })
    await run(6000)
    expect(asked.method).toBe('INVITE')
    bob.ackFor(bob.next(487))
    await run(40_000)
  }
  await run(300_000)
  expect(engine.census()).toEqual(idle)
})
