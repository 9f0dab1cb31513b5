/** Requests to telephone numbers, and which Contact an INVITE may have. RFC 3261 §8.1.1.8, §19.1.6; RFC 3966, 5031. */
import { describe, expect, it } from 'vitest'
import type { Connection, SipErrorCode } from '../../src/index.ts'
import { fails, refused } from '../api/support.ts'
import { lineStage } from './line-support.ts'
import { createScene, ourOffer, record, theirs } from './support.ts'

const number = 'tel:+1-201-555-0123;ext=7'
const proxy = 'sip:192.0.2.2:5060'

/** Everything that sends a request outside dialogs, and its method. */
const senders: Readonly<Record<string, (connection: Connection, uri: string) => unknown>> = {
  INVITE: (connection, uri) => connection.invite(uri, { offer: ourOffer }),
  MESSAGE: (connection, uri) => connection.message(uri, 'Lunch?'),
  OPTIONS: (connection, uri) => connection.request({ method: 'OPTIONS', uri }),
  SUBSCRIBE: (connection, uri) => connection.subscribe(uri, { event: 'presence' }),
  REFER: (connection, uri) => connection.refer(uri, { referTo: 'tel:+1' }),
  PUBLISH: (connection, uri) =>
    connection.publish(uri, { event: 'presence', contentType: 'application/pidf+xml', body: '<presence/>' }),
}
const methods = Object.keys(senders)

describe('a request to a telephone number', () => {
  it.for(methods)('%s goes to the outbound proxy as it is', async method => {
    const { connection, bob, run } = await createScene({ connection: { outboundProxy: proxy } })
    senders[method]!(connection, number)
    await run(10)
    const request = bob.next(method)
    expect([request.uri, request.header('to')]).toEqual([number, `<${number}>`])
    expect(request.headers('route')).toEqual([`<${proxy};lr>`])
  })

  it.for(methods)('%s without a proxy is refused, and nothing leaves', async method => {
    const { connection, run, ourWords } = await createScene()
    const error = refused('argument', () => senders[method]!(connection, number))
    expect(error.message).toBe('a tel: URI needs an outbound proxy, which knows where it leads')
    await run(100)
    expect(ourWords()).toEqual([])
  })

  it('a service is found by the proxy, too; what is no request’s target never is', async () => {
    const { connection, bob, run } = await createScene({ connection: { outboundProxy: proxy } })
    connection.invite('urn:service:sos', { offer: ourOffer })
    await run(10)
    expect(bob.next('INVITE').uri).toBe('urn:service:sos')
    for (const uri of ['mailto:bob@example.com', 'http://example.com/', 'tel:', 'tel:none'])
      refused('argument', () => connection.invite(uri, { offer: ourOffer }))
  })

  it('it takes the proxy of the registration that it is made from', async () => {
    const { connection, bob, run } = await createScene()
    const registration = connection.register({ aor: 'sip:alice@192.0.2.2', outboundProxy: proxy })
    await run(10)
    const register = bob.next('REGISTER')
    const contact = register.header('contact')!
    bob.reply(register, 200, { headers: [['Contact', `${contact};expires=600`]] })
    await run(10)
    refused('argument', () => connection.invite(number, { offer: ourOffer }))
    connection.invite(number, { offer: ourOffer, from: registration })
    await run(10)
    expect([bob.next('INVITE').uri]).toEqual([number])
  })

  it('it takes the Service-Route that the registrar gave', async () => {
    const { connection, bob, run } = await createScene()
    const registration = connection.register({ aor: 'sip:alice@192.0.2.2' })
    await run(10)
    const register = bob.next('REGISTER')
    const contact = register.header('contact')!
    bob.reply(register, 200, {
      headers: [
        ['Contact', `${contact};expires=600`],
        ['Service-Route', `<${proxy};lr>`],
      ],
    })
    await run(10)
    connection.message(number, 'hello', { from: registration })
    await run(10)
    const message = bob.next('MESSAGE')
    expect([message.uri, message.header('route')]).toEqual([number, `<${proxy};lr>`])
  })

  it('it takes the proxy of the profile that it is made from', async () => {
    const { sip, bob, clock } = await lineStage()
    const fields = { aors: ['sip:alice@192.0.2.2'], outboundProxy: { uri: proxy } }
    const saved = sip.profiles.admin.create(fields)
    await clock.run(20)
    const profile = (await saved).enable()
    const registered = profile.registered()
    await clock.run(20)
    const register = bob.next('REGISTER')
    bob.reply(register, 200, { headers: [['Contact', `${register.header('contact')};expires=600`]] })
    await clock.run(20)
    await registered
    profile.connection!.invite(number, { offer: ourOffer, from: profile })
    await clock.run(20)
    expect(bob.next('INVITE').uri).toBe(number)
  })

  it('the call is an ordinary one: its dialog goes by the Contact of who answered', async () => {
    const { connection, bob, run } = await createScene({ connection: { outboundProxy: proxy } })
    const call = connection.invite(number, { offer: ourOffer })
    expect(call.remoteUser).toBe('+1-201-555-0123')
    await run(10)
    bob.reply(bob.next('INVITE'), 200, { body: theirs })
    await run(10)
    expect(bob.next('ACK').uri).toMatch(/^sip:/)
    const over = call.hangUp()
    await run(10)
    const bye = bob.next('BYE')
    expect([bye.uri.slice(0, 4), bye.header('to')?.split(';tag')[0]]).toEqual(['sip:', `<${number}>`])
    bob.reply(bye, 200)
    await run(10)
    await over
  })

  it('a redirection from a number to a SIP URI is followed', async () => {
    const { connection, bob, run } = await createScene({ connection: { outboundProxy: proxy } })
    connection.invite(number, { offer: ourOffer })
    await run(10)
    bob.reply(bob.next('INVITE'), 302, { headers: [['Contact', `<${number}>, <sip:gw@192.0.2.2>`]] })
    await run(10)
    bob.next('ACK')
    expect(bob.next('INVITE').uri).toBe('sip:gw@192.0.2.2')
  })

  it('when the proxy is taken away before it can leave, it could not be resolved', async () => {
    const { connection, bob, run } = await createScene()
    const registration = connection.register({ aor: 'sip:alice@192.0.2.2', outboundProxy: proxy })
    await run(10)
    const register = bob.next('REGISTER')
    bob.reply(register, 200, { headers: [['Contact', `${register.header('contact')};expires=600`]] })
    await run(10)
    let describe: (offer: string) => void = () => {}
    const offer = new Promise<string>(resolve => {
      describe = resolve
    })
    const media = { open: () => ({ offer: () => offer, answer: () => offer }) }
    const call = connection.invite(number, { from: registration, media })
    const errors = record(call.errors$)
    const established = fails('resolving', call.established())
    await run(10)
    registration.outboundProxy = undefined
    describe(ourOffer)
    await run(10)
    await established
    expect(errors.values.map(({ code }) => code)).toEqual(['resolving'])
    expect(call.state.is).toBe('terminated')
  })
})

