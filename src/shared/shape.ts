/**
 * The shape of a command that has come from another process. What the engine takes for granted of its own API fails late
 * when it is otherwise, within a machine, where it would end the server for all.
 */
import { SipError } from '../errors.ts'
import { isNoId } from './paths.ts'
import type { CommandRow } from './scopes.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const isText = (value: unknown): value is string => typeof value === 'string'

const isPair = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && value.every(isText)

const listOf =
  (fits: (member: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(fits)

const isSeconds = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0

/** Else the engine would repeat without one. */
const isPause = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1

/** Of every member with such a name, wherever it stands. */
const shapes: Readonly<Record<string, (value: unknown) => boolean>> = {
  headers: listOf(isPair),
  credentials: listOf(isObject),
  accept: listOf(isText),
  contacts: listOf(isText),
  // Of a registration it says whether; of a request by what.
  refresh: value => typeof value === 'boolean' || (isObject(value) && isText(value.id)),
  interval: isPause,
  seconds: isPause,
  expires: isSeconds,
}

/** What the application names itself. */
const free: ReadonlySet<string> = new Set(['extensions', 'params'])

const wrong = (what: string): SipError =>
  new SipError('argument', `the command is not of the right shape: ${what}`)

const checkMembers = (value: object): void => {
  if (value instanceof Uint8Array) return
  for (const [name, member] of Object.entries(value)) {
    const fits = Object.hasOwn(shapes, name) ? shapes[name] : undefined
    if (fits && member !== undefined && !fits(member)) throw wrong(name)
    if (isObject(member) && !free.has(name)) checkMembers(member)
  }
}

/** Throws `argument`. */
export const checkShape = (command: object, { makes, lends, uses, ends, names }: CommandRow): void => {
  const made: readonly string[] = [...(makes ?? []), ...(lends ?? [])]
  const ids: readonly string[] = [...made, ...(uses ?? []), ...(ends ?? [])]
  const noId = ids.find(path => isNoId(command, path))
  if (noId !== undefined) throw wrong(noId)
  const values = command as Record<string, unknown>
  for (const path of made) if (!path.includes('.') && values[path] === undefined) throw wrong(path)
  for (const path of names ?? []) if (!Array.isArray(values[path])) throw wrong(path)
  const { request } = values
  if (values.type === 'request.send' && isObject(request) && request.refresh === true) throw wrong('refresh')
  // `null` takes back what was set.
  const { headers, ...others } = values
  checkMembers(headers === null && values.type === 'headers.set' ? others : command)
}
