/**
 * Traces for the page, recorded from one engine over the simulated network in virtual time: what a switchboard sees.
 * Nothing in them is invented, and each recording is the same as the last.
 */
import type { Frame } from '../../src/index.ts'
import { formatTrace } from '../../src/inspect/index.ts'
import { testRegistrar } from '../../src/testing/index.ts'
import { createScene } from '../scenarios/support.ts'
import { sdp } from '../support/text.ts'

type Stage = Awaited<ReturnType<typeof stage>>

const held = (version: number, host: string) => sdp(host, { version, direction: 'sendonly' })

/** Our engine between alice, who calls by UDP, and bob, who is called by TCP. */
const stage = async () => {
  const scene = await createScene({
    seed: 7,
    latency: 1,
    connection: { user: 'desk' },
    peer: { name: 'alice' },
  })
  const frames: Frame[] = []
  scene.sip.trace$.subscribe(frame => void frames.push(frame))
  return { ...scene, frames, alice: scene.bob }
}

/** Two legs: our 200 is not acknowledged for twelve seconds, then both sides change the session at once. */
const twoLegs = async ({ alice, another, connection, called, run }: Stage) => {
  const bob = another('198.51.100.20', 'bob')
  const { call, invite } = await called({ uri: 'sip:bob@192.0.2.1:5060' })
  const onward = connection.invite(bob.uri, {
    from: 'Alice <sip:alice@192.0.2.2>',
    offer: sdp('192.0.2.1', { port: 4002 }),
    headers: [['X-CID', invite.callId]],
  })
  await run(24)
  const there = bob.next('INVITE')
  bob.reply(there, 100)
  await run(180)
  bob.reply(there, 180)
  await run(5)
  call.ring()
  await run(4_650)
  const far = bob.reply(there, 200, { body: sdp('198.51.100.20') })
  await run(3)
  void call.accept(sdp('192.0.2.1')).catch(() => undefined)
  await run(12_100)
  const ok = alice.next(200)
  const dialog = alice.inDialog(invite, ok)
  dialog.ack()
  await run(14_200)
  const theirs = bob.inDialog(there, far)
  void call.hold().catch(() => undefined)
  dialog.request('INVITE', { body: held(2, '192.0.2.2') })
  await run(6)
  const ours = alice.next('INVITE')
  alice.reply(ours, 491)
  alice.ackFor(alice.next(491))
  await run(1_300)
  const retried = alice.next('INVITE')
  alice.reply(retried, 200, { body: sdp('192.0.2.2', { version: 2, direction: 'recvonly' }) })
  await run(1_800)
  const again = dialog.request('INVITE', { body: held(3, '192.0.2.2') })
  await run(5)
  dialog.ack({ invite: again })
  await run(20_000)
  theirs.request('BYE')
  void call.hangUp()
  await run(20)
  alice.reply(alice.next('BYE'), 200)
  void onward
  await run(40_000)
}

const cancelled = async ({ another, connection, run }: Stage) => {
  const carol = another('198.51.100.21', 'carol')
  const call = connection.invite(carol.uri, { offer: sdp('192.0.2.1') })
  await run(10)
  const invite = carol.next('INVITE')
  carol.reply(invite, 180)
  await run(7_200)
  call.cancel()
  await run(10)
  carol.reply(carol.next('CANCEL'), 200)
  carol.reply(invite, 487)
  await run(1_000)
}

/** Two phones of erin ring; the second answers first, the first is late. */
const forked = async ({ another, connection, run }: Stage) => {
  const erin = another('198.51.100.22', 'erin')
  const call = connection.invite(erin.uri, { offer: sdp('192.0.2.1') })
  await run(10)
  const invite = erin.next('INVITE')
  erin.reply(invite, 180, { toTag: 'desk' })
  erin.reply(invite, 183, { toTag: 'cell', body: sdp('198.51.100.22') })
  await run(2_000)
  erin.reply(invite, 200, { toTag: 'cell', body: sdp('198.51.100.22') })
  erin.reply(invite, 200, { toTag: 'desk', body: sdp('198.51.100.22') })
  await run(20)
  erin.reply(erin.next('BYE'), 200)
  await run(3_000)
  void call.hangUp()
  await run(20)
  erin.reply(erin.next('BYE'), 200)
  await run(1_000)
}

const refused = async ({ another, connection, run }: Stage) => {
  const frank = another('198.51.100.23', 'frank')
  connection.invite(frank.uri, { offer: sdp('192.0.2.1') })
  await run(10)
  const invite = frank.next('INVITE')
  frank.reply(invite, 180)
  await run(900)
  frank.reply(invite, 486)
  await run(1_000)
}

/** Nobody is there: eleven copies, then timer F; and an INVITE that timer B ends. */
const unheard = async ({ another, connection, run }: Stage) => {
  another('198.51.100.24', 'ghost')
  connection.request({ method: 'OPTIONS', uri: 'sip:ghost@198.51.100.24:5060' })
  connection.invite('sip:ghost@198.51.100.24:5060', { offer: sdp('192.0.2.1') })
  await run(70_000)
}

/** Registered after a challenge, refreshed; and one whose password is wrong. */
const registrations = async ({ network, connection, run }: Stage) => {
  const platform = network.platform({ host: '198.51.100.10' })
  const registrar = testRegistrar({ platform, users: { desk: 'open sesame', dave: 'secret' } })
  await registrar.listen()
  const to = { registrar: 'sip:198.51.100.10:5060', expires: 120 }
  connection.register({
    aor: 'sip:desk@example.com',
    ...to,
    credentials: { username: 'desk', password: 'open sesame' },
  })
  connection.register({
    aor: 'sip:dave@example.com',
    ...to,
    credentials: { username: 'dave', password: 'wrong' },
  })
  await run(130_000)
  return registrar
}

/** Alice is put through to carol. */
const transferred = async ({ alice, answered, run }: Stage) => {
  alice.skip()
  const { call, dialog } = await answered({ uri: 'sip:desk@192.0.2.1:5060' })
  await run(3_000)
  void call.transfer('sip:carol@198.51.100.21:5060').catch(() => undefined)
  await run(10)
  const refer = alice.next('REFER')
  alice.reply(refer, 202)
  const notify = (text: string, state: string) =>
    dialog.request('NOTIFY', {
      headers: [
        ['Event', 'refer'],
        ['Subscription-State', state],
      ],
      contentType: 'message/sipfrag',
      body: text,
    })
  notify('SIP/2.0 100 Trying\r\n', 'active;expires=60')
  await run(900)
  notify('SIP/2.0 200 OK\r\n', 'terminated;reason=noresource')
  await run(50)
  alice.reply(alice.next('BYE'), 200)
  await run(1_000)
}

const malformed = async ({ alice, address, run }: Stage) => {
  alice.send('INVITE sip:desk@192.0.2.1 SIP/2.0\r\nVia: nonsense\r\nCSeq: one INVITE\r\n\r\n', address)
  await run(500)
}

/** One trace of all that, as a file. */
export const recordOffice = async (): Promise<string> => {
  const all = await stage()
  const registrar = await registrations(all)
  await refused(all)
  await cancelled(all)
  await forked(all)
  await malformed(all)
  await unheard(all)
  await twoLegs(all)
  await transferred(all)
  await all.called({ callId: 'ringing-now', uri: 'sip:sales@192.0.2.1:5060' })
  await all.run(18_000)
  const trace = formatTrace(all.frames, { engine: 'switchboard' })
  registrar.close()
  return trace
}
