/** Two messages compared. Every difference has a sign and a word besides its colour. */
import { useMemo, useState } from 'preact/hooks'
import type { MessageFrame } from '../../../src/inspect/frame.ts'
import { labelOf } from '../../../src/inspect/names.ts'
import { compareMessages, type DiffKind, type DiffRow } from './compare.ts'
import './diff.css'
import type { Piece } from './words.ts'

export interface MessageDiffProps {
  /** The earlier one. Frames are shown as they are: whoever shows them has hidden their secrets. */
  readonly left: MessageFrame
  readonly right: MessageFrame
}

const signs: Readonly<Record<DiffKind, readonly [sign: string, word: string]>> = {
  same: ['', 'same'],
  changed: ['±', 'changed'],
  moved: ['↕', 'moved'],
  added: ['+', 'added'],
  removed: ['−', 'removed'],
}

const Pieces = ({ pieces, side }: { pieces: readonly Piece[] | undefined; side: 'left' | 'right' }) => (
  <>
    {pieces?.map(([text, changed], index) =>
      changed ? side === 'left' ? <del key={index}>{text}</del> : <ins key={index}>{text}</ins> : text,
    )}
  </>
)

const Row = ({ row, first }: { row: DiffRow; first: boolean }) => {
  const [sign, word] = signs[row.kind]
  const words = row.moved ? `${word}, moved` : word
  return (
    <tr class={`diff-${row.kind} ${first ? 'diff-first' : ''}`}>
      <th scope="row" title={words}>
        <span aria-hidden="true">{row.moved ? `${sign}↕` : sign}</span>
        <span class="diff-hidden">{words}</span>
      </th>
      <td>
        <Pieces pieces={row.left} side="left" />
      </td>
      <td>
        <Pieces pieces={row.right} side="right" />
      </td>
    </tr>
  )
}

const titleOf = (frame: MessageFrame): string => `${labelOf(frame.message)}, record ${frame.seq}`

/** `3 changed, 1 added`; nothing when both are the same. */
export const summary = (rows: readonly DiffRow[]): string =>
  (['changed', 'moved', 'added', 'removed'] as const)
    .map(kind => [kind, rows.filter(row => row.kind === kind).length] as const)
    .filter(([, number]) => number > 0)
    .map(([kind, number]) => `${number} ${kind}`)
    .join(', ')

export const MessageDiff = ({ left, right }: MessageDiffProps) => {
  const [all, setAll] = useState(true)
  const rows = useMemo(() => {
    const decoder = new TextDecoder()
    return compareMessages(decoder.decode(left.bytes), decoder.decode(right.bytes))
  }, [left.bytes, right.bytes])
  const told = summary(rows)
  const shown = all ? rows : rows.filter(({ kind }) => kind !== 'same')
  return (
    <div class="diff">
      <div class="diff-tools">
        <span role="status">{told === '' ? 'Both messages are the same.' : told}</span>
        {told !== '' && (
          <button type="button" aria-pressed={!all} onClick={() => setAll(!all)}>
            differences only
          </button>
        )}
      </div>
      <table>
        <caption class="diff-hidden">
          {titleOf(left)} compared with {titleOf(right)}
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="diff-hidden">Difference</span>
            </th>
            <th scope="col">{titleOf(left)}</th>
            <th scope="col">{titleOf(right)}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row, index) => (
            <Row key={index} row={row} first={index > 0 && shown[index - 1]!.part !== row.part} />
          ))}
        </tbody>
      </table>
    </div>
  )
}
