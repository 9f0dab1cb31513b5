/** What we publish at a server, against a compositor that says what it is told to. RFC 3903. */
import { describe, expect, it } from 'vitest'
import type { PublishOptions } from '../../src/index.ts'
import { isSipError, SipError } from '../../src/index.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { createScene, record, type SceneOptions } from './support.ts'

const codeOf = (operation: () => unknown): unknown => {
  try {
    operation()
    return 'done'
  } catch (error) {
    return error instanceof SipError ? error.code : error
  }
}

/** How a promise has settled by now. */
const outcome = (promise: Promise<unknown>) => {
  const seen: { is: unknown } = { is: 'open' }
  promise.then(
    () => (seen.is = 'done'),
    error => (seen.is = isSipError(error) ? error.code : error),
  )
  return seen
}

interface Answer {
  readonly status?: number
  /** Headers instead of an entity tag of its own and the time asked for. */
  readonly headers?: readonly (readonly [string, string])[]
  /** Milliseconds; `never`: none. */
  readonly after?: number | 'never'
}

/** `initial 3600 "open"`, `refresh 3600 if t1`, `modify …`, `remove …`: what a PUBLISH is by RFC 3903 §4.1. */
const operation = (request: SipRequest): string => {
  const match = request.header('sip-if-match')
  const expires = request.header('expires')
  const kind =
    match === undefined ? 'initial' : expires === '0' ? 'remove' : request.text === '' ? 'refresh' : 'modify'
  const body = request.text === '' ? '' : ` "${request.text}"`
  return `${kind} ${expires}${match === undefined ? '' : ` if ${match}`}${body}`
}

const scene = async (options: SceneOptions = {}) => {
  const made = await createScene(options)
  const { bob, clock, connection } = made
  const answers: Answer[] = []
  const seen: { readonly at: number; readonly what: string; readonly request: SipRequest }[] = []
  let tags = 0
  bob.on('PUBLISH', request => {
    seen.push({ at: Math.round(clock.now() / 1000), what: operation(request), request })
    const { status = 200, headers, after = 0 } = answers.shift() ?? {}
    if (after === 'never') return
    const reply = () => {
      if (status < 300) tags += 1
      const good = [
        ['SIP-ETag', `t${tags}`],
        ['Expires', request.header('expires') ?? '3600'],
      ] as const
      bob.reply(request, status, { headers: headers ?? (status < 300 ? good : []) })
    }
    if (after === 0) reply()
    else clock.setTimeout(reply, after)
  })
  const publish = (given: Partial<PublishOptions> = {}) => {
    const publication = connection.publish(bob.uri, {
      event: 'presence',
      contentType: 'text/plain',
      body: 'open',
      ...given,
    })
    return { publication, states: record(publication.state$), errors: record(publication.errors$) }
  }
  return {
    ...made,
    answers,
    publish,
    seen,
    whats: () => seen.map(({ what }) => what),
  }
}

