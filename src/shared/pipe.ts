/** One end of a two-way stream of bytes between an application and the shared server: a socket, or memory in tests. */

/** What a pipe tells its end. */
export interface PipeHandler {
  received(bytes: Uint8Array): void
  /** It is gone, by either side or by a fault. Called once, the last call. */
  closed(fault?: string): void
}

export interface Pipe {
  /** Bytes that were sent and have not left yet. */
  readonly waiting: number
  send(bytes: Uint8Array): void
  /** What was sent is still delivered. */
  end(): void
  /** At once: what waits is given up. */
  destroy(): void
  /** Who hears; once, before anything is received. */
  listen(handler: PipeHandler): void
}
