/** The phone behind `sipactor line`: numbered calls on a line, and what can be done with them. It shows nothing. */
import { type Observable, Subject } from 'rxjs'
import { type IncomingLineCall, isSipError, type Line, type LineCall } from '../index.ts'
import { formatNameAddr } from '../message/index.ts'
import { usage } from './exit.ts'
import { printable } from './printable.ts'
import { delayText } from './with-profile.ts'

/** A call on the line, whoever began it. */
export interface PhoneCall {
  /** In the order they came, from 1. */
  readonly number: number
  /** As it is shown: whom we call, or who calls. */
  readonly peer: string
  readonly session: LineCall | IncomingLineCall
  /** When it was answered, in milliseconds of the engine's clock. */
  since?: number
}

/** What is done with a call. */
export type CallAction = 'answer' | 'reject' | 'hold' | 'resume' | 'hangup'

/** Those of calls that are over are forgotten, but for so many. */
const remembered = 20

const oneLine = (text: string): string => printable(text).replaceAll(/[\t\n]/g, ' ')

/** A name as it is dialled: `bob` is at the domain of the profile, with or without `sip:`. */
const addressOf = (whom: string, line: Line): string => {
  if (/^(sips?|tel|urn):/i.test(whom)) return whom
  const [, scheme, host] = /^(sips?):.*@([^;?]+)/i.exec(line.profile?.aors[0] ?? '') ?? []
  if (whom.includes('@') || host === undefined) return `${scheme ?? 'sip'}:${whom}`
  return `${scheme}:${whom}@${host}`
}

const isUp = ({ session }: PhoneCall): boolean => session.state.is === 'established'

/** Which calls an action is for, and what to say when there is none. */
const fits: Readonly<Record<CallAction, readonly [test: (call: PhoneCall) => boolean, none: string]>> = {
  answer: [call => isRinging(call), 'no call is ringing'],
  reject: [call => isRinging(call), 'no call is ringing'],
  hold: [call => isUp(call) && !call.session.call.held.local, 'there is no call to put on hold'],
  resume: [call => isUp(call) && call.session.call.held.local, 'no call is on hold'],
  hangup: [call => !isOver(call), 'there is no call to end'],
}

const verbs: Readonly<Record<CallAction, string>> = {
  answer: 'answer',
  reject: 'refuse',
  hold: 'hold',
  resume: 'resume',
  hangup: 'hang up',
}

/** It came, and waits for an answer. */
export const isRinging = ({ session }: PhoneCall): boolean =>
  session.kind === 'incomingLineCall' && session.state.is === 'initiation'

export const isOver = ({ session }: PhoneCall): boolean => session.state.is === 'terminated'

const end = ({ kind, result, state }: LineCall | IncomingLineCall): string => {
  if (state.is !== 'terminated') return state.is
  const { by, status, error } = state
  const why = error ? oneLine(error.message) : undefined
  if (result === 'established') {
    if (by === 'network') return `broke off${why === undefined ? '' : `: ${why}`}`
    return by === 'local' ? 'over, hung up here' : 'over, hung up there'
  }
  if (kind === 'incomingLineCall') return by === 'local' ? 'refused' : 'missed'
  const reason = error?.response ? `${status} ${oneLine(error.response.reason)}` : why
  if (result === 'denied') return `denied: ${reason ?? status}`
  if (result === 'notReachable') return `not reachable: ${reason ?? 'nobody answers'}`
  return 'given up'
}

/** How a call stands, in words. */
export const callText = ({ session }: PhoneCall): string => {
  const { state, call } = session
  if (state.is === 'terminated') return end(session)
  if (call.state.is === 'terminating') return 'hanging up'
  if (state.is === 'initiation') {
    if (session.kind === 'lineCall') return call.state.is === 'early' ? 'ringing' : 'calling'
    return call.state.is === 'accepted' ? 'answering' : 'is calling'
  }
  const { local, remote } = call.held
  if (local && remote) return 'on hold, by both sides'
  return local ? 'on hold' : remote ? 'on hold by the other side' : 'speaking'
}

