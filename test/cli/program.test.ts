/** The commands, over a simulated network in virtual time. */
import { afterEach, describe, expect, it } from 'vitest'
import { testRegistrar } from '../../src/testing/index.ts'
import { createTerminalWorld } from './support.ts'

type World = ReturnType<typeof createTerminalWorld>
const worlds: World[] = []
const create: typeof createTerminalWorld = options => {
  const world = createTerminalWorld(options)
  worlds.push(world)
  return world
}
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end()
})

const withRegistrar = async (world: World) => {
  const registrar = testRegistrar({
    platform: world.network.platform({ host: '192.0.2.10' }),
    users: { alice: 's3cret' },
  })
  await registrar.listen()
  return registrar
}

/** A peer that answers calls at once and takes messages. */
const peer = async (world: World, host = '192.0.2.2') => {
  const { connection } = await world.party(host)
  const texts: string[] = []
  connection.requests$.subscribe(transaction => {
    texts.push(transaction.request.text)
    transaction.respond(200)
  })
  return { connection, texts }
}

describe('what the command line says of itself', () => {
  it('prints help, with examples and exit statuses, when nothing is asked of it: status 2', async () => {
    const command = create().command([])
    expect(await command.done).toBe(2)
    expect(command.out.join('\n')).toMatch(/Commands:[\s\S]*demo[\s\S]*Examples:[\s\S]*Exit status:/)
  })

  it('--version prints the version alone: status 0', async () => {
    const command = create().command(['--version'])
    expect(await command.done).toBe(0)
    expect(command.out).toEqual(['1.2.3'])
  })

  it.each(['demo', 'options', 'register', 'call', 'listen', 'message'])(
    'explains %s with an example and the exit statuses: status 0',
    async name => {
      const command = create().command([name, '--help'])
      expect(await command.done).toBe(0)
      expect(command.out.join('\n')).toMatch(
        new RegExp(`Examples:\\n.*sipactor ${name}[\\s\\S]*Exit status:`),
      )
      expect(command.err).toEqual([])
    },
  )

  it.each([
    [['call'], "sipactor: missing required argument 'uri'. See sipactor call --help"],
    [['dance'], "sipactor: unknown command 'dance'. See sipactor --help"],
    [
      ['call', 'bob@@x'],
      "sipactor: 'bob@@x' is no <uri>: the host of the URI is malformed. Write it like sip:bob@example.com. See sipactor call --help",
    ],
    [
      ['call', 'bob'],
      "sipactor: 'bob' is no <uri>: Is that a user or a host? Write sip:bob@host, or sip:bob for the host. See sipactor call --help",
    ],
    [
      ['options', 'sip:x', '--from', 'garbage'],
      "sipactor: option '--from <address>' cannot be 'garbage': It has no user and host. Write it like alice@example.com. See sipactor options --help",
    ],
    [
      ['register', 'sip:example.com'],
      "sipactor: 'sip:example.com' is no <aor>: The user is missing. Write it like sip:alice@example.com. See sipactor register --help",
    ],
    [
      ['listen', '--port', '70000'],
      "sipactor: option '--port <number>' cannot be '70000': A port is a number from 0 to 65535. See sipactor listen --help",
    ],
    [
      ['listen', '--trace-detail', 'much'],
      "sipactor: option '--trace-detail <detail>' cannot be 'much': It is brief or full. See sipactor listen --help",
    ],
    [
      ['listen', '--busy', '--ring-only'],
      "sipactor: option '--busy' cannot be used with option '--ring-only'. See sipactor listen --help",
    ],
    [
      ['options', 'sip:x', '--transport', 'sctp'],
      "sipactor: option '--transport <name>' cannot be 'sctp': It is udp or tcp. See sipactor options --help",
    ],
  ])('refuses %j in one line: status 2', async (args, line) => {
    const command = create().command(args)
    expect(await command.done).toBe(2)
    expect(command.err).toEqual([line])
    expect(command.out).toEqual([])
  })
})

