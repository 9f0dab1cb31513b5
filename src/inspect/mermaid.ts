/** A ladder as the text of a mermaid sequence diagram. https://mermaid.js.org/syntax/sequenceDiagram.html */
import { seconds } from './text.ts'
import type { ArrowRow, LadderView } from './views.ts'

/** Letters that mean something there are written by their number; what stands on a line stays on it. */
const safe = (text: string): string =>
  text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[^\p{L}\p{N} .,:@→_()/=+*×↻-]/gu, letter => `#${letter.codePointAt(0)};`)

const arrowOf = ({ is, repeats }: ArrowRow): string =>
  repeats !== undefined || is !== 'request' ? '-->>' : '->>'

const labelOf = (row: ArrowRow): string =>
  [
    row.label,
    row.sdp && (row.sdp.direction === 'sendrecv' ? 'SDP' : row.sdp.direction),
    row.copies.length > 0 && `↻ ×${row.copies.length}`,
    row.rtt !== undefined && row.is !== 'request' && row.rtt >= 1 && seconds(row.rtt),
  ]
    .filter(part => typeof part === 'string')
    .map(safe)
    .join(' · ')

/** Puts a ladder into words that GitHub, GitLab and others draw. States stand in notes over the engine. */
export const mermaidOf = (view: LadderView): string => {
  const ids = new Map(view.columns.map(({ id }, index) => [id, `p${index}`]))
  const several = view.columns.filter(({ is }) => is === 'engine').length > 1
  const lines = ['sequenceDiagram']
  for (const { id, is, host, name } of view.columns) {
    const shown =
      is === 'peer'
        ? `${safe(name)}<br/>${safe(host)}`
        : several
          ? `this engine, leg ${engineLetter(view, id)}`
          : 'this engine'
    lines.push(`  participant ${ids.get(id)} as ${shown}`)
  }
  const engineOf = (leg: string): string => ids.get(`engine ${leg}`) ?? 'p0'
  const [first, last] = [ids.get(view.columns[0]?.id ?? ''), ids.get(view.columns.at(-1)?.id ?? '')]
  for (const row of view.rows) {
    if (row.kind === 'silence')
      lines.push(`  Note over ${first},${last}: ${safe(`${seconds(row.milliseconds)} ${row.label}`.trim())}`)
    else if (row.kind === 'missing')
      lines.push(
        `  ${ids.get(row.from)}--x${ids.get(row.to)}: ${safe(`${row.label} expected, ${seconds(row.waited)}`)}`,
      )
    else if (row.kind === 'malformed')
      lines.push(`  ${ids.get(row.from)}-x${ids.get(row.to)}: ${safe(`not SIP: ${row.reason}`)}`)
    else {
      if (row.kind === 'arrow')
        lines.push(`  ${ids.get(row.from)}${arrowOf(row)}${ids.get(row.to)}: ${labelOf(row)}`)
      const chips = row.chips.filter(({ main }) => main).map(({ kind, to }) => `${kind} ${to}`)
      const head = row.kind === 'moved' ? [row.label] : []
      if (chips.length > 0)
        lines.push(`  Note over ${engineOf(row.leg)}: ${[...head, ...chips].map(safe).join('<br/>')}`)
    }
  }
  return lines.join('\n') + '\n'
}

const engineLetter = (view: LadderView, id: string): string => {
  const engines = view.columns.filter(({ is }) => is === 'engine')
  return String.fromCharCode(
    65 +
      (Math.max(
        0,
        engines.findIndex(one => one.id === id),
      ) %
        26),
  )
}
