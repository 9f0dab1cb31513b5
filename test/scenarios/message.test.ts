/** MESSAGE in pager mode: one at a time to one URI, and big ones only where congestion is controlled. RFC 3428. */
import { describe, expect, it } from 'vitest'
import { SipError } from '../../src/index.ts'
import { createScene, record } from './support.ts'

const codeOf = (operation: () => unknown): unknown => {
  try {
    operation()
    return 'done'
  } catch (error) {
    return error instanceof SipError ? error.code : error
  }
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    error => (error instanceof SipError ? [error.code, error.status] : error),
  )

describe('a MESSAGE of ours', () => {
  it('carries its text as UTF-8, without Contact, and settles with the answer (§4)', async () => {
    const { connection, bob, run } = await createScene()
    const message = connection.message(bob.uri, 'Grüße', { headers: [['Subject', 'hi']] })
    expect([message.kind, message.method, message.state.is]).toEqual([
      'clientTransaction',
      'MESSAGE',
      'constructing',
    ])
    await run(10)
    const request = bob.next('MESSAGE')
    expect([request.text, request.header('content-type'), request.header('contact')]).toEqual([
      'Grüße',
      'text/plain',
      undefined,
    ])
    expect(request.header('subject')).toBe('hi')
    bob.reply(request, 202)
    await run(10)
    expect((await message.response()).status).toBe(202)
  })

  it('is refused once, by its promise and on errors$', async () => {
    const { connection, bob, run } = await createScene()
    const message = connection.message(bob.uri, 'hi')
    const errors = record(message.errors$)
    const answers = record(message.responses$)
    const told = errorOf(message.response())
    await run(10)
    bob.reply(bob.next('MESSAGE'), 415)
    await run(10)
    expect(await told).toEqual(['rejected', 415])
    expect(errors.values.map(({ code, status }) => [code, status])).toEqual([['rejected', 415]])
    expect(answers.values.map(({ status }) => status)).toEqual([415])
  })

  it('fails when nobody answers', async () => {
    const { connection, bob, run } = await createScene()
    const told = errorOf(connection.message(bob.uri, 'hi').response())
    await run(33_000)
    expect(await told).toEqual(['timeout', undefined])
  })

  it('says who it is from and for as any request does', async () => {
    const { connection, bob, run } = await createScene()
    connection.message(bob.uri, 'hi', { from: '"A" <sip:a@example.com>', to: '<sip:b@example.com>' })
    await run(10)
    const request = bob.next('MESSAGE')
    expect([request.header('from'), request.header('to')]).toEqual([
      expect.stringMatching(/^A <sip:a@example.com>;tag=/),
      '<sip:b@example.com>',
    ])
  })
})