describe('options and message', () => {
  it('options prints what the peer can do (RFC 3261 §11)', async () => {
    const world = create({ latency: 5 })
    await peer(world)
    const command = world.command(['options', '192.0.2.2'])
    expect(await command.after(1000)).toBe(0)
    expect(command.out[0]).toBe('200 OK  after 10 ms')
    expect(command.out.find(line => line.includes('Allow '))).toContain('INVITE, ACK, CANCEL')
  })

  it('message delivers a text and says so (RFC 3428)', async () => {
    const world = create()
    const { texts } = await peer(world)
    const command = world.command([
      'message',
      'sip:bob@192.0.2.2',
      'grüß dich',
      '--from',
      'alice@example.com',
    ])
    expect(await command.after(1000)).toBe(0)
    expect(command.out).toEqual(['delivered: 200 OK'])
    expect(texts).toEqual(['grüß dich'])
  })

  it('a refusal ends with status 1 and names it', async () => {
    const world = create()
    await world.party('192.0.2.2')
    const command = world.command(['message', 'sip:bob@192.0.2.2', 'hello'])
    expect(await command.after(1000)).toBe(1)
    expect(command.err).toEqual(['sipactor: the peer answered 480 Temporarily Unavailable'])
  })

  it('a host that does not exist ends with status 3 and advice, after Timer F', async () => {
    const world = create()
    const command = world.command(['options', 'sip:192.0.2.99', '--transport', 'udp'])
    expect(await command.after(31_000)).toBeUndefined()
    expect(await command.after(10_000)).toBe(3)
    expect(command.err[0]).toMatch(/^sipactor: nobody answered in time\. .*firewall/)
  })

  it.each([
    [['sip:bob@192.0.2.99;transport=tls'], 'the connection has no TLS transport. It has udp and tcp'],
    [['sips:bob@192.0.2.99'], 'the connection has no TLS transport. It has udp and tcp'],
    [
      ['sip:bob@192.0.2.99;transport=tcp', '--transport', 'udp'],
      'the connection has no TCP transport. It has udp',
    ],
  ])('a transport that is not there is wrong usage: %j, status 2', async (args, text) => {
    for (const name of ['options', 'call']) {
      const command = create().command([name, ...args])
      expect(await command.after(1000)).toBe(2)
      expect(command.err).toEqual([`sipactor: ${text}`])
    }
  })

  it('Ctrl-C before the answer ends with status 130', async () => {
    const world = create()
    const command = world.command(['options', 'sip:192.0.2.99', '--transport', 'udp'])
    await command.after(1000)
    command.interrupt()
    expect(await command.after(1000)).toBe(130)
  })

  it('--json prints one object a line, with time, type, id, state and start line', async () => {
    const world = create()
    await peer(world)
    const command = world.command(['message', 'sip:bob@192.0.2.2', 'hello', '--json'])
    expect(await command.after(1000)).toBe(0)
    const events = command.out.map(line => JSON.parse(line))
    expect(events.every(({ ts }) => /^\d{4}-\d\d-\d\dT/.test(ts))).toBe(true)
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'state',
        kind: 'clientTransaction',
        id: expect.any(String),
        state: 'trying',
      }),
    )
    expect(events).toContainEqual(expect.objectContaining({ type: 'response', message: 'SIP/2.0 200 OK' }))
    expect(events).toContainEqual(expect.objectContaining({ type: 'delivered', status: 200 }))
  })

  it('--trace draws the ladder between the words', async () => {
    const world = create({ latency: 5 })
    await peer(world)
    const command = world.command([
      'message',
      'sip:bob@192.0.2.2',
      'hello',
      '--trace',
      '--from',
      'sip:alice@x',
    ])
    expect(await command.after(1000)).toBe(0)
    expect(command.out).toHaveLength(6)
    expect(command.out[0]).toMatch(/alice +192\.0\.2\.2:5060/)
    expect(command.out[1]).toMatch(/0\.000 +│ MESSAGE +│ {2}nonInviteClient ● → trying/)
    expect(command.out[2]).toMatch(/udp +├─ 1 · text\/plain ─+▶│/)
    expect(command.out[4]).toMatch(/\+10ms udp +│◀─ 1 MESSAGE ─+┤/)
    expect(command.out[5]).toBe('delivered: 200 OK')
  })

  it('--trace stands before the address as well as after it, and --trace-detail full brings it along', async () => {
    const world = create()
    await peer(world)
    const brief = world.command(['options', '--trace', 'sip:bob@192.0.2.2'])
    expect(await brief.after(1000)).toBe(0)
    const full = world.command(['options', '--trace-detail', 'full', 'sip:bob@192.0.2.2'])
    expect(await full.after(1000)).toBe(0)
    expect(brief.out.join('\n')).toContain('nonInviteClient ● → trying')
    expect(brief.out.join('\n')).not.toContain('clientRequest')
    expect(full.out.join('\n')).toContain('clientRequest')
  })
})

