/** What `attachSip` takes, and what it refuses of it. */
import { badArgument, checkList, checkObject, checkSeconds } from '../api/check.ts'
import { checkApi } from '../api/connection-options.ts'
import type { ApiOptions } from '../api/sip.ts'
import { type ClientCapabilities, checkCapabilities } from '../rules/capabilities.ts'
import { checkText } from '../rules/text.ts'
import { isClientName, type WireLimits } from './protocol.ts'

/** How a server is started that is not there. */
export interface StartOptions {
  /** Program; default this Node. */
  readonly command?: string
  /** Its arguments; default: those of `sipactor serve` on this socket. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Seconds without an application after which it ends. Default 30. */
  readonly idle?: number
}

/** How an application attaches to the shared server. */
export interface AttachOptions extends ApiOptions {
  /**
   * Name of the application, 1 to 64 printable ASCII characters: the same after a restart, and no other application's at this
   * server. CSIP::NewL(uid)
   */
  readonly clientId: string
  /**
   * What this application can do: which requests it gets that no object of an application claims, and what OPTIONS is answered
   * with. Default: it takes whatever comes. See docs/shared-server.md. RFC 3840, RFC 3841
   *
   * @example
   * attachSip({ clientId: 'phone', capabilities: { features: ['audio'], methods: ['INVITE'] } })
   */
  readonly capabilities?: ClientCapabilities
  /** What it is allowed by, where the server asks for tokens. With one no server is started by default. */
  readonly token?: string
  /** Path of the socket. Default: that of the user, see docs/shared-server.md. */
  readonly socket?: string
  /**
   * Whether the server is started when it is not there; if not, `could-not-connect`. One that somebody runs (`sipactor serve`,
   * a service) and that goes is not started again, but waited for. Default true, and false with a `token`: what is started
   * by default asks for none. With a token it takes `args` or a `command` of your own.
   */
  readonly start?: boolean | StartOptions
  /** False: a server that goes is not looked for again. Default true. */
  readonly reconnect?: boolean
  /** Milliseconds to find or start a server. Default 10,000. */
  readonly timeout?: number
  readonly wireLimits?: Partial<WireLimits>
}

const checkFilled = (text: string, what: string): void => {
  if (checkText(text, what) === '') throw badArgument(`${what} is empty`)
}

const checkFlag = (flag: unknown, what: string): void => {
  if (typeof flag !== 'boolean') throw badArgument(`${what} must be true or false`)
}

const checkStart = ({ command, args, env, idle }: StartOptions): void => {
  if (command !== undefined) checkFilled(command, 'start.command')
  for (const text of args === undefined ? [] : checkList(args, 'start.args')) checkText(text, 'start.args')
  for (const [name, text] of Object.entries(env === undefined ? {} : checkObject(env, 'start.env')))
    checkText(text, `start.env.${name}`)
  if (idle !== undefined) checkSeconds(idle, 'start.idle')
}

/**
 * Throws `argument` for what makes no sense. Returns how a server may be started; undefined for one that may not. One that is
 * started without arguments of the application's own asks for no tokens, and so never takes the place of one that does.
 */
export const checkAttach = (options: AttachOptions): StartOptions | undefined => {
  const { clientId, capabilities, token, socket, start, reconnect, timeout, wireLimits } = checkObject(
    options,
    'the options of attachSip { clientId }',
  )
  if (!isClientName(clientId)) throw badArgument('clientId must be 1 to 64 printable characters of ASCII')
  checkApi(options)
  if (capabilities !== undefined) checkCapabilities(capabilities)
  if (token !== undefined) checkFilled(token, 'token')
  if (socket !== undefined) checkFilled(socket, 'socket')
  if (reconnect !== undefined) checkFlag(reconnect, 'reconnect')
  if (timeout !== undefined && !(Number.isFinite(timeout) && timeout >= 0))
    throw badArgument('timeout must be a number of milliseconds')
  for (const [name, bytes] of Object.entries(
    wireLimits === undefined ? {} : checkObject(wireLimits, 'wireLimits'),
  ))
    if (!(Number.isFinite(bytes) && bytes > 0))
      throw badArgument(`wireLimits.${name} must be a number of bytes above 0`)
  if (typeof start === 'object') checkStart(checkObject(start, 'start'))
  else if (start !== undefined) checkFlag(start, 'start')
  if (start === false) return undefined
  const given = typeof start === 'object' ? start : {}
  if (token === undefined || given.command !== undefined || given.args !== undefined) return given
  if (start === undefined) return undefined
  throw badArgument(
    'with a token no server is started by default: give start.args, with --tokens, or leave start out',
  )
}
