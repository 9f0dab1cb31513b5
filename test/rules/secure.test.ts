import { describe, expect, it } from 'vitest'
import { asksForSips, needsSips, secureHop } from '../../src/rules/secure.ts'
import { make, sipUri } from './support.ts'

describe('sips: in a request of ours', () => {
  it.each([
    ['sip:p.example', 'sip:b@b.example', 'sip', false],
    ['sip:p.example', 'sips:b@b.example', 'sips', true],
    ['sip:p.example', 'SIPS:b@b.example', 'sips', true],
    ['sips:p.example', 'sip:b@b.example', 'sips', true],
    ['sip:p.example', 'tel:+49', 'sip', false],
  ] as const)(
    'the hop %s for %s has the scheme %s, sips: in Contact: %s (§8.1.1.8, §26.2.2)',
    (hop, uri, scheme, contact) => {
      expect(secureHop(sipUri(hop), uri).scheme).toBe(scheme)
      expect(needsSips(sipUri(hop), uri)).toBe(contact)
    },
  )
})

describe('sips: in the Contact of our answer (§12.1.1)', () => {
  it.each([
    ['sips:b@b.example', {}, true],
    ['sip:b@b.example', { Contact: '<sip:a@a.example>' }, false],
    ['sip:b@b.example', { Contact: '<sips:a@a.example>' }, true],
    ['sip:b@b.example', { Contact: '<sips:a@a.example>', 'Record-Route': '<sip:p.example;lr>' }, false],
    ['sip:b@b.example', { Contact: '<sip:a@a.example>', 'Record-Route': '<sips:p.example;lr>' }, true],
  ] as const)('%s with %j: %s', (uri, headers, expected) => {
    expect(asksForSips(make('INVITE', { uri, ...headers }))).toBe(expected)
  })
})
