/** What every command needs: an engine, its connection, a view of it, credentials when asked, and Ctrl-C. */
import {
  type Address,
  type Connection,
  type CredentialProvider,
  createSip,
  plainMedia,
  type Sip,
  type SipOptions,
  type TransportName,
} from '../index.ts'
import { isMalformed, isSipUri, parseNameAddr, parseUri } from '../message/index.ts'
import { CliError, exitStatus, explain } from './exit.ts'
import { inspecting } from './inspect.ts'
import type { Io } from './io.ts'
import { inOrder } from './leaving.ts'
import { record } from './record.ts'
import { createView, type View } from './view.ts'
import { transportOf, waysFor } from './ways.ts'

/** Options that all commands share. */
export interface CommonOptions {
  readonly host?: string
  readonly port?: number
  readonly transport?: TransportName
  /** PEM files. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly webSocketUrl?: string
  readonly from?: string
  readonly proxy?: string
  readonly username?: string
  readonly trace?: boolean
  readonly traceDetail?: 'brief' | 'full'
  readonly record?: string
  readonly inspect?: boolean
  readonly json?: boolean
  readonly debug?: boolean
}

/** An address as a URI has it. */
export const placeText = ({ host, port }: Address): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

export interface Session {
  readonly sip: Sip
  readonly connection: Connection
  readonly view: View
  /** The parties of a request: From, when one was given. */
  readonly parties: { readonly from?: string }
  /** Settles at the first Ctrl-C. */
  readonly interrupted: Promise<void>
  /** Waits that many seconds, or until Ctrl-C; true after Ctrl-C. */
  wait(seconds?: number): Promise<boolean>
  /** The outcome, or a refusal with status 130 after Ctrl-C. */
  unlessInterrupted<T>(outcome: Promise<T>): Promise<T>
}

export const userOf = (uri: string | undefined): string | undefined => {
  if (uri === undefined) return undefined
  const address = uri.includes('<') ? parseNameAddr(uri) : undefined
  const parsed = address && !isMalformed(address) ? address.uri : parseUri(uri)
  return !isMalformed(parsed) && isSipUri(parsed) ? parsed.user : undefined
}

/** Every address of the family that the peer is of, when it is given by its address. */
const hostFor = (uri: string | undefined): string | undefined => {
  const parsed = uri === undefined ? undefined : parseUri(uri)
  return parsed && !isMalformed(parsed) && isSipUri(parsed) && parsed.host.includes(':') ? '::' : undefined
}

/** Passwords come from the environment or from a prompt, and only when somebody asks. Asked for once. */
const credentialsFrom = (
  io: Io,
  view: View,
  username: string | undefined,
  answered: (username: string) => void,
): CredentialProvider => {
  let password: Promise<string | undefined> | undefined
  return async ({ realms }) => {
    await view.drawn()
    if (username === undefined) {
      io.err(`sipactor: ${realms[0]?.realm ?? 'the server'} asks who you are: give --username`)
      return undefined
    }
    const known = io.env.SIPACTOR_PASSWORD
    password ??=
      known === undefined
        ? io.secret(`Password of ${username} at ${realms[0]?.realm}: `)
        : Promise.resolve(known)
    const given = await password
    if (given !== undefined) {
      answered(username)
      return { username, password: given }
    }
    io.err('sipactor: a password is wanted and there is no terminal to ask at: set SIPACTOR_PASSWORD')
    return undefined
  }
}

export interface SessionOptions extends CommonOptions {
  /** Whom it is about. */
  readonly peer?: string
  /** The port to listen on when none is asked for and this one is free. */
  readonly usualPort?: number
}

/** Opens the connection, on the usual port when it is free. */
const open = async (
  io: Io,
  sip: Sip,
  { port, usualPort, host, proxy, ...options }: SessionOptions,
  user: string | undefined,
  defaultHost: string,
): Promise<Connection> => {
  const transport = transportOf(options)
  const on = async (wanted: number | undefined): Promise<Connection> => {
    const connection = sip.connect({
      userAgent: 'sipactor',
      user: user ?? 'sipactor',
      ...(wanted === undefined ? {} : { port: wanted }),
      ...(transport === undefined ? {} : { transports: [transport] }),
      ...(proxy === undefined ? {} : { outboundProxy: proxy }),
    })
    try {
      await connection.active()
    } catch (error) {
      await connection.close()
      throw error
    }
    return connection
  }
  const inUse = (error: unknown): boolean => /EADDRINUSE|in use/.test(explain(error).what)
  try {
    return await on(port ?? usualPort).catch((error: unknown) => {
      if (port !== undefined || usualPort === undefined || !inUse(error)) throw error
      io.err(`sipactor: port ${usualPort} is in use, so this takes a free one`)
      return on(undefined)
    })
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const place = placeText({ host: host ?? defaultHost, port: port ?? 0 })
    const hint = /EADDRNOTAVAIL/.test(text) ? 'Give an address of this host: --host' : 'Try another --port'
    throw new CliError(exitStatus.unreachable, `cannot listen on ${place}: ${text}. ${hint}`, {
      cause: error,
    })
  }
}

/** What a command has besides what it asks for: an engine, a view of it, Ctrl-C. */
export type Running = Omit<Session, 'connection' | 'parties'> & {
  /** The address that is bound when none is asked for. */
  readonly defaultHost: string
  /** Milliseconds of the engine's clock. */
  now(): number
}

/** Runs a command with an engine of its own, and ends it in order: BYE, then un-REGISTER, then the sockets. */
export const inEngine = async (
  io: Io,
  options: SessionOptions,
  user: string | undefined,
  profiles: SipOptions['profiles'],
  command: (running: Running) => Promise<number>,
): Promise<number> => {
  const platform = io.platform(options.host ?? hostFor(options.proxy ?? options.peer), waysFor(options))
  const { clock, defaultHost } = platform
  const sip = createSip({ platform, media: plainMedia({ port: 40_002 }), ...(profiles && { profiles }) })
  const view = createView(io, clock, {
    trace: options.trace,
    json: options.json,
    detail: options.traceDetail,
  })
  let authenticatedAs: string | undefined
  sip.credentials.provider = credentialsFrom(io, view, options.username ?? user, name => {
    authenticatedAs = name
  })
  let stop = (): void => undefined
  const interrupted = new Promise<void>(resolve => {
    stop = io.onInterrupt(resolve)
  })
  const cutShort = interrupted.then(() => Promise.reject(new CliError(exitStatus.interrupted, 'interrupted')))
  cutShort.catch(() => undefined)
  const name = user ?? 'sipactor'
  view.watch(name, sip)
  const stopRecording =
    options.record === undefined ? undefined : record(io, options.record, name, sip, clock)
  const work = async (): Promise<number> => {
    const stopInspecting = options.inspect ? await inspecting(io, { [name]: sip }) : undefined
    try {
      return await command({
        sip,
        view,
        defaultHost,
        now: () => clock.now(),
        interrupted,
        wait: async seconds => {
          let timer: unknown
          const elapsed = new Promise<false>(resolve => {
            if (seconds !== undefined) timer = clock.setTimeout(() => resolve(false), seconds * 1000)
          })
          const result = await Promise.race([elapsed, interrupted.then(() => true)])
          clock.clearTimeout(timer)
          return result
        },
        unlessInterrupted: outcome => Promise.race([outcome, cutShort]),
      })
    } catch (error) {
      const transports = [...new Set(sip.connections.at(-1)?.addresses.map(({ transport }) => transport))]
      const { status, what } = explain(error, { authenticatedAs, transports })
      throw new CliError(status, what, { cause: error })
    } finally {
      await sip.close()
      await stopInspecting?.()
    }
  }
  try {
    return await inOrder(io, clock, interrupted, work())
  } finally {
    view.stop()
    stopRecording?.()
    stop()
  }
}

/** Runs a command with a connection of its own. */
export const inSession = (
  io: Io,
  options: SessionOptions,
  identity: string | undefined,
  command: (session: Session) => Promise<number>,
): Promise<number> => {
  const user = userOf(identity ?? options.from)
  return inEngine(io, options, user, undefined, async running => {
    const { sip, view, defaultHost } = running
    const connection = await open(io, sip, options, user, defaultHost)
    view.party({ name: user ?? 'sipactor', addresses: connection.addresses })
    const parties = options.from === undefined ? {} : { from: options.from }
    return command({ ...running, connection, parties })
  })
}
