/** The commands `sipactor profile …`: stored accounts made, looked at, used and handed on. */
import { readFileSync } from 'node:fs'
import type { Profile, ProfileInput, ProfileSecrets, Profiles, Sip } from '../index.ts'
import { isMalformed, parseUri } from '../message/index.ts'
import { type CommonOptions, inEngine, userOf } from './engine.ts'
import { CliError, exitStatus, explain, usage } from './exit.ts'
import type { Io } from './io.ts'
import { printable } from './printable.ts'
import { chosenProfile, exported, imported, profileJson, profileLines, profileText } from './profile-text.ts'
import type { View } from './view.ts'
import { inProfile, narrateProfile, storeOf, tellMovedAside, unlessOver } from './with-profile.ts'

/** Options of all of them. */
export interface ProfileOptions {
  /** File of the store. */
  readonly store?: string
  readonly json?: boolean
  readonly debug?: boolean
}

/** Options of `profile add`. */
export interface AddOptions extends ProfileOptions {
  readonly name?: string
  readonly registrar?: string
  readonly proxy?: string
  readonly username?: string
  readonly type?: 'ietf' | 'ims'
  readonly auto?: boolean
  readonly default?: boolean
}

/** Options of `profile enable`. */
export interface EnableOptions extends ProfileOptions, CommonOptions {
  readonly once?: boolean
}

/** Options of `profile import`. */
export interface ImportOptions extends ProfileOptions {
  readonly replace?: boolean
}

/** Opens the store with an engine over it in which no profile registers by itself, and closes both at the end. */
const inStore = (
  io: Io,
  options: ProfileOptions,
  command: (sip: Sip, view: View) => Promise<void>,
): Promise<number> => {
  const store = storeOf(io, options.store)
  return inEngine(
    io,
    options,
    undefined,
    { store, autoRegister: false },
    async ({ sip, view, unlessInterrupted }) => {
      await unlessInterrupted(sip.profiles.ready())
      tellMovedAside(io, sip.profiles)
      await command(sip, view)
      return exitStatus.ok
    },
  )
}

const told = (view: View, word: string, profile: Profile): void => {
  const star = profile.isDefault ? '  (default)' : ''
  const name = profile.name === '' ? '' : `  ${profile.name}`
  view.fact(`${view.paint('success', word)}  ${profile.id}  ${profile.aors[0]}${name}${star}`, {
    type: word,
    ...profileJson(profile),
  })
}

/** What a question leaves open: nothing typed, or nobody to ask. */
const answer = (typed: string | undefined): string | undefined => {
  const text = typed?.trim()
  return text === '' ? undefined : text
}

/** What is wrong with what somebody takes for a proxy; `undefined`: nothing. A word alone may be anything but a host. */
const notProxy = (text: string): string | undefined => {
  const parsed = parseUri(/^sips?:/i.test(text) ? text : `sip:${text}`)
  if (isMalformed(parsed)) return parsed.reason
  return /^(sips?:.|localhost$)|[.:]/i.test(text) ? undefined : 'a word alone'
}

/** Asks until it is a proxy or nothing. */
const askProxy = async (io: Io): Promise<string | undefined> => {
  for (;;) {
    const text = answer(await io.ask?.('Outbound proxy, as sip:edge.example.com [none]: '))
    const wrong = text === undefined ? undefined : notProxy(text)
    if (wrong === undefined) return text
    io.err(`sipactor: '${printable(text!)}' is no proxy (${wrong}). Write it like sip:edge.example.com`)
  }
}

/** The three questions: who registers, with what password, by way of whom. Those that an option has answered are not asked. */
const questions = async (io: Io, aor: string, options: AddOptions) => {
  const user = userOf(aor)
  const username = options.username ?? answer(await io.ask?.(`User name [${user}]: `))
  const password =
    io.env.SIPACTOR_PASSWORD ?? answer(await io.secret(`Password of ${username ?? user} (not shown): `))
  const proxy = options.proxy ?? (await askProxy(io))
  return { username, password, proxy }
}

/** A profile of the same name and address. */
const doubleOf = (profiles: Profiles, { name, aors }: ProfileInput): Profile | undefined =>
  profiles.list().find(one => one.name === (name ?? '') && one.aors[0] === aors?.[0])

const named = ({ aors, name }: Profile): string => (name === '' ? `${aors[0]}` : `${aors[0]} ${name}`)

