/**
 * The stage of the acceptance scenarios: our engine at 192.0.2.1, the scripted peer P at 192.0.2.2, the registrar at
 * 192.0.2.10, and all that crosses the wire. Every world ends with its test.
 */
import type { Observable } from 'rxjs'
import { afterEach } from 'vitest'
import type { TransportName } from '../../src/engine/ports.ts'
import type { Call, ConnectionOptions, InviteOptions, SipOptions } from '../../src/index.ts'
import { isMalformed, parse } from '../../src/message/index.ts'
import type { SipMessage, SipRequest } from '../../src/message/types.ts'
import type { Packet } from '../../src/testing/index.ts'
import { type TestRegistrarOptions, testRegistrar } from '../../src/testing/index.ts'
import { createPeer, type PeerOptions, type PeerRequestOptions } from '../support/peer.ts'
import { sdp } from '../support/text.ts'
import { createWorld, type WorldOptions } from '../support/world.ts'

export const transports = ['UDP', 'TCP'] as const
export type Wire = (typeof transports)[number]

export const ourOffer = sdp('192.0.2.1')
export const theirs = sdp('192.0.2.2')

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of open.splice(0)) await end()
})

/** Everything a stream has given, and whether it is over. */
export const record = <T>(stream: Observable<T>) => {
  const seen = { values: [] as T[], complete: false }
  stream.subscribe({
    next: value => void seen.values.push(value),
    complete: () => {
      seen.complete = true
    },
  })
  return seen
}

/** The story of a call as its handle tells it. */
export const follow = (call: Call) => {
  const states = record(call.state$)
  const events = record(call.events$)
  const errors = record(call.errors$)
  const responses = record(call.responses$)
  return {
    get states() {
      return states.values.map(({ is }) => is)
    },
    get events() {
      return events.values.filter(({ type }) => type !== 'dialog')
    },
    get eventTypes() {
      return events.values.map(({ type }) => type).filter(type => type !== 'dialog')
    },
    get dialogs() {
      return events.values.flatMap(event => (event.type === 'dialog' ? [event.dialog] : []))
    },
    get errors() {
      return errors.values.map(({ code, status }) => (status === undefined ? [code] : [code, status]))
    },
    get statuses() {
      return responses.values.map(({ status }) => status)
    },
    get complete() {
      return states.complete
    },
  }
}

