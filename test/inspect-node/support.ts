/** An inspector over an engine in virtual time, and clients of it over real sockets of this machine. */
import { request } from 'node:http'
import { type ClientOptions, WebSocket } from 'ws'
import type { ActorRecord, Sip } from '../../src/index.ts'
import type { WireFrame } from '../../src/inspect/index.ts'
import { type InspectorOptions, serveInspector } from '../../src/inspect-node/index.ts'
import { createWorld } from '../support/world.ts'

export const sdp =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'

/** Two engines, alice's watched; `call` makes one and ends it. */
export const inspected = async (options: InspectorOptions = {}) => {
  const world = createWorld()
  const alice = await world.party('192.0.2.1')
  const bob = await world.party('192.0.2.2')
  bob.connection.calls$.subscribe(call => {
    call.ring()
    call.accept(sdp).catch(() => undefined)
  })
  const inspector = await serveInspector(alice.sip, options)
  return {
    world,
    alice,
    bob,
    inspector,
    port: Number(new URL(inspector.url).port),
    async call(): Promise<void> {
      const call = alice.connection.invite('sip:bob@192.0.2.2', { offer: sdp })
      await world.run(500)
      const ended = call.hangUp()
      await world.run(500)
      await ended
    },
    async end(): Promise<void> {
      await inspector.close()
      await world.end()
    },
  }
}

export interface Word {
  readonly type: string
  readonly seq?: number
  readonly from?: number
  readonly to?: number
  readonly of?: number
  readonly engine?: string
  readonly engines?: readonly string[]
  readonly instance?: string
  readonly version?: number
  readonly ring?: number
  readonly redacted?: boolean
  readonly actors?: readonly ActorRecord[]
  readonly frames?: readonly WireFrame[]
  readonly actor?: string
  readonly value?: unknown
}

/** A native client, written by hand. */
export class Native {
  readonly words: Word[] = []
  readonly socket: WebSocket
  closed: { readonly code: number; readonly why: string } | undefined
  #changed = (): void => undefined

  constructor(url: string, options: ClientOptions = {}, protocol: string | undefined = 'sipactor-trace.1') {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), protocol, options)
    this.socket.on('message', data => {
      this.words.push(JSON.parse((data as Buffer).toString()) as Word)
      this.#changed()
    })
    this.socket.on('close', (code, why) => {
      this.closed = { code, why: String(why) }
      this.#changed()
    })
    this.socket.on('error', () => undefined)
  }

  /** Settles when it holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.closed) throw new Error(`closed: ${this.closed.code} ${this.closed.why}`)
      await new Promise<void>(resolve => {
        this.#changed = resolve
      })
    }
  }

  async untilClosed(): Promise<{ readonly code: number; readonly why: string }> {
    while (!this.closed)
      await new Promise<void>(resolve => {
        this.#changed = resolve
      })
    return this.closed
  }

  say(value: unknown): void {
    this.socket.send(typeof value === 'string' ? value : JSON.stringify(value))
  }

  get frames(): readonly WireFrame[] {
    return this.words.flatMap(({ frames }) => frames ?? [])
  }

  last(type: string): Word | undefined {
    return this.words.findLast(word => word.type === type)
  }

  close(): void {
    this.socket.close()
  }
}

/** Status of a refused WebSocket, or `open`. */
export const knock = (
  url: string,
  options: ClientOptions = {},
  protocol = 'sipactor-trace.1',
): Promise<number | 'open'> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), protocol, options)
    socket.once('open', () => {
      resolve('open')
      socket.terminate()
    })
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      response.resume()
    })
    socket.once('error', reject)
  })

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** An HTTP request with headers that `fetch` would not let us set. */
export const ask = (
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  path?: string,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url)
    const sent = request(
      { host: hostname, port, path: path ?? pathname, method, headers, agent: false },
      response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk as Buffer))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end()
  })

/** All that one engine says from now on, to compare with what clients got. */
export const recorded = (sip: Sip) => {
  const seqs: number[] = []
  sip.trace$.subscribe(({ seq }) => seqs.push(seq))
  return seqs
}
