import { describe } from 'vitest'
import { reliableReceipt } from '../../machines/index.ts'
import { SipError } from '../../src/errors.ts'
import { answerTo, invite, request } from '../support/build.ts'
import { absorbs, begin, row } from '../support/steps.ts'

const call = invite()
const reliable = (rseq: number, offer = false) => ({
  type: 'wire.reliable',
  response: answerTo(call, 183),
  rseq,
  offer,
})
const ourPrack = request('PRACK', { cseq: 2 })
const automatic = begin(reliableReceipt, { autoPrack: true })
const byHand = begin(reliableReceipt, { autoPrack: false })
const [first, second, offer] = [reliable(7), reliable(8), reliable(7, true)]

describe('reliable provisional responses at a caller (RFC 3262 §4)', () => {
  row('takes the first whatever its number, tells it and acknowledges it', automatic, first, {
    to: 'receiving',
    did: [
      ['tell', first.response],
      ['prack', first],
    ],
  })
  row('takes the next in order', automatic.send(first), second, {
    to: 'receiving',
    did: [
      ['tell', second.response],
      ['prack', second],
    ],
  })
  absorbs('drops what comes twice, late or too early', automatic.send(second), second, first, reliable(10))
  row('asks the application when an answer is needed (§5)', automatic, offer, {
    to: 'asking',
    did: [
      ['tell', offer.response],
      ['ask', offer],
    ],
  })
  row(
    'sends its PRACK with the answer',
    automatic.send(offer),
    { type: 'tu.prack', body: 'v=0' },
    {
      to: 'receiving',
      did: [['prack', { response: offer.response, rseq: 7, body: 'v=0' }]],
    },
  )
  row('asks always, when the application has it so', byHand, first, {
    to: 'asking',
    did: [
      ['tell', first.response],
      ['ask', first],
    ],
  })
  row(
    'sends a PRACK without body',
    byHand.send(first),
    { type: 'tu.prack' },
    {
      to: 'receiving',
      did: [['prack', { response: first.response, rseq: 7 }]],
    },
  )
  absorbs('takes no other before that', byHand.send(first), second)
  const ok = { type: 'transaction.success', response: answerTo(ourPrack, 200) }
  row('hears the answer to an offer of ours', automatic.send(first), ok, {
    to: 'receiving',
    did: [['agree', ok.response]],
  })
  const refused = { type: 'transaction.failure', response: answerTo(ourPrack, 481) }
  row('tells that its PRACK was refused', automatic.send(first), refused, {
    to: 'receiving',
    did: [['fail', refused]],
  })
  const failed = { type: 'transaction.failed', error: new SipError('timeout', 'no answer') }
  row('tells that nobody answered it', automatic.send(first), failed, {
    to: 'receiving',
    did: [['fail', failed]],
  })
  row('ends with the dialog', automatic, { type: 'tu.stop' }, { to: 'ended' })
})
