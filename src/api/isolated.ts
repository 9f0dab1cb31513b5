/**
 * An observable whose subscribers cannot harm each other. RxJS hands what a callback throws to the host, which in Node
 * ends the process; here it goes to the application's own handler when there is one.
 */
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs'

/** Takes what a callback of the application threw, or what a promise that it returned rejected with. */
export type CallbackErrorHandler = (error: unknown) => void

type Callbacks<T> = Partial<Observer<T>> | ((value: T) => void) | null

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** Runs a callback of the application. What it throws, and what its promise rejects with, goes to the handler. */
const guarded =
  <Values extends readonly unknown[]>(
    callback: (...values: Values) => unknown,
    report: CallbackErrorHandler,
  ) =>
  (...values: Values): void => {
    try {
      const result = callback(...values)
      // An async callback fails later, and nobody else would take its rejection.
      if (isPromise(result)) result.then(undefined, report)
    } catch (error) {
      report(error)
    }
  }

/** `Observable` with guarded callbacks, kept through `pipe`. Without a handler it behaves as RxJS does. */
export class IsolatedObservable<T> extends Observable<T> {
  readonly #report: CallbackErrorHandler | undefined

  constructor(
    report: CallbackErrorHandler | undefined,
    subscribe?: (subscriber: Subscriber<T>) => Subscription | undefined,
  ) {
    super(subscribe)
    this.#report = report
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new IsolatedObservable<R>(this.#report)
    lifted.source = this
    lifted.operator = operator
    return lifted
  }

  override subscribe(
    observerOrNext?: Callbacks<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    const report = this.#report
    const observer =
      typeof observerOrNext === 'function' || !observerOrNext
        ? { next: observerOrNext, error, complete }
        : observerOrNext
    // A Subscriber is an operator behind this one: it has its own way to report.
    if (report === undefined || observer instanceof Subscriber)
      return super.subscribe(observer as Observer<T>)
    return super.subscribe({
      next: guarded((value: T) => observer.next?.(value), report),
      error: guarded((reason: unknown) => {
        if (!observer.error) throw reason
        return observer.error(reason)
      }, report),
      complete: guarded(() => observer.complete?.(), report),
    })
  }
}