/** `INVITE`, `200 INVITE`: a message in short. */
export const brief = (message: SipMessage): string =>
  message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`

const readPacket = ({ bytes }: Packet): readonly SipMessage[] => {
  const message = parse(bytes)
  return isMalformed(message) ? [] : [message]
}

export interface SceneOptions extends WorldOptions {
  readonly wire?: TransportName
  readonly sip?: Omit<SipOptions, 'platform'>
  readonly connection?: ConnectionOptions
  readonly ours?: string
  readonly theirs?: string
  readonly peer?: Partial<PeerOptions>
}

export const createScene = async (options: SceneOptions = {}) => {
  const {
    wire = 'UDP',
    sip,
    connection: given,
    ours = '192.0.2.1',
    theirs: far = '192.0.2.2',
    peer,
  } = options
  const world = createWorld(options)
  open.push(() => world.end())
  const { network, clock } = world
  const packets: Packet[] = []
  network.onPacket(packet => void packets.push(packet))
  const us = await world.party(ours, sip, { user: 'alice', ...given })
  const bob = createPeer(network, { host: far, name: 'bob', transport: wire, ...peer })
  const address = { host: ours, port: 5060 }
  const literal = ours.includes(':') ? `[${ours}]` : ours
  const ourUri = `sip:alice@${literal}:5060`

  /** What one host has sent, in short. */
  const said = (host: string): readonly string[] =>
    packets.filter(({ from }) => from.host === host).flatMap(packet => readPacket(packet).map(brief))

  /** Our call to P: the handle, and P's INVITE. */
  const call = async (given: Partial<InviteOptions> = {}, wait = 10) => {
    const made = us.connection.invite(bob.uri, { offer: ourOffer, ...given })
    const story = follow(made)
    await world.run(wait)
    return { call: made, story, invite: bob.next('INVITE') }
  }

  /** Our call to P, answered and acknowledged. */
  const established = async () => {
    const begun = await call()
    const ok = bob.reply(begun.invite, 200, { body: theirs })
    await world.run(10)
    return { ...begun, ok, ack: bob.next('ACK'), dialog: bob.inDialog(begun.invite, ok) }
  }

  /** P calls us; nobody has answered yet. */
  const called = async (given: Partial<PeerRequestOptions> = {}) => {
    const found: { readonly call: Call; readonly story: ReturnType<typeof follow> }[] = []
    const subscription = us.connection.calls$.subscribe(
      incoming => void found.push({ call: incoming, story: follow(incoming) }),
    )
    const invite = bob.request('INVITE', { to: address, uri: ourUri, body: theirs, ...given })
    await world.run(10)
    subscription.unsubscribe()
    const [only] = found
    if (!only) throw new Error('the INVITE did not come up')
    return { ...only, invite }
  }

  /** P calls us, we answer, P acknowledges. */
  const answered = async (given: Partial<PeerRequestOptions> = {}) => {
    const begun = await called(given)
    void begun.call.accept(ourOffer)
    await world.run(10)
    const ok = bob.next(200)
    const dialog = bob.inDialog(begun.invite, ok)
    dialog.ack()
    await world.run(10)
    return { ...begun, ok, dialog }
  }

  return {
    world,
    network,
    clock,
    run: world.run,
    connection: us.connection,
    sip: us.sip,
    bob,
    address,
    ourUri,
    packets,
    /** What we sent, in short. */
    ourWords: () => said(ours),
    /** When we sent what is so called, in milliseconds after `since`. */
    timesOf: (name: string, since = 0): readonly number[] =>
      packets
        .filter(
          packet => packet.from.host === ours && readPacket(packet).some(message => brief(message) === name),
        )
        .map(({ time }) => time - since),
    /** Another scripted peer. */
    another: (host: string, name: string) => createPeer(network, { host, name, transport: wire }),

    call,
    established,
    called,
    answered,
  }
}

export type Scene = Awaited<ReturnType<typeof createScene>>

export const branchOf = (message: SipMessage): string | undefined => message.via.params.get('branch')

/** What two copies of a request have in common: everything but what the way adds. */
export const lines = (request: SipRequest) => ({
  uri: request.uri,
  branch: branchOf(request),
  from: request.header('from'),
  to: request.header('to'),
  callId: request.callId,
  cseq: request.header('cseq'),
  route: request.headers('route'),
  authorization: request.headers('authorization'),
  proxyAuthorization: request.headers('proxy-authorization'),
  body: request.text,
})

/** Our engine beside a registrar that serves alice. */
export const registrarScene = async (
  policy: Partial<TestRegistrarOptions> = {},
  options: {
    readonly wire?: Wire
    readonly sip?: Omit<SipOptions, 'platform'>
    readonly connection?: ConnectionOptions
  } = {},
) => {
  const world = createWorld()
  open.push(() => world.end())
  const { network } = world
  const registrar = testRegistrar({
    platform: network.platform({ host: '192.0.2.10' }),
    users: { alice: 'wonderland' },
    challenge: false,
    ...policy,
  })
  await registrar.listen()
  network.names.set('example.com', [{ host: '192.0.2.10', port: 5060 }])
  const us = await world.party('192.0.2.1', options.sip, { user: 'alice', ...options.connection })
  const { wire = 'UDP' } = options
  const requests = () => registrar.log.map(({ request }) => request)
  const defaults = {
    aor: 'sip:alice@example.com',
    ...(wire === 'UDP' ? {} : { registrar: 'sip:example.com;transport=tcp' }),
  }
  return {
    world,
    network,
    registrar,
    run: world.run,
    connection: us.connection,
    sip: us.sip,
    requests,
    /** When each REGISTER came, in seconds after the first, rounded. */
    seconds: () => registrar.log.map(({ time }) => Math.round((time - registrar.log[0]!.time) / 1000)),
    register: (given: Partial<Parameters<typeof us.connection.register>[0]> = {}) => {
      const registration = us.connection.register({ ...defaults, ...given })
      return {
        registration,
        states: record(registration.state$),
        errors: record(registration.errors$),
        responses: record(registration.responses$),
      }
    },
  }
}
