/** Replaces: who may take whose place. RFC 3891. */
import { describe, expect, it } from 'vitest'
import { replacementOf, replaceRefusal, tagsMeant } from '../../src/rules/replaces.ts'
import { make } from './support.ts'

const wanted = { callId: 'x', localTag: 'ours', remoteTag: 'theirs', earlyOnly: false }
const status = (...args: Parameters<typeof replaceRefusal>) => replaceRefusal(...args)?.reply.status

describe('the header Replaces', () => {
  it('names a dialog as we see it: to-tag is ours (§3)', () => {
    const invite = make('INVITE', { Replaces: 'x;from-tag=theirs;to-tag=ours' })
    expect(replacementOf(invite)).toEqual(wanted)
  })
  it('may be for early dialogs only (§7.1)', () => {
    const invite = make('INVITE', { Replaces: 'x;from-tag=theirs;to-tag=ours;early-only' })
    expect(replacementOf(invite)).toEqual({ ...wanted, earlyOnly: true })
  })
  it('is not there in most INVITEs', () => expect(replacementOf(make('INVITE'))).toBeUndefined())
  it.each([
    ['without a to-tag', make('INVITE', { Replaces: 'x;from-tag=a' })],
    ['there twice', make('INVITE', { Replaces: ['x;from-tag=a;to-tag=b', 'y;from-tag=a;to-tag=b'] })],
    ['beside a Join', make('INVITE', { Replaces: 'x;from-tag=a;to-tag=b', Join: 'x;from-tag=a;to-tag=b' })],
    ['in another method', make('OPTIONS', { Replaces: 'x;from-tag=a;to-tag=b' })],
  ])('is refused with 400: %s (§3)', (_, request) => {
    expect(replacementOf(request)).toMatchObject({ reply: { status: 400 } })
  })
  it('means by the tag 0 none as well (§3)', () => {
    expect(tagsMeant('0')).toEqual(['0', ''])
    expect(tagsMeant('a')).toEqual(['a'])
  })
})

describe('a dialog that is to be replaced (§3)', () => {
  it.each([
    ['there is none', { is: 'none' }, 481],
    ['it has ended', { is: 'terminated', direction: 'outgoing' }, 603],
    ['it is early and the peer began it', { is: 'early', direction: 'incoming' }, 481],
  ] as const)('is refused: %s', (_, found, expected) => expect(status(wanted, found)).toBe(expected))
  it.each([
    ['confirmed, ours', { is: 'confirmed', direction: 'outgoing' }],
    ["confirmed, the peer's", { is: 'confirmed', direction: 'incoming' }],
    ['early, ours', { is: 'early', direction: 'outgoing' }],
  ] as const)('may be: %s', (_, found) => expect(status(wanted, found)).toBeUndefined())
  it('is not when it is confirmed and only an early one was meant: 486 (§7.1)', () => {
    const early = { ...wanted, earlyOnly: true }
    expect(status(early, { is: 'confirmed', direction: 'outgoing' })).toBe(486)
    expect(status(early, { is: 'early', direction: 'outgoing' })).toBeUndefined()
  })
})
