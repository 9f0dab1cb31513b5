/** The commands that do one thing with a peer: options, message, register. */
import type { KeepAliveOptions, Registration } from '../index.ts'
import { exitStatus, explain, usage } from './exit.ts'
import type { Io } from './io.ts'
import { profileEnable } from './profiles.ts'
import { type CommonOptions, inSession } from './session.ts'

/** `sipactor options <uri>`: what the peer can do. RFC 3261 §11 */
export const optionsCommand = (io: Io, uri: string, options: CommonOptions): Promise<number> =>
  inSession(
    io,
    { ...options, peer: uri },
    undefined,
    async ({ connection, view, parties, unlessInterrupted }) => {
      const start = io.now()
      const headers = [['Accept', 'application/sdp']] as const
      const transaction = connection.request({ method: 'OPTIONS', uri, headers, ...parties })
      const response = await unlessInterrupted(transaction.response())
      const elapsed = io.now() - start
      await view.drawn()
      const capabilities = [
        'Allow',
        'Supported',
        'Accept',
        'Accept-Encoding',
        'Accept-Language',
        'Allow-Events',
        'Server',
        'User-Agent',
      ]
        .map(name => [name, response.headers(name).join(', ')] as const)
        .filter(([, value]) => value !== '')
      view.fact(`${view.paint('success', `${response.status} ${response.reason}`)}  after ${elapsed} ms`, {
        type: 'capabilities',
        status: response.status,
        milliseconds: elapsed,
        ...Object.fromEntries(capabilities.map(([name, value]) => [name.toLowerCase(), value])),
      })
      for (const [name, value] of capabilities) view.say(`  ${name.padEnd(16)} ${value}`)
      return exitStatus.ok
    },
  )

export interface MessageCommandOptions extends CommonOptions {
  readonly contentType?: string
}

/** `sipactor message <uri> <text>`. RFC 3428 */
export const messageCommand = (
  io: Io,
  uri: string,
  text: string,
  options: MessageCommandOptions,
): Promise<number> =>
  inSession(
    io,
    { ...options, peer: uri },
    undefined,
    async ({ connection, view, parties, unlessInterrupted }) => {
      const { contentType = 'text/plain;charset=utf-8' } = options
      const transaction = connection.message(uri, text, { contentType, ...parties })
      const { status, reason } = await unlessInterrupted(transaction.response())
      await view.drawn()
      view.fact(view.paint('success', `delivered: ${status} ${reason}`), { type: 'delivered', status })
      return exitStatus.ok
    },
  )

export interface RegisterOptions extends CommonOptions {
  readonly registrar?: string
  readonly expires?: number
  readonly once?: boolean
  readonly outbound?: boolean
  readonly instance?: string
  readonly regId?: number
  readonly keepAlive?: KeepAliveOptions
}

const stateLine = (registration: Registration): string => {
  const { state } = registration
  return state.is === 'registered' || state.is === 'updating'
    ? `${state.is}, ${state.granted} s, ${state.contact}`
    : state.is
}

/** `sipactor register [aor]`: stays registered until Ctrl-C, then takes the binding back. RFC 3261 §10 */
export const registerCommand = (
  io: Io,
  aor: string | undefined,
  options: RegisterOptions,
): Promise<number> => {
  const { profile, expires } = options
  if (profile === undefined) {
    if (aor !== undefined) return registerByHand(io, aor, options)
    throw usage('say who registers: an address of record, or --profile')
  }
  if (aor !== undefined) throw usage('--profile says who registers: leave the address of record out')
  if (expires !== undefined) throw usage('--profile says how long: leave --expires out')
  return profileEnable(io, profile, options)
}

const registerByHand = (io: Io, aor: string, options: RegisterOptions): Promise<number> =>
  inSession(io, { ...options, peer: options.registrar ?? aor }, aor, async session => {
    const { connection, view, wait, unlessInterrupted } = session
    const { expires, instance, regId, keepAlive } = options
    const outbound = options.outbound === true || regId !== undefined
    const registration = connection.register({
      aor,
      ...(options.registrar === undefined ? {} : { registrar: options.registrar }),
      ...(outbound && { outbound }),
      // Once means now or never.
      ...(options.once && { recover: false }),
      ...(instance !== undefined && { instanceId: instance }),
      ...(regId !== undefined && { regId }),
      ...(keepAlive && { keepAlive }),
      ...(expires === undefined
        ? {}
        : { expires, minRequestedExpires: 1, minGrantedExpires: Math.min(30, expires) }),
    })
    let everRegistered = false
    // One that recovers goes on after an error, and says so.
    const failure = new Promise<never>((_, reject) => {
      registration.errors$.subscribe(error => {
        if (registration.state.is === 'recovering') view.say(`${aor}: ${explain(error).what}`)
        else reject(error)
      })
    })
    failure.catch(() => undefined)
    const states = registration.state$.subscribe(({ is }) => {
      everRegistered ||= is === 'registered'
      // The end of an attempt that failed is told by its error; alone it would read like success.
      if (everRegistered || is !== 'unregistered') view.say(`${aor}: ${stateLine(registration)}`)
    })
    try {
      await unlessInterrupted(registration.registered())
      if (!options.once) {
        const lost = new Promise<'lost'>(resolve => {
          registration.state$.subscribe(({ is }) => {
            if (is === 'expired' || is === 'unregistered') resolve('lost')
          })
        })
        const how = await Promise.race([wait(), failure, lost])
        if (how === 'lost') return exitStatus.refused
      }
      if (registration.state.is === 'registered') await registration.unregister()
      await view.drawn()
      return exitStatus.ok
    } finally {
      states.unsubscribe()
    }
  })
