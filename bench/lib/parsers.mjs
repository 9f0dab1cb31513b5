/**
 * Every parser compared. `parse(bytes)` is what the package does with a message that arrived; `typed(bytes)` also has
 * Via, From, To, Call-ID and CSeq in parts (where `parse` has them already, it is the same function).
 *
 * Those that take a string get one made the cheapest way, `latin1`.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const quiet = { warn: () => {}, error: () => {}, debug: () => {}, log: () => {} }
const text = bytes => bytes.latin1Slice(0, bytes.length)

const sipactor = async () => {
  const { parse } = await import('../../dist/src/message/index.js')
  const checked = bytes => {
    const message = parse(bytes)
    return message.kind === 'malformed' ? undefined : message
  }
  return {
    name: 'sipactor',
    parse: checked,
    typed: bytes => {
      const message = checked(bytes)
      if (message === undefined) return undefined
      return message.parsed('via') && message.from && message.to && message.cseq && message.callId && message
    },
  }
}

const sip = async () => {
  const { parse } = require('sip')
  return { name: 'sip', parse, typed: parse }
}

const jssip = async () => {
  const { parseMessage } = require('jssip/lib/Parser.js')
  const parse = bytes => parseMessage(text(bytes), {})
  return { name: 'jssip', parse, typed: parse }
}

const sipJs = async () => {
  const { Parser } = await import('sip.js/lib/core/messages/parser.js')
  const parse = bytes => Parser.parseMessage(text(bytes), quiet)
  return { name: 'sip.js', parse, typed: parse }
}

const drachtio = async () => {
  const { SipMessage } = require('drachtio-sip')
  const parse = bytes => new SipMessage(text(bytes))
  return {
    name: 'drachtio-sip',
    parse,
    typed: bytes => {
      const message = parse(bytes)
      for (const name of ['via', 'from', 'to', 'cseq', 'call-id']) message.getParsedHeader(name)
      return message
    },
  }
}

/** What any parser in Node pays: bytes to a string, every line found. */
const floor = async () => ({
  name: 'node-floor',
  parse: bytes => {
    const message = text(bytes)
    let lines = 0
    for (let i = message.indexOf('\r\n'); i >= 0; i = message.indexOf('\r\n', i + 2)) lines++
    return lines
  },
})

/** All of them, loaded. */
export const parsers = () => Promise.all([sipactor, sip, jssip, sipJs, drachtio, floor].map(load => load()))
