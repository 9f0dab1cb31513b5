/** What a connection can do, as Allow, Supported and Accept say it. */

import type { Capabilities } from '../rules/options.ts'
import type { Abilities } from '../rules/screen.ts'
import type { ConnectionEntry } from './entries.ts'

/** Methods that the engine answers or hands on. */
const own = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS'] as const
const handed = ['MESSAGE', 'INFO'] as const

type All = Abilities & Capabilities

const known = new WeakMap<ConnectionEntry, All>()

export const abilitiesOf = (connection: ConnectionEntry): All => {
  let abilities = known.get(connection)
  if (!abilities) {
    const { methods = handed, users } = connection.options
    abilities = {
      methods: [...own, ...methods.filter(method => !own.some(name => name === method))],
      extensions: [],
      contentTypes: ['application/sdp', 'multipart/mixed', 'text/plain'],
      events: [],
      ...(users
        ? { acceptsUri: uri => 'user' in uri && uri.user !== undefined && users.includes(uri.user) }
        : {}),
    }
    known.set(connection, abilities)
  }
  return abilities
}

/** What is checked of a request: the content of an INVITE is ours to judge, any other the application's. */
export const checksFor = (connection: ConnectionEntry, method: string): Abilities => {
  const { methods, extensions, contentTypes, acceptsUri } = abilitiesOf(connection)
  return { methods, extensions, acceptsUri, ...(method === 'INVITE' ? { contentTypes } : {}) }
}
