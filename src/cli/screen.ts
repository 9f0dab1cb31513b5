/** The terminal of this process as a whole: raw keys, the other screen buffer, no cursor. */
import { emitKeypressEvents } from 'node:readline'
import type { Screen } from './io.ts'

const [enter, leave] = ['\x1b[?1049h\x1b[?25l', '\x1b[?25h\x1b[?1049l']

/** `undefined` unless both input and output are a terminal. */
export const screenOf = ({ stdin, stdout }: NodeJS.Process): Screen | undefined => {
  if (stdin.isTTY !== true || stdout.isTTY !== true) return undefined
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  stdin.resume()
  stdout.write(enter)
  const listeners: (() => void)[] = []
  const onKeypress = (
    text: string | undefined,
    key: { readonly name?: string; readonly ctrl?: boolean },
  ): void => {
    // Raw mode gives Ctrl-C to us.
    if (key.ctrl && key.name === 'c') process.kill(process.pid, 'SIGINT')
    else if (key.name === 'enter') told('return')
    else if (text !== undefined && text.length === 1 && text >= ' ' && text !== '\x7f') told(text)
    else if (key.name !== undefined) told(key.name)
  }
  let told: (key: string) => void = () => undefined
  stdin.on('keypress', onKeypress)
  return {
    get columns() {
      return stdout.columns || 80
    },
    get rows() {
      return stdout.rows || 24
    },
    show: lines => void stdout.write(`\x1b[H${lines.map(line => `${line}\x1b[K`).join('\r\n')}\x1b[J`),
    onKey: listener => {
      told = listener
    },
    onResize: listener => {
      stdout.on('resize', listener)
      listeners.push(listener)
    },
    close: () => {
      stdin.off('keypress', onKeypress)
      for (const listener of listeners) stdout.off('resize', listener)
      stdin.setRawMode(false)
      stdin.pause()
      stdout.write(leave)
    },
  }
}
