/** What every command needs that sends: an engine, a view of it, credentials when asked, and Ctrl-C. */
import {
  type Address,
  type ConnectionOptions,
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
import { waysFor } from './ways.ts'

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
  /** A stored profile instead of from, proxy and username: its id, name or address. */
  readonly profile?: string
  /** File that it is stored in. */
  readonly store?: string
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

/** Why there is no connection, and what to try. */
export const cannotListen = (place: Address, cause: unknown): CliError => {
  const text = cause instanceof Error ? cause.message : String(cause)
  const hint = /EADDRNOTAVAIL/.test(text) ? 'Give an address of this host: --host' : 'Try another --port'
  // Port 0 is any: the text says which was tried.
  const where = place.port === 0 ? '' : ` on ${placeText(place)}`
  return new CliError(exitStatus.unreachable, `cannot listen${where}: ${text}. ${hint}`, {
    cause,
  })
}

/** The user in a URI or name-addr. */
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
  /** What peers may subscribe to. */
  readonly offer?: Pick<ConnectionOptions, 'events' | 'minExpires'>
}

/** What a command has besides what it asks for: an engine, a view of it, Ctrl-C. */
export interface Running {
  readonly sip: Sip
  readonly view: View
  /** Settles at the first Ctrl-C. */
  readonly interrupted: Promise<void>
  /** The address that is bound when none is asked for. */
  readonly defaultHost: string
  /** Milliseconds of the engine's clock. */
  now(): number
  /** Waits that many seconds, or until Ctrl-C; true after Ctrl-C. */
  wait(seconds?: number): Promise<boolean>
  /** The outcome, or a refusal with status 130 after Ctrl-C. */
  unlessInterrupted<T>(outcome: Promise<T>): Promise<T>
  /** Does that again and again, so many seconds apart; returns the way to stop. */
  every(seconds: number, act: () => void): () => void
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
        every: (seconds, act) => {
          const again = (): unknown => clock.setTimeout(tick, seconds * 1000)
          const tick = (): void => {
            timer = again()
            act()
          }
          let timer = again()
          return () => clock.clearTimeout(timer)
        },
      })
    } catch (error) {
      const transports = [...new Set(sip.connections.at(-1)?.addresses.map(({ transport }) => transport))]
      const { status, what } = explain(error, { authenticatedAs, transports, profile: options.profile })
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
