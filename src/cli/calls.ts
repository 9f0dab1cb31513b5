/** The commands about calls: call and listen. */
import { type Call, type CallState, plainMedia, type ServerTransaction } from '../index.ts'
import { formatNameAddr } from '../message/index.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io } from './io.ts'
import { type CommonOptions, inSession, placeText, type Session } from './session.ts'

const endText = (state: CallState): string => {
  if (state.is !== 'terminated') return state.is
  const { by, reason, status } = state.end
  return `terminated: ${reason} by ${by}${status === undefined ? '' : `, ${status}`}`
}

/** Says every state as it comes, with the response before it; of several responses that moved the call once, the last. */
const narrate = (call: Call, name: string, { view }: Session): void => {
  const lines: { state?: string; status?: string }[] = []
  const note = (what: 'state' | 'status', text: string): void => {
    const last = lines.at(-1)
    if (last && last.state === undefined) last[what] = text
    else if (lines.push({ [what]: text }) === 1) queueMicrotask(tell)
  }
  const tell = (): void => {
    for (const { state = endText(call.state), status } of lines.splice(0)) {
      view.say(
        `${name}: ${state}${status === undefined || state.startsWith('terminated') ? '' : ` (${status})`}`,
      )
    }
  }
  call.responses$.subscribe(({ status, reason }) => note('status', `${status} ${reason}`))
  call.state$.subscribe(state => note('state', endText(state)))
}

export interface CallOptions extends CommonOptions {
  readonly duration?: number
}

/** `sipactor call <uri>`: offers audio, tells what happens, hangs up. RFC 3261 §13 */
export const callCommand = (io: Io, uri: string, options: CallOptions): Promise<number> =>
  inSession(io, { ...options, peer: uri }, undefined, async session => {
    const { connection, view, parties, interrupted, wait } = session
    const call = connection.invite(uri, { media: plainMedia({ port: 40_000 }), ...parties })
    narrate(call, uri, session)
    const outcome = await Promise.race([call.established(), interrupted.then(() => 'interrupted' as const)])
    if (outcome === 'interrupted') {
      if (call.can('cancel')) call.cancel()
      await call.hangUp()
      throw new CliError(exitStatus.interrupted, 'interrupted before the call was answered')
    }
    const media = call.remoteDescription?.split('\r\n').find(line => line.startsWith('m='))
    if (media) view.say(`${uri}: media ${media.slice(2)}`)
    const ended = await Promise.race([call.ended(), wait(options.duration)])
    if (typeof ended === 'boolean') await call.hangUp()
    const { state } = call
    await view.drawn()
    if (state.is === 'terminated' && state.end.reason === 'bye') return exitStatus.ok
    throw new CliError(exitStatus.unreachable, `the call broke off: ${endText(state)}`)
  })

export interface ListenOptions extends CommonOptions {
  readonly answer?: boolean
  readonly busy?: boolean
  readonly ringOnly?: boolean
}

/** Where callers look when they are told no port. RFC 3261 §19.1.2 */
const usualPort = 5060

/** `sipactor listen`: answers calls and prints messages until Ctrl-C. */
export const listenCommand = (io: Io, options: ListenOptions): Promise<number> =>
  inSession(io, { ...options, usualPort }, undefined, async session => {
    const { connection, view, wait } = session
    const manner = options.busy ? 'is busy' : options.ringOnly ? 'only rings' : 'answers calls'
    connection.calls$.subscribe(call => {
      const name = formatNameAddr({ ...call.remote, params: new Map() })
      narrate(call, name, session)
      if (options.busy) call.reject(486)
      else call.ring()
      // A call that ends before its ACK has said so in its states.
      if (!options.busy && !options.ringOnly) call.accept().catch(() => undefined)
    })
    connection.requests$.subscribe(transaction => receive(transaction, session))
    for (const { transport, host, port } of connection.addresses)
      view.say(`listening on ${transport.toLowerCase()} ${placeText({ host, port })}; ${manner}; Ctrl-C ends`)
    await wait()
    return exitStatus.ok
  })

/** Control characters of a peer have no business in a terminal. */
const printable = (text: string): string => text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\ufffd')

const receive = (transaction: ServerTransaction, { view }: Session): void => {
  const { request, method } = transaction
  const from = formatNameAddr({ ...request.from, params: new Map() })
  const type = request.parsed('content-type')?.value ?? 'text/plain'
  if (method === 'MESSAGE' && !type.startsWith('text/')) {
    transaction.respond(415, { headers: [['Accept', 'text/plain']] })
    return
  }
  transaction.respond(200)
  view.fact(printable(`${from}: ${method === 'MESSAGE' ? request.text : method}`), {
    type: 'text',
    method,
    from,
    text: request.text,
  })
}
