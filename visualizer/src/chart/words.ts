/** Machines, timers and durations in words. */

const timers: Readonly<Record<string, string>> = {
  timerA: 'repeats the INVITE',
  timerB: 'gives up: nobody answers the INVITE',
  timerD: 'absorbs repeated failures',
  timerE: 'repeats the request',
  timerF: 'gives up: nobody answers the request',
  timerG: 'repeats the final response',
  timerH: 'gives up: no ACK comes',
  timerI: 'absorbs repeated ACKs',
  timerJ: 'absorbs repeats of the request',
  timerK: 'absorbs repeated responses',
  timerL: 'absorbs repeats of the INVITE',
  timerM: 'waits for further 2xx',
  timerN: 'waits for a NOTIFY',
  again: 'repeats the 2xx until it is acknowledged',
  tooLong: 'gives up waiting',
  hopeless: 'gives up: nothing comes any more',
  patience: 'gives up waiting for an answer',
  silence: 'nothing is heard: tries elsewhere',
  stillRinging: 'says again that it rings',
  backOff: 'waits before it tries again',
  lifetime: 'the binding ends',
  pause: 'waits before it tries again',
}

/** `proceedingLimit` reads `proceeding limit`. */
const spaced = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()

/** What a timer does. */
export const timerWords = (after: string): string =>
  timers[after] ?? (/^\d+$/.test(after) ? `after ${duration(Number(after))}` : spaced(after))

/** Name of a timer for its list: `Timer L`, `proceeding limit`. */
export const timerTitle = (after: string): string => {
  const letter = /^timer([A-Z]\d?)$/.exec(after)?.[1]
  return letter === undefined ? spaced(after) : `Timer ${letter}`
}

/** `250 ms`, `4.0 s`, `29:12`, `1:04:00`, `2 d 3 h`. */
export const duration = (milliseconds: number): string => {
  const value = Math.max(0, milliseconds)
  if (value < 1_000) return `${Math.round(value)} ms`
  if (value < 60_000) return `${(Math.floor(value / 100) / 10).toFixed(1)} s`
  const seconds = Math.floor(value / 1_000)
  const two = (number: number): string => String(number).padStart(2, '0')
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
  const hours = Math.floor(seconds / 3_600)
  if (hours < 24) return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}
