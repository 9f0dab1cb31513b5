/** The order in which the servers of a service are tried. RFC 2782 */
import type { SrvRecord } from '../engine/ports.ts'

/** Draws one after the other, each with a chance in proportion to its weight; weight 0 has a very small one. RFC 2782 */
const drawn = (records: readonly SrvRecord[], chance: () => number): SrvRecord[] => {
  // Those of weight 0 stand first, so that a draw of 0 finds them.
  const left = [...records].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0))
  const order: SrvRecord[] = []
  while (left.length > 0) {
    const sum = left.reduce((total, { weight }) => total + weight, 0)
    const draw = Math.floor(chance() * (sum + 1))
    let running = 0
    const at = left.findIndex(({ weight }) => (running += weight) >= draw)
    order.push(...left.splice(at, 1))
  }
  return order
}

/**
 * All records in the order of their use: lowest priority first, within one priority by weight.
 * `chance` gives numbers from 0 up to, not including, 1.
 */
export const orderServers = (records: readonly SrvRecord[], chance: () => number): readonly SrvRecord[] => {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
  return priorities.flatMap(priority =>
    drawn(
      records.filter(record => record.priority === priority),
      chance,
    ),
  )
}
