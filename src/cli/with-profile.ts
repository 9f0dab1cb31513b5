/** Commands on a stored profile: its account, registrar, proxy and credentials instead of options by hand. */
import { type Command, Option } from 'commander'
import type {
  ConnectionOptions,
  EnabledProfile,
  MovedAside,
  Profile,
  ProfileStore,
  SipError,
  StoredProfiles,
} from '../index.ts'
import { cannotListen, inEngine, type Running, type SessionOptions, userOf } from './engine.ts'
import { CliError, exitStatus } from './exit.ts'
import type { Io } from './io.ts'
import { chosenOf } from './profile-text.ts'
import { transportOf } from './ways.ts'

/** Options that a profile answers. */
const answered = ['proxy', 'username', 'registrar', 'outbound', 'instance', 'regId', 'keepAlive']

/** Adds the choice of a profile, where options could say the same. */
export const withProfileOption = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--profile <profile>',
        'who we are, by what registrar and proxy: the id, name or address of a stored profile',
      ).conflicts(answered),
    )
    .option('--store <file>', 'where profiles are kept; default: the user’s own store')

/** The store of profiles; the user's own unless a file is named. */
export const storeOf = (io: Io, path: string | undefined): ProfileStore => {
  const store = io.profileStore?.(path)
  if (!store) throw new CliError(exitStatus.internal, 'there is no place for profiles here')
  return store
}

/** Says that the store could not be read. */
export const tellMovedAside = (
  io: Io,
  { movedAside }: { readonly movedAside?: MovedAside | undefined },
): void => {
  if (!movedAside) return
  const { path, reason } = movedAside
  io.err(`sipactor: the store of profiles was unreadable (${reason}): it is ${path} now`)
}

/** The same store, for an engine that is to open what is open already. */
const opened = (store: ProfileStore, content: StoredProfiles): ProfileStore => ({
  open: () => Promise.resolve(content),
  saveProfile: (profile, asDefault) => store.saveProfile(profile, asDefault),
  removeProfile: (id, newDefault) => store.removeProfile(id, newDefault),
  setDefault: id => store.setDefault(id),
  saveBinding: binding => store.saveBinding(binding),
  removeBinding: profile => store.removeBinding(profile),
  close: () => store.close(),
})

/** Rejects when the connection of a profile cannot be opened: it would wait for another network, and nobody else would say why. */
const unlessOpened = ({ sip, defaultHost }: Running, { host, port }: SessionOptions): Promise<never> => {
  const unopened = new Promise<never>((_, reject) => {
    const events = sip.events$.subscribe(event => {
      if (event.type === 'listening') events.unsubscribe()
      else if (event.type === 'error' && event.object.kind === 'connection')
        reject(cannotListen({ host: host ?? defaultHost, port: port ?? 0 }, event.error))
    })
  })
  unopened.catch(() => undefined)
  return unopened
}

/**
 * Runs a command with an engine over the store, in which no profile registers by itself. The profile is read before the engine
 * begins, for it says what the engine needs: TLS, addresses of which family. `unopened` rejects when it cannot listen.
 */
export const inProfile = async (
  io: Io,
  options: SessionOptions,
  which: string | undefined,
  command: (running: Running, profile: Profile, unopened: Promise<never>) => Promise<number>,
): Promise<number> => {
  const store = storeOf(io, options.store)
  const content = await store.open()
  try {
    tellMovedAside(io, content)
    const all = content.profiles.map(({ id, fields }) => ({ ...fields, id }))
    const { id, aors, registrar, outboundProxy } = chosenOf(
      all,
      all.find(one => one.id === content.defaultId),
      which,
    )
    const { usualPort: _for, offer, proxy: _by, ...rest } = options
    const user = userOf(aors[0])
    const username = registrar?.username ?? user
    const transport = transportOf(options)
    const connection: ConnectionOptions = {
      userAgent: 'sipactor',
      ...(options.port !== undefined && { port: options.port }),
      ...(transport !== undefined && { transports: [transport] }),
      ...offer,
    }
    const peer = outboundProxy?.uri ?? registrar?.uri ?? aors[0]
    return await inEngine(
      io,
      {
        ...rest,
        ...(peer !== undefined && { peer }),
        ...(username !== undefined && { username }),
        profile: id,
      },
      user,
      { store: opened(store, content), connection, autoRegister: false },
      async running => {
        await running.unlessInterrupted(running.sip.profiles.ready())
        return command(running, running.sip.profiles.get(id), unlessOpened(running, options))
      },
    )
  } finally {
    // The engine has closed it, if it came to that.
    await store.close().catch(() => undefined)
  }
}

/** Why a profile is delayed and when it tries again; `undefined` when it is not delayed. */
export const delayText = (state: Profile['state'], now: number): string | undefined => {
  if (state.is !== 'delayed') return undefined
  const seconds = Math.max(1, Math.round((state.retryAt - now) / 1000))
  return `${state.error?.message ?? 'it failed'}; once more in ${seconds} s`
}

/** Where a profile stands, in words. */
const stateText = ({ state, registration }: EnabledProfile, now: number): string => {
  const delay = delayText(state, now)
  if (delay !== undefined) return delay
  const binding = registration?.state
  if (state.is !== 'registered') return state.is
  const granted = binding?.is === 'registered' ? `${binding.granted} s, ` : ''
  return `${state.is}, ${granted}${/<([^>]*)>/.exec(state.contact)?.[1] ?? state.contact}`
}

/** Says where a profile stands whenever that changes; returns the way to stop. */
export const narrateProfile = (enabled: EnabledProfile, { view, now }: Running): (() => void) => {
  let before = ''
  const states = enabled.state$.subscribe({
    next: ({ is }) => {
      // Each use begins with that, for a moment; when it stays so, `unlessOpened` says why.
      if (is === 'waitingForNetwork' && before === '') return
      const text = stateText(enabled, now())
      if (text !== before) view.say(text)
      before = text
    },
  })
  return () => states.unsubscribe()
}

/** Rejects when the profile has given up; with `once` also when it would try again. */
export const unlessOver = (enabled: EnabledProfile, once: boolean): Promise<never> => {
  const over = new Promise<never>((_, reject) => {
    const end = (error: SipError | undefined): void =>
      reject(error ?? new CliError(exitStatus.unreachable, 'the profile was disabled'))
    enabled.state$.subscribe({
      next: state => {
        if (once && state.is === 'delayed') end(state.error)
      },
      complete: () => end(enabled.profile.lastError),
    })
  })
  over.catch(() => undefined)
  return over
}
