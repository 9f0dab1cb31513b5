/** `sipactor line`: a phone in the terminal, over a simulated network in virtual time. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Screen } from '../../src/cli/io.ts'
import { memoryProfileStore, testRegistrar } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createTerminalWorld, type TerminalOptions } from './support.ts'

const worlds: ReturnType<typeof createTerminalWorld>[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end()
})

/** The keys of a text. */
const spelt = (text: string): readonly string[] => Array.from(text)

interface PhoneOptions extends TerminalOptions {
  /** Default: a terminal of 90 columns and 12 rows. */
  readonly columns?: number
  readonly args?: readonly string[]
  /** Password of the profile; default: the right one. */
  readonly password?: string
  /** False: no terminal. */
  readonly terminal?: boolean
}

/** A phone whose profile is stored, in a terminal of its own or without one. */
const phone = async ({ columns = 90, args = [], password = 'wonderland', ...given }: PhoneOptions = {}) => {
  const world = createTerminalWorld()
  worlds.push(world)
  const registrar = testRegistrar({
    platform: world.network.platform({ host: '192.0.2.10' }),
    users: { alice: 'wonderland' },
  })
  await registrar.listen()
  world.network.names.set('example.com', [{ host: '192.0.2.10', port: 5060 }])
  const bob = createPeer(world.network, { host: '192.0.2.2', name: 'bob' })
  const store = memoryProfileStore()
  const add = world.command(['profile', 'add', 'sip:alice@example.com', '--name', 'Work'], {
    store,
    typed: password,
  })
  expect(await add.after(2000), add.err.join('\n')).toBe(0)
  let [shown, press, closed, rang] = [[] as readonly string[], (_key: string): void => {}, false, 0]
  const screen: Screen = {
    columns,
    rows: 12,
    show: lines => {
      if (lines.join('').includes('\x07')) rang += 1
      shown = lines
    },
    onKey: listener => {
      press = listener
    },
    onResize: () => {},
    close: () => {
      closed = true
    },
  }
  const command = world.command(['line', '--port', '5060', ...args], {
    store,
    ...(given.terminal !== false && { screen: () => screen }),
    ...given,
  })
  await command.after(2000)
  return {
    world,
    registrar,
    bob,
    command,
    /** Keys, one after the other. */
    async keys(...all: readonly string[]): Promise<void> {
      for (const key of all) press(key)
      await world.run(100)
    },
    async type(...lines: readonly string[]): Promise<void> {
      command.type(...lines)
      await world.run(100)
    },
    text: () => shown.join('\n'),
    lines: () => shown,
    isClosed: () => closed,
    rang: () => rang,
    bindings: () => registrar.bindings('sip:alice@example.com'),
    /** A call for the line. */
    async ring() {
      const { user } = registrar.bindings('sip:alice@example.com')[0]!.contact.uri as { user?: string }
      const invite = bob.request('INVITE', {
        to: { host: '192.0.2.1', port: 5060 },
        uri: `sip:${user}@192.0.2.1:5060`,
        body: sdp('192.0.2.2'),
      })
      await world.run(100)
      return invite
    },
    /** Bob answers the call that he got. */
    async pickUp() {
      const invite = bob.next('INVITE')
      bob.reply(invite, 200, { body: sdp('192.0.2.2') })
      await world.run(100)
      bob.next('ACK')
      return invite
    },
    async bye(): Promise<void> {
      bob.reply(bob.next('BYE'), 200)
      await world.run(100)
    },
  }
}

