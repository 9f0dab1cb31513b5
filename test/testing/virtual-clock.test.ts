import { describe, expect, it } from 'vitest'
import { virtualClock } from '../../src/testing/index.ts'

describe('the virtual clock', () => {
  it('runs what falls due in order of deadline and ties in order of arming', () => {
    const clock = virtualClock()
    const ran: string[] = []
    for (const [name, after] of [
      ['d', 20],
      ['b', 10],
      ['a', 5],
      ['c', 10],
    ] as const) {
      clock.setTimeout(() => ran.push(`${name}@${clock.now()}`), after)
    }
    clock.advance(10)
    expect(ran).toEqual(['a@5', 'b@10', 'c@10'])
    expect(clock.now()).toBe(10)
    expect(clock.pending).toBe(1)
    expect(clock.next).toBe(20)
    clock.advance(10)
    expect(ran.at(-1)).toBe('d@20')
    expect(clock.next).toBeUndefined()
  })

  it('keeps the order among thousands of timers, some of them cancelled', () => {
    const clock = virtualClock()
    const ran: number[] = []
    const handles: unknown[] = []
    for (let index = 0; index < 5000; index += 1) {
      const deadline = (index * 7919) % 1000
      handles.push(clock.setTimeout(() => ran.push(deadline), deadline))
    }
    for (let index = 0; index < 5000; index += 2) clock.clearTimeout(handles[index])
    expect(clock.pending).toBe(2500)
    clock.advance(1000)
    expect(ran).toHaveLength(2500)
    expect(ran).toEqual([...ran].sort((a, b) => a - b))
    expect(clock.pending).toBe(0)
  })

  it('runs what callbacks arm within the same advance, and not what they cancel', () => {
    const clock = virtualClock()
    const ran: string[] = []
    clock.setTimeout(() => {
      clock.setTimeout(() => ran.push(`second@${clock.now()}`), 5)
      clock.clearTimeout(doomed)
    }, 10)
    const doomed = clock.setTimeout(() => ran.push('doomed'), 12)
    clock.advance(15)
    expect(ran).toEqual(['second@15'])
  })

  it('takes a time that is negative or no number for zero, as hosts do', () => {
    const clock = virtualClock({ start: 100 })
    let ran = 0
    clock.setTimeout(() => (ran += 1), -5)
    clock.setTimeout(() => (ran += 1), Number.NaN)
    clock.advance(0)
    expect(ran).toBe(2)
    expect(clock.now()).toBe(100)
  })

  it('ignores handles that have run, were cancelled, or never were', () => {
    const clock = virtualClock()
    const handle = clock.setTimeout(() => {}, 1)
    clock.advance(1)
    clock.clearTimeout(handle)
    clock.clearTimeout(undefined)
    expect(clock.pending).toBe(0)
  })

  it('refuses to go back, to go on for ever, and to be moved from inside a callback', () => {
    const clock = virtualClock()
    expect(() => clock.advance(-1)).toThrow(expect.objectContaining({ code: 'argument' }))
    expect(() => clock.advance(Number.POSITIVE_INFINITY)).toThrow(
      expect.objectContaining({ code: 'argument' }),
    )
    clock.setTimeout(() => clock.advance(1), 1)
    expect(() => clock.advance(1)).toThrow(expect.objectContaining({ code: 'argument' }))
  })

  it('hands on what a callback throws, and goes on afterwards', () => {
    const clock = virtualClock()
    let ran = false
    clock.setTimeout(() => {
      throw new Error('from the callback')
    }, 1)
    clock.setTimeout(() => (ran = true), 2)
    expect(() => clock.advance(5)).toThrow('from the callback')
    clock.advance(5)
    expect(ran).toBe(true)
  })

  it('ends a loop of timers without length with an error', () => {
    const clock = virtualClock()
    const again = (): unknown => clock.setTimeout(again, 0)
    again()
    expect(() => clock.advance(1)).toThrow(expect.objectContaining({ code: 'argument' }))
  })

  it('lets promises settle at every deadline of run', async () => {
    const clock = virtualClock()
    const seen: number[] = []
    const sleep = (ms: number): Promise<void> => new Promise(resolve => clock.setTimeout(resolve, ms))
    const work = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        await sleep(10)
        seen.push(clock.now())
      }
    }
    void work()
    await clock.run(100)
    expect(seen).toEqual([10, 20, 30])
    expect(clock.now()).toBe(100)
  })

  it('lets promises settle without moving time', async () => {
    const clock = virtualClock()
    let settled = false
    const chain = async (): Promise<void> => {
      for (let depth = 0; depth < 20; depth += 1) await Promise.resolve()
      settled = true
    }
    void chain()
    await clock.settle()
    expect(settled).toBe(true)
    expect(clock.now()).toBe(0)
  })

  it('stops at the deadline where the condition came true', async () => {
    const clock = virtualClock()
    let count = 0
    const tick = (): unknown =>
      clock.setTimeout(() => {
        count += 1
        tick()
      }, 100)
    tick()
    await clock.runUntil(() => count === 3)
    expect(clock.now()).toBe(300)
    await clock.runUntil(() => true)
    expect(clock.now()).toBe(300)
  })

  it('rejects when the condition stays false for the limit', async () => {
    const clock = virtualClock()
    clock.setTimeout(() => {}, 5000)
    await expect(clock.runUntil(() => false, 1000)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('5000 ms'),
    })
    expect(clock.now()).toBe(1000)
  })
})
