/** A recorded engine that does what has no INVITE, too: a line, subscriptions of both sides, PUBLISH, MESSAGE, profiles. */
import type { Frame, Notifier } from '../../src/index.ts'
import { TraceModel } from '../../src/inspect/index.ts'
import { home, lineStage } from '../scenarios/line-support.ts'
import { createSip } from '../support/create-sip.ts'
import { sdp } from '../support/text.ts'

const text = 'text/plain'
const event = 'presence'

/** Alice at 192.0.2.1, watched; carol, an engine too, at 192.0.2.3; bob at 192.0.2.2 is scripted. */
export const everyUsage = async () => {
  const stage = await lineStage({ registrar: { challenge: true } })
  const { network, sip, bob, run, settled } = stage
  const frames: Frame[] = []
  sip.trace$.subscribe(frame => void frames.push(frame))
  const others = createSip({ platform: network.platform({ host: '192.0.2.3' }) })
  const carol = others.connect({ port: 5060, user: 'carol', events: [event] })
  await settled(carol.active())
  carol.calls$.subscribe(call => void call.accept(sdp('192.0.2.3')))
  const asked: Notifier[] = []
  carol.subscriptions$.subscribe(notifier => {
    asked.push(notifier)
    notifier.accept({ state: 'pending' })
  })
  carol.requests$.subscribe(transaction => transaction.respond(200))

  // A line: registered, a subscription and a call, the end in its order.
  await stage.create()
  const line = await stage.active()
  line.subscribe({ requestUri: 'sip:carol@192.0.2.3', event })
  await run(500)
  asked[0]!.activate()
  line.call({ requestUri: 'sip:carol@192.0.2.3', offer: sdp('192.0.2.1') })
  await run(3_000)

  // A connection without a profile.
  const connection = sip.connect({ port: 5070, user: 'alice', events: [event] })
  await settled(connection.active())
  connection.subscriptions$.subscribe(notifier => notifier.accept({ contentType: text, body: 'in' }))
  connection.requests$.subscribe(transaction => transaction.respond(200))
  carol.subscribe('sip:alice@192.0.2.1:5070', { event, expires: 60 })
  await run(500)
  connection.message('sip:carol@192.0.2.3', 'Lunch?')
  await run(100)
  carol.message('sip:alice@192.0.2.1:5070', 'Yes')
  await run(100)

  // Bob composes: too brief at first, then for an hour.
  const published = connection.publish(bob.uri, { event, body: 'open', contentType: text, expires: 60 })
  await run(10)
  bob.reply(bob.next('PUBLISH'), 423, { headers: [['Min-Expires', '3600']] })
  await run(10)
  bob.reply(bob.next('PUBLISH'), 200, {
    headers: [
      ['SIP-ETag', 'a1'],
      ['Expires', '3600'],
    ],
  })
  await run(500)

  // What carol does not offer, and a notifier that grants and never tells.
  connection.subscribe('sip:carol@192.0.2.3', { event: 'dialog' })
  await run(100)
  connection.subscribe(bob.uri, { event })
  await run(10)
  bob.reply(bob.next('SUBSCRIBE'), 200, { headers: [['Expires', '600']] })
  await run(40_000)

  // A profile with a password that is wrong.
  const wrong = await stage.create(
    {
      ...home,
      name: 'Work',
      aors: ['sip:bob@example.com'],
      registrar: { uri: 'sip:example.com', username: 'bob' },
    },
    { registrarPassword: 'nonsense' },
  )
  wrong.enable()
  await run(2_000)
  void published.remove()
  await run(10)
  bob.reply(bob.next('PUBLISH'), 200, {
    headers: [
      ['SIP-ETag', 'a2'],
      ['Expires', '0'],
    ],
  })
  await run(500)
  const model = (): TraceModel => {
    const made = new TraceModel()
    made.append(frames)
    return made
  }
  const end = async () => {
    const closed = others.close()
    await run(200_000)
    await closed
  }
  return { ...stage, frames, line, connection, model, end }
}
