/** A store of profiles that lives as long as its object: for tests, and for browsers without another one. */
import { SipError } from '../errors.ts'
import type { StoredBinding, StoredProfile } from '../profiles/data.ts'
import { type ProfileStore, type StoredProfiles, theDefault } from '../profiles/store.ts'

/**
 * A store in memory. It keeps what it has when it is closed, so that a second engine over the same store is as a process
 * that was started again.
 */
export const memoryProfileStore = (): ProfileStore => {
  const profiles = new Map<string, StoredProfile>()
  const bindings = new Map<string, StoredBinding>()
  let chosen: string | undefined
  let isOpen = false

  const need = (id: string): void => {
    if (!profiles.has(id)) throw new SipError('not-found', `there is no profile ${id}`)
  }
  const write = async (work: () => void): Promise<void> => {
    if (!isOpen) throw new SipError('not-ready', 'the store is not open')
    work()
  }

  return {
    open: async (): Promise<StoredProfiles> => {
      if (isOpen) throw new SipError('in-use', 'the store is open already')
      isOpen = true
      const all = [...profiles.values()].map(structured)
      const defaultId = theDefault(all, chosen)
      return {
        profiles: all,
        bindings: [...bindings.values()],
        ...(defaultId !== undefined && { defaultId }),
      }
    },
    saveProfile: (profile, asDefault) =>
      write(() => {
        if (asDefault !== undefined && asDefault !== profile.id) need(asDefault)
        profiles.set(profile.id, structured(profile))
        chosen = asDefault ?? chosen
      }),
    removeProfile: (id, newDefault) =>
      write(() => {
        need(id)
        if (newDefault === id)
          throw new SipError('not-found', `the profile ${id} is removed: it cannot be the default`)
        if (newDefault !== undefined) need(newDefault)
        profiles.delete(id)
        bindings.delete(id)
        chosen = newDefault ?? chosen
      }),
    setDefault: id =>
      write(() => {
        need(id)
        chosen = id
      }),
    saveBinding: binding =>
      write(() => {
        need(binding.profile)
        bindings.set(binding.profile, structured(binding))
      }),
    removeBinding: profile => write(() => void bindings.delete(profile)),
    close: async () => {
      isOpen = false
    },
  }
}

/** A copy, as a file would have it. */
const structured = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value))
