/** Which application gets a request, as a table; and the machine that takes the same steps. RFC 3841 §7.2.4 */
import { array, assert, boolean, constantFrom, integer, option, property, record, subarray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientResolver, rfc3261 } from '../../machines/index.ts'
import type { ClientCapabilities } from '../../src/rules/capabilities.ts'
import { type ResolvableClient, resolveClient } from '../../src/rules/resolve-client.ts'
import { begin } from '../support/steps.ts'
import { sdp } from '../support/text.ts'
import { make } from './support.ts'

type Headers = Readonly<Record<string, string>>

const running = (client: string, capabilities?: ClientCapabilities): ResolvableClient => ({
  client,
  attached: true,
  ...(capabilities && { capabilities }),
})

/** The name, or the status. */
const outcome = (
  clients: readonly ResolvableClient[],
  method: string,
  headers: Headers = {},
  body = '',
): string | number => {
  const resolved = resolveClient(make(method, headers, body), clients)
  return 'reply' in resolved ? resolved.reply.status : resolved.client.client
}

const sdpType: Headers = { 'Content-Type': 'application/sdp' }
const audio = sdp('192.0.2.1')
const ptt = `${audio.trimEnd()}\r\na=ptt\r\na=content:slides\r\n`
const held = audio.replace(/m=audio \d+/, 'm=audio 0')
const both = `${audio.trimEnd()}\r\nm=video 4000 RTP/AVP 31\r\n`

interface Case {
  readonly says: string
  readonly clients: readonly ResolvableClient[]
  readonly method?: string
  readonly headers?: Headers
  readonly body?: string
  readonly gets: string | number
}

