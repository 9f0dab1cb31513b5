/** A message against the last of its kind, or against one that was chosen with Shift. */
import type { ArrowRow, LadderRow, MessageFrame } from '../../../src/inspect/index.ts'
import { clockText } from '../app/time.ts'
import { compared, rows } from '../store/place.ts'
import { model } from '../store/trace.ts'
import { lineDiff } from './line-diff.ts'
import { Painted } from './paint.tsx'
import { linesOf, rawOf } from './raw.ts'

/** The message before it that it may be compared with: a copy of itself, else one of its method and class. */
const likeOf = (row: ArrowRow): number | undefined => {
  if (row.repeats !== undefined) return row.repeats
  const [copy] = row.copies
  if (copy !== undefined) return copy
  const all = rows.value.filter((one): one is ArrowRow => one.kind === 'arrow')
  const before = all.slice(
    0,
    all.findIndex(({ seq }) => seq === row.seq),
  )
  const kin = ({ method, is, direction, leg, label }: ArrowRow) =>
    method === row.method &&
    is === row.is &&
    direction === row.direction &&
    (leg === row.leg || label === row.label)
  return before.findLast(kin)?.seq
}

const messageOf = (seq: number | undefined): MessageFrame | undefined => {
  const frame = seq === undefined ? undefined : model.value.frame(seq)
  return frame?.kind === 'message' ? frame : undefined
}

const titleOf = ({ message }: MessageFrame): string =>
  message.kind === 'request' ? message.method : `${message.status} ${message.reason}`

interface ComparedProps {
  readonly frame: MessageFrame
  readonly row: LadderRow
  readonly start: number
}

export const Compared = ({ frame, row, start }: ComparedProps) => {
  const other = messageOf(compared.value ?? (row.kind === 'arrow' ? likeOf(row) : undefined))
  if (!other)
    return (
      <p class="remark">
        First of its kind in this flow, so there is nothing to compare it with. Click another arrow with{' '}
        <kbd>Shift</kbd> held to compare any two.
      </p>
    )
  const [left, right] = other.seq <= frame.seq ? [other, frame] : [frame, other]
  const [before, after] = [left, right].map(one => ({ raw: rawOf(one), lines: linesOf(rawOf(one)) }))
  const lines = lineDiff(before!.lines, after!.lines)
  const differ = lines.filter(({ is }) => is === 'added').length
  const gone = lines.filter(({ is }) => is === 'gone').length
  return (
    <>
      <p class="tab-note">
        {`Against ${titleOf(other)} at ${clockText(other.t - start)} s. `}
        {differ + gone === 0
          ? 'Byte for byte the same, as a retransmission must be.'
          : `${Math.max(differ, gone)} lines differ.`}
      </p>
      <pre class="raw">
        {lines.slice(0, 150).map(({ is, line }) => (
          <span class={`raw-line ${is}`}>
            <span class="raw-gutter">{{ same: ' ', added: '+', gone: '−' }[is]}</span>
            <Painted line={line} raw={is === 'gone' ? before!.raw : after!.raw} />
            {'\n'}
          </span>
        ))}
      </pre>
    </>
  )
}
