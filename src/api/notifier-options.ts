/** What an application says about a subscription of a peer's, checked. RFC 6665 §4.2. */
import type { HeaderPair } from '../message/types.ts'
import { type Ending, type EndReason, endReasons, mayWait, type NotifiedState } from '../rules/notify.ts'
import { badArgument, checkChoice, checkContent, checkObject, checkSeconds } from './check.ts'
import type { CredentialsOption } from './options.ts'

export type { EndReason } from '../rules/notify.ts'

/** The state of a resource, as one NOTIFY tells it. */
export interface NotifierContent {
  /** Media type of the body, as `application/pidf+xml`: one that the subscriber reads, see `accepts`. Needed when there is a body. */
  readonly contentType?: string
  readonly body?: string | Uint8Array
}

/** What comes with the acceptance of a subscription. */
export interface NotifierAcceptOptions extends NotifierContent {
  /** `pending`: the subscriber has to wait for leave to see the resource, see `activate`. Default `active`. */
  readonly state?: 'active' | 'pending'
  /** Seconds granted, at most those asked for. Default: those asked for, at most a day. */
  readonly expires?: number
  /** Headers of the 2xx, besides those of the stack. */
  readonly headers?: readonly HeaderPair[]
  /** For NOTIFYs that are challenged. */
  readonly credentials?: CredentialsOption
}

/** What comes with a NOTIFY. */
export interface NotifyOptions {
  /** Media type of the body. Needed when there is a body. */
  readonly contentType?: string
  /** `active`: the subscriber may see the resource from now on. Default: as it is. */
  readonly state?: 'active'
}

/** What comes with the last NOTIFY. */
export interface TerminateOptions extends NotifierContent {
  /** Seconds after which the subscriber may come again; only with `probation` and `giveup`. */
  readonly retryAfter?: number
}

/** How the values of an observable become NOTIFYs. */
export interface NotifierPublishOptions<Value> extends Omit<NotifierAcceptOptions, 'body'> {
  /** Makes the body of a value. Default: the value is the body. */
  readonly format?: (value: Value) => string | Uint8Array | NotifierContent
}

/** Throws `argument`. */
export const checkNotified = ({ contentType, body }: NotifierContent): NotifiedState => {
  checkContent(contentType, body)
  // The type of what is not there would only be read as a faulty body.
  if (body === undefined) return {}
  return { ...(contentType !== undefined && { contentType }), body }
}

/** Seconds that are granted. Throws `argument` for more than was asked for: the subscriber would not know. §4.2.1.1 */
export const checkGranted = (expires: number | undefined, asked: number, usual: number): number => {
  if (expires === undefined) return Math.min(asked, usual)
  if (expires !== 0 || asked !== 0) checkSeconds(expires, 'expires')
  if (expires > asked) throw badArgument(`expires may not be above the ${asked} seconds asked for`)
  return expires
}

/** Throws `argument`. */
export const checkEnding = (reason: EndReason, options: TerminateOptions): Ending => {
  checkChoice(reason, 'the reason', endReasons)
  const { retryAfter } = checkObject(options, 'the options')
  if (retryAfter === undefined) return { reason }
  if (!mayWait(reason)) throw badArgument(`retryAfter does not go with ${reason}`)
  return { reason, retryAfter: checkSeconds(retryAfter, 'retryAfter') }
}

/** The content that a value of an observable stands for. Throws `argument`, and what `format` throws. */
export const contentOf = <Value>(value: Value, options: NotifierPublishOptions<Value>): NotifiedState => {
  const { contentType, format } = options
  const made: unknown = format ? format(value) : value
  const whole = typeof made === 'object' && made !== null && !(made instanceof Uint8Array)
  const type = contentType !== undefined && { contentType }
  return checkNotified(whole ? { ...type, ...(made as NotifierContent) } : { ...type, body: made as string })
}
