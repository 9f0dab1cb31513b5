/** Rows in words. */
import type { LadderRow } from '../../../src/inspect/index.ts'
import { spanText } from '../app/time.ts'

/** What a row tells to those who hear the page. */
export const spoken = (row: LadderRow, time: string): string => {
  if (row.kind === 'arrow') {
    const copies = row.copies.length > 0 ? `, repeated ${row.copies.length} times` : ''
    const states = row.chips.map(({ machine, to }) => `${machine} ${to}`).join(', ')
    return `${time} ${row.direction === 'in' ? 'received' : 'sent'} ${row.label}${copies}${states ? `; ${states}` : ''}`
  }
  if (row.kind === 'missing') return `${row.label} expected, not seen for ${spanText(row.waited)}`
  if (row.kind === 'malformed') return `${time} malformed: ${row.reason}`
  if (row.kind === 'moved')
    return `${time} ${row.label}; ${row.chips.map(({ machine, to }) => `${machine} ${to}`).join(', ')}`
  return `${spanText(row.milliseconds)} ${row.label}`
}
