/**
 * Engines that speak only the protocol of `@xstate/inspect` 0.8, heard by its own receivers: over a WebSocket for one in
 * Node, by window messages for one in another tab or frame.
 */
import { createWebSocketReceiver, createWindowReceiver } from '@xstate/inspect'
import type { InspectReceiver } from '@xstate/inspect/lib/types'
import type { StepFrame } from '../../../src/inspect/frame.ts'
import type { ChartShape } from '../chart/types.ts'
import { ReceiverFrames } from './frames.ts'

export { ReceiverFrames } from './frames.ts'
export { shapeOfV4 } from './shape.ts'

/** What is done with what is heard. */
export interface Hearing {
  /** Records, in order. */
  readonly onFrames: (frames: readonly StepFrame[]) => void
  /** The chart of a machine: `learnChart` of ../chart/layouts.ts. */
  readonly onChart: (shape: ChartShape) => void
  /** The connection failed. */
  readonly onError?: (error: unknown) => void
  /** Milliseconds; default `performance.now()`. */
  readonly now?: () => number
}

const hear = (receiver: InspectReceiver, { onFrames, onChart, onError, now }: Hearing): (() => void) => {
  const frames = new ReceiverFrames(now ?? (() => performance.now()), onChart)
  const subscription = receiver.subscribe(
    event => {
      const made = frames.take(event)
      if (made.length > 0) onFrames(made)
    },
    error => onError?.(error),
  )
  return () => {
    subscription.unsubscribe()
    receiver.stop?.()
  }
}

/**
 * Hears an engine over a WebSocket.
 *
 * @param server host, port and path without a scheme, as the receiver wants it: `127.0.0.1:8099/?token=…`
 * @returns stops it; the receiver of 0.8 keeps its socket until the page goes
 */
export const hearSocket = (server: string, hearing: Hearing, secure = false): (() => void) =>
  hear(createWebSocketReceiver({ server, protocol: secure ? 'wss' : 'ws', serialize: undefined }), hearing)

/** This window as the receiver sees it: it hears what `target` says and nobody else, and nothing that it cannot read. */
const heardFrom = (own: Window, target: Window, onError: Hearing['onError']): Window => {
  const wrapped = new Map<unknown, (event: MessageEvent) => void>()
  const narrow = {
    addEventListener(type: 'message', listener: (event: MessageEvent) => void) {
      const only = (event: MessageEvent): void => {
        if (event.source !== target) return
        try {
          listener(event)
        } catch (error) {
          onError?.(error)
        }
      }
      wrapped.set(listener, only)
      own.addEventListener(type, only)
    },
    removeEventListener(type: 'message', listener: (event: MessageEvent) => void) {
      const only = wrapped.get(listener)
      if (only) own.removeEventListener(type, only)
    },
  }
  return narrow as unknown as Window
}

const opener = (own: Window): Window | null => (own.self === own.top ? own.opener : own.parent)

/**
 * Hears an engine in the window that opened this one, or that holds this frame. Only messages of that window are
 * heard: any page could send some.
 *
 * @param own this window; @param target that of the engine
 * @returns stops it; undefined when there is no such window
 */
export const hearWindow = (
  hearing: Hearing,
  own: Window = window,
  target: Window | null = opener(own),
): (() => void) | undefined =>
  target
    ? hear(
        createWindowReceiver({ window: heardFrom(own, target, hearing.onError), targetWindow: target }),
        hearing,
      )
    : undefined
