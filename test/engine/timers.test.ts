import { describe, expect, it } from 'vitest'
import type { AnyActorRef } from 'xstate'
import type { Clock } from '../../src/engine/ports.ts'
import { Timers } from '../../src/engine/timers.ts'

/** A host with one hand: counts its timers, runs them in order when told. */
const hostClock = () => {
  let now = 0
  let next = 0
  const sleeping = new Map<number, { at: number; wake: () => void }>()
  const clock: Clock = {
    now: () => now,
    setTimeout(wake, ms) {
      sleeping.set(++next, { at: now + ms, wake })
      return next
    },
    clearTimeout: handle => {
      sleeping.delete(handle as number)
    },
  }
  const advance = (ms: number): void => {
    const until = now + ms
    for (;;) {
      const [handle, due] = [...sleeping].sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0] ?? []
      if (due === undefined || due.at > until) break
      sleeping.delete(handle!)
      now = Math.max(now, due.at)
      due.wake()
    }
    now = until
  }
  return { clock, advance, sleeping, late: (ms: number) => void (now += ms) }
}

const actor = (id: string) => ({ id }) as AnyActorRef

const scene = (onFire: (what: string, timers: Timers) => void = () => {}) => {
  const host = hostClock()
  const fired: string[] = []
  const timers: Timers = new Timers(host.clock, (target, event, source) => {
    fired.push(`${host.clock.now()} ${source.id}→${target.id} ${event.type}`)
    onFire(event.type, timers)
  })
  return { ...host, fired, timers }
}

const a = actor('a')
const b = actor('b')

