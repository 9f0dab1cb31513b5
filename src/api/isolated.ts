/**
 * An observable that knows when a callback of the application fails. RxJS hands what it throws to the host, which in
 * Node ends the process; here it goes to the application's own handler when there is one.
 */
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs'

/** Takes what a callback of the application threw, or what a promise that it returned rejected with. */
export type CallbackErrorHandler = (error: unknown) => void

/**
 * Takes a fault with the value that was being handled; `ended` when the fault has ended the subscription. What it throws
 * itself goes to the host, as RxJS does it.
 */
export type Report = (error: unknown, value?: unknown, ended?: boolean) => void

type Callbacks<T> = Partial<Observer<T>> | ((value: T) => void) | null

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** Runs a callback of the application. What it throws, and what its promise rejects with, is reported. */
const guarded =
  <Value>(callback: (value: Value) => unknown, report: Report) =>
  (value: Value): void => {
    let result: unknown
    try {
      result = callback(value)
    } catch (error) {
      return report(error, value)
    }
    // An async callback fails later, and nobody else would take its rejection.
    if (isPromise(result)) result.then(undefined, (error: unknown) => report(error, value))
  }

/** `Observable` with guarded callbacks, kept through `pipe`. */
export class IsolatedObservable<T> extends Observable<T> {
  readonly #report: Report

  constructor(report: Report, subscribe?: (subscriber: Subscriber<T>) => Subscription | undefined) {
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
    if (observer instanceof Subscriber) return super.subscribe(observer as Observer<T>)
    return super.subscribe({
      next: guarded((value: T) => observer.next?.(value), report),
      error: (reason: unknown) => {
        if (observer.error) guarded((why: unknown) => observer.error?.(why), report)(reason)
        else report(reason, undefined, true)
      },
      complete: () => guarded(() => observer.complete?.(), report)(undefined),
    })
  }
}
