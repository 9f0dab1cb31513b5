/** Which actors a row is about. */
import type { LadderRow, StepFrame } from '../../../src/inspect/index.ts'
import { model } from '../store/trace.ts'

export interface RowActor {
  readonly id: string
  readonly machine: string
}

const inner = new Set(['connection', 'flow', 'clientRequest', 'standAlone'])
const first = ['inviteServer', 'inviteClient', 'nonInviteServer', 'nonInviteClient', 'registration', 'dialog']

/** Steps of a row: of the message itself, and of what it set off. */
export const stepsOf = (row: LadderRow): readonly StepFrame[] => model.value.why(row.seq).steps

/** Actors that the message hit or came from: the transaction first, then those that moved, then the rest of the run. */
export const actorsOf = (row: LadderRow): readonly RowActor[] => {
  const found = new Map<string, RowActor>()
  const put = (id: string, machine: string | undefined) => {
    if (machine !== undefined && !found.has(id)) found.set(id, { id, machine })
  }
  const machineOf = (id: string) => model.value.actor(id)?.machine
  const frame = model.value.frame(row.seq)
  if (frame?.kind === 'message' && frame.actor !== undefined) put(frame.actor, machineOf(frame.actor))
  if ('chips' in row) for (const { actor, machine, main } of row.chips) if (main) put(actor, machine)
  if ('chips' in row) for (const { actor, machine } of row.chips) put(actor, machine)
  const steps = stepsOf(row)
  for (const { message, actor, machine } of steps) if (message === row.seq) put(actor, machine)
  for (const { actor, machine } of steps) put(actor, machine)
  const rank = ({ machine }: RowActor) => {
    const at = first.indexOf(machine)
    return inner.has(machine) ? 20 : at < 0 ? 10 : at
  }
  return [...found.values()].sort((a, b) => rank(a) - rank(b))
}