describe('register', () => {
  const args = ['register', 'alice@example.com', '--registrar', 'sip:192.0.2.10']

  it('--once registers with the password of the environment and takes it back: status 0', async () => {
    const world = create()
    const registrar = await withRegistrar(world)
    const command = world.command([...args, '--once'], { env: { SIPACTOR_PASSWORD: 's3cret' } })
    expect(await command.after(2000)).toBe(0)
    expect(command.questions).toEqual([])
    expect(command.out.map(line => line.split(',')[0])).toEqual([
      'sip:alice@example.com: registering',
      'sip:alice@example.com: registered',
      'sip:alice@example.com: unregistering',
      'sip:alice@example.com: unregistered',
    ])
    expect(registrar.log.map(({ response }) => response?.status)).toContain(200)
    expect(registrar.bindings('sip:alice@example.com')).toEqual([])
  })

  it('asks for the password once, and only when it is challenged', async () => {
    const world = create()
    await withRegistrar(world)
    const command = world.command([...args, '--once'], { typed: 's3cret' })
    expect(await command.after(2000)).toBe(0)
    expect(command.questions).toEqual(['Password of alice at sipactor.test: '])
  })

  it('stays registered until Ctrl-C, then takes the binding back', async () => {
    const world = create()
    const registrar = await withRegistrar(world)
    const command = world.command([...args, '--expires', '60'], { typed: 's3cret' })
    expect(await command.after(300_000)).toBeUndefined()
    expect(registrar.bindings('sip:alice@example.com')).toHaveLength(1)
    command.interrupt()
    expect(await command.after(1000)).toBe(0)
    expect(registrar.bindings('sip:alice@example.com')).toEqual([])
  })

  it.each([
    ['a wrong password', { typed: 'wrong' }, /Wrong user name or password\? The name was 'alice'$/],
    ['no password and no terminal', {}, /SIPACTOR_PASSWORD/],
  ])('ends with status 4 for %s, in a line that says what to do', async (_name, settings, hint) => {
    const world = create()
    await withRegistrar(world)
    const command = world.command([...args, '--once'], settings)
    expect(await command.after(5000)).toBe(4)
    expect(command.err.at(-1)).toMatch(/^sipactor: authentication failed: /)
    expect(command.err.at(-1)).toMatch(hint)
    expect(command.out).toEqual(['sip:alice@example.com: registering'])
  })

  it('never prints the password or what is made of it', async () => {
    const world = create()
    const registrar = await withRegistrar(world)
    const settings = { env: { SIPACTOR_PASSWORD: 's3cret' } }
    for (const how of [['--trace-detail', 'full'], ['--json']]) {
      const command = world.command([...args, '--once', ...how], settings)
      await command.after(2000)
      const text = [...command.out, ...command.err].join('\n')
      expect(text).not.toContain('s3cret')
      for (const { request, response } of registrar.log) {
        const given = request.parsed('authorization')?.[0]?.params
        const asked = response?.parsed('www-authenticate')?.[0]?.params
        for (const secret of [
          given?.get('response'),
          given?.get('cnonce'),
          given?.get('nonce'),
          asked?.get('nonce'),
        ])
          if (secret) expect(text).not.toContain(secret)
      }
    }
  })
})

