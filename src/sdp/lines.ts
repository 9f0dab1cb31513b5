/** The lines of a description, and its sections: so that what is changed leaves all else as it was written. RFC 8866 §5. */

/** Line ends are CRLF or LF. */
export const linesOf = (sdp: string): readonly string[] => {
  const lines = sdp.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
  while (lines.at(-1) === '') lines.pop()
  return lines
}

export const textOf = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`

type Change = (section: readonly string[], session: readonly string[], index: number) => readonly string[]

/** Each media section, m-line first, replaced by what `change` makes of it. */
export const mapMedia = (sdp: string, change: Change): string => {
  const lines = linesOf(sdp)
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []))
  const session = lines.slice(0, starts[0] ?? lines.length)
  const sections = starts.map((start, index) => lines.slice(start, starts[index + 1] ?? lines.length))
  return textOf([...session, ...sections.flatMap((section, index) => change(section, session, index))])
}