describe('sipactor line in a terminal', () => {
  it('registers, dials, speaks, holds, resumes, hangs up, and takes its binding back', async () => {
    const { bob, command, keys, text, isClosed, world, pickUp, bye, bindings } = await phone()
    expect(text()).toMatch(/^ Work {2}sip:alice@example\.com {2}active\n/)
    expect(text()).toContain('no calls')
    expect(text()).toMatch(/\n d dial {3}q quit$/)
    await keys('d', ...spelt('bob@192.0.2.3'), 'backspace', '2')
    expect(text()).toMatch(/\n call: bob@192\.0\.2\.2█$/)
    await keys('return')
    expect(text()).toMatch(/▸ {2}1 → sip:bob@192\.0\.2\.2 {2}calling/)
    await pickUp()
    expect(text()).toMatch(/sip:bob@192\.0\.2\.2 {2}speaking {2}0:00/)
    await world.run(62_900)
    // Drawn once a second.
    expect(text()).toMatch(/speaking {2}1:0[12]/)
    await keys('h')
    bob.reply(bob.next('INVITE'), 200, { body: sdp('192.0.2.2', { direction: 'recvonly' } as never) })
    await world.run(100)
    bob.next('ACK')
    expect(text()).toMatch(/on hold {2}1:0[23]/)
    expect(text()).toContain('h resume')
    await keys('h')
    bob.reply(bob.next('INVITE'), 200, { body: sdp('192.0.2.2') })
    await world.run(100)
    bob.next('ACK')
    expect(text()).toContain('speaking')
    await keys('x')
    expect(text()).toContain('hanging up')
    await bye()
    expect(text()).toMatch(/over, hung up here$/m)
    await keys('x')
    expect(text()).toMatch(/\n cannot hang up call 1 \(over, hung up here\)$/)
    await keys('q')
    expect(await command.after(5000)).toBe(0)
    expect(isClosed()).toBe(true)
    expect(bindings()).toEqual([])
  })

  it('rings, answers and refuses what comes; keys find the call that they fit', async () => {
    const { bob, keys, text, world, command, ring, rang, bye } = await phone()
    const first = await ring()
    expect(rang()).toBe(1)
    expect(text()).toMatch(/▸ {2}1 ← .*bob.* {2}is calling/)
    expect(text()).toMatch(/d dial {3}a answer {3}r refuse {3}x hang up {3}q quit$/)
    await keys('a')
    bob.inDialog(first, bob.next(200)).ack()
    await world.run(100)
    expect(text()).toContain('speaking')
    await ring()
    expect(text()).toMatch(/▸ {2}2 ←/)
    // The first one is chosen, but only the second can be refused.
    await keys('up', 'r')
    expect(bob.next(603)).toBeDefined()
    expect(text()).toMatch(/2 ← .* refused$/m)
    expect(text()).toMatch(/▸ {2}1 ← .* speaking/)
    await keys('a')
    expect(text()).toContain('no call is ringing')
    await keys('2', 'x')
    expect(text()).toMatch(/▸ {2}2 ←/)
    expect(text()).toContain('cannot hang up call 2 (refused)')
    await keys('7')
    expect(text()).toContain('there is no call 7')
    await keys('1', 'x')
    await bye()
    expect(text()).toMatch(/1 ← .* over, hung up here$/m)
    command.interrupt()
    expect(await command.after(5000)).toBe(0)
  })

  it('says who denies, who is not there, who gave up, and whom it cannot call', async () => {
    const { bob, keys, text, world, ring } = await phone()
    await keys('d', ...spelt('bob@192.0.2.2'), 'return')
    bob.reply(bob.next('INVITE'), 486)
    await world.run(100)
    expect(text()).toMatch(/denied: 486 Busy Here$/m)
    await keys('d', ...spelt('x@192.0.2.2:9'), 'return')
    await world.run(1000)
    expect(text()).toContain('not reachable: ')
    const invite = await ring()
    bob.cancel(invite)
    await world.run(100)
    expect(text()).toMatch(/3 ← .* missed$/m)
    await keys('d', ...spelt('sip:@'), 'return')
    expect(text()).toMatch(/\n .*user.*$/)
    await keys('d', 'x', 'escape')
    expect(text()).toContain('d dial')
  })

  it('says what it waits for when a peer does not answer the BYE; Ctrl-C leaves in the end', async () => {
    const { command, keys, pickUp, isClosed } = await phone()
    await keys('d', ...spelt('bob@192.0.2.2'), 'return')
    await pickUp()
    await keys('q')
    expect(isClosed()).toBe(true)
    expect(await command.after(2000)).toBeUndefined()
    expect(command.err).toEqual(['waiting for the peer; Ctrl-C leaves without it'])
    command.interrupt()
    expect(await command.after(5000)).toBe(130)
    expect(command.left).toBe(true)
  })

  it('fits into a narrow terminal, and peers write no control characters into it', async () => {
    const { keys, lines, world } = await phone({ columns: 24 })
    await keys('d', ...spelt('a-very-long-name@host.example.com'), 'return')
    await world.run(100)
    await keys('d', ...spelt('and-another-one-that-is-longer-than-the-line'))
    for (const line of lines()) expect(line.length).toBeLessThanOrEqual(24)
    expect(lines().at(-1)).toMatch(/than-the-line█$/)
  })

  it('asks on the screen for a password that the profile has not, or has wrong', async () => {
    const { keys, text, bindings } = await phone({ password: '' })
    expect(text()).toMatch(/\n password of alice at .*: █$/)
    await keys(...spelt('wonderland'))
    expect(text()).toMatch(/: •{10}█$/)
    await keys('return')
    expect(text()).toContain('sip:alice@example.com  active')
    expect(bindings()).toHaveLength(1)
  })

  it('a line that failed says why and starts again at s', async () => {
    const { keys, text } = await phone({ password: '' })
    await keys('escape')
    expect(text()).toMatch(/alice@example\.com {2}failed\n \S/)
    expect(text()).toMatch(/\n s try again {3}q quit$/)
    await keys('s')
    await keys(...spelt('wonderland'), 'return')
    expect(text()).toContain('sip:alice@example.com  active')
  })
})