describe('Timers', () => {
  it('fires at the exact deadline and not before', () => {
    const { timers, advance, fired } = scene()
    timers.arm(a, 'E', 500, { type: 'E' })
    advance(499.5)
    expect(fired).toEqual([])
    advance(0.5)
    expect(fired).toEqual(['500 a→a E'])
    expect(timers.size).toBe(0)
  })

  it('fires what is due at one instant in the order of arming, whatever the durations', () => {
    const { timers, advance, fired } = scene()
    timers.arm(a, 'x', 300, { type: 'x' })
    advance(100)
    timers.arm(b, 'y', 200, { type: 'y' })
    timers.arm(a, 'z', 200, { type: 'z' })
    advance(200)
    expect(fired).toEqual(['300 a→a x', '300 b→b y', '300 a→a z'])
  })

  it('gives the event to another actor when a target is named, with its source', () => {
    const { timers, advance, fired } = scene()
    timers.arm(a, 'later', 5, { type: 'hello' }, b)
    advance(5)
    expect(fired).toEqual(['5 a→b hello'])
  })

  it('replaces a timer that is armed again under its name', () => {
    const { timers, advance, fired } = scene()
    timers.arm(a, 'E', 500, { type: 'first' })
    advance(400)
    timers.arm(a, 'E', 500, { type: 'second' })
    expect(timers.size).toBe(1)
    advance(2000)
    expect(fired).toEqual(['900 a→a second'])
  })

  it('cancels one timer of an actor and leaves its others and those of other actors', () => {
    const { timers, advance, fired } = scene()
    for (const name of ['1', '2', '3']) timers.arm(a, name, 10, { type: name })
    timers.arm(b, '2', 10, { type: 'b2' })
    expect(timers.cancel(a, '2')).toBe(true)
    expect(timers.cancel(a, '2')).toBe(false)
    expect(timers.cancel(b, 'never')).toBe(false)
    advance(10)
    expect(fired).toEqual(['10 a→a 1', '10 a→a 3', '10 b→b b2'])
  })

  it('cancels all timers of an actor', () => {
    const { timers, advance, fired } = scene()
    for (const name of ['1', '2', '3']) timers.arm(a, name, 10, { type: name })
    timers.arm(b, '1', 10, { type: 'b' })
    timers.cancelAll(a)
    timers.cancelAll(a)
    expect(timers.size).toBe(1)
    advance(10)
    expect(fired).toEqual(['10 b→b b'])
  })

  it('hands the timers of one actor to another, deadlines and all', () => {
    const { timers, advance, fired } = scene()
    timers.arm(a, '1', 10, { type: '1' })
    timers.arm(a, '2', 20, { type: '2' }, actor('c'))
    timers.arm(b, '1', 15, { type: 'replaced' })
    timers.arm(b, '3', 15, { type: '3' })
    timers.move(a, b)
    expect([...timers].map(t => `${t.actor.id} ${t.name} ${t.deadline}`).sort()).toEqual([
      'b 1 10',
      'b 2 20',
      'b 3 15',
    ])
    expect(timers.cancel(a, '1')).toBe(false)
    advance(20)
    expect(fired).toEqual(['10 b→b 1', '15 b→b 3', '20 b→c 2'])
    timers.move(a, b)
    expect(timers.size).toBe(0)
  })

  it.each([0, -5, Number.NaN])('fires a delay of %s in the next turn of the clock', delay => {
    const { timers, advance, fired } = scene()
    timers.arm(a, 'now', delay, { type: 'now' })
    expect(fired).toEqual([])
    expect([...timers]).toEqual([{ actor: a, name: 'now', deadline: 0, delay: 0 }])
    advance(0)
    expect(fired).toEqual(['0 a→a now'])
  })

  it('lists a timer of infinite delay, never fires it and asks the host for nothing', () => {
    const { timers, advance, fired, sleeping } = scene()
    timers.arm(a, 'never', Infinity, { type: 'never' })
    expect(sleeping.size).toBe(0)
    advance(1e12)
    expect(fired).toEqual([])
    expect([...timers]).toEqual([{ actor: a, name: 'never', deadline: Infinity, delay: Infinity }])
    expect(timers.cancel(a, 'never')).toBe(true)
  })

  it('reaches a deadline further away than the host can sleep', () => {
    const { timers, advance, fired, sleeping } = scene()
    timers.arm(a, 'far', 3e9, { type: 'far' })
    expect([...sleeping.values()][0]!.at).toBeLessThanOrEqual(0x7fff_ffff)
    advance(3e9 - 1)
    expect(fired).toEqual([])
    advance(1)
    expect(fired).toEqual(['3000000000 a→a far'])
  })

  it('lets a timer of 0 ms that re-arms itself fire once a turn', () => {
    const { timers, advance, fired, sleeping } = scene((type, all) => all.arm(a, type, 0, { type }))
    timers.arm(a, 'again', 0, { type: 'again' })
    const [first] = [...sleeping.values()]
    first!.wake()
    expect(fired).toHaveLength(1)
    timers.cancelAll(a)
    advance(0)
    expect(fired).toHaveLength(1)
  })

  it('takes one host timer, however many are armed', () => {
    const { timers, sleeping, advance } = scene()
    for (let i = 100; i > 0; i--) timers.arm(a, `${i}`, i * 7, { type: 't' })
    expect(sleeping.size).toBe(1)
    advance(350)
    expect(sleeping.size).toBe(1)
    expect(timers.size).toBe(50)
  })

  it('keeps the others when a delivery throws, and lets the host know', () => {
    const { timers, advance, fired } = scene(type => {
      if (type === 'bad') throw new Error('delivery')
    })
    timers.arm(a, '1', 10, { type: 'bad' })
    timers.arm(a, '2', 10, { type: 'good' })
    timers.arm(a, '3', 20, { type: 'later' })
    expect(() => advance(10)).toThrow('delivery')
    advance(10)
    expect(fired).toEqual(['10 a→a bad', '10 a→a good', '20 a→a later'])
  })

  it('disarms a timer that is due in the same turn when an earlier one asks for it', () => {
    const { timers, advance, fired } = scene((type, all) => {
      if (type === 'first') all.cancel(b, 'second')
    })
    timers.arm(a, 'first', 10, { type: 'first' })
    timers.arm(b, 'second', 10, { type: 'second' })
    advance(10)
    expect(fired).toEqual(['10 a→a first'])
  })

  it('is exact beyond 64 durations in use', () => {
    const { timers, advance, fired } = scene()
    const delays = Array.from({ length: 300 }, (_, i) => 1 + ((i * 7919) % 1000))
    for (const [i, delay] of delays.entries()) timers.arm(i % 2 ? a : b, `${i}`, delay, { type: `${i}` })
    for (let i = 0; i < 300; i += 3) timers.cancel(i % 2 ? a : b, `${i}`)
    advance(1000)
    const left = delays.map((delay, i) => ({ delay, i })).filter(({ i }) => i % 3)
    left.sort((x, y) => x.delay - y.delay || x.i - y.i)
    expect(fired).toEqual(left.map(({ delay, i }) => `${delay} ${i % 2 ? 'a→a' : 'b→b'} ${i}`))
  })

  it('agrees with a sorted list over random arming, cancelling and waiting', () => {
    let seed = 7
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      return Math.floor((seed / 2 ** 32) * n)
    }
    const { timers, advance, fired, clock } = scene()
    let model: { at: number; n: number; id: string }[] = []
    const expected: string[] = []
    for (let n = 0; n < 5000; n++) {
      const id = `${random(200)}`
      const what = random(4)
      if (what < 2) {
        const delay = random(2) ? random(400) : [500, 4000, 32000][random(3)]!
        model = model.filter(t => t.id !== id)
        model.push({ at: clock.now() + delay, n, id })
        timers.arm(a, id, delay, { type: id })
      } else if (what === 2) {
        expect(timers.cancel(a, id)).toBe(model.some(t => t.id === id))
        model = model.filter(t => t.id !== id)
      } else {
        const until = clock.now() + random(300)
        const due = model.filter(t => t.at <= until).sort((x, y) => x.at - y.at || x.n - y.n)
        expected.push(...due.map(t => `${t.at} a→a ${t.id}`))
        model = model.filter(t => t.at > until)
        advance(until - clock.now())
      }
      expect(timers.size).toBe(model.length)
    }
    expect(fired).toEqual(expected)
    expect([...timers].map(t => t.name).sort()).toEqual(model.map(t => t.id).sort())
  })

  it('gives the host timer back when told to rest with nothing armed, and only then', () => {
    const { timers, sleeping } = scene()
    timers.arm(a, 'x', 32_000, { type: 'x' })
    timers.rest()
    expect(sleeping.size).toBe(1)
    timers.cancel(a, 'x')
    timers.rest()
    expect(sleeping.size).toBe(0)
    timers.arm(a, 'y', 10, { type: 'y' })
    expect(sleeping.size).toBe(1)
  })

  it('gives the host timer back on close and arms nothing afterwards', () => {
    const { timers, sleeping, advance, fired } = scene()
    timers.arm(a, '1', 10, { type: '1' })
    timers.arm(b, '2', 20, { type: '2' })
    timers.close()
    expect(sleeping.size).toBe(0)
    expect(timers.size).toBe(0)
    timers.arm(a, '3', 10, { type: '3' })
    expect(timers.size).toBe(0)
    advance(100)
    expect(fired).toEqual([])
  })
})
