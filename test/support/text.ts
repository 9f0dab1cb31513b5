/**
 * Messages as text in tests: readable in the source, right on the wire.
 */

/** What indents every line of the template, to be taken away. */
const indentationOf = (strings: readonly string[]): number => {
  let least = Number.POSITIVE_INFINITY
  strings.forEach((part, index) => {
    const lines = part.split('\n').slice(1)
    lines.forEach((line, at) => {
      const width = line.length - line.trimStart().length
      // A line of spaces counts only when a value follows it.
      const followed = at === lines.length - 1 && index < strings.length - 1
      if (width < line.length || (followed && line.length > 0)) least = Math.min(least, width)
    })
  })
  return Number.isFinite(least) ? least : 0
}

/**
 * A message with CRLF line ends, from a template of indented lines: the common indentation and the first and last empty line go,
 * the empty line behind the headers is added when it is missing, and `Content-Length: auto` becomes the length of the body.
 *
 * @example
 * wire`
 *   OPTIONS sip:bob@192.0.2.2 SIP/2.0
 *   Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
 *   Content-Length: auto
 *
 *   hello
 * `
 */
export const wire = (strings: TemplateStringsArray, ...values: readonly (string | number)[]): string => {
  const indentation = ' '.repeat(indentationOf(strings))
  let text = ''
  strings.forEach((part, index) => {
    const lines = part.split('\n')
    const dedented = lines.map((line, at) =>
      at > 0 && line.startsWith(indentation)
        ? line.slice(indentation.length)
        : at > 0
          ? line.trimStart()
          : line,
    )
    text += dedented.join('\n')
    if (index < values.length) text += String(values[index])
  })
  const lines = text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
  if (lines[0]?.trim() === '') lines.shift()
  if (lines.at(-1)?.trim() === '') lines.pop()
  const blank = lines.indexOf('')
  const head = blank < 0 ? lines : lines.slice(0, blank)
  const body =
    blank < 0
      ? ''
      : lines
          .slice(blank + 1)
          .map(line => `${line}\r\n`)
          .join('')
  const length = Buffer.byteLength(body)
  const complete = head.map(line => (line === 'Content-Length: auto' ? `Content-Length: ${length}` : line))
  return `${complete.join('\r\n')}\r\n\r\n${body}`
}

/** A short session description: one audio stream at `host`, sendrecv unless told otherwise. */
export const sdp = (
  host: string,
  {
    port = 4000,
    version = 1,
    direction = 'sendrecv',
  }: { readonly port?: number; readonly version?: number; readonly direction?: string } = {},
): string =>
  [
    'v=0',
    `o=- 1 ${version} IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0 8`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    `a=${direction}`,
    '',
  ].join('\r\n')
