/** `sipactor call`: a call of ours, and what is done with it once it is up. */
import { type Call, plainMedia } from '../index.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io } from './io.ts'
import { endText, narrate } from './narrate.ts'
import { type CommonOptions, inSession, type Session } from './session.ts'

export interface CallOptions extends CommonOptions {
  readonly duration?: number
  /** Seconds until the call is put on hold, and again until it is taken off. */
  readonly holdAfter?: number
  readonly transfer?: string
  readonly sessionExpires?: number
  readonly reliable?: boolean
  readonly redirects?: 'follow' | 'surface'
}

/** Holds the call after so many seconds and takes it off hold after as many; ends early with the call or at Ctrl-C. */
const holdFor = async (call: Call, seconds: number, { wait }: Session): Promise<void> => {
  const over = call.ended().then(() => true)
  const up = async (): Promise<boolean> => !(await Promise.race([wait(seconds), over]))
  if (!(await up())) return
  await call.hold()
  if (await up()) await call.resume()
}

/** Blind transfer: says how far it is and how it ended; the status tells. RFC 5589 */
const transferTo = async (call: Call, target: string, session: Session): Promise<number> => {
  const { view, sip, unlessInterrupted } = session
  const told = sip.events$.subscribe(event => {
    if (event.type !== 'progress') return
    view.say(`transfer to ${target}: ${event.status} ${event.reason}`)
  })
  try {
    const { transferred, status, reason } = await unlessInterrupted(call.transfer(target))
    await view.drawn()
    const answer = status === undefined ? '' : `: ${status} ${reason ?? ''}`.trimEnd()
    view.fact(`${transferred ? 'transferred' : 'not transferred'} to ${target}${answer}`, {
      type: 'transfer',
      target,
      transferred,
      ...(status === undefined ? {} : { status }),
    })
    return transferred ? exitStatus.ok : exitStatus.refused
  } finally {
    told.unsubscribe()
  }
}

/** `sipactor call <uri>`: offers audio, tells what happens, hangs up. RFC 3261 §13 */
export const callCommand = (io: Io, uri: string, options: CallOptions): Promise<number> =>
  inSession(io, { ...options, peer: uri }, undefined, async session => {
    const { connection, view, parties, interrupted, wait } = session
    const { duration, holdAfter, transfer, sessionExpires, reliable, redirects } = options
    const call = connection.invite(uri, {
      media: plainMedia({ port: 40_000 }),
      ...parties,
      ...(sessionExpires === undefined ? {} : { sessionExpires }),
      ...(reliable ? { reliable: 'required' } : {}),
      ...(redirects === undefined ? {} : { redirects }),
    })
    narrate(call, uri, session)
    const outcome = await Promise.race([call.established(), interrupted.then(() => 'interrupted' as const)])
    if (outcome === 'interrupted') {
      if (call.can('cancel')) call.cancel()
      await call.hangUp()
      throw new CliError(exitStatus.interrupted, 'interrupted before the call was answered')
    }
    const media = call.remoteDescription?.split('\r\n').find(line => line.startsWith('m='))
    if (media) view.say(`${uri}: media ${media.slice(2)}`)
    if (holdAfter !== undefined) await holdFor(call, holdAfter, session)
    if (transfer !== undefined && call.state.is === 'confirmed') {
      const status = await transferTo(call, transfer, session)
      if (call.state.is === 'confirmed') await call.hangUp()
      return status
    }
    const ended = await Promise.race([call.ended(), wait(duration)])
    if (typeof ended === 'boolean') await call.hangUp()
    const { state } = call
    await view.drawn()
    if (state.is === 'terminated' && state.end.reason === 'bye') return exitStatus.ok
    throw new CliError(exitStatus.unreachable, `the call broke off: ${endText(state)}`)
  })
