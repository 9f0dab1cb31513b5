/** subscribe, notify, publish and message, over a simulated network in virtual time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Notifier, ServerTransaction } from '../../src/index.ts'
import { formatUri } from '../../src/message/index.ts'
import { memoryProfileStore, testRegistrar } from '../../src/testing/index.ts'
import { createTerminalWorld } from './support.ts'

type World = ReturnType<typeof createTerminalWorld>
const worlds: World[] = []
const folders: string[] = []
const create: typeof createTerminalWorld = options => {
  const world = createTerminalWorld(options)
  worlds.push(world)
  return world
}
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const summary = (unread: number): string =>
  `Messages-Waiting: ${unread > 0 ? 'yes' : 'no'}\r\nVoice-Message: ${unread}/0\r\n`
const summaryType = 'application/simple-message-summary'
const pidf = (basic: string): string =>
  `<?xml version="1.0"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:alice@example.com">` +
  `<tuple id="t1"><status><basic>${basic}</basic></status></tuple></presence>\n`

/** A file that holds that, and the way to write it anew. */
const fileOf = (content: string, name = 'state.txt') => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-cli-'))
  folders.push(folder)
  const path = join(folder, name)
  writeFileSync(path, content)
  return {
    path,
    write: (text: string) => writeFileSync(path, text),
    remove: () => rmSync(path),
  }
}

/** A notifier of message-summary at 192.0.2.2. */
const notifier = async (world: World, take: (asked: Notifier) => void) => {
  const party = await world.party('192.0.2.2', {}, { events: ['message-summary'] })
  const asked: Notifier[] = []
  party.connection.subscriptions$.subscribe(one => {
    asked.push(one)
    take(one)
  })
  return { ...party, asked }
}
const holding = (one: Notifier): void =>
  one.accept({ contentType: summaryType, body: summary(2), expires: Math.min(600, one.expires) })

const bob = 'sip:bob@192.0.2.2'
const subscribing = ['subscribe', bob, '--event', 'message-summary']

