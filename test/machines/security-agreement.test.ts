import { describe, expect, it } from 'vitest'
import { type SecurityAgreementInput, securityAgreement } from '../../machines/index.ts'
import { chooseMechanism, offerHeaders, overTls, securityServer } from '../../src/rules/security-agreement.ts'
import { reply } from '../rules/support.ts'
import { absorbs, begin, expectStep, row } from '../support/steps.ts'

const start = (given: Partial<SecurityAgreementInput> = {}) =>
  begin(securityAgreement, { mechanisms: ['tls', 'digest'], required: true, ...given })
const listed = (...lines: readonly string[]) => {
  const response = reply(494, { 'Security-Server': lines })
  return { type: 'security.listed', request: 'request.1', response, list: securityServer(response)! }
}
const offered = { type: 'security.offered' }
const ignored = { type: 'security.ignored', request: 'request.2', response: reply(200) }
const both = listed('digest;q=0.1', 'tls;q=0.2')
const other = listed('digest')
const none = listed('ipsec-3gpp')
const gaveUp = (request: string) =>
  ['giveUp', { request, error: expect.objectContaining({ code: 'forbidden' }) }] as const
const proceeds = (request: string, mechanism = 'tls') => ['proceed', { request, mechanism }] as const
const announces = ({ list }: typeof both, mechanism: string) =>
  ['announceAgreement', { mechanism, list }] as const
const waiting = start().send(offered)
const agreed = waiting.send(both)
const failed = waiting.send(none)

describe('an agreement on security (RFC 3329 §2.3.1)', () => {
  row('waits for the list once it has offered', start(), offered, { to: 'waiting' })
  row('is made with what both have, and the request goes on', waiting, both, {
    to: 'agreed',
    did: [proceeds('request.1'), announces(both, 'tls')],
  })
  it('takes the highest preference of the server', () =>
    expect(agreed.context).toMatchObject({ mechanism: 'tls', list: both.list }))
  row('may begin with the server', start(), both, {
    to: 'agreed',
    did: [proceeds('request.1'), announces(both, 'tls')],
  })
  row('fails when there is nothing in common', waiting, none, {
    to: 'failed',
    did: [gaveUp('request.1'), ['announceAgreement', {}]],
  })
  row('fails by a 2xx that it insisted against', waiting, ignored, {
    to: 'failed',
    did: [gaveUp('request.2'), ['announceAgreement', {}]],
  })
  row('lets a 2xx pass that it did not insist against', start({ required: false }).send(offered), ignored, {
    to: 'idle',
    did: [['proceed', { request: 'request.2' }]],
  })
  row('takes a new list in place of the old', agreed, other, {
    to: 'agreed',
    did: [proceeds('request.1', 'digest'), announces(other, 'digest')],
  })
  row('may be lost by a new list', agreed, none, {
    to: 'failed',
    did: [gaveUp('request.1'), ['announceAgreement', {}]],
  })
  row('lets a late 2xx pass', agreed, ignored, { to: 'agreed', did: [proceeds('request.2')] })
  row('may be tried again', failed, offered, { to: 'waiting' })
  row('insists after a failure, too', failed, ignored, { to: 'failed', did: [gaveUp('request.2')] })
  row('is forgotten', agreed, { type: 'security.forgotten' }, { to: 'ended' })
  absorbs('is offered once', waiting, offered)

  it('is over when it is forgotten', () =>
    expectStep(waiting.send({ type: 'security.forgotten' }), { to: 'ended' }))
})

describe('its rules', () => {
  const choose = (line: string, ours = ['digest', 'tls']) =>
    chooseMechanism(securityServer(reply(494, { 'Security-Server': line }))?.values ?? [], ours)

  it.each([
    ['digest;q=0.1, tls;q=0.2', 'tls'],
    ['tls;q=0.2, digest;q=0.2', 'tls'],
    ['ipsec-3gpp;q=0.9, digest;q=0.001', 'digest'],
    ['TLS', 'tls'],
    ['digest, tls;q=0.9', 'digest'],
    ['digest;q=7, tls;q=0.1', 'tls'],
    ['digest;q=x, tls;q=0.1', 'tls'],
    ['ipsec-ike', undefined],
  ])('of %s takes %s (§2.2)', (line, expected) => expect(choose(line)).toBe(expected))

  it('insists or only says what it can', () => {
    expect(offerHeaders(['tls'], false)).toEqual([
      ['Security-Client', 'tls;q=1'],
      ['Supported', 'sec-agree'],
    ])
    expect(offerHeaders(['tls'], true).slice(1)).toEqual([
      ['Require', 'sec-agree'],
      ['Proxy-Require', 'sec-agree'],
    ])
  })

  it('goes to the same places by TLS, each once', () => {
    const at = (transport: string, port: number) => ({ host: '192.0.2.2', port, transport })
    expect(
      overTls([at('UDP', 5060), at('TCP', 5060), at('TLS', 5061), at('WS', 80), at('TCP', 7000)]),
    ).toEqual([at('TLS', 5061), at('WSS', 80), at('TLS', 7000)])
  })
})
