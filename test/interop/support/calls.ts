/** Calls between a party and SIPp: ours to it, and its to us. */
import type { Call, CallState, InviteOptions } from '../../../src/index.ts'
import { sdp } from './offer.ts'
import { host, type Party } from './party.ts'

/** A call and its states so far. */
export interface Watched {
  readonly call: Call
  readonly states: CallState['is'][]
}

/** Calls that port, with an offer unless the options have one. */
export const invite = (
  us: Party,
  { port }: { readonly port: number },
  options: InviteOptions = {},
  user = 'service',
): Watched => {
  const [transport = 'UDP'] = us.connection.addresses.map(address => address.transport)
  const uri = `sip:${user}@${host}:${port};transport=${transport.toLowerCase()}`
  const call = us.connection.invite(uri, 'media' in options ? options : { offer: sdp(), ...options })
  const states: CallState['is'][] = []
  call.state$.subscribe(({ is }) => states.push(is))
  return { call, states }
}

/** Does that with each call that comes. */
export const answering = (us: Party, act: (call: Call) => void): readonly Watched[] => {
  const calls: Watched[] = []
  us.connection.calls$.subscribe(call => {
    const states: CallState['is'][] = []
    call.state$.subscribe(({ is }) => states.push(is))
    calls.push({ call, states })
    act(call)
  })
  return calls
}

/** Answers at once, by media; a call that ends before its ACK says so in its states. */
export const accept = (call: Call): void => void call.accept().catch(() => undefined)
