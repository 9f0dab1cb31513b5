/** `sipactor publish`: a state of ours at a server, from a file. */
import type { Publication, PublicationState } from '../index.ts'
import { type BodyOptions, openBody } from './body-file.ts'
import { CliError, exitStatus, explain } from './exit.ts'
import type { Io } from './io.ts'
import { type CommonOptions, inSession } from './session.ts'

export interface PublishCommandOptions extends CommonOptions, BodyOptions {
  readonly expires?: number
  readonly once?: boolean
}

const stateText = (state: PublicationState): string =>
  'granted' in state ? `${state.is}, ${state.granted} s` : state.is

/** Settles when it has ended by itself: rejects with why. */
const ending = (publication: Publication): Promise<never> => {
  const over = new Promise<never>((_, reject) => {
    publication.state$.subscribe({
      complete: () => reject(new CliError(exitStatus.refused, 'the publication is over')),
    })
    publication.errors$.subscribe(error => {
      if (publication.etag === undefined) reject(error)
    })
  })
  over.catch(() => undefined)
  return over
}

/** `sipactor publish <uri>`: keeps it published until Ctrl-C, then takes it back. RFC 3903 */
export const publishCommand = async (
  io: Io,
  uri: string,
  options: PublishCommandOptions,
): Promise<number> => {
  const { event, body: path, expires, once } = options
  const file = openBody(options)
  const { contentType, body } = file
  // Whose state it is publishes it, unless a profile says who we are.
  const by = options.from === undefined && options.profile === undefined ? { from: `<${uri}>` } : {}
  return inSession(io, { ...options, ...by, peer: uri }, undefined, async session => {
    const { connection, view, parties, unlessInterrupted } = session
    const publication = connection.publish(uri, {
      event,
      body,
      contentType,
      ...(expires !== undefined && { expires }),
      ...parties,
    })
    const over = ending(publication)
    let ever = false
    let before = ''
    const states = publication.state$.subscribe(state => {
      ever ||= 'etag' in state
      const text = stateText(state)
      // The end of an attempt that failed is told by its error.
      if (text !== before && (ever || state.is !== 'terminated')) view.say(`${uri}: ${text}`)
      before = text
    })
    const say = (what: string): void => io.err(`sipactor: ${what}; what was published before stays`)
    const follow = (): Promise<void> =>
      file.follow(session, over, {
        changed: changed => {
          view.fact(`${path} has changed`, { type: 'changed', event })
          publication.update(changed).catch((error: unknown) => {
            if (publication.etag !== undefined) say(explain(error).what)
          })
        },
        fault: say,
      })
    try {
      await unlessInterrupted(publication.published())
      if (!once) await Promise.race([over, follow()])
      await publication.remove()
      await view.drawn()
      return exitStatus.ok
    } finally {
      states.unsubscribe()
    }
  })
}
