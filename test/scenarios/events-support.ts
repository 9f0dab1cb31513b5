/** What we sent in a scene, as messages, for scenarios about headers on all of them. */
import { isMalformed, parse } from '../../src/message/index.ts'
import type { SipMessage } from '../../src/message/types.ts'
import { brief, type Scene } from './support.ts'

/** Everything that our engine has sent, in order. */
export const sentMessages = ({ packets }: Scene, host = '192.0.2.1'): readonly SipMessage[] =>
  packets.flatMap(({ from, bytes }) => {
    const message = from.host === host ? parse(bytes) : undefined
    return message === undefined || isMalformed(message) ? [] : [message]
  })

/** `[BYE, its value of the header]` for each of them. */
export const withHeader = (scene: Scene, name: string): readonly (readonly [string, string | undefined])[] =>
  sentMessages(scene).map(message => [brief(message), message.header(name)] as const)
