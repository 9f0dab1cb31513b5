/** What a run shows: words, the ladder of `--trace`, or one JSON object a line. */
import type { Clock, Sip, SipEvent } from '../index.ts'
import { Ladder, type PartyOptions } from '../inspect/ladder.ts'
import { painter } from './ansi.ts'
import { jsonEvent } from './json.ts'
import type { Io } from './io.ts'

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

  const draw = (): void => {
    timer = undefined
    for (const line of ladder.take(clock.now() - settling)) io.out(line)
    if (ladder.pending) timer = clock.setTimeout(draw, poll)
    else {
      for (const done of waiting) done()
      waiting = []
    }
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
    say(line: string): void {
      if (options.json) return
      io.out(line)
    },
    /** A fact that is no event of the engine: a line in words, or an object. */
    fact(words: string, object: { readonly type: string } & Readonly<Record<string, unknown>>): void {
      if (options.json) io.out(JSON.stringify({ ts: new Date(io.now()).toISOString(), ...object }))
      else io.out(words)
    },
    heading(text: string): void {
      if (!drawing) return
      for (const line of ladder.heading(text)) io.out(line)
    },
    /** Settles when everything seen so far is drawn. */
    drawn: (): Promise<void> =>
      new Promise(resolve => {
        if (!ladder.pending) resolve()
        else {
          waiting.push(resolve)
          timer ??= clock.setTimeout(draw, poll)
        }
      }),
    stop(): void {
      if (timer !== undefined) clock.clearTimeout(timer)
      timer = undefined
      for (const line of ladder.take()) io.out(line)
      for (const end of stops.splice(0)) end()
      for (const done of waiting.splice(0)) done()
    },
  }
}

export type View = ReturnType<typeof createView>
