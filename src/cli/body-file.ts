/** The body of an event package from a file, and again whenever the file has changed. */
import { readFileSync } from 'node:fs'
import { isMalformed } from '../message/index.ts'
import { bodyType, parseBody } from '../packages/index.ts'
import { usage } from './exit.ts'
import type { Session } from './session.ts'
import { explainOpen } from './trace-source.ts'

/** Seconds between two looks at the file. */
const pace = 0.25

/** What is served, by its file. */
export interface BodyOptions {
  /** The event package. */
  readonly event: string
  /** Path of the file. */
  readonly body: string
  readonly contentType?: string
}

type Look = { readonly body: Buffer } | { readonly fault: string }

/** What is told of a look: the same for the same contents. */
const keyOf = (look: Look): string =>
  'body' in look ? `body ${look.body.toString('latin1')}` : `fault ${look.fault}`

const readAs = ({ event, body: path }: BodyOptions, contentType: string): Look => {
  let body: Buffer
  try {
    body = readFileSync(path)
  } catch (error) {
    return { fault: explainOpen(path, error).message }
  }
  if (body.length === 0) return { fault: `${path} is empty` }
  const parsed = parseBody(event, contentType, body)
  return isMalformed(parsed) ? { fault: `${path} is no ${contentType}: ${parsed.reason}` } : { body }
}

/** What a file says now, and what it says later. */
export interface BodyFile {
  readonly contentType: string
  /** What it said when it was opened. */
  readonly body: Uint8Array
  /**
   * Looks at it until Ctrl-C or until `over`. Tells new contents when two looks found them, for the first may have come while
   * they were being written; what cannot be read or used is told once, and changes nothing.
   */
  follow(
    session: Pick<Session, 'wait'>,
    over: Promise<unknown>,
    told: { changed(body: Uint8Array): void; fault(what: string): void },
  ): Promise<void>
}

/** Throws wrong usage: a package whose type has to be named, a file that cannot be read or is not of its type. */
export const openBody = (options: BodyOptions): BodyFile => {
  const contentType = options.contentType ?? bodyType(options.event)
  if (contentType === undefined)
    throw usage(`what bodies of ${options.event} are is not known here: give --content-type`)
  const first = readAs(options, contentType)
  if ('fault' in first) throw usage(first.fault)
  return {
    contentType,
    body: first.body,
    async follow({ wait }, over, { changed, fault }) {
      let ended = false
      const end = (): void => {
        ended = true
      }
      over.then(end, end)
      let known = keyOf(first)
      let before = known
      while (!(await Promise.race([wait(pace), over.then(() => true)])) && !ended) {
        const look = readAs(options, contentType)
        const key = keyOf(look)
        if (key === before && key !== known) {
          known = key
          if ('body' in look) changed(look.body)
          else fault(look.fault)
        }
        before = key
      }
    },
  }
}
