/**
 * What joint walks (test/models/joint-walk) have found, each as short as it goes. Whatever went wrong before, `play` says
 * what is wrong at the end.
 */
import { expect, it } from 'vitest'
import { play } from '../models/joint-walk.ts'
import type { Setup } from '../models/joint-walk-party.ts'

const nothingWrong = async (script: string, setup: Setup = {}): Promise<void> =>
  expect((await play(script, setup)).wrong).toEqual([])

it('takes no offer of an UPDATE back for the ACK of the INVITE before it (RFC 3261 §13.2.1, RFC 3311)', () =>
  nothingWrong('A invite, 30, B accept, B offer'))

it('takes no offer of a re-INVITE back for a repeated ACK of the peer (§13.2.2.4)', () =>
  nothingWrong('A invite, 30, B accept, 50, 100, A hold, 15, B queued', {
    weather: { reorder: { probability: 0.3, delay: { min: 10, max: 700 } } },
    seed: 971,
  }))

it('takes no offer of ours back for an ACK to a request of ours with the same number (§13.2.1)', () =>
  nothingWrong('A invite, 30, B accept, B queued', {
    weather: { reorder: { probability: 0.3, delay: { min: 10, max: 700 } } },
    seed: 6410,
  }))

it('sends a BYE again that a NOTIFY has overtaken (§12.2.2)', () =>
  nothingWrong('A invite, 30, B accept, 5, 15, B transfer, A hangUp, 500, A cancel', {
    weather: { reorder: { probability: 0.3, delay: { min: 10, max: 700 } } },
    seed: 7181,
  }))

it('counts an offer as made that waits for its stream to open (§14.2, RFC 3311 §5.2)', () =>
  nothingWrong('A invite, 30, B accept, 50, A bare, B offer', { wire: 'TCP' }))

it('makes its offer anew when the peer has changed the session while media was asked for it (RFC 3264 §4)', () =>
  nothingWrong('A invite, 30, B accept, 2000, B resume, A offer', { slow: 25, offer: 'none' }))
