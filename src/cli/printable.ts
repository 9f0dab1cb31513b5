/** What peers write, for terminals. */

/** Control characters of a peer have no business in a terminal. */
export const printable = (text: string): string => text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd')

/** The lines of a body, each set in from the words around it. */
export const bodyLines = (body: string): readonly string[] =>
  body === ''
    ? []
    : body
        .replace(/(\r?\n)+$/, '')
        .split(/\r?\n/)
        .map(line => printable(`  ${line}`).trimEnd())
