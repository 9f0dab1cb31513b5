/** INFO packages, and parts of a body beside the description. RFC 6086, RFC 5621, RFC 3892. */
import { describe, expect, it } from 'vitest'
import { encodeUtf8, toBinary, toText } from '../../src/message/bytes.ts'
import { inviteContent, referredByToken } from '../../src/rules/attachments.ts'
import { infoPackagesOf, infoRefusal, recvInfo } from '../../src/rules/info.ts'
import { make } from './support.ts'

describe('INFO packages', () => {
  it('are told in Recv-Info, also that there are none (RFC 6086 §8.2)', () => {
    expect([recvInfo(['a', 'b']), recvInfo([]), recvInfo(undefined)]).toEqual([
      [['Recv-Info', 'a, b']],
      [['Recv-Info', '']],
      [],
    ])
  })
  it.each([
    ['over several lines', { 'Recv-Info': ['a, b;x="1,2"', 'c'] }, ['a', 'b', 'c']],
    ['empty: none', { 'Recv-Info': '' }, []],
    ['not there: nothing is known', {}, undefined],
  ])('are read: %s', (_, lines, packages) => expect(infoPackagesOf(make('INVITE', lines))).toEqual(packages))
  it.each([
    [
      'of a package that we take, in whatever case',
      'INFO',
      { 'Info-Package': 'DTMF;q=1' },
      ['dtmf'],
      undefined,
    ],
    ['of another package', 'INFO', { 'Info-Package': 'x' }, ['dtmf'], 469],
    ['of any package when we take none', 'INFO', { 'Info-Package': 'x' }, [], 469],
    ['with an unreadable package', 'INFO', { 'Info-Package': '' }, ['dtmf'], 469],
    ['without a package', 'INFO', {}, ['dtmf'], undefined],
    ['when packages are no matter of ours', 'INFO', { 'Info-Package': 'x' }, undefined, undefined],
    ['but for another method', 'MESSAGE', { 'Info-Package': 'x' }, [], undefined],
  ])('decide about an INFO %s (RFC 6086 §4.2.2)', (_, method, lines, packages, status) =>
    expect(infoRefusal(make(method, lines), packages)?.reply.status).toBe(status),
  )
})

describe('parts beside a session description', () => {
  const part = { fields: [{ name: 'Content-Type', value: 'text/plain' }], body: encodeUtf8('hello') }
  const boundary = () => 'b1'

  it('leave the description alone when there are none', () => {
    expect(inviteContent('v=0', [], boundary)).toEqual({ contentType: 'application/sdp', body: 'v=0' })
    expect(inviteContent(undefined, undefined, boundary)).toEqual({})
  })
  it('come behind it (RFC 5621 §3.1)', () => {
    const { contentType, body } = inviteContent('v=0', [part], boundary)
    expect(contentType).toBe('multipart/mixed;boundary="b1"')
    expect(toText(toBinary(body as Uint8Array))).toBe(
      '--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n' +
        '--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1--\r\n',
    )
  })

  const lines = { 'Referred-By': '<sip:a@b>;cid="t@b"', 'Content-ID': '<t@b>' }
  it('a token that is the whole body of a REFER is found by its id (RFC 3892 §3)', () => {
    const refer = make('REFER', { ...lines, 'Content-Type': 'message/sipfrag' }, 'From: x')
    expect(referredByToken(refer)).toEqual({
      fields: [
        { name: 'Content-ID', value: '<t@b>' },
        { name: 'Content-Type', value: 'message/sipfrag' },
      ],
      body: encodeUtf8('From: x'),
    })
  })
  it.each([
    ['without a body', make('REFER', lines)],
    ['without a cid', make('REFER', { ...lines, 'Referred-By': '<sip:a@b>' }, 'x')],
    ['with another cid', make('REFER', { ...lines, 'Content-ID': '<other@b>' }, 'x')],
  ])('there is no token %s', (_, refer) => expect(referredByToken(refer)).toBeUndefined())
})
