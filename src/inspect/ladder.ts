/**
 * The ladder as text: parties are columns, messages arrows, and beside each arrow stands what machines made of it.
 * Pure: frames in, lines out. Secrets of Authorization headers never get into it.
 */
import type { SipMessage } from '../message/types.ts'
import { type Arrow, Arrows, type PartyOptions, type Step } from './arrows.ts'
import type { Frame } from './frame.ts'
import { briefSteps, notesOf, titleOf } from './label.ts'
import { cut, gapText, pad } from './text.ts'

/** What a piece of the ladder is, for those who colour it. */
export type LadderStyle =
  | 'request'
  | 'provisional'
  | 'success'
  | 'challenge'
  | 'failure'
  | 'repeat'
  | 'line'
  | 'quiet'
  | 'party'
  | 'state'

/** How a ladder is drawn. */
export interface LadderOptions {
  /** Columns of the terminal, 60 to 200; default 100. */
  readonly width?: number
  /** Parties in the order of their columns; others are added as they appear. */
  readonly parties?: readonly PartyOptions[]
  /** `brief` (default): transactions, dialogs, calls and registrations by the states of the RFC; `full`: every machine and inner state. */
  readonly detail?: 'brief' | 'full'
  /** Colours a piece; default: none. */
  readonly paint?: (style: LadderStyle, text: string) => string
  /** Time of the clock that counts as zero; default: that of the first frame. */
  readonly start?: number
}

const left = 12
/** Narrowest lane, and what the states beside it need, in characters. */
const [leastLane, leastBeside] = [15, 28]
/** In a narrow terminal lanes give way, down to so many characters, to a machine and its state in full. */
const [narrow, narrowLane, wholeBeside] = [100, 13, 35]
const mostColumns = 6

const styleOf = (arrow: Arrow): LadderStyle => {
  if (arrow.repeated) return 'repeat'
  const { message } = arrow
  if (!message) return 'failure'
  if (message.kind === 'request') return 'request'
  if (message.status < 200) return 'provisional'
  if (message.status < 300) return 'success'
  return message.status === 401 || message.status === 407 ? 'challenge' : 'failure'
}

/** A ladder that grows while frames come in. */
export class Ladder {
  readonly #arrows = new Arrows()
  readonly #options: LadderOptions
  readonly #paint: (style: LadderStyle, text: string) => string
  readonly #columns: string[] = []
  /** Columns nobody named, the one not seen for longest first. */
  readonly #passing = new Set<string>()
  /** Names of the engines that are watched. */
  readonly #engines = new Set<string>()
  #start: number | undefined
  #previous: number | undefined
  #headed = false

  constructor(options: LadderOptions = {}) {
    this.#options = options
    this.#paint = options.paint ?? ((_style, text) => text)
    this.#start = options.start
    for (const party of options.parties ?? []) this.party(party)
  }

  /** Adds a party, or addresses to one. */
  party(party: PartyOptions): void {
    this.#arrows.name(party)
    this.#passing.delete(party.name)
    if (!this.#columns.includes(party.name)) this.#join(party.name, mostColumns)
  }

  #join(name: string, most: number): void {
    if (this.#columns.length >= most) {
      const [oldest] = this.#passing
      if (oldest === undefined) return
      this.#passing.delete(oldest)
      this.#columns.splice(this.#columns.indexOf(oldest), 1)
    }
    this.#columns.push(name)
    this.#headed = false
  }

