/** A trace as lines of text, for any width and without need of colour. Pure. */
import {
  type ArrowRow,
  briefState,
  type Chip,
  type Finding,
  type FlowSummary,
  type Frame,
  type LadderRow,
  type LadderView,
  redactFrame,
  type StepFrame,
  type Why,
} from '../inspect/index.ts'
import type { Paint, Style } from './ansi.ts'

export const within = (text: string, width: number): string => {
  // A control character of somebody's message does not reach the terminal.
  const plain = text.replace(/[\x00-\x1f\x7f-\x9f]/g, '·')
  return plain.length <= width ? plain : width < 2 ? '' : plain.slice(0, width - 1) + '…'
}
const pad = (text: string, width: number): string => within(text, width).padEnd(width)

const marks: Readonly<Record<FlowSummary['standing'], string>> = {
  underway: '○',
  settled: '●',
  ended: '–',
  failed: '▲',
}

const ageText = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const minutes = Math.floor(seconds / 60)
  const two = (number: number): string => String(number).padStart(2, '0')
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}

/** One line of the list of flows. `now` in milliseconds of the engine's clock. */
export const flowLine = (flow: FlowSummary, now: number, width: number, paint: Paint): string => {
  const counts = `${flow.findings > 0 ? `▲${flow.findings} ` : ''}${flow.messages}`.padStart(7)
  const age = ageText(now - flow.began).padStart(8)
  const room = width - 2 - counts.length - age.length - 2
  const kind = pad(flow.kind, 13)
  const title = pad(flow.title, Math.floor((room - 13) * 0.5))
  const state = pad(flow.state, room - 13 - title.length - 1)
  const style: Style =
    flow.standing === 'failed' ? 'failure' : flow.standing === 'settled' ? 'success' : 'quiet'
  return `${paint(style, marks[flow.standing])} ${paint('quiet', kind)}${title} ${paint(style, state)}${paint('quiet', age)} ${counts}`
}

