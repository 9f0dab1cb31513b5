/** What a user agent answers to the torture messages of RFC 4475: parser and rules together. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from '../../src/message/parse.ts'
import { serialize } from '../../src/message/serialize.ts'
import type { SipRequest } from '../../src/message/types.ts'
import { makeAck } from '../../src/rules/ack.ts'
import { makeCancel } from '../../src/rules/cancel.ts'
import {
  acceptRequest,
  afterAccepted,
  dialogRequest,
  notifiedDialog,
  refreshTarget,
  uacDialog,
  uasDialog,
} from '../../src/rules/dialog.ts'
import { readChallenges } from '../../src/rules/digest.ts'
import { nextHop } from '../../src/rules/locate.ts'
import { cancelledKey, dialogKeyOf, mergeKey, requestKey, responseKey } from '../../src/rules/match.ts'
import { readRegistered } from '../../src/rules/registered.ts'
import { refuseMalformed, respond } from '../../src/rules/respond.ts'
import { screen } from '../../src/rules/screen.ts'
import { responseTarget, stampVia, topVia, viaMatches } from '../../src/rules/via.ts'
import { make, nameAddr, reply } from './support.ts'

interface Expectation {
  readonly name: string
  readonly file: string
  readonly start: string
  readonly section: string
  readonly expected: string
  readonly alsoAcceptable: readonly string[]
}

const folder = new URL('../torture/rfc4475/', import.meta.url)
const { messages } = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  messages: readonly Expectation[]
}
const bytesOf = (file: string): Uint8Array => readFileSync(new URL(file, folder))

const abilities = {
  methods: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'MESSAGE'],
  extensions: [],
  contentTypes: ['application/sdp', 'text/plain', 'multipart/mixed', 'multipart/signed'],
}

/** What is done with it, in the words of the manifest: a status, `accept`, or `ignore`. */
const verdict = (bytes: Uint8Array): string => {
  const message = parse(bytes)
  if (message.kind === 'malformed') return String(refuseMalformed(message)?.status ?? 'ignore')
  if (message.kind === 'response') return 'accept-response'
  const status = screen(message, abilities)?.reply.status
  if (status !== undefined) return String(status)
  return message.method === 'INVITE' ? 'accept' : '200'
}

describe('the torture messages (RFC 4475)', () => {
  it.each(messages)('$section $name is answered as it should be', ({ file, expected, alsoAcceptable }) => {
    const allowed = [expected, ...alsoAcceptable.map(text => text.split(/[ :]/, 1)[0]!)]
    // A response that only lacks a transaction is dropped by the engine, not by these rules.
    const got = verdict(bytesOf(file))
    expect(allowed).toContain(got === 'accept-response' && expected === 'ignore' ? 'ignore' : got)
  })

  it('drops the response with a Via that is not ours (§8.1.3.3, RFC 4475 §3.3.10)', () => {
    const message = parse(bytesOf('bcast.dat'))
    expect(
      message.kind === 'response' && viaMatches(message, message.via.host, message.via.port ?? 5060),
    ).toBe(false)
  })
})

describe('no message of a peer makes a rule throw', () => {
  const request = make('INVITE', { CSeq: '1 INVITE', Route: '<sip:p.example.com;lr>' })
  const record = uacDialog(request, reply(200))
  const aor = { aor: 'sip:alice@example.com', contact: nameAddr('<sip:alice@192.0.2.1>') }

  const judgeRequest = (message: SipRequest): void => {
    const stamped = stampVia(message, { host: '198.51.100.7', port: 40_000 })
    responseTarget(stamped, 5060)
    for (const key of [requestKey, cancelledKey, mergeKey, dialogKeyOf]) key(stamped)
    const refusal = screen(stamped, { ...abilities, events: ['presence'] })
    serialize(respond(stamped, { status: 200, toTag: 'mine', ...refusal?.reply }))
    dialogRequest(uasDialog(stamped, 'mine'), { method: 'BYE', seq: 1 })
    notifiedDialog(request, stamped)
    acceptRequest(record, stamped)
    afterAccepted(record, stamped)
    nextHop(stamped)
    serialize(makeCancel(stamped))
  }

  const judge = (bytes: Uint8Array): void => {
    const message = parse(bytes)
    if (message.kind === 'malformed') {
      const refused = refuseMalformed(message)
      if (refused) serialize(refused)
    } else if (message.kind === 'request') judgeRequest(message)
    else {
      responseKey(message)
      topVia(message)
      viaMatches(message, 'a', 1)
      dialogRequest(uacDialog(request, message), { method: 'BYE', seq: 2 })
      refreshTarget(record, message)
      readChallenges(message)
      readRegistered(message, aor)
      serialize(makeAck(request, message))
    }
  }

  const files = messages.map(({ file }) => bytesOf(file))

  it('of the torture messages', () => {
    for (const bytes of files) judge(bytes)
  })

  it('of their mutations: bytes replaced, cut out and doubled', () => {
    const spots = [
      '\r',
      '\n',
      '\0',
      '"',
      '<',
      '>',
      ';',
      ',',
      ':',
      '=',
      '%',
      '\\',
      '@',
      ' ',
      'ü',
      '\r\n',
      '"<>',
    ].map(text => Buffer.from(text))
    const mutation = fc.record({
      file: fc.nat(files.length - 1),
      edits: fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          cut: fc.nat(6),
          put: fc.constantFrom(...spots),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    })
    fc.assert(
      fc.property(mutation, ({ file, edits }) => {
        let bytes = Buffer.from(files[file]!)
        for (const { at, cut, put } of edits) {
          const index = Math.floor(at * bytes.length)
          bytes = Buffer.concat([bytes.subarray(0, index), put, bytes.subarray(index + cut)])
        }
        judge(bytes)
      }),
      { numRuns: 5000, seed: 4475 },
    )
  })
})
