/** What we need of the WebSocket of a browser. Written out, so that another implementation can take its place. */

export interface DomWebSocket {
  readonly readyState: number
  readonly bufferedAmount: number
  readonly protocol: string
  binaryType: string
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number): void
}

/** The class `WebSocket` of browsers, or one like it. */
export type DomWebSocketClass = new (url: string, protocols: string[]) => DomWebSocket
