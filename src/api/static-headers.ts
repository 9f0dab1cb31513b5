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

/** Has the engine add them from now on; null: no longer. */
export const setStaticHeaders = (
  scope: Scope,
  { id, connection }: { readonly id: string; readonly connection: Connection },
  headers: readonly HeaderPair[] | null,
  options: StaticHeaderOptions = {},
): void => {
  requireOpen(connection)
  const { requestsOnly = false } = checkObject(options, 'the options')
  if (typeof requestsOnly !== 'boolean') throw badArgument('requestsOnly must be true or false')
  if (headers !== null) checkStaticHeaders(headers)
  scope.dispatch({ type: 'headers.set', id, headers, requestsOnly })
}
