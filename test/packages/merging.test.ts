/** State that comes in pieces: which versions are taken, and what they make of what is held. RFC 3680, 3858, 4235, 4575. */
import { describe, expect, it } from 'vitest'
import {
  type ConferenceEndpoint,
  type ConferenceInfoDocument,
  type ConferenceUser,
  type DialogInfoDocument,
  mergeConferenceInfo,
  mergeDialogInfo,
  mergeReginfo,
  mergeWatcherInfo,
  parseConferenceInfo,
  type RegistrationInfoDocument,
  type WatcherInfoDocument,
} from '../../src/packages/index.ts'
import { good } from './support.ts'

const dialogs = (
  version: number,
  state: 'full' | 'partial',
  ...list: readonly (readonly [string, 'early' | 'confirmed' | 'terminated'])[]
): DialogInfoDocument => ({
  entity: 'sip:a@b',
  version,
  state,
  dialogs: list.map(([id, state]) => ({ id, state })),
})

describe('versions', () => {
  const whole = dialogs(3, 'full', ['1', 'early'])

  it('begins with a whole document, whatever its number', () => {
    expect(mergeDialogInfo(undefined, whole)).toBe(whole)
    expect(mergeDialogInfo(undefined, dialogs(0, 'partial', ['1', 'early']))).toBeUndefined()
  })

  it('passes over what it has had', () => {
    expect(mergeDialogInfo(whole, dialogs(3, 'partial', ['1', 'terminated']))).toBe(whole)
    expect(mergeDialogInfo(whole, dialogs(2, 'full'))).toBe(whole)
  })

  it('asks for the state when a document is missing', () => {
    expect(mergeDialogInfo(whole, dialogs(5, 'partial', ['1', 'terminated']))).toBeUndefined()
  })

  it('takes a whole one over any gap', () => {
    const next = dialogs(9, 'full')
    expect(mergeDialogInfo(whole, next)).toBe(next)
  })
})

describe('dialogs', () => {
  it('replaces what changes, adds what is new, and is whole', () => {
    const held = mergeDialogInfo(undefined, dialogs(0, 'full', ['1', 'early'], ['2', 'confirmed']))
    const next = mergeDialogInfo(held, dialogs(1, 'partial', ['1', 'confirmed'], ['3', 'early']))
    expect(next).toEqual(dialogs(1, 'full', ['1', 'confirmed'], ['2', 'confirmed'], ['3', 'early']))
    expect(held?.dialogs).toHaveLength(2)
  })

  it('tells once that a dialog is over', () => {
    const held = dialogs(0, 'full', ['1', 'early'], ['2', 'confirmed'])
    const over = mergeDialogInfo(held, dialogs(1, 'partial', ['1', 'terminated']))
    expect(over?.dialogs.map(({ id, state }) => [id, state])).toEqual([
      ['1', 'terminated'],
      ['2', 'confirmed'],
    ])
    expect(mergeDialogInfo(over, dialogs(2, 'partial'))?.dialogs.map(({ id }) => id)).toEqual(['2'])
  })
})

describe('registrations', () => {
  const contact = (id: string) => ({ id, state: 'active', event: 'registered', uri: `sip:${id}` }) as const

  it('replaces an address of record with all its contacts', () => {
    const held: RegistrationInfoDocument = {
      version: 0,
      state: 'full',
      registrations: [
        { id: 'a', aor: 'sip:a', state: 'active', contacts: [contact('1'), contact('2')] },
        { id: 'b', aor: 'sip:b', state: 'active', contacts: [contact('3')] },
      ],
    }
    const next = mergeReginfo(held, {
      version: 1,
      state: 'partial',
      registrations: [{ id: 'a', aor: 'sip:a', state: 'terminated', contacts: [] }],
    })
    expect(next?.registrations.map(({ id, state, contacts }) => [id, state, contacts.length])).toEqual([
      ['a', 'terminated', 0],
      ['b', 'active', 1],
    ])
    const last = mergeReginfo(next, { version: 2, state: 'partial', registrations: [] })
    expect(last).toMatchObject({ state: 'full', registrations: [{ id: 'b' }] })
  })
})

