/**
 * Who serves a socket. To bind it is the lock: one wins, however many start at once. A socket whose server has died
 * stays behind as a file; only who holds the guard beside it may take it away, so nobody takes away a living one.
 */

import { randomBytes } from 'node:crypto'
import { chmodSync, closeSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { connectTo } from './socket-pipe.ts'

const isWindows = process.platform === 'win32'

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

const wait = (milliseconds: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, milliseconds))

/** Binds; undefined when the address is in use. The mode is there from the first moment. */
const bind = (path: string, accept: (socket: Socket) => void): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer(accept)
    server.once('error', error => (codeOf(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.once('listening', () => {
      if (!isWindows) chmodSync(path, 0o600)
      resolve(server)
    })
    const before = process.umask(0o177)
    try {
      server.listen(path)
    } finally {
      process.umask(before)
    }
  })

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Takes the guard; undefined while a living process has it. */
const guard = (path: string): (() => void) | undefined => {
  const mine = `${process.pid} ${randomBytes(8).toString('hex')}`
  try {
    const file = openSync(path, 'wx', 0o600)
    writeSync(file, mine)
    closeSync(file)
    return () => {
      if (readIfThere(path) === mine) unlinkSync(path)
    }
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  const theirs = readIfThere(path)
  const pid = Number(theirs?.split(' ')[0])
  // One that is being written this moment is somebody's.
  if (theirs === undefined || !Number.isInteger(pid) || pid <= 0 || isAlive(pid)) return undefined
  dropDead(path, theirs)
  return undefined
}

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** What a dead one has left. Moved first: two that see the same take away one guard, and not that of the next. */
const dropDead = (path: string, theirs: string): void => {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (readIfThere(aside) === theirs) unlinkSync(aside)
  else renameSync(aside, path)
}

/** The server that is bound to that path; undefined when another process serves it. */
export const claim = async (path: string, accept: (socket: Socket) => void): Promise<Server | undefined> => {
  for (let turn = 0; turn < 200; turn += 1) {
    const bound = await bind(path, accept)
    if (bound) return bound
    if (isWindows || (await isServed(path))) return undefined
    const release = guard(`${path}.guard`)
    if (release) {
      try {
        // It may have been taken over since.
        if (await isServed(path)) return undefined
        try {
          unlinkSync(path)
        } catch (error) {
          if (codeOf(error) !== 'ENOENT') throw error
        }
        return await bind(path, accept)
      } finally {
        release()
      }
    }
    await wait(10)
  }
  return undefined
}

/** Nobody listens there. Anything else, such as a full queue (EAGAIN), is a server that lives. */
const free: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT'])

/** True when somebody serves it. */
export const isServed = async (path: string): Promise<boolean> => {
  try {
    const pipe = await connectTo(path)
    pipe.destroy()
    return true
  } catch (error) {
    return !free.has(codeOf((error as Error).cause))
  }
}