const plain = running('plain')
const rows: readonly Case[] = [
  { says: 'nobody is there', clients: [], gets: 480 },
  { says: 'one that takes anything', clients: [plain], gets: 'plain' },
  { says: 'of equals the first', clients: [running('a'), running('b')], gets: 'a' },
  {
    says: 'of equals the one of greater priority',
    clients: [running('a'), running('b', { priority: 1 })],
    gets: 'b',
  },
  {
    says: 'one with a connection there before one of greater priority',
    clients: [running('a', { priority: 1000 }), { ...running('b', { priority: -1000 }), here: true }],
    gets: 'b',
  },
  {
    says: 'one that runs before one that has a connection nowhere else',
    clients: [
      { client: 'a', attached: false, capabilities: { priority: 1000 } },
      running('b', { priority: -1000 }),
    ],
    gets: 'b',
  },
  // Profiles.
  {
    says: 'who uses the profile that it is for, whoever else is meant',
    clients: [
      { ...running('bobs', { users: ['bob'], priority: 1000 }), here: true },
      { ...running('x', { users: ['carol'] }), uses: true },
    ],
    gets: 'x',
  },
  {
    says: 'of those who use the profile one that takes such requests',
    clients: [
      plain,
      { ...running('a', { methods: ['INVITE'] }), uses: true },
      { ...running('b'), uses: true },
    ],
    gets: 'b',
  },
  {
    says: 'nobody when he who uses the profile does not take it',
    clients: [plain, { ...running('a', { methods: ['INVITE'] }), uses: true }],
    gets: 405,
  },
  // Users.
  { says: 'the one whose user it is', clients: [plain, running('bobs', { users: ['bob'] })], gets: 'bobs' },
  { says: 'nobody who has other users', clients: [running('x', { users: ['carol'] })], gets: 404 },
  {
    says: 'who has no users when none are its own',
    clients: [running('x', { users: ['carol'] }), plain],
    gets: 'plain',
  },
  // Accept-Contact.
  {
    says: 'the one that the caller means',
    clients: [plain, running('v', { features: ['video'] })],
    headers: { 'Accept-Contact': '*;video' },
    gets: 'v',
  },
  {
    says: 'the one that says most of what the caller means',
    clients: [running('a', { features: ['audio'] }), running('av', { features: ['audio;video'] })],
    headers: { 'Accept-Contact': '*;audio;video' },
    gets: 'av',
  },
  {
    says: 'any when the preference of the caller means nobody',
    clients: [plain, running('a', { features: ['audio'] })],
    headers: { 'Accept-Contact': '*;mobility="fixed"' },
    gets: 'plain',
  },
  {
    says: 'one that contradicts is out by require',
    clients: [running('a', { features: ['mobility="mobile"'] })],
    headers: { 'Accept-Contact': '*;mobility="fixed";require' },
    gets: 480,
  },
  {
    says: 'one that says nothing of it is not out by require alone',
    clients: [running('a', { features: ['audio'] })],
    headers: { 'Accept-Contact': '*;mobility="fixed";require' },
    gets: 'a',
  },
  {
    says: 'but is by require and explicit',
    clients: [running('a', { features: ['audio'] })],
    headers: { 'Accept-Contact': '*;mobility="fixed";require;explicit' },
    gets: 480,
  },
  {
    says: 'who says nothing of features cannot be ruled out (RFC 3841 §7.2.1)',
    clients: [plain],
    headers: { 'Accept-Contact': '*;video;require;explicit' },
    gets: 'plain',
  },
  {
    says: 'one whose other feature set suits',
    clients: [running('two', { features: ['mobility="mobile"', 'mobility="fixed"'] })],
    headers: { 'Accept-Contact': '*;mobility="fixed";require;explicit' },
    gets: 'two',
  },
  {
    says: 'not the one that is rejected',
    clients: [running('a', { features: ['audio'] }), running('b', { features: ['video'] })],
    headers: { 'Reject-Contact': '*;audio' },
    gets: 'b',
  },
  {
    says: 'one that does not say all that is rejected',
    clients: [running('a', { features: ['audio'] })],
    headers: { 'Reject-Contact': '*;audio;video' },
    gets: 'a',
  },
  // Event.
  {
    says: 'the one whose event it is',
    clients: [plain, running('p', { events: ['presence'] })],
    method: 'SUBSCRIBE',
    headers: { Event: 'presence;id=1' },
    gets: 'p',
  },
  {
    says: 'one that says nothing of events when it is nobody else',
    clients: [running('p', { events: ['presence'] }), plain],
    method: 'SUBSCRIBE',
    headers: { Event: 'dialog' },
    gets: 'plain',
  },
  {
    says: 'nobody: events of others',
    clients: [running('p', { events: ['presence'] })],
    method: 'SUBSCRIBE',
    headers: { Event: 'dialog' },
    gets: 489,
  },
  // Method and content.
  {
    says: 'one that takes the method',
    clients: [running('i', { methods: ['INVITE'] }), plain],
    gets: 'plain',
  },
  { says: 'nobody takes the method', clients: [running('i', { methods: ['INVITE'] })], gets: 405 },
  {
    says: 'one that reads the content',
    clients: [
      running('x', { contentTypes: ['application/json'] }),
      running('t', { contentTypes: ['text/*'] }),
    ],
    headers: { 'Content-Type': 'text/plain' },
    body: 'hello',
    gets: 't',
  },
  {
    says: 'nobody reads the content',
    clients: [running('x', { contentTypes: ['application/json'] })],
    headers: { 'Content-Type': 'text/plain' },
    body: 'hello',
    gets: 415,
  },
  {
    says: 'without content its type is no matter',
    clients: [running('x', { contentTypes: ['application/json'] })],
    gets: 'x',
  },
  // Media.
  ...(
    [
      ['media', { media: 'video' }, audio, 488],
      ['media', { media: 'AUDIO' }, audio, 'm'],
      ['transport', { media: 'audio', transports: ['RTP/SAVP'] }, audio, 488],
      ['transport', { media: 'audio', transports: ['RTP/SAVP', 'RTP/AVP'] }, audio, 'm'],
      ['codec', { media: 'audio', codecs: ['opus/48000/2'] }, audio, 488],
      ['codec by its static number', { media: 'audio', codecs: ['pcmu/8000/1'] }, audio, 'm'],
      ['attribute', { media: 'audio', attributes: ['ptt'] }, audio, 488],
      ['attribute', { media: 'audio', attributes: ['PTT', 'content'] }, ptt, 'm'],
      ['attribute with its value', { media: 'audio', attributes: ['content:slides'] }, ptt, 'm'],
      ['attribute with another value', { media: 'audio', attributes: ['content:main'] }, ptt, 488],
      ['media; an offer without a stream suits anybody', { media: 'video' }, held, 'm'],
      ['media; one of two streams is enough', { media: 'video' }, both, 'm'],
    ] as const
  ).map(
    ([by, media, body, gets]): Case => ({
      says: `by ${by} of the m-line: ${JSON.stringify(media)}`,
      clients: [running('m', { media: [media] })],
      method: 'INVITE',
      headers: sdpType,
      body,
      gets,
    }),
  ),
  {
    says: 'the one that takes most of the streams',
    clients: [
      running('a', { media: [{ media: 'audio' }] }),
      running('av', { media: [{ media: 'audio' }, { media: 'video' }] }),
    ],
    method: 'INVITE',
    headers: sdpType,
    body: both,
    gets: 'av',
  },
  // Code.
  {
    says: 'the one whose code says that it is meant',
    clients: [plain, { ...running('c'), verdicts: { acceptContact: true } }],
    headers: { 'Accept-Contact': '*;x' },
    gets: 'c',
  },
  {
    says: 'the one whose code says that the event is its own',
    clients: [plain, { ...running('c'), verdicts: { event: true } }],
    method: 'SUBSCRIBE',
    headers: { Event: 'x' },
    gets: 'c',
  },
  {
    says: 'not the one whose code says no',
    clients: [{ ...running('c'), verdicts: { request: false } }, plain],
    gets: 'plain',
  },
  {
    says: 'nobody: all code says no',
    clients: [{ ...running('c'), verdicts: { request: false } }],
    gets: 480,
  },
]

