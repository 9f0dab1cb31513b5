/** A challenge is answered whatever the method, within dialogs and outside. RFC 3261 §22.2, §22.3. */
import { describe, expect, it } from 'vitest'
import type { Challenge } from '../../src/index.ts'
import type { HeaderPair, SipRequest } from '../../src/message/types.ts'
import { challenge, checked, secret } from './authentication-support.ts'
import { createScene, ourOffer, type Scene, theirs } from './support.ts'

/** Has us send the request; what comes back looks whether the application has seen nothing but success. */
type Begin = (scene: Scene) => Promise<() => void | Promise<void>>

const reliable: readonly HeaderPair[] = [
  ['Require', '100rel'],
  ['RSeq', '1'],
]

const carol = 'sip:carol@192.0.2.3:5060'
const unchanged = (call: { readonly state: { readonly is: string } }) => () =>
  expect(call.state.is).toBe('confirmed')

const within =
  (method: string): Begin =>
  async ({ established, run }) => {
    const { call } = await established()
    const transaction = call.dialog!.request(method)
    await run(10)
    return () => {
      expect(transaction.state.is).toMatch(/completed|terminated/)
      expect(transaction.lastResponse?.status).toBe(200)
      unchanged(call)()
    }
  }

const outside =
  (method: string): Begin =>
  async ({ connection, bob, run }) => {
    const transaction = connection.request({ method, uri: bob.uri })
    await run(10)
    return () => expect(transaction.lastResponse?.status).toBe(200)
  }

const methods: readonly (readonly [string, string, Begin])[] = [
  ['MESSAGE', 'outside dialogs', outside('MESSAGE')],
  ['OPTIONS', 'outside dialogs', outside('OPTIONS')],
  ['PUBLISH', 'outside dialogs', outside('PUBLISH')],
  ['INFO', 'within a call', within('INFO')],
  ['MESSAGE', 'within a call', within('MESSAGE')],
  ['OPTIONS', 'within a call', within('OPTIONS')],
  [
    'UPDATE',
    'of an early dialog',
    async ({ call: begin, bob, run }) => {
      const { call, story, invite } = await begin()
      bob.reply(invite, 183, { headers: reliable, body: theirs })
      await run(10)
      bob.reply(bob.next('PRACK'), 200)
      await run(10)
      const updated = call.update({ offer: ourOffer.replace(/^(o=\S+ \S+ )(\d+)/m, '$19') })
      await run(10)
      return async () => {
        expect((await updated).status).toBe(200)
        expect([call.state.is, story.errors]).toEqual(['early', []])
      }
    },
  ],
  [
    'INVITE',
    'that begins a call',
    async ({ call: begin }) => {
      const { call, story } = await begin()
      return () => {
        expect([call.state.is, story.statuses, story.errors]).toEqual(['confirmed', [200], []])
      }
    },
  ],
  [
    'PRACK',
    'of a reliable response',
    async ({ call: begin, bob, run }) => {
      const { story, invite } = await begin()
      bob.reply(invite, 183, { headers: reliable, body: theirs })
      await run(10)
      return () => expect([story.statuses, story.errors]).toEqual([[183], []])
    },
  ],
  [
    'REFER',
    'within a call',
    async ({ established, run }) => {
      const { call } = await established()
      const referral = call.refer(carol)
      await run(10)
      return () => expect(referral.state.is).toBe('accepted')
    },
  ],
  [
    'REFER',
    'outside dialogs',
    async ({ connection, bob, run }) => {
      const referral = connection.refer(bob.uri, { referTo: carol })
      await run(10)
      return () => expect(referral.state.is).toBe('accepted')
    },
  ],
  [
    'NOTIFY',
    'of a referral that we take',
    async ({ answered, another, bob, run }) => {
      const { call, dialog } = await answered()
      another('192.0.2.3', 'carol')
      call.referrals$.subscribe(referral => void referral.accept({ offer: ourOffer }))
      dialog.request('REFER', { headers: [['Refer-To', `<${carol}>`]] })
      await run(10)
      bob.next(202)
      return unchanged(call)
    },
  ],
  [
    'BYE',
    'that ends a call',
    async ({ established, run }) => {
      const { call, story } = await established()
      void call.hangUp()
      await run(10)
      return () => expect([call.state.is, story.errors]).toEqual(['terminated', []])
    },
  ],
]

const kinds = [
  [401, 'WWW-Authenticate', 'authorization'],
  [407, 'Proxy-Authenticate', 'proxy-authorization'],
] as const

describe.each(kinds)('%i', (status, asks, answers) => {
  it.each(methods)(
    'to %s %s is answered in the next request, and nobody hears of it',
    async (method, _, begin) => {
      const asked: Challenge[] = []
      const credentials = (question: Challenge) => {
        asked.push(question)
        return secret
      }
      const scene = await createScene({ sip: { credentials } })
      const { bob, run } = scene
      const looks = await begin(scene)
      const first = method === 'INVITE' ? (bob.all('INVITE')[0] as SipRequest) : bob.next(method)
      bob.reply(first, status, { headers: [[asks, challenge('k', 'n1')]] })
      await run(10)
      const again = bob.next(method)
      // Its proof is that of the method and the Request-URI of this very request.
      expect(checked(again, 'k', secret.password, answers).get('nc')).toBe('00000001')
      expect([again.uri, again.callId, again.fromTag, again.toTag]).toEqual([
        first.uri,
        first.callId,
        first.fromTag,
        first.toTag,
      ])
      expect(again.cseq.seq).toBeGreaterThan(first.cseq.seq)
      expect(again.via.params.get('branch')).not.toBe(first.via.params.get('branch'))
      expect([again.text, again.header('rack')]).toEqual([first.text, first.header('rack')])
      bob.reply(
        again,
        method === 'REFER' ? 202 : 200,
        ['INVITE', 'UPDATE'].includes(method) ? { body: theirs } : {},
      )
      await run(10)
      await looks()
      expect(asked.length).toBe(1)
    },
  )
})
