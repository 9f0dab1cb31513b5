/** What call does with a call that is up, and listen with one that comes, over a simulated network in virtual time. */
import { afterEach, describe, expect, it } from 'vitest'
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

const name = 'sip:bob@192.0.2.2'

/** `listen` with these options on 192.0.2.2, up. */
const listening = async (world: World, ...options: readonly string[]) => {
  const listener = world.command(['listen', '--port', '5060', ...options], { host: '192.0.2.2' })
  await listener.after(100)
  return listener
}

/** Ctrl-C at a listener that has nothing to say any more. */
const end = async (listener: ReturnType<World['command']>): Promise<void> => {
  listener.interrupt()
  expect(await listener.after(1000)).toBe(0)
}

describe('call', () => {
  it('--hold-after holds, resumes after as long again, and both ends say so', async () => {
    const world = create({ latency: 10 })
    const listener = await listening(world)
    const caller = world.command(['call', 'bob@192.0.2.2', '--hold-after', '2', '--duration', '1'])
    await caller.after(2500)
    expect(caller.out.at(-1)).toBe(`${name}: on hold by us`)
    expect(listener.out.at(-1)).toMatch(/: on hold by the peer$/)
    await caller.after(2000)
    expect(caller.out.at(-1)).toBe(`${name}: off hold`)
    expect(listener.out.at(-1)).toMatch(/: off hold$/)
    expect(await caller.after(2000)).toBe(0)
    await end(listener)
  })

  it('Ctrl-C while it is on hold hangs up: status 0', async () => {
    const world = create()
    const listener = await listening(world)
    const caller = world.command(['call', 'bob@192.0.2.2', '--hold-after', '5'])
    await caller.after(6000)
    caller.interrupt()
    expect(await caller.after(1000)).toBe(0)
    expect(caller.out.at(-1)).toBe(`${name}: terminated: bye by local`)
    await end(listener)
  })

  it.each([
    [200, 0, 'transferred to sip:carol@192.0.2.3: 200 OK'],
    [486, 1, 'not transferred to sip:carol@192.0.2.3: 486 Busy Here'],
  ] as const)(
    '--transfer tells how far it is and its outcome: %d makes status %d',
    async (answer, status, text) => {
      const world = create({ latency: 10 })
      const carol = await world.party('192.0.2.3')
      carol.connection.calls$.subscribe(call => (answer === 200 ? void call.accept() : call.reject(answer)))
      const bob = await world.party('192.0.2.2')
      bob.connection.calls$.subscribe(call => void call.accept())
      bob.connection.referrals$.subscribe(referral => void referral.accept())
      const caller = world.command(['call', 'bob@192.0.2.2', '--transfer', 'carol@192.0.2.3'])
      expect(await caller.after(3000)).toBe(status)
      expect(caller.out).toContain('transfer to sip:carol@192.0.2.3: 100 Trying')
      expect(caller.out.find(line => line.includes('transferred to'))).toBe(text)
      expect(caller.out).toContain(`${name}: terminated: bye by local`)
    },
  )

  it('--transfer that the peer does not carry out ends with status 1, and the call with BYE', async () => {
    const world = create()
    const listener = await listening(world)
    const caller = world.command(['call', 'bob@192.0.2.2', '--transfer', 'carol@192.0.2.3'])
    expect(await caller.after(2000)).toBe(1)
    expect(caller.err).toEqual(['sipactor: the peer answered 603 Decline'])
    expect(listener.out.at(-1)).toMatch(/terminated: bye by remote$/)
    await end(listener)
  })

  it('--json tells the outcome of a transfer as an object', async () => {
    const world = create()
    const carol = await world.party('192.0.2.3')
    carol.connection.calls$.subscribe(call => void call.accept())
    const bob = await world.party('192.0.2.2')
    bob.connection.calls$.subscribe(call => void call.accept())
    bob.connection.referrals$.subscribe(referral => void referral.accept())
    const caller = world.command(['call', 'bob@192.0.2.2', '--transfer', 'carol@192.0.2.3', '--json'])
    expect(await caller.after(2000)).toBe(0)
    const objects = caller.out.map(line => JSON.parse(line) as Record<string, unknown>)
    expect(objects.find(({ type }) => type === 'transfer')).toMatchObject({
      target: 'sip:carol@192.0.2.3',
      transferred: true,
      status: 200,
    })
    expect(objects.filter(({ type }) => type === 'progress').length).toBeGreaterThanOrEqual(2)
  })

  it('--session-expires asks for a timer, and says what was agreed on', async () => {
    const world = create()
    const listener = await listening(world)
    const caller = world.command(['call', 'bob@192.0.2.2', '--session-expires', '90', '--trace'])
    await caller.after(50_000)
    expect(caller.out.join('\n')).toMatch(/session timer 90 s, refreshed by us/)
    expect(caller.out.some(line => line.includes('UPDATE'))).toBe(true)
    caller.interrupt()
    expect(await caller.after(1000)).toBe(0)
    await end(listener)
  })

  it('--reliable: the callee rings reliably, and is acknowledged', async () => {
    const world = create()
    const listener = await listening(world, '--answer', '1')
    const caller = world.command(['call', 'bob@192.0.2.2', '--reliable', '--duration', '1', '--trace'])
    expect(await caller.after(4000)).toBe(0)
    expect(caller.out.join('\n')).toContain('PRACK')
    expect(listener.out.join('\n')).toContain('ringing acknowledged by PRACK')
    await end(listener)
  })

  it.each([
    ['follow', 0],
    ['surface', 1],
  ] as const)('--redirects %s: status %d', async (how, status) => {
    const world = create()
    const listener = await listening(world, '--redirect', 'sip:bob@192.0.2.3')
    const bob = await world.party('192.0.2.3')
    bob.connection.calls$.subscribe(call => void call.accept())
    const caller = world.command(['call', 'bob@192.0.2.2', '--redirects', how, '--duration', '1'])
    expect(await caller.after(4000)).toBe(status)
    const redirected = `${name}: redirected to sip:bob@192.0.2.3`
    expect(caller.out.includes(redirected)).toBe(how === 'follow')
    expect(caller.err).toEqual(how === 'follow' ? [] : ['sipactor: the peer answered 302 Moved Temporarily'])
    expect(listener.out[0]).toMatch(/; redirects calls to sip:bob@192\.0\.2\.3; Ctrl-C ends$/)
    await end(listener)
  })
})

