import { describe, expect, it } from 'vitest'
import { parse } from '../../src/message/index.ts'
import { wire } from '../support/text.ts'

describe('the message template of tests', () => {
  it('makes CRLF lines without indentation and counts the body', () => {
    const text = wire`
      MESSAGE sip:bob@192.0.2.2 SIP/2.0
      Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1
      From: <sip:a@192.0.2.1>;tag=1
      To: <sip:bob@192.0.2.2>
      Call-ID: ${'x'}
      CSeq: ${1} MESSAGE
      Subject: folded
        twice
      Content-Length: auto

      hello
      there
    `
    const message = parse(new Uint8Array(Buffer.from(text)))
    expect(message).toMatchObject({ kind: 'request', callId: 'x', text: 'hello\r\nthere\r\n' })
    expect(text).toContain('Subject: folded\r\n  twice\r\nContent-Length: 14\r\n\r\nhello')
  })
})
