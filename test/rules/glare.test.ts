/** What becomes of changes of a session that meet. RFC 3261 §14, RFC 3311 §5. */
import { describe, expect, it } from 'vitest'
import {
  changeMethod,
  isRepeatedOffer,
  judgeChange,
  mostAttempts,
  retryPause,
  type Situation,
} from '../../src/rules/glare.ts'
import { sdp } from '../support/text.ts'
import { reply } from './support.ts'

const calm: Situation = {
  method: 'INVITE',
  body: 'offer',
  standing: 'stable',
  ourInvite: false,
  theirInvite: false,
  theirUpdate: false,
  ending: false,
  unchanged: false,
  chance: 0.5,
}
const verdict = (given: Partial<Situation>) => {
  const found = judgeChange({ ...calm, ...given })
  return typeof found === 'string' ? found : found.reply.status
}
const update = { method: 'UPDATE' } as const

describe('a change of the peer', () => {
  it.for<readonly [string, Partial<Situation>, string | number]>([
    ['is asked for when nothing is in the way', {}, 'ask'],
    ['by UPDATE as well', update, 'ask'],
    ['without an offer, by INVITE: ours is wanted (§14.1)', { body: 'none' }, 'ask'],
    ['without an offer, by UPDATE: a refresh (RFC 3311 §5.2)', { ...update, body: 'none' }, 'refresh'],
    ['that repeats what is in force is a refresh (RFC 3264 §8)', { unchanged: true }, 'refresh'],
    ['meets an INVITE of ours (§14.2)', { ourInvite: true }, 491],
    ['meets an offer of ours, in an UPDATE or a 2xx', { standing: 'offered' }, 491],
    ['comes before the first INVITE is answered (§14.2)', { theirInvite: true }, 500],
    ['comes before its own UPDATE is answered', { theirUpdate: true }, 500],
    ['comes before the offer of its first is answered', { standing: 'received' }, 500],
    ['by UPDATE passes an INVITE of ours without an offer in the way', { ...update, ourInvite: true }, 'ask'],
    ['by UPDATE meets an offer of ours (RFC 3311 §5.2)', { ...update, standing: 'offered' }, 491],
    ['by UPDATE, without one, does not', { ...update, body: 'none', standing: 'offered' }, 'refresh'],
    ['by UPDATE comes before the last is answered', { ...update, theirUpdate: true }, 500],
    ['by UPDATE offers while an offer is unanswered', { ...update, standing: 'received' }, 500],
    ['is no SDP', { body: 'broken' }, 400],
    ['comes when the call is over', { ending: true }, 481],
    ['asks for too short a timer (RFC 4028 §9)', { minSE: 120 }, 422],
    ['asks for it where something else is in the way', { minSE: 120, ourInvite: true }, 491],
  ])('%s', ([, given, expected]) => expect(verdict(given)).toBe(expected))

  it('is put off by 0 to 10 s, as chance has it (§14.2)', () => {
    const seconds = [0, 0.05, 0.5, 0.95, 1].map(chance => {
      const found = judgeChange({ ...calm, theirInvite: true, chance })
      return typeof found === 'string' ? found : found.reply.headers
    })
    expect(seconds).toEqual(['0', '0', '5', '10', '10'].map(value => [['Retry-After', value]]))
  })

  it('names the least timer in a 422', () =>
    expect(judgeChange({ ...calm, minSE: 120 })).toMatchObject({ reply: { headers: [['Min-SE', '120']] } }))
})

describe('a change of ours', () => {
  const glare = reply(491)

  it('waits 2.1 to 4 s in units of 10 ms when the Call-ID is ours, else 0 to 2 s (§14.1)', () => {
    const chances = Array.from({ length: 1001 }, (_, index) => index / 1000)
    const [long, short] = [true, false].map(owns => chances.map(chance => retryPause(glare, owns, chance)!))
    expect([Math.min(...long!), Math.max(...long!)]).toEqual([2100, 4000])
    expect([Math.min(...short!), Math.max(...short!)]).toEqual([0, 2000])
    for (const pause of [...long!, ...short!]) expect(pause % 10).toBe(0)
  })

  it.for([
    [500, '7', 7000],
    [500, '3 (busy);duration=60', 3000],
    [500, '0', 0],
    [500, '61', undefined],
    [500, 'soon', undefined],
    [500, undefined, undefined],
    [503, '7', undefined],
    [488, undefined, undefined],
  ] as const)('after %s with Retry-After %s waits %s ms', ([status, after, pause]) =>
    expect(retryPause(reply(status, { 'Retry-After': after }), true, 0.5)).toBe(pause),
  )

  it('is sent four times at most', () => expect(mostAttempts).toBe(4))

  it.for([
    [true, false, false, 'UPDATE'],
    [true, true, false, 'UPDATE'],
    [false, true, true, 'UPDATE'],
    [false, true, false, 'INVITE'],
    [false, false, true, 'INVITE'],
  ] as const)('early %s, refresh %s, UPDATE allowed %s: goes by %s', ([early, refresh, allows, method]) =>
    expect(changeMethod({ early, refresh, peerAllowsUpdate: allows })).toBe(method),
  )
})

describe('a repeated offer', () => {
  it('has the origin of the description in force', () => {
    const inForce = sdp('192.0.2.2')
    expect([
      isRepeatedOffer(inForce, inForce),
      isRepeatedOffer(inForce.replaceAll('\r\n', '\n'), inForce),
      isRepeatedOffer(sdp('192.0.2.2', { version: 2 }), inForce),
      isRepeatedOffer(inForce, undefined),
      isRepeatedOffer(undefined, undefined),
    ]).toEqual([true, true, false, false, false])
  })
})
