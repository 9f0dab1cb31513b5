/** Times as they are written. Milliseconds in, few words out. */

/** Seconds since the start, to the millisecond: `16.373`, `12:04.02`. */
export const clockText = (milliseconds: number): string => {
  const seconds = milliseconds / 1_000
  if (seconds < 600) return seconds.toFixed(3)
  const minutes = Math.floor(seconds / 60)
  const rest = (seconds % 60).toFixed(2).padStart(5, '0')
  if (minutes < 60) return `${minutes}:${rest}`
  return `${Math.floor(minutes / 60)}:${`${minutes % 60}`.padStart(2, '0')}:${rest.slice(0, 2)}`
}

/** The same where there is little room: `16.37`. */
export const shortClockText = (milliseconds: number): string =>
  milliseconds < 600_000 ? (milliseconds / 1_000).toFixed(2) : clockText(milliseconds)

/** An age: `0:18`, `1:04`, `1:18:48`, `2 d`. */
export const ageText = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000))
  const two = (value: number) => `${value}`.padStart(2, '0')
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${Math.floor(seconds / 86_400)} d`
}

/** A duration: `1 ms`, `4.87 s`, `14.2 s`, `12 min`. */
export const spanText = (milliseconds: number): string => {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1_000
  if (seconds < 10) return `${seconds.toFixed(2)} s`
  if (seconds < 100) return `${seconds.toFixed(1)} s`
  if (seconds < 600) return `${Math.round(seconds)} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}

/** A span between copies: `0.5–4 s`. */
export const rangeText = ([shortest, longest]: readonly [number, number]): string => {
  const text = (value: number) => `${Number((value / 1_000).toPrecision(2))}`
  return text(shortest) === text(longest) ? `${text(longest)} s` : `${text(shortest)}–${text(longest)} s`
}

/** `18,402`. */
export const numberText = (value: number): string => value.toLocaleString('en')
