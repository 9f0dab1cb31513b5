/** `attachSip`: the API of an application whose engine is the shared server's. */
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { BehaviorSubject, type Observable } from 'rxjs'
import type { ProfileScope } from '../api/scope.ts'
import { type ApiOptions, Sip } from '../api/sip.ts'
import { isSipError, type SipError } from '../errors.ts'
import { localAddresses } from '../node/local-address.ts'
import { type ClientCapabilities, checkCapabilities } from '../rules/capabilities.ts'
import { type AttachOptions, checkAttach, type StartOptions } from './attach-options.ts'
import { ClientPort } from './client-port.ts'
import { attachWithin } from './greet.ts'
import { defaultSocket, prepareFolder, startedFor } from './place.ts'
import type { ServerStatus } from './protocol.ts'
import type { Scope } from './scopes.ts'

/**
 * Whether there is a server. `attached → detached → attached …`, in the end `closed`. While `detached` every method that
 * would send a command throws `not-ready`.
 */
export interface AttachmentState {
  readonly is: 'attached' | 'detached' | 'closed'
  /** Why it is not attached. */
  readonly error?: SipError
}

/** A `Sip` whose engine is the shared server's. Its connections, calls and registrations end with this process. */
export class AttachedSip extends Sip {
  readonly #port: ClientPort
  readonly #attachment: BehaviorSubject<AttachmentState>

  constructor(port: ClientPort, attachment: BehaviorSubject<AttachmentState>, options: ApiOptions) {
    const scopes = port.scopes.filter((scope): scope is ProfileScope => scope.startsWith('profile.'))
    super(port, { ...options, scopes }, localAddresses(), port.profiles ? 'shared' : undefined)
    this.#port = port
    this.#attachment = attachment
  }

  /** Whether there is a server at present. */
  get attachment(): AttachmentState {
    return this.#attachment.value
  }

  /** The same, now and whenever it changes; completes when this `Sip` is closed. */
  get attachment$(): Observable<AttachmentState> {
    return this.#attachment.asObservable()
  }

  /** What this application may do; empty while it is not attached. */
  get scopes(): readonly Scope[] {
    return this.#port.scopes
  }

  /**
   * Says anew what this application can do, in place of what it said before. Throws `argument`, saying where, for a document
   * that makes no sense, `not-ready` while there is no server. CSIPClientDiscovery
   *
   * @example
   * sip.announce({ features: ['audio;video'], events: ['presence'] })
   */
  announce(capabilities: ClientCapabilities): void {
    this.#port.announce(checkCapabilities(capabilities))
  }

  /** Who and what the server has. Rejects with `closed` while there is none. */
  serverStatus(): Promise<ServerStatus> {
    return this.#port.status()
  }

  /** Ends what this application has, and leaves the server. `keepProfiles` means nothing here: they are everybody's. */
  override async close(options: Parameters<Sip['close']>[0] = {}): Promise<void> {
    this.#attachment.next({ is: 'closed' })
    await super.close(options)
    this.#port.detach()
    this.#attachment.complete()
  }
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, milliseconds))

/** The program of the package: beside this file, in what is built. */
const program = (): string => fileURLToPath(new URL('../cli/main.js', import.meta.url))

/** Returns whether it is still there. */
const launch = (socket: string, { command, args, env, idle = 30 }: StartOptions): (() => boolean) => {
  const given = args ?? [program(), 'serve', '--socket', socket, '--idle', String(idle)]
  const child = spawn(command ?? process.execPath, given, {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...env, [startedFor]: socket },
  })
  let running = true
  const over = (): void => {
    running = false
  }
  // One that cannot be started is told by nobody being there in time.
  child.on('error', over)
  child.on('exit', over)
  child.unref()
  return () => running
}

interface Way {
  readonly socket: string
  readonly start: StartOptions | undefined
  readonly timeout: number
}

/** True for what passes when one waits a little: nobody is there yet, or somebody is just going. */
const passes = (error: unknown): boolean =>
  isSipError(error) && (error.code === 'could-not-connect' || error.code === 'closed')

/** Finds the server, or starts it and waits for it. */
const find = async (
  port: ClientPort,
  { socket, start, timeout }: Way,
  wanted: () => boolean,
): Promise<void> => {
  const until = performance.now() + timeout
  let isStarting = (): boolean => false
  for (let pause = 5; ; pause = Math.min(100, pause * 2)) {
    try {
      return await attachWithin(port, socket, until - performance.now())
    } catch (error) {
      if (!passes(error) || !wanted() || performance.now() > until) throw error
      if (!start) throw error
      // Ours may have lost against another, or against one that was just going.
      if (!isStarting()) {
        prepareFolder(socket)
        isStarting = launch(socket, start)
      }
    }
    await wait(pause)
  }
}

/**
 * The same as `createSip`, with the engine of the shared server, which is started when it is not there (`start`). What this
 * application makes is its own; when it goes, by whatever way, its calls are hung up and its registrations taken back.
 *
 * Misuse is thrown as in one process. What only the server can know comes on `errors$` of the object: a command that it
 * refuses ends the object that it was to make. When the server goes, every object tells `closed` and is gone; the `Sip`
 * attaches again by itself (`attachment$`), and what was lost is to be made anew. It starts another server only in the place
 * of one that an application had started.
 *
 * Rejects with `argument` for a name that is none, for capabilities that make no sense and for other wrong options;
 * `could-not-connect` when there is no server in time; `already-exists` when an application of this name is attached;
 * `permission` for a token that is not known; `not-supported` for a server of another version. CSIP::NewL()
 *
 * @example
 * import { attachSip } from 'sipactor/shared'
 *
 * const sip = await attachSip({ clientId: 'phone' })
 * const connection = sip.connect()
 * await connection.active()
 */
export const attachSip = async (options: AttachOptions): Promise<AttachedSip> => {
  const start = checkAttach(options)
  const {
    clientId,
    token,
    capabilities,
    socket = defaultSocket(),
    start: _,
    reconnect = true,
    timeout = 10_000,
    wireLimits,
    ...api
  } = options
  const port = new ClientPort({
    client: clientId,
    now: () => performance.now(),
    ...(token !== undefined && { token }),
    ...(capabilities && { capabilities: checkCapabilities(capabilities) }),
    ...(wireLimits && { limits: wireLimits }),
  })
  const way: Way = { socket, start, timeout }
  await find(port, way, () => true)
  const attachment = new BehaviorSubject<AttachmentState>({ is: 'attached' })
  const again = async (): Promise<void> => {
    for (let pause = 100; attachment.value.is === 'detached'; pause = Math.min(5000, pause * 2)) {
      try {
        // Where somebody runs the server, it is theirs to start: one of ours would lack what they gave it, and be in its place.
        const back = port.started ? way : { ...way, start: undefined }
        await find(port, back, () => attachment.value.is === 'detached')
        if (attachment.value.is === 'detached') attachment.next({ is: 'attached' })
        else port.detach()
        return
      } catch (error) {
        if (attachment.value.is === 'detached' && isSipError(error))
          attachment.next({ is: 'detached', error })
        await wait(pause)
      }
    }
  }
  port.onLost = error => {
    if (attachment.value.is !== 'attached') return
    attachment.next({ is: 'detached', error })
    if (reconnect) void again()
  }
  return new AttachedSip(port, attachment, api)
}