/** Why the line stands as it does, if there is a reason, and when it tries again. */
export const lineReason = ({ state, profile }: Line, now: number): string => {
  const tries = state.is === 'starting' || state.is === 'active'
  const delay = tries && profile ? delayText(profile.state, now) : undefined
  if (delay !== undefined) return oneLine(delay)
  if ('error' in state && state.error) return oneLine(state.error.message)
  return tries && profile?.state.is === 'waitingForNetwork' ? 'no network' : ''
}

/** How the line stands, in words. */
export const lineText = (line: Line, now: number): string => {
  const reason = lineReason(line, now)
  return reason === '' ? line.state.is : `${line.state.is}: ${reason}`
}

/** Numbered calls on a line. */
export class Phone {
  readonly line: Line
  readonly #now: () => number
  #calls: readonly PhoneCall[] = []
  #count = 0
  readonly #changes = new Subject<PhoneCall>()

  constructor(line: Line, now: () => number) {
    this.line = line
    this.#now = now
    line.incoming$.subscribe(session =>
      this.#add(session, formatNameAddr({ ...session.call.remote, params: new Map() })),
    )
  }

  /** Calls, the earliest first. */
  get calls(): readonly PhoneCall[] {
    return this.#calls
  }

  /** A call that is there, or stands otherwise than before. Hot. */
  get changes$(): Observable<PhoneCall> {
    return this.#changes.asObservable()
  }

  /** Calls somebody. Throws what `line.call` throws. */
  dial(whom: string): PhoneCall {
    const address = addressOf(whom, this.line)
    return this.#add(this.line.call({ requestUri: address }), address)
  }

  /** The call that an action is for: this one if it fits, else the latest that does. Throws when there is none. */
  callFor(action: CallAction, preferred?: PhoneCall): PhoneCall {
    const [test, none] = fits[action]
    const found = preferred && test(preferred) ? preferred : this.#calls.findLast(test)
    if (found) return found
    throw usage(none)
  }

  /** The call with that number, for that action. Throws when it is not there, or the action is not for it. */
  numbered(number: number, action: CallAction): PhoneCall {
    const call = this.#calls.find(one => one.number === number)
    if (!call) throw usage(`there is no call ${number}`)
    if (fits[action][0](call)) return call
    throw usage(`cannot ${verbs[action]} call ${number} (${callText(call)})`)
  }

  /** True when it is possible with that call. */
  can(action: CallAction, call: PhoneCall | undefined): boolean {
    return call !== undefined && fits[action][0](call)
  }

  /** Does it. Settles when it is done; rejects with why it could not be. A call that ends meanwhile says so itself. */
  async act(action: CallAction, call: PhoneCall): Promise<void> {
    const { session } = call
    try {
      if (session.kind === 'incomingLineCall' && isRinging(call)) {
        if (action === 'answer') await session.accept()
        else session.reject(603)
      } else if (action === 'hold') await session.call.hold()
      else if (action === 'resume') await session.call.resume()
      else await session.stop()
    } catch (error) {
      if (!isSipError(error) || !isOver(call)) throw error
    }
  }

  #add(session: LineCall | IncomingLineCall, peer: string): PhoneCall {
    this.#count += 1
    const call: PhoneCall = { number: this.#count, peer: oneLine(peer), session }
    const over = this.#calls.filter(isOver)
    const old = new Set(over.slice(0, Math.max(0, over.length - remembered + 1)))
    this.#calls = [...this.#calls.filter(one => !old.has(one)), call]
    const show = (): void => {
      if (isUp(call)) call.since ??= this.#now()
      this.#changes.next(call)
    }
    session.state$.subscribe({ next: show, complete: show })
    session.call.state$.subscribe(show)
    session.call.session$.subscribe(show)
    return call
  }
}