describe('publishing', () => {
  it('sends Event, Expires and the body, and knows the state by its entity tag (§4.2)', async () => {
    const { publish, run, seen, whats, clock } = await scene()
    const { publication, states } = publish({ headers: [['Subject', 'me']] })
    const published = outcome(publication.published())
    expect([publication.state.is, whats()]).toEqual(['publishing', []])
    await run(100)
    expect(whats()).toEqual(['initial 3600 "open"'])
    const { request } = seen[0]!
    expect([request.header('event'), request.header('content-type'), request.header('subject')]).toEqual([
      'presence',
      'text/plain',
      'me',
    ])
    expect(publication.state).toMatchObject({ is: 'published', etag: 't1', granted: 3600 })
    expect([publication.etag, publication.granted, published.is]).toEqual(['t1', 3600, 'done'])
    const { state } = publication
    expect('expiresAt' in state && Math.round((state.expiresAt - clock.now()) / 1000)).toBe(3600)
    expect(states.values.map(({ is }) => is)).toEqual(['publishing', 'published'])
    expect(publication.transaction?.lastResponse?.status).toBe(200)
  })

  it('renews it without its body, ten minutes before its end, by the latest tag (§4.3)', async () => {
    const { publish, run, whats, seen } = await scene()
    const { publication, states } = publish()
    await run(1000)
    expect(publication.refresh?.state).toEqual({ is: 'active', interval: 3000 })
    await run(6_000_000)
    expect(whats()).toEqual(['initial 3600 "open"', 'refresh 3600 if t1', 'refresh 3600 if t2'])
    expect(seen.map(({ at }) => at)).toEqual([0, 3000, 6000])
    expect(seen.map(({ request }) => request.cseq.seq)).toEqual([1, 2, 3])
    expect(new Set(seen.map(({ request }) => request.callId)).size).toBe(1)
    expect(states.values.map(({ is }) => is)).toEqual([
      'publishing',
      ...['published', 'refreshing', 'published', 'refreshing', 'published'],
    ])
    expect(publication.etag).toBe('t3')
  })

  it('goes by the time that the server grants, and takes an interval by hand', async () => {
    const { publish, run, answers, seen } = await scene()
    const granted = [
      ['SIP-ETag', 'x'],
      ['Expires', '600'],
    ] as const
    answers.push({ headers: granted }, { headers: granted }, { headers: granted })
    const { publication } = publish()
    await run(301_000)
    publication.refresh!.setInterval(20)
    await run(25_000)
    expect(seen.map(({ at }) => at)).toEqual([0, 300, 321])
    expect(codeOf(() => publication.refresh!.terminate())).toBe('invalid-registration-state')
  })

  it('ends with its time when it is not renewed', async () => {
    const { publish, run, whats } = await scene()
    const { publication, states } = publish({ expires: 60, autoRefresh: false })
    await run(59_000)
    expect([publication.state.is, publication.refresh]).toEqual(['published', undefined])
    await run(2000)
    expect([publication.state.is, whats()]).toEqual(['expired', ['initial 60 "open"']])
    expect(states.complete).toBe(true)
    expect(codeOf(() => publication.update('x'))).toBe('resource-not-available')
  })

  it('publishes another state in the place of the first (§4.4)', async () => {
    const { publish, run, whats } = await scene()
    const { publication } = publish()
    await run(100)
    const updated = outcome(publication.update('busy'))
    expect(publication.state.is).toBe('refreshing')
    await run(100)
    expect([updated.is, publication.etag]).toEqual(['done', 't2'])
    expect(whats()).toEqual(['initial 3600 "open"', 'modify 3600 if t1 "busy"'])
  })

  it('has one PUBLISH under way, and then sends the latest of what was wanted meanwhile (§4)', async () => {
    const { publish, run, whats, answers } = await scene()
    answers.push({ after: 400 })
    const { publication } = publish()
    await run(100)
    const outcomes = ['a', 'b', 'c'].map(body => outcome(publication.update(body)))
    await run(200)
    expect(whats()).toEqual(['initial 3600 "open"'])
    await run(500)
    expect(whats()).toEqual(['initial 3600 "open"', 'modify 3600 if t1 "c"'])
    expect(outcomes.map(({ is }) => is)).toEqual(['done', 'done', 'done'])
  })

  it('renews at once, with another lifetime, when it is updated without a body', async () => {
    const { publish, run, whats } = await scene()
    const { publication } = publish()
    await run(100)
    const updated = outcome(publication.update(undefined, { expires: 120, headers: [['Subject', 'x']] }))
    await run(100)
    expect([updated.is, publication.granted]).toEqual(['done', 120])
    expect(whats()[1]).toBe('refresh 120 if t1')
  })

  it('lets two publications of one URI wait for each other, and those of others not (§4)', async () => {
    const { publish, run, whats, answers, connection } = await scene()
    answers.push({ after: 300 })
    publish({ body: 'one' })
    publish({ body: 'two' })
    const other = connection.publish('sip:carol@192.0.2.2:5060', {
      event: 'presence',
      contentType: 'text/plain',
      body: 'three',
    })
    await run(100)
    expect(whats()).toEqual(['initial 3600 "one"', 'initial 3600 "three"'])
    expect(other.state.is).toBe('published')
    await run(400)
    expect(whats()[2]).toBe('initial 3600 "two"')
  })
})

