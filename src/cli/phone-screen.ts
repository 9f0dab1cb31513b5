/** The screen of `sipactor line`: a phone in the terminal. Keys in, lines out; it touches no terminal. */
import type { IncomingLineCall, Line, LineCall } from '../index.ts'
import type { Paint } from './ansi.ts'

/** A call on the line, whoever began it. */
export type PhoneCall = LineCall | IncomingLineCall

/** What a key asks of the world; misuse of a call is for the one who does it. */
export type PhoneWish =
  | { readonly is: 'quit' }
  | { readonly is: 'dial'; readonly whom: string }
  | { readonly is: 'answer' | 'reject' | 'hold' | 'hangUp'; readonly call: PhoneCall }

const keys = 'd dial  a answer  r reject  h hold, resume  x hang up  ↑↓ choose  q quit'

/** Control characters of a peer have no business in a terminal. */
const printable = (text: string): string => text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '�')

const nameOf = (call: PhoneCall): string =>
  printable(call.kind === 'incomingLineCall' ? call.params.from : call.options.requestUri)

const standing = (call: PhoneCall): string => {
  const { state } = call
  if (state.is === 'initiation') return call.kind === 'incomingLineCall' ? 'is calling' : call.call.state.is
  if (state.is === 'established') {
    const { local, remote } = call.call.held
    return local ? 'held' : remote ? 'held by the other side' : 'speaking'
  }
  const status = state.is === 'terminated' && state.status !== undefined ? `, ${state.status}` : ''
  if (call.result === 'denied') return `denied${status}`
  if (call.result === 'notReachable') return 'not reachable'
  return 'over'
}

export class PhoneScreen {
  readonly #line: Line
  readonly #paint: Paint
  #calls: readonly PhoneCall[] = []
  #chosen = 0
  /** What is being dialled. */
  #typed: string | undefined
  /** One line for the user, until the next key. */
  notice = ''

  constructor(line: Line, paint: Paint) {
    this.#line = line
    this.#paint = paint
  }

  /** A further call; the latest is chosen. Of those that are over nine are kept. */
  add(call: PhoneCall): void {
    const over = this.#calls.filter(one => one.state.is === 'terminated')
    const old = new Set(over.slice(0, Math.max(0, over.length - 9)))
    this.#calls = [...this.#calls.filter(one => !old.has(one)), call]
    this.#chosen = this.#calls.length - 1
  }

  /** Takes a key. @returns what it asks for, if anything */
  key(key: string): PhoneWish | undefined {
    this.notice = ''
    if (this.#typed !== undefined) return this.#type(key)
    const call = this.#calls[this.#chosen]
    switch (key) {
      case 'q':
        return { is: 'quit' }
      case 'd':
        this.#typed = ''
        return undefined
      case 'up':
        this.#chosen = Math.max(0, this.#chosen - 1)
        return undefined
      case 'down':
        this.#chosen = Math.min(Math.max(0, this.#calls.length - 1), this.#chosen + 1)
        return undefined
      case 'a':
        return call && { is: 'answer', call }
      case 'r':
        return call && { is: 'reject', call }
      case 'h':
        return call && { is: 'hold', call }
      case 'x':
        return call && { is: 'hangUp', call }
      default:
        return undefined
    }
  }

  #type(key: string): PhoneWish | undefined {
    const typed = this.#typed ?? ''
    if (key === 'escape') this.#typed = undefined
    else if (key === 'backspace') this.#typed = typed.slice(0, -1)
    else if (key === 'return') {
      this.#typed = undefined
      return typed.trim() === '' ? undefined : { is: 'dial', whom: typed.trim() }
    } else if (key.length === 1) this.#typed = typed + key
    return undefined
  }

  /** The screen in so many columns and rows. */
  render(columns: number, rows: number): readonly string[] {
    const { state, profile } = this.#line
    const why = 'error' in state && state.error ? `: ${printable(state.error.message)}` : ''
    const who = printable(profile?.aors[0] ?? 'no profile yet')
    const head = `${who}  ${state.is}${why}`
    const calls = this.#calls.map((call, at) => {
      const mark = at === this.#chosen ? '▸' : ' '
      const text = `${mark} ${call.kind === 'incomingLineCall' ? '←' : '→'} ${nameOf(call)}  ${standing(call)}`
      return at === this.#chosen ? this.#paint('bold', text.slice(0, columns)) : text.slice(0, columns)
    })
    const foot = this.#typed === undefined ? this.notice || keys : `call: ${this.#typed}█`
    const room = Math.max(1, rows - 4)
    const first = Math.max(0, Math.min(this.#chosen - room + 1, calls.length - room))
    const shown = calls.length === 0 ? ['  no calls'] : calls.slice(first, first + room)
    return [head.slice(0, columns), '', ...shown, '', this.#paint('quiet', foot.slice(0, columns))]
  }
}