/** `sipactor profile add <aor>`. */
export const profileAdd = async (io: Io, aor: string, options: AddOptions): Promise<number> => {
  const { username, password, proxy } = await questions(io, aor, options)
  const host = aor.replace(/^.*@/, aor.startsWith('sips:') ? 'sips:' : 'sip:')
  const fields: ProfileInput = {
    aors: [aor],
    name: options.name ?? '',
    autoRegister: options.auto === true,
    ...(options.type === 'ims' && { type: { class: 'ims', name: 'ims' } }),
    ...((options.registrar !== undefined || username !== undefined) && {
      registrar: { uri: options.registrar ?? host, ...(username !== undefined && { username }) },
    }),
    ...(proxy !== undefined && { outboundProxy: { uri: /^sips?:/i.test(proxy) ? proxy : `sip:${proxy}` } }),
  }
  const secrets: ProfileSecrets = password === undefined ? {} : { registrarPassword: password }
  return inStore(io, options, async ({ profiles }, view) => {
    const doubled = doubleOf(profiles, fields)
    if (doubled)
      throw usage(
        `there is ${named(doubled)} already (${doubled.id}): give this one another --name, or sipactor profile remove ${doubled.id}`,
      )
    const { id } = await profiles.admin.create(fields, secrets)
    if (password === undefined)
      io.err(
        `sipactor: it has no password, and cannot register where one is asked for. To give it one: sipactor profile remove ${id}, then add it at a terminal or with SIPACTOR_PASSWORD`,
      )
    if (options.default) await profiles.admin.setDefault(id)
    told(view, 'added', profiles.get(id))
  })
}

/** `sipactor profile list`. */
export const profileList = (io: Io, options: ProfileOptions): Promise<number> =>
  inStore(io, options, async ({ profiles }, view) => {
    const all = profiles.list()
    if (all.length === 0) view.say('no profiles yet: sipactor profile add sip:you@example.com')
    for (const [at, line] of profileLines(all).entries())
      view.fact(line, { type: 'profile', ...profileJson(all[at]!) })
  })

/** `sipactor profile show [profile]`. */
export const profileShow = (io: Io, which: string | undefined, options: ProfileOptions): Promise<number> =>
  inStore(io, options, async ({ profiles }, view) => {
    const profile = chosenProfile(profiles, which)
    view.fact(profileText(profile).join('\n'), { type: 'profile', ...profileJson(profile) })
  })

/** `sipactor profile default <profile>`. */
export const profileDefault = (io: Io, which: string, options: ProfileOptions): Promise<number> =>
  inStore(io, options, async ({ profiles }, view) => {
    const { id } = chosenProfile(profiles, which)
    await profiles.admin.setDefault(id)
    told(view, 'default', profiles.get(id))
  })

/** `sipactor profile remove <profile>`. */
export const profileRemove = (io: Io, which: string, options: ProfileOptions): Promise<number> =>
  inStore(io, options, async ({ profiles }, view) => {
    const profile = chosenProfile(profiles, which)
    await profiles.admin.remove(profile)
    told(view, 'removed', profile)
  })

/** `sipactor profile export [profile…]`: to standard output. */
export const profileExport = (io: Io, which: readonly string[], options: ProfileOptions): Promise<number> =>
  inStore(io, options, async ({ profiles }) => {
    io.out(exported(which.length === 0 ? profiles.list() : which.map(one => chosenProfile(profiles, one))))
  })

const contentOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'it may not be read' }[
      code ?? ''
    ]
    throw new CliError(exitStatus.usage, `cannot read ${file}: ${why ?? message}`, { cause: error })
  }
}

/** `sipactor profile import <file>`: adds them; those that are there already are refused, or replaced. */
export const profileImport = async (io: Io, file: string, options: ImportOptions): Promise<number> => {
  const given = imported(contentOf(file), file)
  return inStore(io, options, async ({ profiles }, view) => {
    const doubled = given.map(({ fields }) => doubleOf(profiles, fields)).find(one => one !== undefined)
    if (doubled && !options.replace)
      throw usage(
        `there is ${named(doubled)} already (${doubled.id}): --replace puts the new one into its place`,
      )
    const wasEmpty = profiles.list().length === 0
    for (const [at, { fields, isDefault }] of given.entries()) {
      const there = doubleOf(profiles, fields)
      try {
        const profile = there ? await profiles.admin.save(there, fields) : await profiles.admin.create(fields)
        if (isDefault && wasEmpty) await profiles.admin.setDefault(profile.id)
        told(view, there ? 'replaced' : 'added', profiles.get(profile.id))
      } catch (error) {
        const { status, what } = explain(error)
        throw new CliError(status, `profile ${at + 1} of ${given.length} in ${file}: ${what}`, {
          cause: error,
        })
      }
    }
  })
}

/** `sipactor profile enable [profile]`: registered until Ctrl-C, then the binding is taken back. */
export const profileEnable = (io: Io, which: string | undefined, options: EnableOptions): Promise<number> =>
  inProfile(io, options, which, async (running, profile, unopened) => {
    const { view, wait, unlessInterrupted } = running
    const enabled = profile.enable()
    const over = Promise.race([unlessOver(enabled, options.once === true), unopened])
    over.catch(() => undefined)
    const stop = narrateProfile(enabled, running)
    try {
      if (options.once) await unlessInterrupted(Promise.race([enabled.registered(), over]))
      else await Promise.race([wait(), over])
      await enabled.disable()
      await view.drawn()
      return exitStatus.ok
    } finally {
      stop()
    }
  })
