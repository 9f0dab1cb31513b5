/** Text in columns, for the ladder. */

export const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - text.length))
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : width < 2 ? '' : text.slice(0, width - 1) + '…'

/** `+48ms`, `+1.20s`. */
export const gapText = (milliseconds: number): string => {
  if (milliseconds < 1) return ''
  if (milliseconds < 1000) return `+${Math.round(milliseconds)}ms`
  return milliseconds < 100_000
    ? `+${(milliseconds / 1000).toFixed(1)}s`
    : `+${Math.round(milliseconds / 1000)}s`
}

/** `480 ms`, `12.1 s`, `3 min 5 s`. */
export const seconds = (milliseconds: number): string => {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 120_000) return `${(milliseconds / 1000).toFixed(1)} s`
  const whole = Math.round(milliseconds / 1000)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
