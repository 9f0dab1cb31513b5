/** What most commands need: an engine with a connection, of their own or that of a stored profile. */
import type { Connection, EnabledProfile, Sip } from '../index.ts'
import { cannotListen, inEngine, type Running, type SessionOptions, userOf } from './engine.ts'
import { explain, usage } from './exit.ts'
import type { Io } from './io.ts'
import { transportOf } from './ways.ts'
import { inProfile, narrateProfile, unlessOver } from './with-profile.ts'

export { type CommonOptions, placeText } from './engine.ts'

/** A command that runs, with the connection for what it sends. */
export interface Session extends Running {
  readonly connection: Connection
  /** Whose requests they are, when that was said: From, and the profile by whose way they go. */
  readonly parties: { readonly from?: string | EnabledProfile; readonly registration?: EnabledProfile }
}

/** Opens the connection, on the usual port when it is free. */
const open = async (
  io: Io,
  sip: Sip,
  { port, usualPort, offer, host, proxy, ...options }: SessionOptions,
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
      ...offer,
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
    throw cannotListen({ host: host ?? defaultHost, port: port ?? 0 }, error)
  }
}

/** Runs a command with a connection: its own, or with `--profile` the one that the profile is registered on. */
export const inSession = (
  io: Io,
  options: SessionOptions,
  identity: string | undefined,
  command: (session: Session) => Promise<number>,
): Promise<number> => {
  if (options.profile !== undefined) return inProfileSession(io, options, command)
  if (options.store !== undefined) throw usage('--store is where --profile is found: give that, too')
  const user = userOf(identity ?? options.from)
  return inEngine(io, options, user, undefined, async running => {
    const { sip, view, defaultHost } = running
    const connection = await open(io, sip, options, user, defaultHost)
    view.party({ name: user ?? 'sipactor', addresses: connection.addresses })
    const parties = options.from === undefined ? {} : { from: options.from }
    return command({ ...running, connection, parties })
  })
}

/** Registers first, now or never; what listens for peers also ends when the profile has given up later. */
const inProfileSession = (
  io: Io,
  options: SessionOptions,
  command: (session: Session) => Promise<number>,
): Promise<number> =>
  inProfile(io, options, options.profile, async (running, profile, unopened) => {
    const { view, unlessInterrupted } = running
    const listens = options.usualPort !== undefined
    const enabled = profile.enable()
    if (listens) narrateProfile(enabled, running)
    await unlessInterrupted(Promise.race([enabled.registered(), unlessOver(enabled, true), unopened]))
    const connection = enabled.connection!
    view.party({ name: userOf(profile.aors[0]) ?? 'sipactor', addresses: connection.addresses })
    const { from } = options
    const parties = from === undefined ? { from: enabled } : { from, registration: enabled }
    const outcome = command({ ...running, connection, parties })
    return listens ? Promise.race([outcome, unlessOver(enabled, false)]) : outcome
  })
