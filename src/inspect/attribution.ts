/**
 * Beside which message a transition stands. The number of its cause makes it exact: a message that came in explains the
 * run that it set off, one that goes out the run that it was sent in. Steps of a run without a message belong to the next message of
 * the actors that they brought to life; what is left moved by itself.
 */
import type { ActorLog } from './actor-log.ts'
import type { MessageFrame, StepFrame } from './frame.ts'
import { briefState } from './label.ts'
import { isTransaction } from './names.ts'

/** Steps beside the message of that number, and runs of steps without any. */
export interface Attribution {
  readonly beside: ReadonlyMap<number, readonly StepFrame[]>
  readonly alone: readonly (readonly StepFrame[])[]
}

/** So long may it take from a step to the message that it leads to: names are looked up and streams opened meanwhile. */
const reach = 10_000

/** Steps that the ladder shows: those which change a state for a reader. */
const shows = ({ from, to }: StepFrame): boolean => from === undefined || briefState(from) !== briefState(to)

const byTimer = ({ event }: StepFrame): boolean => event.startsWith('xstate.after.')

const group = <Item>(items: readonly Item[], key: (item: Item) => number): Map<number, Item[]> => {
  const groups = new Map<number, Item[]>()
  for (const item of items) {
    const at = key(item)
    const some = groups.get(at)
    if (some) some.push(item)
    else groups.set(at, [item])
  }
  return groups
}

const rootOf = ({ seq, cause }: { readonly seq: number; readonly cause?: number }): number => cause ?? seq

/**
 * @param steps of one flow, in order
 * @param messages of one flow, in order
 * @param logOf an actor by its id
 */
export const attribute = (
  steps: readonly StepFrame[],
  messages: readonly MessageFrame[],
  logOf: (id: string) => ActorLog | undefined,
): Attribution => {
  const beside = new Map<number, StepFrame[]>()
  const alone: StepFrame[][] = []
  const numbers = new Map(messages.map(frame => [frame.seq, frame]))
  const runs = group(messages, rootOf)
  const sent = messages.filter(({ direction }) => direction === 'out')
  const put = (seq: number, step: StepFrame): void => {
    const some = beside.get(seq)
    if (some) some.push(step)
    else beside.set(seq, [step])
  }
  /** True when the actor serves one of those, through however many others. */
  const serves = (id: string | undefined, actors: ReadonlySet<string>): boolean => {
    for (let at = id, depth = 0; at !== undefined && depth < 12; depth += 1) {
      if (actors.has(at)) return true
      at = logOf(at)?.owner
    }
    return false
  }
  for (const [root, run] of group(steps, rootOf)) {
    const inRun = runs.get(root) ?? []
    const out = inRun.filter(({ direction }) => direction === 'out')
    const left: StepFrame[] = []
    for (const step of run) {
      if (!shows(step)) continue
      const own = step.message === undefined ? undefined : numbers.get(step.message)
      if (own && isTransaction(step.machine)) put(own.seq, step)
      else if (numbers.get(root)) put(root, step)
      else if (own) put(own.seq, step)
      else {
        const next = out.find(({ seq }) => seq > step.seq) ?? out.at(-1)
        if (next) put(next.seq, step)
        else left.push(step)
      }
    }
    const [head] = left
    if (!head) continue
    const actors = new Set(run.map(({ actor }) => actor))
    const later = left.some(byTimer)
      ? undefined
      : sent.find(({ seq, t, actor }) => seq > head.seq && t - head.t <= reach && serves(actor, actors))
    if (later) for (const step of left) put(later.seq, step)
    else alone.push(left)
  }
  for (const some of beside.values()) some.sort((a, b) => a.seq - b.seq)
  return { beside, alone }
}
