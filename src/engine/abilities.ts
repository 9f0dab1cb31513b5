/** What a connection can do, as Allow, Supported and Accept say it. */

import type { HeaderPair } from '../message/types.ts'
import { recvInfo } from '../rules/info.ts'
import { type Capabilities, ownMethods } from '../rules/options.ts'
import { reliableTag } from '../rules/reliable.ts'
import type { Abilities } from '../rules/screen.ts'
import { sameText } from '../rules/text.ts'
import type { OutgoingInvite } from './commands.ts'
import type { ConnectionEntry } from './entries.ts'

/** Methods that it hands on unless the application says which. */
const handed = ['MESSAGE', 'INFO'] as const

type All = Abilities &
  Capabilities & {
    /** Made once: they stand in every INVITE and in its answers. */
    readonly allow: readonly HeaderPair[]
    readonly supported: readonly HeaderPair[]
    /** Allow-Events by itself; none where nothing is notified of. RFC 6665 §4.4.4 */
    readonly allowEvents: readonly HeaderPair[]
  }

const extensions: readonly string[] = [reliableTag, 'timer', 'replaces', 'norefersub']

/** Media types that may stand in what describes a session. */
const described = ['application/sdp', 'multipart/mixed', 'multipart/alternative', 'text/plain'] as const

const joined = (one: readonly string[] = [], other: readonly string[]): readonly string[] => [
  ...one,
  ...other.filter(text => !one.some(same => sameText(same, text))),
]

const known = new WeakMap<ConnectionEntry, All>()

export const abilitiesOf = (connection: ConnectionEntry): All => {
  let abilities = known.get(connection)
  if (!abilities) {
    const { announced, options } = connection
    const { methods = announced?.methods ?? handed, users } = options
    const events = announced ? joined(options.events, announced.events) : (options.events ?? [])
    // Who offers no events takes no SUBSCRIBE.
    const own = events.length > 0 ? [...ownMethods, 'SUBSCRIBE'] : ownMethods
    const all = [...own, ...methods.filter(method => !own.includes(method))]
    const allowEvents: readonly HeaderPair[] = events.length > 0 ? [['Allow-Events', events.join(', ')]] : []
    abilities = {
      methods: all,
      allow: [['Allow', all.join(', ')], ...allowEvents],
      allowEvents,
      extensions,
      supported: [['Supported', extensions.join(', ')]],
      contentTypes: joined(described, announced?.contentTypes ?? []),
      events,
      ...(users
        ? { acceptsUri: uri => 'user' in uri && uri.user !== undefined && users.includes(uri.user) }
        : {}),
    }
    known.set(connection, abilities)
  }
  return abilities
}

/** What the applications can do has changed. */
export const forgetAbilities = (connection: ConnectionEntry): void => void known.delete(connection)

const names = (given: readonly HeaderPair[], header: string): boolean =>
  given.some(([name]) => sameText(name, header))

/** Allow-Events for what makes a dialog, and its answers, unless the application has written one. RFC 6665 §4.4.4 */
export const eventsFor = (
  connection: ConnectionEntry,
  given: readonly HeaderPair[] = [],
): readonly HeaderPair[] => (names(given, 'Allow-Events') ? [] : abilitiesOf(connection).allowEvents)

/** Allow for an INVITE and its answers, unless the application has written one, and Recv-Info. §13.2.1; RFC 6086 §5.2 */
export const allowFor = (
  connection: ConnectionEntry,
  given: readonly HeaderPair[] = [],
): readonly HeaderPair[] => {
  const { allow } = abilitiesOf(connection)
  const { infoPackages } = connection.options
  if (given.length === 0 && infoPackages === undefined) return allow
  const packages = names(given, 'Recv-Info') ? [] : recvInfo(infoPackages)
  const methods = names(given, 'Allow') ? [] : allow.slice(0, 1)
  return [...methods, ...eventsFor(connection, given), ...packages]
}

/** Supported for the same messages. RFC 4028 §7.1 */
export const supportedFor = (
  connection: ConnectionEntry,
  given: readonly HeaderPair[] = [],
  reliable: OutgoingInvite['reliable'] = 'supported',
): readonly HeaderPair[] => {
  const { supported } = abilitiesOf(connection)
  if (reliable === 'supported' && given.length === 0) return supported
  const required: readonly HeaderPair[] = reliable === 'required' ? [['Require', reliableTag]] : []
  if (names(given, 'Supported')) return required
  if (reliable !== 'off') return [...required, ...supported]
  return [...required, ['Supported', extensions.filter(tag => tag !== reliableTag).join(', ')]]
}

const describing: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'PRACK'])

/** What is checked of a request: content that may describe a session is ours to judge, any other the application's. */
export const checksFor = (connection: ConnectionEntry, method: string): Abilities => {
  const { methods, extensions, contentTypes, acceptsUri, events } = abilitiesOf(connection)
  // Whoever takes SUBSCRIBE by hand judges what the engine does not.
  const ours = method === 'SUBSCRIBE' && !connection.options.methods?.includes(method)
  return {
    methods,
    extensions,
    acceptsUri,
    ...(describing.has(method) || connection.announced?.contentTypes ? { contentTypes } : {}),
    ...(ours ? { events } : {}),
  }
}
