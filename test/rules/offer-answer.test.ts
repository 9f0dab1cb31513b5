/** Which part a description plays, and that the plain exchange is what the machine says. RFC 3264, RFC 3261 §13.2.1. */
import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { offerAnswer } from '../../machines/index.ts'
import {
  agreementOf,
  type Described,
  type Exchange,
  isPlain,
  partOf,
  plainStanding,
} from '../../src/rules/offer-answer.ts'
import { quiet } from '../support/subjects.ts'
import { sdp } from '../support/text.ts'
import { make, reply } from './support.ts'

const reliable = { Require: '100rel', RSeq: '1' }
const [none, offered, received, stable] = (['none', 'offered', 'received', 'stable'] as const).map(
  standing => ({ standing, invited: 'offer' }) as Exchange,
) as [Exchange, Exchange, Exchange, Exchange]
const bare: Exchange = { standing: 'none', invited: 'bare' }

describe('a description', () => {
  it.each([
    ['INVITE', make('INVITE'), 'sent', none, 'offer'],
    ['UPDATE', make('UPDATE'), 'received', stable, 'offer'],
    ['a 183', reply(183), 'received', offered, 'preview'],
    ['a reliable 183', reply(183, reliable), 'received', offered, 'answer'],
    ['a 200', reply(200), 'received', offered, 'answer'],
    ['a 200 after a reliable answer', reply(200), 'received', stable, undefined],
    ['a 200 to a bare INVITE', reply(200), 'received', bare, 'offer'],
    ['a 183 to a bare INVITE', reply(183), 'received', bare, undefined],
    ['a reliable 183 to a bare INVITE', reply(183, reliable), 'sent', bare, 'offer'],
    ['a 200 after that offer', reply(200), 'sent', { standing: 'stable', invited: 'done' }, undefined],
    ['PRACK to it', make('PRACK'), 'received', offered, 'answer'],
    ['PRACK otherwise', make('PRACK'), 'received', stable, 'offer'],
    ['the 200 to that', reply(200, { CSeq: '2 PRACK' }, 'PRACK'), 'sent', received, 'answer'],
    ['ACK', make('ACK'), 'received', offered, 'answer'],
    ['a repeated ACK', make('ACK'), 'received', stable, undefined],
    ['a refusal', reply(488), 'received', offered, undefined],
  ] as const)('in %s', (_, message, way, exchange, expected) =>
    expect(partOf(message, way, exchange)).toBe(expected),
  )
})

it('the plain exchange stands where the machine stands, and agrees on the same', () => {
  const types = [
    'offer.sent',
    'offer.received',
    'answer.sent',
    'answer.received',
    'answer.previewed',
  ] as const
  const texts = [sdp('192.0.2.1'), 'nonsense']
  const events: readonly Described[] = types.flatMap(type => texts.map(text => ({ type, sdp: text })))
  let [plain, other] = [0, 0]
  for (const first of events) {
    for (const second of events) {
      const actor = createActor(quiet(offerAnswer)).start()
      const heard: Described[] = []
      for (const event of [first, second]) {
        if (!isPlain(heard, event)) {
          other += 1
          break
        }
        plain += 1
        heard.push(event)
        actor.send(event)
        expect(actor.getSnapshot().value).toBe(plainStanding(heard))
      }
      if (heard.length === 2)
        expect(actor.getSnapshot().context.agreed).toEqual(agreementOf(heard[0]!, heard[1]!))
    }
  }
  expect([plain > 20, other > 20]).toEqual([true, true])
})
