/** The root of the API: connections, everything that happens, and the end of it all. CSIP. */
/// <reference lib="esnext.disposable" preserve="true" />
import { type Observable, Subject } from 'rxjs'
import type { TimerConfig } from '../../machines/timers.ts'
import type { EngineEvent, EnginePort } from '../engine/commands.ts'
import type { Presence } from '../engine/presence.ts'
import type { RecordedFrame } from '../engine/tap-step.ts'
import { SipError } from '../errors.ts'
import type { Frame } from '../inspect/frame.ts'
import { securityMechanisms } from '../rules/security-agreement.ts'
import { plainMedia } from '../sdp/plain-media.ts'
import type { AkaProvider } from './aka.ts'
import { type CallMediaPort, checkMedia } from './call/media.ts'
import type { Challenge, CredentialProvider } from './challenge.ts'
import { Connection } from './connection.ts'
import { type ConnectOptions, checkConnection } from './connection-options.ts'
import { CredentialCache } from './credential-cache.ts'
import type { SipEvent } from './events.ts'
import { type CallbackErrorHandler, IsolatedObservable } from './isolated.ts'
import { Line } from './line/line.ts'
import { checkLineOptions, type LineOptions } from './line/line-options.ts'
import { ProfileBook } from './profiles/profile-book.ts'
import { Profiles } from './profiles/profiles.ts'
import { router } from './router.ts'
import { type ProfileScope, receive, Scope } from './scope.ts'
import { type UnboundRequest, UnboundRequests } from './unbound.ts'
import { usagesOn } from './usages.ts'

/** Where a connection was told to listen: no host is the platform's own, port 0 any that is free. */
interface Place {
  readonly host: string | undefined
  readonly port: number
}

/** True for a port that a living connection was given, or got, on that host. */
const isTaken = ({ host, port }: Place, connection: Connection, given: Place): boolean => {
  if (port === 0 || connection.state.is === 'closed') return false
  if (host === given.host && port === given.port) return true
  return connection.addresses.some(
    address => address.port === port && (host === given.host || address.host === host),
  )
}

/** What the API itself can be told. */
export interface ApiOptions {
  /** Timers of connections that name none; default: those of RFC 3261. */
  readonly timers?: TimerConfig
  /** Who describes the media of calls; default: `plainMedia()`. */
  readonly media?: CallMediaPort
  /** Asked for credentials when none are known. */
  readonly credentials?: CredentialProvider
  /** Asked when a network challenges a SIM (AKAv1-MD5, AKAv2-MD5); without it such challenges are passed over. RFC 3310 */
  readonly akaProvider?: AkaProvider
  /**
   * Gets what a callback of the application throws (a subscriber of any stream here and of what `pipe` makes of it, the
   * credential provider), and what the promise of an async one rejects with. The subscription, its neighbours and the
   * engine go on; a call or request that nobody else got is answered 500.
   *
   * Without a handler a fault of the callback is the host's: an uncaught exception or unhandled rejection, which in Node
   * ends the process. A `SipError` is not, as from `await call.accept()` when no ACK comes: what a peer or the path did
   * is on `errors$` and in `state` anyway. Exceptions are `argument`, `header-not-allowed`, `already-exists` and
   * `no-message`, which are mistakes of the application, and an error that ended its subscription (in `pipe`). Streams
   * made by creation functions such as `merge` are RxJS's own, and out of its reach.
   */
  readonly onCallbackError?: CallbackErrorHandler
  /** What this `Sip` may do with profiles; default: everything. What it may not throws `permission`. */
  readonly scopes?: readonly ProfileScope[]
}

/**
 * The SIP engine in a user's hands.
 *
 * @example
 * const sip = createSip({ platform: node() })
 * const connection = sip.connect()
 * await connection.active()
 * // …
 * await sip.close()
 */
export class Sip {
  /** Who is asked for credentials, and what is remembered of them. */
  readonly credentials: CredentialCache
  /** Mechanisms that a connection can agree on with the next hop. RFC 3329; CSIP::SupportedSecurityMechanismsL(). */
  readonly securityMechanisms: readonly string[] = securityMechanisms
  /** Stored accounts, which the engine registers by itself. Symbian SIP Profile API. */
  readonly profiles: Profiles
  readonly #book: ProfileBook
  readonly #stored: 'own' | 'shared' | undefined
  readonly #scope: Scope
  readonly #port: EnginePort
  readonly #timers: TimerConfig | undefined
  readonly #media: CallMediaPort
  readonly #places = new Map<Connection, Place>()
  /** Made by the engine for profiles. */
  readonly #adopted = new WeakSet<Connection>()
  readonly #events = new Subject<SipEvent>()
  readonly #challenges = new Subject<Challenge>()
  readonly #unbound = new Subject<UnboundRequest>()
  readonly #end = new Subject<never>()
  #closing: Promise<void> | undefined

