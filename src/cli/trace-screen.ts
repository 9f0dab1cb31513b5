/** The screens of `sipactor trace`: list of flows, ladder, message. Keys in, lines out; it touches no terminal. */
import type { Frame, LadderRow, LadderView, TraceModel } from '../inspect/index.ts'
import type { Paint } from './ansi.ts'
import { diffLines, flowLine, LadderLines, messageLines, within } from './trace-text.ts'

/** A key by its name: `up`, `down`, `pageup`, `pagedown`, `home`, `end`, `return`, `escape`, `backspace`, or its letter. */
export type Key = string

/** What a key asks of the world. */
export type Wish = { readonly is: 'quit' } | { readonly is: 'save'; readonly flow: string }

const hints = {
  list: '↑↓ choose  Enter open  / filter  s save pcap  q quit',
  ladder: '↑↓ choose  Enter message  d diff  s save pcap  Esc back  q quit',
  message: '↑↓ scroll  r raw  d diff  Esc back  q quit',
} as const

export class TraceScreen {
  readonly #model: TraceModel
  readonly #paint: Paint
  #view: keyof typeof hints = 'list'
  /** Selection by identity: new frames do not move it. */
  #flow: string | undefined
  #seq: number | undefined
  #scroll = 0
  #raw = false
  #diff = false
  #filter = ''
  #typing = false
  #page = 10
  /** One line for the user, until the next key. */
  notice = ''

  constructor(model: TraceModel, paint: Paint) {
    this.#model = model
    this.#paint = paint
  }