/** In lines of whole words. */
const folded = (text: string, width: number): string[] => {
  const lines: string[] = []
  for (const word of within(text, Number.POSITIVE_INFINITY).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map(line => within(line, width))
}

/** A finding, its sentence whole. */
export const findingLines = (finding: Finding, start: number, width: number, paint: Paint): string[] => {
  const time = ((finding.t - start) / 1000).toFixed(3).padStart(9)
  const mark = finding.severity === 'failure' ? '▲' : '◆'
  const style: Style = finding.severity === 'failure' ? 'failure' : 'repeat'
  const lines = folded(`${finding.title}: ${finding.text}`, width - 12)
  return lines.map((line, index) =>
    index === 0
      ? `${paint('quiet', time)} ${paint(style, `${mark} ${line}`)}`
      : `${' '.repeat(12)}${paint(style, line)}`,
  )
}

const styleOf = (row: LadderRow): Style => {
  if (row.kind === 'missing' || row.kind === 'malformed') return 'failure'
  if (row.kind !== 'arrow') return 'quiet'
  if (row.repeats !== undefined) return 'repeat'
  return row.is === 'failure' && row.again ? 'challenge' : row.is
}

const words = (row: ArrowRow): string =>
  [
    row.label,
    row.sdp && (row.sdp.direction === 'sendrecv' ? 'SDP' : row.sdp.direction),
    row.copies.length > 0 && `↻ ×${row.copies.length}`,
  ]
    .filter(part => typeof part === 'string')
    .join(' ')

const chipText = (chips: readonly Chip[]): string =>
  chips
    .filter(({ main }) => main)
    .map(({ kind, to }) => `${kind} ${briefState(to)}`)
    .join(', ')

const timeWidth = 9
const leastLane = 16

/** Draws the rows of a ladder into so many columns. */
export class LadderLines {
  readonly #view: LadderView
  readonly #paint: Paint
  readonly #lane: number
  readonly #beside: number
  readonly #shown: LadderView['columns']

  constructor(view: LadderView, width: number, paint: Paint) {
    this.#view = view
    this.#paint = paint
    // In a narrow terminal the last columns give way: their arrows are written in words.
    const most = Math.max(2, Math.floor((width - timeWidth - 12) / leastLane) + 1)
    this.#shown = view.columns.slice(0, most)
    const gaps = Math.max(1, this.#shown.length - 1)
    this.#lane = Math.max(leastLane, Math.min(34, Math.floor((width - timeWidth - 24) / gaps)))
    this.#beside = Math.max(0, width - timeWidth - gaps * this.#lane - 3)
  }

  /** Who stands where. */
  head(): string[] {
    const line = (texts: readonly string[]): string =>
      `${' '.repeat(timeWidth)}${texts.map((text, index) => pad(text, index < texts.length - 1 ? this.#lane : this.#lane - 2)).join('')}`.trimEnd()
    return [
      this.#paint('party', line(this.#shown.map(({ is, name }) => (is === 'engine' ? 'this engine' : name)))),
      this.#paint(
        'quiet',
        line(
          this.#shown.map(({ is, host, transport }) => (is === 'engine' ? '' : `${host} ${transport ?? ''}`)),
        ),
      ),
    ]
  }

  row(row: LadderRow): string {
    const paint = this.#paint
    const time = paint('quiet', ((row.t - this.#view.start) / 1000).toFixed(3).padStart(timeWidth - 1) + ' ')
    const rail = this.#rails()
    if (row.kind === 'silence')
      return paint(
        'quiet',
        `${' '.repeat(timeWidth - 2)}≈ ${within(`${(row.milliseconds / 1000).toFixed(1)} s ${row.label}`, 60)}`,
      )
    if (row.kind === 'moved')
      return `${time}${rail}  ${paint('state', within(`${row.timer ? '◷ ' : ''}${row.label}: ${chipText(row.chips)}`, this.#beside))}`
    const label =
      row.kind === 'arrow'
        ? words(row)
        : row.kind === 'missing'
          ? `${row.label} expected`
          : `not SIP: ${row.reason}`
    const [from, to] = [this.#index(row.from), this.#index(row.to)]
    if (from < 0 || to < 0) return `${time}${rail}  ${paint(styleOf(row), within(label, this.#beside))}`
    const chips = row.kind === 'arrow' ? chipText(row.chips) : ''
    return `${time}${this.#drawn(from, to, label, row)}  ${paint('state', within(chips, this.#beside))}`.trimEnd()
  }

  #index(id: string): number {
    return this.#shown.findIndex(column => column.id === id)
  }

  #rails(): string {
    return this.#paint(
      'line',
      this.#shown.map((_, index) => (index < this.#shown.length - 1 ? '│'.padEnd(this.#lane) : '│')).join(''),
    )
  }

  #drawn(from: number, to: number, label: string, row: LadderRow): string {
    const [low, high] = [Math.min(from, to), Math.max(from, to)]
    const right = to > from
    const span = (high - low) * this.#lane - 1
    const line = row.kind !== 'arrow' ? '·' : row.repeats === undefined ? '─' : '╌'
    const end = row.kind !== 'arrow' ? '✗' : right ? '▶' : '◀'
    const text = ` ${within(label, span - 5)} `
    const rest = line.repeat(Math.max(0, span - 2 - text.length))
    const shaft = right ? `${line}${text}${rest}${end}` : `${end}${text}${rest}${line}`
    const rail = this.#paint('line', '│')
    const before = `${rail}${' '.repeat(this.#lane - 1)}`.repeat(low)
    const gaps = this.#shown.length - 1 - high
    return `${before}${rail}${this.#paint(styleOf(row), shaft)}${rail}${`${' '.repeat(this.#lane - 1)}${rail}`.repeat(Math.max(0, gaps))}`
  }
}

const stepLine = ({ seq, machine, actor, event, from, to, guards, actions }: StepFrame): string =>
  [
    `#${seq} ${actor} (${machine}) ${event}: ${from ?? '●'} → ${to}`,
    guards &&
      `refused ${guards.map(({ guard, target }) => (target ? `${guard} → ${target}` : guard)).join(', ')}`,
    actions && `did ${actions.join(', ')}`,
  ]
    .filter(part => part !== undefined)
    .join('; ')

const wrapped = (line: string, width: number): string[] => {
  const plain = within(line, Number.POSITIVE_INFINITY)
  const lines: string[] = []
  for (let at = 0; at === 0 || at < plain.length; at += width) lines.push(plain.slice(at, at + width))
  return lines
}

/** A frame in full: where it went, its bytes as text with secrets hidden, and what it set off. */
export const messageLines = (frame: Frame, why: Why, width: number, raw: boolean, paint: Paint): string[] => {
  if (frame.kind === 'step') return wrapped(stepLine(frame), width)
  const { local, remote, transport } = frame
  const [from, to] = frame.kind === 'message' && frame.direction === 'out' ? [local, remote] : [remote, local]
  const lines = [
    paint(
      'party',
      within(`#${frame.seq}  ${from.host}:${from.port} → ${to.host}:${to.port}  ${transport}`, width),
    ),
    '',
  ]
  const shown = redactFrame(frame)
  if (shown.kind !== 'message') lines.push(...wrapped('reason' in shown ? shown.reason : '', width))
  else {
    const text = raw
      ? textOf(shown.bytes)
      : [...shown.message.fields.map(({ name, value }) => `${name}: ${value}`), '', shown.message.text].join(
          '\n',
        )
    if (!raw) lines.push(...wrapped(startOf(shown.message), width))
    for (const line of text.trimEnd().split('\n')) lines.push(...wrapped(line.replace(/\r$/, ''), width))
  }
  if (why.steps.length > 0) {
    lines.push('', paint('party', 'Why, step by step'))
    for (const step of why.steps) lines.push(...wrapped(stepLine(step), width))
  }
  return lines
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const startOf = (message: {
  readonly kind: string
  readonly method?: string
  readonly uri?: string
  readonly status?: number
  readonly reason?: string
}): string =>
  message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`

/** Lines of two messages against each other: `-` only in the first, `+` only in the second. */
export const diffLines = (left: Frame, right: Frame, width: number, paint: Paint): string[] => {
  const linesOf = (frame: Frame): string[] => {
    const shown = redactFrame(frame)
    return shown.kind === 'message' ? textOf(shown.bytes).trimEnd().split(/\r?\n/) : []
  }
  const [a, b] = [linesOf(left).slice(0, 2000), linesOf(right).slice(0, 2000)]
  const table: Uint16Array[] = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      table[i]![j] =
        a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!)
  const lines = [paint('party', within(`#${left.seq} against #${right.seq}`, width)), '']
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(paint('quiet', within(`  ${a[i]}`, width)))
      i += 1
      j += 1
    } else if (j >= b.length || (i < a.length && table[i + 1]![j]! >= table[i]![j + 1]!)) {
      lines.push(paint('failure', within(`- ${a[i]}`, width)))
      i += 1
    } else {
      lines.push(paint('success', within(`+ ${b[j]}`, width)))
      j += 1
    }
  }
  return lines
}
