/** Who is asked for credentials, and what comes of it. RFC 3261 §22. */
import { describe, expect, it, vi } from 'vitest'
import type { Challenge, CredentialProvider } from '../../src/api/challenge.ts'
import { response } from '../support/fake-port.ts'
import { activeSip, record, refused } from './support.ts'

const alice = { username: 'alice', password: 's3cret' }

const challenged = (credentials?: CredentialProvider, listen?: (challenge: Challenge) => void) => {
  const errors: unknown[] = []
  const all = activeSip({ ...(credentials && { credentials }), onCallbackError: error => errors.push(error) })
  if (listen) all.sip.challenges$.subscribe(listen)
  const transaction = all.connection.request({ method: 'OPTIONS', uri: 'sip:bob@example.com' })
  const ask = () =>
    all.fake.tell({
      type: 'challenge',
      id: 'challenge.1',
      connection: all.connection.id,
      object: transaction.id,
      realms: [{ realm: 'example.com', kind: 'user', algorithm: 'SHA-256' }],
      response: response(401),
    })
  const answer = () =>
    vi.waitFor(() => {
      const last = all.fake.commands.at(-1)!
      expect(last.type).toMatch(/^challenge/)
      return last
    })
  return { ...all, transaction, ask, answer, errors }
}

const provided = { type: 'challenge.provide', id: 'challenge.1', credentials: [alice] }
const ignored = { type: 'challenge.ignore', id: 'challenge.1' }

describe('a challenge', () => {
  it('is answered by the provider, which sees who asks and for what', async () => {
    const seen: Challenge[] = []
    const { ask, answer, transaction } = challenged(challenge => {
      seen.push(challenge)
      return alice
    })
    ask()
    expect(await answer()).toEqual(provided)
    expect(seen[0]).toMatchObject({ object: transaction, realms: [{ realm: 'example.com', kind: 'user' }] })
    expect(seen[0]?.response.status).toBe(401)
  })

  it('waits for an async provider, and takes a list', async () => {
    const { ask, answer } = challenged(() => Promise.resolve([alice]))
    ask()
    expect(await answer()).toEqual(provided)
  })

  it('is given up without provider and listeners', async () => {
    const { ask, answer } = challenged()
    ask()
    expect(await answer()).toEqual(ignored)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no keychain')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no keychain'))],
    ['gives what cannot be used', () => ({ username: '' })],
    ['gives credentials for another realm', () => ({ ...alice, realm: 'elsewhere' })],
  ])('is given up when the provider %s, and the fault is reported', async (_, provider) => {
    const { ask, answer, errors } = challenged(provider)
    ask()
    expect(await answer()).toEqual(ignored)
    expect(errors).toHaveLength(1)
  })

  it('goes to the listeners when the provider has none', async () => {
    const { ask, answer } = challenged(
      () => undefined,
      challenge => challenge.provide(alice),
    )
    ask()
    expect(await answer()).toEqual(provided)
  })

  it('waits as long as a listener likes, and takes one answer', async () => {
    const seen: Challenge[] = []
    const { fake, ask } = challenged(undefined, challenge => seen.push(challenge))
    const before = fake.commands.length
    ask()
    await vi.waitFor(() => expect(seen).toHaveLength(1))
    expect(fake.commands).toHaveLength(before)
    const challenge = seen[0]!
    refused('argument', () => challenge.provide({ username: '', password: 'x' }))
    refused('argument', () => challenge.provide([]))
    refused('not-found', () => challenge.provide({ ...alice, realm: 'elsewhere' }))
    expect(challenge.settled).toBe(false)
    challenge.ignore()
    expect(fake.commands.at(-1)).toEqual(ignored)
    refused('not-found', () => challenge.provide(alice))
    refused('not-found', () => challenge.ignore())
  })

  it('asks the provider that is set at that time', async () => {
    const { sip, ask, answer } = challenged()
    sip.credentials.provider = () => alice
    ask()
    expect(await answer()).toEqual(provided)
  })

  it('stands among the events', () => {
    const { sip, ask } = challenged()
    const events = record(sip.events$)
    ask()
    expect(events.values).toMatchObject([{ type: 'challenge', message: { status: 401 } }])
  })
})
