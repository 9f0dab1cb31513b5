/** How arrows are drawn: orthogonal lines with rounded corners, and a head at the end. */
import type { Point } from './types.ts'

const corner = 6

const between = ([x, y]: Point, [toX, toY]: Point, distance: number): Point => {
  const length = Math.hypot(toX - x, toY - y)
  if (length === 0) return [x, y]
  return [x + ((toX - x) / length) * distance, y + ((toY - y) / length) * distance]
}

const at = ([x, y]: Point): string => `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`

/** Points without those that lie on a straight line between their neighbours. */
const corners = (points: readonly Point[]): readonly Point[] =>
  points.filter((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]]
    if (!before || !after) return true
    const vertical = before[0] === point[0] && point[0] === after[0]
    const level = before[1] === point[1] && point[1] === after[1]
    return !vertical && !level
  })

const length = ([x, y]: Point, [toX, toY]: Point): number => Math.hypot(toX - x, toY - y)

/** The `d` of a path through the points; `short` is left out at the end, for the head. */
export const roundedPath = (all: readonly Point[], short = 0): string => {
  const points = corners(all)
  const last = points.length - 1
  return points
    .map((point, index) => {
      if (index === 0) return `M${at(point)}`
      const before = points[index - 1]!
      if (index === last) return `L${at(between(point, before, Math.min(short, length(point, before))))}`
      const after = points[index + 1]!
      const radius = Math.min(corner, length(point, before) / 2, length(point, after) / 2)
      return `L${at(between(point, before, radius))}Q${at(point)} ${at(between(point, after, radius))}`
    })
    .join('')
}

/** The `d` of the head at the end of the points. */
export const headPath = (points: readonly Point[]): string => {
  const tip = points.at(-1)!
  const tail = points.findLast(point => length(point, tip) > 0) ?? tip
  const [x, y] = between(tip, tail, 7)
  const [dx, dy] = [(tip[1] - y) * 0.5, (tip[0] - x) * 0.5]
  return `M${at(tip)}L${at([x + dx, y - dy])}L${at([x - dx, y + dy])}Z`
}

/** The `d` of the part of a circle that is left, `share` from 0 to 1, beginning at the top and emptying clockwise. */
export const ringPath = ([x, y]: Point, radius: number, share: number): string => {
  const left = Math.max(0, Math.min(1, share))
  if (left === 0) return ''
  const half = `A${radius} ${radius} 0 0 1 `
  if (left > 0.999) return `M${at([x, y - radius])}${half}${at([x, y + radius])}${half}${at([x, y - radius])}`
  const angle = 2 * Math.PI * (1 - left)
  const start: Point = [x + radius * Math.sin(angle), y - radius * Math.cos(angle)]
  return `M${at(start)}A${radius} ${radius} 0 ${left > 0.5 ? 1 : 0} 1 ${at([x, y - radius])}`
}

/** Letter of a timer on its medallion: `timerA` is A, any other delay its first letter. */
export const timerLetter = (after: string): string =>
  (/^timer([A-Z])\d?$/.exec(after)?.[1] ?? (/^\d/.test(after) ? '⏱' : after.slice(0, 1))).toUpperCase()
