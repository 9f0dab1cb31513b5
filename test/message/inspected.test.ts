/** What `console.log` of Node shows of errors and messages. */
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isSipError, SipError } from '../../src/index.ts'
import { createRequest, createResponse, parse } from '../../src/message/index.ts'

const headers = [
  ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
  ['From', '<sip:alice@example.com>;tag=1'],
  ['To', '<sip:bob@example.com>'],
  ['Call-ID', 'one@example.com'],
  ['CSeq', '7 INVITE'],
] as const
const busy = createResponse({ status: 486, headers })
const line = 'SIP/2.0 486 Busy Here (CSeq 7 INVITE, Call-ID one@example.com)'

describe('console.log', () => {
  it('shows a message as one line, whoever made it', () => {
    const invite = createRequest({ method: 'INVITE', uri: 'sip:bob@example.com', headers, body: 'v=0' })
    const asked =
      'INVITE sip:bob@example.com SIP/2.0 (CSeq 7 INVITE, Call-ID one@example.com, body of 3 bytes)'
    expect(inspect(invite)).toBe(asked)
    expect(inspect({ deep: { invite } })).toBe(`{\n  deep: {\n    invite: ${asked}\n  }\n}`)
    const text = ['SIP/2.0 486 Busy Here', ...headers.map(pair => pair.join(': ')), '', ''].join('\r\n')
    expect(inspect(parse(new TextEncoder().encode(text)))).toBe(line)
  })

  it('shows nothing that a terminal would obey, and a message without headers', () => {
    const odd = createResponse({ status: 486, reason: '\x1b[2Jgone', headers: [] })
    expect(inspect(odd)).toBe('SIP/2.0 486 \ufffd[2Jgone ()')
  })

  it('shows an error with code, status, text, stack and one line of its response', () => {
    const error = new SipError('rejected', 'the peer refused', { response: busy, cause: new Error('before') })
    const shown = inspect(error)
    expect(shown).toMatch(/^SipError: the peer refused\n {4}at /)
    expect(shown).toContain("code: 'rejected'")
    expect(shown).toContain('status: 486')
    expect(shown).toContain(`response: ${line}`)
    expect(shown).toContain('cause: Error: before')
    expect(shown).not.toMatch(/Fields|marks|pairs/)
    expect(error.response).toBe(busy)
    expect(error.symbianCode).toBe('KErrSIPErrorResponse')
    expect(isSipError(error)).toBe(true)
  })

  it('adds nothing to what an error or a message holds', () => {
    const error = new SipError('closed', 'it is over')
    expect(inspect(error)).toMatch(/ \{ code: 'closed' \}$/)
    expect(Object.getOwnPropertySymbols(error)).toEqual([Symbol.for('sipactor.error')])
    expect(Object.getOwnPropertySymbols(busy)).toEqual([])
  })
})