describe('the Contact of an INVITE', () => {
  const rows: readonly (readonly [name: string, code: SipErrorCode, contact: string])[] = [
    ['a telephone number', 'argument', 'tel:123'],
    ['another scheme', 'argument', '<mailto:alice@example.com>'],
    ['all of them', 'argument', '*'],
    ['two', 'argument', '<sip:a@192.0.2.1>, <sip:b@192.0.2.1>'],
    ['with headers', 'argument', '<sip:a@192.0.2.1?Subject=x>'],
    ['none', 'argument', ''],
  ]
  it.for(rows)('%s is refused', async ([, code, contact]) => {
    const { connection, bob, run, ourWords } = await createScene()
    refused(code, () => connection.invite(bob.uri, { offer: ourOffer, contact }))
    await run(100)
    expect(ourWords()).toEqual([])
  })

  it('a second one among the headers is refused', async () => {
    const { connection, bob } = await createScene()
    const headers = [['Contact', '<sip:a@192.0.2.1>']] as const
    refused('header-not-allowed', () => connection.invite(bob.uri, { offer: ourOffer, headers }))
  })

  it('it is sips: where the Request-URI is', async () => {
    const { connection } = await createScene()
    const invite = (contact: string) => () =>
      connection.invite('sips:bob@192.0.2.2', { offer: ourOffer, contact })
    refused('argument', invite('<sip:alice@192.0.2.1>'))
    invite('<sips:alice@192.0.2.1>')()
  })

  it('it is sips: where the outbound proxy is', async () => {
    const { connection } = await createScene({ connection: { outboundProxy: 'sips:192.0.2.2' } })
    const invite = (contact: string) => () =>
      connection.invite('sip:bob@example.com', { offer: ourOffer, contact })
    refused('argument', invite('<sip:alice@192.0.2.1>'))
    invite('<sips:alice@192.0.2.1>')()
  })

  it('one SIP URI goes out as it was given', async () => {
    const { connection, bob, run } = await createScene()
    connection.invite(bob.uri, { offer: ourOffer, contact: '"Alice" <sip:alice@192.0.2.1:5060;x=1>' })
    await run(10)
    expect(bob.next('INVITE').headers('contact')).toEqual(['"Alice" <sip:alice@192.0.2.1:5060;x=1>'])
  })
})
