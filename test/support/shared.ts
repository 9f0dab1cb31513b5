/** Two ends of a pipe in memory, and an application at a shared server over it. */
import type { EnginePort } from '../../src/engine/commands.ts'
import type { Clock } from '../../src/engine/ports.ts'
import type { ClientCapabilities } from '../../src/rules/capabilities.ts'
import { ClientPort } from '../../src/shared/client-port.ts'
import type { Pipe, PipeHandler } from '../../src/shared/pipe.ts'
import { SharedServer, type SharedServerOptions } from '../../src/shared/server.ts'

/** How bytes get from one end to the other: at once, or a little later but in order. */
export type Deliver = (task: () => void) => void

const atOnce: Deliver = task => task()

/** Later in the same instant: after the present step of the program, as over a socket, and before any timer. */
export const soon: Deliver = task => void Promise.resolve().then(task)

/** Cuts what is sent into pieces of these sizes, over and over. */
export interface DuplexOptions {
  readonly deliver?: Deliver
  /** Bytes of each piece; default: as sent. */
  readonly piece?: number
}

export const duplex = ({ deliver = atOnce, piece }: DuplexOptions = {}) => {
  const ends: [End, End] = [new End(), new End()]
  const connect = (near: End, far: End): void => {
    near.toFar = bytes => {
      const size = piece ?? Math.max(1, bytes.length)
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.slice(at, at + size)
        deliver(() => far.get(part))
      }
    }
    near.closeFar = fault => deliver(() => far.close(fault))
  }
  connect(ends[0], ends[1])
  connect(ends[1], ends[0])
  return ends
}

class End implements Pipe {
  waiting = 0
  toFar: (bytes: Uint8Array) => void = () => undefined
  closeFar: (fault?: string) => void = () => undefined
  #handler: PipeHandler | undefined
  #closed = false
  /** What came before anybody listened. */
  readonly #early: Uint8Array[] = []

  get isClosed(): boolean {
    return this.#closed
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed) this.toFar(bytes)
  }

  end(): void {
    if (this.#closed) return
    this.closeFar()
    this.close()
  }

  destroy(): void {
    this.end()
  }

  listen(handler: PipeHandler): void {
    this.#handler = handler
    for (const bytes of this.#early.splice(0)) handler.received(bytes)
  }

  get(bytes: Uint8Array): void {
    if (this.#closed) return
    if (this.#handler) this.#handler.received(bytes)
    else this.#early.push(bytes)
  }

  close(fault?: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#handler?.closed(fault)
  }
}

/** A clock that stands still. */
export const stillClock: Clock = { now: () => 0, setTimeout: () => 0, clearTimeout: () => undefined }

export interface SharedOptions extends Omit<SharedServerOptions, 'engine' | 'clock'>, DuplexOptions {
  readonly clock?: Clock
}

/** A server over that engine, and the way to attach applications to it. */
export const sharedOver = (
  engine: EnginePort,
  { clock = stillClock, deliver, piece, ...options }: SharedOptions = {},
) => {
  const server = new SharedServer({ engine, clock, ...options })
  const way: DuplexOptions = { ...(deliver && { deliver }), ...(piece !== undefined && { piece }) }
  return {
    server,
    /** Begins to attach; the promise settles with the greeting. */
    join: (client: string, token?: string, capabilities?: ClientCapabilities) => {
      const [near, far] = duplex(way)
      server.accept(far)
      const port = new ClientPort({
        client,
        now: () => clock.now(),
        ...(token !== undefined && { token }),
        ...(capabilities && { capabilities }),
      })
      return { port, near, far, attached: port.attach(near) }
    },
  }
}

/** A port to that engine over frames, attached already. */
export const portOverFrames = (engine: EnginePort, options?: SharedOptions): EnginePort =>
  sharedOver(engine, options).join('app').port
