/** Playing a flow: row by row, as fast as it happened; silence is played as 0.7 s. */
import { signal } from '@preact/signals'
import { move, row, select, steps } from '../store/place.ts'

export const speeds = [0.5, 1, 2, 4] as const
export const speed = signal<(typeof speeds)[number]>(1)
export const playing = signal(false)

/** Longest and shortest milliseconds between two rows. */
const longest = 700
const shortest = 60

let timer: ReturnType<typeof setTimeout> | undefined

export const pause = (): void => {
  clearTimeout(timer)
  playing.value = false
}

const next = (): void => {
  const all = steps.peek()
  const at = row.peek() ? all.indexOf(row.peek()!) : -1
  const following = all[at + 1]
  if (!following) return pause()
  const gap = Math.max(0, following.t - (all[at]?.t ?? following.t))
  timer = setTimeout(
    () => {
      if (!playing.peek()) return
      move(1, 'travel')
      next()
    },
    Math.max(shortest, Math.min(longest, gap)) / speed.peek(),
  )
}

/** Plays from where it stands; from the beginning when it stands at the end. */
export const play = (): void => {
  if (playing.peek()) return pause()
  const all = steps.peek()
  if (all.length === 0) return
  if (!row.peek() || row.peek() === all.at(-1)) select(all[0]!, 'travel')
  playing.value = true
  next()
}

export const changeSpeed = (): void => {
  speed.value = speeds[(speeds.indexOf(speed.peek()) + 1) % speeds.length]!
}

export const step = (by: number): void => {
  pause()
  move(by, 'travel')
}
