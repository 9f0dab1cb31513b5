/** Headers that an object adds to all its messages. IRTCSIPObject::SetAdditionalHeaderValues(). */
import type { HeaderPair } from '../message/types.ts'
import { checkStaticHeaders } from '../rules/static-headers.ts'
import { badArgument, checkObject } from './check.ts'
import type { Connection } from './connection.ts'
import { requireOpen, type Scope } from './scope.ts'

/** On which messages static headers ride. */
export interface StaticHeaderOptions {
  /** True: on requests alone, as in Windows CE. Default false: on responses, too. */
  readonly requestsOnly?: boolean
}

/** What each object was given. Beside the handles: hardly any has some. */
const given = new WeakMap<object, readonly HeaderPair[]>()

/** What it adds at present; empty without any. GetAdditionalHeaderValues() */
export const staticHeaders = (handle: object): readonly HeaderPair[] => given.get(handle) ?? []

/** A fork begins with those of what it is a fork of. */
export const inheritStaticHeaders = (from: object, to: object): void => {
  const theirs = given.get(from)
  if (theirs) given.set(to, theirs)
}

/** Has the engine add them from now on; null: no longer. */
export const setStaticHeaders = (
  scope: Scope,
  handle: { readonly id: string; readonly connection: Connection },
  headers: readonly HeaderPair[] | null,
  options: StaticHeaderOptions = {},
): void => {
  const { id, connection } = handle
  requireOpen(connection)
  const { requestsOnly = false } = checkObject(options, 'the options')
  if (typeof requestsOnly !== 'boolean') throw badArgument('requestsOnly must be true or false')
  if (headers !== null) checkStaticHeaders(headers)
  scope.dispatch({ type: 'headers.set', id, headers, requestsOnly })
  given.set(
    handle,
    (headers ?? []).map(([name, value]) => [name, value]),
  )
}
