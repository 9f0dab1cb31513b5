/** The screen of `sipactor line`. Keys in, lines out; it touches no terminal. */
import type { Paint, Style } from './ansi.ts'
import {
  type CallAction,
  callText,
  isOver,
  isRinging,
  lineReason,
  type Phone,
  type PhoneCall,
} from './line-phone.ts'

/** What a key asks of the world. */
export type PhoneWish =
  | { readonly is: 'quit' | 'start' }
  | { readonly is: 'dial'; readonly whom: string }
  | { readonly is: 'do'; readonly action: CallAction }

const actions: Readonly<Record<string, CallAction>> = { a: 'answer', r: 'reject', x: 'hangup' }

const stageStyles: Readonly<Record<string, Style>> = { active: 'success', failed: 'failure' }

const styleOf = (call: PhoneCall): Style => {
  if (isRinging(call)) return 'challenge'
  if (isOver(call)) return 'quiet'
  return call.session.state.is === 'established' ? 'success' : 'provisional'
}

/** A time as a phone shows it: 0:07, 12:30, 1:00:00. */
const spanText = (milliseconds: number): string => {
  const seconds = Math.floor(milliseconds / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (number: number): string => String(number).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** At most three lines, broken between words. */
const wrapped = (text: string, width: number): readonly string[] => {
  const lines: string[] = []
  for (const word of text.split(' ').filter(one => one !== '')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word.slice(0, width))
  }
  return lines.slice(0, 3)
}

/** What is being typed, and who wants it. */
interface Field {
  readonly label: string
  readonly secret: boolean
  text: string
  readonly done: (text: string | undefined) => PhoneWish | undefined
}

export class PhoneScreen {
  readonly #phone: Phone
  readonly #paint: Paint
  readonly #now: () => number
  /** Number of the call that keys are for. */
  #chosen = 0
  #field: Field | undefined
  /** One line for the user, until the next key. */
  notice = ''

  constructor(phone: Phone, paint: Paint, now: () => number) {
    this.#phone = phone
    this.#paint = paint
    this.#now = now
    let latest = 0
    phone.changes$.subscribe(({ number }) => {
      if (number <= latest) return
      latest = number
      this.#chosen = number
    })
  }

  /** The call that keys are for. */
  get chosen(): PhoneCall | undefined {
    const { calls } = this.#phone
    return calls.find(({ number }) => number === this.#chosen) ?? calls.at(-1)
  }

  /** The call that a key is for: whichever rings, else the chosen one and no other. Throws when it is not for that one. */
  callFor(action: CallAction): PhoneCall {
    const { chosen } = this
    if (action === 'answer' || action === 'reject' || !chosen) return this.#phone.callFor(action, chosen)
    return this.#phone.numbered(chosen.number, action)
  }

  /** Asks for something that is not shown; settles with it, `undefined` when the user does not say. */
  secret(label: string): Promise<string | undefined> {
    this.#field?.done(undefined)
    return new Promise(resolve => {
      const done = (text: string | undefined): undefined => {
        resolve(text)
      }
      this.#field = { label, secret: true, text: '', done }
    })
  }

  /** Takes a key. @returns what it asks for, if anything */
  key(key: string): PhoneWish | undefined {
    this.notice = ''
    if (this.#field) return this.#type(this.#field, key)
    switch (key) {
      case 'q':
        return { is: 'quit' }
      case 's':
        return { is: 'start' }
      case 'd':
        this.#field = {
          label: 'call: ',
          secret: false,
          text: '',
          done: text => (text?.trim() ? { is: 'dial', whom: text.trim() } : undefined),
        }
        return undefined
      case 'h':
        return { is: 'do', action: this.#phone.can('resume', this.chosen) ? 'resume' : 'hold' }
      case 'up':
      case 'down':
        this.#move(key === 'up' ? -1 : 1)
        return undefined
      default:
        if (/^[1-9]$/.test(key)) this.#choose(Number(key))
        return actions[key] && { is: 'do', action: actions[key] }
    }
  }

  #choose(number: number): void {
    if (this.#phone.calls.some(call => call.number === number)) this.#chosen = number
    else this.notice = `there is no call ${number}`
  }

  #move(by: number): void {
    const { calls } = this.#phone
    const { chosen } = this
    const at = chosen ? calls.indexOf(chosen) : 0
    this.#chosen = calls[Math.max(0, Math.min(calls.length - 1, at + by))]?.number ?? 0
  }

  #type(field: Field, key: string): PhoneWish | undefined {
    if (key === 'backspace') field.text = field.text.slice(0, -1)
    else if (key === 'escape' || key === 'return') {
      this.#field = undefined
      return field.done(key === 'return' ? field.text : undefined)
    } else if (key.length === 1) field.text += key
    return undefined
  }

  #callLine(call: PhoneCall, width: number, columns: number): string {
    const { number, peer, session, since } = call
    const mark = call === this.chosen ? '▸' : ' '
    const arrow = session.kind === 'incomingLineCall' ? '←' : '→'
    const span = since === undefined || isOver(call) ? '' : `  ${spanText(this.#now() - since)}`
    const who = ` ${mark} ${String(number).padStart(2)} ${arrow} ${peer.slice(0, width).padEnd(width)}  `
    const shown = who.slice(0, columns)
    const state = `${callText(call)}${span}`.slice(0, Math.max(0, columns - shown.length))
    return `${call === this.chosen ? this.#paint('bold', shown) : shown}${this.#paint(styleOf(call), state)}`
  }

  /** What keys can do now. */
  #keys(): string {
    const { calls, line } = this.#phone
    const can = (action: CallAction): boolean => this.#phone.can(action, this.chosen)
    return [
      ...(line.state.is === 'active' ? ['d dial'] : []),
      ...(line.state.is === 'failed' ? ['s try again'] : []),
      ...(calls.some(isRinging) ? ['a answer', 'r refuse'] : []),
      ...(can('resume') ? ['h resume'] : can('hold') ? ['h hold'] : []),
      ...(can('hangup') ? ['x hang up'] : []),
      ...(calls.length > 1 ? ['↑↓ choose'] : []),
      'q quit',
    ].join('   ')
  }

  #foot(columns: number): string {
    const field = this.#field
    if (field) {
      const text = field.secret ? '•'.repeat(field.text.length) : field.text
      // The end is what is being typed.
      return ` ${`${field.label}${text}█`.slice(-(columns - 1))}`
    }
    if (this.notice !== '') return this.#paint('failure', ` ${this.notice}`.slice(0, columns))
    return this.#paint('quiet', ` ${this.#keys()}`.slice(0, columns))
  }

  /** The screen in so many columns and rows. */
  render(columns: number, rows: number): readonly string[] {
    const { line, calls } = this.#phone
    const { profile } = line
    const name = profile?.name ? `${profile.name}  ` : ''
    const who = ` ${name}${profile?.aors[0] ?? 'no profile yet'}  `.slice(0, columns)
    const stands = line.state.is.slice(0, Math.max(0, columns - who.length))
    const why = wrapped(lineReason(line, this.#now()), columns - 1).map(text => ` ${text}`)
    const head = `${this.#paint('party', who)}${this.#paint(stageStyles[line.state.is] ?? 'provisional', stands)}`
    const room = Math.max(1, rows - 4 - why.length)
    const at = this.chosen ? calls.indexOf(this.chosen) : 0
    const first = Math.max(0, Math.min(at - room + 1, calls.length - room))
    const width = Math.min(
      Math.max(0, ...calls.map(({ peer }) => peer.length)),
      Math.max(12, Math.floor(columns / 2)),
    )
    const shown = calls.slice(first, first + room).map(call => this.#callLine(call, width, columns))
    const list = shown.length > 0 ? shown : [this.#paint('quiet', ' no calls'.slice(0, columns))]
    return [head, ...why, '', ...list, '', this.#foot(columns)]
  }
}
