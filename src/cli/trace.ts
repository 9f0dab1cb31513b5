/** `sipactor trace`: a trace in the terminal, with keys or as plain text. */
import { writeFileSync } from 'node:fs'
import {
  type Frame,
  formatTrace,
  mermaidOf,
  pcapOf,
  svgOf,
  TraceModel,
  testFileOf,
} from '../inspect/index.ts'
import { painter } from './ansi.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io, Screen } from './io.ts'
import { TraceScreen } from './trace-screen.ts'
import { attachSource, fileSource, type TraceSink, type TraceSource } from './trace-source.ts'
import { findingLines, flowLine, LadderLines } from './trace-text.ts'

/** Options of `sipactor trace`. */
export interface TraceOptions {
  readonly file?: string
  readonly follow?: boolean
  readonly attach?: string
  readonly flow?: string
  readonly save?: string
  readonly plain?: boolean
  readonly json?: boolean
  readonly debug?: boolean
}

/** Frames of a flow, or all. */
const framesOf = (model: TraceModel, flow: string | undefined): Frame[] =>
  [...model.frames()].filter(({ seq }) => flow === undefined || model.flowOf(seq) === flow)

const chosen = (model: TraceModel, wanted: string | undefined): string | undefined => {
  if (wanted === undefined) return undefined
  const flows = model.flows()
  const flow = /^\d+$/.test(wanted)
    ? flows[Number(wanted) - 1]
    : flows.find(({ id, legs }) => id === wanted || legs.some(leg => leg.id === wanted))
  if (!flow)
    throw new CliError(exitStatus.usage, `there is no flow ${wanted}: the list shows their numbers and ids`)
  return flow.id
}

/** Writes what the name of the file asks for. */
const save = (model: TraceModel, path: string, flow: string | undefined): void => {
  const frames = framesOf(model, flow)
  const title = model.flows().find(({ id }) => id === flow)?.title ?? 'a recorded trace'
  const view = () => model.ladder(flow ?? model.flows()[0]?.id ?? '')
  const write = (): string | Uint8Array => {
    if (path.endsWith('.pcap')) return pcapOf(frames)
    if (path.endsWith('.mmd')) return mermaidOf(view())
    if (path.endsWith('.svg')) return svgOf(view(), { title })
    if (path.endsWith('.jsonl')) return formatTrace(frames)
    if (!path.endsWith('.test.ts'))
      throw new CliError(
        exitStatus.usage,
        `cannot tell what ${path} is to be: .pcap, .mmd, .svg, .test.ts or .jsonl`,
      )
    const test = testFileOf(frames, { title })
    if (test.text === undefined)
      throw new CliError(exitStatus.usage, `no test can be made of it: ${test.reason}`)
    return test.text
  }
  const data = write()
  try {
    writeFileSync(path, data, { mode: 0o600 })
  } catch (error) {
    throw new CliError(exitStatus.usage, `cannot write ${path}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

const plain = (io: Io, model: TraceModel, only: string | undefined): void => {
  const paint = painter(io.colour)
  const now = model.timeAt(model.last)
  const flows = model.flows()
  if (flows.length === 0) io.out('There is no flow in this trace.')
  flows.forEach((flow, index) =>
    io.out(`${String(index + 1).padStart(3)} ${flowLine(flow, now, io.columns - 4, paint)}`),
  )
  for (const { id, title } of flows.filter(flow => only === undefined || flow.id === only)) {
    const view = model.ladder(id)
    const drawn = new LadderLines(view, io.columns, paint)
    io.out('')
    io.out(`${paint('party', title)}  ${paint('quiet', id)}`)
    for (const line of drawn.head()) io.out(line)
    for (const row of view.rows) io.out(drawn.row(row))
  }
  const findings = model.findings().filter(({ flow }) => only === undefined || flow === only)
  if (findings.length > 0) io.out('')
  for (const finding of findings)
    for (const line of findingLines(finding, model.timeAt(model.first), io.columns, paint)) io.out(line)
}

const json = (io: Io, model: TraceModel, only: string | undefined): void => {
  for (const flow of model.flows()) {
    if (only !== undefined && flow.id !== only) continue
    io.out(JSON.stringify({ type: 'flow', ...flow }))
    for (const row of model.ladder(flow.id).rows)
      io.out(JSON.stringify({ type: 'row', flow: flow.id, ...row }))
  }
  for (const finding of model.findings())
    if (only === undefined || finding.flow === only) io.out(JSON.stringify({ type: 'finding', ...finding }))
}

/** At most one drawing in so many milliseconds. */
const pace = 50

/** Runs the screens until `q` or Ctrl-C. */
const watch = async (
  io: Io,
  terminal: Screen,
  model: TraceModel,
  begin: (sink: TraceSink) => TraceSource,
): Promise<number> => {
  const screen = new TraceScreen(model, painter(io.colour))
  let timer: ReturnType<typeof setTimeout> | undefined
  const draw = (): void => {
    timer = undefined
    terminal.show(screen.render(terminal.columns, terminal.rows))
  }
  const soon = (): void => {
    timer ??= setTimeout(draw, pace)
  }
  const source = begin({
    frames: frames => {
      model.append(frames)
      soon()
    },
    actors: (actors, seq) => {
      model.seed(actors, seq)
      soon()
    },
    note: text => {
      screen.notice = text
      soon()
    },
  })
  let stop = (): void => undefined
  try {
    draw()
    // A file that is at its end stays on the screen.
    const failed = source.done.then(() => new Promise<never>(() => undefined))
    const left = new Promise<void>(resolve => {
      stop = io.onInterrupt(resolve)
      terminal.onResize(draw)
      terminal.onKey(key => {
        const wish = screen.key(key)
        if (wish?.is === 'quit') resolve()
        else if (wish?.is === 'save') {
          const path = `sipactor-${wish.flow.replace(/[^\w.-]/g, '_').slice(0, 60)}.pcap`
          try {
            save(model, path, wish.flow)
            screen.notice = `saved ${path}`
          } catch (error) {
            screen.notice = (error as Error).message
          }
        }
        draw()
      })
    })
    await Promise.race([left, failed])
    return exitStatus.ok
  } finally {
    clearTimeout(timer)
    source.close()
    terminal.close()
    stop()
  }
}

/** `sipactor trace`. */
export const traceCommand = async (io: Io, options: TraceOptions): Promise<number> => {
  const { file, attach } = options
  if (file === undefined && attach === undefined)
    throw new CliError(exitStatus.usage, 'what trace? Give --file or --attach')
  const model = new TraceModel({ capacity: 1_000_000 })
  const begin = (sink: TraceSink): TraceSource =>
    attach === undefined ? fileSource(file!, options.follow === true, sink) : attachSource(attach, sink)
  const terminal = options.plain || options.json || options.save ? undefined : io.screen?.()
  if (terminal) return watch(io, terminal, model, begin)
  const source = begin({
    frames: frames => model.append(frames),
    actors: (actors, seq) => model.seed(actors, seq),
    note: text => io.err(`sipactor: ${text}`),
  })
  const stop = io.onInterrupt(() => source.close())
  try {
    await source.done
  } finally {
    stop()
  }
  const only = chosen(model, options.flow)
  if (options.save) save(model, options.save, only)
  if (options.json) json(io, model, only)
  else if (!options.save || options.plain) plain(io, model, only)
  return exitStatus.ok
}
