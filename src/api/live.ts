/** What every handle has: its present state, the states to come, and what went wrong. */
import { type Observable, Subject, type Subscriber, type Subscription } from 'rxjs'
import type { EngineEvent, Id } from '../engine/commands.ts'
import type { ObjectState } from '../engine/states.ts'
import { SipError } from '../errors.ts'
import { IsolatedObservable } from './isolated.ts'
import { receive, type Scope } from './scope.ts'

/** A thing with a life: its present state, and the states to come. Ends by completing, never by an error. */
export interface Live<State> {
  /** Unique within one `Sip`; the same id stands in traces. */
  readonly id: string
  /** What it is now. */
  readonly state: State
  /** What it is now and what it becomes. Gives the latest state at once; completes when the object is gone. */
  readonly state$: Observable<State>
}

/** How a promise settles; `undefined` while it is open. */
export type Outcome<T> = { readonly value: T } | { readonly error: SipError } | undefined

export const done: Outcome<void> = { value: undefined }

const nothing = (): void => {}

/** The same promise; its rejection may be ignored without harm to the process. */
export const quietly = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(nothing)
  return promise
}

/**
 * The base of all handles. A handle that nobody observes costs an object and no more: subjects and waiting lists are
 * made by the first who asks.
 */
export abstract class Handle<State extends ObjectState, Streams extends object = object>
  implements Live<State>
{
  /** Unique within one `Sip`; the same id stands in traces. */
  readonly id: Id
  readonly #scope: Scope
  #state: State
  #subjects: Map<string, Subject<unknown>> | undefined
  #waiting: ((gone: boolean) => boolean)[] | undefined
  #lastError: SipError | undefined
  #untold = false
  #gone = false

  constructor(scope: Scope, id: Id, state: State) {
    this.#scope = scope
    this.id = id
    this.#state = state
  }

  /** What it is now. */
  get state(): State {
    return this.#state
  }

  /** What it is now and what it becomes. Gives the latest state at once; completes when the object is gone. */
  get state$(): Observable<State> {
    return this.observable(subscriber => {
      if (this.#gone) {
        subscriber.next(this.#state)
        subscriber.complete()
        return undefined
      }
      const subscription = this.#subject('state').subscribe(subscriber as Subscriber<unknown>)
      subscriber.next(this.#state)
      return subscription
    })
  }

  /**
   * What goes wrong with it, each error once. One that came before anybody listened goes to the first who does.
   * Misuse is thrown instead. Never errors itself; completes when the object is gone.
   */
  get errors$(): Observable<SipError> {
    return this.observable(subscriber => {
      const subscription = this.#gone
        ? undefined
        : this.#subject('errors').subscribe(subscriber as Subscriber<unknown>)
      if (this.#untold && this.#lastError) {
        this.#untold = false
        subscriber.next(this.#lastError)
      }
      if (this.#gone) subscriber.complete()
      return subscription
    })
  }

  [receive](event: EngineEvent): void {
    if (event.type === 'state') {
      // An object that the engine made begins in its first state, which is then told once more.
      const known = event.state.is === this.#state.is && Object.keys(event.state).length === 1
      this.#state = event.state as State
      if (!known) this.#subjects?.get('state')?.next(this.#state)
    } else if (event.type === 'error') {
      this.#lastError = event.error
      const errors = this.#subjects?.get('errors')
      if (errors?.observed) errors.next(event.error)
      else this.#untold = true
    } else if (event.type === 'closed') {
      // A lost connection takes its objects along without a word from each (flood protection).
      this.#state = this.final(event.reason)
      this.#gone = true
      for (const subject of this.#subjects?.values() ?? []) subject.complete()
      this.#subjects = undefined
    } else return
    this.settle()
  }

  /** The state of one that is gone, when the engine told none. */
  protected abstract final(reason: 'connectionLost' | undefined): State

  /** A getter, so that a handle printed by a debugger does not print everybody else. */
  protected get scope(): Scope {
    return this.#scope
  }

  /** True when the object is gone: its streams have completed. */
  protected get gone(): boolean {
    return this.#gone
  }

  /** A failure that the state tells of, and no stream. */
  protected noteFailure(error: SipError): void {
    this.#lastError = error
    this.#untold = false
  }

  /** The latest error. */
  protected get failure(): SipError | undefined {
    return this.#lastError
  }

  protected observable<T>(subscribe: (subscriber: Subscriber<T>) => Subscription | undefined): Observable<T> {
    return new IsolatedObservable<T>(this.scope.report, subscribe)
  }

  /** A stream by its name: hot, without replay. */
  protected stream<Name extends keyof Streams & string>(name: Name): Observable<Streams[Name]> {
    return this.observable<Streams[Name]>(subscriber => {
      if (!this.#gone) return this.#subject(name).subscribe(subscriber as Subscriber<unknown>)
      subscriber.complete()
      return undefined
    })
  }

  protected emit<Name extends keyof Streams & string>(name: Name, value: Streams[Name]): void {
    this.#subjects?.get(name)?.next(value)
  }

  /** How many listen to that stream now. */
  protected listeners(name: keyof Streams & string): number {
    return this.#subjects?.get(name)?.observers.length ?? 0
  }

  /**
   * A promise of an outcome that the next events may bring. Its rejection may be ignored without harm to the process:
   * the same failure is in `state` and `errors$`.
   */
  protected when<T>(outcome: () => Outcome<T>): Promise<T> {
    const promise = new Promise<T>((resolve, reject) => {
      const settled = (gone: boolean): boolean => {
        const result =
          outcome() ?? (gone ? { error: new SipError('closed', 'it ended with its connection') } : undefined)
        if (result === undefined) return false
        if ('error' in result) reject(result.error)
        else resolve(result.value)
        return true
      }
      if (!settled(this.#gone)) {
        this.#waiting ??= []
        this.#waiting.push(settled)
      }
    })
    return quietly(promise)
  }

  /** Settles the promises whose outcome is known by now. */
  protected settle(): void {
    if (this.#waiting === undefined) return
    const open = this.#waiting.filter(settled => !settled(this.#gone))
    this.#waiting = open.length > 0 ? open : undefined
  }

  #subject(name: string): Subject<unknown> {
    this.#subjects ??= new Map()
    let subject = this.#subjects.get(name)
    if (subject === undefined) {
      subject = new Subject()
      this.#subjects.set(name, subject)
    }
    return subject
  }
}
