/** What every store of profiles has to do. A test file calls it for each of them. */
import { describe, expect, it } from 'vitest'
import type { ProfileStore } from '../../src/profiles/store.ts'
import { bindingOf, fullProfile, smallProfile } from './profile-data.ts'

/** Makes stores: `same` is a second one over what the first has kept, as after a restart. */
export interface StoreMaker {
  readonly fresh: () => { readonly store: ProfileStore; readonly same: () => ProfileStore }
}

const byId = (ids: readonly string[], all: readonly { readonly id: string }[]): void =>
  expect(all.map(({ id }) => id)).toEqual(ids)

/** The contract of `ProfileStore`. */
export const profileStoreContract = (name: string, { fresh }: StoreMaker): void => {
  /** Opens a fresh store, changes it, and says what the next one over it finds. */
  const reopened = async (change: (store: ProfileStore) => Promise<unknown>) => {
    const { store, same } = fresh()
    await store.open()
    await change(store)
    await store.close()
    const next = same()
    const found = await next.open()
    await next.close()
    return found
  }

  describe(`the store of profiles, ${name}`, () => {
    it('is empty at first', async () => {
      const { store } = fresh()
      expect(await store.open()).toEqual({ profiles: [], bindings: [] })
      await store.close()
    })

    it('H10: gives every field, the same default and the passwords back after a restart', async () => {
      const found = await reopened(async store => {
        await store.saveProfile(smallProfile('small'))
        await store.saveProfile(fullProfile, fullProfile.id)
      })
      expect(found).toEqual({
        profiles: [smallProfile('small'), fullProfile],
        bindings: [],
        defaultId: fullProfile.id,
      })
      expect(found.profiles[1]!.fields.aors[0]).toBe('sip:alice@example.com')
    })

    it('H12: keeps the types of extension parameters', async () => {
      const { profiles } = await reopened(store => store.saveProfile(fullProfile))
      const { extensions } = profiles[0]!.fields
      expect(extensions).toEqual({
        text: 'ü',
        number: -1.5,
        zero: 0,
        yes: true,
        no: false,
        list: ['a', '', 'c'],
        none: [],
      })
    })

    it('puts a profile into the place of the one with its id', async () => {
      const found = await reopened(async store => {
        await store.saveProfile(smallProfile('a', 'first'))
        await store.saveProfile(smallProfile('b'))
        await store.saveProfile(smallProfile('a', 'second'))
      })
      expect(found.profiles).toEqual([smallProfile('a', 'second'), smallProfile('b')])
    })

    it('keeps a binding when its profile is saved again, and forgets it with the profile', async () => {
      const found = await reopened(async store => {
        await store.saveProfile(smallProfile('a'))
        await store.saveProfile(smallProfile('b'))
        await store.saveBinding(bindingOf('a'))
        await store.saveBinding(bindingOf('b'))
        await store.saveProfile(smallProfile('a', 'renamed'))
        await store.removeProfile('b')
      })
      expect(found.bindings).toEqual([bindingOf('a')])
      byId(['a'], found.profiles)
    })

    it('has one binding of a profile, the latest, until it is removed', async () => {
      const { store, same } = fresh()
      await store.open()
      await store.saveProfile(smallProfile('a'))
      await store.saveBinding(bindingOf('a', 1))
      await store.saveBinding(bindingOf('a', 2))
      await store.close()
      const second = same()
      expect((await second.open()).bindings).toEqual([bindingOf('a', 2)])
      await second.removeBinding('a')
      await second.removeBinding('a')
      await second.close()
      const third = same()
      expect((await third.open()).bindings).toEqual([])
      await third.close()
    })

    it('has exactly one default as soon as there is a profile', async () => {
      const three = async (store: ProfileStore) => {
        await store.saveProfile(smallProfile('a'))
        await store.saveProfile(smallProfile('b'))
        await store.saveProfile(smallProfile('c'))
      }
      expect((await reopened(three)).defaultId).toBe('a')
      const set = async (store: ProfileStore) => {
        await three(store)
        await store.setDefault('b')
      }
      expect((await reopened(set)).defaultId).toBe('b')
      const removed = async (store: ProfileStore) => {
        await set(store)
        await store.removeProfile('b', 'c')
      }
      expect((await reopened(removed)).defaultId).toBe('c')
      const unnamed = async (store: ProfileStore) => {
        await set(store)
        await store.removeProfile('b')
      }
      expect((await reopened(unnamed)).defaultId).toBe('a')
      const none = async (store: ProfileStore) => {
        await store.saveProfile(smallProfile('a'), 'a')
        await store.removeProfile('a')
      }
      expect(await reopened(none)).toEqual({ profiles: [], bindings: [] })
    })

    it('makes changes in the order they were asked for, without one waiting for another', async () => {
      const found = await reopened(store =>
        Promise.all([
          store.saveProfile(smallProfile('a', '1')),
          store.saveProfile(smallProfile('b')),
          store.saveBinding(bindingOf('a', 1)),
          store.saveProfile(smallProfile('a', '2')),
          store.saveBinding(bindingOf('a', 2)),
          store.removeProfile('b'),
        ]),
      )
      expect(found.profiles).toEqual([smallProfile('a', '2')])
      expect(found.bindings).toEqual([bindingOf('a', 2)])
    })

    it('refuses what is about no profile with `not-found`, and nothing else with it', async () => {
      const found = await reopened(async store => {
        await store.saveProfile(smallProfile('a'), 'a')
        const settled = await Promise.allSettled([
          store.setDefault('x'),
          store.saveProfile(smallProfile('b')),
          store.saveBinding(bindingOf('x')),
          store.removeProfile('x'),
          store.removeProfile('a', 'x'),
          store.removeProfile('a', 'a'),
          store.saveProfile(smallProfile('c'), 'x'),
        ])
        expect(settled.map(one => (one.status === 'rejected' ? one.reason.code : one.status))).toEqual([
          'not-found',
          'fulfilled',
          ...Array.from({ length: 5 }, () => 'not-found'),
        ])
      })
      byId(['a', 'b'], found.profiles)
      expect(found.defaultId).toBe('a')
    })

    it('is open once, and of no use when it is not', async () => {
      const { store } = fresh()
      await expect(store.saveProfile(smallProfile('a'))).rejects.toMatchObject({ code: 'not-ready' })
      await store.open()
      await expect(store.open()).rejects.toMatchObject({ code: 'in-use' })
      await store.close()
      await store.close()
      await expect(store.setDefault('a')).rejects.toMatchObject({ code: 'not-ready' })
      expect((await store.open()).profiles).toEqual([])
      await store.close()
    })

    it('has kept by `close` what was asked for before it', async () => {
      const { store, same } = fresh()
      await store.open()
      const saved = store.saveProfile(smallProfile('a'))
      await store.close()
      await saved
      const next = same()
      byId(['a'], (await next.open()).profiles)
      await next.close()
    })

    it('gives copies: what it was handed may change afterwards', async () => {
      const aors = ['sip:a@example.com']
      const found = await reopened(async store => {
        await store.saveProfile({ ...smallProfile('a'), fields: { ...smallProfile('a').fields, aors } })
        aors[0] = 'sip:b@example.com'
      })
      expect(found.profiles[0]!.fields.aors).toEqual(['sip:a@example.com'])
    })

    it('keeps 1,000 profiles', async () => {
      const ids = Array.from({ length: 1000 }, (_, at) => `p${at}`)
      const found = await reopened(store =>
        Promise.all(
          ids.flatMap(id => [store.saveProfile(smallProfile(id)), store.saveBinding(bindingOf(id))]),
        ),
      )
      byId(ids, found.profiles)
      expect(found.bindings).toHaveLength(1000)
    })
  })
}
