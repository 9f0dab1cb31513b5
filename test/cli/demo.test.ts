/** The demo, over a simulated network in virtual time. */
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

describe('demo', () => {
  it('--exit ends with status 0 when every step was seen, and a table that says so', async () => {
    const world = create({ latency: 2 })
    const command = world.command(['demo', '--exit'])
    expect(await command.after(30_000)).toBe(0)
    const text = command.out.join('\n')
    expect(text).toContain('8 of 8 steps seen to succeed at both ends')
    expect(text).toMatch(/✓ register +401 answered with digest, bound for 3600 s/)
    expect(text).toMatch(/registrar[\s\S]*alice[\s\S]*bob/)
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
        expect(line).not.toMatch(/… →| {2}→ |…$/)
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
      expect(line).not.toMatch(/ {2}→ /)
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
    expect(text).toContain('3 of 8 steps seen to succeed at both ends')
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
