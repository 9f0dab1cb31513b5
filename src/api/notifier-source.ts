/** An observable as the state of a resource that a peer subscribes to. */
import { type Observable, Subscription } from 'rxjs'
import type { NotifiedState } from '../rules/notify.ts'
import { badArgument, checkObject } from './check.ts'
import { checkNotified, contentOf, type NotifierPublishOptions } from './notifier-options.ts'

/** What becomes of its values. */
export interface Follower {
  /** Absent where there is nothing to open: with what it gives at once, if anything. */
  readonly open?: ((content: NotifiedState) => void) | undefined
  readonly tell: (content: NotifiedState) => void
  readonly completed: () => void
  readonly failed: (cause: unknown) => void
}

/** Throws `argument`. */
export const checkSource = <Value>(
  source: Observable<Value>,
  options: NotifierPublishOptions<Value>,
): void => {
  const { contentType, format } = checkObject(options, 'the options')
  if (typeof source?.subscribe !== 'function') throw badArgument('the source must be an Observable')
  if (format !== undefined && typeof format !== 'function') throw badArgument('format must be a function')
  if (contentType === undefined && !format) throw badArgument('contentType is missing')
  checkNotified({ ...(contentType !== undefined && { contentType }) })
}

/** Follows it until one of the two ends. What `open` throws goes to the caller, and the source is left. */
export const follow = <Value>(
  source: Observable<Value>,
  options: NotifierPublishOptions<Value>,
  { open, tell, completed, failed }: Follower,
): Subscription => {
  const subscription = new Subscription()
  let opening = open !== undefined
  let first: NotifiedState = {}
  let ended: (() => void) | undefined
  const end = (how: () => void): void => {
    if (subscription.closed) return
    subscription.unsubscribe()
    if (opening) ended = how
    else how()
  }
  subscription.add(
    source.subscribe({
      next: value => {
        if (subscription.closed) return
        let content: NotifiedState
        try {
          content = contentOf(value, options)
        } catch (cause) {
          return end(() => failed(cause))
        }
        if (opening) first = content
        else tell(content)
      },
      error: cause => end(() => failed(cause)),
      complete: () => end(completed),
    }),
  )
  if (!open) return subscription
  opening = false
  try {
    open(first)
  } catch (error) {
    subscription.unsubscribe()
    throw error
  }
  ended?.()
  return subscription
}
