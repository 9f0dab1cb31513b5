/** What one end of a joint walk can do; a move that is not possible there is refused and changes nothing. */
import type { Call } from '../../src/index.ts'
import type { SeededRandom } from '../../src/testing/index.ts'
import { hosts, type Party } from './joint-walk-party.ts'

/** Makes a call, or does something with the latest. Throws what is misuse there. */
export type Move = (party: Party, random: SeededRandom) => void

/** The latest call that is not over. */
const current = ({ calls }: Party): Call | undefined =>
  calls.findLast(({ state }) => state.is !== 'terminated') ?? calls.at(-1)

const within =
  (act: (call: Call, party: Party) => void): Move =>
  party => {
    const call = current(party)
    if (call) act(call, party)
  }

const promised = (name: string, act: (call: Call) => Promise<unknown>): Move =>
  within((call, { expect }) => expect(name, act(call)))

const queue = { queue: true }

/** By name. */
export const moves: Readonly<Record<string, Move>> = {
  invite: ({ connection, peer, setup: { offer, autoAck, reliable }, expect, follow }) => {
    const call = connection.invite(peer, {
      ...(offer === 'none' && { offer }),
      ...(autoAck !== undefined && { autoAck }),
      ...(reliable && { reliable }),
    })
    expect('established', call.established())
    follow(call)
  },
  ring: within(call => call.ring()),
  early: within(call => {
    const sdp = call.request?.text
      ? call.request.text.replace('IN IP4 192.0.2.1', 'IN IP4 192.0.2.2')
      : undefined
    const body = sdp?.startsWith('v=0') ? { contentType: 'application/sdp', body: sdp } : {}
    call.progress(183, body)
  }),
  reliably: within(call => call.progress(183, { reliable: true })),
  accept: promised('accept', call => call.accept()),
  reject: within(call => call.reject()),
  cancel: within(call => call.cancel()),
  ack: within(call => call.ack()),
  hangUp: promised('hangUp', call => call.hangUp()),
  hold: promised('hold', call => call.hold()),
  resume: promised('resume', call => call.resume()),
  queued: promised('queued hold', call => call.hold(queue)),
  reinvite: promised('reinvite', call => call.reinvite()),
  bare: promised('bare reinvite', call => call.reinvite({ offer: 'none' })),
  update: promised('update', call => call.update()),
  offer: promised('offer by UPDATE', call =>
    call.update({
      offer: (call.localDescription ?? '').replace(
        /^(o=\S+ \S+ )(\d+)/m,
        (_, head, number) => head + (Number(number) + 1),
      ),
    }),
  ),
  refer: within((call, { expect }) => expect('refer', call.refer(`sip:c@${hosts.C}:5060`).completed())),
  transfer: promised('transfer', call => call.transfer(`sip:c@${hosts.C}:5060`)),
  info: within(call => void call.dialog?.request('INFO')),
  reset: ({ network }) => void network.reset(),
  /** However far it is. */
  leave: party => {
    const call = current(party)
    if (!call) return
    if (call.can('cancel')) call.cancel()
    else if (call.can('reject')) call.reject()
    else if (call.can('hangUp')) party.expect('hangUp', call.hangUp())
  },
}
