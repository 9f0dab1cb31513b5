/** A message byte by byte. */
import type { MessageFrame } from '../../../src/inspect/index.ts'
import { Painted } from './paint.tsx'
import { linesOf, rawOf } from './raw.ts'

/** Lines that are painted; the rest stands as it is, in one piece. */
const most = 120

const hueOf = ({ message }: MessageFrame): string => {
  if (message.kind === 'request') return 'c-req'
  if (message.status < 200) return 'c-prov'
  return message.status < 300 ? 'c-ok' : 'c-fail'
}

export const MessageText = ({ frame }: { readonly frame: MessageFrame }) => {
  const raw = rawOf(frame)
  const lines = linesOf(raw)
  const rest = lines.slice(most)
  const body = lines.findIndex(({ is }) => is === 'body')
  return (
    <pre class="raw">
      {lines.slice(0, most).map((line, index) => (
        <span
          class={`raw-line${line.is === 'first' ? ` raw-first ${hueOf(frame)}` : ''}${index === body ? ' raw-body' : ''}`}
        >
          <Painted line={line} raw={raw} />
          {'\n'}
        </span>
      ))}
      {rest.length > 0 && rest.map(({ text }) => text).join('\n')}
    </pre>
  )
}
