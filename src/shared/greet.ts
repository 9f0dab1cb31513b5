/** To be greeted in time: a server that is stopped takes the connection and says nothing. */
import { SipError } from '../errors.ts'
import type { ClientPort } from './client-port.ts'
import { connectTo } from './socket-pipe.ts'

/** Rejects as `ClientPort.attach` does, and with `could-not-connect` after that many milliseconds. */
export const attachWithin = async (port: ClientPort, socket: string, time: number): Promise<void> => {
  const pipe = await connectTo(socket)
  let late = false
  const timer = setTimeout(
    () => {
      late = true
      pipe.destroy()
    },
    Math.max(0, time),
  )
  try {
    await port.attach(pipe)
  } catch (error) {
    throw late ? new SipError('could-not-connect', `the shared server at ${socket} says nothing`) : error
  } finally {
    clearTimeout(timer)
  }
}
