/** Where the socket of the shared server is: in a folder of the user's own. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { SipError } from '../errors.ts'

const isWindows = process.platform === 'win32'

/** In the environment of a server that an application starts: the path of its socket. */
export const startedFor = 'SIPACTOR_STARTED_FOR'

/** Most bytes of a path that a Unix socket can have on every system. */
const longest = 103

/**
 * `$XDG_RUNTIME_DIR/sipactor/server.sock`, else `~/.sipactor/server.sock`; on Windows a named pipe of the user.
 */
export const defaultSocket = (env: Readonly<Record<string, string | undefined>> = process.env): string => {
  if (isWindows) return `\\\\.\\pipe\\sipactor-${userInfo().username}`
  const runtime = env.XDG_RUNTIME_DIR
  const folder = runtime ? join(runtime, 'sipactor') : join(homedir(), '.sipactor')
  return join(folder, 'server.sock')
}

/**
 * Makes the folder of a socket, mode 0700. Throws `permission` when it is another user's or others may enter it,
 * `argument` for a path that is too long for a socket.
 */
export const prepareFolder = (path: string): void => {
  if (isWindows) return
  if (Buffer.byteLength(path) > longest)
    throw new SipError('argument', `the path of a socket has at most ${longest} bytes: ${path}`)
  const folder = dirname(path)
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(folder, 0o700)
  const { uid, mode } = lstatSync(folder)
  if (uid !== process.getuid?.()) throw new SipError('permission', `${folder} belongs to somebody else`)
  if ((mode & 0o077) !== 0)
    throw new SipError('permission', `others may enter ${folder}: its mode has to be 0700`)
}
