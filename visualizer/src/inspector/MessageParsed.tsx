/** A message header by header, values taken apart. */
import type { MessageFrame } from '../../../src/inspect/index.ts'
import { Painted } from './paint.tsx'
import { linesOf, type RawLine, type RawText, rawOf } from './raw.ts'

/** A piece of a value: a parameter has a name. */
interface Piece {
  readonly line: RawLine
  readonly name?: string
}

/** Where a value is to be cut: at semicolons, for credentials at commas; not in quotes and brackets. */
const cutsOf = (text: string, at: string): number[] => {
  const cuts: number[] = []
  let quoted = false
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const one = text[index]
    if (one === '"' && text[index - 1] !== '\\') quoted = !quoted
    else if (!quoted && one === '<') depth += 1
    else if (!quoted && one === '>') depth -= 1
    else if (!quoted && depth === 0 && one === at) cuts.push(index)
  }
  return cuts
}

const piecesOf = (name: string, text: string, at: number): Piece[] => {
  const credentials = /auth/i.test(name)
  const cuts = [-1, ...cutsOf(text, credentials ? ',' : ';'), text.length]
  return cuts.slice(1).flatMap((to, index): Piece[] => {
    const from = cuts[index]! + 1
    const part = text.slice(from, to)
    const lead = part.length - part.trimStart().length
    const line = (start: number, shown: string): RawLine => ({ text: shown, at: at + start, is: 'header' })
    const trimmed = part.trim()
    const named = /^(?:Digest\s+)?([\w-]+)\s*=\s*/i.exec(trimmed)
    if (trimmed === '') return []
    if (named && (index > 0 || credentials))
      return [{ name: named[1]!, line: line(from + lead + named[0].length, trimmed.slice(named[0].length)) }]
    return [{ line: line(from + lead, trimmed) }]
  })
}

/** A value is no header: nothing in it is a header's name. */
const Value = ({ line, raw }: { readonly line: RawLine; readonly raw: RawText }) => (
  <Painted line={{ ...line, text: ` ${line.text}`, at: line.at - 1 }} raw={raw} />
)

export const MessageParsed = ({ frame }: { readonly frame: MessageFrame }) => {
  const raw = rawOf(frame)
  const lines = linesOf(raw)
  const [first, ...others] = lines
  const headers = others.filter(({ is }) => is === 'header').slice(0, 100)
  const body = others.filter(({ is }) => is === 'body')
  const { message } = frame
  return (
    <>
      <dl class="facts">
        <dt>{message.kind === 'request' ? 'Request' : 'Status'}</dt>
        <dd>
          <b>{first?.text.replace(/ ?SIP\/2\.0 ?/, '')}</b>
        </dd>
        {headers.map(({ text, at }) => {
          const colon = text.indexOf(':')
          const name = colon < 0 ? '' : text.slice(0, colon)
          const pieces = piecesOf(name, text.slice(colon + 1), at + colon + 1)
          return (
            <>
              <dt>{name}</dt>
              <dd>
                {pieces.map(({ name: parameter, line }) => (
                  <div>
                    {parameter !== undefined && <span class="dim">{parameter} </span>}
                    <Value line={line} raw={raw} />
                  </div>
                ))}
              </dd>
            </>
          )
        })}
      </dl>
      {body.length > 0 && (
        <div class="block">
          <h2>{/sdp/i.test(message.header('content-type') ?? '') ? 'Session description' : 'Body'}</h2>
          <pre class="raw">
            {body.slice(0, 80).map(line => (
              <span class="raw-line">
                <Painted line={line} raw={raw} />
                {'\n'}
              </span>
            ))}
            {body
              .slice(80)
              .map(({ text }) => text)
              .join('\n')}
          </pre>
        </div>
      )}
    </>
  )
}