describe('call and listen', () => {
  it('calls, tells every state, hangs up after --duration: status 0 at both ends', async () => {
    const world = create({ latency: 10 })
    const listener = world.command(['listen', '--port', '5060'], { host: '192.0.2.2' })
    await listener.after(100)
    const caller = world.command(['call', 'bob@192.0.2.2', '--duration', '3', '--from', 'alice@example.com'])
    expect(await caller.after(2000)).toBeUndefined()
    expect(await caller.after(2000)).toBe(0)
    const name = 'sip:bob@192.0.2.2'
    expect(caller.out).toEqual([
      `${name}: calling`,
      `${name}: early (180 Ringing)`,
      `${name}: confirmed (200 OK)`,
      `${name}: media audio 40002 RTP/AVP 0 8 101`,
      `${name}: terminating`,
      `${name}: terminated: bye by local`,
    ])
    expect(listener.out.at(-1)).toBe('<sip:alice@example.com>: terminated: bye by remote')
    listener.interrupt()
    expect(await listener.after(1000)).toBe(0)
  })

  it('a busy peer ends the call with status 1', async () => {
    const world = create()
    const listener = world.command(['listen', '--port', '5060', '--busy'], { host: '192.0.2.2' })
    await listener.after(100)
    const caller = world.command(['call', 'bob@192.0.2.2'])
    expect(await caller.after(2000)).toBe(1)
    expect(caller.err).toEqual(['sipactor: the peer answered 486 Busy Here'])
    listener.interrupt()
    await listener.after(1000)
  })

  it('Ctrl-C while it rings cancels the call; while it is up, hangs up', async () => {
    const world = create()
    const ringing = world.command(['listen', '--port', '5060', '--ring-only'], { host: '192.0.2.2' })
    const answering = world.command(['listen', '--port', '5060'], { host: '192.0.2.3' })
    await answering.after(100)
    const first = world.command(['call', 'bob@192.0.2.2'])
    const second = world.command(['call', 'bob@192.0.2.3'])
    expect(await first.after(1000)).toBeUndefined()
    first.interrupt()
    second.interrupt()
    expect(await first.after(1000)).toBe(130)
    expect(await second.after(1000)).toBe(0)
    expect(first.out.at(-1)).toBe('sip:bob@192.0.2.2: terminated: cancelled by local, 487')
    expect(ringing.out.at(-1)).toMatch(/terminated: cancelled by remote/)
    expect(answering.out.at(-1)).toMatch(/terminated: bye by remote/)
    ringing.interrupt()
    answering.interrupt()
    await answering.after(1000)
  })

  it('Ctrl-C on a call that nobody answers says what it waits for, and leaves after 4 s: status 130', async () => {
    const world = create()
    const command = world.command(['call', 'bob@192.0.2.99', '--transport', 'udp'])
    await command.after(1000)
    command.interrupt()
    expect(await command.after(400)).toBeUndefined()
    expect(command.err).toEqual([])
    expect(await command.after(3500)).toBeUndefined()
    expect(command.err).toEqual(['waiting for the peer; Ctrl-C again to leave now'])
    expect(await command.after(200)).toBe(130)
    expect(command.err.at(-1)).toMatch(/^sipactor: interrupted; the peer did not answer for 4 s/)
    expect(command.left).toBe(true)
  })

  it.each([
    ['call', ['call', 'bob@192.0.2.2']],
    ['listen', ['listen', '--host', '192.0.2.3']],
  ])('Ctrl-C in %s leaves after 4 s when the BYE stays unanswered: status 130', async (name, args) => {
    const world = create()
    const answering = world.command(['listen'], { host: '192.0.2.2' })
    await world.run(100)
    const command = world.command(args)
    await world.run(100)
    const caller = name === 'listen' ? world.command(['call', 'bob@192.0.2.3']) : undefined
    await world.run(1000)
    expect(command.out.join('\n')).toContain('confirmed')
    world.network.set({ loss: 1 })
    command.interrupt()
    expect(await command.after(3900)).toBeUndefined()
    expect(command.err).toContain('waiting for the peer; Ctrl-C again to leave now')
    expect(await command.after(200)).toBe(130)
    for (const other of [answering, caller]) other?.interrupt()
    await world.run(5000)
  })

  it('Ctrl-C that is answered soon explains no wait and leaves nothing behind', async () => {
    const world = create({ latency: 50 })
    const listener = world.command(['listen'], { host: '192.0.2.2' })
    await listener.after(100)
    const command = world.command(['call', 'bob@192.0.2.2'])
    await command.after(1000)
    command.interrupt()
    expect(await command.after(1000)).toBe(0)
    expect([command.err, command.left]).toEqual([[], false])
    listener.interrupt()
    expect(await listener.after(1000)).toBe(0)
    await world.run(10_000)
    expect([listener.err, listener.left]).toEqual([[], false])
  })

  it('listen prints messages, without control characters of the sender', async () => {
    const world = create()
    const listener = world.command(['listen', '--port', '5060'], { host: '192.0.2.2' })
    const { connection } = await peer(world, '192.0.2.3')
    connection.request({
      method: 'MESSAGE',
      uri: 'sip:bob@192.0.2.2',
      contentType: 'text/plain',
      body: 'red\x1b[31m alert',
      from: '<sip:carol@example.com>',
    })
    await listener.after(1000)
    expect(listener.out.at(-1)).toBe('<sip:carol@example.com>: red\ufffd[31m alert')
    listener.interrupt()
    expect(await listener.after(1000)).toBe(0)
  })

  it('binds the IPv6 addresses of the host for a peer that is given by one', async () => {
    const world = create()
    await world.party('2001:db8::2')
    const command = world.command(['options', 'sip:[2001:db8::2]'], { host: '2001:db8::1' })
    expect(await command.after(1000)).toBe(0)
    expect(command.bound).toEqual(['::'])
  })

  it('listens on port 5060 when it is free, else says that it takes another one', async () => {
    const world = create()
    const first = world.command(['listen'], { host: '192.0.2.2' })
    await first.after(100)
    expect(first.out[0]).toBe('listening on udp 192.0.2.2:5060; answers calls; Ctrl-C ends')
    expect(first.err).toEqual([])
    const second = world.command(['listen'], { host: '192.0.2.2' })
    await second.after(100)
    expect(second.err).toEqual(['sipactor: port 5060 is in use, so this takes a free one'])
    const [, port] = second.out[0]?.match(/^listening on udp 192\.0\.2\.2:(\d+);/) ?? []
    expect(port).not.toBe('5060')
    const caller = world.command(['call', `bob@192.0.2.2:${port}`, '--duration', '1'])
    expect(await caller.after(2000)).toBe(0)
    for (const listener of [first, second]) listener.interrupt()
    expect([await first.after(1000), await second.after(1000)]).toEqual([0, 0])
  })

  it('a port that is taken ends with status 3 and advice', async () => {
    const world = create()
    await world.party('192.0.2.2')
    const listener = world.command(['listen', '--port', '5060'], { host: '192.0.2.2' })
    expect(await listener.after(1000)).toBe(3)
    expect(listener.err[0]).toMatch(/^sipactor: cannot listen on 192\.0\.2\.2:5060: .*Try another --port/)
  })
})

