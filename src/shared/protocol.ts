/**
 * What an application and the shared server say to each other: frames (`framing.ts`), the first of each side its
 * greeting. The application's names the version, itself and its token; the server's tells what it may do and by which
 * prefix its ids are its own.
 */
import type { Command, EngineEvent, Id } from '../engine/commands.ts'
import type { SipError } from '../errors.ts'
import type { Frame } from '../inspect/frame.ts'
import type { ClientCapabilities } from '../rules/capabilities.ts'
import type { Scope } from './scopes.ts'

/** Both sides have to speak the same. */
export const protocolVersion = 1

/** How much may come and wait. */
export interface WireLimits {
  /** Bytes of one frame. */
  readonly frame: number
  /** Bytes that wait to be taken by the other side. */
  readonly waiting: number
}

export const defaultWireLimits: WireLimits = { frame: 4 * 1024 * 1024, waiting: 16 * 1024 * 1024 }

/** What an application says. */
export type ClientFrame =
  | {
      readonly is: 'hello'
      readonly version: number
      /** Its name: the same after a restart, and no other application's at this server. */
      readonly client: string
      readonly token?: string
      /** It only looks: it keeps no server alive and gets no requests. */
      readonly looks?: boolean
      /** What it can do; absent: it takes whatever comes. */
      readonly capabilities?: ClientCapabilities
      /** It listens to requests on networks on which it has no connection. */
      readonly listens?: boolean
    }
  /** What it can do from now on. */
  | { readonly is: 'announce'; readonly capabilities: ClientCapabilities }
  /** It listens from now on, see the greeting. */
  | { readonly is: 'listens' }
  | { readonly is: 'command'; readonly command: Command }
  /** Whether it wants to see what the engine does. Takes `network.control`. */
  | { readonly is: 'trace'; readonly on: boolean }
  | { readonly is: 'status' }

/** An object of the server. */
export interface StatusObject {
  readonly id: Id
  readonly state: string
  /** The application that has it; absent for those that all share. */
  readonly client?: string
}

/** Who and what a server has. */
export interface ServerStatus {
  readonly pid: number
  readonly version: string
  /** Seconds since it began. */
  readonly uptime: number
  readonly clients: readonly { readonly client: string; readonly session: string; readonly objects: number }[]
  readonly connections: readonly (StatusObject & { readonly addresses: readonly string[] })[]
  readonly registrations: readonly StatusObject[]
  readonly calls: readonly StatusObject[]
  /** Address of the inspector's page, while there is one. */
  readonly inspector?: string
}

/** What a refusal says of its command. */
export interface RefusedCommand {
  readonly type: string
  readonly id?: Id
  readonly call?: Id
  /** The id by which its outcome is told. */
  readonly request?: Id
}

/** What the server says. */
export type ServerFrame =
  | {
      readonly is: 'welcome'
      readonly version: number
      /** Ids of the application's new objects are `<kind>.<session>-<number>`. */
      readonly session: string
      readonly scopes: readonly Scope[]
      /** There is a store of profiles. */
      readonly profiles: boolean
      /** An application has started it: any of them may start another in its place. */
      readonly started: boolean
      /** Its clock, in milliseconds: those of states are told by it. */
      readonly now: number
    }
  | { readonly is: 'event'; readonly event: EngineEvent }
  /**
   * A command that was sent could not be carried out. `ended`: the objects that it was to make, which are not there; else
   * the error is that of the object it was for.
   */
  | {
      readonly is: 'refused'
      readonly command: RefusedCommand
      readonly ended: readonly Id[]
      readonly error: SipError
    }
  | { readonly is: 'traced'; readonly frame: Frame }
  | { readonly is: 'status'; readonly status: ServerStatus }
  /** Nothing follows. */
  | { readonly is: 'goodbye'; readonly error: SipError }

/** The id of an object that an application makes. */
export const ownId = (kind: string, session: string, number: number): Id => `${kind}.${session}-${number}`

/** Whether an id may be that of a new object of this session. */
export const isOwnId = (id: Id, session: string): boolean => {
  const at = id.indexOf('.')
  return at > 0 && id.length <= 128 && id.startsWith(`${session}-`, at + 1)
}

/** The session in whose name an object was made; empty for those of the server. */
export const sessionOf = (id: Id): string => /\.(s\d+)-/.exec(id)?.[1] ?? ''

/** Names of applications: short, one line, printable. */
export const isClientName = (name: unknown): name is string =>
  typeof name === 'string' && /^[\x21-\x7e][\x20-\x7e]{0,63}$/.test(name)