describe('listen', () => {
  it('--answer 3 rings, and answers after 3 s', async () => {
    const world = create()
    const listener = await listening(world, '--answer', '3')
    expect(listener.out[0]).toMatch(/; answers calls after 3 s; /)
    const caller = world.command(['call', 'bob@192.0.2.2', '--duration', '1'])
    await caller.after(2900)
    expect(caller.out.at(-1)).toBe(`${name}: early (180 Ringing)`)
    expect(await caller.after(2000)).toBe(0)
    await end(listener)
  })

  it('--answer 3 answers no call that was taken back meanwhile', async () => {
    const world = create()
    const listener = await listening(world, '--answer', '3')
    const caller = world.command(['call', 'bob@192.0.2.2'])
    await caller.after(1000)
    caller.interrupt()
    expect(await caller.after(1000)).toBe(130)
    await listener.after(5000)
    expect(listener.out.at(-1)).toMatch(/terminated: cancelled by remote/)
    expect(listener.err).toEqual([])
    await end(listener)
  })

  it.each([
    [['--reject', '603'], '603 Decline', 0],
    [['--ring-for', '2'], '480 Temporarily Unavailable', 2000],
  ] as const)('%j refuses with %s', async (options, answer, after) => {
    const world = create()
    const listener = await listening(world, ...options)
    const caller = world.command(['call', 'bob@192.0.2.2'])
    if (after > 0) expect(await caller.after(after - 100)).toBeUndefined()
    expect(await caller.after(1000)).toBe(1)
    expect(caller.err).toEqual([`sipactor: the peer answered ${answer}`])
    await end(listener)
  })

  it('--reliable rings reliably; --session-expires wants a timer of the caller', async () => {
    const world = create()
    const listener = await listening(
      world,
      '--reliable',
      '--session-expires',
      '120',
      '--answer',
      '1',
      '--trace',
    )
    const caller = world.command(['call', 'bob@192.0.2.2', '--duration', '2'])
    expect(await caller.after(5000)).toBe(0)
    expect(listener.out.join('\n')).toContain('ringing acknowledged by PRACK')
    expect(caller.out.join('\n')).toMatch(/session timer 120 s/)
    await end(listener)
  })
})

describe('wrong usage', () => {
  it.each([
    [
      ['call', 'bob@192.0.2.2', '--session-expires', '60'],
      /cannot be '60': It is a number of seconds, from 90 to 999999999\./,
    ],
    [['call', 'bob@192.0.2.2', '--redirects', 'no'], /cannot be 'no': It is follow or surface\./],
    [['call', 'bob@192.0.2.2', '--transfer', 'carol'], /Is that a user or a host\?/],
    [['listen', '--reject', '200'], /cannot be '200': It is a status from 300 to 699\./],
    [['listen', '--answer', '3', '--busy'], /cannot be used with/],
    [['listen', '--redirect', 'sip:a@b', '--ring-for', '3'], /cannot be used with/],
  ] as const)('%j', async (args, message) => {
    const world = create()
    const command = world.command(args)
    expect(await command.after(10)).toBe(2)
    expect(command.err[0]).toMatch(message)
  })
})