describe('watchers', () => {
  const list = (
    version: number,
    state: 'full' | 'partial',
    watchers: readonly (readonly [string, 'active' | 'terminated'])[],
  ) =>
    ({
      version,
      state,
      lists: [
        {
          resource: 'sip:a',
          package: 'presence',
          watchers: watchers.map(([id, status]) => ({ id, uri: `sip:${id}`, status, event: 'subscribe' })),
        },
      ],
    }) satisfies WatcherInfoDocument

  it('changes single watchers of a list', () => {
    const held = list(0, 'full', [
      ['1', 'active'],
      ['2', 'active'],
    ])
    const next = mergeWatcherInfo(held, list(1, 'partial', [['1', 'terminated']]))
    expect(next?.lists[0]?.watchers.map(({ id, status }) => [id, status])).toEqual([
      ['1', 'terminated'],
      ['2', 'active'],
    ])
    expect(mergeWatcherInfo(next, list(2, 'partial', []))?.lists[0]?.watchers.map(({ id }) => id)).toEqual([
      '2',
    ])
  })

  it('keeps the lists of other resources and packages apart', () => {
    const held = list(0, 'full', [['1', 'active']])
    const [first] = list(1, 'partial', [['9', 'active']]).lists
    const other = { version: 1, state: 'partial', lists: [{ ...first!, package: 'dialog' }] } as const
    expect(mergeWatcherInfo(held, other)?.lists.map(({ watchers }) => watchers.length)).toEqual([1, 1])
  })
})

describe('conferences (RFC 4575 §4.6)', () => {
  const endpoint = (entity: string, more: Partial<ConferenceEndpoint> = {}): ConferenceEndpoint => ({
    entity,
    state: 'full',
    media: [],
    ...more,
  })
  const user = (entity: string, more: Partial<ConferenceUser> = {}): ConferenceUser => ({
    entity,
    state: 'full',
    endpoints: [endpoint(`${entity}@1`)],
    ...more,
  })
  const held: ConferenceInfoDocument = {
    entity: 'sip:conf',
    version: 1,
    state: 'full',
    description: { subject: 'Agenda' },
    status: { userCount: 2 },
    users: [user('alice', { displayText: 'Alice' }), user('bob')],
  }
  const change = (more: Partial<ConferenceInfoDocument>): ConferenceInfoDocument => ({
    entity: 'sip:conf',
    version: 2,
    state: 'partial',
    users: [],
    usersPartial: true,
    ...more,
  })

  it('keeps what a change does not name', () => {
    expect(mergeConferenceInfo(held, change({ status: { userCount: 3 } }))).toEqual({
      ...held,
      version: 2,
      status: { userCount: 3 },
    })
  })

  it('adds, replaces, changes and removes users', () => {
    const next = mergeConferenceInfo(
      held,
      change({
        users: [
          user('carol'),
          user('bob', { state: 'deleted', endpoints: [] }),
          user('alice', { state: 'partial', roles: ['chair'], endpoints: [endpoint('alice@2')] }),
        ],
      }),
    )
    expect(next?.users).toEqual([
      user('alice', {
        displayText: 'Alice',
        roles: ['chair'],
        endpoints: [endpoint('alice@1'), endpoint('alice@2')],
      }),
      user('carol'),
    ])
  })

  it('changes and removes endpoints and media of a user', () => {
    const before = {
      ...held,
      users: [
        user('alice', {
          endpoints: [
            endpoint('1', { displayText: 'PC', media: [{ id: 'a', type: 'audio' }] }),
            endpoint('2'),
          ],
        }),
      ],
    }
    const endpoints = [
      endpoint('1', { state: 'partial', status: 'on-hold', media: [{ id: 'v', type: 'video' }] }),
      endpoint('2', { state: 'deleted' }),
    ]
    const next = mergeConferenceInfo(
      before,
      change({ users: [user('alice', { state: 'partial', endpoints })] }),
    )
    expect(next?.users[0]?.endpoints).toEqual([
      endpoint('1', {
        displayText: 'PC',
        status: 'on-hold',
        media: [
          { id: 'a', type: 'audio' },
          { id: 'v', type: 'video' },
        ],
      }),
    ])
  })

  it('takes a list of users that is whole for the whole', () => {
    const written = `<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:conf" state="partial" version="2"><users state="full"><user entity="dave"/></users></conference-info>`
    const next = mergeConferenceInfo(held, good(parseConferenceInfo(written)))
    expect(next?.users.map(({ entity }) => entity)).toEqual(['dave'])
    expect(next).toMatchObject({ version: 2, state: 'full', description: { subject: 'Agenda' } })
    expect(next).not.toHaveProperty('usersPartial')
  })

  it('takes users that say partial for changes', () => {
    const written = `<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:conf" state="partial" version="2"><users state="partial"><user entity="bob" state="deleted"/></users></conference-info>`
    expect(
      mergeConferenceInfo(held, good(parseConferenceInfo(written)))?.users.map(({ entity }) => entity),
    ).toEqual(['alice'])
  })

  it('is over when it is deleted, asks when something is missing, and passes over what is old', () => {
    const deleted = change({ state: 'deleted', version: 7 })
    expect(mergeConferenceInfo(held, deleted)).toBe(deleted)
    expect(mergeConferenceInfo(held, change({ version: 3 }))).toBeUndefined()
    expect(mergeConferenceInfo(undefined, change({}))).toBeUndefined()
    expect(mergeConferenceInfo(held, change({ version: 1 }))).toBe(held)
  })
})
