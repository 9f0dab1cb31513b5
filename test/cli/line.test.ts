/** `sipactor line`: a phone in the terminal, over a simulated network in virtual time. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Screen } from '../../src/cli/io.ts'
import { memoryProfileStore, testRegistrar } from '../../src/testing/index.ts'
import { createPeer } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createTerminalWorld } from './support.ts'

const worlds: ReturnType<typeof createTerminalWorld>[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end()
})

/** A phone whose profile is stored, in a terminal of its own or without one. */
const phone = async (given: { readonly screen?: boolean } = {}) => {
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
  const add = world.command(['profile', 'add', 'sip:alice@example.com'], { store, typed: 'wonderland' })
  expect(await add.after(2000), add.err.join('\n')).toBe(0)
  let [shown, press, closed] = [[] as readonly string[], (_key: string): void => {}, false]
  const screen: Screen = {
    columns: 90,
    rows: 12,
    show: lines => {
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
  const command = world.command(['line', '--port', '5060'], {
    store,
    ...(given.screen !== false && { screen: () => screen }),
  })
  await command.after(2000)
  const keys = async (...all: readonly string[]): Promise<void> => {
    for (const key of all) press(key)
    await world.run(100)
  }
  return { world, registrar, bob, command, keys, text: () => shown.join('\n'), isClosed: () => closed }
}

describe('sipactor line', () => {
  it('registers, dials, speaks, holds, hangs up, and takes its binding back', async () => {
    const { registrar, bob, command, keys, text, isClosed, world } = await phone()
    expect(text()).toContain('sip:alice@example.com  active')
    expect(text()).toContain('no calls')
    await keys('d', ...'bob@192.0.2.2', 'backspace', '2')
    expect(text()).toContain('call: bob@192.0.2.2█')
    await keys('return')
    const invite = bob.next('INVITE')
    expect(text()).toContain('→ sip:bob@192.0.2.2  calling')
    bob.reply(invite, 200, { body: sdp('192.0.2.2') })
    await world.run(100)
    bob.next('ACK')
    expect(text()).toContain('speaking')
    await keys('h')
    bob.reply(bob.next('INVITE'), 200, { body: sdp('192.0.2.2') })
    await world.run(100)
    bob.next('ACK')
    expect(text()).toMatch(/ held$/m)
    await keys('x')
    bob.reply(bob.next('BYE'), 200)
    await world.run(100)
    expect(text()).toContain('over')
    await keys('q')
    expect(await command.after(5000)).toBe(0)
    expect(isClosed()).toBe(true)
    expect(registrar.bindings('sip:alice@example.com')).toEqual([])
  })

  it('rings, answers and refuses what comes', async () => {
    const { registrar, bob, keys, text, world, command } = await phone()
    const uri = registrar.bindings('sip:alice@example.com')[0]!.contact.uri as { user?: string }
    const ring = async () => {
      const invite = bob.request('INVITE', {
        to: { host: '192.0.2.1', port: 5060 },
        uri: `sip:${uri.user}@192.0.2.1:5060`,
        body: sdp('192.0.2.2'),
      })
      await world.run(100)
      return invite
    }
    const first = await ring()
    expect(text()).toMatch(/← .*bob.* is calling/)
    await keys('a')
    const dialog = bob.inDialog(first, bob.next(200))
    dialog.ack()
    await world.run(100)
    expect(text()).toContain('speaking')
    await ring()
    await keys('r')
    expect(bob.next(603)).toBeDefined()
    await keys('a')
    expect(text()).toMatch(/possible now|is not|nothing/)
    await keys('up', 'x')
    bob.reply(bob.next('BYE'), 200)
    await world.run(100)
    command.interrupt()
    await command.after(5000)
  })

  it('says who denies, and who is not there', async () => {
    const { bob, keys, text, world } = await phone()
    await keys('d', ...'bob@192.0.2.2', 'return')
    bob.reply(bob.next('INVITE'), 486)
    await world.run(100)
    expect(text()).toContain('denied, 486')
    await keys('d', ...'x@192.0.2.2:9', 'return')
    await world.run(1000)
    expect(text()).toContain('not reachable')
    await keys('d', 'x', 'escape')
    expect(text()).toContain('d dial')
  })

  it('without a terminal it says what happens until Ctrl-C', async () => {
    const { command, registrar } = await phone({ screen: false })
    expect(command.out.join('\n')).toMatch(/line: starting[\s\S]*line: active/)
    command.interrupt()
    await command.after(5000)
    expect(registrar.bindings('sip:alice@example.com')).toEqual([])
  })
})
