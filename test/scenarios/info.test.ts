/** Requests in the dialog of a call: INFO with packages and without, MESSAGE, OPTIONS. RFC 6086, RFC 3261 §12.2; row E20. */
import { describe, expect, it } from 'vitest'
import type { HeaderPair } from '../../src/message/types.ts'
import { createScene, record, theirs } from './support.ts'

const withPackages = { connection: { infoPackages: ['dtmf', 'conference'] } }
const recvInfo = (value: string): HeaderPair[] => [['Recv-Info', value]]
const info = (name: string) => ({
  headers: [['Info-Package', name]] as HeaderPair[],
  body: 'hello',
  contentType: 'text/plain',
})

describe('INFO packages', () => {
  it('are named in the INVITE and in what answers one (RFC 6086 §5.2)', async () => {
    const outgoing = await createScene(withPackages)
    expect((await outgoing.established()).invite.header('recv-info')).toBe('dtmf, conference')
    const incoming = await createScene(withPackages)
    expect((await incoming.answered()).ok.header('recv-info')).toBe('dtmf, conference')
  })

  it('none at all is said, too; and nothing by default', async () => {
    const none = await createScene({ connection: { infoPackages: [] } })
    expect((await none.established()).invite.header('recv-info')).toBe('')
    const silent = await createScene()
    expect((await silent.established()).invite.header('recv-info')).toBeUndefined()
  })

  it('an INFO with another one draws 469 that names ours (RFC 6086 §4.2.2)', async () => {
    const { answered, bob, run } = await createScene(withPackages)
    const { call, dialog } = await answered()
    const infos = record(call.dialog!.requests$)
    dialog.request('INFO', info('nobodys'))
    await run(10)
    expect(bob.next(469).header('recv-info')).toBe('dtmf, conference')
    dialog.request('INFO', info('DTMF'))
    await run(10)
    expect(infos.values.map(({ request }) => request.header('info-package'))).toEqual(['DTMF'])
    infos.values[0]!.respond(200)
    await run(10)
    expect(bob.next(200).cseq.method).toBe('INFO')
    expect(call.state.is).toBe('confirmed')
  })

  it('E20: one without a package goes to the application, as of old (RFC 6086 §4.2.3)', async () => {
    const { answered, bob, run } = await createScene(withPackages)
    const { call, dialog } = await answered()
    call.dialog!.requests$.subscribe(transaction => transaction.respond(200))
    dialog.request('INFO', { body: 'Signal=5', contentType: 'application/dtmf-relay' })
    await run(10)
    expect(bob.next(200).cseq.method).toBe('INFO')
  })

  it('every INFO goes to an application that says nothing of packages', async () => {
    const { answered, bob, run } = await createScene()
    const { call, dialog } = await answered()
    call.dialog!.requests$.subscribe(transaction => transaction.respond(200))
    dialog.request('INFO', info('whatever'))
    await run(10)
    bob.next(200)
  })

  it("the peer's are known from its 2xx, and from its later messages", async () => {
    const { call: begin, bob, run } = await createScene()
    const { call, invite } = await begin()
    expect(call.remoteInfoPackages).toBeUndefined()
    const ok = bob.reply(invite, 200, { body: theirs, headers: recvInfo('dtmf;x=1 , conference') })
    await run(10)
    expect(call.remoteInfoPackages).toEqual(['dtmf', 'conference'])
    bob.next('ACK')
    bob.inDialog(invite, ok).request('INVITE', { body: theirs, headers: recvInfo('') })
    await run(10)
    expect(call.remoteInfoPackages).toEqual([])
  })

  it("the peer's are known from its INVITE, and those alone can be sent (RFC 6086 §4.2.1)", async () => {
    const { answered, bob, run } = await createScene()
    const { call } = await answered({ headers: recvInfo('conference') })
    expect(call.remoteInfoPackages).toEqual(['conference'])
    const sent = call.info('conference', { contentType: 'text/plain', body: 'mute' })
    await run(10)
    const request = bob.next('INFO')
    expect([
      request.header('info-package'),
      request.header('content-disposition'),
      request.header('content-type'),
      request.text,
    ]).toEqual(['conference', 'Info-Package', 'text/plain', 'mute'])
    bob.reply(request, 200)
    await run(10)
    expect((await sent.response()).status).toBe(200)
    expect(() => call.info('dtmf')).toThrow(expect.objectContaining({ code: 'not-supported' }))
    expect(() => call.info('no token')).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(() => call.info('conference', { body: 'x' })).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
  })

  it('cannot be sent before there is a dialog', async () => {
    const { call: begin } = await createScene()
    const { call } = await begin()
    expect(() => call.info('dtmf')).toThrow(expect.objectContaining({ code: 'invalid-dialog-state' }))
  })

  it('must be tokens', async () => {
    const { sip } = await createScene()
    for (const infoPackages of [['a b'], ['a\r\nVia: x']]) {
      expect(() => sip.connect({ infoPackages })).toThrow(expect.objectContaining({ code: 'argument' }))
    }
  })
})

describe('other requests in a dialog', () => {
  it('OPTIONS is answered by the engine, MESSAGE by the application (§11.2, §12.2.2)', async () => {
    const { answered, bob, run } = await createScene()
    const { call, dialog } = await answered()
    const requests = record(call.dialog!.requests$)
    dialog.request('OPTIONS')
    await run(10)
    expect(bob.next(200).parsed('allow')).toEqual(expect.arrayContaining(['REFER', 'NOTIFY', 'INFO']))
    dialog.request('MESSAGE', { body: 'hi' })
    await run(10)
    requests.values[0]!.respond(200)
    await run(10)
    expect(bob.next(200).cseq.method).toBe('MESSAGE')
    expect(requests.values.map(({ method }) => method)).toEqual(['MESSAGE'])
  })

  it('INFO, MESSAGE and OPTIONS of ours are sent by hand', async () => {
    const { answered, bob, run } = await createScene()
    const { call } = await answered()
    for (const method of ['INFO', 'MESSAGE', 'OPTIONS']) {
      const sent = call.dialog!.request(method)
      await run(10)
      const request = bob.next(method)
      expect(request.toTag).toBe(call.dialog!.remoteTag)
      bob.reply(request, 200)
      await run(10)
      expect((await sent.response()).status).toBe(200)
    }
  })
})
