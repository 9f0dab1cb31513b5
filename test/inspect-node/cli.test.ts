/** The inspector from the command line: of a recorded trace, of the engine of a command, of the demo. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { run } from '../../src/cli/program.ts'
import type { Frame } from '../../src/index.ts'
import { formatTrace } from '../../src/inspect/index.ts'
import { serveInspector } from '../../src/inspect-node/index.ts'
import { node } from '../../src/node/index.ts'
import { inspected, Native } from './support.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const end of opened.splice(0).reverse()) await end()
})

/** A terminal of this machine. */
const terminal = (args: readonly string[]) => {
  const lines: string[] = []
  const listeners = new Set<() => void>()
  let changed = (): void => undefined
  const write = (line: string): void => {
    lines.push(line)
    changed()
  }
  const io: Io = {
    program: 'sipactor',
    version: '1.2.3',
    out: write,
    err: write,
    columns: 100,
    colour: false,
    env: {},
    now: () => Date.now(),
    secret: async () => undefined,
    platform: host => node({ host: host ?? '127.0.0.1' }),
    onInterrupt: listener => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    inspector: serveInspector,
    leave: () => undefined,
  }
  const done = run(args, io)
  const interrupt = (): void => {
    for (const listener of [...listeners]) listener()
  }
  opened.push(async () => {
    interrupt()
    await done
  })
  return {
    lines,
    done,
    interrupt,
    /** Addresses shown, once there are so many. */
    async urls(count: number): Promise<readonly string[]> {
      for (;;) {
        const found = [...new Set(lines.join('\n').match(/http:\/\/127\.0\.0\.1:\d+\/\S+/g))]
        if (found.length >= count) return found
        await new Promise<void>(resolve => {
          changed = resolve
        })
      }
    },
  }
}

const file = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sipactor-trace-'))
  opened.push(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'trace.jsonl')
  writeFileSync(path, text)
  return path
}

describe('sipactor inspect', () => {
  it('serves a recorded trace until Ctrl-C', async () => {
    const { alice, call, end } = await inspected()
    const frames: Frame[] = []
    alice.sip.trace$.subscribe(frame => frames.push(frame))
    await call()
    await end()
    const shown = terminal(['inspect', '--file', file(formatTrace(frames, { engine: 'alice' }))])
    const [url] = await shown.urls(1)
    const native = new Native(url!)
    await native.until(() => native.frames.length === frames.length)
    expect(native.words[0]).toMatchObject({ engine: 'alice', redacted: true })
    expect(native.frames.map(({ seq }) => seq)).toEqual(frames.map(({ seq }) => seq))
    shown.interrupt()
    expect(await shown.done).toBe(0)
    await native.untilClosed()
  })

  it('says what is wrong with a file: status 2', async () => {
    for (const [args, text] of [
      [['inspect'], /--file/],
      [['inspect', '--file', '/nowhere/at.all'], /cannot read \/nowhere\/at\.all/],
      [['inspect', '--file', file('hello\n')], /no trace of sipactor/],
      [['inspect', '--file', file('')], /nothing in it/],
    ] as const) {
      const shown = terminal(args)
      expect(await shown.done).toBe(2)
      expect(shown.lines.join('\n')).toMatch(text)
    }
  })
})

describe('--inspect', () => {
  it('prints where the engine of a command is seen, with all that it has done so far', async () => {
    const shown = terminal([
      'listen',
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--transport',
      'udp',
      '--inspect',
    ])
    const [url] = await shown.urls(1)
    const native = new Native(url!)
    await native.until(() => native.frames.some(frame => frame.kind === 'step' && frame.to === 'active'))
    expect(native.words[0]).toMatchObject({ ring: 100_000, redacted: true })
    shown.interrupt()
    expect(await shown.done).toBe(0)
    await native.untilClosed()
  })
})

describe('the demo', () => {
  it('without --exit says where both engines are seen, and their flows are there', async () => {
    const shown = terminal(['demo'])
    const urls = await shown.urls(2)
    while (!shown.lines.some(line => line.includes('Everything stays up')))
      await new Promise(resolve => setImmediate(resolve))
    for (const [at, name] of ['alice', 'bob'].entries()) {
      const native = new Native(urls[at]!)
      await native.until(() => native.last('actors') !== undefined)
      expect(native.words[0]?.engine).toBe(name)
      const machines = native.frames.map(frame => (frame.kind === 'step' ? frame.machine : frame.kind))
      expect(machines).toEqual(expect.arrayContaining(['message', 'dialog']))
      native.close()
    }
    shown.interrupt()
    await shown.done
  })

  it('with --exit serves nothing', async () => {
    const shown = terminal(['demo', '--exit'])
    expect(await shown.done).toBe(0)
    expect(shown.lines.join('\n')).not.toMatch(/http:/)
  })
})
