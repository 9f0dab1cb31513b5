/** Every body that can be written is read back as it was; whatever else comes is malformed, and never thrown. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../src/message/index.ts'
import { type EventBodies, formatBody, parseBody, type TypedEvent } from '../../src/packages/index.ts'

/** Any text that XML can hold, without white space around it. */
const text = fc
  .string({ unit: fc.constantFrom(...'ab<>&"\'é€😀 \t\n]'.match(/./gsu)!), maxLength: 8 })
  .map(given => given.trim())
const number = fc.nat({ max: 4_294_967_295 })
const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }, needed: readonly (keyof T)[]) =>
  fc.record(model, { requiredKeys: needed as never })
const state = fc.constantFrom('full', 'partial')
const pairs = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 2 })
const execution = some({ when: text, reason: text, by: text }, [])
const party = some(
  { identity: text, target: text, cseq: number, sessionDescription: text, sessionDescriptionType: text },
  ['identity', 'target', 'sessionDescription', 'sessionDescriptionType'],
)
const uris = fc.array(some({ uri: text, displayText: text, purpose: text }, ['uri']), { maxLength: 2 })
const count = some({ new: number.map(n => n % 1e9), old: fc.constant(3) }, ['new', 'old'])
const line = fc.stringMatching(/^[\x21-\x7e](?:[\x20-\x7e]{0,8}[\x21-\x7e])?$/)

/** Documents with every field, each now and then absent. */
const documents: { readonly [Event in TypedEvent]: fc.Arbitrary<unknown> } = {
  'message-summary': some(
    {
      waiting: fc.boolean(),
      account: line,
      counts: some({ voice: count, fax: count, text: count, video: count, none: count }, []),
      messages: fc.array(
        fc.array(fc.tuple(fc.stringMatching(/^[A-Z][a-z-]{0,5}$/), line), { minLength: 1, maxLength: 2 }),
        { maxLength: 2 },
      ),
    },
    ['waiting', 'counts', 'messages'],
  ),
  presence: fc.record({
    entity: text,
    tuples: fc.array(
      some(
        {
          id: text,
          status: fc.constantFrom('open', 'closed'),
          contact: text,
          notes: fc.array(some({ text, language: text }, ['text']), { maxLength: 2 }),
          timestamp: text,
          statusExtensions: fc.constant([]),
          extensions: fc.constant([]),
        },
        ['id', 'notes', 'statusExtensions', 'extensions'],
      ),
      { maxLength: 2 },
    ),
    notes: fc.array(some({ text, language: text }, ['text']), { maxLength: 2 }),
    extensions: fc.constant([]),
  }),
  dialog: fc.record({
    entity: text,
    version: number,
    state,
    dialogs: fc.array(
      some(
        {
          id: text,
          callId: text,
          localTag: text,
          remoteTag: text,
          direction: fc.constantFrom('initiator', 'recipient'),
          state: fc.constantFrom('trying', 'proceeding', 'early', 'confirmed', 'terminated'),
          event: text,
          code: number,
          duration: number,
          replaces: fc.record({ callId: text, localTag: text, remoteTag: text }),
          referredBy: text,
          routeSet: fc.array(text, { maxLength: 2 }),
          local: party,
          remote: party,
        },
        ['id', 'state'],
      ),
      { maxLength: 2 },
    ),
  }),
  reg: fc.record({
    version: number,
    state,
    registrations: fc.array(
      fc.record({
        id: text,
        aor: text,
        state: fc.constantFrom('init', 'active', 'terminated'),
        contacts: fc.array(
          some(
            {
              id: text,
              state: fc.constantFrom('active', 'terminated'),
              event: text,
              uri: text,
              displayName: text,
              durationRegistered: number,
              expires: number,
              retryAfter: number,
              q: text,
              callId: text,
              cseq: number,
              params: pairs,
              publicGruu: text,
              temporaryGruu: text,
              temporaryGruuCseq: number,
            },
            ['id', 'state', 'event', 'uri', 'temporaryGruu'],
          ),
          { maxLength: 2 },
        ),
      }),
      { maxLength: 2 },
    ),
  }),
  conference: some(
    {
      entity: text,
      version: number,
      state: fc.constantFrom('full', 'deleted'),
      description: some(
        {
          displayText: text,
          subject: text,
          freeText: text,
          keywords: text,
          confUris: uris,
          serviceUris: uris,
          maximumUserCount: number,
        },
        [],
      ),
      hostInfo: some({ displayText: text, webPage: text, uris }, []),
      status: some({ userCount: number, active: fc.boolean(), locked: fc.boolean() }, []),
      users: fc.array(
        some(
          {
            entity: text,
            state: fc.constantFrom('full', 'partial', 'deleted'),
            displayText: text,
            associatedAors: fc.array(text, { maxLength: 2 }),
            roles: fc.array(text, { maxLength: 2 }),
            languages: text,
            cascadedFocus: text,
            endpoints: fc.array(
              some(
                {
                  entity: text,
                  state: fc.constantFrom('full', 'partial', 'deleted'),
                  displayText: text,
                  referred: execution,
                  status: text,
                  joiningMethod: text,
                  joiningInfo: execution,
                  disconnectionMethod: text,
                  disconnectionInfo: execution,
                  media: fc.array(some({ id: text, type: text, label: text, status: text }, ['id']), {
                    maxLength: 2,
                  }),
                },
                ['entity', 'state', 'media'],
              ),
              { maxLength: 2 },
            ),
          },
          ['entity', 'state', 'endpoints'],
        ),
        { maxLength: 2 },
      ),
    },
    ['entity', 'version', 'state', 'users'],
  ),
  refer: fc.record({ status: fc.integer({ min: 100, max: 699 }), reason: line }),
  'presence.winfo': fc.record({
    version: number,
    state,
    lists: fc.array(
      fc.record({
        resource: text,
        package: text,
        watchers: fc.array(
          some(
            {
              id: text,
              uri: text,
              status: fc.constantFrom('pending', 'active', 'waiting', 'terminated'),
              event: text,
              displayName: text,
              expiration: number,
              durationSubscribed: number,
            },
            ['id', 'uri', 'status', 'event'],
          ),
          { maxLength: 2 },
        ),
      }),
      { maxLength: 2 },
    ),
  }),
}

describe.each(Object.entries(documents) as [TypedEvent, fc.Arbitrary<unknown>][])(
  '%s',
  (event, arbitrary) => {
    it('gives back what was written', () => {
      fc.assert(
        fc.property(arbitrary, document => {
          const { contentType, body } = formatBody(event, document as EventBodies[typeof event])
          expect(parseBody(event, contentType, body)).toEqual(document)
          expect(parseBody(event, contentType, new TextEncoder().encode(body))).toEqual(document)
        }),
        { numRuns: 150 },
      )
    })

    it('says malformed of what is cut, doubled or changed, or reads it, and never throws', () => {
      const insert = fc.oneof(
        fc.string({ maxLength: 3 }),
        fc.constantFrom('<', '>', '&', '"', '</', '<x>', ':', '\r\n'),
      )
      fc.assert(
        fc.property(
          arbitrary,
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.nat(20),
          insert,
          (document, at, cut, more) => {
            const { contentType, body } = formatBody(event, document as EventBodies[typeof event])
            const place = Math.floor(at * body.length)
            const changed = body.slice(0, place) + more + body.slice(place + cut)
            const result = parseBody(event, contentType, changed)
            expect(result === undefined ? changed : typeof result).toBe(result === undefined ? '' : 'object')
            if (isMalformed(result)) expect(result.reason).not.toBe('')
          },
        ),
        { numRuns: 300 },
      )
    })
  },
)