  /** `stored`: whether its engine has profiles, and whether they end with this `Sip`. */
  constructor(
    port: EnginePort,
    options: ApiOptions,
    localAddressFor?: (remote: string) => string,
    stored?: 'own' | 'shared',
  ) {
    this.#timers = options.timers
    this.#media = checkMedia(options.media) ?? plainMedia()
    this.#port = port
    this.#scope = new Scope(port, options.onCallbackError, localAddressFor, options.scopes)
    this.#scope.sip = this
    this.#stored = stored
    this.#book = new ProfileBook(this.#scope, stored !== undefined)
    this.#book.events.subscribe(event => {
      if (this.#events.observed) this.#events.next({ type: 'profile', source: 'sipactor', ...event })
    })
    this.profiles = new Profiles(this.#book)
    this.credentials = new CredentialCache(this.#scope, options.credentials)
    port.onEvent(
      router({
        scope: this.#scope,
        provider: () => this.credentials.provider,
        aka: options.akaProvider,
        announce: challenge => {
          if (!this.#challenges.observed) return false
          this.#challenges.next(challenge)
          return true
        },
        publish: () => (this.#events.observed ? event => this.#events.next(event) : undefined),
        profiles: { book: this.#book, adopt: event => this.#adopt(event) },
        unbound: new UnboundRequests(
          this.#scope,
          id => new Connection(this.#scope, id, [], this.#media),
          request => {
            if (!this.#unbound.observed) return false
            this.#unbound.next(request)
            return true
          },
        ),
      }),
    )
  }

  /** The connections that live, in order of their making. */
  get connections(): readonly Connection[] {
    return [...this.#places.keys()].filter(connection => connection.state.is !== 'closed')
  }

  /**
   * The connection that was opened for that network (`networkId`), the first of them when there are several; `undefined`
   * when there is none. CSIP::Connection().
   */
  connection(network: string): Connection | undefined {
    return this.connections.find(({ networkId }) => networkId === network)
  }

  /** Everything that happens to any object. Each event comes after the object itself and its own streams have it. */
  get events$(): Observable<SipEvent> {
    return this.#isolated(subscriber => this.#events.subscribe(subscriber))
  }

  /** Challenges for which no credentials are known and the provider had none. While nobody subscribes they are given up. */
  get challenges$(): Observable<Challenge> {
    return this.#isolated(subscriber => this.#challenges.subscribe(subscriber))
  }

  /**
   * Requests and calls on networks on which this application has no connection: only with a shared server that listens
   * there (`sipactor serve --listen`). While nobody subscribes they are answered 480. MSIPObserver
   */
  get unboundRequests$(): Observable<UnboundRequest> {
    return this.#isolated(subscriber => {
      const subscription = this.#unbound.subscribe(subscriber)
      if (!subscriber.closed) this.#port.listens?.()
      return subscription
    })
  }

  /**
   * Every step of the engine from now on: messages on the wire, transitions of machines. Flat, serialisable data. Costs
   * time while subscribed, nothing otherwise.
   */
  get trace$(): Observable<Frame> {
    return this.#isolated(subscriber => {
      const ended = this.#end.subscribe(subscriber)
      if (!subscriber.closed) ended.add(this.#port.trace(frame => subscriber.next(frame)))
      return ended
    })
  }

  /**
   * As `trace$`, for who keeps many frames and looks at few: each is made when it is asked for, so that this costs a
   * fraction. What an engine does without an actor while nobody reads (the plain first exchange of offer and answer) is not
   * shown. A recorder that throws is taken off. Returns the way to stop.
   *
   * @example
   * const ring = new Ring<RecordedFrame>(100_000)
   * const stop = sip.record(recorded => ring.push(recorded))
   */
  record(recorder: (recorded: RecordedFrame) => void): () => void {
    if (typeof recorder !== 'function') throw new SipError('argument', 'a recorder is a function')
    const stop = this.#port.record(recorder)
    const ended = this.#end.subscribe({ complete: stop })
    return () => {
      ended.unsubscribe()
      stop()
    }
  }

  /**
   * Every actor that lives, with its state, since when, and its timers: where a trace that begins now begins. Subscribe to
   * `trace$` and ask in the same turn: what has a number above `seq` follows, nothing is missed and nothing comes twice.
   *
   * @example
   * const trace = sip.trace$.subscribe(show)
   * const { seq, actors } = sip.actors()
   */
  actors(): Presence {
    return this.#port.actors()
  }

  /**
   * What the machine of one actor remembers: plain data of limited size, without secrets. Undefined when no such actor
   * lives, or when all that is left of it is its last response.
   */
  actorContext(id: string): unknown {
    return this.#port.context(id)
  }

  /**
   * Opens a connection; it is usable once `active`, which it becomes when its network is there.
   *
   * A network that is named (`network`) has one connection: another that names it throws `already-exists`, by whatever
   * name, unless it has a `host` or a `port` of its own, which make it another place there. So does a port that another
   * connection was given or got on the same host. Those that name no network and no port get a free one, so there may be
   * any number of them. Throws `not-supported` for a name where the platform knows none, `argument` for bad options,
   * `resource-not-available` after `close`. A network that the host does not have makes it `unavailable`.
   *
   * @example
   * const wired = sip.connect({ network: 'eth0' })
   * const mobile = sip.connect({ network: 'wwan0' })
   */
  connect(given: ConnectOptions = {}): Connection {
    if (this.#closing) throw new SipError('resource-not-available', 'the Sip is closed')
    checkConnection(given)
    const { media = this.#media, ...options } = given
    const place = { host: options.host, port: options.port ?? 0 }
    if ([...this.#places].some(([connection, other]) => isTaken(place, connection, other))) {
      throw new SipError('already-exists', `there is a connection on port ${place.port} of this host`)
    }
    const timers = options.timers ?? this.#timers
    const connection = new Connection(
      this.#scope,
      this.#scope.newId('connection'),
      options.methods ?? ['MESSAGE', 'INFO'],
      media,
    )
    this.#places.set(connection, place)
    try {
      this.#scope.open(connection, {
        type: 'connection.open',
        id: connection.id,
        options: { ...options, ...(timers && { timers }) },
      })
    } catch (error) {
      this.#places.delete(connection)
      throw error
    }
    connection.state$.subscribe({ complete: () => this.#places.delete(connection) })
    return connection
  }

  /**
   * A line: it registers by a profile when it is started, and calls and subscribes from there. Nothing is sent before
   * `start`. Throws `argument` for parameters of a registration (they are the profile's), `not-supported` in an engine without
   * profiles, `resource-not-available` after `close`, `permission` without the scope `profile.read`. RConnection
   *
   * @example
   * const line = sip.line()
   * await line.start()
   */
  line(options: LineOptions = {}): Line {
    if (this.#closing) throw new SipError('resource-not-available', 'the Sip is closed')
    this.#scope.demand('profile.read')
    if (!this.#stored) throw new SipError('not-supported', 'createSip was given no store of profiles')
    const line = new Line(this.#scope, this.#scope.newId('line'), this.#book, checkLineOptions(options))
    const { profile } = options
    const id = typeof profile === 'string' ? profile : profile?.id
    this.#scope.open(line, {
      type: 'line.open',
      id: line.id,
      ...(id !== undefined && { profile: id }),
    })
    this.#book.lines.add(line)
    return line
  }

  /** A connection that the engine has made for profiles. */
  #adopt({ id, options }: Extract<EngineEvent, { type: 'profileConnection' }>): void {
    const methods = options.methods ?? ['MESSAGE', 'INFO']
    const connection = new Connection(this.#scope, id, methods, this.#media)
    this.#scope.handles.set(id, connection)
    this.#adopted.add(connection)
    this.#keep(connection, { host: options.host, port: options.port ?? 0 })
  }

  #keep(connection: Connection, place: Place): void {
    this.#places.set(connection, place)
    connection.state$.subscribe({ complete: () => this.#places.delete(connection) })
  }

  /**
   * Ends everything in order: BYE for calls, SUBSCRIBE and then REGISTER with a lifetime of 0, then the sockets; all streams
   * complete. Settles when that is done. `keepProfiles`: what profiles have bound stays bound at the registrars, for an engine
   * that is started soon with the same store and goes on with it. Afterwards every method throws `resource-not-available`. A second call only waits.
   *
   * It takes time, which a virtual clock has to be given: keep the promise, run the clock, then wait.
   *
   * @example
   * const closed = sip.close()
   * await clock.run(60_000) // a virtualClock of sipactor/testing
   * await closed
   */
  close(options: { readonly keepProfiles?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close(options.keepProfiles === true)
    return this.#closing
  }

  /** For `await using`: the same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(keepProfiles: boolean): Promise<void> {
    await Promise.allSettled([...this.#book.lines].map(line => line.close()))
    // What is on the connections of profiles ends before their bindings do.
    await Promise.allSettled(usagesOn(this.#scope, this.#adopted).map(end => end()))
    if (this.#stored === 'own') await this.#book.end(keepProfiles)
    // Those of profiles at a shared server go on for others.
    const [theirs, ours] = [this.connections.filter(one => this.#adopted.has(one)), this.connections]
    const shared = this.#stored === 'shared'
    await Promise.allSettled(
      ours.filter(one => !(shared && theirs.includes(one))).map(connection => connection.close()),
    )
    for (const { id } of shared ? theirs : []) this.#scope.handles.get(id)?.[receive]({ type: 'closed', id })
    this.#book.close()
    this.#scope.close()
    this.#events.complete()
    this.#challenges.complete()
    this.#unbound.complete()
    this.#end.complete()
  }

  #isolated<T>(subscribe: ConstructorParameters<typeof IsolatedObservable<T>>[1]): Observable<T> {
    return new IsolatedObservable<T>(this.#scope.report, subscribe)
  }
}

/** The API over an engine, in this process or another. */
export const sipOver = (
  port: EnginePort,
  options: ApiOptions = {},
  localAddressFor?: (remote: string) => string,
  stored?: 'own' | 'shared',
): Sip => new Sip(port, options, localAddressFor, stored)