describe('demo', () => {
  it('--exit ends with status 0 when every step was seen, and a table that says so', async () => {
    const world = create({ latency: 2 })
    const command = world.command(['demo', '--exit'])
    expect(await command.after(30_000)).toBe(0)
    const text = command.out.join('\n')
    expect(text).toContain('6 of 6 steps seen to succeed at both ends')
    expect(text).toMatch(/✓ register +401 answered with digest, bound for 4 s/)
    expect(text).toMatch(/registrar +alice +bob/)
  })

  it.each([80, 90, 100])(
    'in %i columns names every machine in full, and no line is longer',
    async columns => {
      const world = create({ latency: 2 })
      const command = world.command(['demo', '--exit'], { columns })
      expect(await command.after(30_000)).toBe(0)
      const drawn = command.out.filter(line => /[│┤].*→/.test(line))
      expect(drawn.length).toBeGreaterThan(40)
      for (const line of drawn) {
        expect(line).not.toMatch(/… →|  → |…$/)
        expect(line.length).toBeLessThanOrEqual(columns)
      }
    },
  )

  it('in 60 columns no machine loses its name altogether', async () => {
    const world = create({ latency: 2 })
    const command = world.command(['demo', '--exit', '--full'], { columns: 60 })
    expect(await command.after(30_000)).toBe(0)
    const drawn = command.out.filter(line => /[│┤].*→/.test(line))
    for (const line of drawn) {
      expect(line).not.toMatch(/  → /)
      expect(line.length).toBeLessThanOrEqual(60)
    }
  })

  it('--exit ends with status 1 when a step fails, and the table says which', async () => {
    const world = create({ latency: 2 })
    const command = world.command(['demo', '--exit'])
    await command.after(700)
    // No datagram that is sent from here on arrives.
    world.network.set({ loss: 1 })
    expect(await command.after(300_000)).toBe(1)
    const text = command.out.join('\n')
    expect(text).toMatch(/✓ register/)
    for (const name of ['call', 'refresh', 'unregister']) expect(text).toMatch(new RegExp(`✗ ${name}`))
    expect(text).toContain('3 of 6 steps seen to succeed at both ends')
  })

  it('Ctrl-C in the middle ends with status 130, and nothing stays registered', async () => {
    const world = create({ latency: 2 })
    const command = world.command(['demo', '--exit'])
    await command.after(700)
    command.interrupt()
    expect(await command.after(5000)).toBe(130)
    expect(command.out.join('\n')).toMatch(/REGISTER expires 0/)
  })

  it('without --exit it stays, and bob answers calls, until Ctrl-C', async () => {
    const world = create()
    const command = world.command(['demo'])
    expect(await command.after(60_000)).toBeUndefined()
    const [uri] = command.out.join('\n').match(/sip:bob@127\.0\.0\.1:\d+/) ?? []
    const caller = world.command(['call', uri!, '--duration', '1'], { host: '192.0.2.9' })
    expect(await caller.after(5000)).toBe(0)
    command.interrupt()
    expect(await command.after(5000)).toBe(0)
  })
})
