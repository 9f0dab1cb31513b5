import { describe, expect, it } from 'vitest'
import { reasonHeader, reasonsOf } from '../../src/rules/reason.ts'
import {
  acknowledges,
  firstRSeq,
  rackFor,
  requiresReliable,
  rseqOf,
  supportsReliable,
} from '../../src/rules/reliable.ts'
import { make, reply } from './support.ts'

describe('reliable provisional responses (RFC 3262)', () => {
  it.each([
    [{ Supported: 'timer, 100REL' }, true, false],
    [{ Require: '100rel' }, true, true],
    [{ Supported: 'timer' }, false, false],
    [{}, false, false],
  ])('%o: supported %s, required %s', (lines, supported, required) => {
    const invite = make('INVITE', lines)
    expect([supportsReliable(invite), requiresReliable(invite)]).toEqual([supported, required])
  })

  it.each([
    [183, { Require: '100rel', RSeq: '7' }, 7],
    [100, { Require: '100rel', RSeq: '7' }, undefined],
    [200, { Require: '100rel', RSeq: '7' }, undefined],
    [183, { RSeq: '7' }, undefined],
    [183, { Require: '100rel' }, undefined],
    [183, { Require: '100rel', RSeq: '0' }, undefined],
    [183, { Require: '100rel', RSeq: 'x' }, undefined],
    [183, { Require: '100rel', RSeq: '7', To: '<sip:bob@example.com>' }, undefined],
  ])('a %i with %o has the number %s', (status, lines, rseq) =>
    expect(rseqOf(reply(status, lines))).toBe(rseq),
  )

  it.each([
    [[0, 0, 0, 0], 1],
    [[0x7f, 0xff, 0xff, 0xfe], 2 ** 31 - 1],
    [[0x7f, 0xff, 0xff, 0xff], 1],
    [[0xff, 0xff, 0xff, 0xff], 2],
  ])('chance of %o makes the first number %i (§3)', (bytes, rseq) =>
    expect(firstRSeq(new Uint8Array(bytes))).toBe(rseq),
  )

  it('names number, CSeq and method in RAck, and knows them again (§7.2)', () => {
    const response = reply(183, { CSeq: '5 INVITE' })
    expect(rackFor(7, response)).toBe('7 5 INVITE')
    const prack = (rack: string) => make('PRACK', { RAck: rack })
    expect(acknowledges(prack('7 5 INVITE'), 7, response)).toBe(true)
    for (const wrong of ['8 5 INVITE', '7 6 INVITE', '7 5 UPDATE', 'nonsense'])
      expect(acknowledges(prack(wrong), 7, response)).toBe(false)
  })
})

describe('Reason (RFC 3326)', () => {
  it('is read with all its values', () => {
    const bye = make('BYE', {
      Reason: ['Q.850;cause=16;text="Normal, \\"call\\" clearing"', 'SIP ;cause=200, X;y=z'],
    })
    expect(reasonsOf(bye)).toEqual([
      { protocol: 'Q.850', cause: 16, text: 'Normal, "call" clearing' },
      { protocol: 'SIP', cause: 200 },
      { protocol: 'X' },
    ])
    expect(reasonsOf(make('BYE'))).toEqual([])
    expect(reasonsOf(make('BYE', { Reason: ';;' }))).toEqual([])
    expect(reasonsOf(make('BYE', { Reason: 'SIP;cause=many' }))).toEqual([{ protocol: 'SIP' }])
  })

  it('is written so that it is read the same', () => {
    const reason = { protocol: 'SIP', cause: 486, text: 'a "b" \\ c' }
    const [name, value] = reasonHeader(reason)
    expect(reasonsOf(make('BYE', { [name]: value }))).toEqual([reason])
  })

  it.each([
    [{ protocol: '' }],
    [{ protocol: 'a b' }],
    [{ protocol: 'SIP', cause: 1.5 }],
    [{ protocol: 'SIP', cause: 65_536 }],
    [{ protocol: 'SIP', text: 'a\nb' }],
    [undefined],
  ])('refuses %o', bad =>
    expect(() => reasonHeader(bad as never)).toThrow(expect.objectContaining({ code: 'argument' })),
  )
})