  /** A party known by its address only: the one not seen for longest makes room for a new one. */
  #pass(name: string): void {
    const known = this.#columns.includes(name)
    if (known && !this.#passing.delete(name)) return
    const room = Math.floor((this.#width - left - leastBeside) / leastLane) + 1
    if (!known) this.#join(name, Math.min(mostColumns, Math.max(2, room)))
    if (this.#columns.includes(name)) this.#passing.add(name)
  }

  /** Takes the next frame of the engine with that name. */
  push(party: string, frame: Frame): void {
    this.#start ??= frame.t
    this.#engines.add(party)
    this.#arrows.push(party, frame)
  }

  /** True while frames wait to be drawn. */
  get pending(): boolean {
    return this.#arrows.pending
  }

  /** Lines of everything that was complete at that time of the clock; default: of everything. Each is given once. */
  take(before?: number): string[] {
    const lines: string[] = []
    for (const arrow of this.#arrows.take(before)) lines.push(...this.#draw(arrow, before === undefined))
    return lines
  }

  /** A line across the ladder that says what comes next. */
  heading(text: string): string[] {
    this.#headed = false
    const rest = Math.max(3, Math.min(this.#width, 120) - text.length - 5)
    return [
      '',
      this.#paint('line', '── ') + this.#paint('party', text) + ' ' + this.#paint('line', '─'.repeat(rest)),
    ]
  }

  get #width(): number {
    return Math.max(60, Math.min(200, this.#options.width ?? 100))
  }

  /** Characters from one lifeline to the next. */
  get #lane(): number {
    const gaps = Math.max(1, this.#columns.length - 1)
    const room = Math.floor((this.#width - left - 4) * (this.#columns.length > 2 ? 0.49 : 0.38)) / gaps
    if (this.#width >= narrow) return Math.max(leastLane, Math.min(34, Math.floor(room)))
    const spared = (this.#width - left - 5 - wholeBeside) / gaps
    return Math.max(narrowLane, Math.floor(Math.min(room, spared)))
  }

  /** Lifelines, with a piece laid over the lane from one column on. */
  #lines(over?: { readonly at: number; readonly text: string }): string {
    const bar = this.#paint('line', '│')
    const blank = ' '.repeat(this.#lane - 1)
    let text = ''
    for (let index = 0; index < this.#columns.length; index += 1) {
      if (over && index === over.at) {
        text += over.text
        const span = this.#spanned
        index += span
        text += index < this.#columns.length - 1 ? blank : ''
        continue
      }
      text += bar + (index < this.#columns.length - 1 ? blank : '')
    }
    return text
  }

  #spanned = 1

  #header(): string[] {
    this.#headed = true
    let line = ''
    let plain = 0
    this.#columns.forEach((name, index) => {
      const shown = cut(name, this.#lane - 2)
      const at = Math.max(
        plain + (index > 0 ? 1 : 0),
        left + 2 + index * this.#lane - Math.floor(shown.length / 2),
      )
      line += ' '.repeat(at - plain) + this.#paint('party', shown)
      plain = at + shown.length
    })
    return [line]
  }

  #draw(arrow: Arrow, last: boolean): string[] {
    const steps = this.#options.detail === 'full' ? arrow.steps : briefSteps(arrow)
    if (!arrow.between && steps.length === 0) return []
    if (arrow.between) for (const name of [arrow.between.from, arrow.between.to]) this.#pass(name)
    const lines = this.#headed ? [] : this.#header()
    const time = ((arrow.t - (this.#start ?? 0)) / 1000).toFixed(3).padStart(7)
    const gap = this.#previous === undefined ? '' : gapText(arrow.t - this.#previous)
    this.#previous = arrow.t
    const beside = this.#beside(steps)
    const transport = arrow.between ? arrow.between.transport.toLowerCase() : ''
    const lefts = [time, `${gap.padStart(7)} ${transport}`]
    const body = arrow.between ? this.#arrow(arrow, last) : []
    const rows = Math.max(body.length, beside.length)
    const quietEdge = this.#lines()
    for (let row = 0; row < rows; row += 1) {
      const edge = this.#paint('quiet', pad(lefts[row] ?? '', left)) + '  '
      lines.push(`${edge}${body[row] ?? quietEdge}${beside[row] ? '  ' + beside[row] : ''}`.trimEnd())
    }
    return lines
  }

  /** The label above, the arrow below. */
  #arrow(arrow: Arrow, last: boolean): string[] {
    const { from, to } = arrow.between!
    const [start, end] = [this.#columns.indexOf(from), this.#columns.indexOf(to)]
    const style = styleOf(arrow)
    const span = Math.max(1, Math.abs(end - start))
    const inner = span * this.#lane - 1
    const title = arrow.message ? titleOf(arrow.message, inner - 1) : 'not SIP'
    const notes = arrow.message ? notesOf(arrow.message) : [arrow.malformed ?? '']
    if (arrow.repeated) notes.unshift('↻ repeated')
    const lost = last && arrow.sent && arrow.watched && !arrow.arrived
    if (lost) notes.unshift('lost')
    if (start < 0 || end < 0 || start === end) {
      const space = this.#width - left - 5 - (this.#columns.length - 1) * this.#lane
      return [
        `${this.#lines()}  ${this.#paint(style, cut(`${from} → ${to}: ${title} ${notes.join(' · ')}`, space))}`,
      ]
    }
    const at = Math.min(start, end)
    this.#spanned = span
    const bar = this.#paint('line', '│')
    const label = this.#paint(style, this.#crossed(pad(cut(` ${title}`, inner), inner), ' ', '│'))
    const shaft = this.#crossed(this.#shaft(notes, inner, start < end, lost), '─', '┼')
    const drawn =
      start < end
        ? bar.replace('│', '├') + this.#paint(style, shaft) + bar
        : bar + this.#paint(style, shaft) + bar.replace('│', '┤')
    return [this.#lines({ at, text: bar + label + bar }), this.#lines({ at, text: drawn })]
  }

  /** Shows the lifelines of parties between the two, where nothing else is written. */
  #crossed(text: string, blank: string, mark: string): string {
    const letters = [...text]
    for (let at = this.#lane - 1; at < letters.length; at += this.#lane)
      if (letters[at] === blank) letters[at] = mark
    return letters.join('')
  }

  #shaft(notes: readonly string[], inner: number, right: boolean, lost: boolean): string {
    const head = lost ? '✗' : right ? '▶' : '◀'
    const shown = [...notes]
    // The last word is the least: it goes before anything is cut.
    while (shown.length > 1 && shown.join(' · ').length > inner - 4) shown.pop()
    const note = cut(shown.join(' · '), inner - 4)
    const text = note === '' ? '' : ` ${note} `
    const line = '─'.repeat(Math.max(0, inner - 2 - text.length))
    return right ? `─${text}${line}${head}` : `${head}─${text}${line}`
  }

  /** What machines did, one line for each, under the name of their engine. */
  #beside(steps: readonly Step[]): string[] {
    const space = this.#width - left - 2 - (this.#columns.length - 1) * this.#lane - 3
    const parties = [...new Set(steps.map(({ party }) => party))]
    const several = this.#engines.size > 1
    const indent = several ? Math.min(8, Math.max(...[...this.#engines].map(({ length }) => length), 0)) : 0
    return parties.flatMap(party =>
      steps
        .filter(step => step.party === party)
        .map((step, index) => {
          const who = indent > 0 ? pad(index === 0 ? cut(party, indent) : '', indent) + ' ' : ''
          return this.#paint('quiet', who) + this.#step(step, space - who.length)
        }),
    )
  }

  #step({ machine, from, to }: Step, space: number): string {
    const whole = `${machine} ${from ?? '●'} → ${to}`
    if (whole.length <= space)
      return this.#paint('quiet', `${machine} ${from ?? '●'} → `) + this.#paint('state', to)
    // Where both cannot be whole, neither vanishes.
    const name = cut(machine, Math.max(space - to.length - 3, Math.floor((space - 3) / 2)))
    return (
      this.#paint('quiet', `${name} → `) + this.#paint('state', cut(to, Math.max(1, space - name.length - 3)))
    )
  }
}

/** The ladder of frames already recorded, each with the name of its engine. */
export const ladder = (
  frames: Iterable<{ readonly party: string; readonly frame: Frame }>,
  options: LadderOptions = {},
): string[] => {
  const drawn = new Ladder(options)
  const sorted = [...frames].sort((a, b) => a.frame.t - b.frame.t)
  for (const { party, frame } of sorted) drawn.push(party, frame)
  return drawn.take()
}

export type { PartyOptions, SipMessage }