describe('congestion (§8)', () => {
  it('lets the next to the same URI wait for the answer to the one before', async () => {
    const { connection, bob, run } = await createScene()
    const texts = ['one', 'two', 'three']
    const messages = texts.map(text => connection.message(bob.uri, text))
    const elsewhere = connection.message('sip:carol@192.0.2.2:5060', 'four')
    await run(10)
    const first = bob.next('MESSAGE')
    const other = bob.next('MESSAGE')
    expect([first.text, other.text, bob.all('MESSAGE')]).toEqual(['one', 'four', [first, other]])
    bob.reply(first, 180)
    await run(100)
    expect(bob.all('MESSAGE')).toHaveLength(2)
    bob.reply(first, 500)
    await run(10)
    const second = bob.next('MESSAGE')
    expect(second.text).toBe('two')
    bob.reply(second, 200)
    await run(10)
    bob.reply(bob.next('MESSAGE'), 200)
    bob.reply(other, 200)
    await run(10)
    const ends = [...messages, elsewhere].map(message => errorOf(message.response()))
    expect(await Promise.all(ends)).toEqual([['rejected', 500], 'done', 'done', 'done'])
  })

  it('counts a URI that is only written in another way as the same', async () => {
    const { connection, bob, run } = await createScene()
    connection.message('sip:bob@192.0.2.2:5060', 'one')
    connection.message('SIP:bob@192.0.2.2:5060', 'two')
    await run(10)
    expect(bob.all('MESSAGE')).toHaveLength(1)
  })

  it('goes on with the next when nobody answers', async () => {
    const { connection, bob, run } = await createScene()
    connection.message(bob.uri, 'one')
    connection.message(bob.uri, 'two')
    await run(32_100)
    expect(bob.all('MESSAGE').at(-1)?.text).toBe('two')
  })

  it('fails with in-use when too many wait', async () => {
    const { connection, bob, run } = await createScene({ sip: { limits: { waitingRequests: 2 } } })
    const messages = ['one', 'two', 'three', 'four'].map(text => connection.message(bob.uri, text))
    const errors = messages.map(message => record(message.errors$))
    const last = errorOf(messages[3]!.response())
    await run(10)
    expect(errors.map(({ values }) => values.map(({ code }) => code))).toEqual([[], [], [], ['in-use']])
    expect(await last).toEqual(['in-use', undefined])
  })

  it('takes a MESSAGE above 1300 bytes to TCP', async () => {
    const { connection, bob, run } = await createScene()
    connection.message(bob.uri, 'x'.repeat(1300))
    await run(100)
    const request = bob.next('MESSAGE')
    expect([request.via.transport, request.text.length]).toEqual(['TCP', 1300])
  })

  it('does not send it by UDP when there is nothing else', async () => {
    const { connection, bob, run, ourWords } = await createScene({ connection: { transports: ['UDP'] } })
    const big = errorOf(connection.message(bob.uri, 'x'.repeat(1300)).response())
    const named = errorOf(connection.message(`${bob.uri};transport=udp`, 'x'.repeat(1300)).response())
    await run(100)
    expect([await big, await named]).toEqual([
      ['not-supported', undefined],
      ['not-supported', undefined],
    ])
    expect(ourWords()).toEqual([])
    connection.message(bob.uri, 'x'.repeat(1300), { congestionSafe: true })
    connection.message(bob.uri, 'x'.repeat(100))
    await run(100)
    const request = bob.next('MESSAGE')
    expect([request.via.transport, request.text.length]).toEqual(['UDP', 1300])
    bob.reply(request, 200)
    await run(10)
    expect(bob.next('MESSAGE').text).toHaveLength(100)
  })

  it('does not fall back to UDP when TCP is refused, as other requests do (RFC 3261 §18.1.1)', async () => {
    const { connection, run, ourWords } = await createScene()
    const far = 'sip:nobody@192.0.2.77:5060'
    const big = errorOf(connection.message(far, 'x'.repeat(1300)).response())
    await run(60_000)
    expect(await big).toEqual(['transport', undefined])
    expect(ourWords().filter(word => word === 'MESSAGE')).toEqual([])
  })
})

describe('misuse', () => {
  it('throws at once and sends nothing', async () => {
    const { connection, bob, run, ourWords } = await createScene()
    expect(codeOf(() => connection.message(bob.uri, ''))).toBe('argument')
    expect(codeOf(() => connection.message('mailto:a@b', 'hi'))).toBe('argument')
    expect(codeOf(() => connection.message(bob.uri, 'hi', { contentType: 'plain' }))).toBe('argument')
    expect(codeOf(() => connection.message(bob.uri, 'hi', { contentType: 'a/b\r\nX: y' }))).toBe('argument')
    expect(codeOf(() => connection.message(bob.uri, 'hi', { headers: [['Via', 'x']] }))).toBe(
      'header-not-allowed',
    )
    expect(codeOf(() => connection.message(bob.uri, 'hi', { congestionSafe: 1 as never }))).toBe('argument')
    await run(10)
    expect(ourWords()).toEqual([])
    void connection.close()
    await run(100)
    expect(codeOf(() => connection.message(bob.uri, 'hi'))).toBe('resource-not-available')
  })
})

describe('a MESSAGE of the peer', () => {
  it('comes by requests$ with its text, and is answered by the application', async () => {
    const { connection, bob, run, address, ourUri } = await createScene()
    const texts: string[] = []
    connection.requests$.subscribe(request => {
      texts.push(request.request?.text ?? '')
      request.respond(200)
    })
    bob.request('MESSAGE', { to: address, uri: ourUri, body: 'Lunch?' })
    await run(10)
    expect([texts, bob.next(200).cseq.method]).toEqual([['Lunch?'], 'MESSAGE'])
  })
})
