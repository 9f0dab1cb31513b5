/** What a run shows: words, the ladder of `--trace`, or one JSON object a line. */
import type { Clock, Sip, SipEvent } from '../index.ts'
import { Ladder, type PartyOptions } from '../inspect/ladder.ts'
import { painter } from './ansi.ts'
import type { Io } from './io.ts'
import { jsonEvent } from './json.ts'

export interface ViewOptions {
  readonly trace?: boolean | undefined
  readonly json?: boolean | undefined
  readonly parties?: readonly PartyOptions[]
  readonly detail?: 'brief' | 'full' | undefined
}

/** An arrow is drawn when nothing was added to it for so long, in milliseconds: both of its ends are known then. */
const settling = 40
const poll = 20

export const createView = (io: Io, clock: Clock, options: ViewOptions) => {
  const paint = painter(io.colour)
  const drawing = options.trace === true && options.json !== true
  const ladder = new Ladder({
    width: io.columns,
    paint,
    start: clock.now(),
    ...(options.detail ? { detail: options.detail } : {}),
    ...(options.parties ? { parties: options.parties } : {}),
  })
  const stops: (() => void)[] = []
  let timer: unknown
  let waiting: (() => void)[] = []
  /** Words wait for the arrows that came before them. */
  const words: { readonly t: number; readonly line: string }[] = []

  const draw = (): void => {
    timer = undefined
    const until = clock.now() - settling
    while (words[0] && words[0].t <= until) {
      const { t, line } = words.shift()!
      for (const drawn of ladder.take(t)) io.out(drawn)
      io.out(line)
    }
    for (const line of ladder.take(until)) io.out(line)
    if (ladder.pending || words.length > 0) timer = clock.setTimeout(draw, poll)
    else {
      for (const done of waiting) done()
      waiting = []
    }
  }

  const say = (line: string): void => {
    if (options.json) return
    if (!drawing || !(ladder.pending || words.length > 0)) io.out(line)
    else words.push({ t: clock.now(), line })
  }

  return {
    paint,
    json: options.json === true,
    /** Watches an engine under that name. */
    watch(party: string, sip: Sip): void {
      if (drawing) {
        const trace = sip.trace$.subscribe(frame => {
          ladder.push(party, frame)
          timer ??= clock.setTimeout(draw, poll)
        })
        stops.push(() => trace.unsubscribe())
      }
      if (options.json) {
        const events = sip.events$.subscribe((event: SipEvent) => {
          const line = jsonEvent(io.now(), party, event)
          if (line) io.out(line)
        })
        stops.push(() => events.unsubscribe())
      }
    },
    party: (party: PartyOptions): void => ladder.party(party),
    /** A line in words; with `--json` there are none. */
    say,
    /** A fact that is no event of the engine: a line in words, or an object. */
    fact(text: string, object: { readonly type: string } & Readonly<Record<string, unknown>>): void {
      if (options.json) io.out(JSON.stringify({ ts: new Date(io.now()).toISOString(), ...object }))
      else say(text)
    },
    heading(text: string): void {
      if (!drawing) return
      for (const line of ladder.heading(text)) io.out(line)
    },
    /** Settles when everything seen so far is drawn. */
    drawn: (): Promise<void> =>
      new Promise(resolve => {
        if (!ladder.pending && words.length === 0) resolve()
        else {
          waiting.push(resolve)
          timer ??= clock.setTimeout(draw, poll)
        }
      }),
    stop(): void {
      if (timer !== undefined) clock.clearTimeout(timer)
      timer = undefined
      for (const { t, line } of words.splice(0)) {
        for (const drawn of ladder.take(t)) io.out(drawn)
        io.out(line)
      }
      for (const line of ladder.take()) io.out(line)
      for (const end of stops.splice(0)) end()
      for (const done of waiting.splice(0)) done()
    },
  }
}

export type View = ReturnType<typeof createView>
