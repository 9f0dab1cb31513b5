/** The message of the row: its bytes, taken apart, or against another. */
import type { LadderRow, MessageFrame } from '../../../src/inspect/index.ts'
import { spanText } from '../app/time.ts'
import { ladder, mode, modes } from '../store/place.ts'
import { model } from '../store/trace.ts'
import { Compared } from './Compared.tsx'
import { MessageParsed } from './MessageParsed.tsx'
import { MessageText } from './MessageText.tsx'

export const frameOf = (seq: number): MessageFrame | undefined => {
  const frame = model.value.frame(seq)
  return frame?.kind === 'message' ? frame : undefined
}

const Instead = ({ row }: { readonly row: LadderRow }) => {
  if (row.kind === 'missing')
    return (
      <p class="remark">
        Nothing arrived here. The {row.label} was waited for {spanText(row.waited)}; the dotted arrow stands
        where it should have been. A tap inside the engine cannot see what the network dropped.
      </p>
    )
  if (row.kind === 'malformed')
    return (
      <p class="remark">
        What arrived was no SIP message: <span class="c-fail">{row.reason}</span>. It was answered or dropped
        as RFC 3261 §18.3 and §16.3 have it, and reached no machine.
      </p>
    )
  if (row.kind === 'moved')
    return (
      <p class="remark">
        No message: {row.timer ? 'the timer' : 'the application'} <code>{row.label}</code> moved these
        machines. Why and Machine tell more.
      </p>
    )
  return <p class="remark">The record of this message was dropped: it is older than what is held.</p>
}

export const MessageTab = ({ row }: { readonly row: LadderRow }) => {
  const frame = row.kind === 'arrow' ? frameOf(row.seq) : undefined
  if (!frame) return <Instead row={row} />
  return (
    <>
      <div class="tab-bar">
        <fieldset class="seg" aria-label="How the message is shown">
          {modes.map(({ id, title }) => (
            <button
              type="button"
              aria-pressed={mode.value === id}
              onClick={() => {
                mode.value = id
              }}
            >
              {title}
            </button>
          ))}
        </fieldset>
        <span class="dim mono">{frame.bytes.length} B</span>
      </div>
      {mode.value === 'text' && <MessageText frame={frame} />}
      {mode.value === 'parsed' && <MessageParsed frame={frame} />}
      {mode.value === 'diff' && <Compared frame={frame} row={row} start={ladder.value.start} />}
    </>
  )
}
