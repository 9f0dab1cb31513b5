/** A ladder as a picture by itself: SVG without scripts, styles of others or anything to load. */
import { briefState } from './label.ts'
import { seconds } from './text.ts'
import type { ArrowRow, Chip, LadderRow, LadderView, Lifeline } from './views.ts'

/** How a ladder is drawn. */
export interface SvgOptions {
  /** Default `light`. */
  readonly theme?: 'light' | 'dark'
  /** Above the ladder; default none. */
  readonly title?: string
}

const themes = {
  light: {
    bg: '#ffffff',
    band: '#e8ecf1',
    line: '#b4bdc9',
    ink: '#151a21',
    soft: '#596473',
    request: '#1c5bbf',
    provisional: '#536071',
    success: '#116b3d',
    failure: '#b9271f',
    repeat: '#8a5200',
  },
  dark: {
    bg: '#141920',
    band: '#171e27',
    line: '#3c4858',
    ink: '#e9eef4',
    soft: '#8e9bab',
    request: '#86b4ff',
    provisional: '#a6b2c1',
    success: '#62d199',
    failure: '#ff8d84',
    repeat: '#f2b457',
  },
} as const

type Theme = Record<keyof (typeof themes)['light'], string>

const [left, lane, band, top, rowHeight, breakHeight] = [84, 220, 150, 64, 30, 20]

/** What XML cannot hold is shown as a box. */
const text = (value: string): string =>
  value
    .replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const write = (x: number, y: number, value: string, fill: string, more = ''): string =>
  `<text x="${x}" y="${y}" fill="${fill}"${more && ` ${more}`}>${text(value)}</text>`

const stroke = (x1: number, y1: number, x2: number, y2: number, colour: string, more = ''): string =>
  `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${colour}" fill="none"${more && ` ${more}`}/>`

/** Where columns stand: the lines of the engine closer together than peers. */
const placesOf = (view: LadderView): Map<string, number> => {
  const places = new Map<string, number>()
  let x = left
  view.columns.forEach(({ id, is }, index) => {
    const before = view.columns[index - 1]
    if (before) x += is === 'engine' && before.is === 'engine' ? band : lane
    places.set(id, x)
  })
  return places
}

const head = (x: number, y: number, right: boolean, colour: string, hollow: boolean, bg: string): string => {
  const back = right ? x - 8 : x + 8
  return `<path d="M${x} ${y}L${back} ${y - 4}V${y + 4}Z" fill="${hollow ? bg : colour}" stroke="${colour}"/>`
}

const badge = (row: ArrowRow): string =>
  [
    row.label,
    row.sdp && (row.sdp.direction === 'sendrecv' ? 'SDP' : row.sdp.direction),
    row.copies.length > 0 && `↻ ×${row.copies.length}`,
  ]
    .filter(part => typeof part === 'string')
    .join('  ')

const dashes: Readonly<Record<Lifeline['is'], string>> = {
  none: 'stroke-width="1"',
  early: 'stroke-width="2" stroke-dasharray="5 4"',
  confirmed: 'stroke-width="2.5"',
  held: 'stroke-width="2.5" stroke-dasharray="2 3"',
}

const chipText = (chips: readonly Chip[]): string =>
  chips
    .filter(({ main }) => main)
    .map(({ kind, to }) => `${kind} ${briefState(to)}`)
    .join(' · ')

const drawArrow = (row: ArrowRow, y: number, at: (id: string) => number, theme: Theme): string => {
  const [from, to] = [at(row.from), at(row.to)]
  const right = to > from
  const repeated = row.repeats !== undefined
  const colour = repeated ? theme.repeat : theme[row.is]
  const [low, high] = right ? [from, to] : [to, from]
  const time =
    repeated && row.spread
      ? row.spread[0] === row.spread[1]
        ? seconds(row.spread[0])
        : `${seconds(row.spread[0])} – ${seconds(row.spread[1])}`
      : row.rtt !== undefined && row.rtt >= 1
        ? seconds(row.rtt)
        : ''
  return [
    write(low + 12, y - 5, badge(row), colour, 'font-weight="600"'),
    time === '' ? '' : write(high - 10, y - 5, time, theme.soft, 'text-anchor="end" font-size="11"'),
    stroke(from, y, to, y, colour, `stroke-width="1.4"${repeated ? ' stroke-dasharray="5 3"' : ''}`),
    head(to, y, right, colour, row.again, theme.bg),
  ].join('')
}

