/** `--profile` with the commands that send: account, registrar, proxy and credentials are those of a stored profile. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryProfileStore } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createTerminalWorld } from './support.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const challenge = 'Digest realm="example.com", nonce="n1", algorithm=MD5'
const aor = 'sip:alice@example.com'

/** The profile `Work` in a store, behind an edge proxy that a test plays. */
const stage = async (...more: readonly string[]) => {
  const world = createTerminalWorld()
  ends.push(() => world.end())
  const edge = createPeer(world.network, { host: '192.0.2.9', name: 'edge' })
  const store = memoryProfileStore()
  const say = ['--name', 'Work', '--username', 'alice1', '--proxy', 'sip:192.0.2.9']
  const add = world.command(['profile', 'add', aor, ...say, ...more], { store, typed: 's3cret' })
  expect(await add.after(1000)).toBe(0)
  const other = world.command(['profile', 'add', 'bob@example.com', '--default'], { store })
  expect(await other.after(1000)).toBe(0)
  return {
    ...world,
    edge,
    /** A command with the profile. */
    start: async (...args: readonly string[]) => {
      const command = world.command([...args, '--profile', 'Work', '--store', 'a file'], { store })
      await world.run(100)
      return command
    },
    /** Any command on the store. */
    any: (...args: readonly string[]) => world.command(args, { store }),
    /** Takes the REGISTER, after it was challenged; gives the Contact. */
    async register(): Promise<string> {
      const first = edge.next('REGISTER')
      expect(first.uri).toBe('sip:example.com')
      edge.reply(first, 401, { headers: [['WWW-Authenticate', challenge]] })
      await world.run(100)
      const second = edge.next('REGISTER')
      expect(second.header('authorization')).toMatch(/^Digest username="alice1", realm="example.com"/)
      const contact = second.header('contact')!
      edge.reply(second, 200, { contact: contact.replace('expires=3600', 'expires=600') })
      await world.run(100)
      return contact
    },
    /** Takes the REGISTER that ends the binding. */
    async unregister(): Promise<void> {
      const last = edge.next('REGISTER')
      expect(last.header('expires') ?? last.header('contact')).toMatch(/^0$|expires=0/)
      edge.reply(last, 200)
      await world.run(500)
    },
  }
}

