/** The commands, over a simulated network in virtual time. */
import { afterEach, describe, expect, it } from 'vitest'
import { testRegistrar } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
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

  it.each(['demo', 'options', 'register', 'call', 'listen', 'subscribe', 'notify', 'publish', 'message'])(
    'explains %s with an example and the exit statuses: status 0',
    async name => {
      const command = create().command([name, '--help'])
      expect(await command.done).toBe(0)
      expect(command.out.join('\n')).toMatch(
        new RegExp(`Examples:\\n.*sipactor ${name}[\\s\\S]*Exit status:[\\s\\S]*130 `),
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
      "sipactor: option '--transport <name>' cannot be 'sctp': It is udp, tcp, tls, ws or wss. See sipactor options --help",
    ],
    [
      ['subscribe', 'bob@example.com', '--event', 'a\r\nX: y'],
      "sipactor: option '--event <package>' cannot be 'a\\r\\nX: y': It holds a line break. See sipactor subscribe --help",
    ],
    [
      ['options', 'sip:b@example.com\r\nX: y'],
      "sipactor: 'sip:b@example.com\\r\\nX: y' is no <uri>: It holds a line break. See sipactor options --help",
    ],
    [
      ['options', 'sip:x', '--from=a@b\nc'],
      "sipactor: option '--from <address>' cannot be 'a@b\\nc': It holds a line break. See sipactor options --help",
    ],
    [
      ['message', 'bob@example.com', 'hi', '--content-type', 'text/plain\r\n;a=b'],
      "sipactor: option '--content-type <type>' cannot be 'text/plain\\r\\n;a=b': It holds a line break. See sipactor message --help",
    ],
    [
      ['register', 'alice@example.com', '--expires', '99999999999'],
      "sipactor: option '--expires <seconds>' cannot be '99999999999': It is a number of seconds, from 1 to 999999999. See sipactor register --help",
    ],
    [
      ['call', 'tel:abc xyz'],
      "sipactor: 'tel:abc xyz' is no <uri>: the URI holds a character that must be escaped. Write it like tel:+15550100. See sipactor call --help",
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

  it.each(['tel:+15550100', 'urn:service:sos'])(
    '%s goes to the proxy as it is; without one: status 2',
    async uri => {
      const world = create()
      const edge = createPeer(world.network, { host: '192.0.2.9', name: 'edge' })
      const commands = [
        ['OPTIONS', ['options', uri]],
        ['MESSAGE', ['message', uri, 'hi']],
        ['SUBSCRIBE', ['subscribe', uri, '--event', 'presence']],
        ['INVITE', ['call', uri]],
      ] as const
      for (const [method, args] of commands) {
        const command = world.command([...args, '--proxy', 'sip:192.0.2.9'])
        await world.run(100)
        const request = edge.next(method)
        expect(request.uri).toBe(uri)
        edge.reply(request, 404)
        expect(await command.after(40_000)).toBe(1)
        const alone = world.command(args)
        expect(await alone.after(1000)).toBe(2)
        expect(alone.err.join()).toMatch(/proxy/)
      }
    },
  )

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
    [
      ['sip:bob@192.0.2.99;transport=tls', '--transport', 'udp'],
      'the connection has no TLS transport. It has udp; --transport gives it another',
    ],
    [
      ['sips:bob@192.0.2.99', '--transport', 'udp'],
      'the connection has no TLS transport. It has udp; --transport gives it another',
    ],
    [
      ['sip:bob@192.0.2.99;transport=tcp', '--transport', 'udp'],
      'the connection has no TCP transport. It has udp; --transport gives it another',
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

  it('--outbound keeps to its flow, asks whether it lives, and replaces it when it dies', async () => {
    const world = create()
    const registrar = await withRegistrar(world)
    const instance = 'urn:uuid:00000000-0000-1000-8000-00ad1e2f3a4b'
    const flow = ['--outbound', '--instance', instance, '--reg-id', '3', '--keep-alive', 'crlf:20']
    const pings: number[] = []
    world.network.onPacket(({ bytes, from }) => {
      if (bytes.length === 4 && from.host === '192.0.2.1') pings.push(world.clock.now())
    })
    const command = world.command([...args, ...flow, '--transport', 'tcp', '--proxy', 'sip:192.0.2.10'], {
      env: { SIPACTOR_PASSWORD: 's3cret' },
    })
    expect(await command.after(130_000)).toBeUndefined()
    expect(pings.length).toBeGreaterThan(5)
    const contacts = registrar.bindings('sip:alice@example.com').map(({ contact }) => contact.params)
    expect(contacts.map(params => [params.get('+sip.instance'), params.get('reg-id')])).toEqual([
      [`<${instance}>`, '3'],
    ])
    world.network.reset('192.0.2.1')
    expect(await command.after(1000)).toBeUndefined()
    expect(command.out.filter(line => /recovering|registered/.test(line))).toHaveLength(3)
    command.interrupt()
    expect(await command.after(1000)).toBe(0)
    expect(registrar.bindings('sip:alice@example.com')).toEqual([])
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
