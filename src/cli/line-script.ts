/** The commands that `sipactor line` takes from its input, one a line, where it has no terminal for itself. */
import { filter, firstValueFrom } from 'rxjs'
import { usage } from './exit.ts'
import { type CallAction, isOver, isRinging, type Phone, type PhoneCall } from './line-phone.ts'

/** What can be typed, for `help` and for what is not known. */
export const scriptHelp = [
  'dial <whom>        call somebody: bob, bob@example.com, sip:bob@192.0.2.7',
  'answer [number]    take the call that rings',
  'reject [number]    refuse it (603)',
  'hold [number]      put a call on hold',
  'resume [number]    take it off hold',
  'hangup [number]    end a call',
  'wait [seconds]     do the next line after that; without a number when the latest call',
  '                   is answered, or over; when there is none, as soon as one comes',
  'calls              show all calls',
  'quit               end all calls, un-register, end',
] as const

const actions: readonly string[] = ['answer', 'reject', 'hold', 'resume', 'hangup'] satisfies CallAction[]

/** What a script does with besides the phone. */
export interface ScriptTools {
  /** Waits so many seconds. */
  wait(seconds: number): Promise<unknown>
  say(line: string): void
  /** Says how a call stands. */
  tell(call: PhoneCall): void
}

const secondsOf = (text: string): number => {
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text)) throw usage(`'${text}' is no number of seconds`)
  return Number(text)
}

const numberOf = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw usage(`'${text}' is no number of a call`)
  return Number(text)
}

/** Until something can be done: the call of now is answered or over; without one, until one is there. */
const settled = async (phone: Phone): Promise<void> => {
  const call = phone.calls.findLast(one => !isOver(one))
  const until = (test: () => boolean): Promise<unknown> => firstValueFrom(phone.changes$.pipe(filter(test)))
  if (!call) {
    const known = phone.calls.at(-1)
    return void (await until(() => phone.calls.at(-1) !== known))
  }
  if (isRinging(call)) return
  const before = call.session.state.is
  await until(() => call.session.state.is !== before)
}

/** Does what one line says; true: that is the end. Throws for what cannot be done. */
export const perform = async (text: string, phone: Phone, tools: ScriptTools): Promise<boolean> => {
  const [name = '', argument, ...more] = text.trim().split(/\s+/)
  if (name === '' || name.startsWith('#')) return false
  const word = name.toLowerCase()
  if (more.length > 0) throw usage(`'${word}' takes one word, not '${[argument, ...more].join(' ')}'`)
  if (word === 'dial') {
    if (argument === undefined) throw usage('dial whom? dial bob@example.com')
    phone.dial(argument)
  } else if (word === 'wait') {
    await (argument === undefined ? settled(phone) : tools.wait(secondsOf(argument)))
  } else if (actions.includes(word)) {
    const action = word as CallAction
    const call = argument === undefined ? phone.callFor(action) : phone.numbered(numberOf(argument), action)
    await phone.act(action, call)
  } else if (argument !== undefined)
    throw usage(`'${word} ${argument}' is no command. help shows which there are`)
  else if (word === 'calls') {
    if (phone.calls.length === 0) tools.say('no calls')
    phone.calls.forEach(tools.tell)
  } else if (word === 'help') scriptHelp.forEach(tools.say)
  else if (word !== 'quit') throw usage(`'${word}' is no command. help shows which there are`)
  return word === 'quit'
}

/** Settles when no call is left. */
export const allOver = async (phone: Phone): Promise<void> => {
  const none = (): boolean => phone.calls.every(isOver)
  if (!none()) await firstValueFrom(phone.changes$.pipe(filter(none)))
}
