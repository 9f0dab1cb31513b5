/**
 * An engine that speaks only the protocol of `@xstate/inspect`: over the WebSocket of the address (`#receiver`), or in
 * the window that has opened the page or holds it in a frame (`#window`).
 */
import { learnChart } from '../chart/layouts.ts'
import { type Hearing, hearSocket, hearWindow } from '../receivers/index.ts'
import { append, clear, notice } from './trace.ts'

const hearing = (): Hearing => ({
  onFrames: frames => append(frames),
  onChart: learnChart,
  onError: error => {
    notice.value = `The engine cannot be heard: ${error instanceof Error ? error.message : 'the connection failed'}.`
  },
})

/** Hears an engine as the address says. @returns false when it says nothing of that */
export const hearAsAsked = (): boolean => {
  const way = location.hash.slice(1)
  if (way === 'receiver') {
    clear({ is: 'engine', name: 'xstate-inspect' })
    hearSocket(
      `${location.host}${new URL('./xstate-inspect', location.href).pathname}`,
      hearing(),
      location.protocol === 'https:',
    )
    return true
  }
  if (way !== 'window') return false
  clear({ is: 'engine', name: 'window' })
  if (!hearWindow(hearing())) notice.value = 'No window has opened this page, and none holds it.'
  return true
}