describe('a server that asks who we are', () => {
  it('is answered with the credentials of the publication, and nobody hears of it', async () => {
    const { publish, run, answers, seen } = await scene()
    answers.push({
      status: 401,
      headers: [['WWW-Authenticate', 'Digest realm="example.com", nonce="n1", algorithm=MD5']],
    })
    const { publication, errors } = publish({ credentials: { username: 'alice', password: 's3cret' } })
    const responses = record(publication.responses$)
    await run(200)
    expect(seen.map(({ request }) => request.header('authorization')?.slice(0, 23))).toEqual([
      undefined,
      'Digest username="alice"',
    ])
    expect([publication.state.is, errors.values, responses.values.map(({ status }) => status)]).toEqual([
      'published',
      [],
      [200],
    ])
  })
})

describe('a server that does not have it', () => {
  it('gets the last state as a new one after 412 to a renewal (§5)', async () => {
    const { publish, run, whats, answers } = await scene()
    answers.push({}, {}, { status: 412 })
    const { publication, states, errors } = publish()
    await run(100)
    void publication.update('busy')
    await run(3_000_200)
    expect(whats()).toEqual([
      'initial 3600 "open"',
      'modify 3600 if t1 "busy"',
      'refresh 3600 if t2',
      'initial 3600 "busy"',
    ])
    expect([publication.etag, errors.values]).toEqual(['t3', []])
    expect(states.values.map(({ is }) => is).slice(-3)).toEqual(['refreshing', 'publishing', 'published'])
  })

  it('gets the new state as a new one after 412 to a change', async () => {
    const { publish, run, whats, answers } = await scene()
    answers.push({}, { status: 412 })
    const { publication } = publish()
    await run(100)
    const updated = outcome(publication.update('busy'))
    await run(200)
    expect(whats().slice(1)).toEqual(['modify 3600 if t1 "busy"', 'initial 3600 "busy"'])
    expect([updated.is, publication.etag]).toEqual(['done', 't2'])
  })
})

