/** Colours of the terminal, where it has them and nobody objects. https://no-color.org, FORCE_COLOR as in Node. */
import type { LadderStyle } from '../inspect/ladder.ts'

export type Style = LadderStyle | 'bold'

const codes: Readonly<Record<Style, string>> = {
  request: '94',
  provisional: '37',
  success: '32',
  challenge: '33',
  failure: '31',
  repeat: '33;2',
  line: '90',
  quiet: '2',
  party: '1',
  state: '36',
  bold: '1',
}

/** Whether to colour, by the environment and by where the output goes. */
export const wantsColour = (
  env: Readonly<Record<string, string | undefined>>,
  terminal: boolean,
): boolean => {
  const { NO_COLOR, FORCE_COLOR, TERM } = env
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  return terminal && TERM !== 'dumb'
}

export type Paint = (style: Style, text: string) => string

/** Wraps text in the sequence of a style, or leaves it. */
export const painter = (colour: boolean): Paint =>
  colour
    ? (style, text) => (text === '' ? text : `\x1b[${codes[style]}m${text}\x1b[0m`)
    : (_style, text) => text
