/** What `serveShared` refuses of what it is given. */
import { badArgument, checkList, checkObject } from '../api/check.ts'
import { checkConnection } from '../api/connection-options.ts'
import type { ConnectionOptions } from '../engine/commands.ts'
import { checkText } from '../rules/text.ts'
import { type ApplicationOptions, checkApplications } from './applications.ts'

interface ServeParts {
  readonly socket?: string
  readonly idle?: number
  readonly listen?: readonly ConnectionOptions[]
  readonly access?: unknown
  readonly applications?: readonly ApplicationOptions[]
  readonly claim?: unknown
  readonly version?: string
  readonly inspect?: number
}

/** Throws `argument`, before there is a socket. */
export const checkServe = (options: ServeParts): void => {
  const { socket, idle, listen, access, applications, claim, version, inspect } = checkObject(
    options,
    'the options of serveShared',
  )
  if (socket !== undefined && checkText(socket, 'socket') === '') throw badArgument('socket is empty')
  if (idle !== undefined && !(Number.isFinite(idle) && idle >= 0))
    throw badArgument('idle must be a number of milliseconds')
  if (listen !== undefined) for (const place of checkList(listen, 'listen')) checkConnection(place)
  for (const [name, callback] of Object.entries({ access, claim }))
    if (callback !== undefined && typeof callback !== 'function')
      throw badArgument(`${name} must be a function`)
  if (applications !== undefined) checkApplications(checkList(applications, 'applications'))
  if (version !== undefined) checkText(version, 'version')
  if (inspect !== undefined && !(Number.isInteger(inspect) && inspect >= 0 && inspect <= 65_535))
    throw badArgument('inspect must be a port, 0 to 65535')
}