describe('--profile', () => {
  it('message, options, subscribe and publish: by the proxy, from the account, with its credentials', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sipactor-cli-'))
    ends.push(() => rmSync(folder, { recursive: true, force: true }))
    const state = join(folder, 'state.txt')
    writeFileSync(state, 'Messages-Waiting: no\r\n')
    const event = ['--event', 'message-summary']
    const [options, publish] = [
      ['options', 'carol@example.net'],
      ['publish', aor, ...event, '--body', state, '--once'],
    ]
    const all = [['MESSAGE', ['message', 'carol@example.net', 'hi']] as const, ['OPTIONS', options] as const]
    for (const [method, args] of all) {
      const { start, register, unregister, edge, run } = await stage()
      const command = await start(...args)
      await register()
      const first = edge.next(method)
      expect(first.uri).toBe('sip:carol@example.net')
      expect(first.header('from')).toContain(`<${aor}>`)
      edge.reply(first, 407, { headers: [['Proxy-Authenticate', challenge.replace('n1', 'n2')]] })
      await run(100)
      const second = edge.next(method)
      expect(second.header('proxy-authorization')).toContain('username="alice1"')
      edge.reply(second, 200)
      await run(100)
      await unregister()
      expect(await command.after(1000), command.err.join('\n')).toBe(0)
      // Nobody was asked for a password.
      expect(command.questions).toEqual([])
    }
    const { start, register, unregister, edge, run } = await stage()
    const asked = await start('subscribe', 'carol@example.net', ...event, '--duration', '1')
    await register()
    const subscribe = edge.next('SUBSCRIBE')
    expect(subscribe.header('from')).toContain(`<${aor}>`)
    edge.reply(subscribe, 489)
    await run(100)
    await unregister()
    expect(await asked.after(1000)).toBe(1)
    const published = await start(...publish)
    await register()
    expect(edge.next('PUBLISH').header('from')).toContain(`<${aor}>`)
    published.interrupt()
    await run(500)
    expect(await published.after(60_000)).toBe(130)
  })

  it('tel: goes by the proxy of the profile', async () => {
    const { start, register, unregister, edge, run } = await stage()
    const command = await start('message', 'tel:+15550100', 'hi')
    await register()
    const message = edge.next('MESSAGE')
    expect(message.uri).toBe('tel:+15550100')
    edge.reply(message, 200)
    await run(100)
    await unregister()
    expect(await command.after(1000)).toBe(0)
  })

  it('--from says another name, by the same way', async () => {
    const { start, register, edge, run } = await stage()
    const command = await start(
      'message',
      'carol@example.net',
      'hi',
      '--from',
      'Sales <sip:sales@example.com>',
    )
    await register()
    const message = edge.next('MESSAGE')
    expect(message.header('from')).toMatch(/Sales"? <sip:sales@example\.com>/)
    edge.reply(message, 407, { headers: [['Proxy-Authenticate', challenge.replace('n1', 'n2')]] })
    await run(100)
    expect(edge.next('MESSAGE').header('proxy-authorization')).toContain('alice1')
    command.interrupt()
    await command.after(60_000)
  })

  it('call has the Contact of the profile, and un-registers after the BYE', async () => {
    const { start, register, unregister, edge, run } = await stage()
    const command = await start('call', 'carol@example.net', '--duration', '2')
    const contact = await register()
    const invite = edge.next('INVITE')
    expect(invite.header('from')).toContain(`<${aor}>`)
    expect(contact).toContain(/sip:([^@]+)@/.exec(invite.header('contact')!)![1]!)
    edge.reply(invite, 200, { body: sdp('192.0.2.9') })
    await run(100)
    edge.next('ACK')
    await run(2000)
    edge.reply(edge.next('BYE'), 200)
    await run(100)
    await unregister()
    expect(await command.after(1000), command.err.join('\n')).toBe(0)
  })

  it('listen and notify are there for what comes to the Contact, and say where they are registered', async () => {
    const { start, register, unregister, edge, run } = await stage()
    const listener = await start('listen', '--busy', '--port', '5070')
    const contact = await register()
    expect(listener.out).toContainEqual(expect.stringMatching(/^registered, 600 s, sip:.*@192\.0\.2\.1:5070/))
    const [, uri] = /<([^>]*)>/.exec(contact)!
    const invite = edge.request('INVITE', {
      uri: uri!,
      to: { host: '192.0.2.1', port: 5070 },
      body: sdp('192.0.2.9'),
    })
    await run(100)
    expect(edge.next(486).cseq.seq).toBe(invite.cseq.seq)
    listener.interrupt()
    await run(100)
    await unregister()
    expect(await listener.after(1000), listener.err.join('\n')).toBe(0)
    const folder = mkdtempSync(join(tmpdir(), 'sipactor-cli-'))
    ends.push(() => rmSync(folder, { recursive: true, force: true }))
    const state = join(folder, 'state.txt')
    writeFileSync(state, 'Messages-Waiting: yes\r\n')
    const notifier = await start('notify', '--event', 'message-summary', '--body', state, '--port', '5070')
    const [, ours] = /<([^>]*)>/.exec(await register())!
    edge.request('SUBSCRIBE', {
      uri: ours!,
      to: { host: '192.0.2.1', port: 5070 },
      headers: [['Event', 'message-summary']],
    })
    await run(100)
    expect(edge.next(200).cseq.method).toBe('SUBSCRIBE')
    expect(edge.next('NOTIFY').text).toContain('Messages-Waiting: yes')
    notifier.interrupt()
    await notifier.after(60_000)
  })

  it('register takes the profile instead of an address; `default` is the default one', async () => {
    const { start, register, unregister, any, edge, run } = await stage()
    const command = await start('register', '--once')
    await register()
    await unregister()
    expect(await command.after(1000)).toBe(0)
    expect(command.out[0]).toBe('registering')
    const usual = any('register', '--profile', 'default')
    await run(500)
    expect(usual.out).toContain('registering')
    usual.interrupt()
    expect(await usual.after(60_000)).toBe(0)
    expect(edge.unread).toEqual([])
  })

  it('what the profile says cannot be said by hand, too', async () => {
    const { any, run } = await stage()
    const refused = async (...args: readonly string[]): Promise<string> => {
      const command = any(...args)
      await run(100)
      expect(command.status).toBe(2)
      return command.err.join('\n')
    }
    const call = ['call', 'carol@example.net', '--profile', 'Work']
    for (const [option, value] of [
      ['--proxy', 'sip:192.0.2.1'],
      ['--username', 'alice'],
    ] as const)
      expect(await refused(...call, option, value)).toMatch(
        `option '--profile <profile>' cannot be used with option '${option}`,
      )
    expect(await refused('register', aor, '--profile', 'Work')).toContain('--profile says who registers')
    expect(await refused('register', '--profile', 'Work', '--expires', '60')).toContain('leave --expires out')
    expect(await refused('register', '--profile', 'Work', '--outbound')).toContain('cannot be used')
    expect(await refused('register')).toContain('an address of record, or --profile')
    expect(await refused('call', 'carol@example.net', '--store', 'x')).toContain('--profile')
    expect(await refused('message', 'carol@example.net', 'hi', '--profile', 'Home')).toBe(
      "sipactor: there is no profile 'Home'. sipactor profile list shows which there are",
    )
  })

  it('nothing is sent when it cannot register; the status says why', async () => {
    const { start, edge, run } = await stage()
    const denied = await start('message', 'carol@example.net', 'hi')
    edge.reply(edge.next('REGISTER'), 401, { headers: [['WWW-Authenticate', challenge]] })
    await run(100)
    edge.reply(edge.next('REGISTER'), 401, { headers: [['WWW-Authenticate', challenge.replace('n1', 'n2')]] })
    expect(await denied.after(5000)).toBe(4)
    expect(denied.err.at(-1)).toMatch(
      /authentication failed: .*401.*of the profile right\? sipactor profile show/,
    )
    const failing = await start('call', 'carol@example.net')
    edge.reply(edge.next('REGISTER'), 503)
    expect(await failing.after(5000)).not.toBe(0)
    expect(failing.err.at(-1)).toMatch(/503/)
    expect(edge.unread).toEqual([])
  })

  it('a port that somebody has is told, not waited for', async () => {
    const { start, party, any } = await stage()
    await party('192.0.2.1', {}, { port: 5070 })
    for (const args of [['message', 'carol@example.net', 'hi'], ['listen'], ['line'], ['register']]) {
      const command = await start(...args, '--port', '5070')
      expect(await command.after(1000), args[0]).toBe(3)
      expect(command.err.at(-1)).toMatch(/cannot listen on .*:5070: .* Try another --port$/)
    }
    expect(await any('profile', 'enable', 'Work', '--port', '5070').after(1000)).toBe(3)
  })

  it('a profile that demands TLS gets it, and one with an IPv6 registrar an address of that family', async () => {
    const { any, run } = await stage()
    expect(await any('profile', 'add', 'sips:carol@example.com').after(500)).toBe(0)
    const secure = any('options', 'sip:x@example.com', '--profile', 'sips:carol@example.com')
    await run(500)
    expect(secure.wanted).toEqual([{ tls: true }])
    secure.interrupt()
    await secure.after(60_000)
    expect(await any('profile', 'add', 'dave@[2001:db8::1]').after(500)).toBe(0)
    const six = any('options', 'sip:x@example.com', '--profile', 'dave@[2001:db8::1]')
    await run(500)
    expect(six.bound).toEqual(['::'])
    six.interrupt()
    await six.after(60_000)
  })
})