describe('a publication that is refused', () => {
  it('asks once for as long as the server wants (423), and no longer than the application allows', async () => {
    const { publish, run, whats, answers } = await scene()
    answers.push({ status: 423, headers: [['Min-Expires', '7200']] })
    const { publication } = publish()
    await run(100)
    expect([whats(), publication.state.is]).toEqual([
      ['initial 3600 "open"', 'initial 7200 "open"'],
      'published',
    ])
    answers.push({ status: 423, headers: [['Min-Expires', '7200']] })
    const { publication: brief, errors } = publish({ maxMinExpires: 5000 })
    await run(100)
    expect([brief.state.is, errors.values.map(({ code, status }) => [code, status])]).toEqual([
      'terminated',
      [['rejected', 423]],
    ])
    answers.push(
      { status: 423, headers: [['Min-Expires', '4000']] },
      { status: 423, headers: [['Min-Expires', '5000']] },
    )
    const { publication: twice } = publish()
    await run(100)
    expect(twice.state.is).toBe('terminated')
  })

  it.each([403, 404, 489, 500, 503])('ends with %i to the first PUBLISH', async status => {
    const { publish, run, answers, whats } = await scene()
    answers.push({ status })
    const { publication, errors, states } = publish()
    const published = outcome(publication.published())
    await run(100)
    expect([publication.state.is, published.is, states.complete]).toEqual(['terminated', 'rejected', true])
    expect(errors.values.map(({ code, status }) => [code, status])).toEqual([['rejected', status]])
    expect(whats()).toHaveLength(1)
  })

  it('ends with a refusal of its renewal', async () => {
    const { publish, run, answers } = await scene()
    answers.push({}, { status: 403 })
    const { publication, errors } = publish()
    await run(3_000_200)
    expect(publication.state.is).toBe('terminated')
    expect(errors.values.map(({ code, status }) => [code, status])).toEqual([
      ['terminated-with-response', 403],
    ])
    expect(publication.transaction?.lastResponse?.status).toBe(403)
    expect(publication.refresh?.state.is).toBe('terminated')
  })

  it('keeps what the server has when a change is refused, and renews that', async () => {
    const { publish, run, whats, answers } = await scene()
    answers.push({}, { status: 413 })
    const { publication, errors } = publish()
    await run(100)
    const updated = outcome(publication.update('much'))
    await run(100)
    expect([updated.is, publication.state.is, publication.etag]).toEqual(['rejected', 'published', 't1'])
    expect(errors.values.map(({ status }) => status)).toEqual([413])
    answers.push({ status: 412 })
    await run(3_000_000)
    expect(whats().slice(2)).toEqual(['refresh 3600 if t1', 'initial 3600 "open"'])
  })

  it('sends a change once more with all that it says when its time is too brief (423)', async () => {
    const { publish, run, whats, answers } = await scene()
    answers.push({}, { status: 423, headers: [['Min-Expires', '7200']] })
    const { publication } = publish()
    await run(100)
    const updated = outcome(publication.update('closed'))
    await run(100)
    expect([whats().slice(1), updated.is]).toEqual([
      ['modify 3600 if t1 "closed"', 'modify 7200 if t1 "closed"'],
      'done',
    ])
  })

  it('renews what the server has when a change is refused that went out in the place of the renewal', async () => {
    const { publish, run, whats, answers } = await scene()
    const { publication } = publish()
    await run(2_999_800)
    // Another one of the same URI is under way when the renewal is due, so that both go out as one.
    answers.push({ after: 400 }, { status: 413 })
    publish({ body: 'other', autoRefresh: false, expires: 100_000 })
    await run(300)
    const updated = outcome(publication.update('much'))
    await run(500)
    expect([updated.is, whats().slice(2)]).toEqual([
      'rejected',
      ['modify 3600 if t1 "much"', 'refresh 3600 if t1'],
    ])
    expect(publication.state).toMatchObject({ is: 'published', etag: 't3' })
  })

  it('ends when nobody answers, and says so', async () => {
    const { publish, run, answers } = await scene()
    answers.push(...Array.from({ length: 20 }, () => ({ after: 'never' as const })))
    const { publication, errors } = publish()
    await run(33_000)
    expect([publication.state.is, errors.values.map(({ code }) => code)]).toEqual(['terminated', ['timeout']])
  })

  it('keeps what the server has when nobody answers a change', async () => {
    const { publish, run, answers } = await scene()
    answers.push({}, ...Array.from({ length: 11 }, () => ({ after: 'never' as const })))
    const { publication, errors } = publish()
    await run(100)
    const updated = outcome(publication.update('busy'))
    await run(33_000)
    expect([updated.is, publication.state.is]).toEqual(['timeout', 'published'])
    expect(errors.values.map(({ code }) => code)).toEqual(['timeout'])
  })

  it.each([
    ['without an entity tag', [['Expires', '60']], 'SIP-ETag'],
    [
      'that grants no time',
      [
        ['SIP-ETag', 'x'],
        ['Expires', '0'],
      ],
      'Expires',
    ],
  ] as const)('cannot use a 2xx %s', async (_, headers, header) => {
    const { publish, run, answers } = await scene()
    answers.push({ headers })
    const { publication, errors } = publish()
    await run(100)
    expect(publication.state.is).toBe('terminated')
    expect(errors.values.map(error => [error.code, error.header])).toEqual([['malformed', header]])
  })

  it('lasts as long as was asked for when the 2xx names no time', async () => {
    const { publish, run, answers } = await scene()
    answers.push({ headers: [['SIP-ETag', 'x']] })
    const { publication } = publish({ expires: 900 })
    await run(100)
    expect(publication.granted).toBe(900)
  })
})

