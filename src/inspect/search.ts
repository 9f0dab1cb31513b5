/** Finding frames by words: methods, statuses, headers, addresses, actors, states. */
import { toBinary } from '../message/bytes.ts'
import type { Frame } from './frame.ts'
import { redactText } from './redact.ts'

const textOf = (frame: Frame): string => {
  if (frame.kind === 'step')
    return [
      frame.actor,
      frame.machine,
      frame.event,
      frame.from ?? '',
      frame.to,
      ...(frame.guards ?? []).map(({ guard }) => guard),
    ].join(' ')
  const { local, remote, transport } = frame
  const where = `${local.host}:${local.port} ${remote.host}:${remote.port} ${transport}`
  // What is hidden cannot be guessed letter by letter either.
  return frame.kind === 'message'
    ? `${where} ${redactText(toBinary(frame.bytes))}`
    : `${where} ${frame.reason}`
}

/** Numbers of the frames in which every word stands; none for an empty query. */
export const searchIn = (frames: Iterable<Frame>, query: string): readonly number[] => {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')
  if (words.length === 0) return []
  const found: number[] = []
  for (const frame of frames) {
    const text = textOf(frame).toLowerCase()
    if (words.every(word => text.includes(word))) found.push(frame.seq)
  }
  return found
}
