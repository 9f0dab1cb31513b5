/** A message against the last of its kind, or against one that was chosen with Shift. */
import type { ArrowRow, LadderRow, MessageFrame } from '../../../src/inspect/index.ts'
import { clockText } from '../app/time.ts'
import { MessageDiff } from '../diff/MessageDiff.tsx'
import { compared, rows } from '../store/place.ts'
import { model } from '../store/trace.ts'

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
  return (
    <>
      <p class="tab-note">{`Against ${titleOf(other)} at ${clockText(other.t - start)} s.`}</p>
      <MessageDiff left={left} right={right} />
    </>
  )
}