describe('subscribe', () => {
  it('prints each state and each NOTIFY with its body, and unsubscribes at Ctrl-C: status 0', async () => {
    const world = create({ latency: 10 })
    const { asked } = await notifier(world, holding)
    const command = world.command([...subscribing, '--from', 'alice@example.com'])
    expect(await command.after(1000)).toBeUndefined()
    asked[0]!.notify(summary(3), { contentType: summaryType })
    await command.after(1000)
    command.interrupt()
    expect(await command.after(1000)).toBe(0)
    const told = (unread: number, state = 'active') =>
      `${bob}: message-summary ${state}, ${summaryType}\n  Messages-Waiting: yes\n  Voice-Message: ${unread}/0`
    expect(command.out.filter(line => line.includes('message-summary'))).toEqual([
      told(2),
      told(3),
      told(3, 'terminated: timeout'),
    ])
    expect(command.out.filter(line => !line.includes('message-summary'))).toEqual([
      `${bob}: notifyWait`,
      `${bob}: active, 600 s`,
      `${bob}: unsubscribing`,
      `${bob}: terminated: timeout`,
    ])
    expect(asked).toHaveLength(1)
    expect(asked[0]!.state).toMatchObject({ is: 'terminated', reason: 'timeout' })
    expect(command.err).toEqual([])
  })

  it('renews it while it lasts, and ends it after --duration', async () => {
    const world = create()
    const { asked } = await notifier(world, holding)
    const command = world.command([...subscribing, '--expires', '120', '--duration', '500'])
    expect(await command.after(499_000)).toBeUndefined()
    expect(asked.map(({ state }) => state.is)).toEqual(['active'])
    expect(await command.after(2000)).toBe(0)
    expect(asked.map(({ state }) => state.is)).toEqual(['terminated'])
  })

  it('--once asks for the present state alone', async () => {
    const world = create()
    const { asked } = await notifier(world, holding)
    const command = world.command([
      ...subscribing,
      '--id',
      '7',
      '--accept',
      `${summaryType},text/*`,
      '--once',
    ])
    expect(await command.after(1000)).toBe(0)
    expect(asked.map(({ expires, eventId, accepts }) => [expires, eventId, accepts])).toEqual([
      [0, '7', [summaryType, 'text/*']],
    ])
    expect(command.out).toEqual([
      `${bob}: message-summary terminated: timeout, ${summaryType}\n  Messages-Waiting: yes\n  Voice-Message: 2/0`,
    ])
  })

  it.each(['rejected', 'noresource'] as const)('a notifier that ends it by %s: status 1', async reason => {
    const world = create()
    const { asked } = await notifier(world, holding)
    const command = world.command(subscribing)
    await command.after(1000)
    asked[0]!.terminate(reason)
    expect(await command.after(1000)).toBe(1)
    expect(command.err).toEqual([`sipactor: the notifier ended the subscription: ${reason}`])
    expect(command.out.at(-1)).toBe(`${bob}: terminated: ${reason}`)
  })

  it('goes on with a new subscription when the notifier only wants that', async () => {
    const world = create()
    const { asked } = await notifier(world, holding)
    const command = world.command(subscribing)
    await command.after(1000)
    asked[0]!.terminate('deactivated')
    expect(await command.after(1000)).toBeUndefined()
    expect(asked.map(({ state }) => state.is)).toEqual(['terminated', 'active'])
    expect(command.out.at(-1)).toBe(`${bob}: active, 600 s`)
    command.interrupt()
    expect(await command.after(1000)).toBe(0)
  })

  it.each([
    ['message-summary', 403, /^sipactor: the peer answered 403 Forbidden$/],
    ['presence', 489, /^sipactor: the peer answered 489 Bad Event$/],
  ])('%s that is refused with %i: status 1', async (event, _status, line) => {
    const world = create()
    await notifier(world, one => one.reject(403))
    for (const more of [[], ['--once']]) {
      const command = world.command(['subscribe', bob, '--event', event, ...more])
      expect(await command.after(1000)).toBe(1)
      expect(command.err).toHaveLength(1)
      expect(command.err[0]).toMatch(line)
    }
  })

  it('Ctrl-C before the first NOTIFY ends with status 130, nobody there with status 3', async () => {
    const world = create()
    const waiting = world.command([...subscribing, '--transport', 'udp'])
    const patient = world.command([...subscribing, '--transport', 'udp'], { host: '192.0.2.3' })
    await waiting.after(1000)
    waiting.interrupt()
    expect(await waiting.after(5000)).toBe(130)
    expect(await patient.after(40_000)).toBe(3)
    expect(patient.err[0]).toMatch(/^sipactor: nobody answered in time/)
  })

  it('--json has states with what was granted, and NOTIFYs with their bodies, as they are and as they read', async () => {
    const world = create()
    const { asked } = await notifier(world, holding)
    const command = world.command([...subscribing, '--json'])
    await command.after(1000)
    asked[0]!.notify('lamp\x1b[31m on', { contentType: summaryType })
    await command.after(1000)
    asked[0]!.terminate('noresource')
    expect(await command.after(1000)).toBe(1)
    const events = command.out.map(line => JSON.parse(line))
    const of = (type: string) => events.filter(event => event.type === type)
    expect(of('notification')).toMatchObject([
      {
        event: 'message-summary',
        state: 'active',
        contentType: summaryType,
        body: summary(2),
        parsed: { waiting: true, counts: { voice: { new: 2, old: 0 } } },
      },
      { body: 'lamp\x1b[31m on', malformed: expect.any(String) },
      { state: 'terminated', reason: 'noresource' },
    ])
    const states = of('state').filter(({ kind }) => kind === 'subscription')
    expect(states).toContainEqual(expect.objectContaining({ state: 'active', granted: 600 }))
    expect(states.at(-1)).toMatchObject({ state: 'terminated', reason: 'noresource' })
    expect(of('subscriptionState')).toEqual([])
  })

  it('shows no control characters of the notifier', async () => {
    const world = create()
    await notifier(world, one => one.accept({ contentType: 'text/plain', body: 'red\x1b[31m\nalert' }))
    const command = world.command([...subscribing, '--once'])
    expect(await command.after(1000)).toBe(0)
    expect(command.out[0]).toMatch(/\n {2}red\ufffd\[31m\n {2}alert$/)
  })
})

describe('notify', () => {
  const serving = (path: string) => ['notify', '--event', 'message-summary', '--body', path]

  it('tells subscribers what the file says, again when it changes, and that it leaves at Ctrl-C', async () => {
    const world = create()
    const file = fileOf(summary(1))
    const server = world.command(serving(file.path), { host: '192.0.2.2' })
    await server.after(100)
    expect(server.out[0]).toBe(
      `listening on udp 192.0.2.2:5060; notifies of message-summary from ${file.path}; Ctrl-C ends`,
    )
    const client = world.command([...subscribing, '--from', 'alice@example.com', '--json'])
    await client.after(1000)
    file.write(summary(12))
    await client.after(1000)
    expect(server.out.at(-1)).toBe(`${file.path} has changed: 1 subscriber is told`)
    const bodies = (command: typeof client) =>
      command.out
        .map(line => JSON.parse(line))
        .flatMap(({ type, body }) => (type === 'notification' ? [body] : []))
    expect(bodies(client)).toEqual([summary(1), summary(12)])
    expect(server.out).toContain('<sip:alice@example.com>: active, 3600 s')
    client.interrupt()
    expect(await client.after(1000)).toBe(0)
    expect(server.out.at(-1)).toBe('<sip:alice@example.com>: terminated: timeout')

    const another = world.command([...subscribing, '--json'])
    await another.after(1000)
    expect(bodies(another)).toEqual([summary(12)])
    server.interrupt()
    expect(await server.after(1000)).toBe(0)
    const last = another.out.map(line => JSON.parse(line)).filter(({ type }) => type === 'notification')
    expect(last.at(-1)).toMatchObject({ state: 'terminated', reason: 'probation' })
    another.interrupt()
    expect(await another.after(1000)).toBe(0)
    expect(server.err).toEqual([])
  })

  it('is seen again at two looks before it is told: never the half of a file that is being written', async () => {
    const world = create()
    const file = fileOf(summary(1))
    const server = world.command(serving(file.path), { host: '192.0.2.2' })
    const client = world.command([...subscribing, '--json'])
    await client.after(1000)
    // Between two looks, in this order.
    await world.run(120)
    file.write('Messages-Waiting: yes\r\nVoice-')
    await world.run(250)
    file.write(summary(22))
    await world.run(1000)
    const told = client.out.map(line => JSON.parse(line)).filter(({ type }) => type === 'notification')
    expect(told.map(({ body }) => body)).toEqual([summary(1), summary(22)])
    expect(server.err).toEqual([])
    for (const command of [client, server]) command.interrupt()
    expect([await client.after(1000), server.status]).toEqual([0, 0])
  })

  it.each([
    ['is gone', undefined, /there is no such file/],
    ['is empty', '', /is empty/],
    ['is no message-summary', 'hello', /is no application\/simple-message-summary: /],
  ])(
    'a file that %s changes nothing; it says so once and goes on when it is right again',
    async (_, text, why) => {
      const world = create()
      const file = fileOf(summary(1))
      const server = world.command(serving(file.path), { host: '192.0.2.2' })
      const client = world.command([...subscribing, '--json'])
      await client.after(1000)
      if (text === undefined) file.remove()
      else file.write(text)
      await world.run(5000)
      expect(server.err).toHaveLength(1)
      expect(server.err[0]).toMatch(why)
      expect(server.err[0]).toMatch(/; what it said before stays$/)
      file.write(summary(333))
      await world.run(1000)
      const told = client.out.map(line => JSON.parse(line)).filter(({ type }) => type === 'notification')
      expect(told.map(({ body }) => body)).toEqual([summary(1), summary(333)])
      for (const command of [client, server]) command.interrupt()
      expect([await client.after(1000), server.status]).toEqual([0, 0])
    },
  )

  it('grants at most --expires, at least --min-expires, and refuses who does not read the type (406)', async () => {
    const world = create()
    const file = fileOf('soup', 'menu.txt')
    const server = world.command(
      [
        'notify',
        '--event',
        'x-menu',
        '--body',
        file.path,
        '--content-type',
        'text/plain; charset=utf-8',
      ].concat(['--expires', '300', '--min-expires', '60']),
      { host: '192.0.2.2' },
    )
    await server.after(100)
    const ask = (...more: string[]) => world.command(['subscribe', bob, '--event', 'x-menu', ...more])
    const [long, short, picky] = [
      ask('--expires', '3600'),
      ask('--expires', '10'),
      ask('--accept', 'image/*'),
    ]
    expect(await picky.after(1000)).toBe(1)
    expect(picky.err).toEqual(['sipactor: the peer answered 406 Not Acceptable'])
    expect(long.out).toContain(`${bob}: active, 300 s`)
    expect(short.out).toContain(`${bob}: active, 60 s`)
    expect(long.out).toContain(`${bob}: x-menu active, text/plain; charset=utf-8\n  soup`)
    for (const command of [long, short, server]) command.interrupt()
    expect([await long.after(1000), short.status, server.status]).toEqual([0, 0, 0])
  })

  it.each([
    [
      ['--event', 'message-summary', '--body', 'none.txt'],
      /^sipactor: cannot read none\.txt: there is no such file$/,
    ],
    [
      ['--event', 'x-menu', '--body', 'none.txt'],
      /^sipactor: what bodies of x-menu are .*: give --content-type$/,
    ],
    [
      ['--body', 'none.txt'],
      /required option '--event <package>' not specified\. See sipactor notify --help$/,
    ],
    [['--event', 'a b', '--body', 'x'], /cannot be 'a b': It is no event package\. Write it like presence/],
    [['--event', 'x', '--body', 'x', '--content-type', 'text'], /cannot be 'text': It is no media type\./],
  ])('refuses %j: status 2', async (args, line) => {
    for (const name of [['notify'], ['publish', 'alice@example.com']]) {
      const command = create().command([...name, ...args])
      expect(await command.after(100)).toBe(2)
      expect(command.err.join('\n')).toMatch(new RegExp(line.source.replace('notify', name[0]!)))
    }
  })
})

describe('publish', () => {
  const publishing = (path: string, ...more: string[]) => [
    'publish',
    'sip:alice@192.0.2.2',
    ...['--event', 'presence', '--body', path, ...more],
  ]

  /** A server that takes PUBLISH and says which it took: body, If-Match, lifetime. */
  const server = async (
    world: World,
    answer?: (count: number, transaction: ServerTransaction) => boolean,
  ) => {
    const { connection } = await world.party('192.0.2.2', {}, { methods: ['PUBLISH'] })
    const taken: { text: string; match: string | undefined; expires: string | undefined; from: string }[] = []
    connection.requests$.subscribe(transaction => {
      const { request } = transaction
      const expires = request.header('expires')
      taken.push({
        text: request.text,
        match: request.header('sip-if-match'),
        expires,
        from: request.header('from')!.replace(/;tag=.*/, ''),
      })
      if (answer?.(taken.length, transaction)) return
      transaction.respond(200, {
        headers: [
          ['SIP-ETag', `e${taken.length}`],
          ['Expires', expires!],
        ],
      })
    })
    return taken
  }

  it('keeps it published, publishes what the file says later, and takes it back at Ctrl-C: status 0', async () => {
    const world = create()
    const taken = await server(world)
    const file = fileOf(pidf('open'), 'here.xml')
    const command = world.command(publishing(file.path, '--expires', '100'))
    expect(await command.after(150_000)).toBeUndefined()
    file.write(pidf('closed'))
    await command.after(1000)
    command.interrupt()
    expect(await command.after(1000)).toBe(0)
    const from = '<sip:alice@192.0.2.2>'
    expect(taken[0]).toEqual({ text: pidf('open'), match: undefined, expires: '100', from })
    expect(taken.at(-2)).toEqual({
      text: pidf('closed'),
      match: `e${taken.length - 2}`,
      expires: '100',
      from,
    })
    expect(taken.at(-1)).toEqual({ text: '', match: `e${taken.length - 1}`, expires: '0', from })
    // Between them it was renewed, without a body. RFC 3903 §4.1
    expect(taken.slice(1, -2).length).toBeGreaterThan(0)
    expect(taken.slice(1, -2).every(({ text }) => text === '')).toBe(true)
    expect(command.out[0]).toBe('sip:alice@192.0.2.2: publishing')
    expect(command.out[1]).toBe('sip:alice@192.0.2.2: published, 100 s')
    expect(command.out).toContain(`${file.path} has changed`)
    expect(command.out.at(-1)).toBe('sip:alice@192.0.2.2: removed')
    expect(command.err).toEqual([])
  })

  it('--once publishes, takes it back and ends', async () => {
    const world = create()
    const taken = await server(world)
    const command = world.command(
      publishing(fileOf(pidf('open')).path, '--once', '--from', '"A" <sip:a@example.com>'),
    )
    expect(await command.after(1000)).toBe(0)
    expect(taken.map(({ expires, from }) => [expires, from])).toEqual([
      ['3600', 'A <sip:a@example.com>'],
      ['0', 'A <sip:a@example.com>'],
    ])
  })

  it('a server that refuses: status 1; one that refuses only a change keeps what it has, and so it says', async () => {
    const world = create()
    const file = fileOf(pidf('open'))
    const taken = await server(world, (count, transaction) => {
      if (count === 1 || count === 3) transaction.respond(403)
      return count === 1 || count === 3
    })
    const refused = world.command(publishing(file.path))
    expect(await refused.after(1000)).toBe(1)
    expect(refused.err).toEqual(['sipactor: the peer answered 403 Forbidden'])
    expect(refused.out).toEqual(['sip:alice@192.0.2.2: publishing'])
    const command = world.command(publishing(file.path))
    await command.after(1000)
    file.write(pidf('closed'))
    expect(await command.after(1000)).toBeUndefined()
    expect(command.err).toEqual([
      'sipactor: the peer answered 403 Forbidden; what was published before stays',
    ])
    file.write(pidf('open'))
    await command.after(1000)
    command.interrupt()
    expect(await command.after(1000)).toBe(0)
    expect(taken.map(({ text }) => text)).toEqual([
      pidf('open'),
      pidf('open'),
      pidf('closed'),
      pidf('open'),
      '',
    ])
  })

  it('goes on when the server has lost it (412), and ends with status 3 when nobody answers any more', async () => {
    const world = create()
    const file = fileOf(pidf('open'))
    const taken = await server(world, (count, transaction) => {
      if (count === 2) transaction.respond(412)
      return count === 2
    })
    const command = world.command(publishing(file.path, '--expires', '100'))
    expect(await command.after(99_000)).toBeUndefined()
    expect(taken.slice(0, 3)).toMatchObject([
      { text: pidf('open'), match: undefined },
      { text: '', match: 'e1' },
      { text: pidf('open'), match: undefined },
    ])
    expect(command.err).toEqual([])
    world.network.set({ loss: 1 })
    expect(await command.after(200_000)).toBe(3)
    expect(command.err.at(-1)).toMatch(/^sipactor: nobody answered in time/)
  })

  it('--json: what the server granted', async () => {
    const world = create()
    await server(world)
    const command = world.command(publishing(fileOf(pidf('open')).path, '--once', '--json'))
    expect(await command.after(1000)).toBe(0)
    expect(command.out.map(line => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ type: 'state', kind: 'publication', state: 'published', granted: 3600 }),
    )
  })
})

