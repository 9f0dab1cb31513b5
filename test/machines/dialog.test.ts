import { describe, expect, it } from 'vitest'
import { dialog } from '../../machines/index.ts'
import { uacDialog } from '../../src/rules/dialog.ts'
import { answerTo, invite, request } from '../support/build.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const call = invite()
const record = uacDialog(call, answerTo(call, 180, { headers: [['Contact', '<sip:bob@192.0.2.2>']] }))
const confirmedRecord = uacDialog(
  call,
  answerTo(call, 200, { headers: [['Contact', '<sip:bob@192.0.2.9>']] }),
)
const incoming = (method: string, cseq: number) => ({
  type: 'wire.request',
  transaction: `z9hG4bK-${cseq}`,
  request: request(method, { cseq }),
})
const ack = request('ACK')
const early = begin(dialog, { record, confirmed: false })
const confirmed = begin(dialog, { record: confirmedRecord, confirmed: true })

describe('dialog', () => {
  it('is early after a provisional response (§12.1)', () => expectStep(early, { to: 'early' }))
  it('is confirmed at once by a 2xx (§12.1)', () => expectStep(confirmed, { to: 'confirmed' }))

  it('is confirmed by a later 2xx, with its Contact and route (§12.1.2, §13.2.2.4)', () => {
    const step = early.send({ type: 'dialog.confirmed', record: confirmedRecord })
    expectStep(step, { to: 'confirmed', did: [['announceTarget', confirmedRecord]] })
    expect(step.context).toHaveProperty('record.remoteTarget', 'sip:bob@192.0.2.9')
  })

  row(
    'hands an ACK for a 2xx to its usage (§13.3.1.4)',
    confirmed,
    { type: 'wire.ack', request: ack },
    {
      to: 'confirmed',
      did: [['deliverAck', ack]],
    },
  )
  absorbs('knows no ACK while it is early', early, { type: 'wire.ack', request: ack })

  describe.each([
    ['early', early],
    ['confirmed', confirmed],
  ])('%s', (state, step) => {
    const info = incoming('INFO', 7)
    row('hands a request to the usage it belongs to (§12.2.2)', step, info, {
      to: state,
      did: [['deliver', info]],
    })

    it('remembers the highest sequence number (§12.2.2)', () =>
      expect(step.send(info).context).toHaveProperty('record.remoteSeq', 7))

    row(
      'refuses a request with a lower sequence number by 500 (§12.2.2)',
      step.send(info),
      incoming('INFO', 6),
      {
        to: state,
        did: [
          [
            'refuse',
            {
              transaction: 'z9hG4bK-6',
              refusal: expect.objectContaining({ reply: expect.objectContaining({ status: 500 }) }),
            },
          ],
        ],
      },
    )

    it('takes the remote target from a target refresh that was accepted, not before (§12.2.2)', () => {
      const refresh = incoming('INVITE', 8)
      const asked = step.send(refresh)
      const before = (step.context as { record: { remoteTarget: string } }).record.remoteTarget
      expect(asked.context).toHaveProperty('record.remoteTarget', before)
      const accepted = asked.send({ type: 'dialog.accepted', request: refresh.request })
      const { record: moved } = accepted.context as { record: typeof record }
      expectStep(accepted, { to: state, did: [['announceTarget', moved]] })
      expect(moved.remoteTarget).toBe('sip:alice@192.0.2.1:5060')
    })

    it('takes the remote target from the 2xx to one of ours (§12.2.1.2)', () => {
      const refreshed = { ...record, remoteTarget: 'sip:bob@192.0.2.77' }
      const next = step.send({ type: 'dialog.refreshed', record: refreshed })
      expectStep(next, { to: state, did: [['announceTarget', refreshed]] })
      expect(next.context).toHaveProperty('record', refreshed)
      expectStep(next.send({ type: 'dialog.refreshed', record: refreshed }), { to: state })
    })

    row('ends with its last usage (§12.3)', step, { type: 'dialog.ended' }, { to: 'terminated' })
  })
})