describe('a request that no object claims', () => {
  for (const { says, clients, method = 'MESSAGE', headers, body, gets } of rows)
    it(`${gets}: ${says}`, () => expect(outcome(clients, method, headers, body)).toBe(gets))

  it('names what would do in its refusals', () => {
    const refusal = (capabilities: ClientCapabilities, headers: Headers, method = 'MESSAGE', body = '') => {
      const resolved = resolveClient(make(method, headers, body), [running('x', capabilities)])
      return 'reply' in resolved ? resolved.reply.headers : undefined
    }
    expect(refusal({ events: ['a', 'b'] }, { Event: 'c' }, 'SUBSCRIBE')).toEqual([['Allow-Events', 'a, b']])
    expect(refusal({ contentTypes: ['a/b', 'c/*'] }, { 'Content-Type': 'x/y' }, 'MESSAGE', 'z')).toEqual([
      ['Accept', 'a/b, c/*'],
    ])
    const [[name, value] = []] = refusal({ methods: ['PUBLISH'] }, {}) ?? []
    expect([name, value?.split(', ')]).toEqual(['Allow', expect.arrayContaining(['INVITE', 'PUBLISH'])])
  })
})

const capabilities = record(
  {
    features: subarray(['audio', 'video', 'mobility="fixed"', 'audio;video']),
    methods: subarray(['INVITE', 'MESSAGE', 'SUBSCRIBE']),
    events: subarray(['presence', 'dialog']),
    contentTypes: subarray(['text/*', 'application/json']),
    media: subarray([{ media: 'audio' }, { media: 'video' }]),
    users: subarray(['bob', 'carol'], { minLength: 1 }),
    priority: integer({ min: -2, max: 2 }),
  },
  { requiredKeys: [] },
)
const clients = array(record({ attached: boolean(), here: boolean(), capabilities }), { maxLength: 6 }).map(
  list => list.map((one, at): ResolvableClient => ({ client: `c${at}`, ...one })),
)
const requests = record({
  method: constantFrom('INVITE', 'MESSAGE', 'SUBSCRIBE'),
  prefers: option(constantFrom('*;audio', '*;video;require', '*;audio;video;require;explicit'), {
    nil: undefined,
  }),
  event: option(constantFrom('presence', 'weather'), { nil: undefined }),
  describes: boolean(),
}).map(({ method, prefers, event, describes }) =>
  make(
    method,
    {
      ...(prefers !== undefined && { 'Accept-Contact': prefers }),
      ...(event !== undefined && { Event: event }),
      ...(describes && sdpType),
    },
    describes ? audio : '',
  ),
)

describe('the machine and the rule', () => {
  it('come to the same for any request and any applications', () =>
    assert(
      property(requests, clients, (request, list) => {
        const resolved = resolveClient(request, list)
        const { did } = begin(clientResolver, { request, clients: list, timers: rfc3261 })
        if ('reply' in resolved) expect(did).toEqual([['refuse', resolved]])
        else {
          const { attached, client } = resolved.client
          expect(did).toEqual([[attached ? 'deliver' : 'launch', client]])
        }
      }),
      { numRuns: 300 },
    ))

  it('give the same answer each time, and whatever is added that suits worse', () =>
    assert(
      property(requests, clients, (request, list) => {
        const first = resolveClient(request, list)
        expect(resolveClient(request, list)).toEqual(first)
        const worse: ResolvableClient = {
          client: 'worse',
          attached: false,
          capabilities: { users: ['nobody'] },
        }
        if ('client' in first) expect(resolveClient(request, [...list, worse])).toEqual(first)
      }),
      { numRuns: 200 },
    ))
})
