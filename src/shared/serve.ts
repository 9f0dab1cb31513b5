/** The shared server as a process: an engine on the sockets of Node, and a local socket for the applications. */

import type { Server } from 'node:net'
import { checkSip } from '../api/connection-options.ts'
import { sipOver } from '../api/sip.ts'
import type { ConnectionOptions, Id } from '../engine/commands.ts'
import { createEngine, type EngineOptions } from '../engine/engine.ts'
import type { Platform } from '../engine/ports.ts'
import { SipError } from '../errors.ts'
import { serveInspector } from '../inspect-node/index.ts'
import { node } from '../node/index.ts'
import type { ApplicationOptions } from './applications.ts'
import { claim } from './claim.ts'
import type { ClaimHook } from './claims.ts'
import { defaultSocket, prepareFolder, startedFor } from './place.ts'
import { sessionOf } from './protocol.ts'
import { checkServe } from './serve-options.ts'
import { type Access, SharedServer, type SharedServerOptions } from './server.ts'
import { socketPipe } from './socket-pipe.ts'

/** How the shared server runs. */
export interface ServeSharedOptions extends Omit<EngineOptions, 'sameUser'> {
  /** Path of the socket. Default: in the user's own folder, see docs/shared-server.md. */
  readonly socket?: string
  /** Milliseconds without an application after which it ends; 0 for never. Default 0. */
  readonly idle?: number
  /** Connections of the server itself: requests that come there are offered to the applications. Default none. */
  readonly listen?: readonly ConnectionOptions[]
  /** Who may do what. Default: whoever can open the socket, everything. */
  readonly access?: Access
  /** Applications that are known before they attach, and can be started for what comes. Default none. */
  readonly applications?: readonly ApplicationOptions[]
  /** Whose a request is that no object of an application claims. Default: what the applications can do decides. */
  readonly claim?: ClaimHook
  /** Default `node()`. */
  readonly platform?: Platform
  /** Version to tell in the status. */
  readonly version?: string
  /** Serves the inspector's page on a local port, a free one for 0. Default: none. */
  readonly inspect?: number
  readonly wireLimits?: SharedServerOptions['limits']
}

/** A server that runs. */
export interface RunningSharedServer {
  readonly socket: string
  /** Address of the inspector's page. */
  readonly inspector: string | undefined
  /** Settles when it has ended: by `close`, or idle. */
  readonly ended: Promise<void>
  /** Ends what the applications have (BYE, then REGISTER with a lifetime of 0), then itself. */
  close(): Promise<void>
}

/** The engine's own connections are of one user, too. */
const sameSession = (one: Id, other: Id): boolean => sessionOf(one) === sessionOf(other)

/** How long an end may take at most: a transaction that hears nothing. RFC 3261 §17.1.2.2 */
const patience = 33_000

/**
 * Runs the shared server in this process. Rejects with `already-exists` when another one serves the socket, with `permission`
 * for a folder that is not the user's own, with `argument` for wrong options.
 */
export const serveShared = async (options: ServeSharedOptions = {}): Promise<RunningSharedServer> => {
  checkServe(options)
  const { socket = defaultSocket() } = options
  prepareFolder(socket)
  let server: SharedServer | undefined
  const bound = await claim(socket, accepted => {
    if (server) server.accept(socketPipe(accepted))
    else accepted.destroy()
  })
  if (!bound) throw new SipError('already-exists', `another shared server has the socket ${socket}`)
  try {
    return await serveAt(socket, bound, options, made => {
      server = made
    })
  } catch (error) {
    // The socket of a server that cannot be is free again.
    bound.close()
    server?.close()
    throw error
  }
}

const serveAt = async (
  socket: string,
  bound: Server,
  options: ServeSharedOptions,
  made: (server: SharedServer) => void,
): Promise<RunningSharedServer> => {
  const { idle = 0, listen = [], access, claim: hook, version = '', wireLimits } = options
  const { platform } = checkSip({ ...options, platform: options.platform ?? node() })
  const engine = createEngine(platform, { ...options, sameUser: sameSession })
  let leaving: NodeJS.Timeout | undefined
  let ended = (): void => undefined
  const end = new Promise<void>(resolve => {
    ended = resolve
  })
  const begun = Date.now()
  const running = new SharedServer({
    engine,
    clock: platform.clock,
    ...(access && { access }),
    ...(hook && { claim: hook }),
    ...(options.applications && { applications: options.applications }),
    ...(wireLimits && { limits: wireLimits }),
    ...(options.timers && { t1: options.timers.t1 }),
    profiles: options.profiles !== undefined,
    // What the server starts itself inherits it, and cannot have this socket.
    started: process.env[startedFor] === socket,
    onSessions: count => {
      clearTimeout(leaving)
      if (count === 0) wait()
    },
  })
  made(running)
  for (const place of listen) running.listen(place)
  // The engine tells one listener, and that is the server: the inspector only looks.
  const seen = { ...engine, onEvent: () => undefined }
  const inspector =
    options.inspect === undefined
      ? undefined
      : await serveInspector({ server: sipOver(seen) }, { port: options.inspect, ring: 100_000 })
  const page = inspector?.urls.server
  running.standing.own = () => ({
    pid: process.pid,
    version,
    uptime: Math.floor((Date.now() - begun) / 1000),
    ...(page !== undefined && { inspector: page }),
  })
  // What profiles have registered by themselves is a reason to stay.
  const wait = (): void => {
    if (idle > 0) leaving = setTimeout(() => (running.keepsProfiles ? wait() : void close()), idle)
  }
  wait()

  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= leave())
  const leave = async (): Promise<void> => {
    clearTimeout(leaving)
    // Nobody new: who looks for a server from here on starts one.
    const unbound = new Promise<void>(resolve => bound.close(() => resolve()))
    running.close()
    await Promise.race([running.drained(), new Promise(resolve => setTimeout(resolve, patience).unref())])
    await unbound
    await inspector?.close()
    ended()
  }
  return { socket, inspector: page, ended: end, close }
}
