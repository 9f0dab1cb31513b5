/** A chart as one SVG file that stands by itself: light or dark as its reader wishes. */
import { headPath, roundedPath, timerLetter } from './geometry.ts'
import type { ChartEdge, ChartLayout, ChartState, LabelLine } from './types.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, char => escapes[char]!)

const style = `
svg{--bg:#fff;--box:#f5f6f8;--inner:#edf0f4;--line:#b4bdc9;--edge:#7b8695;--ink:#151a21;--ink-2:#3f4956;--ink-3:#596473;--timer:#6639bd;background:var(--bg)}
@media (prefers-color-scheme:dark){svg{--bg:#0e1116;--box:#141920;--inner:#1c232d;--line:#3c4858;--edge:#637184;--ink:#e9eef4;--ink-2:#b7c1cd;--ink-3:#8e9bab;--timer:#c0a6ff}}
text{font:11px ui-monospace,"SF Mono","Cascadia Mono","JetBrains Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink-2);white-space:pre}
.title{font:600 14px ui-sans-serif,system-ui,sans-serif;fill:var(--ink)}
.name{font-size:12px;font-weight:600;fill:var(--ink)}
.g{fill:var(--ink-3)}.a{fill:var(--ink-3);font-style:italic}
.box{fill:var(--box);stroke:var(--edge);stroke-width:1.25}.holds{fill:var(--inner);fill-opacity:.5;stroke:var(--line)}.ring{fill:none;stroke:var(--edge)}
.edge{fill:none;stroke:var(--edge);stroke-width:1.25}.head{fill:var(--edge)}
.start{fill:var(--ink-2)}.clock{fill:var(--bg);stroke:var(--timer);stroke-width:1.25}.letter{fill:var(--timer);font-weight:600;text-anchor:middle}`

const linesAt = (lines: readonly LabelLine[], x: number, y: number): string =>
  lines
    .map((line, index) => {
      const words = line.map(([kind, text]) =>
        kind === 'e' ? escaped(text) : `<tspan class="${kind}">${escaped(text)}</tspan>`,
      )
      return `<text x="${x}" y="${y + 10 + 14 * index}">${words.join('')}</text>`
    })
    .join('')

const stateOf = (
  { box: [x, y, width, height], key, type, lines, initial }: ChartState,
  holds: boolean,
): string => {
  const radius = type === 'final' ? 8 : 7
  const middle = holds || lines.length > 0
  const name = middle
    ? `<text class="name" x="${x + 10}" y="${y + 17}">${escaped(key)}</text>`
    : `<text class="name" x="${x + width / 2}" y="${y + height / 2 + 4}" text-anchor="middle">${escaped(key)}</text>`
  const ring =
    type === 'final'
      ? `<rect class="ring" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="${radius - 3}"/>`
      : ''
  const start = initial ? `<circle class="start" cx="${x}" cy="${y}" r="4"/>` : ''
  return (
    `<rect class="box${holds ? ' holds' : ''}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>${ring}${start}${name}` +
    linesAt(lines, x + 10, y + 24)
  )
}

const edgeOf = ({ points }: ChartEdge): string =>
  `<path class="edge" d="${roundedPath(points, 5)}"/><path class="head" d="${headPath(points)}"/>`

const labelOf = ({ label, lines, medallion, after }: ChartEdge): string => {
  const text = label && lines ? linesAt(lines, label[0], label[1]) : ''
  const clock = medallion
    ? `<circle class="clock" cx="${medallion[0]}" cy="${medallion[1]}" r="9"/><text class="letter" x="${medallion[0]}" y="${medallion[1] + 4}">${escaped(timerLetter(after!))}</text>`
    : ''
  return text + clock
}

const top = 28

/** The whole picture. */
export const pictureOf = (layout: ChartLayout): string => {
  const everywhere = layout.everywhereLines ?? []
  const foot = everywhere.length === 0 ? 0 : 14 * (everywhere.length + 1) + 12
  const widest = Math.max(0, ...everywhere.map(line => line.reduce((sum, [, text]) => sum + text.length, 0)))
  const width = Math.max(layout.width, Math.ceil(widest * 6.65) + 32, layout.machine.length * 9 + 32)
  const height = top + layout.height + foot
  const holders = new Set(layout.states.map(({ parent }) => parent))
  // What holds others is drawn before what it holds, and arrows between both.
  const holding = layout.states.filter(({ id }) => holders.has(id))
  const others = layout.states.filter(({ id }) => !holders.has(id))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(`Statechart of ${layout.machine}`)}">`,
    `<style>${style}\n</style>`,
    `<text class="title" x="16" y="24">${escaped(layout.machine)}</text>`,
    `<g transform="translate(0 ${top})">`,
    ...holding.map(state => stateOf(state, true)),
    ...layout.edges.map(edgeOf),
    ...others.map(state => stateOf(state, false)),
    ...layout.edges.map(labelOf),
    '</g>',
    everywhere.length === 0
      ? ''
      : `<text x="16" y="${top + layout.height + 12}">in every state:</text>${linesAt(everywhere, 16, top + layout.height + 16)}`,
    '</svg>',
    '',
  ]
    .filter((line, index, all) => line !== '' || index === all.length - 1)
    .join('\n')
}