  #flows() {
    const words = this.#filter
      .toLowerCase()
      .split(/\s+/)
      .filter(word => word !== '')
    return this.#model.flows().filter(({ title, state, kind, id, methods }) => {
      const text = [title, state, kind, id, ...methods].join(' ').toLowerCase()
      return words.every(word => text.includes(word))
    })
  }

  #ladder(): LadderView {
    return this.#model.ladder(this.#flow ?? '')
  }

  /** Rows of a ladder that have a frame to show. */
  #rows(): readonly Exclude<LadderRow, { kind: 'silence' | 'missing' }>[] {
    return this.#ladder().rows.filter(row => row.kind !== 'silence' && row.kind !== 'missing')
  }

  /** Takes a key. @returns what it asks of the world, if anything */
  key(key: Key): Wish | undefined {
    this.notice = ''
    if (this.#typing) {
      this.#type(key)
      return undefined
    }
    if (key === 'q') return { is: 'quit' }
    if (key === 's') {
      const flow = this.#view === 'list' ? this.#chosen() : this.#flow
      return flow === undefined ? undefined : { is: 'save', flow }
    }
    if (this.#view === 'list') this.#listKey(key)
    else if (this.#view === 'ladder') this.#ladderKey(key)
    else this.#messageKey(key)
    return undefined
  }

  #type(key: Key): void {
    if (key === 'return') this.#typing = false
    else if (key === 'escape') {
      this.#typing = false
      this.#filter = ''
    } else if (key === 'backspace') this.#filter = this.#filter.slice(0, -1)
    else if (key.length === 1 && this.#filter.length < 80) this.#filter += key
  }

  #chosen(): string | undefined {
    const flows = this.#flows()
    return (flows.find(({ id }) => id === this.#flow) ?? flows[0])?.id
  }

  #moved(key: Key, at: number, length: number): number {
    const by: Readonly<Record<string, number>> = {
      up: -1,
      k: -1,
      down: 1,
      j: 1,
      pageup: -this.#page,
      pagedown: this.#page,
      home: -length,
      end: length,
    }
    return Math.max(0, Math.min(length - 1, at + (by[key] ?? 0)))
  }

  #listKey(key: Key): void {
    const flows = this.#flows()
    const at = Math.max(
      0,
      flows.findIndex(({ id }) => id === this.#chosen()),
    )
    if (key === '/') this.#typing = true
    else if (key === 'escape') this.#filter = ''
    else if (key === 'return' && flows[at]) {
      this.#flow = flows[at].id
      this.#view = 'ladder'
      this.#seq = undefined
    } else this.#flow = flows[this.#moved(key, at, flows.length)]?.id
  }

  #ladderKey(key: Key): void {
    const rows = this.#rows()
    const at = Math.max(
      0,
      rows.findIndex(({ seq }) => seq === this.#seq),
    )
    if (key === 'escape') this.#view = 'list'
    else if ((key === 'return' || key === 'd') && rows[at]) {
      this.#seq = rows[at].seq
      this.#view = 'message'
      this.#scroll = 0
      this.#diff = key === 'd'
    } else this.#seq = rows[this.#moved(key, at, rows.length)]?.seq
  }

  #messageKey(key: Key): void {
    if (key === 'escape') this.#view = 'ladder'
    else if (key === 'r') this.#raw = !this.#raw
    else if (key === 'd') this.#diff = !this.#diff
    else this.#scroll = this.#moved(key, this.#scroll, 10_000)
  }

  /** The last message before it with the same first words in the same flow. */
  #before(frame: Frame): Frame | undefined {
    const rows = this.#ladder().rows
    const row = rows.find(({ seq, kind }) => kind === 'arrow' && seq === frame.seq)
    if (row?.kind !== 'arrow') return undefined
    const earlier = rows.findLast(
      one =>
        one.kind === 'arrow' && one.seq < row.seq && one.label === row.label && one.method === row.method,
    )
    return earlier && this.#model.frame(earlier.seq)
  }

  /** The whole screen: exactly so many lines, none wider. */
  render(columns: number, rows: number): string[] {
    const width = Math.max(40, columns)
    const room = Math.max(3, rows - 2)
    this.#page = Math.max(1, room - 3)
    const body =
      this.#view === 'list'
        ? this.#list(width, room)
        : this.#view === 'ladder'
          ? this.#drawn(width, room)
          : this.#message(width, room)
    const lines = body.slice(0, room)
    while (lines.length < room) lines.push('')
    const status = this.#typing ? `filter: ${this.#filter}_` : this.notice || hints[this.#view]
    return [...lines, this.#paint('line', '─'.repeat(width)), this.#paint('quiet', within(status, width))]
  }

  #list(width: number, room: number): string[] {
    const flows = this.#flows()
    const { dropped, length, last } = this.#model
    const head = `${flows.length} flows, ${length} frames${dropped > 0 ? `, ${dropped} older dropped` : ''}${this.#filter ? `, filter "${this.#filter}"` : ''}`
    const lines = [this.#paint('party', within(head, width)), '']
    if (flows.length === 0)
      lines.push(
        this.#filter
          ? '  Nothing fits the filter. Esc clears it.'
          : '  Nothing yet. Frames appear here as they come.',
      )
    const at = Math.max(
      0,
      flows.findIndex(({ id }) => id === this.#chosen()),
    )
    const now = this.#model.timeAt(last)
    return [
      ...lines,
      ...this.#window(flows, at, room - 2, flow => flowLine(flow, now, width - 2, this.#paint)),
    ]
  }

  /** The part of a list around the selection, which has a mark that needs no colour. */
  #window<Item>(items: readonly Item[], at: number, room: number, line: (item: Item) => string): string[] {
    const from = Math.max(0, Math.min(at - Math.floor(room / 2), items.length - room))
    return items
      .slice(from, from + room)
      .map((item, index) =>
        from + index === at ? `${this.#paint('bold', '>')} ${line(item)}` : `  ${line(item)}`,
      )
  }

  #drawn(width: number, room: number): string[] {
    const view = this.#ladder()
    const flow = this.#model.flows().find(({ id }) => id === view.flow)
    const drawn = new LadderLines(view, width - 2, this.#paint)
    const chosen = this.#rows().find(({ seq }) => seq === this.#seq) ?? this.#rows()[0]
    const at = Math.max(
      0,
      view.rows.findIndex(row => row === chosen || (row.kind === chosen?.kind && row.seq === chosen.seq)),
    )
    const head = flow
      ? `${flow.title}  ${flow.state}${flow.legs.length > 1 ? `  ${flow.legs.length} legs` : ''}`
      : 'This flow is gone.'
    const cut = view.cut ? [this.#paint('repeat', '  older records were dropped')] : []
    const top = [this.#paint('party', within(head, width)), ...drawn.head().map(line => `  ${line}`), ...cut]
    return [...top, ...this.#window(view.rows, at, room - top.length, row => drawn.row(row))]
  }

  #message(width: number, room: number): string[] {
    const frame = this.#seq === undefined ? undefined : this.#model.frame(this.#seq)
    if (!frame) return ['This record was dropped.']
    const before = this.#diff ? this.#before(frame) : undefined
    const lines = before
      ? diffLines(before, frame, width, this.#paint)
      : messageLines(frame, this.#model.why(frame.seq), width, this.#raw, this.#paint)
    if (this.#diff && !before) lines.unshift('There is no earlier message of its kind in this flow.', '')
    this.#scroll = Math.max(0, Math.min(this.#scroll, lines.length - room))
    return lines.slice(this.#scroll)
  }
}
