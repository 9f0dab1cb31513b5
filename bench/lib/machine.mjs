/** The machine that figures were taken on, and how busy it is. */
import { cpus, loadavg, totalmem } from 'node:os'

export const machineLine = () => {
  const all = cpus()
  const load = loadavg().map(value => value.toFixed(2))
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown'}, ${memory} GiB, Node ${process.version}, load ${load.join(' ')}`
}

/** True when others use the machine: figures are then worth little. */
export const isBusy = () => loadavg()[0] > 0.5
