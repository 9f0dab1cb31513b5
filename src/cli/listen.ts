/** `sipactor listen`: answers calls, or does something else with them, and prints messages until Ctrl-C. */
import type { Call, ServerTransaction } from '../index.ts'
import { formatNameAddr } from '../message/index.ts'
import { exitStatus } from './exit.ts'
import type { Io } from './io.ts'
import { narrate } from './narrate.ts'
import { printable } from './printable.ts'
import { type CommonOptions, inSession, placeText, type Session } from './session.ts'

export interface ListenOptions extends CommonOptions {
  /** Answers, a number: after so many seconds of ringing. */
  readonly answer?: boolean | number
  readonly reject?: number
  readonly busy?: boolean
  readonly redirect?: string
  readonly ringOnly?: boolean
  /** Seconds of ringing, then 480. */
  readonly ringFor?: number
  readonly reliable?: boolean
  readonly sessionExpires?: number
}

/** Where peers look when they are told no port. RFC 3261 §19.1.2 */
export const usualPort = 5060

/** What is done with a call, and how that is announced. */
interface Manner {
  readonly text: string
  act(call: Call, session: Session): void
}

/** Rings; with `--reliable` so that the caller has to acknowledge it, if it knows how to. RFC 3262 */
const ring = (call: Call, { reliable }: ListenOptions): void => {
  const known = call.request?.headers('supported').some(value => /\b100rel\b/i.test(value))
  call.ring(reliable && known ? { reliable: true } : {})
}

/** Rings for so long; `then` unless the call has ended meanwhile. */
const ringThen = async (call: Call, seconds: number, session: Session, then: () => void): Promise<void> => {
  const left = await Promise.race([session.wait(seconds), call.ended().then(() => true)])
  if (!left) then()
}

const refusing = (
  text: string,
  status: number,
  headers?: readonly (readonly [string, string])[],
): Manner => ({
  text,
  act: call => call.reject(status, headers ? { headers } : {}),
})

const mannerOf = (options: ListenOptions): Manner => {
  const { busy, reject, redirect, ringOnly, ringFor, answer, sessionExpires } = options
  if (busy) return refusing('is busy', 486)
  if (reject !== undefined) return refusing(`rejects calls with ${reject}`, reject)
  if (redirect !== undefined)
    return refusing(`redirects calls to ${redirect}`, 302, [['Contact', `<${redirect}>`]])
  if (ringOnly) return { text: 'only rings', act: call => ring(call, options) }
  if (ringFor !== undefined) {
    return {
      text: `rings for ${ringFor} s`,
      act: (call, session) => {
        ring(call, options)
        void ringThen(call, ringFor, session, () => call.reject(480))
      },
    }
  }
  const accept = (call: Call): void => {
    // A call that ends before its ACK has said so in its states.
    call.accept(undefined, sessionExpires === undefined ? {} : { sessionExpires }).catch(() => undefined)
  }
  const after = typeof answer === 'number' ? answer : 0
  return {
    text: after === 0 ? 'answers calls' : `answers calls after ${after} s`,
    act: (call, session) => {
      ring(call, options)
      if (after === 0) accept(call)
      else void ringThen(call, after, session, () => accept(call))
    },
  }
}

/** Says where it listens and what for. */
export const saysWhere = ({ connection, view }: Session, what: string): void => {
  for (const { transport, host, port } of connection.addresses)
    view.say(`listening on ${transport.toLowerCase()} ${placeText({ host, port })}; ${what}; Ctrl-C ends`)
}

/** `sipactor listen`. RFC 3261 §13.3 */
export const listenCommand = (io: Io, options: ListenOptions): Promise<number> =>
  inSession(io, { ...options, usualPort }, undefined, async session => {
    const { connection, wait } = session
    const manner = mannerOf(options)
    connection.calls$.subscribe(call => {
      narrate(call, formatNameAddr({ ...call.remote, params: new Map() }), session)
      manner.act(call, session)
    })
    connection.requests$.subscribe(transaction => receive(transaction, session))
    saysWhere(session, manner.text)
    await wait()
    return exitStatus.ok
  })

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
