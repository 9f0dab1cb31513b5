/**
 * An engine's port without an engine: it records commands, and tells what the test wants told. For tests of the API
 * alone; the messages in its events are real ones, parsed from text.
 */
import type { Command, EngineEvent, EnginePort } from '../../src/engine/commands.ts'
import type { ObjectState } from '../../src/engine/states.ts'
import type { Frame } from '../../src/inspect/frame.ts'
import { isMalformed } from '../../src/message/malformed.ts'
import { parse } from '../../src/message/parse.ts'
import type { SipMessage, SipRequest, SipResponse } from '../../src/message/types.ts'
import { overWire } from './over-wire.ts'
import { portOverFrames } from './shared.ts'

type CommandOf<Type extends Command['type']> = Extract<Command, { type: Type }>

/** Parses a message that the test wrote itself. */
export const parsed = (text: string): SipMessage => {
  const message = parse(new TextEncoder().encode(text))
  if (isMalformed(message)) throw new Error(message.reason)
  return message
}

/** A request from bob, as it comes off the wire. */
export const request = (method: string, { body = '', contentType = 'application/sdp' } = {}): SipRequest =>
  parsed(
    [
      `${method} sip:alice@192.0.2.1 SIP/2.0`,
      'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1',
      'Max-Forwards: 70',
      'From: "Bob" <sip:bob@example.com>;tag=b',
      'To: <sip:alice@example.com>',
      'Call-ID: 1@192.0.2.2',
      `CSeq: 1 ${method}`,
      'Contact: <sip:bob@192.0.2.2>',
      ...(body === '' ? [] : [`Content-Type: ${contentType}`]),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n'),
  ) as SipRequest

/** A response from bob to us. */
export const response = (status: number, { method = 'OPTIONS', body = '', toTag = 'b' } = {}): SipResponse =>
  parsed(
    [
      `SIP/2.0 ${status} Phrase`,
      'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2',
      'From: <sip:alice@example.com>;tag=a',
      `To: <sip:bob@example.com>;tag=${toTag}`,
      'Call-ID: 2@192.0.2.1',
      `CSeq: 1 ${method}`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n'),
  ) as SipResponse

/** Where the fake requests come from. */
export const sender = { host: '192.0.2.2', port: 5060, transport: 'UDP' } as const

export const fakePort = () => {
  const commands: Command[] = []
  const tracers = new Set<(frame: Frame) => void>()
  let listener: (event: EngineEvent) => void = () => {}
  let ids = 0
  let refusal: Error | undefined
  let onCommand: (command: Command) => void = () => {}

  const port: EnginePort = {
    dispatch: command => {
      if (refusal) throw refusal
      commands.push(command)
      onCommand(command)
    },
    onEvent: given => {
      listener = given
    },
    trace: given => {
      tracers.add(given)
      return () => tracers.delete(given)
    },
    record: () => () => undefined,
    actors: () => ({ seq: 0, t: 0, actors: [] }),
    context: () => undefined,
    newId: kind => {
      ids += 1
      return `${kind}.${ids}`
    },
  }
  return {
    /**
     * The engine's port, or in the second run of the tests the other end of a wire to it; there is no engine that could look
     * whose a request is.
     */
    port: overWire ? portOverFrames(port, { claim: (_, [app]) => ({ client: app!.client }) }) : port,
    commands,
    tracers,
    tell: (event: EngineEvent): void => listener(event),
    state: (id: string, state: ObjectState): void => listener({ type: 'state', id, state }),
    trace: (frame: Frame): void => {
      for (const tracer of tracers) tracer(frame)
    },
    /** The next commands throw this; undefined: they are taken again. */
    refuse: (error: Error | undefined): void => {
      refusal = error
    },
    /** What the engine does while it carries a command out. */
    answer: (given: (command: Command) => void): void => {
      onCommand = given
    },
    /** The latest command of a type. */
    last: <Type extends Command['type']>(type: Type): CommandOf<Type> => {
      const found = commands.findLast(command => command.type === type)
      if (found === undefined)
        throw new Error(`no ${type} among ${commands.map(each => each.type).join(', ')}`)
      return found as CommandOf<Type>
    },
  }
}

export type FakePort = ReturnType<typeof fakePort>
