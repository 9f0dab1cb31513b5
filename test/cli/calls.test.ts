/** call and listen, over a simulated network in virtual time. */
import { afterEach, describe, expect, it } from 'vitest'
import { cannotListen } from '../../src/cli/engine.ts'
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

  it('an address that is not of this host is told with the port that was tried, and no other', () => {
    const place = { host: '192.0.2.77', port: 0 }
    const cause = new Error('UDP at 192.0.2.77:5060: EADDRNOTAVAIL')
    expect(cannotListen(place, cause).message).toBe(
      'cannot listen: UDP at 192.0.2.77:5060: EADDRNOTAVAIL. Give an address of this host: --host',
    )
  })

  it('a port that is taken ends with status 3 and advice', async () => {
    const world = create()
    await world.party('192.0.2.2')
    const listener = world.command(['listen', '--port', '5060'], { host: '192.0.2.2' })
    expect(await listener.after(1000)).toBe(3)
    expect(listener.err[0]).toMatch(/^sipactor: cannot listen on 192\.0\.2\.2:5060: .*Try another --port/)
  })
})
