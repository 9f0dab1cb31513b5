/** Actors that an ended call or registration has left behind. */
import type { ActorLog } from './actor-log.ts'
import type { StepFrame } from './frame.ts'
import { isCall } from './names.ts'
import { seconds } from './text.ts'
import type { Verdict } from './verdicts.ts'

/** Milliseconds that an ended usage may still have actors: 64·T1, and some. */
const lingering = 64 * 500 + 10_000

const usages: ReadonlySet<string> = new Set(['registration', 'subscription', 'notifier', 'publication'])

export class Leaks {
  /** Usages that ended, in order. */
  readonly #ended: { readonly log: ActorLog; readonly due: number }[] = []
  readonly #seen = new WeakSet<ActorLog>()

  /** Takes a step: a usage may have ended with it. */
  watch({ machine, ended, to, from, t }: StepFrame, log: ActorLog): void {
    const over = isCall(machine) ? ended || to === 'terminated' : usages.has(machine) && ended
    if (!over || from === to || this.#seen.has(log)) return
    this.#seen.add(log)
    this.#ended.push({ log, due: t + lingering })
  }

  /** What is said of those of which nothing should be left by that time. */
  due(t: number): { readonly log: ActorLog; readonly verdict: Verdict }[] {
    const said: { readonly log: ActorLog; readonly verdict: Verdict }[] = []
    for (let [head] = this.#ended; head && head.due <= t; [head] = this.#ended) {
      this.#ended.shift()
      const { log } = head
      const left = alive(log)
      if (left.length > 0) said.push({ log, verdict: verdictOf(log, left) })
    }
    return said
  }
}

const verdictOf = (log: ActorLog, left: readonly ActorLog[]): Verdict => {
  const names = left.slice(0, 3).map(({ id, state }) => `${id} (${state})`)
  return {
    kind: 'leaked-actor',
    severity: 'failure',
    title: left.length === 1 ? 'An actor was left behind' : `${left.length} actors were left behind`,
    text: `${log.id} ended ${seconds(lingering)} ago, and there is still ${names.join(', ')}${left.length > 3 ? ' …' : ''}.`,
  }
}

/** The actor and all that serve it, as far as they are alive. */
const alive = (log: ActorLog, depth = 0): ActorLog[] => [
  ...(log.ended === undefined ? [log] : []),
  ...(depth > 8 ? [] : [...(log.serving ?? [])].flatMap(one => alive(one, depth + 1))),
]
