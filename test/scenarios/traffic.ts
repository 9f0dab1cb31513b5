/** Many calls between two engines on one simulated network, and what became of each at both ends. */
import type { Call, CallEnd, Connection, Platform } from '../../src/index.ts'
import { type SimulatedNetworkOptions, simulatedNetwork, virtualClock } from '../../src/testing/index.ts'
import { sdp } from '../support/text.ts'

export const caller = '192.0.2.1'
export const callee = '192.0.2.2'
export const calleeUri = `sip:bob@${callee}:5060`

export const createScene = (conditions: Omit<SimulatedNetworkOptions, 'clock'> = {}) => {
  const clock = virtualClock()
  const network = simulatedNetwork({ clock, latency: { min: 5, max: 25 }, ...conditions })
  return { clock, network }
}

export interface CallStory {
  readonly end: CallEnd | undefined
  readonly state: string
  /** It was confirmed at some time. */
  readonly up: boolean
  /** All that the application was told, in order. */
  readonly told: readonly string[]
}

/** Writes down what the application hears of a call. */
const follow = (call: Call) => {
  const told: string[] = []
  call.state$.subscribe({
    next: ({ is }) => void told.push(is),
    complete: () => void told.push('complete'),
  })
  call.events$.subscribe(({ type }) => void told.push(`event ${type}`))
  call.responses$.subscribe(({ status }) => void told.push(`response ${status}`))
  call.errors$.subscribe(({ code }) => void told.push(`error ${code}`))
  return (): CallStory => {
    const { state } = call
    const end = state.is === 'terminated' ? state.end : undefined
    return { end, state: state.is, up: told.includes('confirmed'), told }
  }
}

export interface TrafficOptions {
  readonly calls: number
  /** Milliseconds from one call to the next. Default 20. */
  readonly interval?: number
  /** Milliseconds until a ringing call is answered, and until an answered one is hung up by the caller. Default 500. */
  readonly step?: number
}

/** Lets one connection call the other. Returns both ends of each call, the callee's by Call-ID of the caller's. */
export const traffic = (
  clock: ReturnType<typeof virtualClock>,
  from: Connection,
  to: Connection,
  { calls, interval = 20, step = 500 }: TrafficOptions,
) => {
  const outgoing: (() => CallStory)[] = []
  const incoming: (() => CallStory)[] = []
  const later = (task: () => void): void => void clock.setTimeout(task, step)
  to.calls$.subscribe(call => {
    incoming.push(follow(call))
    call.ring()
    later(() => {
      if (call.can('accept')) void call.accept(sdp(callee)).catch(() => {})
    })
  })
  const start = (): void => {
    const call = from.invite(calleeUri, { offer: sdp(caller) })
    outgoing.push(follow(call))
    call.established().then(
      () => later(() => void call.hangUp()),
      () => {},
    )
  }
  for (let index = 0; index < calls; index += 1) clock.setTimeout(start, index * interval)
  return {
    outgoing: () => outgoing.map(story => story()),
    incoming: () => incoming.map(story => story()),
  }
}

/** The same platform, whose UDP sends everything `copies` times. */
export const repeating = (platform: Platform, copies: number): Platform => ({
  ...platform,
  transports: platform.transports.map(transport => ({
    ...transport,
    listen: (local, accept) =>
      transport.listen(local, flow =>
        accept({
          transport: flow.transport,
          local: flow.local,
          ...(flow.remote && { remote: flow.remote }),
          send: (bytes, target) => {
            for (let copy = 0; copy < copies; copy += 1) flow.send(bytes, target)
          },
          close: () => flow.close(),
        }),
      ),
  })),
})
