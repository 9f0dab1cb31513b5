/** Programs that a bench starts: on a core of their own where `taskset` is there, ended by the group they lead. */
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** True when a program is on the PATH. */
export const has = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).error === undefined

const pinned = has('taskset', '--version') && availableParallelism() > 1

/** What runs where: the server on core 0, the load on core 1. */
export const cores = pinned ? 'server on core 0, load on core 1' : 'cores not pinned'

/** Starts a program as the leader of its own process group. `output()` is what it has printed. */
export const start = (command, args, { core, cwd } = {}) => {
  const line =
    pinned && core !== undefined ? ['taskset', '-c', String(core), command, ...args] : [command, ...args]
  const child = spawn(line[0], line.slice(1), { detached: true, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = bytes => {
    output = (output + bytes.toString()).slice(-20_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = new Promise(done => {
    child.on('error', error => {
      output += error.message
      done(-1)
    })
    child.on('close', done)
  })
  const program = {
    pid: child.pid,
    ended,
    output: () => output,
    isRunning: () => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
  }
  if (child.pid !== undefined) running.add(program)
  void ended.then(() => running.delete(program))
  return program
}

const running = new Set()

const signal = ({ pid }, name) => {
  try {
    process.kill(-pid, name)
  } catch {
    // It has ended by itself.
  }
}

/** Ends a program and what it has started: asked first, then made to. */
export const stop = async program => {
  if (!program.isRunning()) return
  signal(program, 'SIGTERM')
  await Promise.race([program.ended, sleep(3000)])
  if (program.isRunning()) signal(program, 'SIGKILL')
  await program.ended
}

process.once('exit', () => {
  for (const program of running) signal(program, 'SIGKILL')
})
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(130))

/** Fields of /proc/<pid>/stat behind the program's name. */
const statOf = pid => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

const pidsOf = group =>
  readdirSync('/proc').filter(name => /^\d+$/.test(name) && statOf(name)?.[2] === String(group))

/** Ticks of /proc a second: USER_HZ, which Linux fixes at 100 for everyone outside the kernel. */
const ticks = 100

/** CPU seconds and resident megabytes of a program with its children, or undefined where there is no /proc. */
export const usage = ({ pid }) => {
  if (process.platform !== 'linux') return undefined
  let cpu = 0
  let kilobytes = 0
  for (const member of pidsOf(pid)) {
    const stat = statOf(member)
    if (!stat) continue
    cpu += (Number(stat[11]) + Number(stat[12])) / ticks
    try {
      const pss = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${member}/smaps_rollup`, 'latin1'))
      kilobytes += Number(pss?.[1] ?? 0)
    } catch {
      // It has ended meanwhile.
    }
  }
  return { cpu, megabytes: kilobytes / 1024 }
}
