/** A pipe over a socket of Node. */
import { connect, type Socket } from 'node:net'
import { SipError } from '../errors.ts'
import type { Pipe, PipeHandler } from './pipe.ts'

export const socketPipe = (socket: Socket): Pipe => {
  let gathering = false
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
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    listen: (handler: PipeHandler) => {
      let fault: string | undefined
      socket.on('data', bytes => handler.received(bytes))
      socket.on('error', error => {
        fault = error.message
      })
      // Half of a conversation is none.
      socket.on('end', () => void socket.end())
      socket.on('close', () => handler.closed(fault))
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