const draw = (
  row: LadderRow,
  y: number,
  at: (id: string) => number,
  view: LadderView,
  theme: Theme,
): string => {
  const clock = (): string =>
    write(
      left - 14,
      y + 4,
      ((row.t - view.start) / 1000).toFixed(3),
      theme.soft,
      'text-anchor="end" font-size="11"',
    )
  if (row.kind === 'silence') {
    const middle = (at(view.columns[0]!.id) + at(view.columns.at(-1)!.id)) / 2
    return write(
      middle,
      y - 2,
      `${seconds(row.milliseconds)} ${row.label}`.trim(),
      theme.soft,
      'text-anchor="middle" font-size="11"',
    )
  }
  if (row.kind === 'missing' || row.kind === 'malformed') {
    const [from, to] = [at(row.from), at(row.to)]
    const middle = (from + to) / 2
    const label =
      row.kind === 'missing' ? `${row.label} expected  ${seconds(row.waited)}` : `not SIP: ${row.reason}`
    return [
      write(Math.min(from, to) + 12, y - 5, label, theme.failure, 'font-weight="600"'),
      stroke(from, y, middle, y, theme.failure, 'stroke-width="1.4" stroke-dasharray="1.5 3"'),
      stroke(middle - 4, y - 4, middle + 4, y + 4, theme.failure),
      stroke(middle - 4, y + 4, middle + 4, y - 4, theme.failure),
    ].join('')
  }
  const chips = [row.kind === 'moved' ? row.label : '', chipText(row.chips)]
    .filter(part => part !== '')
    .join(': ')
  const width = Math.max(...view.columns.map(({ id }) => at(id)))
  const beside = write(width + 16, y + 4, chips, theme.soft, 'font-size="11" class="m"')
  return clock() + (row.kind === 'arrow' ? drawArrow(row, y, at, theme) : '') + (chips === '' ? '' : beside)
}

/** A ladder as SVG. Everything in it is text and lines. */
export const svgOf = (view: LadderView, { theme: name = 'light', title }: SvgOptions = {}): string => {
  const theme = themes[name]
  const places = placesOf(view)
  const at = (id: string): number => places.get(id) ?? left
  const above = title === undefined ? 0 : 30
  const ys: number[] = []
  let y = top + above + 22
  for (const row of view.rows) {
    ys.push(y)
    y += row.kind === 'silence' ? breakHeight : rowHeight
  }
  const bottom = y
  const width = Math.max(left, ...places.values()) + 360
  const seqY = (seq: number): number => {
    const index = view.rows.findIndex(
      row => row.kind === 'arrow' && (row.seq >= seq || row.copies.includes(seq)),
    )
    return index < 0 ? bottom - rowHeight : ys[index]!
  }
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 16}" viewBox="0 0 ${width} ${bottom + 16}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">`,
    `<rect width="100%" height="100%" fill="${theme.bg}"/>`,
  ]
  if (title !== undefined) parts.push(write(left, 28, title, theme.ink, 'font-size="16" font-weight="600"'))
  const engines = view.columns.filter(({ is }) => is === 'engine').map(({ id }) => at(id))
  if (engines.length > 1)
    parts.push(
      `<rect x="${Math.min(...engines)}" y="${top + above}" width="${Math.max(...engines) - Math.min(...engines)}" height="${bottom - top - above}" fill="${theme.band}"/>`,
    )
  for (const { id, is, host, name: who, leg } of view.columns) {
    const x = at(id)
    const middle = 'text-anchor="middle"'
    parts.push(write(x, above + 34, is === 'peer' ? who : 'engine', theme.ink, `${middle} font-weight="600"`))
    if (is === 'peer') parts.push(write(x, above + 50, host, theme.soft, `${middle} font-size="11"`))
    let from = top + above
    let line: Lifeline['is'] = 'none'
    if (is === 'engine')
      for (const change of view.lifelines.filter(one => one.leg === leg)) {
        const until = seqY(change.seq)
        if (until > from)
          parts.push(stroke(x, from, x, until, line === 'none' ? theme.line : theme.ink, dashes[line]))
        from = until
        line = change.is
      }
    parts.push(stroke(x, from, x, bottom, line === 'none' ? theme.line : theme.ink, dashes[line]))
  }
  view.rows.forEach((row, index) => parts.push(draw(row, ys[index]!, at, view, theme)))
  parts.push('</svg>')
  return parts.join('\n') + '\n'
}
