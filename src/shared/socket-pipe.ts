/** A pipe over a socket of Node. */
import { connect, type Socket } from 'node:net'
import { SipError } from '../errors.ts'
import type { Pipe, PipeHandler } from './pipe.ts'

/** Milliseconds in which the other side has to take what was sent, and to hang up. */
const farewell = 2000

export const socketPipe = (socket: Socket): Pipe => {
  let gathering = false
  let leaving: NodeJS.Timeout | undefined
  // One that is stopped never hangs up, and a server that ends waits for all to be gone.
  const end = (): void => {
    socket.end()
    leaving ??= setTimeout(() => socket.destroy(), farewell).unref()
  }
  const release = (): void => {
    gathering = false
    socket.uncork()
  }
  return {
    get waiting() {
      return socket.writableLength
    },
    send: bytes => {
      if (!socket.writable) return
      // What one step has to say goes in one write.
      if (!gathering) {
        gathering = true
        socket.cork()
        process.nextTick(release)
      }
      socket.write(bytes)
    },
    end,
    destroy: () => void socket.destroy(),
    listen: (handler: PipeHandler) => {
      let fault: string | undefined
      socket.on('data', bytes => handler.received(bytes))
      socket.on('error', error => {
        fault = error.message
      })
      // Half of a conversation is none.
      socket.on('end', end)
      socket.on('close', () => {
        clearTimeout(leaving)
        handler.closed(fault)
      })
    },
  }
}

/** Connects. Rejects with `could-not-connect` when nobody is there. */
export const connectTo = (path: string): Promise<Pipe> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socketPipe(socket))
    })
    socket.once('error', cause =>
      reject(new SipError('could-not-connect', `no shared server at ${path}`, { cause })),
    )
  })
