import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isMalformed, longName, parse, type SipMessage, serialize } from '../../src/message/index.ts'

const root = new URL('../fixtures/callflows/', import.meta.url)
const entries: readonly { file: string; startLine: string }[] = JSON.parse(
  readFileSync(new URL('manifest.json', root), 'utf8'),
).messages

/** RFC 5626 §9.3 to §9.5 print these without their Via ("some headers are left out"): one is put in front. */
const withoutVia = (file: string): boolean => /^rfc5626\/9\.[345]_/.test(file)
const via = 'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKadded\r\n'

const bytesOf = (file: string): Uint8Array => {
  const bytes = readFileSync(new URL(file, root))
  const text = bytes.toString('latin1')
  if (!withoutVia(file) || /^v(ia)?\s*:/im.test(text)) return bytes
  const end = text.indexOf('\r\n') + 2
  return Buffer.from(text.slice(0, end) + via + text.slice(end), 'latin1')
}

const shape = (message: SipMessage) => ({
  kind: message.kind,
  start: message.kind === 'request' ? [message.method, message.uri] : [message.status, message.reason],
  fields: message.fields.filter(({ name }) => longName(name) !== 'content-length'),
  body: message.text,
})

describe('the messages of the call flows in RFC 3665, 3515, 3327, 4916 and 5626', () => {
  it('are 253', () => {
    expect(entries).toHaveLength(253)
  })
  it.each(entries)('$file parses, and its serialised form is the same message', ({ file, startLine }) => {
    const message = parse(bytesOf(file))
    expect(isMalformed(message) ? message.reason : message.kind).toBe(
      startLine.startsWith('SIP/') ? 'response' : 'request',
    )
    if (isMalformed(message)) return
    const again = parse(serialize(message))
    expect(isMalformed(again) ? again.reason : shape(again)).toEqual(shape(message))
    expect(message.via.host).not.toBe('')
    expect(message.from.uri.scheme).toMatch(/^(sips?|tel)$/)
    expect(message.fromTag).toBe(message.from.params.get('tag'))
    expect(message.toTag).toBe(message.to.params.get('tag'))
  })
})