describe('taking it back', () => {
  it('sends Expires 0 with the latest tag and no body (§4.5)', async () => {
    const { publish, run, whats, seen } = await scene()
    const { publication, states } = publish()
    await run(100)
    const removed = outcome(publication.remove())
    expect(publication.state.is).toBe('removing')
    await run(100)
    expect([whats()[1], seen[1]!.request.header('content-type')]).toEqual(['remove 0 if t1', undefined])
    expect([removed.is, publication.state.is, states.complete]).toEqual(['done', 'removed', true])
    await run(4_000_000)
    expect(whats()).toHaveLength(2)
  })

  it.each([412, 500])('is done with %i as well', async status => {
    const { publish, run, answers } = await scene()
    answers.push({}, { status })
    const { publication, errors } = publish()
    await run(100)
    const removed = outcome(publication.remove())
    await run(100)
    expect([removed.is, publication.state.is, errors.values]).toEqual(['done', 'removed', []])
  })

  it('waits for the answer to what is under way', async () => {
    const { publish, run, answers, whats } = await scene()
    answers.push({ after: 300 })
    const { publication } = publish()
    await run(100)
    const removed = outcome(publication.remove())
    await run(500)
    expect([whats(), removed.is]).toEqual([['initial 3600 "open"', 'remove 0 if t1'], 'done'])
  })

  it('sends nothing when the server never had it', async () => {
    const { publish, run, answers, whats } = await scene()
    answers.push({ status: 503, after: 300 })
    const first = publish()
    const queued = publish({ body: 'two' })
    await run(100)
    const [one, two] = [first, queued].map(({ publication }) => outcome(publication.remove()))
    await run(500)
    expect([one!.is, two!.is, whats()]).toEqual(['done', 'done', ['initial 3600 "open"']])
    expect([first, queued].map(({ errors }) => errors.values)).toEqual([[], []])
  })

  it('is what an orderly end of the connection does', async () => {
    const { publish, run, whats, connection } = await scene()
    const { publication } = publish()
    await run(100)
    const closed = outcome(connection.close())
    await run(200)
    expect([whats()[1], closed.is, publication.state.is]).toEqual(['remove 0 if t1', 'done', 'removed'])
  })
})

describe('misuse', () => {
  it('throws at once and has no effect', async () => {
    const { connection, bob, run, publish, whats } = await scene()
    const given = { event: 'presence', contentType: 'text/plain', body: 'open' }
    const bad: readonly (readonly [string, Partial<PublishOptions>])[] = [
      ['argument', { event: 'no event' }],
      ['argument', { event: 'a\r\nVia: x' }],
      ['argument', { body: '' }],
      ['argument', { contentType: 'plain' }],
      ['argument', { expires: 0 }],
      ['argument', { expires: 1.5 }],
      ['argument', { headers: [['Subject', 'a\r\nb']] }],
      ['header-not-allowed', { headers: [['Event', 'x']] }],
      ['header-not-allowed', { headers: [['SIP-If-Match', 'x']] }],
      ['header-not-allowed', { headers: [['Expires', '1']] }],
    ]
    for (const [code, wrong] of bad)
      expect([wrong, codeOf(() => connection.publish(bob.uri, { ...given, ...wrong }))]).toEqual([
        wrong,
        code,
      ])
    expect(codeOf(() => connection.publish('mailto:a@b', given))).toBe('argument')
    const { publication } = publish()
    await run(100)
    expect(codeOf(() => publication.update(''))).toBe('argument')
    expect(codeOf(() => publication.update('x', { headers: [['Event', 'x']] }))).toBe('header-not-allowed')
    expect(whats()).toHaveLength(1)
  })

  it('ends with its connection, whatever the server does not say', async () => {
    const { publish, run, answers, connection } = await scene()
    answers.push(...Array.from({ length: 30 }, () => ({ after: 'never' as const })))
    const { publication, states } = publish()
    await run(100)
    const updated = outcome(publication.update('x'))
    await run(100)
    const closed = outcome(connection.close())
    await run(70_000)
    expect([publication.state.is, updated.is, closed.is, states.complete]).toEqual([
      'removed',
      'cancelled',
      'done',
      true,
    ])
  })

  it('fails when more than a hundred wait for one URI', async () => {
    const { publish, run, answers } = await scene({ sip: { limits: { waitingRequests: 2 } } })
    answers.push({ after: 300 })
    const all = [1, 2, 3, 4].map(number => publish({ body: `${number}` }))
    await run(100)
    expect(all.map(({ publication }) => publication.state.is)).toEqual([
      'publishing',
      'publishing',
      'publishing',
      'terminated',
    ])
    expect(all[3]!.errors.values.map(({ code }) => code)).toEqual(['in-use'])
    await run(500)
    expect(all.slice(0, 3).map(({ publication }) => publication.state.is)).toEqual([
      'published',
      'published',
      'published',
    ])
  })
})
