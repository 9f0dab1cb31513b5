/** The refresh of a request that stands alone (docs/scenarios.md A03 in part; CSIPRefresh, features of S2). */
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

const scene = async (
  refresh: true | { readonly interval?: number } = true,
  granted: () => string | undefined = () => '600',
) => {
  const scene = await createScene()
  const { bob, connection, clock } = scene
  let status = 200
  const times: number[] = []
  bob.on('STATUS', request => {
    times.push(Math.round(clock.now() / 1000))
    const expires = granted()
    bob.reply(request, 183)
    bob.reply(request, status, { headers: expires === undefined ? [] : [['Expires', expires]] })
  })
  const transaction = connection.request({
    method: 'STATUS',
    uri: bob.uri,
    headers: [['Expires', '1800']],
    contentType: 'text/plain',
    body: 'open',
    refresh,
  })
  const answers = record(transaction.responses$)
  const errors = record(transaction.refresh!.errors$)
  const states = record(transaction.refresh!.state$)
  const answer = (next: number) => {
    status = next
  }
  return { ...scene, transaction, refresh: transaction.refresh!, answers, errors, states, times, answer }
}

describe('a stand-alone refresh', () => {
  it('repeats the request by the rule of refreshes: same Call-ID and From tag, CSeq+1', async () => {
    const { run, bob, refresh, transaction, times, answers } = await scene()
    expect([refresh.state.is, refresh.isStandAlone, refresh.registration]).toEqual([
      'inactive',
      true,
      undefined,
    ])
    await run(1000)
    expect(refresh.state).toEqual({ is: 'active', interval: 300 })
    expect(refresh.transaction).toBe(transaction)
    await run(600_000)
    expect(times).toEqual([0, 300, 600])
    const [first, second, third] = bob.all('STATUS')
    expect([second!.callId, second!.fromTag, second!.text]).toEqual([first!.callId, first!.fromTag, 'open'])
    expect([first, second, third].map(request => request!.cseq.seq)).toEqual([1, 2, 3])
    // Provisional responses of the first request only.
    expect(answers.values.map(({ status }) => status)).toEqual([183, 200])
    expect(refresh.transaction).not.toBe(transaction)
    expect(refresh.transaction?.lastResponse?.status).toBe(200)
  })

  it('counts with what it asked for when the 2xx names no time', async () => {
    const { run, refresh } = await scene(true, () => undefined)
    await run(1000)
    expect(refresh.interval).toBe(1200)
  })

  it('takes an interval of the application, for good as an option and until the next response by hand', async () => {
    const { run, refresh, times } = await scene({ interval: 50 })
    await run(1000)
    expect(refresh.interval).toBe(50)
    await run(100_000)
    expect(times).toEqual([0, 50, 100])
    refresh.setInterval(7)
    await run(8000)
    expect([times.at(-1), refresh.interval]).toEqual([108, 50])
    expect(codeOf(() => refresh.setInterval(0))).toBe('argument')
  })

  it('is updated with other elements, which stay', async () => {
    const { run, bob, refresh } = await scene()
    await run(1000)
    refresh.update({
      headers: [
        ['Expires', '1800'],
        ['X-Mood', 'fine'],
      ],
      body: 'closed',
      contentType: 'text/plain',
    })
    expect(codeOf(() => refresh.update())).toBe('request-pending')
    expect(codeOf(() => refresh.update({ headers: [['Via', 'x']] }))).toBe('header-not-allowed')
    await run(301_000)
    const requests = bob.all('STATUS')
    expect(requests.map(({ text }) => text)).toEqual(['open', 'closed', 'closed'])
    expect(requests.map(request => request.header('x-mood'))).toEqual([undefined, 'fine', 'fine'])
  })

  it('ends with a refusal of a repetition: one error with the response, and silence', async () => {
    const { run, bob, refresh, errors, answer } = await scene()
    await run(1000)
    answer(412)
    await run(3_600_000)
    expect(bob.all('STATUS')).toHaveLength(2)
    expect(errors.values).toMatchObject([{ code: 'terminated-with-response', status: 412 }])
    expect(refresh.state.is).toBe('terminated')
    expect(refresh.transaction?.lastResponse?.status).toBe(412)
    expect([refresh, refresh].map(each => codeOf(() => each.update()))).toEqual(
      Array(2).fill('invalid-transaction-state'),
    )
  })

  it('never begins when the first request is refused', async () => {
    const { connection, bob, run } = await createScene()
    bob.on('STATUS', request => bob.reply(request, 404))
    const transaction = connection.request({ method: 'STATUS', uri: bob.uri, refresh: true })
    await run(1000)
    await expect(transaction.response()).rejects.toMatchObject({ status: 404 })
    expect(transaction.refresh?.state.is).toBe('terminated')
    await run(3_600_000)
    expect(bob.all('STATUS')).toHaveLength(1)
  })

  it('takes a 2xx with Expires 0 for malformed (S2)', async () => {
    const { run, refresh, errors, transaction } = await scene(true, () => '0')
    await run(1000)
    expect([refresh.state.is, errors.values.map(({ code }) => code)]).toEqual(['terminated', ['malformed']])
    expect((await transaction.response()).status).toBe(200)
  })

  it('is terminated by hand, and nothing more is sent', async () => {
    const { run, bob, refresh, states, sip } = await scene()
    expect(codeOf(() => refresh.terminate())).toBe('invalid-transaction-state')
    await run(1000)
    refresh.terminate()
    await run(3_600_000)
    expect(bob.all('STATUS')).toHaveLength(1)
    expect(states.values.map(({ is }) => is)).toEqual(['inactive', 'active', 'terminated'])
    expect(sip.connections).toHaveLength(1)
  })

  it('A03: ends with its connection; afterwards it is refused', async () => {
    const { run, refresh, connection, bob } = await scene()
    await run(1000)
    const closed = connection.close()
    await run(100)
    await closed
    const codes = [() => refresh.update(), () => refresh.terminate(), () => refresh.setInterval(9)].map(
      codeOf,
    )
    expect(codes).toEqual(Array(3).fill('resource-not-available'))
    await run(3_600_000)
    expect(bob.all('STATUS')).toHaveLength(1)
  })

  it('is no business of the refresh of a registration', async () => {
    const { bob, connection, run } = await createScene()
    bob.on('REGISTER', request => {
      bob.reply(request, 200, { headers: [['Contact', `${request.header('contact')}`]] })
    })
    const registration = connection.register({
      aor: 'sip:alice@example.com',
      registrar: bob.uri,
      expires: 600,
    })
    await run(1000)
    const refresh = registration.refresh!
    expect([refresh.isStandAlone, refresh.registration, refresh.transaction]).toEqual([
      false,
      registration,
      registration.transaction,
    ])
    expect([() => refresh.update(), () => refresh.terminate()].map(codeOf)).toEqual(
      Array(2).fill('invalid-registration-state'),
    )
  })

  it('refuses an interval of no time, and says nothing on the wire', async () => {
    const { bob, connection, run } = await createScene()
    const send = (refresh: never) => () => connection.request({ method: 'STATUS', uri: bob.uri, refresh })
    expect([send({ interval: 0 } as never), send(5 as never)].map(codeOf)).toEqual(['argument', 'argument'])
    await run(1000)
    expect(bob.all('STATUS')).toEqual([])
  })
})
