/** One line of a message: names of headers, URIs, tags, and what is hidden. */
import type { RawLine, RawText } from './raw.ts'

type Paint = 'name' | 'uri' | 'tag' | 'hidden' | undefined

const uris = /\b(?:sips?|tel):[^;&<>,"\s]+/g
const tags = /(?<=[;](?:tag|branch)=)[^;,&>\s]+/g

const hides = 'Hidden before it left the engine'

export const Painted = ({ line, raw }: { readonly line: RawLine; readonly raw: RawText }) => {
  const { text, at, is } = line
  const paints: Paint[] = new Array<Paint>(text.length).fill(undefined)
  const paint = (from: number, to: number, as: Paint) => paints.fill(as, Math.max(0, from), Math.max(0, to))
  const name = is === 'header' ? /^[^:\s]+:/.exec(text) : is === 'body' ? /^[a-z]=/.exec(text) : null
  if (is === 'header') {
    for (const match of text.matchAll(uris)) paint(match.index, match.index + match[0].length, 'uri')
    for (const match of text.matchAll(tags)) paint(match.index, match.index + match[0].length, 'tag')
  }
  if (name) paint(0, name[0].length, 'name')
  for (const [from, to] of raw.hidden)
    if (to > at && from < at + text.length) paint(from - at, to - at, 'hidden')
  const parts = []
  for (let from = 0; from < text.length; ) {
    let to = from + 1
    while (to < text.length && paints[to] === paints[from]) to += 1
    const part = text.slice(from, to)
    const as = paints[from]
    parts.push(
      as === undefined ? (
        part
      ) : (
        <span class={`raw-${as}`} {...(as === 'hidden' ? { title: hides } : {})}>
          {part}
        </span>
      ),
    )
    from = to
  }
  return <>{parts}</>
}