describe('--profile', () => {
  it('subscribes, publishes and says as the account of a stored profile, and notifies at its Contact', async () => {
    const world = create()
    const registrar = testRegistrar({
      platform: world.network.platform({ host: '192.0.2.10' }),
      users: { alice: 'wonderland' },
    })
    await registrar.listen()
    world.network.names.set('example.com', [{ host: '192.0.2.10', port: 5060 }])
    const store = memoryProfileStore()
    const add = world.command(['profile', 'add', 'sip:alice@example.com', '--name', 'Work'], {
      store,
      typed: 'wonderland',
    })
    expect(await add.after(2000)).toBe(0)
    const { connection } = await world.party(
      '192.0.2.2',
      {},
      { events: ['message-summary'], methods: ['PUBLISH', 'MESSAGE'] },
    )
    const froms: string[] = []
    connection.subscriptions$.subscribe(one => {
      froms.push(`SUBSCRIBE ${formatUri(one.subscriber.uri)}`)
      holding(one)
    })
    connection.requests$.subscribe(transaction => {
      const { method, request } = transaction
      froms.push(`${method} ${formatUri(request.from.uri)}`)
      const terms = [['SIP-ETag', 'e1'] as const, ['Expires', request.header('expires') ?? '0'] as const]
      transaction.respond(200, method === 'PUBLISH' ? { headers: terms } : {})
    })
    const run = async (...args: string[]): Promise<number | undefined> =>
      world.command([...args, '--profile', 'Work'], { store }).after(3000)
    expect(await run(...subscribing, '--once')).toBe(0)
    expect(
      await run('publish', bob, '--event', 'presence', '--body', fileOf(pidf('open')).path, '--once'),
    ).toBe(0)
    expect(await run('message', bob, 'hello')).toBe(0)
    const alice = 'sip:alice@example.com'
    expect(froms).toEqual([`SUBSCRIBE ${alice}`, `PUBLISH ${alice}`, `PUBLISH ${alice}`, `MESSAGE ${alice}`])

    const file = fileOf(summary(7))
    const server = world.command(
      ['notify', '--event', 'message-summary', '--body', file.path, '--profile', 'Work'],
      { store },
    )
    await server.after(2000)
    const [binding] = registrar.bindings(alice)
    const asked = connection.subscribe(formatUri(binding!.contact.uri), { event: 'message-summary' })
    await world.run(1000)
    expect(asked.notification?.body).toBe(summary(7))
    server.interrupt()
    expect(await server.after(2000)).toBe(0)
    expect(registrar.bindings(alice)).toEqual([])
    expect(asked.state.is).toBe('resubscribing')
  })
})

describe('message', () => {
  it('--content-type says what the text is; above 1300 bytes it does not go by UDP (RFC 3428 §8)', async () => {
    const world = create()
    const { connection } = await world.party('192.0.2.2')
    const got: (readonly [string | undefined, string, number])[] = []
    connection.requests$.subscribe(transaction => {
      const { request } = transaction
      got.push([request.header('content-type'), request.via.transport, request.text.length])
      transaction.respond(202)
    })
    const html = world.command(['message', bob, '<b>five</b>', '--content-type', 'text/html'])
    expect(await html.after(1000)).toBe(0)
    expect(html.out).toEqual(['delivered: 202 Accepted'])
    const long = world.command(['message', bob, 'x'.repeat(1400), '--transport', 'udp'])
    expect(await long.after(1000)).toBe(2)
    expect(long.err[0]).toMatch(/too big for UDP, .* It has udp; --transport gives it another$/)
    const tcp = world.command(['message', bob, 'x'.repeat(1400)])
    expect(await tcp.after(1000)).toBe(0)
    expect(got).toEqual([
      ['text/html', 'UDP', 11],
      ['text/plain;charset=utf-8', 'TCP', 1400],
    ])
  })
})