describe('sipactor line without a terminal', () => {
  it('says what happens, and does what lines say', async () => {
    const { command, type, bob, pickUp, bye, world, bindings } = await phone({ terminal: false })
    expect(command.out).toEqual(['sip:alice@example.com: starting', 'sip:alice@example.com: active'])
    command.out.splice(0)
    await type('dial bob@192.0.2.2')
    await pickUp()
    await type('hold', '')
    bob.reply(bob.next('INVITE'), 200, { body: sdp('192.0.2.2', { direction: 'recvonly' } as never) })
    await world.run(100)
    bob.next('ACK')
    await type('resume 1')
    bob.reply(bob.next('INVITE'), 200, { body: sdp('192.0.2.2') })
    await world.run(100)
    bob.next('ACK')
    await type('hangup')
    await bye()
    await type('calls')
    const name = 'call 1 to sip:bob@192.0.2.2'
    expect(command.out).toEqual([
      `${name}: calling`,
      `${name}: speaking`,
      `${name}: on hold`,
      `${name}: speaking`,
      `${name}: hanging up`,
      `${name}: over, hung up here`,
      `${name}: over, hung up here`,
    ])
    expect(bindings()).toHaveLength(1)
    await type('quit')
    expect(await command.after(2000)).toBe(0)
    expect(bindings()).toEqual([])
    expect(command.err).toEqual([])
    expect(command.listens).toBe(false)
  })

  it('answers and refuses by number, and says in one line what cannot be', async () => {
    const { command, type, bob, world, ring } = await phone({ terminal: false })
    const first = await ring()
    await type('answer 1')
    bob.inDialog(first, bob.next(200)).ack()
    await world.run(100)
    await ring()
    await type('hold 2', 'reject')
    expect(bob.next(603)).toBeDefined()
    await type(
      'answer',
      'resume',
      'hangup 9',
      'hangup x',
      'dial',
      'dial a b',
      'sing',
      'sing song',
      'wait long',
    )
    expect(command.err).toEqual([
      'sipactor: cannot hold call 2 (is calling)',
      'sipactor: no call is ringing',
      'sipactor: no call is on hold',
      'sipactor: there is no call 9',
      "sipactor: 'x' is no number of a call",
      'sipactor: dial whom? dial bob@example.com',
      "sipactor: 'dial' takes one word, not 'a b'",
      "sipactor: 'sing' is no command. help shows which there are",
      "sipactor: 'sing song' is no command. help shows which there are",
      "sipactor: 'long' is no number of seconds",
    ])
    command.out.splice(0)
    await type('help', '# a comment')
    expect(command.out[0]).toMatch(/^dial <whom>/)
    command.interrupt()
    await command.after(100)
    bob.reply(bob.next('BYE'), 200)
    expect(await command.after(5000)).toBe(0)
  })

  it('a script waits for the answer, then so long; at its end it ends with its last call', async () => {
    const { command, type, bob, pickUp, bye, world } = await phone({ terminal: false })
    await type('dial bob@192.0.2.2', 'wait', 'wait 5', 'hangup')
    command.endInput()
    await world.run(1000)
    await pickUp()
    await world.run(4800)
    expect(bob.unread.some(message => message.kind === 'request' && message.method === 'BYE')).toBe(false)
    await world.run(200)
    await bye()
    expect(await command.after(2000)).toBe(0)
    expect(command.out.at(-1)).toBe('sip:alice@example.com: stopped')
  })

  it('waits for a call that comes; an input that is empty from the start ends nothing', async () => {
    const one = await phone({ terminal: false })
    one.command.endInput()
    expect(await one.command.after(60_000)).toBeUndefined()
    one.command.interrupt()
    expect(await one.command.after(5000)).toBe(0)
    const { command, type, bob, ring } = await phone({ terminal: false })
    await type('wait', 'reject', 'quit')
    await ring()
    expect(bob.next(603)).toBeDefined()
    expect(await command.after(2000)).toBe(0)
  })

  it('--json has a line for the line and for each call', async () => {
    const { command, type, bob, world } = await phone({ args: ['--json'] })
    await type('dial bob')
    expect(command.status).toBeUndefined()
    await world.run(2000)
    await type('dial bob@192.0.2.2')
    bob.reply(bob.next('INVITE'), 603)
    await world.run(100)
    await type('quit')
    await command.after(2000)
    const facts = command.out
      .map(line => JSON.parse(line))
      .filter(({ type: kind }) => kind === 'line' || kind === 'phone')
    expect(facts).toContainEqual(
      expect.objectContaining({ type: 'line', aor: 'sip:alice@example.com', stage: 'active' }),
    )
    // A name alone is one at the domain of the profile.
    expect(facts).toContainEqual(expect.objectContaining({ call: 1, peer: 'sip:bob@example.com' }))
    expect(facts).toContainEqual(
      expect.objectContaining({
        type: 'phone',
        call: 2,
        direction: 'outgoing',
        peer: 'sip:bob@192.0.2.2',
        state: 'terminated',
        by: 'remote',
        result: 'denied',
        text: 'denied: 603 Decline',
      }),
    )
  })

  it('ends with why it cannot register', async () => {
    const { command } = await phone({ terminal: false, password: 'wrong' })
    expect(await command.after(5000)).toBe(4)
    expect(command.err.at(-1)).toMatch(/authentication failed/)
    const { command: none } = await phone({ terminal: false, args: ['--profile', 'Home'] })
    expect(await none.after(100)).toBe(2)
    expect(none.err).toEqual([
      "sipactor: there is no profile 'Home'. sipactor profile list shows which there are",
    ])
  })
})
