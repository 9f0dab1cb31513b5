/** Exit statuses, and failures in one line: what was wrong, and what to do. */
import { isSipError, type SipError, type TransportName } from '../index.ts'

export const exitStatus = {
  ok: 0,
  /** The peer, the store of profiles or the shared server refused, or a check failed. */
  refused: 1,
  usage: 2,
  /** Nobody answered, or there is no way there. */
  unreachable: 3,
  /** Credentials are missing or wrong. */
  authentication: 4,
  /** A fault of ours. */
  internal: 70,
  interrupted: 130,
} as const

/** What ends a command with a status of its own. */
export class CliError extends Error {
  readonly status: number
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

export const usage = (message: string): CliError => new CliError(exitStatus.usage, message)

/** What the command knows that the error does not. */
export interface Circumstances {
  /** The name that went with a password, when one was given. */
  readonly authenticatedAs?: string | undefined
  /** Transports that the connection has. */
  readonly transports?: readonly TransportName[] | undefined
  /** Id of the stored profile it was done by. */
  readonly profile?: string | undefined
}

/** What to try when a way was not to be had; by what the message says of it. */
const wayHint = (message: string): string => {
  if (message.includes('a certificate of ours')) return 'Give one with --cert and --key'
  if (/certificate|authority/.test(message))
    return 'Is it the right name or address? --ca names the authorities to trust'
  if (message.startsWith('TLS ')) return 'Does the peer listen there? TLS has a port of its own, mostly 5061'
  if (/^WSS? /.test(message)) return 'Does a WebSocket server listen there? Say where with --web-socket-url'
  return 'Does the peer listen there? Try --transport tcp or udp'
}

const advice = (
  error: SipError,
  { authenticatedAs, transports = [], profile }: Circumstances,
): { readonly status: number; readonly what: string } => {
  const { code, status, message } = error
  const answer = error.response ? `${error.response.status} ${error.response.reason}` : undefined
  if (status === 401 || status === 407 || code === 'forbidden') {
    const what = answer ? `it answered ${answer}` : message
    const asked = 'the password in SIPACTOR_PASSWORD or at the prompt'
    const hint =
      authenticatedAs !== undefined
        ? `Wrong user name or password? The name was '${authenticatedAs}'`
        : profile === undefined
          ? `Give --username, and ${asked}`
          : `Are user name and password of the profile right? sipactor profile show ${profile}`
    return { status: exitStatus.authentication, what: `authentication failed: ${what}. ${hint}` }
  }
  switch (code) {
    case 'rejected':
    case 'terminated-with-response':
    case 'invalid-registrar-response':
      return { status: exitStatus.refused, what: `the peer answered ${answer ?? status ?? message}` }
    case 'cancelled':
      return { status: exitStatus.refused, what: 'it was cancelled' }
    case 'timeout':
    case 'no-ack':
      return {
        status: exitStatus.unreachable,
        what: `nobody answered in time. Is the address right, and does a firewall let SIP through?`,
      }
    case 'resolving':
      return {
        status: exitStatus.unreachable,
        what: `${message}. Check the host name, or give an address: --proxy sip:192.0.2.1`,
      }
    case 'transport':
    case 'outbound-proxy':
    case 'could-not-connect':
      return {
        status: exitStatus.unreachable,
        what: `${message}. ${wayHint(message)}`,
      }
    case 'in-use':
    case 'already-exists':
    case 'permission':
    case 'storage':
      return { status: exitStatus.refused, what: message }
    case 'closed':
      return { status: exitStatus.unreachable, what: message }
    case 'argument':
    case 'header-not-allowed':
      return { status: exitStatus.usage, what: message }
    case 'not-supported': {
      const has = transports.map(name => name.toLowerCase()).join(' and ')
      const another = /transport|too big for UDP/.test(message) ? '; --transport gives it another' : ''
      return { status: exitStatus.usage, what: has === '' ? message : `${message}. It has ${has}${another}` }
    }
    default:
      return { status: exitStatus.internal, what: `${message} (${code})` }
  }
}

/** The status to end with, and the line to print. */
export const explain = (
  error: unknown,
  circumstances: Circumstances = {},
): { readonly status: number; readonly what: string } => {
  if (error instanceof CliError) return { status: error.status, what: error.message }
  if (isSipError(error)) return advice(error, circumstances)
  const text = error instanceof Error ? error.message : String(error)
  return { status: exitStatus.internal, what: `${text}. This is a fault of sipactor; --debug shows where` }
}
