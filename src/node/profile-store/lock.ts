/**
 * One process at a time has a store. Neither driver's own lock will do: that of node-sqlite3-wasm is a folder that a
 * killed process leaves behind, and neither sees the other's.
 *
 * A lock is an empty file whose name says who holds it. Whoever opens makes its own first and then looks for others, so
 * of two that open at once at least one sees the other. Locks of processes that are gone are removed.
 */
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SipError } from '../../errors.ts'

/** Milliseconds between two signs of life, and how long without one a process of another host is taken for dead. */
const beat = 5000
const silence = 30_000

/** Locks of this process. */
const held = new Set<string>()
let count = 0

/** When a process began, in ticks since the system started: the number of a dead one may be in use again. Linux alone tells. */
const startOf = (pid: number | 'self'): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
  } catch {
    return '0'
  }
}

const isAlive = (pid: number, start: string): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return start === '0' || startOf(pid) === start
}

const host = (): string => encodeURIComponent(hostname()).replaceAll('~', '%7E')

/** Whether whoever made a lock still holds it. */
const isHeld = (folder: string, name: string, prefix: string): boolean => {
  const [where = '', pid = '', start = ''] = name.slice(prefix.length).split('~')
  try {
    if (where !== host()) return Date.now() - statSync(join(folder, name)).mtimeMs < silence
    if (Number(pid) === process.pid && start === startOf('self')) return held.has(join(folder, name))
    return isAlive(Number(pid), start)
  } catch {
    // It was removed meanwhile.
    return false
  }
}

/** A lock that is held until `release`. */
export interface Lock {
  release(): void
}

/** Locks a file, or throws `in-use`. */
export const lock = (path: string): Lock => {
  const folder = dirname(path)
  const prefix = `${basename(path)}.lock~`
  const mine = `${prefix}${host()}~${process.pid}~${startOf('self')}~${++count}`
  const file = join(folder, mine)
  closeSync(openSync(file, 'wx', 0o600))
  held.add(file)
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date())
    } catch {
      // Its folder is gone, and the store with it: the next write tells.
    }
  }, beat)
  timer.unref()
  const release = (): void => {
    clearInterval(timer)
    held.delete(file)
    rmSync(file, { force: true })
  }
  for (const name of readdirSync(folder)) {
    if (name === mine || !name.startsWith(prefix)) continue
    if (isHeld(folder, name, prefix)) {
      release()
      const [, pid] = name.slice(prefix.length).split('~')
      throw new SipError('in-use', `${path} is in use by process ${pid} (${name})`)
    }
    rmSync(join(folder, name), { force: true })
  }
  return { release }
}
