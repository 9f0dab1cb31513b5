/** sipactor trace: screens without a terminal, plain text, files; --record. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { painter } from '../../src/cli/ansi.ts'
import { fileFor } from '../../src/cli/record.ts'
import { TraceScreen } from '../../src/cli/trace-screen.ts'
import { formatTrace, parseTrace, TraceModel } from '../../src/inspect/index.ts'
import { everyUsage } from '../inspect/event-scenes.ts'
import { held, lostAck, ordinaryCall, registered, transferred } from '../inspect/scenes.ts'
import { createTerminalWorld } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'sipactor-trace-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

const worlds: ReturnType<typeof createTerminalWorld>[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.end()
})
const terminal = () => {
  const world = createTerminalWorld({ latency: 10 })
  worlds.push(world)
  return world
}

const plain = painter(false)
const screenOf = (model: TraceModel, ...keys: readonly string[]) => {
  const screen = new TraceScreen(model, plain)
  for (const key of keys) screen.key(key)
  return screen
}

describe('the screens', () => {
  it('go from the list to the ladder to a message and back, by keys alone', async () => {
    const { alice } = await ordinaryCall()
    const screen = screenOf(alice.model())
    const list = screen.render(80, 24).join('\n')
    expect(list).toContain('1 flows')
    expect(list).toMatch(/^> – call {9}alice → bob +ended/m)
    screen.key('return')
    const ladder = screen.render(80, 24).join('\n')
    expect(ladder).toMatch(/> +0\.000 │─ INVITE SDP ─+▶│ {2}C calling, IC calling/)
    expect(ladder).toMatch(/≈ 2\.0 s talking/)
    screen.key('down')
    screen.key('down')
    expect(screen.render(80, 24).join('\n')).toMatch(/> +0\.020 │◀ 200 OK SDP ─+│/)
    screen.key('return')
    const message = screen.render(80, 60).join('\n')
    expect(message).toContain('SIP/2.0 200 OK')
    expect(message).toContain('Why, step by step')
    expect(message).toMatch(/outgoingCall\) transaction\.success: early → confirmed/)
    screen.key('escape')
    screen.key('escape')
    expect(screen.render(80, 24).join('\n')).toBe(list)
    expect(screen.key('q')).toEqual({ is: 'quit' })
  })

  it.each([
    [80, 24],
    [60, 10],
    [120, 50],
  ])('fill %i by %i exactly, whatever is shown', async (columns, rows) => {
    const models = [
      (await transferred()).bob.model(),
      (await lostAck(3_000)).bob.model(),
      (await registered()).model(),
      new TraceModel(),
    ]
    for (const model of models)
      for (const keys of [
        [],
        ['return'],
        ['return', 'down', 'return'],
        ['return', 'down', 'return', 'r'],
        ['return', 'end', 'd'],
        ['/', 'x', 'y', 'z', 'z'],
      ]) {
        const lines = screenOf(model, ...keys).render(columns, rows)
        expect(lines).toHaveLength(rows)
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
      }
  })

  it('keep the selection while frames come in, and drop none of them', async () => {
    const { alice } = await ordinaryCall()
    const model = new TraceModel()
    model.append(alice.frames.slice(0, 30))
    const screen = screenOf(model, 'return', 'down')
    const chosen = screen.render(80, 24).find(line => line.startsWith('>'))
    model.append(alice.frames.slice(30))
    expect(screen.render(80, 24).find(line => line.startsWith('>'))).toBe(chosen)
    expect(screen.render(80, 24).join('\n')).toContain('BYE')
  })

  it('filter while one types, and say so when nothing fits', async () => {
    const { model } = await registered()
    const screen = screenOf(model(), '/', 'i', 'n', 'v')
    expect(screen.render(80, 24).join('\n')).toContain('Nothing fits the filter')
    screen.key('escape')
    expect(screen.render(80, 24).join('\n')).toContain('alice@example.com')
  })

  it('compare a message with the one before it of its kind', async () => {
    const { alice } = await held()
    const screen = screenOf(alice.model(), 'return')
    const second = (): boolean => /^>.*INVITE sendonly/m.test(screen.render(100, 40).join('\n'))
    for (let step = 0; step < 20 && !second(); step += 1) screen.key('down')
    screen.key('d')
    const text = screen.render(100, 60).join('\n')
    expect(text).toContain('- CSeq: 1 INVITE')
    expect(text).toContain('+ CSeq: 2 INVITE')
    expect(text).toContain('  Call-ID: ')
  })

  it('show no secret, and no control character of a message', async () => {
    const { model, frames } = await registered()
    const responses = frames.flatMap(frame =>
      frame.kind === 'message'
        ? (/response="([^"]+)"/.exec(frame.message.header('authorization') ?? '')?.[1] ?? [])
        : [],
    )
    expect(responses.length).toBeGreaterThan(0)
    for (let down = 0; down < 8; down += 1)
      for (const raw of [[], ['r'], ['d']]) {
        const text = screenOf(model(), 'return', ...Array<string>(down).fill('down'), 'return', ...raw)
          .render(200, 90)
          .join('\n')
        for (const response of responses) expect(text).not.toContain(response)
        expect(text.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f]/)
      }
  })

  it('ask for a file of the flow that is chosen', async () => {
    const { alice } = await ordinaryCall()
    const model = alice.model()
    expect(screenOf(model).key('s')).toEqual({ is: 'save', flow: model.flows()[0]!.id })
  })
})

describe('trace --file', () => {
  const run = async (...args: readonly string[]) => {
    const command = terminal().command(['trace', ...args], { columns: 80 })
    return { status: await command.done, out: command.out, err: command.err }
  }

  it('without a terminal prints list, ladder and findings in 80 columns', async () => {
    const { bob } = await lostAck(3_000)
    writeFileSync(at('lost.jsonl'), formatTrace(bob.frames))
    const { status, out, err } = await run('--file', at('lost.jsonl'))
    expect([status, err]).toEqual([0, []])
    const text = out.join('\n')
    expect(text).toMatch(/^ {2}1 ● call {9}alice → bob/)
    expect(text).toMatch(/│─ ACK expected ─*·*✗│|│· ACK expected ·*✗│/)
    expect(text).toMatch(/◆ ACK missing for/)
    expect(Math.max(...out.map(line => line.length))).toBeLessThanOrEqual(80)
  })

  it('--json gives flows, rows and findings as objects', async () => {
    const { bob } = await lostAck(3_000)
    writeFileSync(at('json.jsonl'), formatTrace(bob.frames))
    const { out } = await run('--file', at('json.jsonl'), '--json')
    const types = out.map(line => (JSON.parse(line) as { type: string }).type)
    expect([...new Set(types)]).toEqual(['flow', 'row', 'finding'])
  })

  it('--save writes what the name asks for, for its owner only', async () => {
    const { alice } = await ordinaryCall()
    writeFileSync(at('call.jsonl'), formatTrace(alice.frames))
    const starts = {
      'a.pcap': '\xa1\xb2\xc3\xd4',
      'a.mmd': 'sequenceDiagram',
      'a.svg': '<svg',
      'a.test.ts': '/**',
      'a.jsonl': '{"format"',
    }
    for (const [name, start] of Object.entries(starts)) {
      expect(await run('--file', at('call.jsonl'), '--flow', '1', '--save', at(name))).toEqual({
        status: 0,
        out: [],
        err: [],
      })
      expect(readFileSync(at(name), 'latin1').startsWith(start), name).toBe(true)
      expect(statSync(at(name)).mode & 0o077).toBe(0)
    }
  })

  it.each([
    [['--file', '/nowhere/x'], /^sipactor: cannot read \/nowhere\/x: there is no such file$/],
    [['--file', import.meta.filename], /this is no trace of sipactor/],
    [[], /what trace\?/],
  ])('%j is wrong usage, with words', async (args, words) => {
    const { status, err } = await run(...args)
    expect(status).toBe(2)
    expect(err.at(-1)).toMatch(words)
  })

  it('--follow shows what is written later, until Ctrl-C', async () => {
    const { alice } = await ordinaryCall()
    const lines = formatTrace(alice.frames).split('\n')
    writeFileSync(at('grows.jsonl'), `${lines.slice(0, 10).join('\n')}\n`)
    const command = terminal().command(['trace', '--file', at('grows.jsonl'), '--follow', '--json'])
    writeFileSync(at('grows.jsonl'), lines.slice(10).join('\n'), { flag: 'a' })
    command.interrupt()
    expect(await command.done).toBe(0)
    expect(command.out.join('\n')).toContain('BYE')
  })
})

describe('--record', () => {
  it('writes the trace of a call, secrets hidden, which trace shows again', async () => {
    const world = terminal()
    const listener = world.command(['listen', '--port', '5060'], { host: '192.0.2.2' })
    await listener.after(100)
    const caller = world.command([
      'call',
      'bob@192.0.2.2',
      '--duration',
      '2',
      '--record',
      at('recorded.jsonl'),
    ])
    expect(await caller.after(4_000)).toBe(0)
    listener.interrupt()
    await listener.after(1_000)
    const { header, frames, faults } = parseTrace(readFileSync(at('recorded.jsonl'), 'utf8'))
    expect(header).toMatchObject({ redacted: true, began: { t: expect.any(Number) } })
    expect(faults).toEqual([])
    const model = new TraceModel()
    model.append(frames)
    expect(model.flows()[0]).toMatchObject({ kind: 'call', state: 'ended', messages: 6 })
    expect(statSync(at('recorded.jsonl')).mode & 0o077).toBe(0)
  })

  it('gives each of several engines a file of its own', () => {
    expect(fileFor('/tmp/a.b/demo.jsonl', 'alice')).toBe('/tmp/a.b/demo-alice.jsonl')
    expect(fileFor('trace', 'b/../c')).toBe('trace-b____c')
  })
})

describe('subscriptions, publications and profiles as plain text', () => {
  it('read as the RFC has them, with whole sentences of what went wrong', async () => {
    const scene = await everyUsage()
    const file = at('usages.jsonl')
    writeFileSync(file, formatTrace(scene.frames))
    await scene.end()
    const command = terminal().command(['trace', '--file', file], { columns: 100 })
    expect(await command.done).toBe(0)
    const text = command.out.join('\n')
    expect(text).toMatch(/▲ subscription alice → carol, dialog +489 Bad Event/)
    expect(text).toMatch(/● subscription carol → alice, presence +active/)
    expect(text).toMatch(/– publication {2}bob, presence +removed/)
    expect(text).toMatch(/– message {6}alice → carol +200 OK/)
    expect(text).toMatch(/─ SUBSCRIBE presence ─+▶│ {2}S notifyWait, NC trying/)
    expect(text).toMatch(/◀ NOTIFY pending ─+│ {2}NS trying, S pending/)
    expect(text).toMatch(/◀ NOTIFY active ─+│ {2}NS trying, S active/)
    expect(text).toMatch(/L starting, PF registering, R registering/)
    // The column of a registrar is named by its domain.
    expect(text).toMatch(/^ +this engine +example\.com$/m)
    expect(text.replace(/\n {12}/g, ' ')).toContain(
      'SUBSCRIBE 489 Bad Event: The peer does not offer the event package dialog; it offers presence.',
    )
    for (const line of command.out) expect(line.length).toBeLessThanOrEqual(100)
  })
})
