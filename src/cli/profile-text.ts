/** Profiles as words: a list, one with all it says, a file to hand on. Never a password. */
import type { Profile, ProfileFields, ProfileInput, ProfileServer, Profiles } from '../index.ts'
import { userOf } from './engine.ts'
import { CliError, exitStatus, usage } from './exit.ts'

/** What tells profiles apart. */
interface Named {
  readonly id: string
  readonly name: string
  readonly aors: readonly string[]
}

/** The one of these that is meant: by id, name or address of record; the default one when nothing is said, or `default`. */
export const chosenOf = <One extends Named>(
  all: readonly One[],
  usual: One | undefined,
  which: string | undefined,
): One => {
  const theUsual = (): One => {
    if (usual) return usual
    throw usage('there is no profile. sipactor profile add sip:you@example.com makes one')
  }
  if (which === undefined) return theUsual()
  const exact = all.find(({ id }) => id === which)
  if (exact) return exact
  const aor = /^sips?:/i.test(which) ? which : `sip:${which}`
  const found = all.filter(({ name, aors }) => name === which || aors.includes(aor) || aors.includes(which))
  const [one, another] = found
  if (one && !another) return one
  if (one) throw usage(`'${which}' may be ${found.map(({ id }) => id).join(' or ')}. Give the id`)
  if (which === 'default') return theUsual()
  throw usage(`there is no profile '${which}'. sipactor profile list shows which there are`)
}

/** The profile that is meant: see `chosenOf`. */
export const chosenProfile = (profiles: Profiles, which: string | undefined): Profile =>
  chosenOf(profiles.list(), profiles.default(), which)

const columns = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map(row => row[at]!.length))) ?? []
  return rows.map(row =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  )
}

/** One line for each profile; the default one has a star. */
export const profileLines = (profiles: readonly Profile[]): readonly string[] =>
  columns(
    profiles.map(({ id, name, aors, type, isDefault, fields }) => [
      isDefault ? '*' : ' ',
      id,
      name === '' ? '-' : name,
      aors[0]!,
      type.name,
      fields.autoRegister ? 'registers by itself' : '',
    ]),
  )

const serverText = ({ uri, username, realm, params = {} }: ProfileServer): string =>
  [
    uri,
    ...(username === undefined ? [] : [`user ${username}`]),
    ...(realm === undefined ? [] : [`realm ${realm}`]),
    ...Object.entries(params).map(([name, value]) => `${name} ${value}`),
  ].join(', ')

const valueText = (name: string, value: unknown): string => {
  if (name === 'registrar' || name === 'outboundProxy') return serverText(value as ProfileServer)
  if (name === 'type')
    return `${(value as ProfileFields['type']).name} (${(value as ProfileFields['type']).class})`
  if (name === 'headers') return (value as ProfileFields['headers']).map(pair => pair.join(': ')).join(', ')
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const isSaid = (value: unknown): boolean =>
  value !== '' && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0)

/** All that a profile says, one field a line. */
export const profileText = ({ id, isDefault, fields, secrets }: Profile): readonly string[] =>
  columns([
    ['id', id],
    ['default', valueText('', isDefault)],
    ...Object.entries(fields)
      .filter(([, value]) => isSaid(value))
      .map(([name, value]) => [name, valueText(name, value)]),
    ['username', fields.registrar?.username ?? userOf(fields.aors[0]) ?? '(none)'],
    ...secrets.map(name => [name, '(set)']),
    ...(secrets.includes('registrarPassword') ? [] : [['registrarPassword', '(not set)']]),
  ])

/** What a profile is in JSON. */
export const profileJson = ({ id, isDefault, fields, secrets }: Profile): object => ({
  id,
  isDefault,
  fields,
  secrets,
})

/** How a file of profiles begins. */
const format = 'sipactor-profiles'
const version = 1

/** Profiles to hand on, without passwords and without what belongs to this user agent alone. */
export const exported = (profiles: readonly Profile[]): string =>
  JSON.stringify(
    {
      format,
      version,
      profiles: profiles.map(({ isDefault, fields: { contactUser: _own, ...fields } }) => ({
        ...(isDefault && { isDefault }),
        fields,
      })),
    },
    undefined,
    2,
  )

/** A profile as a file has it. */
export interface Imported {
  readonly isDefault?: boolean
  readonly fields: ProfileInput
}

/** The profiles in a file. Throws for what is none; what they say is checked when they are stored. */
export const imported = (text: string, file: string): readonly Imported[] => {
  const refuse = (why: string): CliError =>
    new CliError(exitStatus.usage, `${file} holds no profiles: ${why}`)
  let content: { format?: unknown; version?: unknown; profiles?: unknown }
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw refuse((error as Error).message)
  }
  if (content?.format !== format) throw refuse(`it does not say "format": "${format}"`)
  if (content.version !== version) throw refuse(`its version is ${String(content.version)}, not ${version}`)
  if (!Array.isArray(content.profiles)) throw refuse('it has no list of profiles')
  for (const one of content.profiles) {
    if (typeof one?.fields !== 'object' || one.fields === null) throw refuse('one of them has no fields')
  }
  return content.profiles
}
